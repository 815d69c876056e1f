"""Compiled search of one curve over one rate or two: from the starts to the best minimum."""

from typing import NamedTuple

import numpy as np

from biomarkers.compiling import compiled, compiled_sums
from biomarkers.kinetics._design import State, Table
from biomarkers.kinetics._grid_search import Grid, GridSearch
from biomarkers.kinetics._linear import BoolArray, FloatArray, copy, dot
from biomarkers.kinetics._maxima import find_starts
from biomarkers.kinetics._pair import Approach, Pair, approach, meet_curve
from biomarkers.kinetics._refine import merge_coinciding, refine, settle

BEHIND = 0.05
MARGIN = 6.0


class Bounds(NamedTuple):
    """What amplitudes and nonlinear unknowns may be."""

    nonnegative: BoolArray  # (p,)
    lower: FloatArray  # (x,)
    upper: FloatArray  # (x,)


class PairSearch(NamedTuple):
    """What the search over two rates works with."""

    pair: Pair
    scan: GridSearch
    work: Approach


@compiled_sums
def _is_pruned(behind: float, left: float, gained: float) -> bool:
    """Whether a start is too far `behind` the best one, before refining, to overtake it.

    It must be so by more than a share of what the best one leaves of the curve, `left`, and some
    times the most that refining has gained so far.
    """
    return behind > BEHIND * left + MARGIN * gained


@compiled
def search(
    target: FloatArray,
    outside: float,
    grid: Grid,
    table: Table,
    bounds: Bounds,
    scan: GridSearch,
    state: State,
    best: FloatArray,
) -> tuple[float, bool]:
    """Refine from every basin of the grid that can matter; leaves `best` and `state` there.

    Returns the residual sum of squares within reach and whether the steps converged.
    """
    count = find_starts(grid, target, outside, bounds.nonnegative, scan) if bounds.upper.size else 1
    inside, rates = dot(target, target), bounds.upper.size
    signs, lower, upper = bounds.nonnegative, bounds.lower, bounds.upper
    starts, gains, x = scan.starts, scan.start_gains, scan.point
    lead, gained, winner, last, converged = np.inf, 0.0, 0, 0, False
    for s in range(count):
        if s > 0 and _is_pruned(inside - gains[s] - lead, lead + outside, gained):
            continue
        for k in range(rates):
            x[k] = min(starts[s, k], upper[k])
        rss, done = refine(table, signs, target, outside, x, lower, upper, state)
        last = s
        if rss < lead:
            lead, winner, converged = rss, s, done
            copy(x, best)
            gained = max(gained, inside - gains[s] - rss)
    if last != winner:
        settle(table, signs, target, best, state)
    lead, merged = merge_coinciding(table, signs, target, best, lead, state)
    return lead, converged or merged


@compiled
def search_pair(
    target: FloatArray,
    outside: float,
    count: int,
    using: PairSearch,
    table: Table,
    bounds: Bounds,
    state: State,
    best: FloatArray,
) -> tuple[float, bool]:
    """Find the highest maximum, without a pass over the points where that will do.

    Only basins that such an approach does not settle, and that may reach higher than those it
    does, are left to `refine`. Returns and leaves the same as `search`.
    """
    pair, scan, work = using.pair, using.scan, using.work
    alone = meet_curve(pair, target, work)
    inside, total = dot(target, target) - alone, dot(target, target) + outside - alone
    signs, lower, upper = bounds.nonnegative, bounds.lower, bounds.upper
    starts, gains, limits = scan.starts, scan.start_gains, scan.start_limits
    lead, gained, converged = -np.inf, 0.0, False
    for s in range(count):
        limits[s] = -np.inf
        if s > 0 and _is_pruned(lead - gains[s] + alone, total - lead, gained):
            continue
        for k in range(2):
            work.at[k] = min(max(starts[s, k], lower[k]), upper[k])
        gain, settled = approach(pair, target, total, signs, lower, upper, work)
        if not settled:
            limits[s] = gain
        elif gain > lead:
            lead, gained, converged = gain, max(gained, gain - gains[s] + alone), True
            copy(work.at, best)
    for s in range(count):
        if limits[s] <= lead or _is_pruned(lead - gains[s] + alone, total - lead, gained):
            continue
        for k in range(2):
            work.at[k] = min(starts[s, k], upper[k])
        rss, done = refine(table, signs, target, outside, work.at, lower, upper, state)
        gain = inside - rss
        if gain > lead:
            lead, gained, converged = gain, max(gained, gain - gains[s] + alone), done
            copy(work.at, best)
    rss = settle(table, signs, target, best, state)
    rss, merged = merge_coinciding(table, signs, target, best, rss, state)
    return rss, converged or merged
