"""Numbers that are equal but for rounding, which share a rank.

.4 − .3 and .3 − .2 are the same change, but their binary floating-point values differ in the last
digits; whatever ranks, counts pairs or meets a threshold would tell them apart. How far rounding
may have moved a number hangs on what it was computed from, not on what came out: the difference
of two large numbers may be small, its error is not. So

- a number computed here carries `rounding` of its operands, 64 units in the last place of the
  largest (1.4e-14 of it: a few operations, a change of unit, and the parsing of decimals);
- a number that a caller gives has no known operands; it is taken to 10 significant digits
  (`DIGITS`), which no measurement has, as R's `wilcox.test` takes `digits.rank`.

Neighbours in ascending order that lie no further apart than that are one value.
"""

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from biomarkers.stats.arrays import Bools, Floats

DIGITS = 1e-10
_OPERATIONS = 64 * np.finfo(float).eps


def rounding(*operands: ArrayLike) -> Floats:
    """Return how far rounding may have moved what was computed from operands, broadcast.

    0 where an operand is not finite: infinite numbers are equal or not.
    """
    largest = np.max(np.abs(np.broadcast_arrays(*map(np.asarray, operands))), axis=0)
    return np.where(np.isfinite(largest), _OPERATIONS * largest, 0.0)


def merge_ties(values: ArrayLike, noise: ArrayLike | None = None) -> Floats:
    """Return values with those that are equal but for rounding made equal, along the last axis.

    Parameters
    ----------
    values
        Any shape; NaN stays, infinite values equal only themselves.
    noise
        How far rounding may have moved each value, as from `rounding`, broadcast with `values`:
        one that may be 0 is 0. None: the values were given, see the module.

    Returns
    -------
    array
        Each group of equal values as its smallest.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.stats.ranks import merge_ties, rounding
    >>> float(np.ptp(merge_ties([0.4 - 0.3, 0.3 - 0.2], rounding([0.4, 0.3]))))
    0.0

    """
    given = np.asarray(values, dtype=float)
    if not given.size:
        return given
    reach = _beyond_digits(given) if noise is None else np.asarray(noise)
    reach = np.broadcast_to(reach, given.shape)
    if noise is not None:
        given = np.where(np.abs(given) <= reach, 0.0, given)
    order = np.argsort(given, axis=-1, kind="stable")
    ordered, reach = (np.take_along_axis(part, order, axis=-1) for part in (given, reach))
    with np.errstate(invalid="ignore"):
        near = np.diff(ordered, axis=-1) <= np.maximum(reach[..., 1:], reach[..., :-1])
    near |= ordered[..., 1:] == ordered[..., :-1]
    starts = np.arange(given.shape[-1]) * np.ones(given.shape, dtype=np.intp)
    starts[..., 1:][near] = 0
    first = np.maximum.accumulate(starts, axis=-1)
    merged = np.empty_like(given)
    np.put_along_axis(merged, order, np.take_along_axis(ordered, first, axis=-1), axis=-1)
    return merged


def ranks_of(values: ArrayLike, noise: ArrayLike | None = None) -> Floats:
    """Return the mid-ranks, from 1, of values along the last axis; see `merge_ties`."""
    return np.asarray(stats.rankdata(merge_ties(values, noise), axis=-1))


def reaches(values: ArrayLike, threshold: ArrayLike) -> Bools:
    """Say which values are a threshold or above it, to the digits that count."""
    given, limit = np.asarray(values, dtype=float), np.asarray(threshold, dtype=float)
    return np.asarray(given >= limit - _beyond_digits(given, limit))


def _beyond_digits(*given: ArrayLike) -> Floats:
    return rounding(*given) * (DIGITS / _OPERATIONS)
