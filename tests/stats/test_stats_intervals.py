"""Intervals against root finding, symmetry and coverage."""

import numpy as np
import pytest
from scipy import optimize, stats

from biomarkers.stats.intervals import mean_interval, newcombe_interval


def score_root(auc, m, n, bracket, level=0.95):
    """The limit by Brent's method on the score equation as Newcombe 2006 writes it."""
    z = stats.norm.ppf((1 + level) / 2)
    star = (m + n) / 2 - 1

    def excess(theta):
        first = star * (1 - theta) / (2 - theta)
        second = star * theta / (1 + theta)
        return (auc - theta) ** 2 - z**2 * theta * (1 - theta) * (1 + first + second) / (m * n)

    return optimize.brentq(excess, *bracket, xtol=1e-14)


@pytest.mark.parametrize(("m", "n"), [(6, 6), (8, 25), (24, 25), (300, 40)])
@pytest.mark.parametrize("auc", [0.07, 0.5, 0.71, 0.95])
def test_newcombe_solves_its_equation(auc, m, n):
    low, high = newcombe_interval(auc, m, n, level=0.9)
    assert low == pytest.approx(score_root(auc, m, n, (1e-9, auc), 0.9), abs=1e-11)
    assert high == pytest.approx(score_root(auc, m, n, (auc, 1 - 1e-9), 0.9), abs=1e-11)


def test_newcombe_at_perfect_separation_reaches_one_and_has_width():
    low, high = newcombe_interval(1.0, 6, 6)
    assert high == 1
    assert low == pytest.approx(score_root(1.0, 6, 6, (1e-9, 1 - 1e-9)), abs=1e-11)
    assert newcombe_interval(0.0, 6, 6)[1] == pytest.approx(1 - low, abs=1e-12)


def test_newcombe_takes_arrays_and_keeps_the_unknown():
    low, high = newcombe_interval([0.5, np.nan], [10, 0], [10, 4])
    assert low[0] == pytest.approx(1 - high[0])
    assert np.isnan([low[1], high[1]]).all()


@pytest.mark.parametrize("auc", [0.5, 0.9])
def test_newcombe_covers_at_six_against_six(auc):
    random = np.random.default_rng(11)
    x = random.normal(np.sqrt(2) * stats.norm.ppf(auc), 1, (2000, 6, 1))
    y = random.normal(0, 1, (2000, 1, 6))
    low, high = newcombe_interval((x > y).mean(axis=(1, 2)), 6, 6)
    assert 0.93 <= np.mean((low <= auc) & (auc <= high)) <= 0.98


def test_mean_interval_is_students():
    values = np.array([1.0, 2.0, 4.0, 8.0])
    mean, low, high = mean_interval(values)
    expected = stats.ttest_1samp(values, 0).confidence_interval()
    assert (mean, low, high) == pytest.approx((3.75, expected.low, expected.high))


def test_mean_interval_says_what_it_cannot_know():
    assert mean_interval(np.array([2.0]))[0] == 2
    assert np.isnan(mean_interval(np.array([2.0]))[1:]).all()
    assert np.isnan(mean_interval(np.array([-np.inf, 1.0]))).all()
