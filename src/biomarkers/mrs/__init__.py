"""Magnetic resonance spectroscopy: signals, their processing, metabolites and their ratios."""

from biomarkers.mrs.basis import Basis
from biomarkers.mrs.fitting import Fit, Priors, Quality, SpectrumFlag, fit
from biomarkers.mrs.scan import ProcessingStep, Scan

__all__ = [
    "Basis",
    "Fit",
    "Priors",
    "ProcessingStep",
    "Quality",
    "Scan",
    "SpectrumFlag",
    "fit",
]
