"""Compiled loops over the curves of one chunk: search, refine, standard errors."""

from typing import NamedTuple

import numpy as np

from biomarkers.compiling import compiled, compiled_sums
from biomarkers.kinetics._design import (
    Exact,
    Table,
    exact_columns,
    lay_fixed,
    new_state,
)
from biomarkers.kinetics._grid_search import Grid, new_grid_search
from biomarkers.kinetics._linear import BoolArray, FloatArray, axpys, copy, dot
from biomarkers.kinetics._maxima import find_starts
from biomarkers.kinetics._one_rate import (
    begin,
    finish,
    finish_with_signs,
    new_finish,
    signs_hold,
)
from biomarkers.kinetics._pair import Pair, new_approach
from biomarkers.kinetics._profile import Profile, highest_point, new_climb
from biomarkers.kinetics._refine import merge_coinciding, refine
from biomarkers.kinetics._search import Bounds, PairSearch, search, search_pair
from biomarkers.kinetics._spread import column_scale


class Block(NamedTuple):
    """What a block leaves per curve; n = p amplitudes + x nonlinear unknowns."""

    coefficients: FloatArray  # (p, V): amplitudes of the scaled columns
    unknowns: FloatArray  # (x, V): u of each rate, then the delay where it is fitted
    rss: FloatArray  # (V,)
    converged: BoolArray  # (V,)
    normal: FloatArray  # (n, n, V): lower half of J^T J in coefficients and unknowns


def new_block(curves: int, terms: int, unknowns: int) -> Block:
    """Allocate the results of a block."""
    size = terms + unknowns
    return Block(
        np.zeros((terms, curves)),
        np.zeros((unknowns, curves)),
        np.zeros(curves),
        np.zeros(curves, dtype=np.bool_),
        np.zeros((size, size, curves)),
    )


@compiled_sums
def sums_of_squares(
    curves: FloatArray, root_weights: FloatArray, about_zero: FloatArray, about_mean: FloatArray
) -> None:
    """Sum of squares of each weighted curve (V, T), and that about its weighted mean."""
    whole = dot(root_weights, root_weights)
    for v in range(curves.shape[0]):
        curve = curves[v]
        mean = dot(curve, root_weights) / whole
        total = 0.0
        for t in range(curve.size):
            rest = curve[t] - mean * root_weights[t]
            total += rest * rest
        about_zero[v] = dot(curve, curve)
        about_mean[v] = total


@compiled
def _store(
    coefficients: FloatArray, x: FloatArray, normal: FloatArray, place: int, out: Block
) -> None:
    """Write the results of one curve."""
    for c in range(coefficients.size):
        out.coefficients[c, place] = coefficients[c]
    for k in range(x.size):
        out.unknowns[k, place] = x[k]
    for i in range(normal.shape[0]):
        for j in range(i + 1):
            out.normal[i, j, place] = normal[i, j]


@compiled_sums
def _project(curves: FloatArray, v: int, basis: FloatArray, target: FloatArray) -> float:
    """Coordinates of a curve in the reduced space; returns the squared part outside it."""
    axpys(curves[v], basis, target)
    whole, inside = 0.0, 0.0
    for t in range(curves.shape[1]):
        whole += curves[v, t] * curves[v, t]
    for i in range(target.size):
        inside += target[i] * target[i]
    return max(whole - inside, 0.0)


@compiled
def fit_block(
    curves: FloatArray,
    basis: FloatArray,
    grid: Grid,
    table: Table,
    bounds: Bounds,
    out: Block,
) -> None:
    """Fit the weighted `curves` (V, T) at the table's delay."""
    terms, rates = bounds.nonnegative.size, bounds.upper.size
    state, scan = new_state(terms, rates, rates, basis.shape[1]), new_grid_search(grid)
    lay_fixed(table, state)
    target, x = np.zeros(basis.shape[1]), np.zeros(rates)
    for v in range(curves.shape[0]):
        outside = _project(curves, v, basis, target)
        rss, done = search(target, outside, grid, table, bounds, scan, state, x)
        out.rss[v], out.converged[v] = rss + outside, done
        _store(state.coefficients, x, state.normal, v, out)


@compiled
def fit_block_of_one_rate(
    curves: FloatArray,
    basis: FloatArray,
    profile: Profile,
    table: Table,
    signs: BoolArray,
    out: Block,
) -> None:
    """Fit as `fit_block`, with the signs free first, which few curves need more than."""
    climbing, work = new_climb(profile), new_finish(table)
    target, x = np.zeros(basis.shape[1]), np.zeros(1)
    for v in range(curves.shape[0]):
        outside = _project(curves, v, basis, target)
        total = dot(target, target) + outside
        begin(table, target, work)
        peak = highest_point(profile, target, not signs[-1], total, climbing)
        x[0] = peak.u
        rss = finish(table, profile.solvers[0], target, peak.u, peak.amplitude, work)
        if not (peak.found and signs_hold(signs, work.coefficients)):
            x[0], rss = finish_with_signs(profile, table, signs, target, work, climbing)
        out.rss[v], out.converged[v] = rss + outside, True
        _store(work.coefficients, x, work.normal, v, out)


@compiled
def fit_block_of_two_rates(
    curves: FloatArray,
    basis: FloatArray,
    pair: Pair,
    grid: Grid,
    table: Table,
    bounds: Bounds,
    out: Block,
) -> None:
    """Fit as `fit_block`, approaching the minimum first without a pass over the points."""
    signs, size = bounds.nonnegative, basis.shape[1]
    state, scan = new_state(signs.size, 2, 2, size), new_grid_search(grid)
    using = PairSearch(pair, scan, new_approach(pair))
    lay_fixed(table, state)
    target, x = np.zeros(size), np.zeros(2)
    for v in range(curves.shape[0]):
        outside = _project(curves, v, basis, target)
        count = find_starts(grid, target, outside, signs, scan)
        rss, done = search_pair(target, outside, count, using, table, bounds, state, x)
        out.rss[v], out.converged[v] = rss + outside, done
        _store(state.coefficients, x, state.normal, v, out)


@compiled
def polish_block(
    curves: FloatArray, starts: FloatArray, exact: Exact, bounds: Bounds, out: Block
) -> None:
    """Fit the weighted `curves` (V, T) with the delay, exactly, from `starts` (S, V, x)."""
    unknowns, signs = bounds.lower.size, bounds.nonnegative
    terms, rates, length = signs.size, unknowns - 1, curves.shape[1]
    state, x = new_state(terms, rates, unknowns, length), np.zeros(unknowns)
    for v in range(curves.shape[0]):
        lead = np.inf
        for s in range(starts.shape[0]):
            copy(starts[s, v], x)
            rss, done = refine(exact, signs, curves[v], 0.0, x, bounds.lower, bounds.upper, state)
            if rss < lead:
                lead = rss
                rss, merged = merge_coinciding(exact, signs, curves[v], x, rss, state)
                out.rss[v], out.converged[v] = rss, done or merged
                _store(state.coefficients, x, state.normal, v, out)


@compiled
def predict_block(
    exact: Exact, amplitudes: FloatArray, unknowns: FloatArray, out: FloatArray
) -> None:
    """Evaluate curves (V, T) exactly; `unknowns` (V, q + 1) end with the delay."""
    terms, rates = amplitudes.shape[1], unknowns.shape[1] - 1
    state, fixed = new_state(terms, rates, rates + 1, exact.duration.size), terms - rates
    columns = state.columns
    out[:] = 0.0
    for v in range(amplitudes.shape[0]):
        x = unknowns[v]
        exact_columns(exact, x, state)
        for c in range(terms):
            scale = column_scale(exact.kind[c], exact.tau, x[c - fixed] if c >= fixed else 0.0)
            for t in range(exact.duration.size):
                out[v, t] += amplitudes[v, c] / scale * columns[c, t]
