"""Comparing two markers."""

import numpy as np
import pytest
from scipy import stats as distributions

from biomarkers import stats
from biomarkers.errors import InputError


def cohort(seed=0, n=60):
    random = np.random.default_rng(seed)
    outcome = np.arange(n) % 2
    shared = random.normal(size=n)
    markers = [outcome * shift + shared + random.normal(size=n) for shift in (1.5, 0.5)]
    return markers[0], markers[1], outcome


def test_difference_is_antisymmetric():
    a, b, outcome = cohort()
    there, back = stats.compare_roc(a, b, outcome), stats.compare_roc(b, a, outcome)
    assert (there.difference, there.z, there.low) == pytest.approx(
        (-back.difference, -back.z, -back.high)
    )
    assert there.p_value == pytest.approx(back.p_value)
    assert there.low < there.difference < there.high


def test_paired_uses_the_correlation_that_unpaired_cannot_see():
    a, b, outcome = cohort()
    paired = stats.compare_roc(a, b, outcome)
    unpaired = stats.compare_roc(a, b, (outcome, outcome), paired=False)
    assert paired.difference == pytest.approx(unpaired.difference)
    assert paired.standard_error < unpaired.standard_error
    assert np.isinf(paired.df)
    assert np.isfinite(unpaired.df)


def test_a_marker_does_not_differ_from_itself():
    a, _, outcome = cohort()
    found = stats.compare_roc(a, a, outcome)
    assert (found.difference, found.p_value) == (0, 1)


def test_two_perfect_markers_of_unlike_use_cannot_be_told_apart():
    outcome = np.array([0, 0, 1, 1])
    found = stats.compare_roc([1, 2, 3, 4], [1, 1, 1, 1], outcome, direction="higher")
    assert found.difference == 0.5
    assert np.isnan(found.z)
    assert np.isnan(found.p_value)


def test_pairs_need_both_markers():
    a, b, outcome = cohort()
    holed = a.copy()
    holed[:6] = np.nan
    found = stats.compare_roc(holed, b, outcome)
    assert found.auc_b == pytest.approx(stats.roc(b[6:], outcome[6:]).auc)


def test_paired_test_keeps_its_level():
    random = np.random.default_rng(1)
    outcome = np.arange(80) % 2
    p_values = []
    for _ in range(300):
        shared = random.normal(size=80) + outcome
        a, b = shared + random.normal(size=80), shared + random.normal(size=80)
        p_values.append(stats.compare_roc(a, b, outcome, direction="higher").p_value)
    rejected = sum(p <= 0.05 for p in p_values)
    assert 4 <= rejected <= distributions.binom.ppf(0.999, 300, 0.05)


def test_unpaired_needs_two_outcomes():
    a, b, outcome = cohort()
    with pytest.raises(InputError, match="expected a pair of outcomes"):
        stats.compare_roc(a, b, outcome, paired=False)


def test_a_comparison_can_be_read_and_drawn():
    found = stats.compare_roc(*cohort())
    assert "difference" in found.summary()
    assert found.plot().get_xlabel().startswith("Difference")
