"""81 mice with human glioblastoma: every figure of a plan's analyses is that of a library call."""

import numpy as np
import pytest

from biomarkers import stats
from biomarkers.plan import make_plan
from biomarkers.stats.analyses.models import MMRM
from biomarkers.table import read_measurements, read_participants

VISITS = {"0": [0], "3": [3], "7": "6-7", "11": [10, 11], "14": [14], "18": "17-18", "21": [21]}


@pytest.fixture(scope="module")
def mice(shared_data):
    table = read_measurements(shared_data("gbm-xenograft/measurements.csv"))
    participants = read_participants(shared_data("gbm-xenograft/participants.csv"))
    return table, participants.assign(left=participants["days_on_study"] < 97)


@pytest.fixture(scope="module")
def results(mice):
    plan = make_plan(
        {
            "outcome": "responder", "positive": 1, "baseline": 0, "visits": VISITS,
            "labels": ["long stayers", "short stayers"],
            "biomarkers": {"tumor_volume": {"change": "log_ratio"}},
            "models": {}, "cutoff": {}, "separation": {"permutations": 999},
            "survival": {"time": "days_on_study", "event": "left", "landmark": 7,
                         "split": "threshold", "threshold": 0.0},
        }
    )  # fmt: skip
    return stats.analyse(*mice, plan)


@pytest.fixture(scope="module")
def on_day_seven(results):
    rows = results.tables["changes"]
    return rows[rows["visit"] == "7"].set_index("subject")


def test_cutoff_and_curve(results, on_day_seven):
    given = (on_day_seven["change"], on_day_seven["positive"])
    row = results.tables["cutoffs"].set_index("visit").loc["7"]
    chosen = stats.cutoff(*given, direction="lower", draws=1000, seed=1)
    assert row["threshold"] == pytest.approx(chosen.threshold)
    corrected = chosen.measures.set_index("measure")["corrected"]
    assert row["specificity_corrected"] == pytest.approx(corrected["specificity"])
    roc = stats.roc(*given, direction="lower")
    assert row["auc"] == roc.auc
    points = results.tables["roc_points"].query("visit == '7'")
    assert points["sensitivity"].tolist() == roc.curve["sensitivity"].tolist()


def test_contrasts(results):
    rows = results.tables["changes"].query("visit != '0'")
    data = rows.assign(
        visit=rows["visit"].astype(int),
        group=np.where(rows["positive"], "positive", "negative"),
        base=np.log(rows["baseline_value"]),
    )
    expected = stats.mmrm(data, MMRM).contrasts("group", against="negative")
    found = results.tables["model_contrasts"]
    for name in ("estimate", "low", "high", "p_value"):
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-9)
    assert found["visit"].tolist() == ["3", "7", "11", "14", "18", "21"]
    np.testing.assert_allclose(found["p_adjusted"], stats.adjust(expected["p_value"]), rtol=1e-9)


def test_survival_by_growth_on_day_seven(results, mice):
    early = stats.early_response(mice[0], [7], biomarker="tumor_volume", threshold=0.0, within=1)
    expected = stats.landmark_analysis(
        mice[1].merge(early, on="subject"), {7: "response_7"}, time="days_on_study", event="left"
    )
    row = expected.table.iloc[0]
    tests = results.tables["survival_tests"].set_index("comparison")
    assert tests.loc["cox", "hazard_ratio"] == pytest.approx(row["hazard_ratio"])
    assert tests.loc["cox", "hazard_ratio"] == pytest.approx(0.261, abs=0.001)
    assert tests.loc["log_rank", "p_value"] == pytest.approx(row["p_value"])
    curves = results.tables["survival_curves"]
    steps = expected.curves[7.0].curve
    mine = curves[curves["stratum"] == "early response"]["survival"].iloc[1:]
    np.testing.assert_allclose(mine, steps.loc[steps["group"] == "response", "survival"])


def test_words_of_the_plan_everywhere(results):
    notes = " ".join(results.tables["notes"]["text"])
    assert "of 43 long stayers and 38 short stayers" in notes
    assert "positives" not in notes.replace("true positives", "")
    assert results.analysis["labels"] == ["long stayers", "short stayers"]
