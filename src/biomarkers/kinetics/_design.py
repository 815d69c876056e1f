"""Compiled evaluation of a model's columns, from the table or exactly."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from biomarkers.kinetics._compile import chosen_by_type, compiled, compiled_sums
from biomarkers.kinetics._convolve import Column, Sampling, column
from biomarkers.kinetics._linear import BoolArray, FloatArray, amplitudes, dot, row_dot

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
    panels: FloatArray, width: float, u: float, value: FloatArray, slope: FloatArray
) -> None:
    """Column and its derivative in u from the table (panels, degree + 1, r); degree 7."""
    panel = min(int(u / width), panels.shape[0] - 1)
    scale = 2.0 / width
    s = scale * (u - panel * width) - 1.0
    s2 = s * s
    s3, s4 = s2 * s, s2 * s2
    a = panels[panel]
    for i in range(value.size):
        value[i] = a[0, i] + s * a[1, i] + s2 * a[2, i] + s3 * a[3, i]
        slope[i] = scale * (a[1, i] + 2.0 * s * a[2, i] + 3.0 * s2 * a[3, i])
    low, high = scale * 4.0 * s3, scale * s4
    for i in range(value.size):
        value[i] += s4 * (a[4, i] + s * a[5, i] + s2 * a[6, i] + s3 * a[7, i])
        slope[i] += low * a[4, i] + high * (5.0 * a[5, i] + 6.0 * s * a[6, i] + 7.0 * s2 * a[7, i])


@compiled_sums
def _bend(panels: FloatArray, width: float, u: float, residual: FloatArray) -> float:
    """Inner product of the residual with a column's second derivative in u."""
    panel = min(int(u / width), panels.shape[0] - 1)
    scale = 2.0 / width
    s = scale * (u - panel * width) - 1.0
    s2 = s * s
    s3 = s2 * s
    b, c, d, e, f = 6.0 * s, 12.0 * s2, 20.0 * s3, 30.0 * s2 * s2, 42.0 * s3 * s2
    a = panels[panel]
    total = 0.0
    for i in range(residual.size):
        inner = 2.0 * a[2, i] + b * a[3, i] + c * a[4, i] + d * a[5, i]
        total += residual[i] * (inner + e * a[6, i] + f * a[7, i])
    return scale * scale * total


@compiled
def tabulated_bends(table: Table, x: FloatArray, state: State) -> None:
    """Fill the residual's products with the second derivatives, from the table."""
    for k in range(state.bend.size):
        panels = table.panels[table.which[k]]
        state.bend[k] = _bend(panels, table.width, x[k], state.residual)


@compiled
def no_bends(exact: Exact, x: FloatArray, state: State) -> None:
    """Leave the second derivatives out, as Gauss and Newton did."""
    state.bend[:] = 0.0


@compiled
def tabulated_columns(table: Table, x: FloatArray, state: State) -> None:
    """Fill columns and slopes from the table."""
    count = table.fixed.shape[0]
    for c in range(count):
        for i in range(state.residual.size):
            state.columns[c, i] = table.fixed[c, i]
    for k in range(state.slopes.shape[0]):
        interpolate(
            table.panels[table.which[k]],
            table.width,
            x[k],
            state.columns[count + k],
            state.slopes[k],
        )


@compiled
def exact_columns(exact: Exact, x: FloatArray, state: State) -> None:
    """Fill columns, slopes and shifts by exact convolution, weighted; `x` ends in the delay."""
    sampling = Sampling(exact.points, exact.start, exact.end, exact.duration)
    terms = state.columns.shape[0]
    fixed = terms - state.slopes.shape[0]
    out = np.empty((3, exact.duration.size))
    for c in range(terms):
        term = Column(exact.kind[c], exact.constant[c], exact.tau)
        u = x[c - fixed] if c >= fixed else 0.0
        column(term, u, exact.knots, exact.values[c], sampling, x[-1], out)
        state.columns[c] = out[0] * exact.root_weights
        state.shifts[c] = out[2] * exact.root_weights
        if c >= fixed:
            state.slopes[c - fixed] = out[1] * exact.root_weights


def fill_columns(source: Table | Exact, x: FloatArray, state: State) -> None:
    """Fill the columns from the table or by exact convolution, by the type of `source`."""


@chosen_by_type(fill_columns)
def _fill_columns(source: Any, x: Any, state: Any) -> Callable[..., None]:
    by_type = tabulated_columns if source.instance_class is Table else exact_columns

    def fill(source: Any, x: Any, state: Any) -> None:
        by_type(source, x, state)

    return fill


def fill_bends(source: Table | Exact, x: FloatArray, state: State) -> None:
    """Fill the residual's products with second derivatives, where the source knows them."""


@chosen_by_type(fill_bends)
def _fill_bends(source: Any, x: Any, state: Any) -> Callable[..., None]:
    by_type = tabulated_bends if source.instance_class is Table else no_bends

    def fill(source: Any, x: Any, state: Any) -> None:
        by_type(source, x, state)

    return fill


@compiled
def evaluate(
    source: Table | Exact,
    nonnegative: BoolArray,
    target: FloatArray,
    x: FloatArray,
    state: State,
) -> float:
    """Best amplitudes at the nonlinear unknowns `x`; returns the residual sum of squares."""
    fill_columns(source, x, state)
    terms = state.columns.shape[0]
    for i in range(terms):
        for j in range(i + 1):
            state.gram[i, j] = row_dot(state.columns, i, state.columns, j)
        state.rhs[i] = dot(state.columns[i], target)
    amplitudes(state.gram, state.rhs, nonnegative, state.work, state.trial, state.coefficients)
    for k in range(target.size):
        state.residual[k] = target[k]
    for i in range(terms):
        c = state.coefficients[i]
        for k in range(target.size):
            state.residual[k] -= c * state.columns[i, k]
    return dot(state.residual, state.residual)


@compiled
def point_directions(state: State, rates: int) -> None:
    """Fill the derivative of the model in each nonlinear unknown, amplitudes held."""
    terms = state.columns.shape[0]
    fixed = terms - rates
    for k in range(rates):
        c = state.coefficients[fixed + k]
        for i in range(state.residual.size):
            state.directions[k, i] = c * state.slopes[k, i]
    if state.directions.shape[0] > rates:
        state.directions[rates] = 0.0
        for c in range(terms):
            for i in range(state.residual.size):
                state.directions[rates, i] += state.coefficients[c] * state.shifts[c, i]
