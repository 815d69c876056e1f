"""The whole right half on 81 real mice with glioblastoma xenografts."""

import json

import pandas as pd
import pytest

from biomarkers.workflow import analyse

PLAN = """
outcome = "responder"
positive = 1
baseline = 0
[visits]
0 = [0]
3 = [3]
7 = [6, 7]
11 = [10, 11]
14 = [14]
18 = [17, 18]
21 = [21]
[biomarkers.tumor_volume]
change = "log_ratio"
direction = "auto"
"""


@pytest.fixture(scope="module")
def analysed(shared_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("gbm")
    plan = folder / "plan.toml"
    plan.write_text(PLAN)
    return analyse(
        shared_data("gbm-xenograft/measurements.csv"),
        folder / "out",
        participants=shared_data("gbm-xenograft/participants.csv"),
        plan=plan,
    )


def test_volume_change_separates_first_on_day_7(analysed) -> None:
    """The AUCs were computed by hand from the files, counting pairs: .549 and .770."""
    table = pd.read_csv(analysed.folder / "separation.csv").set_index("visit")
    assert table.index.tolist() == [3, 7, 11, 14, 18, 21]
    assert table.loc[3, "auc"] == pytest.approx(0.549, abs=5e-4)
    assert table.loc[7, "auc"] == pytest.approx(0.770, abs=5e-4)
    assert not table.loc[3, "separates"]
    assert table.loc[7:, "separates"].all()
    assert set(table["direction"]) == {"lower"}
    (earliest,) = json.loads((analysed.folder / "earliest.json").read_text())
    assert earliest["visit"] == 7
    assert earliest["auc"] == table.loc[7, "auc"]
    assert earliest["p_adjusted"] < 0.01


def test_the_report_says_who_was_already_gone(analysed) -> None:
    attendance = pd.read_csv(analysed.folder / "attendance.csv")
    gone = attendance[attendance["status"] == "gone"].groupby("visit").size()
    assert gone.to_dict() == {11: 3, 14: 5, 18: 6, 21: 8}
    html = analysed.report.read_text()
    assert "Who was measured when" in html
    assert "first separated" in html


def test_what_the_plan_leaves_out_is_listed(analysed) -> None:
    record = json.loads((analysed.folder / "analysis.json").read_text())
    assert record["left_out"] == ["body_weight"]
    assert [entry["role"] for entry in record["inputs"]] == ["measurements", "participants", "plan"]
    unused = pd.read_csv(analysed.folder / "unused.csv")
    assert set(unused["reason"]) == {"unclaimed_day"}
    assert unused["day"].min() == 24
