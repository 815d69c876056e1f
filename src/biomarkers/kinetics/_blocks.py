"""Compiled loops over the curves of one chunk: search, refine, standard errors.

In what follows the search, the curves of a chunk are the innermost loop: small matrices then fill
whole vector registers, and every array ends in the curves' axis V. No operation may be reordered
or fused there: a curve's place in its chunk would otherwise show in the last digit.
"""

from typing import NamedTuple

import numpy as np

from biomarkers.compiling import compiled, compiled_sums
from biomarkers.kinetics._convolve import DECAY, IntArray
from biomarkers.kinetics._design import (
    Exact,
    Table,
    exact_columns,
    lay_fixed,
    new_state,
)
from biomarkers.kinetics._grid_search import Grid, new_grid_search
from biomarkers.kinetics._linear import BoolArray, FloatArray, axpys, copy, dot, normalise, sweep
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

NEGLIGIBLE = 1e-20  # share of a curve's squared length that is rounding
NO_EFFECT = 1e-9  # relative change of a parameter with something, below which it hangs not on it


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


@compiled
def column_scale(kind: int, tau: float, u: float) -> float:
    """Give the factor of a column: theta + 1/tau for a decay (an integral has theta = 0)."""
    return float(np.exp(u) / tau) if kind == DECAY else 1.0


@compiled
def mark_active(
    coefficients: FloatArray,
    normal: FloatArray,
    length: FloatArray,
    rates: int,
    active: BoolArray,
) -> None:
    """Mark what curves of squared length `length` speak about.

    An amplitude that contributes less than rounding leaves its rate without meaning: neither is.
    """
    terms = coefficients.shape[0]
    for i in range(active.shape[0]):
        for v in range(length.size):
            active[i, v] = normal[i, i, v] > 0.0
    for k in range(rates):
        c, row = terms - rates + k, terms + k
        for v in range(length.size):
            speaks = coefficients[c, v] ** 2 * normal[c, c, v] > NEGLIGIBLE * length[v]
            active[c, v] &= speaks
            active[row, v] &= speaks


@compiled
def invert_normal(matrix: FloatArray, active: BoolArray) -> None:
    """Turn normal matrices (n, n, V) into their inverses over what is active, 0 elsewhere.

    Only the lower half is read; NaN where a matrix is singular.
    """
    size, count = active.shape
    unit, inverse = np.empty((size, count)), np.empty(count)
    normalise(matrix, active, unit)
    for k in range(size):
        sweep(matrix, k, inverse)
    for i in range(size):
        for j in range(size):
            for v in range(count):
                matrix[i, j, v] *= -unit[i, v] * unit[j, v]


@compiled
def to_physical(
    kind: IntArray,
    tau: float,
    coefficients: FloatArray,
    unknowns: FloatArray,
    rates: int,
    covariance: FloatArray,
) -> None:
    """Change amplitudes of scaled columns, and the covariance with u, to 1/s.

    Amplitudes are A = S(u) a with the column's scale S, rates theta = expm1(u)/tau.
    """
    terms, size = coefficients.shape[0], covariance.shape[0]
    fixed = terms - rates
    for c in range(terms):
        row = terms + c - fixed
        for v in range(coefficients.shape[1]):
            u = unknowns[c - fixed, v] if c >= fixed else 0.0
            scale, speed = column_scale(kind[c], tau, u), np.exp(u) / tau
            share = coefficients[c, v] * speed if kind[c] == DECAY else 0.0
            coefficients[c, v] *= scale
            for j in range(size):
                covariance[c, j, v] *= scale
                if c >= fixed:
                    covariance[c, j, v] += share * covariance[row, j, v]
                    covariance[row, j, v] *= speed
            for j in range(size):
                covariance[j, c, v] *= scale
                if c >= fixed:
                    covariance[j, c, v] += share * covariance[j, row, v]
                    covariance[j, row, v] *= speed


@compiled
def fill_variances(
    slopes: FloatArray, covariance: FloatArray, active: BoolArray, variance: FloatArray
) -> None:
    """Fill variances of a parameter with derivatives `slopes` (n, V), by the delta method."""
    variance[:] = 0.0
    for i in range(slopes.shape[0]):
        if not slopes[i].any():
            continue
        for j in range(slopes.shape[0]):
            for v in range(variance.size):
                both = active[i, v] and active[j, v]
                part = slopes[i, v] * slopes[j, v] * covariance[i, j, v]
                variance[v] += part if both else 0.0


@compiled
def propagate(
    slopes: FloatArray,
    covariance: FloatArray,
    active: BoolArray,
    terms: int,
    value: FloatArray,
    error: FloatArray,
) -> None:
    """Fill standard errors for unit noise of one parameter with derivatives `slopes` (n, V).

    A parameter that depends on a rate without amplitude becomes NaN; one that is fixed by
    amplitudes at their bound alone has a value but no error.
    """
    size = slopes.shape[0]
    fill_variances(slopes, covariance, active, error)
    for v in range(value.size):
        some, every, silent = False, True, 0.0
        for i in range(size):
            here = active[i, v]
            every &= here
            some |= here and slopes[i, v] != 0.0
            silent += abs(slopes[i, v]) if i >= terms and not here else 0.0
        if silent > NO_EFFECT * (1.0 + abs(value[v])):
            value[v] = np.nan
        held = not some and not every
        error[v] = np.nan if held or np.isnan(error[v]) else np.sqrt(max(error[v], 0.0))
