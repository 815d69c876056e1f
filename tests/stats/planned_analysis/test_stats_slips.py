"""What people's tables hold by mistake is named: codes, other units, baselines spread over days."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from biomarkers import stats
from biomarkers.plan import make_plan
from biomarkers.report import answer
from biomarkers.stats.planned_analysis.odd_values import lies_far, looks_coded, odd_values

WHO = [f"s{number:02d}" for number in range(12)]
PEOPLE = pd.DataFrame({"subject": WHO, "responder": [1, 0] * 6})


def table(seed=1, days=(0, 7, 14)):
    random = np.random.default_rng(seed)
    rows = [(s, float(day), "ADC", 800 + 40 * random.normal()) for s in WHO for day in days]
    return pd.DataFrame(rows, columns=["subject", "day", "biomarker", "value"])


def plan(**settings):
    return make_plan(
        {"outcome": "responder", "positive": 1, "baseline": 0, "biomarkers": {"ADC": {}},
         "visits": {"0": [0], "7": [7], "14": [14]}, "separation": {"permutations": 99},
         **settings}
    )  # fmt: skip


def notes(results, topic):
    rows = results.tables["notes"]
    return rows.loc[rows["topic"] == topic, "text"].tolist()


def analyse(slips, **settings):
    values = table()
    for (subject, day), value in slips.items():
        values.loc[(values["subject"] == subject) & (values["day"] == day), "value"] = value
    return stats.analyse(values, PEOPLE, plan(**settings))


@pytest.mark.parametrize("code", [-9, -999, 9999, 99])
def test_a_code_for_missing_is_named(code):
    results = analyse({("s03", 7): code})
    (text,) = notes(results, "odd_values")
    assert text.startswith("ADC in whole looks like a code for a missing value: s03 on day 7: ")


@pytest.mark.parametrize("factor", [1000, 0.001, 20])
def test_a_value_in_another_unit_is_named(factor):
    results = analyse({("s03", 7): 800 * factor, ("s05", 14): 810 * factor})
    (text,) = notes(results, "odd_values")
    assert "s03 on day 7: " in text
    assert "s05 on day 14: " in text
    assert "10 times or more" in text


def test_usual_values_pass_without_a_word():
    assert not notes(analyse({("s03", 7): 870.0}), "odd_values")
    # Tumours that grow a hundredfold, all of them; a code inside the range; negative numbers.
    days = np.tile([0.0, 7, 14, 21], 12)
    subjects = np.repeat(np.arange(12), 4)
    growing = 10 * np.exp(days / 21 * np.log(100)) * (1 + subjects / 20)
    assert not lies_far(growing, subjects, known=np.ones(48, dtype=bool)).any()
    assert not looks_coded(np.array([700.0, 999, 1000, 800, 900, 850])).any()
    assert not looks_coded(np.array([-1.0, -3, 0.5, 1, 2, -2])).any()


@pytest.mark.parametrize("factor", [10.0, 60.0, 1000.0, 1e-3])
def test_a_whole_animal_in_another_unit_is_named(factor):
    results = analyse({("s03", day): factor * 500.0 for day in (0, 7, 14)})
    (text,) = notes(results, "odd_values")
    assert "of a whole subject is 5 times or more from that of all others at every visit" in text
    assert "s03 on day 0" in text


def test_an_animal_whose_tumour_vanishes_is_not():
    assert not any(
        "whole subject" in text
        for text in notes(analyse({("s03", 14): 0.5, ("s03", 7): 2.0}), "odd_values")
    )


def test_of_fewer_than_six_values_none_is_unusual():
    names = [f"s{number}" for number in range(6)]
    rows = {"biomarker": "ADC", "region": "tumor", "subject": names, "visit": "7", "day": 7.0}
    changes = pd.DataFrame({**rows, "value": [790.0, 800.0, 810.0, 820.0, 830.0, -999.0]})
    for least, named in ((0, 1), (1, 0)):
        prepared = SimpleNamespace(tables={"changes": changes.iloc[least:]})
        assert len(list(odd_values(prepared))) == named


def test_a_code_is_named_by_combine_too():
    values = pd.concat([table(1), table(2).assign(biomarker="T1")])
    values.loc[4, "value"] = -999
    values = values.reset_index(drop=True)
    settings = stats.CrossValidation(permutations=19, folds=3)
    found = stats.combine(values, PEOPLE, visit=14, change="absolute", settings=settings)
    values.loc[5, "value"] = 99999.0
    named = stats.combine(values, PEOPLE, visit=14, change="absolute", settings=settings)
    assert any("looks like a code" in text for text in named.notes)
    assert not any("another unit" in text for text in found.notes)


def test_baselines_on_other_days_are_counted_in_the_headline():
    values = table()
    first = values["day"] == 0
    values.loc[first, "day"] = np.tile([-2.0, -1.0, 0.0], 4)
    results = stats.analyse(values, PEOPLE, plan())
    assert results.compared == (4, 12)
    assert answer(results)[0].endswith("Only 4 of 12 subjects could be compared.")
    (text,) = notes(results, "uncompared")
    assert "8 of 12 subjects have no value at baseline (visit 0: day 0)" in text
    found = stats.earliest(values, PEOPLE, permutations=99)
    assert found.headline.endswith("Only 4 of 12 subjects could be compared.")
    whole = stats.analyse(table(), PEOPLE, plan())
    assert "Only" not in answer(whole)[0]


def test_who_has_no_outcome_or_no_scan_belongs_to_the_study():
    people = pd.concat([PEOPLE, pd.DataFrame({"subject": ["s99"], "responder": [1]})])
    people.loc[people["subject"] == "s00", "responder"] = np.nan
    assert stats.analyse(table(), people, plan()).compared == (11, 13)


def test_who_is_negative_by_which_value_is_listed():
    people = PEOPLE.assign(responder=["Yes", "No", "partial"] * 4)
    results = stats.analyse(table(), people, plan(positive="Yes"))
    (text,) = notes(results, "negative_values")
    assert text == (
        "The plan names no negatives: whoever is not positive counts as one, by responder "
        "No (s01, s04, s07, s10); partial (s02, s05, s08, s11)."
    )
    plain = PEOPLE.assign(responder=["Yes", "No"] * 6)
    assert not notes(stats.analyse(table(), plain, plan(positive="Yes")), "negative_values")


def test_the_smallest_p_that_permutations_can_show_is_written_as_a_bound():
    values = table(days=(0, 7))
    odd = values["subject"].isin(WHO[::2]) & (values["day"] == 7)
    values.loc[odd, "value"] += 500
    found = stats.earliest(values, PEOPLE, permutations=49)
    assert "adjusted p ≤ 0.02." in found.headline
    assert "adjusted p ≤ 0.02" in answer(found.results)[0]
    groups = pd.DataFrame({"time": [1, 2, 3, 4, 11, 12, 13, 14.0], "group": list("aaaabbbb")})
    tested = stats.log_rank(groups, time="time", group="group", permutations=19)
    assert ("p ≤ 0.05" in tested.headline) == (tested.p_value == 0.05)


def test_a_finding_on_the_border_is_named():
    named = False
    for seed in range(60):
        values = table(seed, days=(0, 7))
        values["value"] += 60 * values["subject"].isin(WHO[::2]) * (values["day"] == 7)
        found = stats.analyse(values, PEOPLE, plan(visits={"0": [0], "7": [7]}))
        row = found.separation.iloc[0]
        named = bool(notes(found, "borderline"))
        assert named == (row["separates"] and row["auc_low"] <= 0.5)
        if named:
            break
    assert named
