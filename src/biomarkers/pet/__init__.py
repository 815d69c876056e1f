"""Positron emission tomography: the scan, its uptake, its kinetics."""

from biomarkers.pet.body import Body
from biomarkers.pet.clock import DicomTimes, bids_timing
from biomarkers.pet.decay import correction_factors
from biomarkers.pet.heterogeneity import heterogeneity
from biomarkers.pet.nuclides import NUCLIDES, Nuclide, nuclide
from biomarkers.pet.peak import Peak, peak
from biomarkers.pet.reading import Metadata, load, read_metadata
from biomarkers.pet.scan import Scan
from biomarkers.pet.suv import KINDS, frames_within, suv
from biomarkers.pet.uptake import static_window, uptake
from biomarkers.pet.volumes import MetabolicVolume, metabolic_volumes

__all__ = [
    "KINDS",
    "NUCLIDES",
    "Body",
    "DicomTimes",
    "MetabolicVolume",
    "Metadata",
    "Nuclide",
    "Peak",
    "Scan",
    "bids_timing",
    "correction_factors",
    "frames_within",
    "heterogeneity",
    "load",
    "metabolic_volumes",
    "nuclide",
    "peak",
    "read_metadata",
    "static_window",
    "suv",
    "uptake",
]
