"""Images on disk and in space: NIfTI, grids, label maps, values by region."""

from biomarkers.images.axial import slices
from biomarkers.images.brain import brain_mask
from biomarkers.images.fractions import (
    Fractions,
    effective_voxels,
    label_fractions,
    place_labels,
)
from biomarkers.images.grid import describe_grid, require_same_grid, same_grid
from biomarkers.images.header import ImageHeader, probe
from biomarkers.images.image import Image, read_image, require_values, write_image
from biomarkers.images.labels import LabelMap, read_label_names, read_labels, resample_labels
from biomarkers.images.midsagittal import Plane, midsagittal_plane, mirror_labels
from biomarkers.images.motion import MotionCorrected, correct_motion
from biomarkers.images.pictures import checkerboard
from biomarkers.images.region_making import (
    core_region,
    grow_region,
    histogram_entropy,
    rim_region,
    sphere_region,
    threshold_region,
)
from biomarkers.images.regions import Regions, as_label_map, as_regions
from biomarkers.images.registration import register
from biomarkers.images.response import ResponseMap, repeatability_threshold, response_map
from biomarkers.images.scaled import ScaledArray
from biomarkers.images.series import read_series
from biomarkers.images.shift import estimate_shift
from biomarkers.images.statistics import noise_of_median, region_statistics
from biomarkers.images.transforms import Transform, load_transform

__all__ = [
    "Fractions",
    "Image",
    "ImageHeader",
    "LabelMap",
    "MotionCorrected",
    "Plane",
    "Regions",
    "ResponseMap",
    "ScaledArray",
    "Transform",
    "as_label_map",
    "as_regions",
    "brain_mask",
    "checkerboard",
    "core_region",
    "correct_motion",
    "describe_grid",
    "effective_voxels",
    "estimate_shift",
    "grow_region",
    "histogram_entropy",
    "label_fractions",
    "load_transform",
    "midsagittal_plane",
    "mirror_labels",
    "noise_of_median",
    "place_labels",
    "probe",
    "read_image",
    "read_label_names",
    "read_labels",
    "read_series",
    "region_statistics",
    "register",
    "repeatability_threshold",
    "require_same_grid",
    "require_values",
    "resample_labels",
    "response_map",
    "rim_region",
    "same_grid",
    "slices",
    "sphere_region",
    "threshold_region",
    "write_image",
]
