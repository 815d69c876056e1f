"""Several hypotheses at once: p-values adjusted for their number.

`dunnett` compares many groups with one control; `maxt` uses the correlation of the data.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from biomarkers.errors import InputError

Floats = NDArray[np.float64]


def adjust(p_values: ArrayLike, *, method: str = "holm") -> Floats:
    """Return p-values adjusted for their number.

    Parameters
    ----------
    p_values
        Of the hypotheses of one family, any order, (K,). NaN is not counted and stays NaN.
    method
        `holm` (valid always), `hommel` (more powerful; needs independence or positive
        dependence), `bonferroni`, or `bh` (Benjamini–Hochberg: the false discovery rate).

    Returns
    -------
    ndarray
        The least family-wise level at which each hypothesis would be rejected, in the same order.

    Raises
    ------
    InputError
        If the method is unknown or a value is no probability.

    References
    ----------
    Holm, Scand J Stat 1979;6:65. Hommel, Biometrika 1988;75:383. Benjamini and Hochberg,
    J R Stat Soc B 1995;57:289.

    """
    if method not in _METHODS:
        raise InputError(f"method: found {method!r}, expected {' | '.join(_METHODS)}")
    values = np.asarray(p_values, dtype=float)
    if values.ndim != 1:
        raise InputError(f"p-values have shape {values.shape}, expected one dimension")
    known = ~np.isnan(values)
    wrong = values[known & ~((values >= 0) & (values <= 1))]
    if wrong.size:
        raise InputError(f"found {wrong[0]:g} among the p-values, expected 0 to 1")
    adjusted = np.full(values.shape, np.nan)
    order = np.argsort(values[known], kind="stable")
    in_order = np.empty(order.size)
    in_order[order] = _METHODS[method](values[known][order])
    adjusted[known] = in_order
    return adjusted


# Each takes ascending p-values.


def _bonferroni(p: Floats) -> Floats:
    return np.minimum(1, p * p.size)


def _holm(p: Floats) -> Floats:
    return np.minimum(1, np.maximum.accumulate(p * np.arange(p.size, 0, -1)))


def _benjamini_hochberg(p: Floats) -> Floats:
    raised = p * p.size / np.arange(1, p.size + 1)
    return np.minimum(1, np.minimum.accumulate(raised[::-1])[::-1])


def _hommel(p: Floats) -> Floats:
    """Reject what Simes' test rejects in every intersection it is part of.

    An intersection of m hypotheses has the p-value min over k of m·p_(k)/k. Of those that hold
    one hypothesis, the worst adds the largest p-values.
    """
    adjusted = p.copy()
    for m in range(2, p.size + 1):
        first = p.size - m
        of_the_rest = np.min(m * p[first + 1 :] / np.arange(2, m + 1))
        worst = np.minimum(m * p, of_the_rest)
        worst[first + 1 :] = worst[first]
        adjusted = np.maximum(adjusted, worst)
    return adjusted


_METHODS: Mapping[str, Callable[[Floats], Floats]] = {
    "holm": _holm,
    "hommel": _hommel,
    "bonferroni": _bonferroni,
    "bh": _benjamini_hochberg,
}
