"""Compiled variable projection: the best unknowns near a start, amplitudes eliminated.

Steps are Gauss and Newton's on the projected problem (Kaufman, BIT 1975;15:49.
doi:10.1007/BF01932995), damped after Levenberg and Marquardt where they overshoot, and kept inside
a box.
"""

from typing import NamedTuple

import numpy as np

from biomarkers.compiling import compiled, compiled_inline, compiled_sums, row_dot, vector_dot
from biomarkers.relaxometry._sequences import FloatArray, Sequence, fill_columns

# Of a type of their own: a plain constant would compile `refine` once more for each value.
STEPS = np.int64(100)
SMALLEST = 1e-10  # step that counts as rest: relative in T1, absolute in B1
LONGEST = 1.0
SLACK = 1e-13  # relative rise of the sum of squares that is rounding


class State(NamedTuple):
    """Working arrays of one voxel: p amplitudes, d unknowns, n signals."""

    f: FloatArray  # (p, n): columns
    df: FloatArray  # (d, p, n): their derivatives
    q: FloatArray  # (p, n): columns made orthonormal
    slope: FloatArray  # (d, n): derivative of the model in each unknown
    residual: FloatArray  # (n,)
    amplitude: FloatArray  # (p,)
    gradient: FloatArray  # (d,): half that of the sum of squares
    normal: FloatArray  # (d, d): half its curvature
    here: FloatArray  # (d + 1, d): gradient and curvature where the last good step led
    step: FloatArray  # (d,)
    free: FloatArray  # (d,): 0 where a bound holds an unknown, else 1
    trial: FloatArray  # (2,): unknowns tried
    signed: FloatArray  # (n,): the signal with the signs it is taken to have


@compiled
def new_state(amplitudes: int, unknowns: int, size: int) -> State:
    """Allocate the working arrays."""
    return State(
        np.zeros((amplitudes, size)),
        np.zeros((unknowns, amplitudes, size)),
        np.zeros((amplitudes, size)),
        np.zeros((unknowns, size)),
        np.zeros(size),
        np.zeros(amplitudes),
        np.zeros(unknowns),
        np.zeros((unknowns, unknowns)),
        np.zeros((unknowns + 1, unknowns)),
        np.zeros(unknowns),
        np.ones(unknowns),
        np.zeros(2),
        np.zeros(size),
    )


@compiled
def orthonormal(f: FloatArray, q: FloatArray) -> tuple[float, float, float]:
    """Fill q with the columns of f (one or two) made orthonormal; returns R11, R12, R22."""
    size = f.shape[1]
    first = np.sqrt(row_dot(f, 0, f, 0))
    scale = 1.0 / first if first > 0.0 else 0.0
    for i in range(size):
        q[0, i] = scale * f[0, i]
    if f.shape[0] == 1:
        return first, 0.0, 0.0
    shared = row_dot(q, 0, f, 1)
    for i in range(size):
        q[1, i] = f[1, i] - shared * q[0, i]
    second = np.sqrt(row_dot(q, 1, q, 1))
    # Columns that are one but for rounding have no second direction.
    if second <= 1e-12 * abs(shared):
        second = 0.0
    scale = 1.0 / second if second > 0.0 else 0.0
    for i in range(size):
        q[1, i] *= scale
    return first, shared, second


@compiled_inline
def _assess(  # noqa: PLR0913, PLR0917  (a tuple of arrays costs more to pass than all the rest)
    sequence: Sequence,
    signal: FloatArray,
    x: FloatArray,
    f: FloatArray,
    df: FloatArray,
    q: FloatArray,
    slope: FloatArray,
    residual: FloatArray,
    amplitude: FloatArray,
    gradient: FloatArray,
    normal: FloatArray,
) -> float:
    """Fill what a `State` holds at `x`; returns the sum of squares at the best amplitudes."""
    fill_columns(sequence, x, f, df)
    first, shared, second = orthonormal(f, q)
    along = vector_dot(q, 0, signal)
    if amplitude.size > 1:
        amplitude[1] = vector_dot(q, 1, signal) / second if second > 0.0 else 0.0
        along -= shared * amplitude[1]
    amplitude[0] = along / first if first > 0.0 else 0.0
    rss = 0.0
    for i in range(signal.size):
        rest = signal[i]
        for j in range(amplitude.size):
            rest -= amplitude[j] * f[j, i]
        residual[i] = rest
        rss += rest * rest
    _point(df, amplitude, residual, slope, gradient)
    project(slope, q, normal)
    return rss


@compiled_sums
def _point(
    df: FloatArray,
    amplitude: FloatArray,
    residual: FloatArray,
    slope: FloatArray,
    gradient: FloatArray,
) -> None:
    """Fill the slopes of the model and the gradient from derivatives, amplitudes and residual."""
    for k in range(slope.shape[0]):
        total = 0.0
        for i in range(residual.size):
            value = 0.0
            for j in range(amplitude.size):
                value += amplitude[j] * df[k, j, i]
            slope[k, i] = value
            total -= value * residual[i]
        gradient[k] = total


@compiled_inline
def project(slope: FloatArray, q: FloatArray, normal: FloatArray) -> None:
    """Fill the inner products of the slopes with what the columns span taken out of them."""
    for k in range(slope.shape[0]):
        for m in range(k + 1):
            total = row_dot(slope, k, slope, m)
            for j in range(q.shape[0]):
                total -= row_dot(slope, k, q, j) * row_dot(slope, m, q, j)
            normal[k, m] = normal[m, k] = total


@compiled_inline
def _hold(
    x: FloatArray,
    box: FloatArray,
    gradient: FloatArray,
    normal: FloatArray,
    here: FloatArray,
    free: FloatArray,
) -> None:
    """Keep gradient and curvature of `x`, and find which unknowns a bound holds."""
    for k in range(gradient.size):
        slope = gradient[k]
        here[0, k] = slope
        for m in range(gradient.size):
            here[1 + k, m] = normal[k, m]
        out = (x[k] <= box[0, k] and slope > 0.0) or (x[k] >= box[1, k] and slope < 0.0)
        free[k] = 0.0 if out else 1.0


@compiled_inline
def _step(here: FloatArray, free: FloatArray, damping: float, step: FloatArray) -> None:
    """Fill the damped step of the unknowns that no bound holds."""
    factor = 1.0 + damping
    for k in range(step.size):
        curvature, downhill = factor * here[1 + k, k], -free[k] * here[0, k]
        step[k] = downhill / curvature if curvature > 0.0 else np.sign(downhill) * LONGEST
    if step.size > 1 and free[0] * free[1] > 0.0:
        a, b, c = factor * here[1, 0], here[1, 1], factor * here[2, 1]
        determinant = a * c - b * b
        if determinant > 1e-14 * a * c:
            step[0] = (b * here[0, 1] - c * here[0, 0]) / determinant
            step[1] = (b * here[0, 0] - a * here[0, 1]) / determinant
    longest = 0.0
    for k in range(step.size):
        longest = max(longest, abs(step[k]))
    if longest > LONGEST:
        for k in range(step.size):
            step[k] *= LONGEST / longest


@compiled
def refine(
    sequence: Sequence,
    signal: FloatArray,
    x: FloatArray,
    box: FloatArray,
    state: State,
    steps: np.int64,
) -> tuple[float, bool]:
    """Move the free unknowns of `x` to the minimum near by, inside `box` (2, 2: low, high).

    Returns the sum of squares and whether it came to rest; the state is that of `x`.
    """
    f, df, q, slope, residual = state.f, state.df, state.q, state.slope, state.residual
    amplitude, gradient, normal = state.amplitude, state.gradient, state.normal
    here, free, trial, step = state.here, state.free, state.trial, state.step
    unknowns = step.size
    rss, damping, before, moved = np.inf, 0.0, 1.0, np.inf
    at_rest, again = False, False
    trial[0], trial[1] = x[0], x[1]
    for taken in range(steps + 2):
        new = _assess(
            sequence, signal, trial, f, df, q, slope, residual, amplitude, gradient, normal
        )
        if again:
            break
        good = new <= rss * (1.0 + SLACK)
        if good:
            x[0], x[1], rss = trial[0], trial[1], new
            # Steps shrink at least by the same factor again: is the next worth taking?
            shrinking = damping == 0.0 and moved < before
            at_rest = shrinking and moved * moved < SMALLEST * before
            if at_rest or taken == steps:
                break
            _hold(x, box, gradient, normal, here, free)
            before = min(moved, LONGEST)
            damping = 0.1 * damping if damping > 1e-4 else 0.0
        else:
            damping = max(10.0 * damping, 1e-2)
        _step(here, free, damping, step)
        moved = 0.0
        for k in range(unknowns):
            trial[k] = min(max(x[k] + step[k], box[0, k]), box[1, k])
            moved = max(moved, abs(trial[k] - x[k]))
        at_rest = moved < SMALLEST
        if at_rest and good:
            break
        # The state is to be that of `x`, not of the last trial.
        again = at_rest or taken == steps
        if again:
            trial[0], trial[1] = x[0], x[1]
    return rss, at_rest
