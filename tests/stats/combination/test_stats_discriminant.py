"""Ridge discriminant analysis against the normal model it stands for."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from biomarkers.stats.combination.discriminant import SHRINKAGES, ridge_lda


def sample(seed, subjects=30, markers=3):
    random = np.random.default_rng(seed)
    positive = np.arange(subjects) < subjects * 2 // 5
    values = random.normal(size=(subjects, markers)) @ random.normal(size=(markers, markers))
    values[positive, 0] += 1
    return (values - values.mean(axis=0)) / values.std(axis=0), positive


@pytest.mark.parametrize("shrinkage", [0.1, 0.6, 1.0])
def test_the_odds_are_those_of_two_normal_classes(shrinkage):
    values, positive = sample(1)
    groups = values[positive], values[~positive]
    scatter = sum((len(group) - 1) * np.cov(group.T) for group in groups) / (len(values) - 2)
    shrunk = (1 - shrinkage) * scatter + shrinkage * np.trace(scatter) / 3 * np.eye(3)
    logs = [
        stats.multivariate_normal(group.mean(axis=0), shrunk).logpdf(values) + np.log(len(group))
        for group in groups
    ]
    (rule,) = ridge_lda(values, positive, np.ones((1, 30)), np.array([shrinkage]))[0]
    np.testing.assert_allclose(rule[0] + values @ rule[1:], logs[0] - logs[1], atol=1e-10)


def test_without_shrinkage_the_direction_is_that_of_regression():
    values, positive = sample(2)
    (rule,) = ridge_lda(values, positive, np.ones((1, 30)), np.array([1e-13]))[0]
    slopes = sm.OLS(positive.astype(float), sm.add_constant(values)).fit().params[1:]
    np.testing.assert_allclose(rule[1:] / rule[1], slopes / slopes[0], rtol=1e-9)


def test_each_training_set_is_standardised_by_itself():
    values, positive = sample(3)
    training = np.random.default_rng(4).random((5, 30)) < 0.7
    found = ridge_lda(values, positive, training.astype(float))
    for rows, rules in zip(training, found, strict=True):
        mine = values[rows]
        mean, sd = mine.mean(axis=0), mine.std(axis=0)
        own = ridge_lda((mine - mean) / sd, positive[rows], np.ones((1, rows.sum())))[0]
        np.testing.assert_allclose(rules[:, 1:] * sd, own[:, 1:], atol=1e-10)
        np.testing.assert_allclose(rules[:, 0] + rules[:, 1:] @ mean, own[:, 0], atol=1e-10)


def test_more_markers_than_subjects_and_markers_that_do_not_vary():
    values, positive = sample(5, subjects=10, markers=20)
    values[:, 3] = 0
    found = ridge_lda(values, positive, np.ones((1, 10)))[0]
    assert found.shape == (len(SHRINKAGES), 21)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(found[:, 4], 0, atol=1e-10)
    assert np.isfinite(ridge_lda(np.zeros((10, 2)), positive, np.ones((1, 10)))).all()
