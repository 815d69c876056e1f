"""Weighting and imputation against simulated drop-out of known kind."""

import numpy as np
import pytest

from biomarkers.stats.intervals import newcombe_interval
from biomarkers.stats.missingness.imputation import Imputed, _finite, impute
from biomarkers.stats.missingness.weighting import inverse_probability_weights, last_known
from biomarkers.stats.roc_analysis.auc import area
from biomarkers.stats.roc_analysis.resampled import resampled_areas

TRUTH = 0.73774  # Φ(0.9/√2)


def study(random, count):
    """Three visits; high positives and low negatives leave by their last change (MAR)."""
    positive = np.arange(count) < count // 2
    noise = random.normal(size=(count, 3))
    for visit in (1, 2):
        noise[:, visit] = 0.7 * noise[:, visit - 1] + np.sqrt(0.51) * noise[:, visit]
    whole = noise + positive[:, None] * [0.3, 0.6, 0.9]
    gone = np.zeros((count, 3), dtype=bool)
    for visit in (1, 2):
        score = -1.2 + np.where(positive, 0.9, -0.9) * whole[:, visit - 1]
        left = random.uniform(size=count) < 1 / (1 + np.exp(-score))
        gone[:, visit] = gone[:, visit - 1] | left
    return np.where(gone, np.nan, whole), gone, positive


@pytest.fixture(scope="module")
def estimates():
    """AUC of those measured, weighted and imputed, at the last visit of each data set."""
    random, found = np.random.default_rng(1), []
    for seed in range(80):
        seen, gone, positive = study(random, 200)
        there = ~gone[:, 2]
        measured = area(seen[there & positive, 2], seen[there & ~positive, 2])
        stays = inverse_probability_weights(seen, gone, positive, np.ones((1, 200)))[:, :, 2]
        weighted = resampled_areas(seen[:, [2]], positive, np.nan_to_num(stays))[0, 0]
        draws = impute(seen, positive, imputations=4, seed=seed)[:, :, 2]
        imputed = Imputed(draws, gone[:, 2], positive, np.arange(200)).pooled()[0]
        found.append((measured, weighted, imputed))
    return np.array(found)


def test_those_measured_mislead(estimates):
    assert estimates[:, 0].mean() < TRUTH - 0.1


@pytest.mark.parametrize(("column", "name"), [(1, "weighted"), (2, "imputed")])
def test_models_of_who_goes_do_not(estimates, column, name):
    error = estimates[:, column].std(ddof=1) / np.sqrt(len(estimates))
    assert estimates[:, column].mean() == pytest.approx(TRUTH, abs=4 * error), name


def test_weights_without_drop_out_are_one():
    changes, nobody = np.zeros((6, 2)), np.zeros((6, 2), dtype=bool)
    weights = inverse_probability_weights(changes, nobody, np.arange(6) < 3, np.ones((2, 6)))
    assert (weights == 1).all()


def test_weights_restore_the_class_they_were_taken_from():
    # Half of the positives leave, whatever their change: the others count about double.
    random = np.random.default_rng(2)
    positive = np.arange(400) < 200
    gone = np.zeros((400, 2), dtype=bool)
    gone[:100, 1] = True
    changes = np.where(gone, np.nan, random.normal(size=(400, 2)))
    weights = inverse_probability_weights(changes, gone, positive, np.ones((1, 400)))[0, :, 1]
    assert np.isnan(weights[:100]).all()
    assert weights[100:200].mean() == pytest.approx(2, rel=0.05)
    assert weights[200:].mean() == pytest.approx(1, rel=0.02)


def test_the_last_change_is_a_predictor_and_no_value():
    changes = np.array([[1.0, np.nan, 3.0, np.nan], [np.nan, -np.inf, 2.0, 1.0]])
    np.testing.assert_array_equal(last_known(changes), [[0, 1, 1, 3], [0, 0, 0, 2]])


def test_imputation_keeps_what_was_measured_and_hits_the_mean():
    random = np.random.default_rng(3)
    positive = np.arange(300) < 150
    changes = random.normal(size=(300, 2)) + positive[:, None] * 2.0
    changes[:, 1] += changes[:, 0]
    seen = changes.copy()
    seen[:60, 1] = np.nan
    draws = impute(seen, positive, imputations=10, seed=1)
    np.testing.assert_array_equal(draws[:, 60:], np.repeat(seen[None, 60:], 10, axis=0))
    assert draws[:, :60, 1].mean() == pytest.approx(changes[:60, 1].mean(), abs=0.3)
    assert draws[:, :60, 1].std(axis=0).min() > 0.3  # and is not sure of it
    np.testing.assert_array_equal(draws, impute(seen, positive, imputations=10, seed=1))


def test_what_cannot_be_imputed_stays_missing():
    changes = np.array([[1.0], [np.nan], [np.nan], [2.0], [3.0]])
    draws = impute(changes, np.array([1, 1, 1, 0, 0], dtype=bool), imputations=3, seed=1)
    assert np.isnan(draws[:, 1:3]).all()


def test_two_measured_of_a_class_are_enough_to_impute():
    changes = np.array([[1.0, 2.0], [2.0, 2.5], [3.0, np.nan], [2.0, 3.0], [3.0, 5.0]])
    draws = impute(changes, np.array([1, 1, 1, 0, 0], dtype=bool), imputations=3, seed=1)
    assert np.isfinite(draws[:, 2, 1]).all()


def test_an_infinite_change_stands_a_standard_deviation_beyond_the_finite():
    np.testing.assert_allclose(_finite(np.array([[-np.inf, 1.0], [3.0, np.inf]])), [[0, 1], [3, 4]])
    np.testing.assert_allclose(_finite(np.array([-np.inf, 2.0, np.nan])), [1, 2, np.nan])
    assert np.isneginf(_finite(np.array([-np.inf]))).all()


def test_an_infinite_change_is_ranked_and_imputed_from():
    random = np.random.default_rng(4)
    changes = random.normal(size=(20, 2))
    changes[0] = -np.inf
    changes[[1, 11], 1] = np.nan
    draws = impute(changes, np.arange(20) < 10, imputations=5, seed=1)
    assert np.isfinite(draws[:, [1, 11]]).all()
    assert np.isneginf(draws[:, 0]).all()


def case(random, shift, missing=6):
    positive = np.arange(40) < 20
    values = random.normal(size=40) + shift * positive
    gaps = np.zeros(40, dtype=bool)
    gaps[[*range(missing // 2), *range(20, 20 + missing // 2)]] = True
    draws = impute(np.where(gaps, np.nan, values)[:, None], positive, imputations=20, seed=1)
    return Imputed(draws[:, :, 0], gaps, positive, np.arange(40))


def test_the_tipping_point_is_where_the_statistic_meets_the_critical_value():
    found = case(np.random.default_rng(5), 1.2, missing=16)
    shift = found.tipping_point(2.2)
    assert 0 < shift < 10
    for at, holds in ((shift - 0.01, True), (shift + 0.01, False)):
        auc, error, _ = found.pooled(at)
        assert ((auc - 0.5) / error > 2.2) == holds


def test_the_tipping_point_has_two_ends():
    strong, none = (
        case(np.random.default_rng(6), 4.0, missing=2),
        case(np.random.default_rng(7), 0.0),
    )
    assert strong.tipping_point(2.2) == np.inf
    assert none.tipping_point(2.2) == 0


def test_rubins_rules_widen_by_what_is_missing():
    found = case(np.random.default_rng(8), 1.0, missing=20)
    alone = [
        Imputed(draw[None], found.missing, found.positive, found.member).pooled()
        for draw in found.draws
    ]
    within = np.mean([error**2 for _, error, _ in alone])
    between = np.var([auc for auc, _, _ in alone], ddof=1)
    auc, error, df = found.pooled()
    assert auc == pytest.approx(np.mean([area for area, _, _ in alone]))
    assert error**2 == pytest.approx(within + 1.05 * between)
    assert df == pytest.approx(19 * (1 + within / (1.05 * between)) ** 2)
    low, high = found.interval(0.95)
    assert 0 < low < auc < high < 1


def test_an_interval_near_one_does_not_reach_down_to_zero():
    random = np.random.default_rng(9)
    positive = np.arange(16) < 8
    values = random.normal(size=16) + 5.0 * positive
    gaps = np.isin(np.arange(16), [0, 9, 10])
    draws = impute(np.where(gaps, np.nan, values)[:, None], positive, imputations=20, seed=1)
    found = Imputed(draws[:, :, 0], gaps, positive, np.arange(16))
    auc = found.pooled()[0]
    assert auc > 0.98
    low, high = found.interval(0.95)
    assert 0.6 < low < auc < high <= 1


def test_no_area_leaves_its_range():
    # Weights that are no whole numbers, in single precision.
    random = np.random.default_rng(10)
    positive = np.arange(30) < 15
    values = random.normal(size=(30, 4)) + 20 * positive[:, None]
    areas = resampled_areas(values, positive, random.uniform(0.1, 3, size=(300, 30)))
    assert areas.max() <= 1
    low, high = newcombe_interval(1 + 1e-7, 10, 10)
    assert 0 <= low < high <= 1
