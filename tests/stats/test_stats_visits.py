"""Which measurement stands for which visit."""

import pandas as pd
import pytest

from biomarkers.plan import make_plan
from biomarkers.stats.visits import at_visits

PLAN = make_plan(
    {
        "outcome": "responder",
        "positive": 1,
        "baseline": 0,
        "visits": {"0": [-1, 0], "7": [6, 7, 8], "late": [20, 21]},
        "biomarkers": {"ADC": {}},
    }
)


def measured(*days):
    return pd.DataFrame(
        {
            "subject": "a",
            "day": [float(day) for day in days],
            "biomarker": "ADC",
            "region": "whole",
            "value": [float(day) for day in days],
        }
    )


@pytest.mark.parametrize(
    ("days", "stands"),
    [
        ((6, 7, 8), 7),  # nearest to the visit's day
        ((6, 8), 6),  # the earlier on a tie
        ((8, 6), 6),  # whatever the order of the rows
        ((8,), 8),
    ],
)
def test_the_nearest_measurement_stands_for_the_visit(days, stands):
    kept, unused = at_visits(measured(*days), PLAN)
    assert kept["day"].tolist() == [stands]
    assert kept["visit"].tolist() == ["7"]
    assert set(unused["day"]) == set(days) - {stands}
    assert (unused["reason"] == "nearer_measurement").all()


def test_a_named_visit_aims_at_its_first_day():
    kept, _ = at_visits(measured(20, 21), PLAN)
    assert kept["day"].tolist() == [20]


def test_days_no_visit_claims_are_listed():
    kept, unused = at_visits(measured(0, 3, 7), PLAN)
    assert kept["visit"].tolist() == ["0", "7"]
    assert unused[["day", "reason"]].to_numpy().tolist() == [[3, "unclaimed_day"]]


def test_subjects_biomarkers_and_regions_have_windows_of_their_own():
    one = measured(6)
    table = pd.concat(
        [one, one.assign(subject="b"), one.assign(biomarker="T1"), one.assign(region="rim")],
        ignore_index=True,
    )
    kept, unused = at_visits(table, PLAN)
    assert len(kept) == 4
    assert unused.empty


def test_an_empty_table_stays_empty():
    kept, unused = at_visits(measured(0).iloc[:0], PLAN)
    assert kept.empty
    assert unused.empty
    assert "visit" in kept
