"""The search along one rate against exhaustive search and polynomials of numpy."""

import numpy as np
import pytest
from kernel_cases import ONE, explained_off, lay
from scipy.optimize import minimize_scalar

from biomarkers.kinetics._profile import (
    _first_guess,
    _polynomial,
    _project_panel,
    _square,
    climb,
    highest_point,
    is_maximum,
    new_climb,
    score,
)


@pytest.fixture(scope="module")
def laid():
    return lay(ONE)


@pytest.fixture(scope="module")
def profile(laid):
    return laid.reduced.search


def explained(laid, target, u):
    """What the rate's column explains beyond the fixed one, by least squares."""
    columns = laid.columns(u)
    return explained_off(columns[:-1], columns[-1:], target)


def test_the_choices_of_fixed_columns_run_from_all_to_none(profile):
    assert profile.solvers.shape == (2, 1, 1)
    assert profile.solvers[1, 0, 0] == 0.0


@pytest.mark.parametrize("s", [-1.0, -0.3, 0.0, 0.8])
def test_polynomials_and_their_derivatives_are_those_of_numpy(s):
    coefficients = np.random.default_rng(2).normal(size=(1, 2, 15))
    expected = np.polynomial.Polynomial(coefficients[0, 1])
    wanted = [expected(s), expected.deriv()(s), expected.deriv(2)(s)]
    np.testing.assert_allclose(_polynomial(coefficients[0, 1], s), wanted, rtol=1e-11)
    np.testing.assert_allclose(_square(coefficients, 0, 1, s), wanted, rtol=1e-11)


def test_panels_are_projected_on_a_curve(laid, profile):
    target, products = laid.targets(1)[0][0], np.full(profile.panels.shape[2], 9.0)
    _project_panel(profile.panels, 1, 3, target, products)
    np.testing.assert_allclose(products, profile.panels[1, 3] @ target, rtol=1e-9, atol=1e-12)


def test_the_first_guess_is_the_peak_of_the_parabola(profile):
    scores, nodes = np.zeros(profile.scan.shape[2]), profile.nodes
    scores[4:7] = 1.0, 3.0, 2.0
    top = np.polyfit([-1.0, 0.0, 1.0], scores[4:7], 2)
    shift = -top[1] / (2.0 * top[0])
    assert _first_guess(profile, scores, 5) == pytest.approx(nodes[5] + shift * nodes[1])
    assert _first_guess(profile, -scores, 5) == pytest.approx(nodes[5] + shift * nodes[1])
    scores[4:7] = 2.0, 2.1, 9.0  # no peak: half a step at most
    assert _first_guess(profile, scores, 5) == nodes[5]
    scores[4:7] = 0.0, 3.0, 2.9999
    assert _first_guess(profile, scores, 5) <= nodes[5] + 0.5 * nodes[1]
    last = nodes.size - 1
    assert _first_guess(profile, scores, 0) == 0.0
    assert _first_guess(profile, scores, last) == nodes[last]


@pytest.mark.parametrize("choice", [0, 1])
def test_scores_squared_are_what_grid_points_explain(laid, profile, choice):
    work = new_climb(profile)
    for target in laid.targets(3, noise=0.2)[0]:
        score(profile, choice, target, True, work)
        count = profile.nodes.size
        free = work.scores.copy()
        fixed = laid.columns()[: 1 - choice]
        for g in range(0, count, 5):
            column = laid.columns(profile.nodes[g])[-1:]
            expected = explained_off(fixed, column, target)
            assert free[g] ** 2 == pytest.approx(expected, rel=2e-3, abs=1e-4 * (target @ target))
        assert (free[count:] == 0.0).all()
        score(profile, choice, target, False, work)
        np.testing.assert_array_equal(work.scores, np.maximum(free, 0.0))


@pytest.mark.parametrize(
    ("scores", "hills"),
    [
        ([0.0, 1.0, 3.0, 2.0, 4.0], [2, 4]),
        ([5.0, 1.0, 1.0, 0.5, 0.0], [0, 2]),
        ([2.0, 2.0, 1.0, 0.0, 0.0], [0, 1]),
        ([1.0, -3.0, -2.0, 1.0, 0.5], [0, 1, 3]),
        ([0.0, 0.0, 0.0, 0.0, 0.0], []),
    ],
)
def test_hills_are_as_high_as_their_neighbours_of_the_same_sign(scores, hills):
    scores = np.array([*scores, 99.0])  # beyond the grid
    assert [g for g in range(5) if is_maximum(scores, 5, g)] == hills


def test_a_climb_ends_where_a_bounded_minimiser_does(laid, profile):
    work, compared = new_climb(profile), 0
    for target in laid.targets(12, noise=0.05)[0]:
        score(profile, 0, target, True, work)
        count = profile.nodes.size
        for g in range(1, count - 1):
            if not is_maximum(work.scores, count, g):
                continue
            peak = climb(profile, 0, target, g, work)
            ends = profile.nodes[g - 1], profile.nodes[g + 1]
            best = minimize_scalar(
                lambda u, y=target: -explained(laid, y, u), bounds=ends, options={"xatol": 1e-9}
            )
            if not peak.found or min(abs(best.x - ends[0]), abs(best.x - ends[1])) < 1e-4:
                continue
            compared += 1
            assert peak.u == pytest.approx(best.x, abs=1e-4)
            assert peak.explained == pytest.approx(-best.fun, rel=1e-6)
            columns = laid.columns(peak.u)
            amplitude = np.linalg.lstsq(columns.T, target, rcond=None)[0][-1]
            assert peak.amplitude == pytest.approx(amplitude, rel=1e-6)
    assert compared >= 12


def test_a_climb_stays_within_the_rates_that_are_allowed(laid, profile):
    work, last = new_climb(profile), profile.nodes.size - 1
    end, before = profile.nodes[last], profile.nodes[last - 1]
    # A curve that is explained the better the faster the rate, beyond the fastest allowed.
    target = 2.0 * laid.columns(end)[-1] - laid.columns(before)[-1]
    gains = [explained(laid, target, u) for u in (before, end - 1e-3, end)]
    assert gains == sorted(gains)
    score(profile, 0, target, True, work)
    peak = climb(profile, 0, target, last, work)
    assert peak.found
    assert peak.u == end
    assert peak.explained == pytest.approx(gains[-1], rel=1e-6)


def test_the_highest_point_is_that_of_an_exhaustive_search(laid, profile):
    work, compared = new_climb(profile), 0
    every = np.linspace(0.0, laid.setup.upper[0], 250)
    for target, outside in zip(*laid.targets(12, noise=0.1, seed=8), strict=True):
        peak = highest_point(profile, target, True, target @ target + outside, work)
        gains = [explained(laid, target, u) for u in every]
        if peak.found:
            compared += 1
            assert peak.explained >= max(gains) * (1.0 - 1e-9)
            assert peak.explained == pytest.approx(explained(laid, target, peak.u), rel=1e-6)
    assert compared >= 11


def test_nothing_is_found_where_the_column_helps_nowhere(laid, profile):
    target = -laid.columns(2.0)[-1] - 0.1 * laid.columns(3.0)[-1]
    work = new_climb(profile)
    assert not highest_point(profile, target, False, target @ target, work).found
    assert highest_point(profile, target, True, target @ target, work).found
    assert not highest_point(profile, 0.0 * target, True, 0.0, work).found
