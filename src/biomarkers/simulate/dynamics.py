"""Tracer in tissue: the differential equations of two compartments, stepped through time.

Nothing here convolves, as the fits do. One tissue compartment is the Tofts model too, with Ktrans
the inflow and kep the outflow; what stays in vessels is added by the caller.
"""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray

Curve = Callable[[FloatArray], FloatArray]


def bolus_input(
    time: npt.ArrayLike, rise: float, decays: Sequence[tuple[float, float]]
) -> FloatArray:
    """Return Σ size exp(−rate (t − rise)) at times (s) from arrival on, after a straight rise."""
    t = np.asarray(time, dtype=float)
    late = np.maximum(t - rise, 0.0)
    peak = sum(size for size, _ in decays)
    decay = sum(size * np.exp(-rate * late) for size, rate in decays)
    return np.asarray(np.where(t < rise, peak * np.clip(t / rise, 0.0, 1.0), decay))


def uptake(
    plasma: Curve,
    duration: float,
    *,
    inflow: npt.ArrayLike,
    outflow: npt.ArrayLike,
    trapping: npt.ArrayLike = 0.0,
    release: npt.ArrayLike = 0.0,
    step: float = 0.25,
) -> tuple[FloatArray, FloatArray]:
    """Return a time grid, and the concentration in tissue on it.

    Steps are those of Runge and Kutta, of fourth order.

    Parameters
    ----------
    plasma
        Concentration in plasma at times (s) from its arrival on; where it has a corner, a
        multiple of `step` should be.
    duration
        How long, s.
    inflow, outflow, trapping, release
        K1, k2, k3 and k4, 1/s, each (voxels,) or one for all.
    step
        s.

    Returns
    -------
    grid, concentration : ndarray
        (times,), s from the arrival on, and (voxels, times), in the unit of `plasma`.

    """
    grid = np.asarray(step * np.arange(int(np.ceil(duration / step)) + 1), dtype=float)
    k1, k2, k3, k4 = np.broadcast_arrays(*np.atleast_1d(inflow, outflow, trapping, release))
    knots, middles = plasma(grid), plasma(grid[:-1] + 0.5 * step)
    traps, nothing = bool(k3.any() or k4.any()), np.zeros(1)

    def change(free: FloatArray, bound: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
        caught = k3 * free - k4 * bound if traps else nothing
        return k1 * level - k2 * free - caught, caught

    free, bound = np.zeros((2, len(k1)))
    amount = np.zeros((len(grid), len(k1)))
    for index, middle in enumerate(middles):
        a, b = change(free, bound, knots[index])
        c, d = change(free + 0.5 * step * a, bound + 0.5 * step * b, middle)
        e, f = change(free + 0.5 * step * c, bound + 0.5 * step * d, middle)
        g, h = change(free + step * e, bound + step * f, knots[index + 1])
        free = free + step / 6.0 * (a + 2.0 * c + 2.0 * e + g)
        bound = bound + step / 6.0 * (b + 2.0 * d + 2.0 * f + h)
        amount[index + 1] = free + bound
    return grid, amount.T


def sampled(grid: FloatArray, curves: FloatArray, times: npt.ArrayLike) -> FloatArray:
    """Return curves (voxels, grid) at times, (voxels, times); 0 before the grid begins.

    `times` are (times,) for all, or (voxels, times) where voxels are reached at times of their own.
    """
    at = np.broadcast_to(times, (len(curves), np.shape(times)[-1]))
    step = grid[1] - grid[0]
    place = np.clip((at - grid[0]) / step, 0.0, len(grid) - 1.0)
    left = np.minimum(place.astype(int), len(grid) - 2)
    share = place - left
    rows = np.arange(len(curves))[:, None]
    values = (1.0 - share) * curves[rows, left] + share * curves[rows, left + 1]
    return np.asarray(np.where(at < grid[0], 0.0, values))


def averaged(
    grid: FloatArray, curves: FloatArray, starts: npt.ArrayLike, ends: npt.ArrayLike
) -> FloatArray:
    """Return the means of curves (voxels, grid) over frames, (voxels, frames)."""
    step = grid[1] - grid[0]
    area = np.zeros_like(curves)
    area[:, 1:] = np.cumsum(0.5 * step * (curves[:, 1:] + curves[:, :-1]), axis=1)
    begin, end = np.asarray(starts, dtype=float), np.asarray(ends, dtype=float)
    return np.asarray((sampled(grid, area, end) - sampled(grid, area, begin)) / (end - begin))
