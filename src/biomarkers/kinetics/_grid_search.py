"""Compiled scan of the rate grid: what every rate, or pair of rates, explains of a curve.

At each grid point (one rate, or a pair) the problem is linear. For every choice of fixed columns
(each present or left out at zero) the rate columns are projected off those beforehand, so that a
point costs a few multiplications; a point counts only where its signs are right.
"""

from typing import NamedTuple

import numpy as np

from biomarkers.compiling import compiled, compiled_inline, compiled_sums
from biomarkers.kinetics._linear import BoolArray, FloatArray, dot

STARTS = 4
VECTOR = 8  # numbers worked on at once
FAR = 1.0  # pairs that leave this much more than the best pair, as a share, lead nowhere


class Grid(NamedTuple):
    """Rate grid in the reduced space; G points, q rates, nf fixed columns, V = 2**nf choices.

    Whatever is of a second rate runs from the largest node down: where it is to exceed the first
    one, what is of use then lies in front.
    """

    nodes: FloatArray  # (G,): u
    fixed: FloatArray  # (nf, r)
    columns: FloatArray  # (q, r, G)
    solvers: FloatArray  # (V, nf, nf): inverse Gram matrix of the fixed columns present
    overlap: FloatArray  # (V, q, nf, G): a rate column's coefficients on them
    slopes: FloatArray  # (V, q, nf, G): the same of the projected column, at unit length
    inverse_norm: FloatArray  # (V, q, G): of the projected rate columns
    cosine: FloatArray  # (V, G, G): between projected columns of the two rates
    inverse_sine: FloatArray  # (V, G, G): 1 / (1 - cosine**2), 0 where not to be used
    shared: bool  # both rates belong to the same function: the second is the larger


class GridSearch(NamedTuple):
    """Working arrays of a scan."""

    on_fixed: FloatArray  # (nf,)
    on_rates: FloatArray  # (q, G)
    alone: FloatArray  # (nf,)
    scaled: FloatArray  # (q, G)
    gains: FloatArray  # (G,)
    best: FloatArray  # (G,): best gain with the first rate alone
    # (G + 2, G + 2): best gain of every pair, within a border; -1 where signs fail
    pairs: FloatArray
    highest: FloatArray  # (G,): over first rates, the best gain of a pair
    lost: FloatArray  # (G,): the same of pairs refused for the sign of a fixed column
    starts: FloatArray  # (STARTS, q): the basins found
    start_gains: FloatArray  # (STARTS,): what each explains
    start_limits: FloatArray  # (STARTS,): what each may lead to
    point: FloatArray  # (q,): one of them, being refined


@compiled
def new_grid_search(grid: Grid) -> GridSearch:
    """Allocate the working arrays."""
    fixed, rates, size = grid.fixed.shape[0], grid.columns.shape[0], grid.nodes.size
    return GridSearch(
        np.zeros(fixed),
        np.zeros((rates, size)),
        np.zeros(fixed),
        np.zeros((rates, size)),
        np.zeros(size),
        np.zeros(size),
        np.full((size + 2, size + 2) if rates > 1 else (0, 0), -1.0),
        np.zeros(size),
        np.zeros(size),
        np.zeros((STARTS, rates)),
        np.zeros(STARTS),
        np.zeros(STARTS),
        np.zeros(rates),
    )


@compiled_inline
def _prepare(grid: Grid, variant: int, scan: GridSearch) -> float:
    """Project the curve's products off the fixed columns present; returns their own gain."""
    gain = 0.0
    for f in range(scan.on_fixed.size):
        scan.alone[f] = dot(grid.solvers[variant, f], scan.on_fixed)
        gain += scan.alone[f] * scan.on_fixed[f]
    for k in range(scan.scaled.shape[0]):
        scaled, products = scan.scaled[k], scan.on_rates[k]
        norms = grid.inverse_norm[variant, k]
        for g in range(scaled.size):
            scaled[g] = products[g]
        for f in range(scan.on_fixed.size):
            part, overlap = scan.on_fixed[f], grid.overlap[variant, k, f]
            for g in range(scaled.size):
                scaled[g] -= overlap[g] * part
        for g in range(scaled.size):
            scaled[g] *= norms[g]
    return gain


@compiled_inline
def _scan_one(
    grid: Grid, variant: int, nonnegative: BoolArray, base: float, scan: GridSearch
) -> None:
    """Gain at every point of one rate; only points where every sign is right count."""
    fixed = scan.on_fixed.size
    gains, scaled, best = scan.gains, scan.scaled[0], scan.best
    lowest = 0.0 if nonnegative[fixed] else -np.inf
    for g in range(gains.size):
        s = max(scaled[g], lowest)
        gains[g] = base + s * s
    for f in range(fixed):
        if nonnegative[f]:
            alone, slopes = scan.alone[f], grid.slopes[variant, 0, f]
            for g in range(gains.size):
                wrong = alone - slopes[g] * max(scaled[g], lowest) < 0.0
                gains[g] = -1.0 if wrong else gains[g]
    for g in range(gains.size):
        best[g] = max(best[g], gains[g])


@compiled_sums
def _pair_gains(
    of_pairs: tuple[FloatArray, FloatArray, FloatArray],
    i: int,
    count: int,
    lowest: tuple[float, float],
    gains: FloatArray,
) -> None:
    """Gain of the pairs of one first rate; -1 where an amplitude has the wrong sign.

    Pairs that are not to be used gain nothing.
    """
    scaled, cosines, inverses = of_pairs
    mine = scaled[0, i]
    for j in range(count):
        theirs, cosine, inverse = scaled[1, j], cosines[i, j], inverses[i, j]
        a = (mine - cosine * theirs) * inverse
        b = (theirs - cosine * mine) * inverse
        gain = a * mine + b * theirs
        gain = gain if a > lowest[0] else -1.0
        gains[j] = gain if b > lowest[1] else -1.0


@compiled_sums
def _refuse(
    of_pairs: tuple[FloatArray, FloatArray, FloatArray],
    i: int,
    count: int,
    f: int,
    alone: FloatArray,
    slopes: FloatArray,
    gains: FloatArray,
    lost: FloatArray,
) -> None:
    """Set gains to -1 where a fixed column's amplitude is negative, and keep what is lost."""
    scaled, cosines, inverses = of_pairs
    mine, slope, level = scaled[0, i], slopes[0, f, i], alone[f]
    for j in range(count):
        theirs, cosine, inverse = scaled[1, j], cosines[i, j], inverses[i, j]
        a = (mine - cosine * theirs) * inverse
        b = (theirs - cosine * mine) * inverse
        wrong = level - slope * a - slopes[1, f, j] * b < 0.0
        lost[j] = max(lost[j], gains[j] if wrong else -1.0)
        gains[j] = -1.0 if wrong else gains[j]


@compiled_sums
def _raise_pairs(
    gains: FloatArray,
    i: int,
    count: int,
    base: float,
    first: bool,
    pairs: FloatArray,
    highest: FloatArray,
) -> None:
    """Take over what a row's pairs gain, where it is more than before."""
    for j in range(count):
        before = -1.0 if first else pairs[i + 1, j + 1]
        gain = base + gains[j] if gains[j] > 0.0 else -1.0
        gain = max(before, gain)
        highest[j] = max(highest[j], gain)
        pairs[i + 1, j + 1] = gain


@compiled_inline
def _scan_pairs(
    grid: Grid, variant: int, nonnegative: BoolArray, base: float, scan: GridSearch
) -> None:
    """Gain of every pair of rates."""
    # Numba takes a member out of a tuple anew wherever it is named: once, then, not in the loop.
    scaled, gains, alone, lost = scan.scaled, scan.gains, scan.alone, scan.lost
    pairs, highest = scan.pairs, scan.highest
    of_pairs = scaled, grid.cosine[variant], grid.inverse_sine[variant]
    slopes, size, shared = grid.slopes[variant], grid.nodes.size, grid.shared
    fixed = alone.size
    lowest = (
        0.0 if nonnegative[fixed] else -np.inf,
        0.0 if nonnegative[fixed + 1] else -np.inf,
    )
    lost[:] = -1.0
    for i in range(size):
        # second rates above the first, in whole vector registers if possible
        count = min(-(-(size - 1 - i) // VECTOR) * VECTOR, size) if shared else size
        _pair_gains(of_pairs, i, count, lowest, gains)
        for f in range(fixed):
            if nonnegative[f]:
                _refuse(of_pairs, i, count, f, alone, slopes, gains, lost)
        _raise_pairs(gains, i, count, base, variant == 0, pairs, highest)


@compiled_inline
def scan_choices(
    grid: Grid, target: FloatArray, outside: float, nonnegative: BoolArray, scan: GridSearch
) -> float:
    """Scan every choice of fixed columns that matters; returns the least gain worth refining."""
    total, worth = dot(target, target) + outside, 0.0
    pairs = True
    scan.best[:] = -1.0
    scan.highest[:] = -1.0
    for variant in range(grid.solvers.shape[0]):
        base = _prepare(grid, variant, scan)
        _scan_one(grid, variant, nonnegative, base, scan)
        if pairs:
            _scan_pairs(grid, variant, nonnegative, base, scan)
            top, lost = scan.highest.max(), scan.lost.max()
            worth = max(top - FAR * (total - top), 0.0)
            # Fewer columns explain less, so that they matter only where a column too many has
            # the wrong sign and explains enough.
            pairs = lost > 0.0 and base + lost > worth
    return worth
