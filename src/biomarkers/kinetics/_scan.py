"""Compiled scan of the rate grid: where to start, for every basin of the objective.

At each grid point (one rate, or a pair) the problem is linear. For every choice of fixed columns
(each present or left out at zero) the rate columns are projected off those beforehand, so that a
point costs a few multiplications; a point counts only where its signs are right.
"""

from typing import NamedTuple

import numpy as np

from biomarkers.kinetics._compile import compiled
from biomarkers.kinetics._linear import BoolArray, FloatArray, dot

STARTS = 3


class Grid(NamedTuple):
    """Rate grid in the reduced space; G points, q rates, nf fixed columns, V = 2**nf choices."""

    nodes: FloatArray  # (G,): u
    fixed: FloatArray  # (nf, r)
    columns: FloatArray  # (q, G, r)
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
        scan.scaled[k] = scan.on_rates[k]
        for f in range(scan.on_fixed.size):
            for g in range(grid.nodes.size):
                scan.scaled[k, g] -= grid.overlap[variant, k, f, g] * scan.on_fixed[f]
        for g in range(grid.nodes.size):
            scan.scaled[k, g] *= grid.inverse_norm[variant, k, g]
    return gain


@compiled
def _scan_one(grid: Grid, variant: int, nonnegative: BoolArray, base: float, scan: Scan) -> None:
    """Gain at every point of one rate."""
    fixed = scan.on_fixed.size
    signed = nonnegative[fixed]
    for g in range(grid.nodes.size):
        s = scan.scaled[0, g]
        if signed and s < 0.0:
            s = 0.0
        gain = base + s * s
        amplitude = s * grid.inverse_norm[variant, 0, g]
        for f in range(fixed):
            left = scan.alone[f] - grid.overlap[variant, 0, f, g] * amplitude
            if nonnegative[f] and left < 0.0:
                gain = -1.0
        scan.gains[g] = gain
    for g in range(grid.nodes.size):
        scan.best[g] = max(scan.best[g], scan.gains[g])


@compiled
def _scan_row(
    grid: Grid, variant: int, i: int, nonnegative: BoolArray, base: float, scan: Scan
) -> None:
    """Gain of every pair whose first rate is at point i."""
    fixed = scan.on_fixed.size
    first_signed, second_signed = nonnegative[fixed], nonnegative[fixed + 1]
    si, norm_i = scan.scaled[0, i], grid.inverse_norm[variant, 0, i]
    cosine, inverse = grid.cosine[variant, i], grid.inverse_sine[variant, i]
    norms, scaled = grid.inverse_norm[variant, 1], scan.scaled[1]
    for j in range(grid.nodes.size):
        sj = scaled[j]
        a = (si - cosine[j] * sj) * inverse[j]
        b = (sj - cosine[j] * si) * inverse[j]
        right = (not first_signed or a > 0.0) and (not second_signed or b > 0.0)
        gain = base + a * si + b * sj if right else -1.0
        for f in range(fixed):
            left = (
                scan.alone[f]
                - grid.overlap[variant, 0, f, i] * norm_i * a
                - grid.overlap[variant, 1, f, j] * norms[j] * b
            )
            if nonnegative[f] and left < 0.0:
                gain = -1.0
        scan.gains[j] = gain


@compiled
def _scan_two(grid: Grid, variant: int, nonnegative: BoolArray, base: float, scan: Scan) -> None:
    """Best partner of every first rate; a rate alone counts too, where a pair has no use."""
    _scan_one(grid, variant, nonnegative, base, scan)
    for i in range(grid.nodes.size):
        _scan_row(grid, variant, i, nonnegative, base, scan)
        for j in range(grid.nodes.size):
            if grid.inverse_sine[variant, i, j] > 0.0 and scan.gains[j] > scan.best[i]:
                scan.best[i] = scan.gains[j]
                scan.partner[i] = grid.nodes[j]


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
        starts[place, 0], gains[place] = grid.nodes[g], value
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
        for g in range(grid.nodes.size):
            scan.on_rates[k, g] = dot(grid.columns[k, g], target)
    scan.best[:] = -1.0
    scan.partner[:] = grid.nodes[-1]
    for variant in range(grid.solvers.shape[0]):
        base = _prepare(grid, variant, scan)
        if scan.on_rates.shape[0] == 1:
            _scan_one(grid, variant, nonnegative, base, scan)
        else:
            _scan_two(grid, variant, nonnegative, base, scan)
    return _pick_starts(grid, scan, starts, gains)
