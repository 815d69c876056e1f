"""Comparing two markers."""

import numpy as np
import pytest
from scipy import stats as distributions

from biomarkers import stats
from biomarkers.errors import InputError
from biomarkers.stats.roc_analysis.whole_curves import _mixture_places


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


@pytest.mark.parametrize("paired", [True, False])
def test_equal_areas_without_variance_claim_nothing(paired):
    # pROC's roc.test: z is set to 0 and p to 1, with a warning where both areas are 1.
    outcome = np.array([0, 0, 1, 1])
    known = outcome if paired else (outcome, outcome)
    found = stats.compare_roc([1, 2, 3, 4], [2, 1, 4, 3], known, paired=paired)
    assert (found.difference, found.z, found.p_value) == (0, 0, 1)
    assert np.isnan([found.low, found.high]).all()
    assert "No variance was seen" in found.headline


def test_the_outcomes_of_two_samples_may_stand_in_a_list():
    a, b, outcome = cohort()
    one = stats.compare_roc(a, b, (outcome, outcome), paired=False)
    other = stats.compare_roc(a, b, [outcome, outcome], paired=False)
    assert one.p_value == other.p_value
    with pytest.raises(InputError, match="take paired=True"):
        stats.compare_roc([1, 2], [2, 1], [0, 1], paired=False)


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
    with pytest.raises(InputError, match=r"expected two, \(of the subjects of marker_a"):
        stats.compare_roc(a, b, outcome, paired=False)


def test_a_comparison_can_be_read_and_drawn():
    found = stats.compare_roc(*cohort())
    assert "difference" in found.summary()
    assert found.plot().get_title().startswith("Difference")


def crossing(random, n=80):
    """Two markers with equal areas whose curves cross: shifted in the middle, and at one end."""
    outcome = np.repeat([0, 1], n)
    middle = np.concatenate([random.normal(size=n), random.normal(0.75, 1, n)])
    wide = np.concatenate([random.normal(size=n), random.normal(1.68, 3, n)])
    return middle, wide, outcome


def test_whole_curves_differ_where_areas_do_not():
    a, b, outcome = crossing(np.random.default_rng(4), n=150)
    areas = stats.compare_roc(a, b, outcome, direction="higher")
    curves = stats.compare_roc(a, b, outcome, direction="higher", method="venkatraman")
    assert areas.p_value > 0.1
    assert curves.p_value < 0.01
    assert (curves.low, curves.high) == (areas.low, areas.high)
    assert np.isnan(curves.z)
    assert "whole curves" in curves.headline
    other = np.random.default_rng(5).permutation(len(outcome))
    unpaired = stats.compare_roc(
        a, b[other], (outcome, outcome[other]), paired=False, direction="higher",
        method="venkatraman",
    )  # fmt: skip
    assert unpaired.p_value < 0.01


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("method", ["venkatraman", "bootstrap"])
def test_equal_curves_are_rejected_as_often_as_said(method, paired):
    # Unpaired with other sizes, another prevalence and another scale of the marker.
    random = np.random.default_rng(6)
    rejected = 0
    for seed in range(100):
        truth = np.repeat([0, 1], [25, 20])
        a, b = truth + random.normal(size=(2, 45))
        other, second = truth, b
        if not paired:
            other = np.repeat([0, 1], [20, 35])
            second = np.exp(other + random.normal(size=55))
        found = stats.compare_roc(
            a, second, truth if paired else (truth, other), paired=paired, direction="higher",
            method=stats.Resampling(method, draws=199, seed=seed),
        )  # fmt: skip
        rejected += found.p_value <= 0.05
    # Within four standard errors of 5 %; the bootstrap's Wald statistic may be a little liberal.
    assert rejected / 100 <= 0.137


def test_resampling_is_the_same_every_time_and_approaches_delong():
    a, b, outcome = cohort(n=120)
    delong, drawn = (
        stats.compare_roc(a, b, outcome),
        stats.compare_roc(a, b, outcome, method="bootstrap"),
    )
    assert drawn.z == pytest.approx(delong.z, rel=0.08)
    assert drawn.z == stats.compare_roc(a, b, outcome, method="bootstrap").z
    other = stats.compare_roc(a, b, outcome, method=stats.Resampling("bootstrap", seed=2))
    assert drawn.z != other.z
    for method in ("logrank", stats.Resampling("logrank")):
        with pytest.raises(InputError, match="method: found 'logrank'"):
            stats.compare_roc(a, b, outcome, method=method)
    with pytest.raises(InputError, match="draws: found 0"):
        stats.compare_roc(a, b, outcome, method=stats.Resampling("bootstrap", draws=0))


def test_a_curve_does_not_differ_from_itself_anywhere():
    a, _, outcome = cohort()
    same = stats.compare_roc(a, 3 * a + 1, outcome, method="venkatraman")
    assert (same.distance, same.p_value) == (0, 1)


def test_who_was_left_out_is_said():
    a, b, outcome = cohort()
    a[3], b[[3, 4]] = np.nan, np.nan
    found = stats.compare_roc(a, b, outcome)
    assert found.left_out == 2
    assert "2 subjects were left out, without a marker or an outcome" in found.headline
    apart = stats.compare_roc(a, b, (outcome, outcome), paired=False)
    assert apart.left_out == 3


def test_places_in_the_mixture_of_a_study_are_its_ranks():
    random = np.random.default_rng(2)
    study = random.integers(0, 9, 12).astype(float), random.integers(3, 12, 7).astype(float)
    ranks = (distributions.rankdata(np.concatenate([np.sort(part) for part in study])) - 0.5) / 19
    # the classes weigh as many as they are
    places = np.concatenate(_mixture_places(tuple(map(np.sort, study)), 12 / 19))
    assert places == pytest.approx(ranks)
