"""Compiled loop over voxels: start, refine, allow for the noise floor, standard errors."""

from typing import NamedTuple

import numpy as np

from biomarkers.compiling import compiled, compiled_inline
from biomarkers.relaxometry._grid_search import Grid, IntArray, best_start
from biomarkers.relaxometry._refine import (
    STEPS,
    State,
    new_state,
    orthonormal,
    project,
    refine,
)
from biomarkers.relaxometry._rician import along, count_above_noise, information, usable
from biomarkers.relaxometry._sequences import FloatArray, Sequence
from biomarkers.relaxometry.outcome import (
    AT_BOUND,
    BELOW_NOISE,
    FITTED,
    NO_SIGNAL,
    NOT_CONVERGED,
    VoxelFits,
)

# Known fields have the starts of the nearest multiple of a step; beyond the greatest, of that one.
B1_STEP, GREATEST_B1 = 0.02, 3.0

_CLIMBS = 1000
_REST = 1e-8  # step that ends the climb: relative in T1, absolute in B1
_STEPS_PER_CLIMB = np.int64(4)


class Task(NamedTuple):
    """What holds for every voxel."""

    box: FloatArray  # (2, 2): low and high of log T1 and B1
    unknowns: int  # 1: B1 is known; 2: it is fitted
    within: int  # how many of them, in order, are no answer at an end of the box
    turn: IntArray  # (m,): signals that may be negative, in the order in which they come up
    rician: bool  # magnitudes whose noise is known
    information: FloatArray


@compiled
def fit_block(
    sequence: Sequence,
    signals: FloatArray,
    b1: FloatArray,
    noise: FloatArray,
    grid: Grid,
    task: Task,
    out: VoxelFits,
) -> None:
    """Fit signals (V, n); `b1` (V,) where it is known, `noise` (V,) NaN where it is not."""
    size = signals.shape[1]
    state = new_state(grid.q.shape[2], task.unknowns, size)
    x = np.empty(2)
    magnitudes = task.rician or task.turn.size > 0
    for v in range(len(signals)):
        signal = signals[v]
        out.reasons[v] = NO_SIGNAL
        if not usable(signal, magnitudes) or not 0.0 < b1[v] < np.inf:
            continue
        out.reasons[v] = NOT_CONVERGED
        low, high = (0, grid.b1.size) if task.unknowns > 1 else _nearest(grid, b1[v])
        most, b, a, negative = best_start(grid, low, high, signal, task.turn)
        if not most > 0.0:
            continue
        x[0], x[1] = grid.log_t1[a], b1[v] if task.unknowns == 1 else grid.b1[b]
        rss, done = _settle(sequence, signal, task, negative, x, state)
        if task.rician:
            done = _climb(sequence, signal, noise[v], x, task, state) and done
        if not done or not state.amplitude[-1] > 0.0:
            continue
        out.x[v, 0], out.x[v, 1], out.rss[v] = x[0], x[1], rss
        for j in range(state.amplitude.size):
            out.amplitude[v, j] = state.amplitude[j]
        _errors(rss, noise[v], task, state, out.error[v])
        out.reasons[v] = _judge(signal, noise[v], x, task, state.amplitude.size)


@compiled_inline
def _nearest(grid: Grid, b1: float) -> tuple[int, int]:
    """Return the row of the grid nearest to a known field, and the one after it."""
    row = int(np.rint(min(b1, GREATEST_B1) / B1_STEP) - np.rint(grid.b1[0] / B1_STEP))
    return row, row + 1


@compiled_inline
def _turned(signal: FloatArray, turn: IntArray, count: int, out: FloatArray) -> None:
    for i in range(out.size):
        out[i] = signal[i]
    for k in range(count):
        out[turn[k]] = -signal[turn[k]]


@compiled
def _agree(
    sequence: Sequence,
    signal: FloatArray,
    task: Task,
    negative: int,
    x: FloatArray,
    state: State,
) -> tuple[float, bool, int]:
    """Refine with `negative` signals, then with as many as the fitted curve has, until both agree.

    Signs that the curve does not share leave more over: each round leaves less.
    """
    rss, rested = np.inf, False
    for _ in range(task.turn.size + 1):
        _turned(signal, task.turn, negative, state.signed)
        rss, rested = refine(sequence, state.signed, x, task.box, state, STEPS)
        below = 0
        for i in task.turn:
            below += state.signed[i] - state.residual[i] < 0.0
        if below == negative:
            break
        negative = below
    return rss, rested, negative


@compiled
def _settle(
    sequence: Sequence,
    signal: FloatArray,
    task: Task,
    negative: int,
    x: FloatArray,
    state: State,
) -> tuple[float, bool]:
    """Refine `x`, from about `negative` negative signals to the number that leaves least over."""
    turn = task.turn
    lead, done, best = _agree(sequence, signal, task, negative, x, state)
    if turn.size == 0 or not done:
        return lead, done
    # It may still pay to turn over the last that is negative or the first that is not: to first
    # order only where the curve is nearer to zero than the signal.
    first, second, last = x[0], x[1], best
    lower = best > 0 and _nearer(state.signed, state.residual, turn[best - 1])
    upper = best < turn.size and _nearer(state.signed, state.residual, turn[best])
    for other, worth in ((best - 1, lower), (best + 1, upper)):
        if worth:
            x[0], x[1] = first, second
            rss, rested, last = _agree(sequence, signal, task, other, x, state)
            if rss < lead and rested and state.amplitude[-1] > 0.0:
                lead, best, first, second = rss, last, x[0], x[1]
    if last != best:
        x[0], x[1] = first, second
        _turned(signal, turn, best, state.signed)
        refine(sequence, state.signed, x, task.box, state, np.int64(1))
    return lead, done


@compiled_inline
def _nearer(signed: FloatArray, residual: FloatArray, i: int) -> bool:
    """Whether the fitted curve is nearer to zero than the signal."""
    return bool(abs(signed[i] - residual[i]) < abs(signed[i]))


@compiled
def _climb(
    sequence: Sequence,
    signal: FloatArray,
    noise: float,
    x: FloatArray,
    task: Task,
    state: State,
) -> bool:
    """Move from least squares to the maximum of the Rician likelihood."""
    signed = state.signed
    for _ in range(_CLIMBS):
        first, second = x[0], x[1]
        for i in range(signal.size):
            signed[i] = along(signal[i], signed[i] - state.residual[i], noise)
        refine(sequence, signed, x, task.box, state, _STEPS_PER_CLIMB)
        if abs(x[0] - first) < _REST and abs(x[1] - second) < _REST:
            return True
    return False


@compiled
def _errors(rss: float, noise: float, task: Task, state: State, error: FloatArray) -> None:
    """Fill the standard errors of the unknowns, from the full Jacobian with amplitudes in it."""
    unknowns, size = state.slope.shape
    freedom = size - unknowns - state.amplitude.size
    known = not np.isnan(noise)
    variance = noise * noise if known else rss / freedom if freedom > 0 else np.nan
    if task.rician:
        _weigh(noise, task, state)
        orthonormal(state.f, state.q)
        project(state.slope, state.q, state.normal)
    if unknowns == 1:
        if state.normal[0, 0] > 0.0:
            error[0] = np.sqrt(variance / state.normal[0, 0])
        return
    a, b, c = state.normal[0, 0], state.normal[0, 1], state.normal[1, 1]
    determinant = a * c - b * b
    if determinant > 1e-14 * a * c:
        error[0] = np.sqrt(variance * c / determinant)
        error[1] = np.sqrt(variance * a / determinant)


@compiled_inline
def _weigh(noise: float, task: Task, state: State) -> None:
    """Weigh columns and slopes by what each magnitude tells of its signal."""
    for i in range(state.f.shape[1]):
        model = 0.0
        for j in range(state.amplitude.size):
            model += state.amplitude[j] * state.f[j, i]
        root = np.sqrt(information(task.information, abs(model) / noise))
        for j in range(state.amplitude.size):
            state.f[j, i] *= root
        for k in range(state.slope.shape[0]):
            state.slope[k, i] *= root


@compiled_inline
def _judge(signal: FloatArray, noise: float, x: FloatArray, task: Task, amplitudes: int) -> int:
    """Return the reasons against a voxel whose fit came to rest."""
    if noise > 0.0 and count_above_noise(signal, noise) < amplitudes + task.unknowns:
        return BELOW_NOISE
    for k in range(task.within):
        if x[k] <= task.box[0, k] or x[k] >= task.box[1, k]:
            return AT_BOUND
    return FITTED
