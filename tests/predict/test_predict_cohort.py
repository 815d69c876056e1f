"""Two tables become cases, or are refused with what is wrong."""

import numpy as np
import pandas as pd
import pytest

from biomarkers import predict
from biomarkers.errors import InputError, TableError
from biomarkers.predict.rule_features import check_made

PEOPLE = pd.DataFrame(
    {
        "subject": [f"s{number}" for number in range(8)],
        "response": ["yes", "no"] * 4,
        "age": [50.0, 60, 70, 55, 65, 75, 52, np.nan],
        "sex": ["f", "m", "m", "f", "f", "m", "f", "m"],
        "site": ["A", "B"] * 4,
        "months": [3.0, 8, 10, 2, 9, 12, 7, 5],
        "died": [1, 1, 0, 0, 1, 0, 1, 1],
    }
)
ROWS = pd.DataFrame(
    {"subject": PEOPLE["subject"], "size": np.arange(8.0), "shape": np.arange(8.0) ** 2}
)


def make(rows=ROWS, people=PEOPLE, **given):
    given = {"outcome": "response", "positive": "yes"} | given
    return predict.Cohort.from_tables(rows, people, **given)


def test_a_wide_table_gives_a_case_a_row_in_the_order_of_subjects():
    cohort = make(ROWS[::-1])
    assert list(cohort.subject) == list(PEOPLE["subject"])
    assert list(cohort.features) == ["size", "shape"]
    assert cohort.positive.tolist() == [True, False] * 4
    assert "8 cases (8 subjects), 2 features; response: 4 positive" in repr(cohort)


def test_measurement_rows_give_a_case_for_each_region():
    rows = pd.DataFrame(
        [(f"s{s}", 0, region, name, s + place, "mm", "abc")
         for s in range(8) for place, region in enumerate(("1", "2")) for name in ("b", "a")],
        columns=["subject", "day", "region", "biomarker", "value", "unit", "settings"],
    )  # fmt: skip
    cohort = make(rows)
    assert len(cohort) == 16
    assert cohort.lesion.tolist()[:2] == ["1", "2"]
    assert list(cohort.features) == ["b", "a"]
    assert cohort.made == {"a": "mm abc", "b": "mm abc"}
    rows.loc[0, "settings"] = "other"
    with pytest.raises(InputError, match="b was measured in two ways"):
        make(rows)


def test_lesions_that_are_subjects_belong_to_an_individual():
    rows = ROWS.assign(individual=PEOPLE["subject"].to_numpy(), subject=ROWS["subject"] + "/a")
    assert make(rows).subject.tolist() == list(PEOPLE["subject"])


def test_who_and_where_a_case_is_and_its_outcome_are_no_features():
    rows = ROWS.assign(site="X", lesion="1", response=PEOPLE["response"], day=0)
    assert list(make(rows).features) == ["size", "shape"]


def test_an_outcome_that_two_tables_tell_differently_is_refused():
    rows = ROWS.assign(response=["no", *PEOPLE["response"][1:]])
    with pytest.raises(InputError, match="subject s0 has no in rows and yes in participants"):
        make(rows)


def test_blocks_take_columns_of_either_table_and_words_become_indicators():
    blocks = {"clinical": ["age", "sex"], "volume": ["size"]}
    cohort = make(blocks=blocks)
    assert list(cohort.features) == ["size", "shape", "age", "sex=m"]
    assert cohort.blocks == {"clinical": ("age", "sex=m"), "volume": ("size",)}
    assert cohort.features["sex=m"].tolist() == [0, 1, 1, 0, 0, 1, 0, 1]
    assert np.isnan(cohort.features["age"][7])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": "cured"}, "participants: no column cured"),
        ({"blocks": {"clinical": ["kps"]}}, "blocks.clinical.*no column kps"),
        ({"blocks": {"clinical": ["response"]}}, "no feature"),
        ({"site": "centre"}, "centre is a column of neither"),
        ({"positive": "maybe"}, "expected two kinds, one of them maybe"),
        ({"horizon": 6}, "horizon: needs outcome="),
        ({"rows": ROWS.assign(subject="s0")}, "subject s0 stands twice"),
        ({"rows": ROWS.assign(size="big")}, "column size: found 'big', expected a number"),
        ({"rows": ROWS.assign(day=range(8))}, "expected those of one day"),
        ({"rows": ROWS.assign(perturbation=1)}, "belong in predict.Stable"),
        ({"rows": ROWS[:4]}, "found 2 positive and 2 negative subjects; expected 3"),
    ],
)
def test_what_is_wrong_is_said(change, message):
    with pytest.raises(InputError, match=message):
        make(**change)


def test_subjects_spelled_in_two_ways_are_refused():
    with pytest.raises(TableError, match="'S0' of the measurements is 's0' in participants"):
        make(ROWS.assign(subject=["S0", *ROWS["subject"][1:]]))


def test_a_subject_at_two_sites_is_refused():
    rows = pd.concat([ROWS.assign(lesion=1), ROWS.assign(lesion=2)], ignore_index=True)
    with pytest.raises(InputError, match="subject s0 lies at A, B"):
        make(rows.assign(site=["A"] * 8 + ["B"] * 8), site="site")


def test_who_has_no_outcome_or_is_no_participant_is_named():
    people = PEOPLE.assign(response=[None, *PEOPLE["response"][1:]])
    rows = pd.concat([ROWS, pd.DataFrame({"subject": ["x9"], "size": [1.0], "shape": [1.0]})])
    cohort = make(rows.reset_index(drop=True), people)
    assert cohort.notes == ("Left out, no participant: x9.", "Left out, no response: s0.")


def test_an_outcome_cut_from_survival_leaves_out_by_name_who_was_censored_before():
    cohort = make(outcome=("months", "died"), horizon=8.5)
    assert cohort.time is None
    assert cohort.notes == ("Left out, censored before 8.5, or without months or died: s3.",)
    assert dict(zip(cohort.subject, cohort.positive, strict=True))["s1"]
    assert not dict(zip(cohort.subject, cohort.positive, strict=True))["s4"]


def test_time_and_event_are_kept():
    cohort = make(outcome=("months", "died"))
    assert cohort.time.tolist() == PEOPLE["months"].tolist()
    assert cohort.positive.tolist() == (PEOPLE["died"] == 1).tolist()


def test_what_is_missing_at_a_whole_site_is_named():
    rows = ROWS.assign(shape=ROWS["shape"].where(PEOPLE["site"] == "A"))
    assert any("every case of site B: shape" in note for note in make(rows, site="site").notes)


def test_the_digest_hangs_on_values_and_not_on_the_order_of_rows():
    assert make().digest == make(ROWS[::-1]).digest
    assert make().digest != make(ROWS.assign(size=ROWS["size"] + 1)).digest


def test_columns_of_participants_are_no_image_values_whatever_their_block():
    made = make(blocks={"patient": ["age", "sex"], "volume": ["size"]})
    assert made.facts == ("age", "sex=m")
    assert dict(zip(made.cases.names, made.cases.images.tolist(), strict=True)) == {
        "size": True, "shape": True, "age": False, "sex=m": False,
    }  # fmt: skip


def test_settings_that_a_file_tells_as_not_available_are_none():
    names = [f"s{number}" for number in range(6)]
    rows = pd.DataFrame({
        "subject": names * 2, "day": 0.0, "region": "tumor", "value": range(12),
        "biomarker": ["volume"] * 6 + ["ADC"] * 6, "unit": ["mm^3"] * 6 + ["mm^2/s"] * 6,
        "settings": ["n/a"] * 6 + ["8f14ac24de1e"] * 6,
    })  # fmt: skip
    people = pd.DataFrame({"subject": names, "response": [0, 1] * 3})
    made = predict.Cohort.from_tables(rows, people, outcome="response").made
    assert made == {"volume": "mm^3", "ADC": "mm^2/s 8f14ac24de1e"}
    rows["settings"] = rows["settings"].replace("n/a", None)  # as a table in memory has it
    assert predict.Cohort.from_tables(rows, people, outcome="response").made == made


def test_a_rule_that_was_kept_with_not_available_settings_is_still_one():
    check_made("volume", "mm^3 n/a", "mm^3")
    with pytest.raises(InputError, match="made in another way"):
        check_made("volume", "mm^3 n/a", "mL")
    with pytest.raises(InputError, match="made in another way"):
        check_made("ADC", "mm^2/s 8f14ac24de1e", "mm^2/s 0014ac24de1e")
