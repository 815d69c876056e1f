"""Compiled core of the exact convolution: one input, one rate, all sampling points.

The input is piecewise linear between its samples, so on each of its segments the convolution
with an exponential has a closed form in the phi functions

    phi_0(x) = exp(-x),   phi_n(x) = 1/(n-1)! * integral_0^1 exp(-x (1-u)) u^(n-1) du,

which stay accurate from x = 0 to any x (Hochbruck & Ostermann, Acta Numerica 2010;19:209.
doi:10.1017/S0962492910000048, section 2.1, with the sign of x turned). Their
derivative is phi_n' = n phi_(n+1) - phi_n.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from biomarkers.compiling import compiled

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

CONCENTRATION, RESPONSE, RESPONSE_RATE, INTEGRAL, INTEGRAL_RATE = range(5)
QUANTITIES = 5
DIRECT, DECAY, RELATIVE = range(3)
_SERIES_TERMS = 14


class Sampling(NamedTuple):
    """Where the response is read: sorted points, and the two points of each frame."""

    points: FloatArray
    start: IntArray
    end: IntArray
    duration: FloatArray


class Column(NamedTuple):
    """One term of a model as the compiled code sees it."""

    kind: int
    constant: float
    tau: float


@compiled
def phi(x: float) -> tuple[float, float, float, float, float]:
    """phi_0 … phi_4 at x >= 0."""
    if x > 1.0:
        p0 = np.exp(-x)
        p1 = -np.expm1(-x) / x
        p2 = (1.0 - p1) / x
        p3 = (0.5 - p2) / x
        return p0, p1, p2, p3, (1.0 / 6.0 - p3) / x
    term = 1.0 / 24.0
    p4 = term
    for k in range(1, _SERIES_TERMS):
        term *= -x / (k + 4)
        p4 += term
    p3 = 1.0 / 6.0 - x * p4
    p2 = 0.5 - x * p3
    p1 = 1.0 - x * p2
    return 1.0 - x * p1, p1, p2, p3, p4


@compiled
def _advance(rate: float, step: float, level: float, slope: float, state: FloatArray) -> None:
    """Carry (response, its rate derivative, integral, its rate derivative) over one step.

    Within the step the concentration is ``level + slope * s``.
    """
    p0, p1, p2, p3, p4 = phi(rate * step)
    response, response_rate = state[RESPONSE], state[RESPONSE_RATE]
    s2 = step * step
    s3 = s2 * step
    d1 = p2 - p1
    d2 = 2.0 * p3 - p2
    d3 = 3.0 * p4 - p3
    state[INTEGRAL] += response * step * p1 + level * s2 * p2 + slope * s3 * p3
    state[INTEGRAL_RATE] += (
        response_rate * step * p1 + response * s2 * d1 + level * s3 * d2 + slope * s3 * step * d3
    )
    state[RESPONSE] = response * p0 + level * step * p1 + slope * s2 * p2
    state[RESPONSE_RATE] = (
        (response_rate - step * response) * p0 + level * s2 * d1 + slope * s3 * d2
    )
    state[CONCENTRATION] = level + slope * step


@compiled
def trace(
    rate: float,
    knots: FloatArray,
    values: FloatArray,
    points: FloatArray,
    delay: float,
    out: FloatArray,
) -> None:
    """Fill ``out`` (5, P): concentration, response, integral and rate derivatives at points.

    Points are sorted, and read `delay` earlier; before the first knot all is zero, after the
    last one the concentration holds its last value.
    """
    state = np.zeros(QUANTITIES)
    here = np.zeros(QUANTITIES)
    last = knots.size - 1
    k = 0
    for i in range(points.size):
        t = points[i] - delay
        if t < knots[0]:
            out[:, i] = 0.0
            continue
        while k < last and knots[k + 1] <= t:
            step = knots[k + 1] - knots[k]
            _advance(rate, step, values[k], (values[k + 1] - values[k]) / step, state)
            k += 1
        slope = 0.0
        if k < last:
            slope = (values[k + 1] - values[k]) / (knots[k + 1] - knots[k])
        # element by element: to assign whole arrays costs seconds of compilation
        for j in range(QUANTITIES):
            here[j] = state[j]
        _advance(rate, t - knots[k], values[k], slope, here)
        for j in range(QUANTITIES):
            out[j, i] = here[j]


@compiled
def _slope_at(t: float, knots: FloatArray, values: FloatArray) -> float:
    """Right-hand time derivative of the concentration."""
    k = np.searchsorted(knots, t, side="right") - 1
    if k < 0 or k >= knots.size - 1:
        return 0.0
    return float((values[k + 1] - values[k]) / (knots[k + 1] - knots[k]))


@compiled
def sample(
    rate: float,
    knots: FloatArray,
    values: FloatArray,
    sampling: Sampling,
    delay: float,
    response: FloatArray,
) -> None:
    """Response to a rate as the scanner reads it.

    Fills ``response`` (3, T): the response, its rate derivative and its delay derivative, as
    averages over each frame, or values at the instant where a frame has no duration.
    """
    at = np.empty((QUANTITIES, sampling.points.size))
    trace(rate, knots, values, sampling.points, delay, at)
    for i in range(sampling.duration.size):
        a, b, width = sampling.start[i], sampling.end[i], sampling.duration[i]
        if width > 0.0:
            response[0, i] = (at[INTEGRAL, b] - at[INTEGRAL, a]) / width
            response[1, i] = (at[INTEGRAL_RATE, b] - at[INTEGRAL_RATE, a]) / width
            response[2, i] = -(at[RESPONSE, b] - at[RESPONSE, a]) / width
        else:
            response[0, i] = at[RESPONSE, a]
            response[1, i] = at[RESPONSE_RATE, a]
            response[2, i] = -(at[CONCENTRATION, a] - rate * at[RESPONSE, a])


@compiled
def sample_direct(
    knots: FloatArray, values: FloatArray, sampling: Sampling, delay: float, direct: FloatArray
) -> None:
    """Concentration and its delay derivative as the scanner reads them, into (2, T)."""
    at = np.empty((QUANTITIES, sampling.points.size))
    trace(0.0, knots, values, sampling.points, delay, at)
    for i in range(sampling.duration.size):
        a, b, width = sampling.start[i], sampling.end[i], sampling.duration[i]
        if width > 0.0:
            direct[0, i] = (at[RESPONSE, b] - at[RESPONSE, a]) / width
            direct[1, i] = -(at[CONCENTRATION, b] - at[CONCENTRATION, a]) / width
        else:
            direct[0, i] = at[CONCENTRATION, a]
            direct[1, i] = -_slope_at(sampling.points[a] - delay, knots, values)


@compiled
def column(
    term: Column,
    u: float,
    knots: FloatArray,
    values: FloatArray,
    sampling: Sampling,
    delay: float,
    out: FloatArray,
) -> None:
    """One scaled column of the design: value, derivative in u, derivative in delay (3, T).

    The rate is theta = expm1(u) / tau. A decay column is multiplied by theta + 1/tau, so that
    it stays of the concentration's size from theta = 0 (the mean of the integral) to large
    theta (the concentration itself).
    """
    count = sampling.duration.size
    direct, response = np.empty((2, count)), np.empty((3, count))
    theta = np.expm1(u) / term.tau
    scale = theta + 1.0 / term.tau
    if term.kind != DECAY:
        sample_direct(knots, values, sampling, delay, direct)
    if term.kind != DIRECT:
        sample(theta, knots, values, sampling, delay, response)
    kind, gap = term.kind, term.constant - theta
    for i in range(count):
        if kind == DIRECT:
            out[0, i], out[1, i], out[2, i] = direct[0, i], 0.0, direct[1, i]
        elif kind == DECAY:
            out[0, i] = scale * response[0, i]
            out[1, i] = scale * (response[0, i] + scale * response[1, i])
            out[2, i] = scale * response[2, i]
        else:
            out[0, i] = direct[0, i] + gap * response[0, i]
            out[1, i] = scale * (gap * response[1, i] - response[0, i])
            out[2, i] = direct[1, i] + gap * response[2, i]
