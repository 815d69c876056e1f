"""Features of a region's uptake: volumes above thresholds and what they hold; its heterogeneity."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_numbers
from biomarkers.errors import InputError
from biomarkers.timing import FloatArray

_MM3_PER_ML = 1000.0
# Bins of equal width from the lowest to the highest value of the region.
BINS = 32


def heterogeneity(sample: npt.ArrayLike) -> dict[str, float]:
    """Return measures of unevenness, plain numbers.

    Definitions are those of the Image Biomarker Standardisation Initiative (Zwanenburg et al.
    2020, doi:10.1148/radiol.2020191145), with n in the denominator throughout.

    Parameters
    ----------
    sample
        Values of the voxels of a region, (n,), finite.

    Returns
    -------
    dict
        `cov`: standard deviation over mean. `skewness`; `kurtosis`, 0 for a normal distribution.
        `entropy`, bits, of the histogram of `BINS` bins between minimum and maximum. `auc_csh`:
        area under the cumulative histogram of volume over threshold in per cent of the maximum,
        1 if uptake is even (van Velden et al. 2011, doi:10.1007/s00259-011-1845-6); without bins
        that is the mean over the maximum, negative values taken as 0. NaN what has no value: all
        of an empty region, shape of one where all are equal, ratios to what is not above 0.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.pet import heterogeneity
    >>> features = heterogeneity(np.array([1.0, 2.0, 3.0, 4.0]))
    >>> print(f"cov {features['cov']:.3f}, area {features['auc_csh']:.3f}")
    cov 0.447, area 0.625

    """
    sample = as_numbers("sample", sample)
    if not np.isfinite(sample).all():
        raise InputError("sample holds values that are not finite; expected those of a region")
    if sample.size == 0:
        return dict.fromkeys(("cov", "skewness", "kurtosis", "entropy", "auc_csh"), np.nan)
    mean, highest = float(sample.mean()), float(sample.max())
    away = sample - mean
    variance = float((away**2).mean())
    even = np.ptp(sample) <= 4.0 * np.finfo(float).eps * float(np.abs(sample).max())
    even |= variance**2 == 0.0  # of values too small for their squares to be numbers
    return {
        "cov": np.sqrt(variance) / mean if mean > 0.0 else np.nan,
        "skewness": np.nan if even else float((away**3).mean()) / variance**1.5,
        "kurtosis": np.nan if even else float((away**4).mean()) / variance**2 - 3.0,
        "entropy": 0.0 if even else entropy(sample),
        "auc_csh": float(sample.clip(min=0.0).mean()) / highest if highest > 0.0 else np.nan,
    }


def entropy(sample: FloatArray, *, bins: int = BINS) -> float:
    """Return the entropy of a histogram between minimum and maximum, bits."""
    counts, _ = np.histogram(sample, bins=bins)
    share = counts[counts > 0] / sample.size
    return float(-(share * np.log2(share)).sum())


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

    Examples
    --------
    >>> from biomarkers.pet import MetabolicVolume
    >>> volume = MetabolicVolume("_50", threshold=2.0, volume=96.0, total=0.288)
    >>> print(f"mean uptake {volume.total / (volume.volume / 1000):.1f} g/mL")
    mean uptake 3.0 g/mL

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

    Examples
    --------
    Of twenty voxels of 8 mm^3, those of uptake 4 and 3 are above 41 and 50 % of the maximum:

    >>> import numpy as np
    >>> from biomarkers.pet import metabolic_volumes
    >>> uptake = np.repeat([4.0, 3.0, 1.0], [5, 7, 8])
    >>> for each in metabolic_volumes(uptake, 8.0, fixed=3.5):
    ...     print(each.suffix or "_41", each.volume, f"{each.total:.3f}")
    _41 96.0 0.328
    _50 96.0 0.328
    _fixed 40.0 0.160

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
