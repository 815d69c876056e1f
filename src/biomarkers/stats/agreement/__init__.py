"""How far measurements of the same thing agree."""
