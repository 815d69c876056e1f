"""Least squares under non-negativity, from inner products, begun where the last one ended."""

import numpy as np

from biomarkers.arrays import BoolArray, FloatArray

_ROUNDING = 1e-11


def nonnegative(gram: FloatArray, onto: FloatArray, active: BoolArray | None = None) -> FloatArray:
    """Return the a >= 0 that minimise a' G a - 2 a' b.

    Block principal pivoting, with single exchanges once it ceases to gain (Portugal, Judice &
    Vicente, Math Comput 1994;63:625; Kim & Park, SIAM J Sci Comput 2011;33:3261).

    Parameters
    ----------
    gram
        G, (M, M), symmetric.
    onto
        b, (M,).
    active
        Which are thought to be above 0, (M,).

    Returns
    -------
    ndarray
        (M,).

    """
    size = onto.size
    active = onto > 0.0 if active is None else active.copy()
    scale = np.sqrt(np.maximum(np.diag(gram), np.finfo(float).tiny))
    gram, onto = gram / np.outer(scale, scale), onto / scale
    tolerance = _ROUNDING * float(np.abs(onto).max(initial=0.0))
    gram[np.diag_indices(size)] += _ROUNDING
    fewest, patience = size + 1, 3
    for _ in range(10 * size):
        values = np.zeros(size)
        values[active] = np.linalg.solve(gram[np.ix_(active, active)], onto[active])
        pull = onto - gram @ values
        wrong = np.where(active, values < 0.0, pull > tolerance)
        count = int(wrong.sum())
        if not count:
            break
        if count < fewest:
            fewest, patience = count, 3
        elif patience:
            patience -= 1
        else:  # one exchange at a time cannot cycle
            wrong[: int(np.flatnonzero(wrong)[-1])] = False
        active ^= wrong
    return np.asarray(np.maximum(values, 0.0) / scale)
