"""Compiled loops over the curves of one chunk: start, refine, standard errors."""

from typing import NamedTuple

import numpy as np

from biomarkers.kinetics._compile import compiled
from biomarkers.kinetics._convolve import DECAY
from biomarkers.kinetics._design import Exact, State, Table, exact_columns, new_state
from biomarkers.kinetics._linear import BoolArray, FloatArray, axpys, dot, factorise, substitute
from biomarkers.kinetics._refine import merge_twins, refine
from biomarkers.kinetics._scan import STARTS, Grid, find_starts, new_scan

# A start cannot overtake the best one from farther behind than this share of what the best leaves
# over, and this many times what refining gained the best.
BEHIND = 0.05
HOPELESS = 6.0
NEGLIGIBLE = 1e-20


class Estimates(NamedTuple):
    """What a block leaves per curve; n = p amplitudes + x nonlinear unknowns."""

    amplitudes: FloatArray  # (V, p), 1/s or a fraction
    unknowns: FloatArray  # (V, x): u of each rate, then the delay where it is fitted
    rss: FloatArray  # (V,)
    converged: BoolArray  # (V,)
    covariance: FloatArray  # (V, n, n), for unit noise variance, in amplitudes, 1/s and s
    active: BoolArray  # (V, n): what the data speak about at all


def new_estimates(curves: int, terms: int, unknowns: int) -> Estimates:
    """Allocate the results of a block."""
    size = terms + unknowns
    return Estimates(
        np.zeros((curves, terms)),
        np.zeros((curves, unknowns)),
        np.zeros(curves),
        np.zeros(curves, dtype=np.bool_),
        np.zeros((curves, size, size)),
        np.zeros((curves, size), dtype=np.bool_),
    )


@compiled
def _scale(exact: Exact, c: int, rate: int, x: FloatArray) -> float:
    """Give the factor of column c: theta + 1/tau for a decay (an integral has theta = 0)."""
    if exact.kind[c] != DECAY:
        return 1.0
    return float(np.exp(x[rate] if rate >= 0 else 0.0) / exact.tau)


@compiled
def _physical_jacobian(
    exact: Exact,
    state: State,
    x: FloatArray,
    size: float,
    jacobian: FloatArray,
    active: BoolArray,
) -> None:
    """Rows: derivative of the curve in each amplitude, rate (1/s) and delay; scale removed.

    An amplitude that contributes less than rounding to a curve of squared length `size` leaves
    its rate without meaning: both are marked inactive.
    """
    terms, rates = state.columns.shape[0], state.slopes.shape[0]
    fixed = terms - rates
    for c in range(terms):
        inverse = 1.0 / _scale(exact, c, c - fixed, x)
        for i in range(state.residual.size):
            jacobian[c, i] = inverse * state.columns[c, i]
        active[c] = True
        if c >= fixed:
            a = state.coefficients[c]
            row, speed = terms + c - fixed, np.exp(x[c - fixed]) / exact.tau
            active[c] = active[row] = a * a * state.gram[c, c] > NEGLIGIBLE * size
            share = a / speed if exact.kind[c] == DECAY else 0.0
            for i in range(state.residual.size):
                jacobian[row, i] = (
                    a / speed * state.slopes[c - fixed, i] - share * state.columns[c, i]
                )
    for row in range(terms + rates, jacobian.shape[0]):
        jacobian[row] = state.directions[rates]
        active[row] = True


@compiled
def _inverse_normal(
    jacobian: FloatArray, active: BoolArray, work: FloatArray, unit: FloatArray, out: FloatArray
) -> None:
    """(J^T J)^-1 over the active parameters; NaN throughout where it is singular."""
    size = active.size
    out[:] = 0.0
    for i in range(size):
        for j in range(i + 1):
            both = active[i] and active[j]
            work[i, j] = dot(jacobian[i], jacobian[j]) if both else 0.0
        unit[i] = np.sqrt(work[i, i]) if work[i, i] > 0.0 else 1.0
        work[i, i] = 1.0
        for j in range(i):
            work[i, j] /= unit[i] * unit[j]
    if not factorise(work, size):
        out[:] = np.nan
        return
    right = np.empty(size)
    for i in range(size):
        if active[i]:
            right[:] = 0.0
            right[i] = 1.0
            substitute(work, size, right)
            for j in range(size):
                out[i, j] = right[j] / (unit[i] * unit[j]) if active[j] else 0.0


@compiled
def _store(
    exact: Exact,
    state: State,
    x: FloatArray,
    rss: float,
    size: float,
    place: int,
    scratch: tuple[FloatArray, FloatArray, FloatArray],
    out: Estimates,
) -> None:
    """Write the results of one curve of squared length `size`."""
    jacobian, work, unit = scratch
    fixed = state.columns.shape[0] - state.slopes.shape[0]
    for c in range(state.columns.shape[0]):
        out.amplitudes[place, c] = state.coefficients[c] * _scale(exact, c, c - fixed, x)
    out.unknowns[place] = x
    out.rss[place] = rss
    _physical_jacobian(exact, state, x, size, jacobian, out.active[place])
    _inverse_normal(jacobian, out.active[place], work, unit, out.covariance[place])


@compiled
def _project(curve: FloatArray, basis: FloatArray, target: FloatArray) -> float:
    """Coordinates of a curve in the reduced space; returns the squared part outside it."""
    axpys(curve, basis, target)
    return max(dot(curve, curve) - dot(target, target), 0.0)


@compiled
def fit_block(
    curves: FloatArray,
    basis: FloatArray,
    grid: Grid,
    table: Table,
    exact: Exact,
    nonnegative: BoolArray,
    upper: FloatArray,
    out: Estimates,
) -> None:
    """Fit the weighted `curves` (V, T) at the table's delay."""
    terms, rates = nonnegative.size, upper.size
    reduced, size = basis.shape[1], terms + rates
    state, scan = new_state(terms, rates, rates, reduced), new_scan(grid)
    target, lower = np.zeros(reduced), np.zeros(rates)
    starts, gains = np.zeros((STARTS, rates)), np.zeros(STARTS)
    best, x = np.zeros(rates), np.zeros(rates)
    scratch = (np.zeros((size, reduced)), np.zeros((size, size)), np.zeros(size))
    for v in range(curves.shape[0]):
        outside = _project(curves[v], basis, target)
        inside = dot(target, target)
        count = find_starts(grid, target, nonnegative, scan, starts, gains) if rates else 1
        lead, gained, winner, last = np.inf, 0.0, 0, 0
        for s in range(count):
            hopeless = BEHIND * (lead + outside) + HOPELESS * gained
            if s > 0 and inside - gains[s] - lead > hopeless:
                continue
            for k in range(rates):
                x[k] = min(starts[s, k], upper[k])
            rss, done = refine(table, nonnegative, target, outside, x, lower, upper, state)
            last = s
            if rss < lead:
                lead, winner, out.converged[v] = rss, s, done
                best[:] = x
                gained = max(gained, inside - gains[s] - rss)
        if last != winner:
            refine(table, nonnegative, target, outside, best, lower, upper, state)
        lead, merged = merge_twins(table, nonnegative, target, best, lead, state)
        out.converged[v] |= merged
        _store(exact, state, best, lead + outside, inside + outside, v, scratch, out)


@compiled
def polish_block(
    curves: FloatArray,
    starts: FloatArray,
    exact: Exact,
    nonnegative: BoolArray,
    lower: FloatArray,
    upper: FloatArray,
    out: Estimates,
) -> None:
    """Fit the weighted `curves` (V, T) with the delay, exactly, from `starts` (S, V, x)."""
    unknowns = lower.size
    terms, rates, length = nonnegative.size, unknowns - 1, curves.shape[1]
    state = new_state(terms, rates, unknowns, length)
    size = terms + unknowns
    scratch = (np.zeros((size, length)), np.zeros((size, size)), np.zeros(size))
    x = np.zeros(unknowns)
    for v in range(curves.shape[0]):
        lead, whole = np.inf, dot(curves[v], curves[v])
        for s in range(starts.shape[0]):
            x[:] = starts[s, v]
            rss, done = refine(exact, nonnegative, curves[v], 0.0, x, lower, upper, state)
            if rss < lead:
                lead = rss
                rss, merged = merge_twins(exact, nonnegative, curves[v], x, rss, state)
                out.converged[v] = done or merged
                _store(exact, state, x, rss, whole, v, scratch, out)


@compiled
def predict_block(
    exact: Exact, amplitudes: FloatArray, unknowns: FloatArray, out: FloatArray
) -> None:
    """Evaluate curves (V, T) exactly; `unknowns` (V, q + 1) end with the delay."""
    terms, rates = amplitudes.shape[1], unknowns.shape[1] - 1
    state = new_state(terms, rates, rates + 1, exact.duration.size)
    out[:] = 0.0
    for v in range(amplitudes.shape[0]):
        x = unknowns[v]
        exact_columns(exact, x, state)
        for c in range(terms):
            factor = amplitudes[v, c] / _scale(exact, c, c - terms + rates, x)
            for t in range(exact.duration.size):
                out[v, t] += factor * state.columns[c, t]
