"""The earliest separating day, without writing a plan."""

import numpy as np
import pandas as pd
import pytest

from biomarkers import stats
from biomarkers.errors import InputError, PlanError


def cohort(effect, outcome=(1, 0)):
    random = np.random.default_rng(8)
    rows = [
        (f"s{number}", day, "ADC", random.lognormal(effect * (number % 2 == 0) * (day > 3), 0.1))
        for number in range(24)
        for day in (-2, 0, 3, 7, 14)
    ]
    who = pd.DataFrame({"subject": [f"s{number}" for number in range(24)]})
    who["responder"] = [outcome[number % 2] for number in range(24)]
    return pd.DataFrame(rows, columns=["subject", "day", "biomarker", "value"]), who


def test_finds_the_day_and_tells_it():
    found = stats.earliest(*cohort(1.0), permutations=499)
    assert found.visit == 7
    assert found.table["visit"].tolist() == ["3", "7", "14"]
    assert "ADC (whole) separates the classes first at visit 7: higher" in found.summary()
    assert found.to_dict()["earliest"][0]["visit"] == 7
    assert found.plot().get_xlabel() == "Day"


def test_nothing_found_is_said():
    found = stats.earliest(*cohort(0.0), permutations=199)
    assert found.visit is None
    assert "No biomarker separates" in found._repr_html_()


def test_truth_may_be_written_as_truth():
    assert stats.earliest(*cohort(1.0, ("true", "false")), permutations=99).visit == 7


def test_an_outcome_in_words_needs_the_word_of_the_positives():
    words = cohort(1.0, ("R", "NR"))
    assert stats.earliest(*words, positive="R", permutations=99).visit == 7
    turned = stats.earliest(*words, positive="NR", permutations=99).table
    assert set(turned["direction"][1:]) == {"lower"}
    with pytest.raises(PlanError, match="no subject has responder 1; found NR, R"):
        stats.earliest(*words, permutations=99)


def test_the_baseline_is_the_last_day_up_to_zero():
    table, who = cohort(1.0)
    found = stats.earliest(table[table["day"] != 0], who, permutations=99, change="absolute")
    assert found.plan.baseline == "-2"


def test_the_sequence_claims_a_day_when_it_was_declared():
    found = stats.earliest(*cohort(1.0), permutations=499, method="sequence")
    assert found.visit == 7
    assert found.sequence["separates"].tolist() == [False, True, True]
    assert "separate from visit 7 on" in found.headline
    assert found.to_dict()["sequence"][1]["separates"]
    assert (
        stats.earliest(*cohort(0.0), permutations=99, alpha=0.01, method="sequence").visit is None
    )
    assert stats.earliest(*cohort(1.0), permutations=99).sequence.empty


def test_what_cannot_be_done_is_explained():
    with pytest.raises(InputError, match="method: found 'smallest p'"):
        stats.earliest(*cohort(1.0), method="smallest p")
    with pytest.raises(PlanError, match="'died' is no column of participants"):
        stats.earliest(*cohort(1.0), outcome="died")
