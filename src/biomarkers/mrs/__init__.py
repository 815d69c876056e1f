"""Magnetic resonance spectroscopy: signals, their processing, metabolites and their ratios."""

from biomarkers.mrs.basis import Basis
from biomarkers.mrs.scan import ProcessingStep, Scan
from biomarkers.mrs.simulation import simulate_basis
from biomarkers.mrs.spin_systems import molecules

__all__ = ["Basis", "ProcessingStep", "Scan", "molecules", "simulate_basis"]
