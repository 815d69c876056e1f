"""Confidence intervals that keep their coverage in small samples.

Newcombe's interval of an AUC is in neither scipy nor statsmodels.
"""

import math
from functools import cache

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats
from statsmodels.stats.proportion import proportion_confint

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Floats

LEVEL = 0.95


def check_level(level: float) -> None:
    """Refuse a confidence level that is not between 0 and 1."""
    if not 0 < level < 1:
        raise InputError(f"level: found {level}, expected a number between 0 and 1")


def check_share(value: float, name: str) -> None:
    """Refuse a sensitivity or specificity that is not from 0 to 1."""
    if not 0 <= value <= 1:
        raise InputError(f"{name}: found {value}, expected a number from 0 to 1")


def newcombe_interval(
    auc: ArrayLike, positives: ArrayLike, negatives: ArrayLike, *, level: float = LEVEL
) -> tuple[Floats, Floats]:
    """Return Newcombe's score interval for the AUC.

    Method 5 of Newcombe 2006 (doi:10.1002/sim.2324): the θ with |AUC − θ| = z·√V(θ), where V is
    Hanley and McNeil's exponential variance with both class sizes replaced by their mean.

    Parameters
    ----------
    auc
        AUC in [0, 1] but for rounding, any shape; NaN gives NaN.
    positives, negatives
        Class sizes, broadcast with `auc`.
    level
        Confidence level.

    """
    areas, m, n = np.broadcast_arrays(
        *(np.asarray(values, dtype=float) for values in (auc, positives, negatives))
    )
    areas = np.clip(areas, 0, 1)
    low = _score_limit(areas, np.zeros_like(areas), m, n, level)
    high = _score_limit(areas, np.ones_like(areas), m, n, level)
    return low, high


def _score_limit(auc: Floats, outside: Floats, m: Floats, n: Floats, level: float) -> Floats:
    """Bisect between `outside` (0 or 1: never compatible) and the AUC itself."""
    z = stats.norm.ppf((1 + level) / 2)
    inside = auc.copy()
    shared = (m + n) / 2 - 1
    for _ in range(60):
        middle = (outside + inside) / 2
        spread = 1 + shared * ((1 - middle) / (2 - middle) + middle / (1 + middle))
        compatible = (auc - middle) ** 2 <= z**2 * middle * (1 - middle) * spread / (m * n)
        inside = np.where(compatible, middle, inside)
        outside = np.where(compatible, outside, middle)
    return np.where(np.isnan(auc), np.nan, (outside + inside) / 2)


def logit_interval(
    share: float, standard_error: float, *, level: float = LEVEL, df: float = math.inf
) -> tuple[float, float]:
    """Return the interval of a share that is symmetric in its log odds; NaN at 0 and 1.

    The quantile is that of t with `df` degrees of freedom, by default of the normal distribution.
    """
    if not (0 < share < 1 and standard_error > 0):
        return math.nan, math.nan
    half = float(stats.t.ppf((1 + level) / 2, df)) * standard_error / (share * (1 - share))
    middle = math.log(share / (1 - share))
    return float(special.expit(middle - half)), float(special.expit(middle + half))


def mean_interval(values: Floats, *, level: float = LEVEL) -> tuple[float, float, float]:
    """Return mean and t interval; the interval is NaN for one value, all are for none."""
    count = len(values)
    if count == 0 or not np.isfinite(values).all():
        return math.nan, math.nan, math.nan
    mean = float(values.mean())
    if count == 1:
        return mean, math.nan, math.nan
    half = float(_t_quantile(level, count - 1) * values.std(ddof=1) / math.sqrt(count))
    return mean, mean - half, mean + half


@cache
def _t_quantile(level: float, df: int) -> float:
    return float(stats.t.ppf((1 + level) / 2, df))


def mean_of_known(values: Floats) -> float:
    """Return the mean without the NaN among the values; NaN if there is nothing else."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else math.nan


def proportion_interval(
    successes: ArrayLike, trials: ArrayLike, *, method: str, level: float = LEVEL
) -> tuple[Floats, Floats]:
    """Return the interval of a proportion by a method of statsmodels; NaN without trials."""
    hits, total = (np.asarray(values, dtype=float) for values in (successes, trials))
    with np.errstate(invalid="ignore", divide="ignore"):
        limits = proportion_confint(hits, total, alpha=1 - level, method=method)
    # Wilson's limits at 0 and 1 are exact, but for rounding.
    low, high = (np.where(total > 0, np.clip(limit, 0, 1), np.nan) for limit in limits)
    return low, high
