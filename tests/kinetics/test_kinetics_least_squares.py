"""Bounded least squares on many curves against scipy's, one curve at a time."""

import numpy as np
from scipy.optimize import least_squares

from biomarkers.kinetics.least_squares import _damped_step, covariance, levenberg_marquardt

TIME = np.linspace(0.0, 4.0, 30)
LIMITS = {"smallest_step": 1e-10, "smallest_gain": 1e-14, "most_steps": 200}


def decay(values, rows=None):
    """Curves a exp(-b t) and their derivatives."""
    a, b = values[:, :1], values[:, 1:]
    curve = a * np.exp(-b * TIME)
    return curve, np.stack([curve / a, -TIME * curve], axis=1)


def noisy(count, seed=0):
    rng = np.random.default_rng(seed)
    truth = np.column_stack([rng.uniform(0.5, 2.0, count), rng.uniform(0.2, 2.0, count)])
    return decay(truth)[0] + 0.02 * rng.standard_normal((count, TIME.size))


def scipy_fit(curve, low, high):
    return least_squares(
        lambda x: decay(x[None])[0][0] - curve,
        np.clip([1.0, 1.0], low, high),
        jac=lambda x: decay(x[None])[1][0].T,
        bounds=(low, high),
        xtol=1e-12,
        ftol=1e-14,
        gtol=1e-14,
    )


def test_minima_and_covariances_are_scipy_s():
    curves, bounds = noisy(20), (np.array([0.01, 0.0]), np.array([5.0, 5.0]))
    least = levenberg_marquardt(decay, curves, [np.ones((20, 2))], bounds, **LIMITS)
    assert least.converged.all()
    spread = covariance(least.normal)
    for k, curve in enumerate(curves):
        other = scipy_fit(curve, *bounds)
        np.testing.assert_allclose(least.values[k], other.x, rtol=1e-6)
        np.testing.assert_allclose(least.rss[k], 2 * other.cost, rtol=1e-9)
        np.testing.assert_allclose(spread[k], np.linalg.inv(other.jac.T @ other.jac), rtol=1e-5)


def test_bounds_hold():
    curves, bounds = noisy(10), (np.array([0.01, 0.0]), np.array([0.7, 5.0]))
    least = levenberg_marquardt(decay, curves, [np.full((10, 2), 3.0)], bounds, **LIMITS)
    assert (least.values <= bounds[1]).all()
    assert (least.values >= bounds[0]).all()
    for k, curve in enumerate(curves):
        assert least.rss[k] <= 2 * scipy_fit(curve, *bounds).cost * (1 + 1e-6)


def test_the_best_start_is_kept():
    def waves(values, rows):
        b = values[:, :1]
        return np.sin(b * TIME), (TIME * np.cos(b * TIME))[:, None]

    curve = np.sin(3.0 * TIME)[None]
    bounds = (np.array([0.1]), np.array([10.0]))
    starts = [np.array([[8.0]]), np.array([[2.9]]), np.array([[0.5]])]
    least = levenberg_marquardt(waves, curve, starts, bounds, **LIMITS)
    np.testing.assert_allclose(least.values, 3.0, rtol=1e-8)


def test_curves_are_numbered_and_steps_counted():
    curves, seen = noisy(4), []

    def watched(values, rows):
        seen.append(rows)
        return decay(values)

    bounds = (np.array([0.01, 0.0]), np.array([5.0, 5.0]))
    few = LIMITS | {"most_steps": 2}
    least = levenberg_marquardt(watched, curves, [np.ones((4, 2))], bounds, **few)
    assert [rows.tolist() for rows in seen] == [[0, 1, 2, 3]] * 3
    assert not least.converged.any()


def test_a_singular_matrix_has_no_covariance():
    normal = np.array(
        [[[4.0, 2.0], [2.0, 1.0]], [[4.0, 0.0], [0.0, 0.0]], [[4.0, 1.0], [1.0, 1.0]]]
    )
    spread = covariance(normal)
    assert np.isnan(spread[:2]).all()
    np.testing.assert_allclose(spread[2], np.linalg.inv(normal[2]))


def test_at_a_bound_only_what_would_leave_it_is_held():
    # Towards the minimum, the first parameter moves inwards though its own slope is 0 here.
    slopes, gap = np.array([[[1.0, -1.0], [-1.0, 0.0]]]), np.array([[-1.0, -1.0]])
    values, bounds = np.zeros((1, 2)), (np.array([0.0, -9.0]), np.array([9.0, 9.0]))
    step = _damped_step(slopes, gap, np.zeros(1), values, bounds)[0]
    np.testing.assert_allclose(step, np.linalg.lstsq(slopes[0].T, gap[0])[0], rtol=1e-12)
    assert step[0] > 0
    # From the upper bound the same step would leave it.
    outside = (np.array([-9.0, -9.0]), np.array([0.0, 9.0]))
    tilted = _damped_step(slopes, np.array([[0.0, -1.0]]), np.zeros(1), values, outside)[0]
    assert tilted.tolist() == [0.0, 0.0]
