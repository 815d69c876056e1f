"""Magnitudes in noise: ratios of Bessel functions, information and counts, against scipy."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import i0e, i1e

from biomarkers.relaxometry._rician import (
    FLOOR_ODDS,
    along,
    bessel_ratio,
    count_above_noise,
    information,
    information_table,
    usable,
)


@pytest.mark.parametrize("z", [0.0, 1e-6, 0.3, 2.0, 11.0, 24.9, 25.1, 60.0, 1e4])
def test_the_ratio_of_bessel_functions(z):
    assert bessel_ratio(z) == pytest.approx(i1e(z) / i0e(z), abs=1e-7)


def test_the_part_along_the_signal_has_the_signals_sign():
    z = 3.0 * 1.5 / 0.5**2
    expected = 3.0 * i1e(z) / i0e(z)
    assert along(3.0, 1.5, 0.5) == pytest.approx(expected, rel=1e-6)
    assert along(3.0, -1.5, 0.5) == pytest.approx(-expected, rel=1e-6)


def fisher(ratio):
    """Information of one magnitude about its signal, noise of 1, from the score."""

    def weighed(m):
        score = m * i1e(ratio * m) / i0e(ratio * m) - ratio
        return m * np.exp(-0.5 * (m - ratio) ** 2) * i0e(ratio * m) * score**2

    return quad(weighed, 0.0, ratio + 12.0, epsabs=1e-11, limit=200)[0]


@pytest.mark.parametrize("ratio", [0.0, 0.05, 0.5, 1.37, 3.0, 7.77, 11.95])
def test_information_is_the_mean_square_of_the_score(ratio):
    assert information(information_table(), ratio) == pytest.approx(fisher(ratio), abs=3e-4)


@pytest.mark.parametrize("ratio", [12.0, 30.0])
def test_far_above_the_noise_little_information_is_lost(ratio):
    assert information(information_table(), ratio) == 1.0 - 0.5 / ratio**2
    if ratio == 12.0:
        assert information(information_table(), ratio) == pytest.approx(fisher(ratio), abs=1e-4)


@pytest.mark.parametrize(
    ("signal", "magnitudes", "expected"),
    [
        ([1.0, 0.0], True, True),
        ([1.0, -1.0], True, False),
        ([1.0, -1.0], False, True),
        ([0.0, 0.0], True, False),
        ([0.0, -0.5], False, True),
        ([1.0, np.nan], False, False),
        ([np.inf, 1.0], True, False),
    ],
)
def test_signals_are_usable(signal, magnitudes, expected):
    assert usable(np.array(signal), magnitudes) is expected


def test_what_exceeds_noise_is_counted_and_what_equals_the_floor_is_not():
    floor = 0.5 * math.sqrt(2.0 * math.log(FLOOR_ODDS * 4))
    signal = np.array([floor, -1.001 * floor, 0.999 * floor, 3.0 * floor])
    assert count_above_noise(signal, 0.5) == 2
