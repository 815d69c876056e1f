"""Magnetic resonance spectroscopy: signals, their processing, metabolites and their ratios."""

from biomarkers.mrs.basis import Basis
from biomarkers.mrs.conventions import (
    FirstPoint,
    FrequencyOffset,
    Orientation,
    WaterAmplitude,
    first_point,
    frequency_offset,
    orientation,
    water_amplitude,
)
from biomarkers.mrs.preprocessing import preprocess
from biomarkers.mrs.processing_plot import processing_figure
from biomarkers.mrs.scan import ProcessingStep, Scan

__all__ = [
    "Basis",
    "FirstPoint",
    "FrequencyOffset",
    "Orientation",
    "ProcessingStep",
    "Scan",
    "WaterAmplitude",
    "first_point",
    "frequency_offset",
    "orientation",
    "preprocess",
    "processing_figure",
    "water_amplitude",
]
