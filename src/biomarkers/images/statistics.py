"""Values of a map by region."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from biomarkers.errors import GeometryError
from biomarkers.images.grid import require_same_grid
from biomarkers.images.image import Image
from biomarkers.images.labels import LabelMap
from biomarkers.quantities import PERCENTILES, STATISTICS

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


def region_statistics(
    values: Image, labels: LabelMap, *, flags: BoolArray | None = None
) -> pd.DataFrame:
    """Summarise a map in every region of a label map.

    Parameters
    ----------
    values
        The map, (x, y, z); NaN and infinite voxels do not count.
    labels
        Regions on the same grid.
    flags
        Voxels to leave out, (x, y, z), for instance those whose fit did not converge.

    Returns
    -------
    pandas.DataFrame
        One row per region and statistic: `region`, `statistic`, `value`, `n`. The first statistic
        is `median`, the value of the region; then `mean`, `sd` (n - 1 in the denominator) and
        the percentiles `p5` … `p95` of `quantities.PERCENTILES` (linear interpolation), `top10`
        (mean of the tenth of the voxels with the highest values, at least one), `skewness` and
        `kurtosis` (of the sample, 0 for a normal one, adjusted for its size; NaN below 3 and 4
        voxels or where all are equal; plain numbers). `n` is the number of voxels behind the
        value: finite and not flagged. A region without any has NaN, with n = 0.

    Raises
    ------
    GeometryError
        If the map, the label map and the flags do not share a grid.

    """
    require_same_grid(values, labels)
    _require_shape(values.source, values.shape, labels)
    data = np.asarray(values.data, dtype=float)
    usable = np.isfinite(data)
    if flags is not None:
        _require_shape("flags", np.shape(flags), labels)
        usable &= ~flags
    rows = []
    for region in labels.regions:
        sample = data[labels.mask(region) & usable]
        rows += [(region, name, value, sample.size) for name, value in _summary(sample).items()]
    return pd.DataFrame(rows, columns=["region", "statistic", "value", "n"])


def noise_of_median(values: FloatArray, errors: FloatArray) -> float:
    """Return the standard deviation that noise gives the median of values.

    Noise moves voxels across the median one by one, each with the chance that its own error
    allows. Among like voxels this is 1.25 times the error of their mean, a little more because
    the values are noisy themselves; where voxels differ by more than their errors, few are near
    the median and it wanders more.

    Parameters
    ----------
    values, errors
        Of each voxel, (V,); those that are not finite do not count.

    """
    known = np.isfinite(values) & (errors > 0)
    if not known.any():
        return float("nan")
    # Of two middle values the lower one: halfway between two that lie far apart there is nothing.
    middle = np.quantile(values[known], 0.5, method="lower")
    away = (middle - values[known]) / errors[known]
    below = special.ndtr(away)
    density = np.sum(np.exp(-0.5 * away**2) / (np.sqrt(2.0 * np.pi) * errors[known]))
    return float(np.sqrt(np.sum(below * (1.0 - below))) / density)


def _require_shape(name: str, shape: tuple[int, ...], labels: LabelMap) -> None:
    if shape != labels.shape:
        raise GeometryError(
            f"{name}: shape {shape} does not fit the label map {labels.source}, {labels.shape}"
        )


def _summary(sample: FloatArray) -> dict[str, float]:
    if sample.size == 0:
        return dict.fromkeys(("median", *STATISTICS), float("nan"))
    median, *percentiles = np.percentile(sample, [50, *PERCENTILES])
    spread = sample.std(ddof=1) if sample.size > 1 else float("nan")
    return {
        "median": float(median),
        "mean": float(sample.mean()),
        "sd": float(spread),
        **{
            f"p{percent}": float(value)
            for percent, value in zip(PERCENTILES, percentiles, strict=True)
        },
        "top10": float(np.sort(sample)[-max(1, round(0.1 * sample.size)) :].mean()),
        **_shape(sample),
    }


def _shape(sample: FloatArray) -> dict[str, float]:
    """Return skewness G1 and excess kurtosis G2 (Joanes & Gill, The Statistician 1998;47:183)."""
    n = sample.size
    away = sample - sample.mean()
    second = float((away**2).mean())
    rounding = 4.0 * np.finfo(float).eps * float(np.abs(sample).max())
    if n < 3 or np.ptp(sample) <= rounding:
        return {"skewness": float("nan"), "kurtosis": float("nan")}
    third, fourth = (float((away**k).mean()) / second ** (k / 2) for k in (3, 4))
    excess = ((n + 1) * (fourth - 3.0) + 6.0) * (n - 1) / ((n - 2) * (n - 3)) if n > 3 else np.nan
    return {"skewness": np.sqrt(n * (n - 1)) / (n - 2) * third, "kurtosis": float(excess)}
