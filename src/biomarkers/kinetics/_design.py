"""Compiled evaluation of a model's columns, from the table or exactly."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from biomarkers.kinetics._compile import compiled
from biomarkers.kinetics._convolve import Column, Sampling, column
from biomarkers.kinetics._linear import BoolArray, FloatArray, amplitudes, dot

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


class Source(NamedTuple):
    """Where columns come from: the table, or exact convolution with the delay as an unknown."""

    table: Table
    exact: Exact
    tabulated: bool
    nonnegative: BoolArray


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
    work: FloatArray  # (p, p)


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
        np.zeros((terms, terms)),
    )


@compiled
def interpolate(
    panels: FloatArray, width: float, u: float, value: FloatArray, slope: FloatArray
) -> None:
    """Column and its derivative in u from the table (panels, degree + 1, r)."""
    panel = min(int(u / width), panels.shape[0] - 1)
    s = 2.0 * (u - panel * width) / width - 1.0
    coefficients = panels[panel]
    top = coefficients.shape[0] - 1
    scale = 2.0 / width
    for i in range(value.size):
        v = coefficients[top, i]
        d = 0.0
        for k in range(top - 1, -1, -1):
            d = d * s + v
            v = v * s + coefficients[k, i]
        value[i] = v
        slope[i] = d * scale


@compiled
def _tabulated_columns(table: Table, x: FloatArray, state: State) -> None:
    count = table.fixed.shape[0]
    state.columns[:count] = table.fixed
    for k in range(state.slopes.shape[0]):
        interpolate(
            table.panels[table.which[k]],
            table.width,
            x[k],
            state.columns[count + k],
            state.slopes[k],
        )


@compiled
def exact_columns(exact: Exact, x: FloatArray, delay: float, state: State) -> None:
    """Fill columns, slopes and shifts by exact convolution, weighted."""
    sampling = Sampling(exact.points, exact.start, exact.end, exact.duration)
    terms = state.columns.shape[0]
    fixed = terms - state.slopes.shape[0]
    out = np.empty((3, exact.duration.size))
    for c in range(terms):
        term = Column(exact.kind[c], exact.constant[c], exact.tau)
        u = x[c - fixed] if c >= fixed else 0.0
        column(term, u, exact.knots, exact.values[c], sampling, delay, out)
        state.columns[c] = out[0] * exact.root_weights
        state.shifts[c] = out[2] * exact.root_weights
        if c >= fixed:
            state.slopes[c - fixed] = out[1] * exact.root_weights


@compiled
def evaluate(source: Source, target: FloatArray, x: FloatArray, state: State) -> float:
    """Best amplitudes at the nonlinear unknowns `x`; returns the residual sum of squares.

    In the exact form the last entry of `x` is the delay.
    """
    if source.tabulated:
        _tabulated_columns(source.table, x, state)
    else:
        exact_columns(source.exact, x, x[-1], state)
    terms = state.columns.shape[0]
    for i in range(terms):
        for j in range(i + 1):
            state.gram[i, j] = dot(state.columns[i], state.columns[j])
        state.rhs[i] = dot(state.columns[i], target)
    amplitudes(
        state.gram, state.rhs, source.nonnegative, state.work, state.trial, state.coefficients
    )
    state.residual[:] = target
    for i in range(terms):
        c = state.coefficients[i]
        if c != 0.0:
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
