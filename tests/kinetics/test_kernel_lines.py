"""Multilinear regressions of many curves against numpy's, one curve at a time."""

import numpy as np
import pytest

from biomarkers.kinetics._lines import fit_lines

POINTS, USED = 14, 9
TIME = np.arange(1.0, POINTS + 1)
STEPS = np.vstack([np.r_[0.0, np.full(POINTS - 1, 0.5)], np.full(POINTS, 0.5)])
SHARED = np.vstack([np.ones(POINTS), np.sqrt(TIME)])
WEIGHTS = np.linspace(0.5, 2.0, USED)


def fitted(curves, shared=SHARED, weights=WEIGHTS):
    size, count = len(shared) + 1, len(curves)
    coefficients = np.full((size, count), 9.0)
    covariance, quality = np.full((size, size, count), 9.0), np.full((3, count), 9.0)
    fit_lines(curves, shared, STEPS, weights, coefficients, covariance, quality)
    return coefficients, covariance, quality


def rows_of(curve, shared=SHARED):
    """Regressors (n, p) and ordinates (n,) of the points used."""
    integral = np.cumsum(STEPS[0] * np.r_[0.0, curve[:-1]] + STEPS[1] * curve)
    return np.vstack([shared, integral]).T[-USED:], curve[-USED:]


@pytest.fixture
def curves():
    random = np.random.default_rng(3)
    return 2.0 + np.exp(-0.1 * TIME) + 0.3 * random.standard_normal((130, POINTS))


@pytest.mark.parametrize("count", [1, 64, 65, 130])
def test_regressions_are_those_of_numpy(curves, count):
    coefficients, covariance, quality = fitted(curves[:count])
    root = np.sqrt(WEIGHTS)
    for v in range(count):
        rows, ordinates = rows_of(curves[v])
        expected = np.linalg.lstsq(root[:, None] * rows, root * ordinates, rcond=None)[0]
        inverse = np.linalg.inv(rows.T @ (WEIGHTS[:, None] * rows))
        np.testing.assert_allclose(coefficients[:, v], expected, rtol=1e-7)
        np.testing.assert_allclose(covariance[:, :, v], inverse, rtol=1e-6)
        line = rows @ expected
        mean = np.average(ordinates, weights=WEIGHTS)
        assert quality[0, v] == pytest.approx(WEIGHTS @ (ordinates - line) ** 2)
        assert quality[1, v] == pytest.approx(WEIGHTS @ (ordinates - mean) ** 2)
        assert quality[2, v] == pytest.approx(np.abs((ordinates - line) / line).max(), rel=1e-6)


def test_a_point_of_no_weight_says_nothing(curves):
    weights = WEIGHTS.copy()
    weights[4] = 0.0
    spoilt = curves[:3].copy()
    # what is left out of the sums still enters the integral, which is therefore kept as it is
    expected = fitted(spoilt, weights=np.where(weights > 0.0, weights, 1e-30))
    for found, wanted in zip(fitted(spoilt, weights=weights), expected, strict=True):
        np.testing.assert_allclose(found[:2], wanted[:2], rtol=1e-9)


def test_one_regressor_needs_no_other(curves):
    coefficients, _, _ = fitted(curves[:2], shared=np.zeros((0, POINTS)))
    for v in range(2):
        rows, ordinates = rows_of(curves[v], np.zeros((0, POINTS)))
        expected = (WEIGHTS * ordinates) @ rows[:, 0] / (WEIGHTS @ rows[:, 0] ** 2)
        assert coefficients[0, v] == pytest.approx(expected)


def test_what_cannot_be_known_is_nan_and_spoils_no_neighbour(curves):
    mixed = curves[:3].copy()
    mixed[1] = 0.0
    coefficients, covariance, quality = fitted(mixed)
    assert np.isnan(coefficients[:, 1]).all()
    assert np.isnan(covariance[:, :, 1]).any()
    alone = fitted(curves[:1])
    np.testing.assert_array_equal(coefficients[:, 0], alone[0][:, 0])
    np.testing.assert_array_equal(quality[:, 0], alone[2][:, 0])
    doubled = fitted(curves[:1], shared=np.vstack([SHARED[0], 2.0 * SHARED[0]]))
    assert np.isnan(doubled[0]).all()
