"""Models of a recipe: declared, tried with every setting at once in the inner folds, and fitted."""
