"""Magnetic resonance spectroscopy: signals, their processing, metabolites and their ratios."""

from biomarkers.mrs.basis import Basis
from biomarkers.mrs.common_axis import Spectra, spectra
from biomarkers.mrs.contralateral import contralateral_ratios, over_contralateral
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
from biomarkers.mrs.fitting import (
    Fit,
    GridFit,
    Priors,
    Quality,
    SpectrumFlag,
    fit,
    fit_grid,
)
from biomarkers.mrs.methods import methods_markdown, methods_table
from biomarkers.mrs.names import COMBINED, canonical_name
from biomarkers.mrs.peak_integration import integrate_peaks
from biomarkers.mrs.preprocessing import preprocess
from biomarkers.mrs.processing_plot import processing_figure
from biomarkers.mrs.reading.basis_loading import load_basis
from biomarkers.mrs.reading.loading import load
from biomarkers.mrs.relaxation import Relaxation, relaxation_times
from biomarkers.mrs.scan import ProcessingStep, Scan
from biomarkers.mrs.simulation import BRAIN_METABOLITES, simulate_basis
from biomarkers.mrs.spin_systems import molecules
from biomarkers.mrs.tissue import labelled_fractions, tissue_fractions
from biomarkers.mrs.voxel import voxel_mask

__all__ = [
    "BRAIN_METABOLITES",
    "COMBINED",
    "Basis",
    "FirstPoint",
    "Fit",
    "FrequencyOffset",
    "GridFit",
    "Orientation",
    "Priors",
    "ProcessingStep",
    "Quality",
    "Relaxation",
    "Scan",
    "Spectra",
    "SpectrumFlag",
    "WaterAmplitude",
    "canonical_name",
    "contralateral_ratios",
    "first_point",
    "fit",
    "fit_grid",
    "frequency_offset",
    "integrate_peaks",
    "labelled_fractions",
    "load",
    "load_basis",
    "methods_markdown",
    "methods_table",
    "molecules",
    "orientation",
    "over_contralateral",
    "preprocess",
    "processing_figure",
    "relaxation_times",
    "simulate_basis",
    "spectra",
    "tissue_fractions",
    "voxel_mask",
    "water_amplitude",
]
