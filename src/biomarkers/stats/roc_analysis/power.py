"""What a study of this size can find: power, size and detectable AUC.

Obuchowski & McClish 1997 (doi:10.1002/(SICI)1097-0258(19970715)16:13<1529::AID-SIM565>3.0.CO;2-H)
and Obuchowski 1998: a normal approximation for binormal markers, as in pROC's power.roc.test.
Below about ten subjects in a class it is a guide, no more.

Statsmodels' power has no ROC curves.
"""

import math

import numpy as np
from scipy import optimize, stats

from biomarkers.errors import InputError

# Variance of an AUC of ½, and of one that is not, as published.
_NULL = 0.0792
_SCALE, _ROOT_TWO = 0.0099, 1.414


def roc_power(auc: float, *, n_positive: float, n_negative: float, alpha: float = 0.05) -> float:
    """Return the power to distinguish an AUC from ½, two-sided.

    Raises
    ------
    InputError
        If the AUC is not above ½ and below 1, alpha not between 0 and 1, or a class is empty.

    Examples
    --------
    >>> from biomarkers import stats
    >>> # As `power.roc.test(auc = 0.8, ncases = 12, ncontrols = 12)` of R's pROC.
    >>> round(stats.roc_power(0.8, n_positive=12, n_negative=12), 3)
    0.773

    """
    _check(auc, n_positive, n_negative)
    _check_alpha(alpha)
    ratio = n_negative / n_positive
    critical = stats.norm.isf(alpha / 2) * math.sqrt(_NULL * (1 + 1 / ratio))
    shift = math.sqrt(n_positive) * (auc - 0.5) - critical
    return float(stats.norm.cdf(shift / math.sqrt(_variance(auc, ratio))))


def roc_sample_size(
    auc: float, *, power: float = 0.9, ratio: float = 1.0, alpha: float = 0.05
) -> tuple[float, float]:
    """Return the numbers of positives and negatives that give this power, not rounded.

    Parameters
    ----------
    auc
        The AUC to be distinguished from ½.
    power
        Wanted power.
    ratio
        Negatives per positive.
    alpha
        Two-sided error.

    Raises
    ------
    InputError
        If the AUC is not above ½ and below 1, the ratio not above 0, or the power not above
        alpha and below 1.

    Examples
    --------
    >>> from biomarkers import stats
    >>> positive, negative = stats.roc_sample_size(0.8, power=0.9)
    >>> round(positive, 1), round(negative, 1)
    (16.6, 16.6)
    >>> round(stats.roc_power(0.8, n_positive=positive, n_negative=negative), 3)
    0.9

    """
    _check(auc, 1, ratio)
    _check_alpha(alpha)
    _check_power(power, alpha)
    null = stats.norm.isf(alpha / 2) * math.sqrt(_NULL * (1 + 1 / ratio))
    other = stats.norm.isf(1 - power) * math.sqrt(_variance(auc, ratio))
    positives = float((null + other) ** 2 / (auc - 0.5) ** 2)
    return positives, positives * ratio


def detectable_auc(
    *, n_positive: float, n_negative: float, power: float = 0.9, alpha: float = 0.05
) -> float:
    """Return the smallest AUC this many subjects distinguish from ½ with this power; NaN if none.

    Raises
    ------
    InputError
        As `roc_power`, or if the power is not above alpha and below 1.

    Examples
    --------
    >>> from biomarkers import stats
    >>> least = stats.detectable_auc(n_positive=20, n_negative=20, power=0.8)
    >>> round(least, 3), round(stats.roc_power(least, n_positive=20, n_negative=20), 3)
    (0.744, 0.8)

    """
    _check_power(power, alpha)
    bounds = (0.5 + 1e-9, 1 - 1e-9)

    def lacking(auc: float) -> float:
        return roc_power(auc, n_positive=n_positive, n_negative=n_negative, alpha=alpha) - power

    if lacking(bounds[1]) < 0:
        return math.nan
    return float(optimize.brentq(lacking, *bounds))


def _variance(auc: float, ratio: float) -> float:
    square = (float(stats.norm.ppf(auc)) * _ROOT_TWO) ** 2
    return float(_SCALE * np.exp(-square / 2) * (5 * square + 8 + (square + 8) / ratio))


def _check_alpha(alpha: float) -> None:
    if not 0 < alpha < 1:
        raise InputError(f"alpha: found {alpha:g}, expected more than 0 and less than 1")


def _check_power(power: float, alpha: float) -> None:
    if not alpha < power < 1:
        raise InputError(f"power: found {power:g}, expected more than alpha {alpha:g}, below 1")


def _check(auc: float, n_positive: float, n_negative: float) -> None:
    if not 0.5 < auc < 1:
        raise InputError(f"auc: found {auc:g}, expected more than 0.5 and less than 1")
    if min(n_positive, n_negative) <= 0:
        raise InputError(f"found {n_positive:g} positives and {n_negative:g} negatives")
