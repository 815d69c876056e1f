"""Positron emission tomography: the scan, its uptake, its kinetics."""

from biomarkers.pet.body import Body
from biomarkers.pet.nuclides import NUCLIDES, Nuclide, nuclide
from biomarkers.pet.scan import Scan, correction_factors

__all__ = [
    "NUCLIDES",
    "Body",
    "Nuclide",
    "Scan",
    "correction_factors",
    "nuclide",
]
