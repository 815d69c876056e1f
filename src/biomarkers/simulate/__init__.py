"""Cohorts with known truth, written as the scanner and the people would have left them."""

from biomarkers.simulate.writing import rat_glioma

__all__ = ["rat_glioma"]
