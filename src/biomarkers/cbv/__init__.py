"""Cerebral blood volume, from iron oxide at its steady state and from a bolus."""
