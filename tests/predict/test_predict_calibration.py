"""Groups of like probability, the cases behind decisions, and what a cohort is like."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from predict_cohorts import ONE, noise, signal

from biomarkers import predict
from biomarkers.predict.calibration import calibration_curve
from biomarkers.stats.intervals import proportion_interval


def test_groups_are_of_like_size_and_tell_the_share_of_positives():
    probability = np.linspace(0.01, 0.99, 100)
    positive = np.arange(100) % 4 == 3
    curve = calibration_curve(probability, positive, np.arange(100).astype(str))
    assert curve["cases"].tolist() == [10] * 10
    assert curve["predicted"][0] == pytest.approx(probability[:10].mean())
    assert curve["observed"].tolist() == [
        pytest.approx(positive[start : start + 10].mean()) for start in range(0, 100, 10)
    ]
    low, high = proportion_interval(2, 10, method="wilson")
    limits = curve[["observed_low", "observed_high"]].iloc[0].tolist()
    assert limits == pytest.approx([float(low), float(high)])


def test_few_cases_make_few_groups_and_equal_ones_stay_together():
    truth, names = np.arange(25) % 2 == 1, np.arange(25).astype(str)
    assert len(calibration_curve(np.linspace(0, 1, 25), truth, names)) == 2
    assert len(calibration_curve(np.full(25, 0.4), truth, names)) == 1
    assert len(calibration_curve(np.linspace(0, 1, 5), truth[:5], names[:5])) == 1


def test_lesions_of_a_subject_count_once_in_the_interval():
    truth, probability = np.arange(20) % 2 == 1, np.full(20, 0.5)
    alone = calibration_curve(probability, truth, np.arange(20).astype(str))
    shared = calibration_curve(probability, truth, np.repeat(np.arange(5), 4).astype(str))
    assert shared["subjects"][0] == 5
    assert shared["observed_high"][0] > alone["observed_high"][0]


@pytest.fixture(scope="module")
def seen():
    return predict.evaluate(predict.recipe("logistic"), signal(count=60, width=6), settings=ONE)


def test_the_curve_is_of_the_cases_that_were_held_out(seen):
    curve, cases = seen.calibration_curve, seen.cases
    assert curve["cases"].sum() == len(cases)
    weights = curve["cases"] / len(cases)
    assert weights @ curve["predicted"] == pytest.approx(cases["probability"].mean())
    assert weights @ curve["observed"] == pytest.approx(cases["positive"].mean())


def test_decisions_tell_the_cases_behind_them(seen):
    row, cases = seen.decisions.iloc[0], seen.cases
    positives = cases["positive"].sum()
    assert row["true_positives"] + row["false_negatives"] == pytest.approx(positives)
    assert row["true_negatives"] + row["false_positives"] == pytest.approx(len(cases) - positives)
    assert row["true_positives"] / positives == pytest.approx(row["sensitivity"])


def test_doubts_are_the_reasons_against_a_claim(seen):
    assert seen.claims == (not seen.doubts)
    nothing = predict.evaluate(predict.recipe("logistic"), noise(3, width=5), settings=ONE)
    assert not nothing.is_beyond_chance
    assert nothing.doubts == ("its interval reaches 0.5",)


def test_a_cohort_tells_what_its_cases_are_like():
    cohort = signal(count=60, width=6)
    mix = cohort.case_mix.set_index("feature")
    values = cohort.features
    assert mix.loc["age", "block"] == "clinical"
    assert mix.loc["f00", "block"] == ""
    assert mix.loc["f00", "missing"] == pytest.approx(values["f00"].isna().mean())
    assert mix.loc["f00", "sd"] == pytest.approx(values["f00"].std())
    assert mix.loc["f00", "positive_mean"] == pytest.approx(values["f00"][cohort.positive].mean())


def test_a_locked_rule_is_held_against_other_cases():
    rule = predict.fit(predict.recipe("logistic"), signal(count=60, width=6))
    other = signal(7, count=40, width=6)
    other = replace(other, subject=np.char.add("x", other.subject))
    curve = predict.validate(rule, other).calibration_curve
    weights = curve["cases"] / len(other)
    assert weights @ curve["predicted"] == pytest.approx(rule.predict(other).mean())


def test_what_positive_means_is_kept_in_words():
    names = [f"s{number}" for number in range(12)]
    rows = pd.DataFrame({"subject": names, "size": np.arange(12.0)})
    people = pd.DataFrame({"subject": names, "kind": ["yes", "no"] * 6, "time": np.arange(1, 13),
                           "died": [1, 0, 1] * 4})  # fmt: skip
    made = predict.Cohort.from_tables
    assert made(rows, people, outcome="kind", positive="yes").positive_is == "kind = yes"
    both = ("time", "died")
    assert made(rows, people, outcome=both).positive_is == "died"
    assert made(rows, people, outcome=both, horizon=6).positive_is == "died by time 6"
