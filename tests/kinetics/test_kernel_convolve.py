"""The exact convolution against quadrature, and its derivatives against differences."""

from itertools import pairwise
from math import factorial

import numpy as np
import pytest
from scipy.integrate import quad

from biomarkers.kinetics._convolve import (
    CONCENTRATION,
    DECAY,
    DIRECT,
    INTEGRAL,
    INTEGRAL_RATE,
    QUANTITIES,
    RELATIVE,
    RESPONSE,
    RESPONSE_RATE,
    Column,
    Sampling,
    _slope_at,
    column,
    phi,
    sample,
    sample_direct,
    trace,
)

KNOTS = np.array([1.0, 3.0, 4.0, 8.0, 12.0])
VALUES = np.array([0.0, 5.0, 2.0, 1.5, 0.5])
POINTS = np.array([0.0, 1.0, 2.5, 3.0, 7.0, 12.0, 15.0])
RATES = [0.0, 0.02, 0.4, 3.0]
SAMPLING = Sampling(
    points=np.array([0.5, 2.0, 3.5, 6.0, 9.0, 14.0]),
    start=np.array([0, 1, 2, 3, 4]),
    end=np.array([1, 2, 3, 3, 5]),
    duration=np.array([1.5, 1.5, 2.5, 0.0, 5.0]),
)
TAU = 14.0


def concentration(t):
    return np.interp(t, KNOTS, VALUES, left=0.0)


def integral(function, end):
    """Integral from the first knot, piece by piece between the knots."""
    edges = [KNOTS[0], *(knot for knot in KNOTS if KNOTS[0] < knot < end), end]
    if end <= KNOTS[0]:
        return 0.0
    return sum(quad(function, *ends, epsabs=1e-13, epsrel=1e-13)[0] for ends in pairwise(edges))


def expected_trace(rate, t):
    """Concentration, response, its rate derivative, integral, its rate derivative at t."""

    def weighed(weight):
        return integral(lambda s: concentration(s) * weight(t - s), t)

    def since(age):
        return age if rate == 0.0 else -np.expm1(-rate * age) / rate

    def since_rate(age):
        if rate == 0.0:
            return -0.5 * age**2
        return (np.exp(-rate * age) * (1.0 + rate * age) - 1.0) / rate**2

    values = np.zeros(QUANTITIES)
    values[CONCENTRATION] = concentration(t)
    values[RESPONSE] = weighed(lambda age: np.exp(-rate * age))
    values[RESPONSE_RATE] = weighed(lambda age: -age * np.exp(-rate * age))
    values[INTEGRAL] = weighed(since)
    values[INTEGRAL_RATE] = weighed(since_rate)
    return values


@pytest.mark.parametrize("x", [0.0, 1e-9, 1e-3, 0.5, 1.0, np.nextafter(1.0, 2.0), 4.0, 60.0])
def test_phi_is_the_integral_that_defines_it(x):
    expected = [np.exp(-x)]
    for n in range(1, 5):

        def weight(u, n=n):
            return np.exp(-x * (1.0 - u)) * u ** (n - 1) / factorial(n - 1)

        expected.append(quad(weight, 0.0, 1.0, epsabs=1e-14, epsrel=1e-13)[0])
    np.testing.assert_allclose(phi(x), expected, rtol=1e-10)


@pytest.mark.parametrize("x", [0.0, 0.7, 2.5])
def test_the_slope_of_phi_is_made_of_the_next_one(x):
    step = 1e-5
    below, above = phi(max(x - step, 0.0)), phi(x + step)
    slopes = (np.array(above) - below) / (step + min(x, step))
    at = np.array(phi(x + 0.5 * (step - min(x, step))))
    n = np.arange(4)
    np.testing.assert_allclose(slopes[:4], n * at[1:] - at[:4], rtol=1e-6)


@pytest.mark.parametrize("rate", RATES)
def test_trace_is_the_convolution_by_quadrature(rate):
    out = np.full((QUANTITIES, POINTS.size), np.nan)
    trace(rate, KNOTS, VALUES, POINTS, 0.0, out)
    expected = np.transpose([expected_trace(rate, t) for t in POINTS])
    np.testing.assert_allclose(out, expected, rtol=1e-9, atol=1e-12)


def test_a_delay_reads_earlier():
    late, now = np.empty((2, QUANTITIES, POINTS.size))
    trace(0.4, KNOTS, VALUES, POINTS + 1.3, 1.3, late)
    trace(0.4, KNOTS, VALUES, POINTS, 0.0, now)
    np.testing.assert_allclose(late, now, rtol=1e-12, atol=1e-14)


def test_the_slope_is_that_to_the_right():
    expected = {0.9: 0.0, 1.0: 2.5, 2.0: 2.5, 3.0: -3.0, 4.0: -0.125, 11.9: -0.25, 12.0: 0.0}
    found = [_slope_at(t, KNOTS, VALUES) for t in expected]
    np.testing.assert_allclose(found, list(expected.values()))


def sampled(rate, delay):
    out = np.empty((3, SAMPLING.duration.size))
    sample(rate, KNOTS, VALUES, SAMPLING, delay, out)
    return out


def directly(delay):
    out = np.empty((2, SAMPLING.duration.size))
    sample_direct(KNOTS, VALUES, SAMPLING, delay, out)
    return out


@pytest.mark.parametrize("rate", RATES)
def test_frames_hold_averages_of_the_response_and_instants_its_value(rate):
    def response(t):
        return expected_trace(rate, t)[RESPONSE]

    delay, expected = 0.3, []
    for i, width in enumerate(SAMPLING.duration):
        start = SAMPLING.points[SAMPLING.start[i]] - delay
        if width == 0.0:
            expected.append(response(start))
            continue
        inside = [knot for knot in KNOTS if start < knot < start + width]
        mean = quad(response, start, start + width, points=inside or None)[0] / width
        expected.append(mean)
    np.testing.assert_allclose(sampled(rate, delay)[0], expected, rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize("rate", RATES[1:])
def test_derivatives_of_the_response_are_those_of_differences(rate):
    step, delay = 1e-5, 0.3
    by_rate = (sampled(rate + step, delay)[0] - sampled(rate - step, delay)[0]) / (2 * step)
    by_delay = (sampled(rate, delay + step)[0] - sampled(rate, delay - step)[0]) / (2 * step)
    found = sampled(rate, delay)
    np.testing.assert_allclose(found[1], by_rate, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(found[2], by_delay, rtol=1e-6, atol=1e-8)


def test_the_concentration_itself_is_averaged_and_has_a_slope():
    step, delay = 1e-5, 0.3
    found = directly(delay)
    for i, width in enumerate(SAMPLING.duration):
        start = SAMPLING.points[SAMPLING.start[i]] - delay
        if width == 0.0:
            assert found[0, i] == pytest.approx(concentration(start))
        else:
            area = integral(concentration, start + width) - integral(concentration, start)
            assert found[0, i] == pytest.approx(area / width)
    by_delay = (directly(delay + step)[0] - directly(delay - step)[0]) / (2 * step)
    np.testing.assert_allclose(found[1], by_delay, rtol=1e-6, atol=1e-8)


def column_of(term, u, delay):
    out = np.empty((3, SAMPLING.duration.size))
    column(term, u, KNOTS, VALUES, SAMPLING, delay, out)
    return out


TERMS = [Column(DIRECT, 0.0, TAU), Column(DECAY, 0.0, TAU), Column(RELATIVE, 0.05, TAU)]


@pytest.mark.parametrize("u", [0.0, 0.8, 2.5])
def test_columns_are_made_of_the_concentration_and_its_response(u):
    delay, rate = 0.3, np.expm1(u) / TAU
    direct, response = directly(delay)[0], sampled(rate, delay)[0]
    expected = direct, (rate + 1.0 / TAU) * response, direct + (0.05 - rate) * response
    for term, value in zip(TERMS, expected, strict=True):
        np.testing.assert_allclose(column_of(term, u, delay)[0], value, rtol=1e-12)


@pytest.mark.parametrize("term", TERMS)
@pytest.mark.parametrize("u", [0.1, 0.8, 2.5])
def test_derivatives_of_columns_are_those_of_differences(term, u):
    step, delay = 1e-5, 0.3
    by_u = (column_of(term, u + step, delay)[0] - column_of(term, u - step, delay)[0]) / (2 * step)
    ahead, behind = column_of(term, u, delay + step)[0], column_of(term, u, delay - step)[0]
    found = column_of(term, u, delay)
    np.testing.assert_allclose(found[1], by_u, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(found[2], (ahead - behind) / (2 * step), rtol=1e-6, atol=1e-8)
