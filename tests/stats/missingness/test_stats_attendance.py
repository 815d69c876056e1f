"""Who was measured when, and if not, why not."""

import numpy as np
import pandas as pd

from biomarkers import stats
from biomarkers.plan import make_plan

PLAN = make_plan(
    {
        "outcome": "responder",
        "positive": 1,
        "baseline": 0,
        "visits": {"0": [0], "7": [6, 7], "14": [14]},
        "biomarkers": {"ADC": {}},
        "separation": {"permutations": 99},
    }
)
PARTICIPANTS = pd.DataFrame(
    {"subject": ["here", "skips", "leaves", "late", "fails", "out", "never", "blank"]}
).assign(responder=[1, 0] * 4)

EXCLUSION = pd.DataFrame(
    [("out", 7.0, "", "ADC", "anaesthesia failed", "the veterinarian")],
    columns=["subject", "day", "region", "biomarker", "reason", "by"],
)

DAYS = {
    "here": [0, 7, 14],
    "skips": [0, 14],
    "leaves": [0, 3],
    "late": [6, 14],
    "fails": [0, 7, 14],
    "out": [0, 7, 14],
    "blank": [0, 7, 14],
}


def statuses():
    rows = [
        (subject, float(day), "ADC", 1.0 + day / 10, "ok")
        for subject, days in DAYS.items()
        for day in days
    ]
    table = pd.DataFrame(rows, columns=["subject", "day", "biomarker", "value", "qc"])
    table.loc[(table["subject"] == "fails") & (table["day"] == 7), "qc"] = "fail"
    table.loc[(table["subject"] == "blank") & (table["day"] > 0), "value"] = np.nan
    found = stats.analyse(table, PARTICIPANTS, PLAN, exclusions=EXCLUSION)
    return found, found.tables["attendance"].set_index(["subject", "visit"])["status"]


def test_every_absence_has_its_reason():
    _, status = statuses()
    assert {subject: status[subject].tolist() for subject in DAYS} == {
        "here": ["measured", "measured", "measured"],
        "skips": ["measured", "missing", "measured"],
        "leaves": ["measured", "gone", "gone"],
        "late": ["missing", "no_baseline", "no_baseline"],
        "fails": ["measured", "failed_qc", "measured"],
        "out": ["measured", "excluded", "measured"],
        "blank": ["measured", "gone", "gone"],
    }


def test_a_change_that_cannot_be_formed_is_no_measured_change():
    plan = make_plan(
        {
            "outcome": "responder",
            "positive": 1,
            "baseline": 0,
            "visits": {"0": [0], "7": [7]},
            "biomarkers": {"ADC": {"change": "log_ratio"}},
            "separation": {"permutations": 99},
        }
    )
    values = {"fine": [2, 3], "gone to 0": [2, 0], "negative": [2, -3], "from 0": [0, 3]}
    rows = [
        (subject, day, "ADC", value)
        for subject, pair in values.items()
        for day, value in zip((0, 7), pair, strict=True)
    ]
    found = stats.analyse(
        pd.DataFrame(rows, columns=["subject", "day", "biomarker", "value"]),
        pd.DataFrame({"subject": list(values), "responder": [1, 0, 1, 0]}),
        plan,
    )
    status = found.tables["attendance"].set_index(["subject", "visit"])["status"]
    assert {subject: status[subject].tolist() for subject in values} == {
        "fine": ["measured", "measured"],
        "gone to 0": ["measured", "measured"],
        "negative": ["measured", "no_change"],
        "from 0": ["no_change", "no_change"],
    }
    at_7 = found.tables["attendance"].query("visit == '7' and status == 'measured'")
    assert found.separation[["n_positive", "n_negative"]].iloc[0].tolist() == [1, 1]
    assert len(at_7) == 2


def test_set_aside_measurements_are_not_used():
    found, _ = statuses()
    used = found.tables["changes"].set_index(["subject", "visit"]).index
    assert not {("fails", "7"), ("out", "7"), ("blank", "7")} & set(used)
    assert found.tables["exclusions"]["rows"].tolist() == [1]
    topics = set(found.tables["notes"]["topic"])
    assert {"failed_qc", "excluded", "drop_out", "never_measured"} <= topics
