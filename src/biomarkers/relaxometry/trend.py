"""The course of a transmit field across a whole head: what smoothing starts from."""

from collections.abc import Sequence
from itertools import combinations_with_replacement

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_ROUNDS = 4
# So many voxels, evenly spread, tell ten numbers as well as all.
_VOXELS = 50_000


def parabola(a: FloatArray, b: FloatArray, usable: BoolArray) -> FloatArray:
    """Return the angle of the vectors (a, b), rad, as a polynomial of second order in the place.

    Least squares of how far the vectors lie off the angle, so that bright voxels count more.

    Parameters
    ----------
    a, b
        Signals (x, y, z), 0 or more.
    usable
        Which of them count, same shape.

    """
    some = evenly_spread(a.shape)
    chosen = usable[some]
    if not chosen.any():
        return np.zeros(a.shape)
    parts = [np.broadcast_to(each, a.shape)[some][chosen] for each in terms(a.shape)]
    first, second, rows = a[some][chosen], b[some][chosen], np.stack(parts, axis=-1)
    factors = np.zeros(rows.shape[1])
    factors[0] = np.arctan2(second.sum(), first.sum())
    for _ in range(_ROUNDS):
        angle = rows @ factors
        along = np.cos(angle) * first + np.sin(angle) * second
        across = np.cos(angle) * second - np.sin(angle) * first
        factors += np.linalg.lstsq(along[:, None] * rows, across, rcond=None)[0]
    result = np.zeros(a.shape)
    for factor, term in zip(factors, terms(a.shape), strict=True):
        result += factor * term
    return np.clip(result, 0.0, 0.5 * np.pi)


def evenly_spread(shape: Sequence[int]) -> tuple[slice, ...]:
    """Return which voxels tell a trend: of an axis at least three places, if it has them."""
    step = int(np.ceil((np.prod(shape) / _VOXELS) ** (1.0 / len(shape))))
    return tuple(slice(None, None, max(1, min(step, (size - 1) // 2))) for size in shape)


def terms(shape: Sequence[int]) -> list[FloatArray]:
    """Return 1, every coordinate and every product of two, each broadcast over the others."""
    axes = [np.linspace(-1.0, 1.0, size) if size > 1 else np.zeros(1) for size in shape]
    places = np.ix_(*axes)
    pairs = combinations_with_replacement(places, 2)
    return [np.ones((1,) * len(axes)), *places, *(first * second for first, second in pairs)]


def trend_kept_by_mean(region: BoolArray, factors: FloatArray) -> float:
    """Return how much of the variance of a trend stays in the mean over a region.

    Parameters
    ----------
    region
        Its voxels, (x, y, z).
    factors
        Covariance of the factors of `terms`, in any unit; empty where it is not known.

    """
    if not factors.size:
        return 1.0
    rows = np.stack([np.broadcast_to(each, region.shape)[region] for each in terms(region.shape)])
    middle = rows.mean(axis=1)
    every = (rows * (factors @ rows)).sum(axis=0).mean()
    return float(middle @ factors @ middle / every) if every > 0.0 else 1.0
