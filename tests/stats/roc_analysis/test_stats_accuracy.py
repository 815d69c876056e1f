"""Sensitivity, specificity and predictive values at a fixed cut-off."""

import numpy as np
import pytest
from scipy import stats as distributions

from biomarkers import stats
from biomarkers.errors import InputError
from biomarkers.stats.intervals import proportion_interval

MARKER = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
OUTCOME = [0, 0, 1, 0, 1, 1]


def test_counts_beyond_the_threshold():
    rows = stats.accuracy(MARKER, OUTCOME, threshold=3.0).measures.set_index("measure")
    assert rows["count"].to_dict() == {
        "sensitivity": 2, "specificity": 2, "accuracy": 4, "ppv": 2, "npv": 2,
    }  # fmt: skip
    assert rows["total"].tolist() == [3, 3, 6, 3, 3]


def test_lower_calls_what_lies_below():
    found = stats.accuracy([-value for value in MARKER], OUTCOME, threshold=-3.0)
    assert found.direction == "lower"
    assert found.measures["count"].tolist() == [2, 2, 4, 2, 2]


@pytest.mark.parametrize("successes", [0, 1, 5, 12])
@pytest.mark.parametrize(("method", "name"), [("wilson", "wilson"), ("beta", "exact")])
def test_intervals_of_a_proportion_as_scipy(successes, method, name):
    limits = [float(limit) for limit in proportion_interval(successes, 12, method=method)]
    expected = distributions.binomtest(successes, 12).proportion_ci(method=name)
    assert limits == pytest.approx([expected.low, expected.high], abs=1e-12)
    assert 0 <= limits[0] < limits[1] <= 1


@pytest.mark.parametrize("method", ["wilson", "beta"])
def test_a_proportion_of_nothing_has_no_interval(method):
    assert np.isnan(proportion_interval([0, 0], [0, 0], method=method)).all()


def test_nothing_called_positive_has_no_predictive_value():
    rows = stats.accuracy(MARKER, OUTCOME, threshold=9.0, ci="exact").measures
    assert rows.set_index("measure").loc["ppv", ["estimate", "low", "high"]].isna().all()


def test_predictive_values_at_a_prevalence_are_bayes():
    rows = stats.accuracy(MARKER, OUTCOME, threshold=3.0, prevalence=0.1).measures
    ppv, npv = rows.set_index("measure").loc[["ppv", "npv"], "estimate"]
    assert ppv == pytest.approx(2 / 3 * 0.1 / (2 / 3 * 0.1 + 1 / 3 * 0.9))
    assert npv == pytest.approx(2 / 3 * 0.9 / (2 / 3 * 0.9 + 1 / 3 * 0.1))


@pytest.mark.parametrize(("sensitivity", "specificity"), [(0.8, 0.7), (0.95, 0.9)])
def test_predictive_intervals_cover(sensitivity, specificity):
    random = np.random.default_rng(4)
    true = sensitivity * 0.2 / (sensitivity * 0.2 + (1 - specificity) * 0.8)
    covered = 0
    for _ in range(200):
        called = np.concatenate([random.random(20) < sensitivity, random.random(25) >= specificity])
        row = stats.accuracy(
            called, [1] * 20 + [0] * 25, threshold=0.5, prevalence=0.2, direction="higher"
        ).measures.set_index("measure").loc["ppv"]  # fmt: skip
        covered += row["low"] <= true <= row["high"]
    assert 0.92 <= covered / 200 <= 0.99


def test_perfect_specificity_has_a_limit_below_one():
    row = stats.accuracy([0, 0, 1, 1], [0, 0, 1, 1], threshold=0.5, prevalence=0.3).measures
    ppv = row.set_index("measure").loc["ppv"]
    assert (ppv["estimate"], ppv["high"]) == (1, 1)
    assert 0 < ppv["low"] < 1


def test_what_makes_no_sense_is_explained():
    with pytest.raises(InputError, match="threshold: found nan"):
        stats.accuracy(MARKER, OUTCOME, threshold=np.nan)
    with pytest.raises(InputError, match="prevalence: found 1"):
        stats.accuracy(MARKER, OUTCOME, threshold=3, prevalence=1)
    with pytest.raises(InputError, match="ci: found 'wald'"):
        stats.accuracy(MARKER, OUTCOME, threshold=3, ci="wald")


def test_accuracy_can_be_read_and_drawn():
    found = stats.accuracy(MARKER, OUTCOME, threshold=3.0)
    assert "sensitivity 0.67 (0.21 to 0.94)" in found.summary()
    assert len(found.plot().get_yticklabels()) == 5
