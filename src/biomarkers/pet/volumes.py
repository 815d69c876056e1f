"""Metabolic volumes: what of a region is above a threshold, and how much uptake it holds."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_MM3_PER_ML = 1000.0


@dataclass(frozen=True)
class MetabolicVolume:
    """The part of a region above a threshold.

    Parameters
    ----------
    suffix
        What tells it from the others: empty, `_50`, `_adapted`, `_fixed`.
    threshold
        In the unit of the uptake.
    volume
        mm^3.
    total
        Volume, mL, times the mean uptake in it: total lesion uptake.

    """

    suffix: str
    threshold: float
    volume: float
    total: float


def metabolic_volumes(
    sample: FloatArray, voxel: float, *, fixed: float | None = None, background: float | None = None
) -> Iterator[MetabolicVolume]:
    """Yield the volumes at or above several thresholds.

    Thresholds are 41 % and 50 % of the maximum (Boellaard et al. 2015,
    doi:10.1007/s00259-014-2961-x), half the sum of background and maximum (Boellaard et al. 2004,
    J Nucl Med 45:1519), and a fixed one. Voxels count whether they are connected or not.

    Parameters
    ----------
    sample
        Uptake of the voxels of a region, (n,), finite.
    voxel
        Volume of a voxel, mm^3.
    fixed, background
        Not given, their volumes are left out.

    """
    highest = float(sample.max()) if sample.size else math.nan
    # A share of a maximum that is not above zero divides nothing.
    highest = highest if highest > 0.0 else math.nan
    thresholds = {"": 0.41 * highest, "_50": 0.50 * highest}
    if background is not None:
        thresholds["_adapted"] = 0.5 * (background + highest)
    if fixed is not None:
        thresholds["_fixed"] = fixed if sample.size else math.nan
    for suffix, threshold in thresholds.items():
        if math.isnan(threshold):
            yield MetabolicVolume(suffix, threshold, math.nan, math.nan)
        else:
            above = sample[sample >= threshold]
            total = float(above.sum()) * voxel / _MM3_PER_ML
            yield MetabolicVolume(suffix, threshold, above.size * voxel, total)
