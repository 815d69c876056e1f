"""Several classes: one against the rest, with any model, or all at once with one that can."""
