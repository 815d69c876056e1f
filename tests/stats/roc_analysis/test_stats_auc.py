"""The area under the curve against its definition, pair by pair."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from biomarkers.stats.roc_analysis.auc import (
    area,
    delong_variance,
    design_effect,
    placements,
    structural_components,
)

values = st.lists(st.integers(-5, 5), min_size=2, max_size=12).map(
    lambda numbers: np.array(numbers, dtype=float)
)


@settings(deadline=None)
@given(values, values)
def test_area_is_the_share_of_pairs_won_with_ties_as_half(positives, negatives):
    pairs = np.sign(positives[:, None] - negatives[None, :])
    assert area(positives, negatives) == pytest.approx(np.mean((pairs + 1) / 2), abs=1e-14)


@settings(deadline=None)
@given(values, values)
def test_components_are_row_and_column_means_of_the_pairs(positives, negatives):
    pairs = (np.sign(positives[:, None] - negatives[None, :]) + 1) / 2
    by_positive, by_negative = structural_components(positives, negatives)
    np.testing.assert_allclose(by_positive, pairs.mean(axis=1), atol=1e-14)
    np.testing.assert_allclose(by_negative, pairs.mean(axis=0), atol=1e-14)


def test_area_is_mann_whitney_over_pairs():
    random = np.random.default_rng(2)
    x, y = random.normal(0.5, 1, 17).round(1), random.normal(0, 1, 23).round(1)
    u = stats.mannwhitneyu(x, y).statistic
    assert area(x, y) == pytest.approx(u / (17 * 23), abs=1e-14)


def test_an_infinite_decrease_is_the_lowest_rank():
    assert area(np.array([-np.inf, 0.0]), np.array([-1.0, 1.0])) == 0.25


def test_delong_variance_of_one_swapped_pair_is_two_over_mn_squared():
    m, n = 7, 9
    positives = np.arange(m) + 100.0
    negatives = np.arange(n, dtype=float)
    negatives[-1] = 100.5  # beats exactly the lowest positive
    components = structural_components(positives, negatives)
    assert delong_variance(*components) == pytest.approx(2 / (m * n) ** 2, rel=1e-12)


def test_variance_is_unknown_with_one_subject_in_a_class():
    assert np.isnan(delong_variance(np.array([1.0]), np.array([0.0, 1.0])))


def test_placements_keep_the_order_given():
    np.testing.assert_array_equal(placements(np.array([3.0, 1.0]), np.array([2.0, 0.0])), [1, 0.5])


def test_a_million_values_agree_with_the_normal_model():
    random = np.random.default_rng(0)
    found = area(random.normal(0.1, 1, 500_000), random.normal(0, 1, 500_000))
    assert found == pytest.approx(stats.norm.cdf(0.1 / np.sqrt(2)), abs=0.003)


def test_clusters_that_all_agree_have_no_design_effect():
    # The mean of every cluster is the area: no variance between, none is made up.
    part = np.array([1.0, 0.0, 1.0, 0.0])
    members = np.array([0, 0, 1, 1])
    assert design_effect((part, part), (members, members + 2)) == 1
