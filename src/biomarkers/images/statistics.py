"""Values of a map by region."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from biomarkers.arrays import FloatArray
from biomarkers.checks import as_mask, as_numbers
from biomarkers.errors import GeometryError
from biomarkers.images.fractions import Fractions, effective_voxels
from biomarkers.images.grid import require_same_grid
from biomarkers.images.image import Image
from biomarkers.images.labels import LabelMap
from biomarkers.quantities import PERCENTILES, STATISTICS

_TINY = np.finfo(float).tiny


def region_statistics(
    values: Image, labels: LabelMap | Fractions, *, flags: npt.ArrayLike | None = None
) -> pd.DataFrame:
    """Summarise a map in every region of a label map, or of fractions of voxels.

    Parameters
    ----------
    values
        The map, (x, y, z); NaN and infinite voxels do not count.
    labels
        Regions on the same grid; a voxel counts by its fraction that lies in the region.
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
        value, finite and not flagged; of fractions the effective one, (Σw)² / Σw². A region without
        any has NaN, with n = 0.

    Raises
    ------
    GeometryError
        If the map, the label map and the flags do not share a grid.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Image, LabelMap, region_statistics
    >>> values = Image(np.arange(1.0, 12.0).reshape(11, 1, 1), np.eye(4), "a map")
    >>> tumor = LabelMap(values.with_data(np.ones((11, 1, 1), int), source="drawn"), {1: "tumor"})
    >>> table = region_statistics(values, tumor).set_index("statistic")["value"]
    >>> table[["median", "mean", "p90", "top10"]].to_dict()
    {'median': 6.0, 'mean': 6.0, 'p90': 10.0, 'top10': 11.0}

    """
    require_same_grid(values, labels)
    _require_shape(values.source, values.shape, labels)
    data = np.asarray(values.data, dtype=float)
    usable = np.isfinite(data)
    if flags is not None:
        flags = flags if isinstance(flags, np.ndarray) else as_numbers("flags", flags)
        _require_shape("flags", flags.shape, labels)
        usable &= ~as_mask("flags", flags, labels.shape)
    rows = []
    for region in labels.regions:
        weights = labels.weights(region)
        inside = usable & (weights > 0.0)
        summary = _summary(data[inside], weights[inside])
        n = effective_voxels(weights[inside])
        rows += [(region, name, value, n) for name, value in summary.items()]
    return pd.DataFrame(rows, columns=["region", "statistic", "value", "n"])


def noise_of_median(
    values: FloatArray, errors: FloatArray, weights: FloatArray | None = None
) -> float:
    """Return the standard deviation that noise gives the median of values.

    Noise moves voxels across the median one by one, each with the chance that its own error
    allows. Among like voxels this is 1.25 times the error of their mean, a little more because
    the values are noisy themselves; where voxels differ by more than their errors, few are near
    the median and it wanders more.

    Parameters
    ----------
    values, errors
        Of each voxel, (V,); those that are not finite do not count.
    weights
        By how much each voxel counts, (V,); all alike if not given.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import noise_of_median
    >>> alike, errors = np.full(400, 1.0), np.full(400, 0.1)  # their mean has an error of 0.005
    >>> print(f"{noise_of_median(alike, errors) / 0.005:.2f}")
    1.25

    """
    known = np.isfinite(values) & (errors > 0)
    if not known.any():
        return float("nan")
    w = np.ones(values.shape)[known] if weights is None else weights[known]
    # Of two middle values the lower one: halfway between two that lie far apart there is nothing.
    ranked, places = _ranked(values[known], w)
    middle = ranked[np.searchsorted(places, 0.5, side="right") - 1]
    away = (middle - values[known]) / errors[known]
    below = special.ndtr(away)
    density = np.sum(w * np.exp(-0.5 * away**2) / (np.sqrt(2.0 * np.pi) * errors[known]))
    return float(np.sqrt(np.sum(w**2 * below * (1.0 - below))) / density)


def _require_shape(name: str, shape: tuple[int, ...], labels: LabelMap | Fractions) -> None:
    if shape != labels.shape:
        raise GeometryError(
            f"{name}: shape {shape} does not fit the label map {labels.source}, {labels.shape}"
        )


@np.errstate(over="ignore", invalid="ignore")  # huge values have no spread that is a number
def _summary(sample: FloatArray, weights: FloatArray) -> dict[str, float]:
    if sample.size == 0:
        return dict.fromkeys(("median", *STATISTICS), float("nan"))
    ranked, places = _ranked(sample, weights)
    median, *percentiles = np.interp(np.array([50, *PERCENTILES]) / 100.0, places, ranked)
    total, mean = weights.sum(), float(np.average(sample, weights=weights))
    # Σw(x - m)² over Σw - Σw²/Σw, which is n - 1 of whole voxels.
    freedom = total - np.sum(weights**2) / total
    squares = float(np.sum(weights * (sample - mean) ** 2))
    return {
        "median": float(median),
        "mean": mean,
        "sd": np.sqrt(squares / freedom) if sample.size > 1 else float("nan"),
        **{
            f"p{percent}": float(value)
            for percent, value in zip(PERCENTILES, percentiles, strict=True)
        },
        "top10": _mean_of_top(sample, weights),
        **_shape(sample, weights, mean),
    }


def _ranked(sample: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return values in order, and the quantile from 0 to 1 that each is.

    A value stands in the middle of its own weight: of n whole voxels the i-th is (i - 1)/(n - 1).
    """
    order = np.argsort(sample, kind="stable")
    w = weights[order]
    middles = np.cumsum(w) - 0.5 * w
    return sample[order], (middles - middles[0]) / max(middles[-1] - middles[0], _TINY)


def _mean_of_top(sample: FloatArray, weights: FloatArray) -> float:
    """Return the mean of the tenth of the voxels with the highest values, one at least."""
    order = np.argsort(-sample, kind="stable")
    w = weights[order]
    wanted = max(1, round(0.1 * float(w.sum())))
    taken = np.clip(wanted - (np.cumsum(w) - w), 0.0, w)
    return float(np.average(sample[order], weights=taken))


def _shape(sample: FloatArray, weights: FloatArray, mean: float) -> dict[str, float]:
    """Return skewness G1 and excess kurtosis G2 (Joanes & Gill, The Statistician 1998;47:183)."""
    n = effective_voxels(weights)
    away = sample - mean
    second, third, fourth = (float(np.average(away**k, weights=weights)) for k in (2, 3, 4))
    rounding = 4.0 * np.finfo(float).eps * float(np.abs(sample).max())
    if n < 3 or np.ptp(sample) <= rounding:
        return {"skewness": float("nan"), "kurtosis": float("nan")}
    third, fourth = third / second**1.5, fourth / second**2
    excess = ((n + 1) * (fourth - 3.0) + 6.0) * (n - 1) / ((n - 2) * (n - 3)) if n > 3 else np.nan
    return {"skewness": np.sqrt(n * (n - 1)) / (n - 2) * third, "kurtosis": float(excess)}
