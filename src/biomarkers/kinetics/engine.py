"""The fit: curves in chunks over threads, each curve on its own.

A curve's result depends on that curve alone, never on its neighbours, the chunk it falls into or
the number of threads. Chunks run in a pool of Python threads (the compiled code releases the
interpreter); NUMBA_NUM_THREADS sets how many, as for numba itself.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import numba
import numpy as np
import numpy.typing as npt

from biomarkers.kinetics._blocks import (
    Estimates,
    fit_block,
    fit_block_of_one_rate,
    fit_block_of_two_rates,
    new_estimates,
    polish_block,
)
from biomarkers.kinetics._linear import sums_of_squares
from biomarkers.kinetics._profile import Profile
from biomarkers.kinetics._search import Bounds
from biomarkers.kinetics.derive import Results, derive, empty_results
from biomarkers.kinetics.fit import Fit, gather
from biomarkers.kinetics.problem import Data, check_data, check_delay
from biomarkers.kinetics.setup import Reduced, Setup, bind, reduce
from biomarkers.timing import FloatArray, Frames

if TYPE_CHECKING:
    from biomarkers.kinetics.input import Input
    from biomarkers.kinetics.model import Model

CHUNK_BYTES = 2**21
VALLEYS = 2  # minima over the grid of delays that are looked into


def fit_model(
    model: "Model",
    curves: npt.ArrayLike,
    time: npt.ArrayLike | Frames,
    input: "Input",  # noqa: A002
    *,
    delay: float | tuple[float, float] | None,
    weights: npt.ArrayLike | None,
    mask: npt.ArrayLike | None,
) -> Fit:
    """Fit a declared model; see `Model.fit`."""
    data = check_data(curves, time, weights, mask)
    lag = check_delay(delay)
    bound = model.for_input(input)
    setup = bind(bound, input, data.frames, data.weights)
    if isinstance(lag, tuple):
        work = partial(_fit_delay, setup, _delay_tables(setup, data.frames, lag), lag)
    else:
        work = partial(_fit_at, setup, reduce(setup, [lag])[0])
    results = empty_results(bound, len(data.chosen), fitted_delay=isinstance(lag, tuple))
    run_chunks(data, partial(_fit_chunk, data, setup, work, results))
    return gather(setup, data, lag, results)


def run_chunks(
    data: Data,
    work: Callable[[slice], None],
    *,
    threads: int | None = None,
    chunk: int | None = None,
) -> None:
    """Call `work` on slices of the chosen curves, over threads."""
    count = len(data.chosen)
    size = chunk or max(1, CHUNK_BYTES // (8 * len(data.frames)))
    slices = [slice(i, min(i + size, count)) for i in range(0, count, size)]
    workers = min(threads or numba.config.NUMBA_NUM_THREADS, len(slices))
    if workers <= 1:
        for part in slices:
            work(part)
        return
    with ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(work, part) for part in slices]:
            done.result()


def _fit_chunk(
    data: Data,
    setup: Setup,
    work: Callable[[FloatArray], Estimates],
    results: Results,
    part: slice,
) -> None:
    """Fit one chunk; a curve that is not finite, or zero throughout, says nothing and is NaN."""
    rows = data.take(part)
    weighted = rows if setup.used.all() else rows[:, setup.used]
    if (setup.exact.root_weights != 1.0).any():
        weighted = weighted * setup.exact.root_weights
    length, total = np.empty(len(rows)), np.empty(len(rows))
    sums_of_squares(weighted, setup.exact.root_weights, length, total)
    usable = np.isfinite(length) & (length > 0)
    if not usable.any():
        return
    good = weighted if usable.all() else weighted[usable]
    places = np.flatnonzero(usable) + part.start
    results.total[places] = total[usable]
    derive(setup, work(np.ascontiguousarray(good)), length[usable], places, results)


def _fit_at(setup: Setup, reduced: Reduced, curves: FloatArray) -> Estimates:
    """Fit at one delay."""
    out = new_estimates(len(curves), len(setup.nonnegative), len(setup.upper))
    bounds = Bounds(setup.nonnegative, np.zeros(len(setup.upper)), setup.upper)
    search, table = reduced.search, reduced.table
    if isinstance(search, Profile):
        fit_block_of_one_rate(curves, reduced.basis, search, table, setup.nonnegative, out)
    elif reduced.pair is not None:
        fit_block_of_two_rates(curves, reduced.basis, reduced.pair, search, table, bounds, out)
    else:
        fit_block(curves, reduced.basis, search, table, bounds, out)
    return out


def _delay_tables(setup: Setup, frames: Frames, bounds: tuple[float, float]) -> list[Reduced]:
    """Columns on a grid of delays, a quarter of a sample apart but between 0.5 and 1 s.

    An undelayed term follows the input's straight pieces: between their ends the objective has a
    minimum of its own.
    """
    low, high = bounds
    spacing = float(np.median(np.diff(frames.mid))) if len(frames) > 1 else 1.0
    step = min(max(0.25 * spacing, 0.5), 1.0)
    delays = np.linspace(low, high, int(np.ceil((high - low) / step)) + 1)
    batches = np.array_split(delays, int(np.ceil(delays.size / 16)))
    return [each for batch in batches for each in reduce(setup, batch.tolist())]


def _fit_delay(
    setup: Setup, tables: list[Reduced], bounds: tuple[float, float], curves: FloatArray
) -> Estimates:
    """Fit at every delay of the grid, then exactly from the best of them."""
    rates = len(setup.upper)
    rss = np.empty((len(tables), len(curves)))
    unknowns = np.empty((len(tables), len(curves), rates + 1))
    for d, reduced in enumerate(tables):
        found = _fit_at(setup, reduced, curves)
        rss[d] = found.rss
        unknowns[d, :, :rates] = found.unknowns.T
        unknowns[d, :, rates] = reduced.delay
    starts = _best_delays(rss, unknowns)
    out = new_estimates(len(curves), len(setup.nonnegative), rates + 1)
    lower, upper = np.append(np.zeros(rates), bounds[0]), np.append(setup.upper, bounds[1])
    polish_block(curves, starts, setup.exact, Bounds(setup.nonnegative, lower, upper), out)
    return out


def _best_delays(rss: FloatArray, unknowns: FloatArray) -> FloatArray:
    """Unknowns from which the exact fit starts: (S, V, x).

    Those at the lowest local minima over the delay grid, and at the lowest one's neighbours: a
    term that follows the input's straight pieces gives the objective a minimum between any two
    of their ends.
    """
    padded = np.pad(rss, ((1, 1), (0, 0)), constant_values=np.inf)
    valley = (rss <= padded[:-2]) & (rss <= padded[2:])
    ranked = np.where(valley, rss, np.inf).argsort(axis=0, kind="stable")[:VALLEYS]
    beside = np.clip(ranked[0] + np.array([[-1], [1]]), 0, len(rss) - 1)
    starts = np.concatenate([ranked, beside])
    return np.ascontiguousarray(np.take_along_axis(unknowns, starts[:, :, None], axis=0))
