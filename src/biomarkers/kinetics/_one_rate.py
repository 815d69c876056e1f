"""Compiled finish of a fit along one rate: amplitudes, residual and normal matrix, signs free."""

from typing import NamedTuple

import numpy as np

from biomarkers.compiling import compiled, compiled_sums
from biomarkers.kinetics._design import Table, interpolate
from biomarkers.kinetics._linear import FloatArray


class Finish(NamedTuple):
    """Working arrays of one curve; nf fixed columns."""

    gram: FloatArray  # (nf, nf): products of the fixed columns
    solver: FloatArray  # (nf, nf): its inverse
    column: FloatArray  # (1, r): the rate's column
    slope: FloatArray  # (1, r): its derivative in u, then the residual
    products: FloatArray  # (3, nf): of the fixed columns with column, slope and curve
    coefficients: FloatArray  # (nf + 1,)
    normal: FloatArray  # (nf + 2, nf + 2): lower half of J^T J


@compiled
def new_finish(table: Table, solver: FloatArray) -> Finish:
    """Allocate the working arrays; `solver` inverts the products of the fixed columns."""
    fixed, size = table.fixed.shape
    return Finish(
        table.fixed @ table.fixed.T,
        solver,
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
def _fixed_products(fixed: FloatArray, f: int, target: FloatArray, work: Finish) -> None:
    """Products of a fixed column with the rate's column, its slope and the curve."""
    level, steep, onto = 0.0, 0.0, 0.0
    for i in range(target.size):
        level += fixed[f, i] * work.column[0, i]
        steep += fixed[f, i] * work.slope[0, i]
        onto += fixed[f, i] * target[i]
    work.products[0, f], work.products[1, f], work.products[2, f] = level, steep, onto


@compiled_sums
def _residual(fixed: FloatArray, target: FloatArray, work: Finish) -> float:
    """Residual sum of squares; the residual overwrites the slope."""
    rest, last = work.slope, fixed.shape[0]
    amplitude = work.coefficients[last]
    for i in range(target.size):
        rest[0, i] = target[i] - amplitude * work.column[0, i]
    for f in range(last):
        amplitude = work.coefficients[f]
        for i in range(target.size):
            rest[0, i] -= amplitude * fixed[f, i]
    total = 0.0
    for i in range(target.size):
        total += rest[0, i] * rest[0, i]
    return total


@compiled
def finish(table: Table, target: FloatArray, u: float, amplitude: float, work: Finish) -> float:
    """Fill coefficients and normal matrix at the rate u; returns the residual sum of squares."""
    last = table.fixed.shape[0]
    interpolate(table, 0, u, work.column, 0, work.slope, 0)
    square, cross, steep = _own_products(work.column, work.slope)
    normal, solver, products = work.normal, work.solver, work.products
    for f in range(last):
        _fixed_products(table.fixed, f, target, work)
    for f in range(last):
        value = 0.0
        for e in range(last):
            value += solver[f, e] * (products[2, e] - amplitude * products[0, e])
        work.coefficients[f] = value
        for e in range(f + 1):
            normal[f, e] = work.gram[f, e]
        normal[last, f] = products[0, f]
        normal[last + 1, f] = amplitude * products[1, f]
    work.coefficients[last] = amplitude
    normal[last, last] = square
    normal[last + 1, last] = amplitude * cross
    normal[last + 1, last + 1] = amplitude * amplitude * steep
    return float(_residual(table.fixed, target, work))
