"""Magnetic resonance spectroscopy: signals, their processing, metabolites and their ratios."""

from biomarkers.mrs.basis import Basis
from biomarkers.mrs.names import COMBINED, canonical_name
from biomarkers.mrs.reading.basis_loading import load_basis
from biomarkers.mrs.reading.loading import load
from biomarkers.mrs.scan import ProcessingStep, Scan
from biomarkers.mrs.voxel import voxel_mask

__all__ = [
    "COMBINED",
    "Basis",
    "ProcessingStep",
    "Scan",
    "canonical_name",
    "load",
    "load_basis",
    "voxel_mask",
]
