"""Who came, who they were, and what their curves and cut-offs are: the figures of the library."""

import numpy as np
import pandas as pd
import pytest

from biomarkers import stats
from biomarkers.stats.analyses.table1 import _described as described
from biomarkers.stats.contrasts.balance import standardised_difference
from biomarkers.stats.planned_analysis.shown_series import MOST, shown_series
from biomarkers.stats.roc_analysis.chosen_direction import corrected_area


def test_flow_counts_everybody_once(everything):
    flow = everything.tables["flow"]
    sums = flow.groupby(["biomarker", "region", "visit"])["subjects"].sum()
    assert len(sums) == 9
    assert (sums == 24).all()
    assert flow.query("status == 'measured' and positive")["subjects"].unique().tolist() == [12]


def test_numbers_of_table1(everything, cohort):
    table = everything.tables["table1"]
    weight = table[table["variable"] == "weight"].set_index("column")
    assert list(weight.index) == ["all", "positive", "negative", "dose", "drug", "sham"]
    mine = cohort.participants.query("responder == 1")["weight"]
    others = cohort.participants.query("responder == 0")["weight"]
    row = weight.loc["positive"]
    assert (row["n"], row["missing"]) == (12, 0)
    assert row["mean"] == pytest.approx(mine.mean())
    assert row["sd"] == pytest.approx(mine.std())
    quartiles = list(mine.quantile([0.25, 0.5, 0.75]))
    assert row[["q1", "median", "q3"]].tolist() == pytest.approx(quartiles)
    expected = (mine.mean() - others.mean()) / np.sqrt((mine.var() + others.var()) / 2)
    assert weight["smd"].tolist() == pytest.approx([expected] * 6)


def test_words_of_table1(everything, cohort):
    table = everything.tables["table1"]
    assert "responder" not in set(table["variable"])
    sex = table[table["variable"] == "sex"].set_index(["level", "column"])
    mine = cohort.participants.query("responder == 1")["sex"]
    assert sex.loc[("m", "positive"), "count"] == (mine == "m").sum()
    assert sex.loc[("f", "positive"), "percent"] == pytest.approx(100 * (mine == "f").mean())
    baseline = table[table["variable"] == "volume, tumor (visit 0)"].set_index("column")
    first = cohort.table.query("biomarker == 'volume' and day == 0")["value"]
    assert baseline.loc["all", "mean"] == pytest.approx(first.mean())


def test_three_different_numbers_are_numbers_and_two_are_codes():
    columns = dict.fromkeys(("all", "positive", "negative"), np.ones(4, dtype=bool))

    def levels(*values):
        return {row["level"] for row in described("stage", pd.Series(values), columns)}

    assert levels(1, 2, 3, 1) == {""}
    assert levels(1, 2, 2, 1) == {"1", "2"}


def test_standardised_difference_of_shares():
    first, second = np.array([1.0, 1, 1, 0]), np.array([1.0, 0, 0, 0])
    assert standardised_difference(first, second) == pytest.approx(0.5 / np.sqrt(3 / 16))
    assert np.isnan(standardised_difference(np.ones(3), np.ones(3)))
    assert np.isnan(standardised_difference(np.ones(1), second))


def test_group_means(everything, changes_at):
    means = everything.tables["group_means"].set_index(["biomarker", "visit", "group"])
    rows = changes_at("volume", "7")
    mine = rows.loc[rows["group"] == "drug", "change"]
    expected = stats.mean_change(mine).table.iloc[0]
    found = means.loc[("volume", "7", "drug")]
    assert found["n"] == 8
    assert found[["mean", "low", "high"]].tolist() == pytest.approx(
        [mine.mean(), expected["low"], expected["high"]]
    )


def test_curves_are_those_of_roc(everything, changes_at):
    points = everything.tables["roc_points"].set_index(["biomarker", "visit"])
    for biomarker, visit in (("ADC", "7"), ("T1", "3")):
        rows = changes_at(biomarker, visit)
        mine = points.loc[(biomarker, visit)]
        direction = mine["direction"].iloc[0]
        curve = stats.roc(rows["change"], rows["positive"], direction=direction).curve
        for name in curve:
            assert mine[name].tolist() == pytest.approx(curve[name].tolist())


def test_cutoffs_are_those_of_the_library(everything, changes_at):
    cutoffs = everything.tables["cutoffs"].set_index(["biomarker", "visit"])
    assert len(cutoffs) == 6
    for (biomarker, visit), row in cutoffs.iterrows():
        given = changes_at(biomarker, visit)
        arguments = (given["change"], given["positive"])
        chosen = stats.cutoff(*arguments, direction=row["direction"], draws=200, seed=1)
        measures = chosen.measures.set_index("measure")
        worth = stats.accuracy(
            *arguments, threshold=row["threshold"], direction=row["direction"]
        ).measures.set_index("measure")
        assert row["threshold"] == pytest.approx(chosen.threshold)
        assert row["youden"] == pytest.approx(measures.loc["youden", "apparent"])
        for name in ("sensitivity", "specificity"):
            assert row[name] == pytest.approx(measures.loc[name, "apparent"])
            assert row[f"{name}_corrected"] == pytest.approx(measures.loc[name, "corrected"])
            assert row[f"{name}_low"] == pytest.approx(worth.loc[name, "low"])
        assert row["auc"] == stats.roc(*arguments, direction=row["direction"]).auc
        declared = "lower" if biomarker == "T1" else "auto"
        expected = corrected_area(
            given["change"].to_numpy(), given["positive"].to_numpy(), direction=declared,
            draws=200, seed=1,
        )  # fmt: skip
        assert row["auc_corrected"] == expected


def test_a_declared_direction_flatters_nobody(everything):
    cutoffs = everything.tables["cutoffs"].set_index("biomarker")
    declared = cutoffs.loc["T1"]
    assert declared["auc_corrected"].tolist() == pytest.approx(declared["auc"].tolist())


def test_a_direction_from_the_data_is_corrected_most_where_there_is_none():
    random = np.random.default_rng(3)
    positive = np.arange(30) < 15
    noise = [random.normal(size=30) for _ in range(40)]
    flattery = [
        stats.roc(values, positive).auc
        - corrected_area(values, positive, direction="auto", draws=200)
        for values in noise
    ]
    assert 0.02 < np.mean(flattery) < 0.15
    clear = random.normal(size=30) + 3 * positive
    assert corrected_area(clear, positive, direction="auto") == pytest.approx(
        stats.roc(clear, positive).auc, abs=0.01
    )


@pytest.mark.parametrize(
    ("settings", "holds"),
    [
        ({"rule": "sensitivity", "least": 0.95}, lambda row: row["sensitivity"] >= 0.95),
        ({"rule": "specificity", "least": 0.95}, lambda row: row["specificity"] >= 0.95),
        ({"rule": "cost", "cost_ratio": 1000.0}, lambda row: row["sensitivity"] == 1),
        ({"rule": "cost", "cost_ratio": 0.001, "prevalence": 0.5},
         lambda row: row["specificity"] == 1),
    ],
)  # fmt: skip
def test_rules_of_a_cutoff(cohort, settings, holds):
    found = cohort.analyse(cutoff={"draws": 100, **settings}).tables["cutoffs"]
    assert len(found) == 6
    assert all(holds(row) for row in found.to_dict("records"))
    assert set(found["rule"]) == {settings["rule"]}


def test_detectable_areas(everything):
    table = everything.tables["detectable"]
    expected = stats.detectable_auc(n_positive=12, n_negative=12, power=0.8, alpha=0.05)
    assert (table["auc_detectable"] == expected).all()


def test_stability_is_that_of_the_record(everything):
    recorded = everything.analysis["stability"]["shares"]
    assert everything.tables["stability"].to_dict("records") == recorded


def test_shown_are_those_that_separate_and_as_many_more():
    names = [f"m{number:02}" for number in range(40)]
    tests = pd.DataFrame({"biomarker": names, "region": "r", "p_adjusted": np.linspace(0, 1, 40),
                          "p_value": 0.5})  # fmt: skip
    earliest = [
        {"biomarker": name, "region": "r", "visit": None if at > 19 else 7 - at % 2,
         "p_adjusted": at / 40, "auc": 0.9}
        for at, name in enumerate(names)
    ]  # fmt: skip
    shown = shown_series(tests, earliest, ["6", "7"])
    assert len(shown) == 2 * MOST
    first = [name for (name, _), why in shown.items() if why == "separates"]
    assert first == [*names[1:20:2], "m00", "m02"]
    assert next(name for (name, _), why in shown.items() if why == "next") == "m04"


def test_limitations_by_rule(everything, cohort):
    topics = set(everything.tables["limitations"]["topic"])
    assert {"direction_from_data", "cutoff_from_data", "smallest_p"} <= topics
    assert "few_subjects" not in topics
    few = cohort.table[cohort.table["subject"].astype(int) < 8]
    # Of four responders two have nothing on day 7, and one has no ADC on day 3.
    gone = (few["day"] == 7) & few["subject"].isin(["00", "02"])
    gone |= (few["day"] == 3) & (few["subject"] == "00") & (few["biomarker"] == "ADC")
    late = few[~gone]
    found = cohort.analyse(late, made_of=["volume"]).tables["limitations"]
    found = found.set_index("topic")["text"]
    assert found["few_subjects"].startswith(
        "Only 8 subjects were compared (4 responders and 4 progressors)"
    )
    assert (
        "ADC in tumor at visits 3, 7; T1 in tumor at visit 7; Volume in tumor at visit 7."
        in found["much_missing"]
    )
    assert "made of volume" in found["circular_outcome"]
