"""Positron emission tomography: the scan, its uptake, its kinetics."""

from biomarkers.pet.body import Body
from biomarkers.pet.clock import DicomTimes, bids_timing
from biomarkers.pet.decay import correction_factors
from biomarkers.pet.nuclides import NUCLIDES, Nuclide, nuclide
from biomarkers.pet.reading import load
from biomarkers.pet.scan import Scan
from biomarkers.pet.suv import KINDS, suv

__all__ = [
    "KINDS",
    "NUCLIDES",
    "Body",
    "DicomTimes",
    "Nuclide",
    "Scan",
    "bids_timing",
    "correction_factors",
    "load",
    "nuclide",
    "suv",
]
