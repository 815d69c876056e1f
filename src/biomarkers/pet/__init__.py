"""Positron emission tomography: the scan, its uptake, its kinetics."""

from biomarkers.pet.arterial import arterial_input, undispersed, with_plasma
from biomarkers.pet.blood import Blood, Samples, load_blood, read_blood
from biomarkers.pet.body import Body
from biomarkers.pet.cautions import Caution
from biomarkers.pet.clock import DicomTimes, bids_timing
from biomarkers.pet.courses import PARENT_FRACTIONS, RATIOS, Course, fit_parent_fraction, fit_ratio
from biomarkers.pet.decay import correction_factors
from biomarkers.pet.denoise import denoise_hypr, denoise_nlm
from biomarkers.pet.fitting import fit
from biomarkers.pet.image_input import (
    ScaledInput,
    image_input,
    recovery_coefficient,
    scale_population,
)
from biomarkers.pet.input_models import INPUT_MODELS, InputFit, fit_input
from biomarkers.pet.maps import maps
from biomarkers.pet.methods import METHODS
from biomarkers.pet.nuclides import NUCLIDES, Nuclide, nuclide
from biomarkers.pet.partial_volume import gtm, muller_gartner, rbv
from biomarkers.pet.reading import load
from biomarkers.pet.release import Release, release
from biomarkers.pet.result import Report, TissueFit, TissueLine
from biomarkers.pet.scan import Scan
from biomarkers.pet.suv import KINDS, suv
from biomarkers.pet.tacs import TACs, tacs
from biomarkers.pet.tracers import TRACERS, Tracer, find_tracer
from biomarkers.pet.weights import frame_weights, scan_weights

__all__ = [
    "INPUT_MODELS",
    "KINDS",
    "METHODS",
    "NUCLIDES",
    "PARENT_FRACTIONS",
    "RATIOS",
    "TRACERS",
    "Blood",
    "Body",
    "Caution",
    "Course",
    "DicomTimes",
    "InputFit",
    "Nuclide",
    "Release",
    "Report",
    "Samples",
    "ScaledInput",
    "Scan",
    "TACs",
    "TissueFit",
    "TissueLine",
    "Tracer",
    "arterial_input",
    "bids_timing",
    "correction_factors",
    "denoise_hypr",
    "denoise_nlm",
    "find_tracer",
    "fit",
    "fit_input",
    "fit_parent_fraction",
    "fit_ratio",
    "frame_weights",
    "gtm",
    "image_input",
    "load",
    "load_blood",
    "maps",
    "muller_gartner",
    "nuclide",
    "rbv",
    "read_blood",
    "recovery_coefficient",
    "release",
    "scale_population",
    "scan_weights",
    "suv",
    "tacs",
    "undispersed",
    "with_plasma",
]
