"""From maps and label maps to rows of the measurement table."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from biomarkers.images import LabelMap, noise_of_median, region_statistics
from biomarkers.quantities import UNITLESS_STATISTICS
from biomarkers.relaxometry import share_kept_by_mean
from biomarkers.study.labelling import tissue_regions
from biomarkers.study.maps import ParameterMap

BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

# A region's value is doubtful if more than a fifth of its voxels have none, useless beyond half.
USABLE_FOR_OK = 0.8
USABLE_FOR_WARN = 0.5


def volume_rows(labels: LabelMap, *, name: str) -> pd.DataFrame:
    """Return the volume of every tissue region, mm^3.

    Parameters
    ----------
    labels
        Regions as they were drawn.
    name
        Biomarker name: `volume`, or `volume_<space>` in a study whose sessions have several
        label maps.

    Returns
    -------
    DataFrame
        Columns region, biomarker, value, unit, n, qc.

    """
    voxel, volumes = labels.image.voxel_volume, labels.volumes()
    rows = [
        (region, name, volumes[region], "mm^3", round(volumes[region] / voxel), "ok")
        for region in tissue_regions(labels)
    ]
    return pd.DataFrame(rows, columns=["region", "biomarker", "value", "unit", "n", "qc"])


def map_rows(parameter: ParameterMap, labels: LabelMap) -> pd.DataFrame:
    """Return median, mean, sd, percentiles and shape of a map in every tissue region.

    The median carries the name of the biomarker, the others `<biomarker>_<statistic>`. `qc` says
    how much of the region has a value: `ok` from four fifths on, `warn` from a half on, else
    `fail`. `se` is that of the median, where the map has errors.

    Returns
    -------
    DataFrame
        Columns region, biomarker, value, unit, n, qc, and maybe se.

    """
    statistics = region_statistics(parameter.image, labels, flags=parameter.flags)
    statistics = statistics[statistics["region"].isin(tissue_regions(labels))]
    voxel = labels.image.voxel_volume
    sizes = {region: volume / voxel for region, volume in labels.volumes().items()}
    usable = statistics["n"] / statistics["region"].map(sizes)
    name = parameter.biomarker
    rows = pd.DataFrame(
        {
            "region": statistics["region"],
            "biomarker": [
                name if statistic == "median" else f"{name}_{statistic}"
                for statistic in statistics["statistic"]
            ],
            "value": statistics["value"],
            "unit": [
                "" if statistic in UNITLESS_STATISTICS else parameter.image.unit
                for statistic in statistics["statistic"]
            ],
            "n": statistics["n"],
            "qc": [quality(fraction) for fraction in usable],
        }
    )
    if parameter.se is None:
        return rows
    errors = {region: median_error(parameter, labels, region) for region in tissue_regions(labels)}
    # That of the median, which carries the bare name; the other statistics are given without.
    return rows.assign(se=rows["region"].map(errors).where(rows["biomarker"] == name))


def median_error(parameter: ParameterMap, labels: LabelMap, region: str) -> float:
    """Return the standard error of the median of a map over a region; NaN if it is not known."""
    inside = labels.mask(region) & parameter.sound
    if parameter.se is None:
        return float("nan")
    values = np.asarray(parameter.image.data, dtype=float)[inside]
    errors = parameter.se[inside]
    own = noise_of_median(values, errors) if errors.any() or not errors.size else 0.0
    shared = np.broadcast_to(parameter.shared_se, parameter.image.shape)[inside] * values
    return float(np.hypot(own, _left(parameter, labels.mask(region)) * _median(np.abs(shared))))


def _left(parameter: ParameterMap, region: BoolArray) -> float:
    """Return how much of the error that neighbours share stays in the median of a region."""
    if not np.isfinite(parameter.shared_fwhm_mm):
        return 1.0
    size = parameter.image.voxel_size
    return share_kept_by_mean(region, voxel_size=size, fwhm_mm=parameter.shared_fwhm_mm)


def _median(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if known.size else float("nan")


def soundness(parameter: ParameterMap, labels: LabelMap) -> str:
    """Grade a map by the tissue region with the fewest sound voxels."""
    sound = parameter.sound
    return worst(quality(sound[labels.mask(region)].mean()) for region in tissue_regions(labels))


def quality(usable: float) -> str:
    """Grade the fraction of a region's voxels that have a value."""
    if usable >= USABLE_FOR_OK:
        return "ok"
    return "warn" if usable >= USABLE_FOR_WARN else "fail"


def worst(grades: Iterable[str]) -> str:
    """Return the worst of several grades, `ok` of none."""
    return max(grades, key=("ok", "warn", "fail").index, default="ok")
