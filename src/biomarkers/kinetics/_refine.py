"""Compiled variable projection: a few damped Gauss-Newton steps on the nonlinear unknowns.

The amplitudes are eliminated (Golub & Pereyra, SIAM J Numer Anal 1973;10:413) with Kaufman's
simplification (BIT 1975;15:49), which is the Gauss-Newton step of the full problem started from
the best amplitudes; damping acts on the nonlinear unknowns alone.
"""

import numpy as np

from biomarkers.kinetics._compile import compiled
from biomarkers.kinetics._design import Source, State, evaluate, point_directions
from biomarkers.kinetics._linear import BoolArray, FloatArray, dot, factorise, substitute

MAX_STEPS = 60
SMALLEST_STEP = 1e-9  # in u, relative change of a rate
SMALLEST_GAIN = 1e-13  # of the residual sum of squares


@compiled
def normal_matrix(state: State, out: FloatArray, gradient: FloatArray) -> None:
    """J^T J over (amplitudes, nonlinear unknowns) and the downhill J^T r of the latter."""
    terms = state.columns.shape[0]
    unknowns = state.directions.shape[0]
    for i in range(terms):
        for j in range(i + 1):
            out[i, j] = state.gram[i, j]
    for k in range(unknowns):
        row = terms + k
        for j in range(terms):
            out[row, j] = dot(state.directions[k], state.columns[j])
        for j in range(k + 1):
            out[row, terms + j] = dot(state.directions[k], state.directions[j])
        gradient[k] = dot(state.directions[k], state.residual)


@compiled
def _step(
    matrix: FloatArray,
    gradient: FloatArray,
    used: BoolArray,
    damping: float,
    work: FloatArray,
    step: FloatArray,
) -> bool:
    """Solve the damped normal equations over active amplitudes and free unknowns."""
    size = matrix.shape[0]
    terms = size - gradient.size
    for i in range(size):
        step[i] = gradient[i - terms] if i >= terms and used[i] else 0.0
        for j in range(i):
            work[i, j] = matrix[i, j] if used[i] and used[j] else 0.0
        work[i, i] = matrix[i, i] if used[i] else 1.0
        if i >= terms:
            work[i, i] *= 1.0 + damping
    if not factorise(work, size):
        return False
    substitute(work, size, step)
    return True


@compiled
def _mark_used(
    state: State,
    x: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    gradient: FloatArray,
    matrix: FloatArray,
    used: BoolArray,
) -> None:
    """Amplitudes in play, and unknowns that matter and are not pressed against a bound."""
    terms = state.coefficients.size
    for i in range(terms):
        used[i] = state.coefficients[i] != 0.0
    for k in range(x.size):
        pressed = (x[k] <= lower[k] and gradient[k] < 0.0) or (
            x[k] >= upper[k] and gradient[k] > 0.0
        )
        used[terms + k] = not pressed and matrix[terms + k, terms + k] > 0.0


@compiled
def _bounded_move(
    x: FloatArray, step: FloatArray, lower: FloatArray, upper: FloatArray, moved: FloatArray
) -> float:
    """Step within the bounds; returns the largest change."""
    terms = step.size - x.size
    largest = 0.0
    for k in range(x.size):
        moved[k] = min(max(x[k] + step[terms + k], lower[k]), upper[k])
        largest = max(largest, abs(moved[k] - x[k]))
    return largest


@compiled
def refine(
    source: Source,
    target: FloatArray,
    outside: float,
    x: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
    state: State,
) -> tuple[float, bool]:
    """Improve `x` in place to the nearest minimum.

    `outside` is the part of the residual sum of squares that no column reaches. Returns the
    sum within reach and whether the steps converged; `state` is left at the final `x`.
    """
    rates = state.slopes.shape[0]
    size = state.columns.shape[0] + x.size
    matrix, work = np.zeros((size, size)), np.zeros((size, size))
    gradient, step = np.zeros(x.size), np.zeros(size)
    moved, used = np.zeros(x.size), np.zeros(size, dtype=np.bool_)
    rss = evaluate(source, target, x, state)
    damping, accepted, converged = 0.0, True, False
    for _ in range(MAX_STEPS):
        if accepted:
            point_directions(state, rates)
            normal_matrix(state, matrix, gradient)
            _mark_used(state, x, lower, upper, gradient, matrix, used)
        if not _step(matrix, gradient, used, damping, work, step):
            damping = max(10.0 * damping, 1e-6)
            continue
        largest = _bounded_move(x, step, lower, upper, moved)
        expected = dot(step[size - x.size :], gradient)
        if largest < SMALLEST_STEP or expected < SMALLEST_GAIN * (rss + outside):
            converged = True
            break
        new = evaluate(source, target, moved, state)
        accepted = new < rss
        if accepted:
            rss, damping = new, 0.1 * damping if damping > 1e-8 else 0.0
            x[:] = moved
        else:
            damping = max(10.0 * damping, 1e-4)
    if not accepted:
        evaluate(source, target, x, state)
    point_directions(state, rates)
    return rss, converged
