"""Magnetic resonance spectroscopy: signals, their processing, metabolites and their ratios."""

from biomarkers.mrs.basis import Basis
from biomarkers.mrs.scan import ProcessingStep, Scan
from biomarkers.mrs.simulation import BRAIN_METABOLITES, simulate_basis
from biomarkers.mrs.spin_systems import molecules

__all__ = ["BRAIN_METABOLITES", "Basis", "ProcessingStep", "Scan", "molecules", "simulate_basis"]
