"""Positron emission tomography: the scan, its uptake, its kinetics."""

from biomarkers.pet.arterial import arterial_input, undispersed, with_plasma
from biomarkers.pet.blood import Blood, Samples, load_blood, read_blood
from biomarkers.pet.blood_fractions import (
    PARENT_FRACTIONS,
    RATIOS,
    fit_parent_fraction,
    fit_ratio,
)
from biomarkers.pet.body import Body
from biomarkers.pet.cautions import Caution
from biomarkers.pet.clock import DicomTimes, bids_timing
from biomarkers.pet.denoise import denoise_hypr, denoise_nlm
from biomarkers.pet.image_derived_input import (
    ScaledInput,
    image_input,
    scale_population,
)
from biomarkers.pet.input_models import INPUT_MODELS, fit_input
from biomarkers.pet.irreversibility import Release, release
from biomarkers.pet.methods import METHODS
from biomarkers.pet.nuclides import NUCLIDES, Nuclide, correction_factors, nuclide
from biomarkers.pet.parametric_maps import maps
from biomarkers.pet.partial_volume import gtm, muller_gartner, rbv
from biomarkers.pet.plausibility import doubts
from biomarkers.pet.point_spread import recovery_coefficient
from biomarkers.pet.reading import Metadata, load, read_metadata
from biomarkers.pet.region_uptake import static_window, uptake
from biomarkers.pet.scan import Scan
from biomarkers.pet.sphere_peak import Peak, peak
from biomarkers.pet.standardised_uptake import KINDS, frames_within, suv
from biomarkers.pet.time_activity import TACs, tacs
from biomarkers.pet.time_course import TimeCourse
from biomarkers.pet.tissue_fit import TissueFit, fit
from biomarkers.pet.tracers import TRACERS, Tracer, find_tracer
from biomarkers.pet.uptake_features import MetabolicVolume, heterogeneity, metabolic_volumes
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
    "DicomTimes",
    "MetabolicVolume",
    "Metadata",
    "Nuclide",
    "Peak",
    "Release",
    "Samples",
    "ScaledInput",
    "Scan",
    "TACs",
    "TimeCourse",
    "TissueFit",
    "Tracer",
    "arterial_input",
    "bids_timing",
    "correction_factors",
    "denoise_hypr",
    "denoise_nlm",
    "doubts",
    "find_tracer",
    "fit",
    "fit_input",
    "fit_parent_fraction",
    "fit_ratio",
    "frame_weights",
    "frames_within",
    "gtm",
    "heterogeneity",
    "image_input",
    "load",
    "load_blood",
    "maps",
    "metabolic_volumes",
    "muller_gartner",
    "nuclide",
    "peak",
    "rbv",
    "read_blood",
    "read_metadata",
    "recovery_coefficient",
    "release",
    "scale_population",
    "scan_weights",
    "static_window",
    "suv",
    "tacs",
    "undispersed",
    "uptake",
    "with_plasma",
]
