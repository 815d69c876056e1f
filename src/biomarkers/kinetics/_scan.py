"""Compiled scan of the rate grid: where to start, for every basin of the objective.

At each grid point (one rate, or a pair) the problem is linear. For every choice of fixed columns
(each present or left out at zero) the rate columns are projected off those beforehand, so that a
point costs a few multiplications; a point counts only where its signs are right.
"""

from typing import NamedTuple

import numpy as np

from biomarkers.kinetics._compile import compiled
from biomarkers.kinetics._linear import BoolArray, FloatArray, axpys, dot

STARTS = 3


class Grid(NamedTuple):
    """Rate grid in the reduced space; G points, q rates, nf fixed columns, V = 2**nf choices."""

    nodes: FloatArray  # (G,): u
    fixed: FloatArray  # (nf, r)
    columns: FloatArray  # (q, r, G)
    solvers: FloatArray  # (V, nf, nf): inverse Gram matrix of the fixed columns present
    overlap: FloatArray  # (V, q, nf, G): a rate column's coefficients on them
    inverse_norm: FloatArray  # (V, q, G): of the projected rate columns
    cosine: FloatArray  # (V, G, G): between projected columns of the two rates
    inverse_sine: FloatArray  # (V, G, G): 1 / (1 - cosine**2), 0 where not to be used


class Scan(NamedTuple):
    """Working arrays of a scan."""

    on_fixed: FloatArray  # (nf,)
    on_rates: FloatArray  # (q, G)
    alone: FloatArray  # (nf,)
    scaled: FloatArray  # (q, G)
    gains: FloatArray  # (G,)
    best: FloatArray  # (G,): best gain with the first rate here
    partner: FloatArray  # (G,): u of the second rate there


@compiled
def new_scan(grid: Grid) -> Scan:
    """Allocate the working arrays."""
    fixed, rates, size = grid.fixed.shape[0], grid.columns.shape[0], grid.nodes.size
    return Scan(
        np.zeros(fixed),
        np.zeros((rates, size)),
        np.zeros(fixed),
        np.zeros((rates, size)),
        np.zeros(size),
        np.zeros(size),
        np.zeros(size),
    )


@compiled
def _prepare(grid: Grid, variant: int, scan: Scan) -> float:
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


@compiled
def _scan_one(grid: Grid, variant: int, nonnegative: BoolArray, base: float, scan: Scan) -> None:
    """Gain at every point of one rate; only points where every sign is right count."""
    fixed = scan.on_fixed.size
    gains, scaled, best = scan.gains, scan.scaled[0], scan.best
    norms = grid.inverse_norm[variant, 0]
    lowest = 0.0 if nonnegative[fixed] else -np.inf
    for g in range(gains.size):
        s = max(scaled[g], lowest)
        gains[g] = base + s * s
    for f in range(fixed):
        if nonnegative[f]:
            alone, overlap = scan.alone[f], grid.overlap[variant, 0, f]
            for g in range(gains.size):
                wrong = alone - overlap[g] * norms[g] * max(scaled[g], lowest) < 0.0
                gains[g] = -1.0 if wrong else gains[g]
    for g in range(gains.size):
        best[g] = max(best[g], gains[g])


@compiled
def _scan_row(
    grid: Grid, variant: int, i: int, nonnegative: BoolArray, base: float, scan: Scan
) -> None:
    """Gain of every pair whose first rate is at point i."""
    fixed = scan.on_fixed.size
    lowest_a = 0.0 if nonnegative[fixed] else -np.inf
    lowest_b = 0.0 if nonnegative[fixed + 1] else -np.inf
    si, norm_i = scan.scaled[0, i], grid.inverse_norm[variant, 0, i]
    cosine, inverse = grid.cosine[variant, i], grid.inverse_sine[variant, i]
    gains, scaled, norms = scan.gains, scan.scaled[1], grid.inverse_norm[variant, 1]
    for j in range(gains.size):
        a = (si - cosine[j] * scaled[j]) * inverse[j]
        b = (scaled[j] - cosine[j] * si) * inverse[j]
        right = (a > lowest_a) & (b > lowest_b)
        gains[j] = base + a * si + b * scaled[j] if right else -1.0
    for f in range(fixed):
        if nonnegative[f]:
            alone = scan.alone[f]
            first, second = grid.overlap[variant, 0, f, i] * norm_i, grid.overlap[variant, 1, f]
            for j in range(gains.size):
                a = (si - cosine[j] * scaled[j]) * inverse[j]
                b = (scaled[j] - cosine[j] * si) * inverse[j]
                wrong = alone - first * a - second[j] * norms[j] * b < 0.0
                gains[j] = -1.0 if wrong else gains[j]


@compiled
def _scan_two(grid: Grid, variant: int, nonnegative: BoolArray, base: float, scan: Scan) -> None:
    """Best partner of every first rate; a rate alone counts too, where a pair has no use."""
    _scan_one(grid, variant, nonnegative, base, scan)
    for i in range(grid.nodes.size):
        _scan_row(grid, variant, i, nonnegative, base, scan)
        top = 0.0
        for j in range(grid.nodes.size):
            top = max(top, scan.gains[j])
        if top > scan.best[i]:
            scan.best[i] = top
            for j in range(grid.nodes.size):
                if scan.gains[j] == top:
                    scan.partner[i] = grid.nodes[j]


@compiled
def _summit(grid: Grid, scan: Scan, g: int) -> float:
    """How far from point g the parabola through it and its neighbours peaks."""
    if g == 0 or g == grid.nodes.size - 1:
        return 0.0
    left, middle, right = scan.best[g - 1], scan.best[g], scan.best[g + 1]
    bend = 2.0 * middle - left - right
    if bend <= 0.0 or left < 0.0 or right < 0.0:
        return 0.0
    shift = 0.5 * (right - left) / bend
    return float(min(max(shift, -0.5), 0.5) * (grid.nodes[g + 1] - grid.nodes[g]))


@compiled
def _pick_starts(grid: Grid, scan: Scan, starts: FloatArray, gains: FloatArray) -> int:
    """Take the highest local maxima of the profile along the first rate, best first."""
    count = 0
    last = grid.nodes.size - 1
    for g in range(last + 1):
        value = scan.best[g]
        if (g > 0 and scan.best[g - 1] > value) or (g < last and scan.best[g + 1] >= value):
            continue
        place = min(count, STARTS)
        while place > 0 and gains[place - 1] < value:
            place -= 1
        if place >= STARTS:
            continue
        for k in range(min(count, STARTS - 1), place, -1):
            starts[k], gains[k] = starts[k - 1], gains[k - 1]
        starts[place, 0], gains[place] = grid.nodes[g] + _summit(grid, scan, g), value
        if starts.shape[1] > 1:
            starts[place, 1] = scan.partner[g]
        count = min(count + 1, STARTS)
    return count


@compiled
def find_starts(
    grid: Grid,
    target: FloatArray,
    nonnegative: BoolArray,
    scan: Scan,
    starts: FloatArray,
    gains: FloatArray,
) -> int:
    """Fill `starts` (STARTS, q) with the grid's basins and `gains` with what each explains."""
    for f in range(scan.on_fixed.size):
        scan.on_fixed[f] = dot(grid.fixed[f], target)
    for k in range(scan.on_rates.shape[0]):
        axpys(target, grid.columns[k], scan.on_rates[k])
    scan.best[:] = -1.0
    scan.partner[:] = grid.nodes[-1]
    for variant in range(grid.solvers.shape[0]):
        base = _prepare(grid, variant, scan)
        if scan.on_rates.shape[0] == 1:
            _scan_one(grid, variant, nonnegative, base, scan)
        else:
            _scan_two(grid, variant, nonnegative, base, scan)
    return _pick_starts(grid, scan, starts, gains)
