"""What `earliest` reads from its results: order, figures, sentences, picture."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from biomarkers import stats
from biomarkers.plan import make_plan
from biomarkers.results import TABLES, Results
from biomarkers.stats.by_plan.earliest import Earliest

mpl.use("Agg")


def entry(biomarker, visit, p_adjusted=0.01, auc=0.9):
    figures = {"p_adjusted": p_adjusted, "auc": auc, "auc_low": auc - 0.2, "auc_high": auc + 0.05}
    if visit is None:
        figures = dict.fromkeys(figures)
    return {"biomarker": biomarker, "region": "rim", "visit": visit, "direction": "lower"} | figures


def step(visit, p_adjusted, separates):
    return {"visit": visit, "p_value": 0.01, "p_adjusted": p_adjusted, "separates": separates}


def made(entries, steps=(), separation=None, sustained=False):
    plan = make_plan(
        {
            "outcome": "responder", "positive": 1, "baseline": 0,
            "visits": {"0": [0], "3": [2, 3], "week 1": [6, 7], "14": [14]},
            "biomarkers": {"ADC": {}, "T1": {}, "ve": {}},
            "separation": {"sustained": sustained},
        }
    )  # fmt: skip
    tables = {name: pd.DataFrame(columns=list(columns)) for name, columns in TABLES.items()}
    if separation is not None:
        tables["separation"] = separation
    stability = {
        "draws": 250,
        "shares": [{"biomarker": "ADC", "region": "rim", "visit": "3", "share": 0.25}],
        "corrected": [{"biomarker": "ADC", "region": "rim", "auc_corrected": 0.75}],
    }
    analysis = {"stability": stability, "sequence": list(steps)}
    return Earliest(Results(tables, list(entries), analysis), plan)


@pytest.mark.parametrize(
    ("entries", "first"),
    [
        # Earlier in the plan's order, whatever its p.
        ([entry("ADC", 14, 0.001), entry("T1", "week 1", 0.04), entry("ve", None)], "T1"),
        ([entry("ADC", "week 1", 0.001), entry("T1", 3, 0.04), entry("ve", 14)], "T1"),
        # On the same visit the smaller p, then the larger AUC, then the order of the plan.
        ([entry("ADC", 3, 0.02, 0.99), entry("T1", 3, 0.01, 0.6), entry("ve", 3, 0.03)], "T1"),
        ([entry("ADC", 3, 0.01, 0.7), entry("T1", 3, 0.01, 0.8), entry("ve", 3, 0.01, 0.6)], "T1"),
        ([entry("ADC", None), entry("T1", 3), entry("ve", 3)], "T1"),
    ],
)
def test_the_entry_is_the_first_in_time_and_then_the_surest(entries, first):
    result = made(entries)
    assert result.entry is not None
    assert result.entry["biomarker"] == first
    assert result.visit == result.entry["visit"]


def test_no_entry_no_visit():
    result = made([entry("ADC", None), entry("T1", None)])
    assert (result.entry, result.visit) == (None, None)
    assert result.headline == "No biomarker separates the classes at any visit."


def test_the_headline_gives_the_figures_of_the_entry():
    assert made([entry("ADC", "week 1", 0.0123, 0.876)]).headline == (
        "ADC (rim) separates the classes first at visit week 1: lower in positives, AUC 0.88 "
        "(0.68 to 0.93), adjusted p = 0.012."
    )


def test_a_sustained_effect_is_told_by_the_backward_sequence():
    steps = [step(3, 0.2, False), step("week 1", 0.021, True), step(14, 0.01, True)]
    result = made([entry("ADC", 14)], steps, sustained=True)
    assert result.visit == "week 1"
    assert result.headline == (
        "The classes separate from visit week 1 on, p = 0.021 (backward sequence: a claim about "
        "the visit, not about one biomarker)."
    )
    assert result.sequence.to_dict("records") == steps
    assert result.to_dict()["sequence"] == steps
    # None of the sequence: no visit is claimed, though a single biomarker separates.
    nothing = made([entry("ADC", 14)], [step(3, 0.2, False), step(14, 0.06, False)], sustained=True)
    assert nothing.visit is None
    assert nothing.headline == "No biomarker separates the classes at any visit."
    # Without the declaration, steps count for nothing.
    assert made([entry("ADC", 14)], steps).visit == 14


def test_stability_is_that_of_the_results():
    stability = made([entry("ADC", 3)]).stability
    assert stability.draws == 250
    assert stability.shares["share"].tolist() == [0.25]
    assert stability.corrected["auc_corrected"].tolist() == [0.75]


def test_the_picture_shows_every_area_with_its_interval_on_its_day():
    rows = [
        ("ADC", "rim", "3", 0.7, 0.5, 0.8),
        ("ADC", "rim", "week 1", 0.9, 0.6, 0.95),
        ("T1", "core", "14", 0.6, 0.3, 0.85),
    ]
    separation = pd.DataFrame(
        rows, columns=["biomarker", "region", "visit", "auc", "auc_low", "auc_high"]
    )
    axes = made([entry("ADC", 3)], separation=separation).plot()
    drawn = {bars.get_label(): bars for bars in axes.containers}
    assert set(drawn) == {"ADC rim", "T1 core"}
    line, _, (bars,) = drawn["ADC rim"].lines
    assert line.get_xdata() == pytest.approx([3, 6], abs=0.25)  # beside the other series
    assert line.get_ydata().tolist() == [0.7, 0.9]
    ends = np.array(bars.get_segments())[:, :, 1]
    np.testing.assert_allclose(ends, [[0.5, 0.8], [0.6, 0.95]])
    chance = axes.get_lines()[-1]
    assert list(chance.get_ydata()) == [0.5, 0.5]
    assert axes.get_ylim() == (0, 1.02)


def cohort(days=(-2, 0, 3)):
    random = np.random.default_rng(2)
    rows = [
        (f"s{n}", day, name, random.lognormal(2.0 * (n % 2) * (day > 0), 0.1))
        for n in range(12)
        for day in days
        for name in ("ADC", "T1")
    ]
    who = pd.DataFrame({"subject": [f"s{n}" for n in range(12)], "responder": [0, 1] * 6})
    return pd.DataFrame(rows, columns=["subject", "day", "biomarker", "value"]), who


def test_the_plan_is_that_of_the_arguments():
    result = stats.earliest(*cohort(), alpha=0.1, permutations=59, seed=7, change="percent")
    plan = result.plan
    assert (plan.separation.alpha, plan.separation.permutations, plan.separation.seed) == (
        0.1, 59, 7,
    )  # fmt: skip
    assert not plan.separation.sustained
    assert [(marker.name, marker.change, marker.change_declared) for marker in plan.biomarkers] == [
        ("ADC", "percent", True), ("T1", "percent", True),
    ]  # fmt: skip
    assert plan.baseline == "0"
    assert [visit.name for visit in plan.visits] == ["0", "3"]
    assert result.visit == 3


def test_the_defaults_are_those_that_are_documented():
    plan = stats.earliest(*cohort()).plan
    separation = plan.separation
    assert (separation.alpha, separation.permutations, separation.seed) == (0.05, 9999, 1)
    assert (plan.outcome, plan.positive) == ("responder", ("1",))
    assert {marker.change for marker in plan.biomarkers} == {"log_ratio"}
    assert stats.earliest(*cohort(), method="sequence", permutations=99).plan.separation.sustained


def test_results_without_a_day_before_start_on_their_first():
    assert stats.earliest(*cohort((2, 3, 9)), permutations=99).plan.baseline == "2"
