"""Chances to stay: the logistic regression against scipy, and what its weights are made of."""

import numpy as np
import pytest
from scipy.optimize import minimize

from biomarkers.stats.missingness.weighting import (
    RIDGE,
    _chances,
    _person_visits,
    inverse_probability_weights,
    last_known,
)


@pytest.fixture
def random():
    return np.random.default_rng(11)


def penalised(design, went, count):
    """Fitted chances by a general optimiser: the intercept is not shrunk."""

    def loss(beta):
        score = design @ beta
        likelihood = count @ (went * score - np.logaddexp(0.0, score))
        return -likelihood + 0.5 * RIDGE * (beta[1:] @ beta[1:])

    best = minimize(loss, np.zeros(design.shape[1]), method="BFGS", options={"gtol": 1e-7})
    return 1.0 / (1.0 + np.exp(-design @ best.x))


def test_chances_are_those_of_a_logistic_regression_with_a_little_shrinkage(random):
    design = np.column_stack([np.ones(60), random.normal(size=(60, 2))])
    went = (random.uniform(size=60) < 0.3 + 0.2 * (design[:, 1] > 0)).astype(float)
    counts = random.integers(0, 3, (3, 60)).astype(float)
    found = _chances(design, went, counts)
    for row, count in zip(found, counts, strict=True):
        np.testing.assert_allclose(row, penalised(design, went, count), atol=1e-4)
        assert count @ row == pytest.approx(count @ went, rel=1e-4)  # the intercept is free


def test_rows_are_of_those_who_could_go_at_a_visit_at_which_someone_went():
    gone = np.array([[0, 0, 0], [0, 1, 1], [0, 0, 0], [1, 1, 1]], dtype=bool)
    changes = np.where(gone, np.nan, np.arange(12.0).reshape(4, 3))
    subject, visit, design = _person_visits(changes, gone, np.array([True, True, False, False]))
    np.testing.assert_array_equal(subject, [0, 0, 1, 1, 2, 2, 3])
    np.testing.assert_array_equal(visit, [0, 1, 0, 1, 0, 1, 0])
    raw = np.column_stack(
        [np.array([1, 1, 1, 1, 0, 0, 0.0]), visit, last_known(changes)[subject, visit]]
    )
    standard = (raw - raw.mean(axis=0)) / raw.std(axis=0)
    expected = np.column_stack([np.ones(7), standard, standard[:, 0] * standard[:, 2]])
    np.testing.assert_allclose(design, expected)


def test_weights_are_inverse_products_of_the_chances_to_stay(random):
    gone = np.zeros((30, 2), dtype=bool)
    gone[:8, 0], gone[:14, 1] = True, True
    changes = np.where(gone, np.nan, random.normal(size=(30, 2)))
    positive, counts = np.arange(30) % 2 == 0, np.ones((1, 30))
    weights = inverse_probability_weights(changes, gone, positive, counts)[0]
    subject, visit, design = _person_visits(changes, gone, positive)
    chances = np.zeros((30, 2))
    chances[subject, visit] = penalised(design, gone[subject, visit].astype(float), np.ones(52))
    expected = np.where(gone, np.nan, 1.0 / np.cumprod(1.0 - chances, axis=1))
    np.testing.assert_allclose(weights, expected, rtol=1e-3)
