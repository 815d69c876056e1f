"""Cohorts with known truth, written as the scanner and the people would have left them."""

from biomarkers.simulate.rat_glioma import rat_glioma

__all__ = ["rat_glioma"]
