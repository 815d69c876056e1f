"""What is claimed of each visit, against figures worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from biomarkers.plan import make_plan
from biomarkers.results import TABLES
from biomarkers.stats.intervals import newcombe_interval
from biomarkers.stats.labels import make_units
from biomarkers.stats.roc_analysis.auc import design_effect, structural_components
from biomarkers.stats.separation.claims import earliest_visits, separation, sequence, visit_key
from biomarkers.stats.separation.panel import Panel

POSITIVE = np.array([True, True, True, True, False, False, False])
# Positives lie below negatives but for one tie: of 12 pairs half a pair is won, AUC 0.5 / 12.
LOW = np.array([1.0, 2.0, 3.0, 4.0, 4.0, 5.0, 6.0])
EVEN = np.array([1.0, 6.0, 2.0, 5.0, 1.5, 5.5, 3.5])  # 6 of 12 pairs
GAPS = np.where(POSITIVE, [np.nan, 7.0, 8.0, 9.0, 0, 0, 0], [0, 0, 0, 0, np.nan, 1.0, 2.0])
ALONE = np.where(POSITIVE, 1.0, np.nan)


def panel(columns, directions, clusters=None):
    tests = pd.DataFrame(
        {
            "biomarker": "ADC",
            "region": "whole",
            "visit": [str(day) for day in range(1, len(columns) + 1)],
            "direction": directions,
        }
    )
    return Panel(
        tests=tests,
        values=np.column_stack(columns),
        positive=POSITIVE,
        units=make_units(len(POSITIVE), clusters=clusters),
        subjects=pd.Index([f"s{number}" for number in range(len(POSITIVE))]),
    )


def statistics(*ranks, count=20):
    """One row per test: the observed statistic is reached by `rank` of `count` labellings."""
    rows = []
    for rank in ranks:
        others = np.where(np.arange(count) < rank, 9.0, 0.0)
        rows.append(np.where(np.arange(count) == 0, 3.0, others) if rank else others * np.nan)
    return np.array(rows)


def test_areas_are_turned_by_the_declared_direction_or_else_the_observed_one():
    columns = [LOW, LOW, LOW, GAPS, GAPS, EVEN, EVEN]
    directions = ["auto", "higher", "lower", "auto", "lower", "auto", "lower"]
    table = separation(panel(columns, directions), statistics(*[1] * 7), alpha=0.05)
    assert tuple(table) == TABLES["separation"]
    small = 0.5 / 12
    assert table["auc"].tolist() == pytest.approx([1 - small, small, 1 - small, 1, 0, 0.5, 0.5])
    assert table["direction"].tolist() == [
        "lower", "higher", "lower", "higher", "lower", "higher", "lower",
    ]  # fmt: skip
    assert table["n_positive"].tolist() == [4, 4, 4, 3, 3, 4, 4]
    assert table["n_negative"].tolist() == [3, 3, 3, 2, 2, 3, 3]
    low, high = newcombe_interval(table["auc"], table["n_positive"], table["n_negative"])
    np.testing.assert_allclose(table[["auc_low", "auc_high"]].T, [low, high], rtol=1e-12)
    # Against its declared direction, or at chance, nothing separates however small p is.
    assert table["separates"].tolist() == [True, False, True, True, False, False, False]


def test_a_modest_area_in_the_right_direction_separates():
    modest = np.array([1.0, 3.0, 5.0, 7.0, 2.0, 4.0, 4.5])  # 7 of 12 pairs
    table = separation(panel([modest], ["higher"]), statistics(1), alpha=0.05)
    assert table["auc"].tolist() == pytest.approx([7 / 12])
    assert table["separates"].tolist() == [True]


def test_an_adjusted_p_of_alpha_still_separates():
    table = separation(panel([LOW, LOW], ["lower"] * 2), statistics(1, 4), alpha=0.2)
    # The weaker test: 4 of 20 labellings reach it; the stronger one counts the same four.
    assert table["p_value"].tolist() == [0.05, 0.2]
    assert table["p_adjusted"].tolist() == [0.2, 0.2]
    assert table["separates"].tolist() == [True, True]
    table = separation(panel([LOW, LOW], ["lower"] * 2), statistics(1, 4), alpha=0.199)
    assert table["separates"].tolist() == [False, False]


def test_a_visit_without_a_class_is_unknown():
    table = separation(
        panel([ALONE, ALONE, LOW], ["auto", "lower", "auto"]), statistics(0, 0, 1), alpha=0.05
    )
    assert table["direction"].tolist() == ["", "lower", "lower"]
    figures = ["auc", "auc_low", "auc_high", "p_value", "p_adjusted"]
    assert table.loc[:1, figures].isna().all(axis=None)
    assert table.loc[2, figures].notna().all()
    assert table["n_negative"].tolist() == [0, 0, 3]
    assert table["separates"].tolist() == [False, False, True]


def test_one_subject_of_each_class_is_enough_for_an_area():
    one = np.full(7, np.nan)
    one[[0, 5]] = 2.0, 1.0
    two = np.full(7, np.nan)
    two[[0, 1, 6]] = 2.0, 4.0, 3.0
    table = separation(panel([one, two, -two], ["higher"] * 3), statistics(1, 1, 1), alpha=0.05)
    assert table["auc"].tolist() == [1.0, 0.5, 0.5]
    assert table["n_positive"].tolist() == [1, 2, 2]
    assert table["n_negative"].tolist() == [1, 1, 1]


def test_intervals_divide_the_classes_by_the_design_effect_of_clusters():
    clusters = np.array([0, 0, 1, 1, 2, 2, 3])
    values = np.array([5.0, 5.5, 3.0, 1.5, 1.0, 2.0, 4.0])
    gaps = np.where(np.arange(7) == 3, np.nan, values)
    table = separation(
        panel([values, gaps], ["higher"] * 2, clusters), statistics(1, 1), alpha=0.05
    )
    for row, column in zip(table.to_dict("records"), (values, gaps), strict=True):
        x, y = (np.flatnonzero(kind & ~np.isnan(column)) for kind in (POSITIVE, ~POSITIVE))
        effect = design_effect(
            structural_components(column[x], column[y]), (clusters[x], clusters[y])
        )
        expected = newcombe_interval(row["auc"], len(x) / effect, len(y) / effect)
        assert (row["auc_low"], row["auc_high"]) == pytest.approx(tuple(map(float, expected)))
        assert effect > 1
    independent = separation(panel([values], ["higher"]), statistics(1), alpha=0.05)
    assert table["auc_low"][0] < independent["auc_low"][0]


def row(biomarker, visit, separates, p_adjusted, auc):
    return {
        "biomarker": biomarker, "region": "rim", "visit": visit, "direction": "lower",
        "p_adjusted": p_adjusted, "auc": auc, "auc_low": auc - 0.1, "auc_high": auc + 0.1,
        "separates": separates,
    }  # fmt: skip


def test_the_earliest_visit_is_the_first_that_separates():
    tested = pd.DataFrame(
        [
            row("T1", "3", False, 0.2, 0.6),
            row("T1", "week 1", True, 0.03, 0.8),
            row("T1", "14", True, 0.001, 0.9),
            row("ADC", "3", False, 0.4, 0.7),
        ]
    )
    first, none = earliest_visits(tested)
    assert first == {
        "biomarker": "T1", "region": "rim", "visit": "week 1", "direction": "lower",
        "p_adjusted": 0.03, "auc": 0.8, "auc_low": 0.8 - 0.1, "auc_high": 0.8 + 0.1,
    }  # fmt: skip
    assert list(none) == list(first)
    assert none["biomarker"] == "ADC"
    assert {none[name] for name in list(none)[2:]} == {None}


@pytest.mark.parametrize(
    ("name", "key"), [("7", 7), ("-2", -2), ("week 1", "week 1"), ("2.5", "2.5"), ("--1", "--1")]
)
def test_a_visit_named_by_an_integer_is_one(name, key):
    assert visit_key(name) == key


def test_the_sequence_goes_backward_and_counts_only_the_declared_direction():
    plan = make_plan(
        {
            "outcome": "responder", "positive": 1, "baseline": 0,
            "visits": {"0": [0], "3": [3], "late": [7], "14": [14]},
            "biomarkers": {"ADC": {}, "T1": {}},
            "separation": {"permutations": 19, "alpha": 0.05},
        }
    )  # fmt: skip
    tested = pd.DataFrame(
        {
            "visit": ["3", "late", "14", "3", "late", "14"],
            "auc": [0.9, 0.9, 0.9, 0.5, 0.2, np.nan],
        }
    )
    table = statistics(3, 2, 1, 1, 1, 0)
    table[3:5, 1:] = 0.0
    table[3, 0] = 10.0  # beyond every relabelling, if it may count
    steps = sequence(tested, table, plan)
    # The tests of T1 are at chance, the wrong way, and none: those of ADC decide, 3, 2 and 1 of 20.
    assert steps == [
        {"visit": 3, "p_value": 0.15, "p_adjusted": 0.15, "separates": False},
        {"visit": "late", "p_value": 0.1, "p_adjusted": 0.1, "separates": False},
        {"visit": 14, "p_value": 0.05, "p_adjusted": 0.05, "separates": True},
    ]
    # A visit is tested by its strongest test in the declared direction.
    right = sequence(tested.assign(auc=[0.9, 0.9, 0.9, 0.6, 0.2, np.nan]), table, plan)
    assert [step["p_value"] for step in right] == [0.05, 0.1, 0.05]
    wrong = sequence(tested.assign(auc=[0.9, 0.5, 0.9, 0.6, 0.2, np.nan]), table, plan)
    assert [step["p_value"] for step in wrong] == [0.05, 1.0, 0.05]
    assert [step["p_adjusted"] for step in wrong] == [1.0, 1.0, 0.05]
