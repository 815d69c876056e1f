"""The convolution against adaptive quadrature, and its derivatives against differences."""

import itertools

import numpy as np
import pytest
from scipy.integrate import quad

from biomarkers.errors import InputError
from biomarkers.kinetics import read, respond
from biomarkers.timing import Frames

TIME = np.array([2.0, 5.0, 9.0, 10.0, 30.0, 31.0, 80.0])
LEVELS = np.array([0.5, 3.0, 1.0, 4.0, 2.0, 2.5, 0.2])
INSTANTS = np.array([0.0, 2.0, 3.5, 9.0, 25.0, 60.0, 79.0])
RATES = [0.0, 1e-9, 1e-4, 0.013, 0.3, 7.0]


def concentration(t):
    return float(np.interp(t, TIME, LEVELS)) if t >= TIME[0] else 0.0


def truth(rate, t):
    """Convolution by quadrature, split where the input bends."""
    edges = [t] if t <= TIME[0] else [TIME[0], *TIME[(TIME[0] < TIME) & (t > TIME)], t]
    edges += [t - k / rate for k in (1, 5, 25) if rate > 0 and t - k / rate > TIME[0]]
    edges = sorted(edges)
    return sum(
        quad(lambda s: np.exp(-rate * (t - s)) * concentration(s), a, b, epsabs=1e-13)[0]
        for a, b in itertools.pairwise(edges)
    )


@pytest.mark.parametrize("rate", RATES)
def test_instants_match_quadrature(rate):
    found = respond(rate, TIME, LEVELS, Frames.instants(INSTANTS)).value
    np.testing.assert_allclose(found, [truth(rate, t) for t in INSTANTS], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("rate", RATES)
def test_frames_are_averages(rate):
    frames = Frames([0.0, 4.0, 12.0, 29.0, 55.0], [4.0, 8.0, 17.0, 3.0, 20.0])
    found = respond(rate, TIME, LEVELS, frames, delay=1.5).value
    for value, start, width in zip(found, frames.start, frames.duration, strict=True):
        inside = TIME[(start < TIME + 1.5) & (start + width > TIME + 1.5)] + 1.5
        whole = quad(
            lambda t: truth(rate, t - 1.5), start, start + width, points=inside, epsabs=1e-11
        )[0]
        assert value == pytest.approx(whole / width, rel=1e-8, abs=1e-11)


@pytest.mark.parametrize("duration", [0.0, 3.0])
@pytest.mark.parametrize("rate", [1e-4, 0.02, 0.8])
def test_derivatives_match_differences(rate, duration):
    start = np.array([0.0, 6.0, 14.0, 40.0, 70.3])
    frames = Frames(start, np.full(start.size, duration))
    found = respond(rate, TIME, LEVELS, frames, delay=0.37)
    h = 1e-5 * rate
    up, down = (respond(rate + s * h, TIME, LEVELS, frames, delay=0.37).value for s in (1, -1))
    np.testing.assert_allclose(found.by_rate, (up - down) / (2 * h), rtol=1e-6, atol=1e-6)
    h = 1e-5
    late, early = (respond(rate, TIME, LEVELS, frames, delay=0.37 + s * h).value for s in (1, -1))
    np.testing.assert_allclose(found.by_delay, (late - early) / (2 * h), rtol=1e-6, atol=1e-8)


def test_an_exponential_of_an_exponential_in_closed_form():
    # (exp(-a t) ⊗ b exp(-b t)) for a finely sampled input; the error is the sampling's alone
    fine = np.linspace(0, 200, 200_001)
    a, b = 0.02, 0.11
    found = respond(a, fine, b * np.exp(-b * fine), Frames.instants([50.0, 150.0])).value
    t = np.array([50.0, 150.0])
    np.testing.assert_allclose(found, b / (b - a) * (np.exp(-a * t) - np.exp(-b * t)), rtol=1e-8)


def test_small_and_large_rates_join_smoothly():
    frames = Frames.instants([75.0])
    whole = respond(0.0, TIME, LEVELS, frames)
    tiny = respond(1e-7, TIME, LEVELS, frames)
    assert tiny.value[0] == pytest.approx(whole.value[0] + 1e-7 * whole.by_rate[0], rel=1e-10)
    fast = respond(1e6, TIME, LEVELS, frames).value * 1e6
    assert fast[0] == pytest.approx(concentration(75.0), rel=1e-5)


def test_the_input_is_held_after_its_end_and_absent_before_its_start():
    found = read(TIME, LEVELS, Frames.instants([0.0, 1.9, 2.0, 90.0]))
    np.testing.assert_allclose(found, [0.0, 0.0, 0.5, 0.2])


def test_a_negative_rate_is_refused():
    with pytest.raises(InputError, match="rate -1"):
        respond(-1.0, TIME, LEVELS, Frames.instants([1.0]))
