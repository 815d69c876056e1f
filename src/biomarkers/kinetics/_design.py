"""Compiled evaluation of a model's columns, from the table or exactly."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from biomarkers.compiling import (
    chosen_by_type,
    compiled,
    compiled_inline,
    compiled_sums,
    row_dot,
    vector_dot,
)
from biomarkers.kinetics._convolve import Column, Sampling, column
from biomarkers.kinetics._linear import (
    BoolArray,
    FloatArray,
    amplitudes,
    copy,
    dot,
    subtract,
)

IntArray = npt.NDArray[np.int64]


class Exact(NamedTuple):
    """Everything needed to compute a column at any rate and any delay.

    Columns come with the fixed ones first, then one per rate.
    """

    knots: FloatArray
    values: FloatArray  # (p, K): the concentration each column convolves
    points: FloatArray
    start: IntArray
    end: IntArray
    duration: FloatArray
    root_weights: FloatArray
    kind: IntArray
    constant: FloatArray
    tau: float


class Table(NamedTuple):
    """The columns at one delay, in the reduced space, as piecewise polynomials in u."""

    fixed: FloatArray  # (nf, r)
    panels: FloatArray  # (tables, panels, degree + 1, r)
    which: IntArray  # (q,): the table of each rate
    width: float


class State(NamedTuple):
    """Working arrays of one curve; m is the length of the space the columns live in."""

    columns: FloatArray  # (p, m)
    slopes: FloatArray  # (q, m): derivative of the rate columns in u
    shifts: FloatArray  # (p, m): derivative of the columns in the delay
    residual: FloatArray  # (m,)
    directions: FloatArray  # (x, m): derivative of the model in each nonlinear unknown
    coefficients: FloatArray  # (p,)
    trial: FloatArray  # (p,)
    gram: FloatArray  # (p, p)
    rhs: FloatArray  # (p,)
    normal: FloatArray  # (p + x, p + x): J^T J
    work: FloatArray  # (p + x, p + x)
    step: FloatArray  # (p + x,)
    gradient: FloatArray  # (x,): downhill J^T r
    bend: FloatArray  # (q,): residual times the second derivative of a rate column in u
    moved: FloatArray  # (x,)
    used: BoolArray  # (p + x,)


@compiled
def new_state(terms: int, rates: int, unknowns: int, size: int) -> State:
    """Allocate the working arrays."""
    return State(
        np.zeros((terms, size)),
        np.zeros((rates, size)),
        np.zeros((terms, size)),
        np.zeros(size),
        np.zeros((unknowns, size)),
        np.zeros(terms),
        np.zeros(terms),
        np.zeros((terms, terms)),
        np.zeros(terms),
        np.zeros((terms + unknowns, terms + unknowns)),
        np.zeros((terms + unknowns, terms + unknowns)),
        np.zeros(terms + unknowns),
        np.zeros(unknowns),
        np.zeros(rates),
        np.zeros(unknowns),
        np.zeros(terms + unknowns, dtype=np.bool_),
    )


@compiled_sums
def interpolate(
    table: Table, rate: int, u: float, values: FloatArray, row: int, slopes: FloatArray, line: int
) -> None:
    """Write a rate's column into a row of `values`, its derivative in u into one of `slopes`."""
    a, w = table.panels, table.which[rate]
    p = min(int(u / table.width), a.shape[1] - 1)
    scale = 2.0 / table.width
    s = scale * (u - p * table.width) - 1.0
    s2 = s * s
    s3, s4 = s2 * s, s2 * s2
    for i in range(values.shape[1]):
        b, c, d = a[w, p, 1, i], a[w, p, 2, i], a[w, p, 3, i]
        values[row, i] = a[w, p, 0, i] + s * b + s2 * c + s3 * d
        slopes[line, i] = scale * (b + 2.0 * s * c + 3.0 * s2 * d)
    low, high = scale * 4.0 * s3, scale * s4
    for i in range(values.shape[1]):
        b, c, d, e = a[w, p, 4, i], a[w, p, 5, i], a[w, p, 6, i], a[w, p, 7, i]
        values[row, i] += s4 * (b + s * c + s2 * d + s3 * e)
        slopes[line, i] += low * b + high * (5.0 * c + 6.0 * s * d + 7.0 * s2 * e)


@compiled_sums
def _bend(table: Table, rate: int, u: float, residual: FloatArray) -> float:
    """Inner product of the residual with a column's second derivative in u."""
    a, w = table.panels, table.which[rate]
    p = min(int(u / table.width), a.shape[1] - 1)
    scale = 2.0 / table.width
    s = scale * (u - p * table.width) - 1.0
    s2 = s * s
    s3 = s2 * s
    b, c, d, e, f = 6.0 * s, 12.0 * s2, 20.0 * s3, 30.0 * s2 * s2, 42.0 * s3 * s2
    total = 0.0
    for i in range(residual.size):
        inner = 2.0 * a[w, p, 2, i] + b * a[w, p, 3, i] + c * a[w, p, 4, i] + d * a[w, p, 5, i]
        total += residual[i] * (inner + e * a[w, p, 6, i] + f * a[w, p, 7, i])
    return scale * scale * total


@compiled
def tabulated_bends(table: Table, x: FloatArray, state: State) -> None:
    """Fill the residual's products with the second derivatives, from the table."""
    for k in range(state.bend.size):
        state.bend[k] = _bend(table, k, x[k], state.residual)


@compiled
def no_bends(exact: Exact, x: FloatArray, state: State) -> None:
    """Leave the second derivatives out, as Gauss and Newton did."""
    state.bend[:] = 0.0


@compiled
def lay_fixed(table: Table, state: State) -> None:
    """Write the columns that no rate changes, and their products, once for all curves."""
    for c in range(table.fixed.shape[0]):
        copy(table.fixed[c], state.columns[c])
        for j in range(c + 1):
            state.gram[c, j] = dot(table.fixed[c], table.fixed[j])


@compiled_inline
def tabulated_columns(table: Table, x: FloatArray, state: State) -> None:
    """Fill the rates' columns and slopes from the table; the fixed ones are laid already."""
    count = table.fixed.shape[0]
    for k in range(state.slopes.shape[0]):
        interpolate(table, k, x[k], state.columns, count + k, state.slopes, k)


@compiled
def exact_columns(exact: Exact, x: FloatArray, state: State) -> None:
    """Fill columns, slopes and shifts by exact convolution, weighted; `x` ends in the delay."""
    sampling = Sampling(exact.points, exact.start, exact.end, exact.duration)
    columns, shifts, slopes, weight = state.columns, state.shifts, state.slopes, exact.root_weights
    terms, size = columns.shape
    fixed = terms - slopes.shape[0]
    out = np.empty((3, size))
    for c in range(terms):
        term = Column(exact.kind[c], exact.constant[c], exact.tau)
        u = x[c - fixed] if c >= fixed else 0.0
        column(term, u, exact.knots, exact.values[c], sampling, x[-1], out)
        for i in range(size):
            columns[c, i] = out[0, i] * weight[i]
            shifts[c, i] = out[2, i] * weight[i]
        if c >= fixed:
            for i in range(size):
                slopes[c - fixed, i] = out[1, i] * weight[i]


def fill_columns(source: Table | Exact, x: FloatArray, state: State) -> None:
    """Fill the columns from the table or by exact convolution, by the type of `source`."""


@chosen_by_type(fill_columns)
def _fill_columns(source: Any, x: Any, state: Any) -> Callable[..., None]:
    by_type = tabulated_columns if source.instance_class is Table else exact_columns

    def fill(source: Any, x: Any, state: Any) -> None:
        by_type(source, x, state)

    return fill


def count_laid(source: Table | Exact) -> int:
    """Count the columns that `lay_fixed` wrote, by the type of `source`."""
    return source.fixed.shape[0] if isinstance(source, Table) else 0


@chosen_by_type(count_laid)
def _count_laid(source: Any) -> Callable[..., Any]:
    def of_table(source: Any) -> Any:
        return source.fixed.shape[0]

    def of_exact(source: Any) -> Any:
        return 0

    return of_table if source.instance_class is Table else of_exact


def fill_bends(source: Table | Exact, x: FloatArray, state: State) -> None:
    """Fill the residual's products with second derivatives, where the source knows them."""


@chosen_by_type(fill_bends)
def _fill_bends(source: Any, x: Any, state: Any) -> Callable[..., None]:
    by_type = tabulated_bends if source.instance_class is Table else no_bends

    def fill(source: Any, x: Any, state: Any) -> None:
        by_type(source, x, state)

    return fill


@compiled_inline
def evaluate(
    source: Table | Exact,
    nonnegative: BoolArray,
    target: FloatArray,
    x: FloatArray,
    state: State,
) -> float:
    """Best amplitudes at the nonlinear unknowns `x`; returns the residual sum of squares."""
    fill_columns(source, x, state)
    columns, gram, rhs = state.columns, state.gram, state.rhs
    coefficients, laid = state.coefficients, count_laid(source)
    for i in range(rhs.size):
        if i >= laid:
            for j in range(i + 1):
                gram[i, j] = row_dot(columns, i, columns, j)
        rhs[i] = vector_dot(columns, i, target)
    amplitudes(gram, rhs, nonnegative, state.work, state.trial, coefficients)
    return subtract(target, columns, coefficients, state.residual)


@compiled_inline
def point_directions(state: State, rates: int) -> None:
    """Fill the derivative of the model in each nonlinear unknown, amplitudes held."""
    directions, slopes, shifts = state.directions, state.slopes, state.shifts
    coefficients, size = state.coefficients, state.residual.size
    fixed = coefficients.size - rates
    for k in range(rates):
        c = coefficients[fixed + k]
        for i in range(size):
            directions[k, i] = c * slopes[k, i]
    if directions.shape[0] > rates:
        directions[rates] = 0.0
        for k in range(coefficients.size):
            c = coefficients[k]
            for i in range(size):
                directions[rates, i] += c * shifts[k, i]
