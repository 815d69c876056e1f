"""Compiled fit of one curve along one rate: amplitudes, their signs, the normal matrix.

The best fit under sign constraints is, near its rate, the best of some choice of fixed columns
with its signs free: the highest maximum, over the choices, whose amplitudes have the right signs.
"""

from typing import NamedTuple

import numpy as np

from biomarkers.compiling import ZERO, compiled, compiled_inline, compiled_sums, vector_dot
from biomarkers.kinetics._design import Table, interpolate
from biomarkers.kinetics._linear import BoolArray, FloatArray
from biomarkers.kinetics._profile import Climb, Profile, climb, is_maximum, score


class Finish(NamedTuple):
    """Working arrays of one curve; nf fixed columns."""

    gram: FloatArray  # (nf, nf): products of the fixed columns
    column: FloatArray  # (1, r): the rate's column
    slope: FloatArray  # (1, r): its derivative in u, then the residual
    products: FloatArray  # (3, nf): of the fixed columns with column, slope and curve
    coefficients: FloatArray  # (nf + 1,)
    normal: FloatArray  # (nf + 2, nf + 2): lower half of J^T J


@compiled
def new_finish(table: Table) -> Finish:
    """Allocate the working arrays."""
    fixed, size = table.fixed.shape
    return Finish(
        table.fixed @ table.fixed.T,
        np.zeros((1, size)),
        np.zeros((1, size)),
        np.zeros((3, fixed)),
        np.zeros(fixed + 1),
        np.zeros((fixed + 2, fixed + 2)),
    )


@compiled_sums
def _own_products(column: FloatArray, slope: FloatArray) -> tuple[float, float, float]:
    """Products of the column and its slope with themselves and each other."""
    square, cross, steep = 0.0, 0.0, 0.0
    for i in range(column.shape[1]):
        square += column[0, i] * column[0, i]
        cross += column[0, i] * slope[0, i]
        steep += slope[0, i] * slope[0, i]
    return square, cross, steep


@compiled_sums
def _fixed_products(
    fixed: FloatArray, f: int, column: FloatArray, slope: FloatArray, products: FloatArray
) -> None:
    """Products of a fixed column with the rate's column and its slope."""
    level, steep = 0.0, 0.0
    for i in range(column.shape[1]):
        level += fixed[f, i] * column[0, i]
        steep += fixed[f, i] * slope[0, i]
    products[0, f], products[1, f] = level, steep


@compiled_sums
def _residual(
    fixed: FloatArray,
    target: FloatArray,
    column: FloatArray,
    coefficients: FloatArray,
    rest: FloatArray,
) -> float:
    """Residual, written to `rest`, and its sum of squares."""
    last = fixed.shape[0]
    amplitude = coefficients[last]
    for i in range(target.size):
        rest[0, i] = target[i] - amplitude * column[0, i]
    for f in range(last):
        amplitude = coefficients[f]
        for i in range(target.size):
            rest[0, i] -= amplitude * fixed[f, i]
    total = 0.0
    for i in range(target.size):
        total += rest[0, i] * rest[0, i]
    return total


@compiled_inline
def begin(table: Table, target: FloatArray, work: Finish) -> None:
    """Take up a curve: its products with the fixed columns."""
    for f in range(table.fixed.shape[0]):
        work.products[2, f] = vector_dot(table.fixed, f, target)


@compiled
def finish(
    table: Table, solver: FloatArray, target: FloatArray, u: float, amplitude: float, work: Finish
) -> float:
    """Fill coefficients and normal matrix at the rate u; returns the residual sum of squares.

    `solver` is of the fixed columns present; the others' coefficients become 0.
    """
    fixed, column, slope = table.fixed, work.column, work.slope
    gram, normal, products, coefficients = work.gram, work.normal, work.products, work.coefficients
    last = fixed.shape[0]
    interpolate(table, ZERO, u, column, ZERO, slope, ZERO)
    square, cross, steep = _own_products(column, slope)
    for f in range(last):
        _fixed_products(fixed, f, column, slope, products)
    for f in range(last):
        value = 0.0
        for e in range(last):
            value += solver[f, e] * (products[2, e] - amplitude * products[0, e])
        coefficients[f] = value
        for e in range(f + 1):
            normal[f, e] = gram[f, e]
        normal[last, f] = products[0, f]
        normal[last + 1, f] = amplitude * products[1, f]
    coefficients[last] = amplitude
    normal[last, last] = square
    normal[last + 1, last] = amplitude * cross
    normal[last + 1, last + 1] = amplitude * amplitude * steep
    return float(_residual(fixed, target, column, coefficients, slope))


@compiled
def signs_hold(signs: BoolArray, coefficients: FloatArray) -> bool:
    """Whether no amplitude bound to be 0 or more is below 0."""
    wrong = 0
    for i in range(coefficients.size):
        wrong += signs[i] and coefficients[i] < 0.0
    return wrong == 0


@compiled
def _fixed_alone(solver: FloatArray, signs: BoolArray, work: Finish) -> tuple[float, bool]:
    """Give what the fixed columns present explain alone, and whether their signs are right."""
    onto, gain, wrong = work.products, 0.0, 0
    for f in range(solver.shape[0]):
        value = 0.0
        for e in range(solver.shape[0]):
            value += solver[f, e] * onto[2, e]
        gain += value * onto[2, f]
        wrong += signs[f] and value < 0.0
    return gain, wrong == 0


@compiled
def finish_with_signs(
    profile: Profile,
    table: Table,
    signs: BoolArray,
    target: FloatArray,
    work: Finish,
    climbing: Climb,
) -> tuple[float, float]:
    """Finish on the highest maximum of all choices of fixed columns that has the right signs.

    Returns the rate, 0 where its amplitude is, and the residual sum of squares within reach.
    """
    nodes, solvers, scores = profile.nodes, profile.solvers, climbing.scores
    lead, u, amplitude, chosen = -np.inf, 0.0, 0.0, 0
    for choice in range(solvers.shape[0]):
        solver = solvers[choice]
        alone, right = _fixed_alone(solver, signs, work)
        if right and alone > lead:
            lead, u, amplitude, chosen = alone, 0.0, 0.0, choice
        score(profile, choice, target, not signs[-1], climbing)
        for g in range(nodes.size):
            if not is_maximum(scores, nodes.size, g):
                continue
            peak = climb(profile, choice, target, g, climbing)
            if not peak.found or alone + peak.explained <= lead:
                continue
            finish(table, solver, target, peak.u, peak.amplitude, work)
            if signs_hold(signs, work.coefficients):
                lead, chosen = alone + peak.explained, choice
                u, amplitude = peak.u, peak.amplitude
    return u, finish(table, solvers[chosen], target, u, amplitude, work)
