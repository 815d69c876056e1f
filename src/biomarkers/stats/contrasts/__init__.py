"""Contrasts between groups: many-to-one tests, effect sizes, multiplicity."""
