"""Who responded."""

import numpy as np
import pandas as pd
import pytest

from biomarkers import stats
from biomarkers.errors import InputError
from biomarkers.plan import Visit, make_plan

PEOPLE = pd.DataFrame(
    {
        "subject": list("abcdef"),
        "time": [80.0, 60.0, 40.0, 40.0, np.nan, 70.0],
        "died": [1, 0, 1, 0, 1, None],
    }
)


def test_censored_before_the_horizon_is_unknown_not_negative():
    found = stats.response_by_time(PEOPLE, time="time", event="died", horizon=60)
    assert found["responder"].fillna(-1).tolist() == [1, 1, 0, -1, -1, 1]


def test_without_censoring_every_time_is_an_event():
    found = stats.response_by_time(PEOPLE, time="time", horizon=60, name="late")
    assert found["late"].fillna(-1).tolist() == [1, 1, 0, 0, -1, 1]
    assert "late" not in PEOPLE


@pytest.mark.parametrize(
    ("changed", "settings", "message"),
    [
        ({}, {"time": "days"}, "no column days; found subject, time, died"),
        ({"time": -1.0}, {"time": "time"}, "time: found -1, expected 0 or more"),
        ({"died": "maybe"}, {"time": "time", "event": "died"}, "died: found 'maybe', expected 1"),
    ],
)
def test_times_that_make_no_sense_are_explained(changed, settings, message):
    with pytest.raises(InputError, match=message):
        stats.response_by_time(PEOPLE.assign(**changed), horizon=60, **settings)


@pytest.mark.parametrize("horizon", [0, -60, np.inf, np.nan])
def test_a_horizon_lies_ahead(horizon):
    with pytest.raises(InputError, match=r"horizon: found .*, expected a time above 0"):
        stats.response_by_time(PEOPLE, time="time", horizon=horizon)


def volumes(**series):
    rows = [
        (subject, float(day), "tumor_volume", value)
        for subject, values in series.items()
        for day, value in zip((0, 7, 14, 21), values, strict=False)
    ]
    return pd.DataFrame(rows, columns=["subject", "day", "biomarker", "value"])


def test_doubling_time_is_a_line_in_the_logarithm():
    table = volumes(a=[10, 10, 40], b=[10, 12, 13], c=[10, 0, 30], d=[np.nan, 9, 50])
    found = stats.time_to_growth(table, biomarker="tumor_volume").set_index("subject")
    assert found.loc["a", "time"] == pytest.approx(10.5)  # half way from 1 to 4 in logarithm
    assert found["event"].dropna().to_dict() == {"a": True, "b": False, "c": True}
    assert found.loc["d"].isna().all()  # no baseline: not known, and not gone
    assert found.loc["b", "time"] == 14
    assert found.loc["c", "time"] == 14
    with pytest.raises(InputError, match="factor: found 1"):
        stats.time_to_growth(table, biomarker="tumor_volume", factor=1)


def test_best_response_by_volume_up_to_progression():
    table = volumes(
        gone=[10, 4, 0], partial=[10, 3.5, 4], stable=[10, 6, 8], grows=[10, 14, 1],
        relapses=[10, 5, 7, 1], vanishes=[10, 0, 0], wavers=[10, 5, 6, 2],
        late=[10],
    )  # fmt: skip
    found = stats.volume_response(table, biomarker="tumor_volume").set_index("subject")
    assert found["response"].to_dict() == {
        "gone": "CR", "partial": "PR", "stable": "SD", "grows": "PD", "relapses": "SD",
        "vanishes": "CR", "wavers": "PR", "late": "NE",
    }  # fmt: skip
    assert found["reason"].to_dict() == dict.fromkeys(found.index, "") | {
        "late": "no tumor_volume after the baseline"
    }
    assert np.isnan(found.loc["late", "responder"])
    assert found["responder"].sum() == 4
    assert found.loc["grows", "best_percent"] == pytest.approx(40)
    assert found.loc["relapses", "best_percent"] == pytest.approx(-50)


def test_limits_and_last_day_can_be_chosen():
    table = volumes(a=[10, 7, 1])
    rule = stats.VolumeRule(partial=30, progression=20)
    found = stats.volume_response(table, biomarker="tumor_volume", until=7, rule=rule)
    assert found["response"].tolist() == ["PR"]
    found = stats.volume_response(table, biomarker="tumor_volume", until=7)
    assert found["response"].tolist() == ["SD"]


def test_a_volume_must_be_one_series():
    table = volumes(a=[10, 7])
    with pytest.raises(InputError, match="'ADC' is not in the measurements; found tumor_volume"):
        stats.volume_response(table, biomarker="ADC")
    two = pd.concat([table.assign(region="core"), table.assign(region="rim")])
    with pytest.raises(InputError, match="found regions core, rim; select one"):
        stats.volume_response(two, biomarker="tumor_volume")


def test_predicting_a_marker_by_itself_is_said():
    table = volumes(a=[10, 3, 1], b=[10, 2, 1], c=[10, 12, 15], d=[10, 13, 15])
    who = stats.volume_response(table, biomarker="tumor_volume")
    plan = make_plan(
        {
            "outcome": "responder",
            "positive": 1,
            "baseline": 0,
            "visits": {"0": [0], "7": [7]},
            "biomarkers": {"tumor_volume": {}},
            "separation": {"permutations": 99},
        }
    )
    notes = stats.analyse(table, who, plan).tables["notes"].set_index("topic")["text"]
    assert "is in part its own definition" in notes["circular"]


def test_landmark_counts_who_is_decided_before_the_visit():
    people = PEOPLE.assign(responder=[1, 1, 0, 0, 0, 1], time=[80, 60, 40, 10, 5, 70])
    found = stats.landmark(people, [0, 7, 40, 41], time="time", outcome="responder")
    assert found["negative"].tolist() == [3, 2, 1, 0]
    assert found["decided_negative"].tolist() == [0, 1, 2, 3]
    assert found["positive"].tolist() == [3, 3, 3, 3]
    with pytest.raises(InputError, match="no column alive"):
        stats.landmark(people, [0], time="alive", outcome="responder")


def test_a_landmark_of_the_plan_is_reached_by_whoever_was_seen_in_its_window():
    people = PEOPLE.assign(responder=[1, 1, 0, 0, 0, 1], time=[80, 7, 6, 6.9, 5, np.nan])
    visit = Visit("7", (6.0, 7.0, 8.0))
    for days, within in (([visit], 0), ([7], 1)):
        row = stats.landmark(people, days, time="time", outcome="responder", within=within).iloc[0]
        assert row.tolist() == [7, 2, 2, 0, 1, 1]
    exact = stats.landmark(people, [7], time="time", outcome="responder").iloc[0]
    assert exact.tolist() == [7, 2, 0, 0, 3, 1]


def test_a_landmark_is_reached_at_a_time_that_is_equal_but_for_rounding():
    people = pd.DataFrame({"subject": ["a", "b"], "time": [0.1 + 0.2, 0.7 - 0.4], "one": [1, 0]})
    assert people["time"][1] < 0.3 < people["time"][0]
    row = stats.landmark(people, [0.3], time="time", outcome="one").iloc[0]
    assert row[["positive", "negative"]].tolist() == [1, 1]
