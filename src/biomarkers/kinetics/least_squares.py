"""Bounded non-linear least squares on many curves at once, by Levenberg and Marquardt.

For models outside the family of the compiled engine. Every curve has its own damping, and drops
out once it has converged (Moré, Lecture Notes in Mathematics 1978;630:105.
doi:10.1007/BFb0067700). A parameter that a step would push over its bound is left out of it.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

# Maps parameters (v, P) of the curves numbered (v,) to curves (v, T) and derivatives (v, P, T).
Evaluate = Callable[[FloatArray, IntArray], tuple[FloatArray, FloatArray]]

FIRST_DAMPING, MOST_DAMPING = 1e-3, 1e12
SINGULAR = 1e-12  # smallest eigenvalue of a normal matrix of unit diagonal


class Minimum(NamedTuple):
    """Where the sums of squares of V curves are least."""

    values: FloatArray  # (V, P)
    normal: FloatArray  # (V, P, P): J J^T
    rss: FloatArray  # (V,)
    converged: BoolArray  # (V,)


def levenberg_marquardt(
    evaluate: Evaluate,
    target: FloatArray,
    starts: Sequence[FloatArray],
    bounds: tuple[FloatArray, FloatArray],
    *,
    smallest_step: float,
    smallest_gain: float,
    most_steps: int,
) -> Minimum:
    """Minimise the sum of squares of every curve from each start, and keep the least.

    Parameters
    ----------
    evaluate
        Maps parameters (v, P) and the numbers (v,) of the curves they are for to curves (v, T) and
        their derivatives (v, P, T), weighted as `target` is.
    target
        Curves, (V, T).
    starts
        One or more sets of parameters to start from, each (V, P).
    bounds
        Least and greatest values, (P,) each.
    smallest_step
        A curve has converged where a step moves no parameter by more than this share of it,
    smallest_gain
        or lowers the sum of squares by no more than this share.
    most_steps
        After so many a curve that has not converged is left where it is.

    """
    limits = smallest_step, smallest_gain, most_steps
    best = _descend(evaluate, target, starts[0], bounds, limits)
    for start in starts[1:]:
        other = _descend(evaluate, target, start, bounds, limits)
        better = other.rss < best.rss
        for into, taken in zip(best, other, strict=True):
            into[better] = taken[better]
    return best


def covariance(normal: FloatArray) -> FloatArray:
    """Invert normal matrices (V, P, P); NaN where the parameters cannot be told apart."""
    size = np.sqrt(np.einsum("vpp->vp", normal))
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = normal / (size[:, :, None] * size[:, None, :])
        sound = np.isfinite(scaled).all(axis=(1, 2))
        scaled[~sound] = np.eye(normal.shape[1])
        sound &= np.linalg.eigvalsh(scaled)[:, 0] > SINGULAR
        scaled[~sound] = np.eye(normal.shape[1])
        inverse = np.linalg.inv(scaled) / (size[:, :, None] * size[:, None, :])
    return np.where(sound[:, None, None], inverse, np.nan)


def _descend(
    evaluate: Evaluate,
    target: FloatArray,
    start: FloatArray,
    bounds: tuple[FloatArray, FloatArray],
    limits: tuple[float, float, int],
) -> Minimum:
    smallest_step, smallest_gain, most_steps = limits
    values = np.clip(start, *bounds)
    curves, slopes = evaluate(values, np.arange(len(target)))
    gap = target - curves
    rss = np.einsum("vt,vt->v", gap, gap)
    damping, done = np.full(len(target), FIRST_DAMPING), np.zeros(len(target), dtype=bool)
    for _ in range(most_steps):
        live = np.flatnonzero(~done)
        if not live.size:
            break
        step = _damped_step(slopes[live], gap[live], damping[live], values[live], bounds)
        moved = np.clip(values[live] + step, *bounds)
        curves, fresh = evaluate(moved, live)
        left = target[live] - curves
        new = np.einsum("vt,vt->v", left, left)
        better = new <= rss[live]
        size = smallest_step * (np.abs(moved) + 1e-6)
        still = (np.abs(moved - values[live]) <= size).all(axis=1)
        flat = better & (rss[live] - new <= smallest_gain * rss[live])
        took = live[better]
        values[took], gap[took], rss[took] = moved[better], left[better], new[better]
        slopes[took] = fresh[better]
        damping[live] = np.where(better, damping[live] / 10.0, damping[live] * 10.0)
        done[live] = still | flat | (damping[live] > MOST_DAMPING)
    return Minimum(values, slopes @ slopes.transpose(0, 2, 1), rss, done)


def _damped_step(
    slopes: FloatArray,
    gap: FloatArray,
    damping: FloatArray,
    values: FloatArray,
    bounds: tuple[FloatArray, FloatArray],
) -> FloatArray:
    """Solve for the step, without the parameters that would leave their bounds."""
    right = np.einsum("vpt,vt->vp", slopes, gap)
    pressed = ((values <= bounds[0]) & (right < 0)) | ((values >= bounds[1]) & (right > 0))
    size = np.maximum(np.sqrt(np.einsum("vpt,vpt->vp", slopes, slopes)), 1e-150)
    normal = (slopes @ slopes.transpose(0, 2, 1)) / (size[:, :, None] * size[:, None, :])
    normal[pressed[:, :, None] | pressed[:, None, :]] = 0.0
    every = np.arange(normal.shape[1])
    normal[:, every, every] = 1.0 + damping[:, None]
    wanted = np.where(pressed, 0.0, right / size)
    return np.asarray(np.linalg.solve(normal, wanted[:, :, None])[:, :, 0] / size)
