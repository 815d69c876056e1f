"""Ridge logistic regression against scipy's root of the slope, and against statsmodels."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import optimize, special

from biomarkers.errors import ConvergenceWarning
from biomarkers.stats import ridge
from biomarkers.stats.ridge import PENALTIES, ridge_logistic


def sample(seed, subjects=30, markers=3, effect=1.0):
    random = np.random.default_rng(seed)
    positive = np.arange(subjects) < subjects * 2 // 5
    values = random.normal(size=(subjects, markers))
    values[positive, 0] += effect
    return (values - values.mean(axis=0)) / values.std(axis=0), positive


def optimum(values, positive, penalty):
    """Minimise on markers standardised in this very sample, then turn the scale back."""
    mean, sd = values.mean(axis=0), values.std(axis=0)
    design = np.column_stack([np.ones(len(values)), (values - mean) / sd])
    ridge = penalty * (np.arange(design.shape[1]) > 0)

    def slope(beta):
        return design.T @ (special.expit(design @ beta) - positive) / len(values) + ridge * beta

    def curvature(beta):
        p = special.expit(design @ beta)
        return (design.T * (p * (1 - p))) @ design / len(values) + np.diag(ridge)

    found = optimize.root(slope, np.zeros(design.shape[1]), jac=curvature, tol=1e-15)
    assert np.abs(found.fun).max() < 1e-12
    slopes = found.x[1:] / sd
    return np.concatenate([[found.x[0] - slopes @ mean], slopes])


@pytest.mark.parametrize("effect", [0.5, 8.0])  # 8: the classes are perfectly separated
def test_every_set_and_penalty_reaches_the_optimum(effect):
    values, positive = sample(1, effect=effect)
    random = np.random.default_rng(2)
    training = random.random((6, len(values))) < 0.7
    found = ridge_logistic(values, positive, training.astype(float))
    assert found.shape == (6, len(PENALTIES), 4)
    for rows, rules in zip(training, found, strict=True):
        for penalty, rule in zip(PENALTIES, rules, strict=True):
            expected = optimum(values[rows], positive[rows], penalty)
            np.testing.assert_allclose(rule, expected, atol=1e-8)


def test_without_a_penalty_as_statsmodels():
    values, positive = sample(3)
    (rule,) = ridge_logistic(values, positive, np.ones((1, 30)), np.array([1e-14]))[0]
    # Its convergence is judged by the deviance: 1e-14 of it is 1e-7 of a coefficient or better.
    model = sm.GLM(positive.astype(float), sm.add_constant(values), family=sm.families.Binomial())
    np.testing.assert_allclose(rule, model.fit(tol=1e-14).params, atol=1e-8)


def test_a_weight_counts_as_so_many_subjects():
    values, positive = sample(4)
    weights = np.random.default_rng(5).integers(0, 4, size=(2, 30)).astype(float)
    found = ridge_logistic(values, positive, weights)
    for times, rules in zip(weights.astype(int), found, strict=True):
        rows = np.repeat(np.arange(30), times)
        expected = optimum(values[rows], positive[rows], PENALTIES[2])
        np.testing.assert_allclose(rules[2], expected, atol=1e-8)


def test_more_markers_than_subjects():
    values, positive = sample(6, subjects=12, markers=40)
    found = ridge_logistic(values, positive, np.ones((1, 12)))[0]
    np.testing.assert_allclose(found[2], optimum(values, positive, PENALTIES[2]), atol=1e-8)


def test_the_fits_do_not_depend_on_how_many_are_made_at_once(monkeypatch):
    values, positive = sample(7)
    training = (np.random.default_rng(8).random((9, 30)) < 0.8).astype(float)
    together = ridge_logistic(values, positive, training)
    monkeypatch.setattr(ridge, "_CHUNK", 1)
    np.testing.assert_allclose(ridge_logistic(values, positive, training), together, atol=1e-10)


def test_a_marker_that_does_not_vary_does_not_matter():
    values, positive = sample(9)
    values[:20, 1] = 1.5
    training = (np.arange(30) < 20).astype(float)[None]
    found = ridge_logistic(values, positive, training)[0]
    np.testing.assert_allclose(found[:, 2], 0, atol=1e-9)
    alone = ridge_logistic(values[:, [0, 2]], positive, training)[0]
    np.testing.assert_allclose(found[:, [1, 3]], alone[:, 1:], atol=1e-8)


def test_a_fit_that_is_stopped_says_so(monkeypatch):
    values, positive = sample(10)
    monkeypatch.setattr(ridge, "_STEPS", 1)
    with pytest.warns(ConvergenceWarning, match="5 of 5 ridge fits"):
        ridge_logistic(values, positive, np.ones((1, 30)))
