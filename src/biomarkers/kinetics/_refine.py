"""Compiled variable projection: a few Newton steps on the nonlinear unknowns.

The amplitudes are eliminated (Golub & Pereyra, SIAM J Numer Anal 1973;10:413.
doi:10.1137/0710036): each step is that of the full problem started from the best amplitudes. Where
the columns come from the table their second derivatives are at hand and the step is Newton's; else
it is Gauss and Newton's (Kaufman, BIT 1975;15:49. doi:10.1007/BF01932995), which on a noisy curve
can overshoot and back, so that a step which gains less than promised is shortened.
"""

import numpy as np

from biomarkers.compiling import compiled, compiled_inline, row_dot, vector_dot
from biomarkers.kinetics._design import (
    Exact,
    State,
    Table,
    evaluate,
    fill_bends,
    fill_columns,
    point_directions,
)
from biomarkers.kinetics._linear import (
    BoolArray,
    FloatArray,
    copy,
    dot,
    factorise,
    substitute,
    subtract,
)

MAX_STEPS = 200
LONGEST_STEP = 0.7  # in u, and in s for a delay: farther than this a column is not linear
SMALLEST_STEP = 1e-9  # in u, relative change of a rate
COINCIDING = 1e-3  # squared sine between two columns that may be one
ROUNDING = 1e-14  # of the curve's squared length: what the two explain better than one
ENOUGH = 0.2  # of the gain the step promises
SMALLEST_GAIN = 1e-8  # of the residual sum of squares; what is left is far below the noise


@compiled_inline
def normal_matrix(state: State) -> None:
    """J^T J over (amplitudes, nonlinear unknowns) and the downhill J^T r of the latter."""
    normal, gram, gradient = state.normal, state.gram, state.gradient
    columns, directions, residual = state.columns, state.directions, state.residual
    terms = columns.shape[0]
    for i in range(terms):
        for j in range(i + 1):
            normal[i, j] = gram[i, j]
    for k in range(directions.shape[0]):
        row = terms + k
        for j in range(terms):
            normal[row, j] = row_dot(directions, k, columns, j)
        for j in range(k + 1):
            normal[row, terms + j] = row_dot(directions, k, directions, j)
        gradient[k] = vector_dot(directions, k, residual)


@compiled
def _solve(state: State, newton: bool, damping: float) -> bool:
    """Solve the normal equations over active amplitudes and free unknowns.

    With `newton`, second derivatives join: of the model in an unknown, and in it and its own
    amplitude.
    """
    normal, work, used, step = state.normal, state.work, state.used, state.step
    gradient, bend, coefficients = state.gradient, state.bend, state.coefficients
    size, rates, terms = step.size, bend.size, coefficients.size
    for i in range(size):
        here = used[i]
        step[i] = gradient[i - terms] if i >= terms and here else 0.0
        for j in range(i):
            work[i, j] = normal[i, j] if here and used[j] else 0.0
        work[i, i] = normal[i, i] if here else 1.0
        if i >= terms:
            work[i, i] *= 1.0 + damping
    if newton:
        for k in range(rates):
            own = terms - rates + k
            if used[terms + k] and used[own]:
                a = coefficients[own]
                work[terms + k, terms + k] -= a * bend[k]
                work[terms + k, own] -= gradient[k] / a
    if not factorise(work, size):
        return False
    substitute(work, size, step)
    return True


@compiled_inline
def _find_step(state: State) -> None:
    """Newton's step where the objective curves upwards, else the (damped) Gauss-Newton step."""
    terms = state.coefficients.size
    newton, damping = True, 0.0
    while not _solve(state, newton, damping):
        damping = 0.0 if newton else max(10.0 * damping, 1e-6)
        newton = False
    step, largest = state.step, 0.0
    for k in range(terms, step.size):
        largest = max(largest, abs(step[k]))
    if largest > LONGEST_STEP:
        for k in range(terms, step.size):
            step[k] *= LONGEST_STEP / largest


@compiled_inline
def _mark_used(state: State, x: FloatArray, lower: FloatArray, upper: FloatArray) -> None:
    """Amplitudes in play, and unknowns that matter and are not pressed against a bound."""
    coefficients, gradient, normal, used = (
        state.coefficients,
        state.gradient,
        state.normal,
        state.used,
    )
    terms = coefficients.size
    for i in range(terms):
        used[i] = coefficients[i] != 0.0
    for k in range(x.size):
        downhill = gradient[k]
        pressed = (x[k] <= lower[k] and downhill < 0.0) or (x[k] >= upper[k] and downhill > 0.0)
        used[terms + k] = not pressed and normal[terms + k, terms + k] > 0.0


@compiled_inline
def _bounded_move(state: State, x: FloatArray, lower: FloatArray, upper: FloatArray) -> float:
    """Step within the bounds; returns the largest change."""
    step, moved = state.step, state.moved
    terms = step.size - x.size
    largest = 0.0
    for k in range(x.size):
        moved[k] = min(max(x[k] + step[terms + k], lower[k]), upper[k])
        largest = max(largest, abs(moved[k] - x[k]))
    return largest


@compiled
def merge_coinciding(
    source: Table | Exact,
    nonnegative: BoolArray,
    target: FloatArray,
    x: FloatArray,
    rss: float,
    state: State,
) -> tuple[float, bool]:
    """Turn two exponentials that have become one into one and none.

    How the amplitude divides between coinciding columns is rounding, and the second rate has no
    meaning; `x` and `state` are left so that it counts as absent. Returns the residual sum of
    squares and whether anything was merged.
    """
    last = state.coefficients.size - 1
    first = last - 1
    if state.slopes.shape[0] != 2 or state.coefficients[first] * state.coefficients[last] == 0.0:
        return rss, False
    product = state.gram[first, first] * state.gram[last, last]
    if product - state.gram[last, first] ** 2 > COINCIDING * product:
        return rss, False
    before = x.copy()
    total = state.coefficients[first] + state.coefficients[last]
    x[0] += state.coefficients[last] / total * (x[1] - x[0])
    x[1] = x[0]
    fill_columns(source, x, state)
    state.coefficients[first], state.coefficients[last] = total, 0.0
    merged = subtract(target, state.columns, state.coefficients, state.residual)
    if merged - rss > ROUNDING * dot(target, target):
        copy(before, x)
        settle(source, nonnegative, target, x, state)
        return rss, False
    for i in range(last + 1):
        for j in range(i + 1):
            state.gram[i, j] = row_dot(state.columns, i, state.columns, j)
    point_directions(state, 2)
    normal_matrix(state)
    return merged, True


@compiled
def refine(
    source: Table | Exact,
    nonnegative: BoolArray,
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
    rates, moved, step = state.slopes.shape[0], state.moved, state.step
    terms = state.coefficients.size
    rss, expected, accepted, converged = np.inf, 0.0, True, False
    copy(x, moved)
    for _ in range(MAX_STEPS):
        new = evaluate(source, nonnegative, target, moved, state)
        accepted = new < rss - ENOUGH * expected
        if accepted:
            rss = new
            copy(moved, x)
            point_directions(state, rates)
            normal_matrix(state)
            fill_bends(source, x, state)
            _mark_used(state, x, lower, upper)
            _find_step(state)
        else:  # to where the parabola through both ends, steep as at the start, is lowest
            shorter = expected / (new - rss + 2.0 * expected)
            shorter = min(max(shorter, 0.1), 0.5)
            for k in range(terms, step.size):
                step[k] *= shorter
        largest = _bounded_move(state, x, lower, upper)
        expected = 0.0
        for k in range(x.size):
            expected += step[terms + k] * state.gradient[k]
        if largest < SMALLEST_STEP or expected < SMALLEST_GAIN * (rss + outside):
            converged = True
            break
    if not (accepted and converged):
        settle(source, nonnegative, target, x, state)
    return rss, converged


@compiled
def settle(
    source: Table | Exact,
    nonnegative: BoolArray,
    target: FloatArray,
    x: FloatArray,
    state: State,
) -> float:
    """Leave `state` at `x`, with the normal matrix; returns the residual sum of squares."""
    rss = evaluate(source, nonnegative, target, x, state)
    point_directions(state, state.slopes.shape[0])
    normal_matrix(state)
    return rss
