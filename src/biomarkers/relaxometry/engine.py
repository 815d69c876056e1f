"""One fit for every method but that of flip angles: checks, a grid of starts, voxels over threads.

A voxel's result depends on that voxel alone, never on its neighbours or the number of threads.
Chunks run in a pool of Python threads (the compiled code releases the interpreter);
NUMBA_NUM_THREADS sets how many, as for numba itself.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numba
import numpy as np

from biomarkers.errors import InputError
from biomarkers.relaxometry._estimates import (
    AT_BOUND,
    BELOW_NOISE,
    FITTED,
    NOT_FITTED,
    Estimates,
    no_estimates,
)
from biomarkers.relaxometry._fit import B1_STEP, GREATEST_B1, Task, fit_block
from biomarkers.relaxometry._rician import information_table
from biomarkers.relaxometry._scan import Grid, IntArray, make_grid
from biomarkers.relaxometry._sequences import Sequence
from biomarkers.relaxometry.problem import Bounds, FloatArray, Voxels
from biomarkers.relaxometry.result import T1Map, in_shape

CHUNK = 4096

_T1_POINTS = 32
_B1_POINTS_FITTED = 16


class Second(NamedTuple):
    """A second unknown that is fitted."""

    bounds: Bounds
    points: FloatArray  # where starts are looked for
    may_rest: bool  # whether T1 is taken to be known even with this one on a bound


_NO_TURN = np.empty(0, dtype=np.int64)


def fit_t1(
    sequence: Sequence,
    voxels: Voxels,
    *,
    t1_bounds: Bounds,
    second: Second | None = None,
    amplitudes: int = 1,
    turn: IntArray = _NO_TURN,
    magnitude: bool = True,
) -> T1Map:
    """Fit a sequence to voxels.

    The second unknown is fitted if it is described, and returned as `b1`; else it is the B1 of
    the voxels. `turn` lists the signals that may be negative, in the order in which they come up
    through zero; `magnitude` says that known noise is Rician.
    """
    size = voxels.signals.shape[1]
    unknowns = 1 if second is None else 2
    _check_count(size, amplitudes + unknowns, turn)
    rician = magnitude and voxels.noise_known
    box = np.array([(np.log(t1_bounds[0]), 0.0), (np.log(t1_bounds[1]), np.inf)])
    if second is not None:
        box[:, 1] = second.bounds
    within = 1 if second is not None and second.may_rest else unknowns
    task = Task(box, unknowns, within, turn, rician, information_table())
    grid = make_grid(
        sequence,
        t1_points(t1_bounds),
        _known_b1(voxels.b1) if second is None else second.points,
        amplitudes,
        size,
        turn,
    )
    out = _run(sequence, voxels, grid, task, amplitudes)
    if second is not None:
        on_bound = (out.x[:, 1] <= second.bounds[0]) | (out.x[:, 1] >= second.bounds[1])
        out.x[on_bound, 1] = out.error[on_bound, 1] = np.nan
    rows = as_map(out, voxels, unknowns)
    return in_shape(rows, voxels.chosen, voxels.shape)


def t1_points(bounds: Bounds) -> FloatArray:
    """Return log T1 where starts are looked for."""
    return np.linspace(np.log(bounds[0]), np.log(bounds[1]), _T1_POINTS)


def _check_count(size: int, unknowns: int, turn: IntArray) -> None:
    needed = unknowns + (1 if turn.size else 0)
    if size < needed:
        signs = " and the signs of magnitudes" if turn.size else ""
        raise InputError(
            f"{size} signals cannot tell {unknowns} unknowns{signs}; at least {needed} are needed"
        )


def fitted_b1(bounds: Bounds) -> Second:
    """Describe a B1 that is fitted, and has to lie within its bounds."""
    return Second(bounds, np.linspace(*bounds, _B1_POINTS_FITTED), may_rest=False)


def _known_b1(b1: FloatArray) -> FloatArray:
    """Return a grid through the fields of the voxels; where it lies depends on none of them."""
    usable = b1[np.isfinite(b1) & (b1 > 0)]
    if not usable.size:
        return np.ones(1)
    ends = np.rint(np.minimum([usable.min(), usable.max()], GREATEST_B1) / B1_STEP)
    return np.asarray(B1_STEP * np.arange(ends[0], ends[1] + 1.0))


def _run(sequence: Sequence, voxels: Voxels, grid: Grid, task: Task, amplitudes: int) -> Estimates:
    count = len(voxels.signals)
    out = no_estimates(count, amplitudes)

    def work(part: slice) -> None:
        fit_block(
            sequence,
            voxels.signals[part],
            voxels.b1[part],
            voxels.noise[part],
            grid,
            task,
            Estimates._make(each[part] for each in out),
        )

    over_threads(work, count)
    return out


def over_threads(work: Callable[[slice], None], count: int) -> None:
    """Call `work` on slices of `count` voxels, over threads."""
    parts = [slice(i, min(i + CHUNK, count)) for i in range(0, count, CHUNK)]
    workers = min(numba.config.NUMBA_NUM_THREADS, len(parts))
    if workers <= 1:
        for part in parts:
            work(part)
        return
    with ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(work, part) for part in parts]:
            done.result()


def as_map(out: Estimates, voxels: Voxels, unknowns: int) -> T1Map:
    """Return rows of voxels; `unknowns` counts those besides the amplitudes."""
    freedom = voxels.signals.shape[1] - out.amplitude.shape[1] - unknowns
    t1 = np.exp(out.x[:, 0])
    amplitudes = out.amplitude.shape[1]
    return finished(
        T1Map(
            t1=t1,
            se=t1 * out.error[:, 0],
            m0=out.amplitude[:, -1],
            converged=out.code != NOT_FITTED,
            at_bound=out.code == AT_BOUND,
            identifiable=out.code == FITTED,
            above_noise=out.code != BELOW_NOISE,
            freedom=np.inf if voxels.noise_known else float(freedom),
            residual_sd=residual_sd(out.rss, freedom),
            b1=out.x[:, 1] if unknowns > 1 else None,
            b1_se=out.error[:, 1] if unknowns > 1 else None,
            efficiency=out.amplitude[:, 0] / out.amplitude[:, 1] if amplitudes > 1 else None,
        )
    )


def residual_sd(rss: FloatArray, freedom: int) -> FloatArray:
    """Return the standard deviation of residuals; NaN where there are none to judge by."""
    return np.sqrt(rss / freedom) if freedom > 0 else np.full(rss.shape, np.nan)


def finished(rows: T1Map) -> T1Map:
    """Say which are identifiable, and take every value of flagged voxels away."""
    rows.identifiable[2.0 * rows.se >= rows.t1] = False
    flags = rows.flags
    known = (rows.t1, rows.se, rows.m0, rows.residual_sd)
    for values in (*known, rows.b1, rows.b1_se, rows.efficiency):
        if values is not None:
            values[flags] = np.nan
    return rows
