"""Step-down maxT against full enumeration, its promise, and its speed."""

import itertools

import numpy as np
import pytest
from scipy import stats

from biomarkers.stats.labels import permuted_labels
from biomarkers.stats.roc_analysis.auc import FLOOR, area, delong_variance, structural_components
from biomarkers.stats.separation.maxt import (
    backward_sequence,
    max_t,
    permutation_statistics,
    separation_statistic,
    step_down,
    step_down_rejects,
)


def by_definition(values, positive):
    """The studentised AUC of one labelling, straight from its definition."""
    there = ~np.isnan(values)
    x, y = values[there & positive], values[there & ~positive]
    if not len(x) or not len(y):
        return 0.0
    # The permutation variance of a rank sum is m·n/N times the variance of the ranks.
    variance = stats.rankdata(values[there]).var(ddof=1) / (len(x) * len(y) * there.sum())
    if min(len(x), len(y)) > 1:
        delong = delong_variance(*structural_components(x, y))
        variance = max(delong, FLOOR**2 * variance)
    return abs(area(x, y) - 0.5) / np.sqrt(variance) if variance > 0 else 0.0


def study(seed, subjects=9, tests=3, decimals=0):
    """Values with ties and gaps, and a class for everyone."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(subjects, tests)).round(decimals)
    values[random.random(values.shape) < 0.2] = np.nan
    return values, np.arange(subjects) < subjects // 2


@pytest.mark.parametrize("seed", range(5))
def test_statistic_is_its_definition_with_ties_and_gaps(seed):
    values, positive = study(seed)
    labels = permuted_labels(positive, permutations=50, seed=seed)
    for column in values.T:
        expected = [by_definition(column, labelling) for labelling in labels.T]
        np.testing.assert_allclose(separation_statistic(column, labels), expected, atol=1e-12)


def test_null_studentisation_is_the_standardised_rank_sum():
    values, positive = study(3, subjects=20)
    column = values[:, 0]
    there = ~np.isnan(column)
    z = stats.mannwhitneyu(
        column[there & positive],
        column[there & ~positive],
        method="asymptotic",
        use_continuity=False,
    ).pvalue
    found = separation_statistic(column, positive[:, None], studentise="null")
    assert 2 * stats.norm.sf(found[0]) == pytest.approx(z, rel=1e-12)


def enumerated(values, positive):
    """Raw and step-down p over all labellings, by the book (Ge, Dudoit & Speed 2003, box 2)."""
    everyone = range(len(positive))
    labellings = [
        np.isin(everyone, chosen)
        for chosen in itertools.combinations(everyone, int(positive.sum()))
    ]
    table = np.array([[by_definition(c, labels) for labels in labellings] for c in values.T])
    observed = np.array([by_definition(column, positive) for column in values.T])
    reached = observed[:, None] - 1e-9
    order = np.argsort(-observed)
    adjusted, floor = np.empty(len(order)), 0.0
    for place, test in enumerate(order):
        rivals = table[order[place:]].max(axis=0)
        floor = max(floor, np.mean(rivals >= reached[test]))
        adjusted[test] = floor
    return (table >= reached).mean(axis=1), adjusted


def test_p_values_approach_full_enumeration():
    values, positive = study(8, decimals=1)
    raw, adjusted = enumerated(values, positive)
    found = max_t(values, positive, permutations=40_000, seed=4)
    # Monte-Carlo: four standard errors of a proportion at 40 000 draws are at most .01.
    np.testing.assert_allclose(found.p_value, raw, atol=0.01)
    np.testing.assert_allclose(found.p_adjusted, adjusted, atol=0.01)


def test_p_values_are_ordered_and_count_the_observed_labels():
    random = np.random.default_rng(0)
    positive = np.arange(30) < 15
    values = random.normal(size=(30, 6)) + 3 * positive[:, None] * np.arange(6) / 5
    found = max_t(values, positive, permutations=99)
    assert (found.p_value <= found.p_adjusted).all()
    assert (found.p_adjusted <= found.p_single_step).all()
    assert found.p_adjusted.min() == 1 / 100
    order = np.argsort(-found.statistic)
    assert (np.diff(found.p_adjusted[order]) >= 0).all()


def test_perfect_separation_has_a_finite_statistic_and_the_smallest_p():
    positive = np.arange(12) < 6
    found = max_t(np.arange(12.0)[:, None], positive, permutations=9999)
    assert np.isfinite(found.statistic[0])
    # 2 of the 924 labellings separate perfectly.
    assert found.p_value[0] == pytest.approx(2 / 924, abs=0.0015)


def test_the_seed_decides_everything():
    values, positive = study(1, subjects=16)
    first, again, other = (max_t(values, positive, permutations=200, seed=s) for s in (5, 5, 6))
    np.testing.assert_array_equal(first.p_adjusted, again.p_adjusted)
    assert (first.p_adjusted != other.p_adjusted).any()


def test_a_test_without_both_classes_is_unknown_and_burdens_no_other():
    values, positive = study(2, subjects=14)
    alone = max_t(values, positive, permutations=300)
    lacking = np.where(positive, 1.0, np.nan)
    found = max_t(np.column_stack([values, lacking]), positive, permutations=300)
    np.testing.assert_array_equal(found.p_adjusted[:3], alone.p_adjusted)
    assert np.isnan([found.statistic[3], found.p_value[3], found.p_adjusted[3]]).all()


def test_nothing_testable_is_all_unknown():
    found = max_t(np.full((6, 2), np.nan), np.arange(6) < 3, permutations=9)
    assert np.isnan(found.p_adjusted).all()


def test_a_constant_marker_separates_nothing():
    found = max_t(np.ones((10, 1)), np.arange(10) < 5, permutations=99)
    assert (found.statistic[0], found.p_value[0]) == (0, 1)


def test_critical_values_decide_as_p_values_do():
    random = np.random.default_rng(6)
    positive = np.arange(24) < 12
    values = random.normal(size=(24, 8)) + positive[:, None] * np.linspace(0, 1.5, 8)
    values[:, 3] = np.where(positive, 1.0, np.nan)  # no test
    statistics = permutation_statistics(values, permuted_labels(positive, permutations=199, seed=1))
    observed = np.abs(random.normal(1.5, 1.2, size=(60, 8)))
    observed[0] = statistics[:, 0]
    for alpha in (0.05, 0.2):
        rejected = step_down_rejects(statistics, np.nan_to_num(observed), alpha=alpha)
        expected = [step_down(statistics, row).p_adjusted <= alpha for row in observed]
        np.testing.assert_array_equal(rejected, expected)
        assert 0 < rejected.mean() < 1


@pytest.mark.parametrize("count", [20, 41, 200, 2000])
@pytest.mark.parametrize("alpha", [0.05, 0.1, 0.25])
def test_a_single_test_is_rejected_by_counting(count, alpha):
    statistics = np.random.default_rng(count).random((1, count))
    observed = np.concatenate([statistics[0], statistics[0] - 1e-6, [0.0, 2.0]])
    reached = (statistics[0] >= observed[:, None] * (1 - 1e-9)).mean(axis=1)
    rejected = step_down_rejects(statistics, observed[:, None], alpha=alpha)
    np.testing.assert_array_equal(rejected[:, 0], reached <= alpha + 1e-12)
    assert rejected.any()


def test_backward_sequence_stops_at_the_first_visit_that_fails():
    # Two tests per visit, 99 relabellings: the observed statistic beats them all, or does not.
    def row(rank):
        return np.concatenate([[rank + 0.5], np.arange(99.0)])

    statistics = np.array([row(98.0), row(1.0), row(50.0), row(3.0), row(99.0), row(0.0)])
    visits = np.array([0, 0, 1, 1, 2, 2])
    raw, adjusted = backward_sequence(statistics, statistics[:, 0], visits)
    assert raw.tolist() == [0.01, 0.49, 0.01]
    assert adjusted.tolist() == [0.49, 0.49, 0.01]


def test_backward_sequence_claims_nothing_before_a_visit_it_cannot_test():
    statistics = np.array([np.arange(5.0)[::-1], np.full(5, np.nan), np.arange(5.0)[::-1]])
    raw, adjusted = backward_sequence(statistics, statistics[:, 0], np.array([0, 1, 2]))
    np.testing.assert_array_equal(np.isnan(raw), [False, True, False])
    np.testing.assert_array_equal(np.isnan(adjusted), [True, True, False])


def test_the_true_visit_is_found_and_more_often_backward():
    # benchmarks/earliest.py, 10 000 sets: .57 by maxT, .72 by the backward sequence.
    random = np.random.default_rng(12)
    correlation = 0.6 ** np.abs(np.subtract.outer(range(5), range(5)))
    shift = np.sqrt(2) * stats.norm.ppf([0.5, 0.5, 0.71, 0.84, 0.90])
    positive = np.arange(49) < 24
    found = {"maxt": 0, "backward": 0}
    for seed in range(120):
        values = random.normal(size=(49, 5)) @ np.linalg.cholesky(correlation).T
        values[positive] += shift
        statistics = permutation_statistics(
            values, permuted_labels(positive, permutations=199, seed=seed)
        )
        observed = statistics[:, 0]
        claims = {
            "maxt": step_down(statistics, observed).p_adjusted <= 0.05,
            "backward": backward_sequence(statistics, observed, np.arange(5))[1] <= 0.05,
        }
        for method, claim in claims.items():
            found[method] += claim.any() and claim.argmax() == 2
    assert 0.45 < found["maxt"] / 120 < found["backward"] / 120
    assert found["backward"] / 120 > 0.58


def test_family_wise_error_holds_with_ties_gaps_and_twelve_subjects():
    random = np.random.default_rng(21)
    positive = np.arange(12) < 6
    claims = 0
    for seed in range(300):
        shared = random.normal(size=(12, 1))
        values = (shared + random.normal(size=(12, 5))).round(1)
        values[random.random(values.shape) < 0.1] = np.nan
        claims += max_t(values, positive, permutations=199, seed=seed).p_adjusted.min() <= 0.05
    # At an error of .05, more than 26 of 300 happens once in 400 times.
    assert claims <= 26
