"""Images on disk and in space: NIfTI, grids, label maps, values by region."""

from biomarkers.images.grid import describe_grid, require_same_grid, same_grid
from biomarkers.images.header import ImageHeader, probe
from biomarkers.images.image import Image, read_image, read_series, require_values, write_image
from biomarkers.images.labels import LabelMap, read_label_names, read_labels, resample_labels
from biomarkers.images.region_making import (
    core_region,
    grow_region,
    histogram_entropy,
    rim_region,
    sphere_region,
    threshold_region,
)
from biomarkers.images.regions import Regions, as_label_map
from biomarkers.images.registration import register
from biomarkers.images.response import ResponseMap, repeatability_threshold, response_map
from biomarkers.images.shift import estimate_shift
from biomarkers.images.statistics import noise_of_median, region_statistics
from biomarkers.images.transforms import Transform, load_transform

__all__ = [
    "Image",
    "ImageHeader",
    "LabelMap",
    "Regions",
    "ResponseMap",
    "Transform",
    "as_label_map",
    "core_region",
    "describe_grid",
    "estimate_shift",
    "grow_region",
    "histogram_entropy",
    "load_transform",
    "noise_of_median",
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
    "sphere_region",
    "threshold_region",
    "write_image",
]
