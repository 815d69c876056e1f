"""Compiled loop over voxels: start, refine, allow for the noise floor, standard errors."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from biomarkers.relaxometry._compile import compiled
from biomarkers.relaxometry._refine import (
    STEPS,
    State,
    new_state,
    orthonormal,
    project,
    refine,
)
from biomarkers.relaxometry._rician import along_signal, information
from biomarkers.relaxometry._scan import Grid, IntArray, Starts, scan
from biomarkers.relaxometry._sequences import FloatArray, Sequence

FITTED, AT_BOUND, BELOW_NOISE, NOT_FITTED = 0, 1, 2, 3

# One voxel of mere noise in so many has, on average, a magnitude above the floor.
_FLOOR_ODDS = 20.0
_CLIMBS = 1000
_REST = 1e-8  # step that ends the climb: relative in T1, absolute in B1
_STEPS_PER_CLIMB = 4


# Another choice of signs is tried if it may gain so many times a grid step's worth of curvature;
# half a step, the most there is to gain, is worth a quarter.
_HOPE = 2.0


class Task(NamedTuple):
    """What holds for every voxel."""

    box: FloatArray  # (2, 2): low and high of log T1 and B1
    unknowns: int  # 1: B1 is known; 2: it is fitted
    within: int  # how many of them, in order, are no answer at an end of the box
    turn: IntArray  # (m,): signals that may be negative, in the order in which they come up
    rician: bool  # magnitudes whose noise is known
    information: FloatArray


class Estimates(NamedTuple):
    """What a block leaves per voxel."""

    x: FloatArray  # (V, 2)
    error: FloatArray  # (V, 2): of x
    amplitude: FloatArray  # (V, p)
    rss: FloatArray  # (V,): least squares, before the noise floor is allowed for
    code: npt.NDArray[np.int8]  # (V,)


@compiled
def fit_block(
    sequence: Sequence,
    signals: FloatArray,
    b1: FloatArray,
    noise: FloatArray,
    grid: Grid,
    task: Task,
    out: Estimates,
) -> None:
    """Fit signals (V, n); `b1` (V,) where it is known, `noise` (V,) NaN where it is not."""
    size, turns = signals.shape[1], task.turn.size
    state = new_state(grid.q.shape[2], task.unknowns, size)
    starts = Starts(np.empty(turns + 1), np.zeros((turns + 1, 2), dtype=np.int64))
    x = np.empty(2)
    magnitudes = task.rician or turns > 0
    for v in range(len(signals)):
        signal = signals[v]
        out.code[v] = NOT_FITTED
        if not _usable(signal, magnitudes) or not 0.0 < b1[v] < np.inf:
            continue
        low, high = (0, grid.b1.size) if task.unknowns > 1 else _nearest(grid, b1[v])
        scan(grid, low, high, signal, task.turn, starts)
        if starts.most.max() <= 0.0:
            continue
        x[1] = b1[v]
        rss, done = _settle(sequence, signal, grid, task, starts, x, state)
        if task.rician:
            done = _climb(sequence, signal, noise[v], x, task, state) and done
        if not done or not state.amplitude[-1] > 0.0:
            continue
        out.x[v], out.amplitude[v], out.rss[v] = x, state.amplitude, rss
        _errors(rss, noise[v], task, state, out.error[v])
        out.code[v] = _judge(signal, noise[v], x, task, state.amplitude.size)


@compiled
def _usable(signal: FloatArray, magnitudes: bool) -> bool:
    """Whether every signal is finite, none that is a magnitude negative, and any not zero."""
    some = False
    for value in signal:
        if not np.isfinite(value) or (magnitudes and value < 0.0):
            return False
        some |= value != 0.0
    return some


@compiled
def _nearest(grid: Grid, b1: float) -> tuple[int, int]:
    """Return the row of an even grid nearest to a known field, and the one after it."""
    last = grid.b1.size - 1
    if last == 0:
        return 0, 1
    row = int(np.rint((b1 - grid.b1[0]) / (grid.b1[last] - grid.b1[0]) * last))
    return row, row + 1


@compiled
def _turned(signal: FloatArray, turn: IntArray, count: int, out: FloatArray) -> None:
    for i in range(out.size):
        out[i] = signal[i]
    for k in range(count):
        out[turn[k]] = -signal[turn[k]]


@compiled
def _settle(
    sequence: Sequence,
    signal: FloatArray,
    grid: Grid,
    task: Task,
    starts: Starts,
    x: FloatArray,
    state: State,
) -> tuple[float, bool]:
    """Refine with the best number of negative signals, one fewer and one more; keep the best."""
    signed, most, where = state.signed, starts.most, starts.where
    count = int(np.argmax(most))
    lead, done, last, winner, slack = np.inf, False, -1, count, np.inf
    first, second = x[0], x[1]
    for attempt in range(3):
        turns = count + (0, -1, 1)[attempt]
        if turns < 0 or turns >= most.size or most[turns] < most[count] - slack:
            continue
        x[0] = grid.log_t1[where[turns, 1]]
        if task.unknowns > 1:
            x[1] = grid.b1[where[turns, 0]]
        _turned(signal, task.turn, turns, signed)
        rss, rested = refine(sequence, signed, x, task.box, state, STEPS)
        last = turns
        if rss < lead and state.amplitude[-1] > 0.0:
            lead, done, winner, first, second = rss, rested, turns, x[0], x[1]
        if attempt == 0 and task.unknowns == 1:
            # Nothing gains more by leaving its grid point than the curvature allows for.
            spacing = grid.log_t1[1] - grid.log_t1[0]
            slack = _HOPE * spacing * spacing * state.normal[0, 0]
    x[0], x[1] = first, second
    if winner != last:
        _turned(signal, task.turn, winner, signed)
        refine(sequence, signed, x, task.box, state, 1)
    return lead, done


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
    before, model, signed = np.empty(2), np.empty(signal.size), state.signed
    for _ in range(_CLIMBS):
        before[:] = x
        model[:] = signed - state.residual
        along_signal(signal, model, noise, signed)
        refine(sequence, signed, x, task.box, state, _STEPS_PER_CLIMB)
        if np.max(np.abs(x - before)) < _REST:
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
        model = np.zeros(size)
        for j in range(state.amplitude.size):
            model += state.amplitude[j] * state.f[j]
        for i in range(size):
            root = np.sqrt(information(task.information, abs(model[i]) / noise))
            state.f[:, i] *= root
            state.slope[:, i] *= root
        orthonormal(state.f, state.q)
        project(state.slope, state.q, state.normal)
    error[:] = np.nan
    if unknowns == 1:
        if state.normal[0, 0] > 0.0:
            error[0] = np.sqrt(variance / state.normal[0, 0])
        return
    a, b, c = state.normal[0, 0], state.normal[0, 1], state.normal[1, 1]
    determinant = a * c - b * b
    if determinant > 1e-14 * a * c:
        error[0] = np.sqrt(variance * c / determinant)
        error[1] = np.sqrt(variance * a / determinant)


@compiled
def _judge(signal: FloatArray, noise: float, x: FloatArray, task: Task, amplitudes: int) -> int:
    """Return the code of a voxel whose fit came to rest."""
    if not np.isnan(noise):
        floor = noise * np.sqrt(2.0 * np.log(_FLOOR_ODDS * signal.size))
        above = np.sum(np.abs(signal) > floor)
        if above < amplitudes + task.unknowns:
            return BELOW_NOISE
    for k in range(task.within):
        if x[k] <= task.box[0, k] or x[k] >= task.box[1, k]:
            return AT_BOUND
    return FITTED
