"""Steps of a recipe: each is declared, and fitted to the cases of a training set only."""
