"""What an analysis says of its missing changes."""

import numpy as np
import pandas as pd
import pytest

from biomarkers import stats
from biomarkers.plan import make_plan
from biomarkers.results import load_results
from biomarkers.stats.missingness.sensitivity import ANALYSES


def plan(worst="", **more):
    marker = {"change": "absolute", "direction": "higher"} | ({"worst": worst} if worst else {})
    return make_plan(
        {
            "outcome": "responder",
            "positive": 1,
            "baseline": 0,
            "visits": {"0": [0], "7": [7], "14": [14]},
            "biomarkers": {"ADC": marker},
            "separation": {"permutations": 499},
            **more,
        }
    )


def cohort(effect=2.0, leave=(), skip=(), count=24, seed=1):
    """Half responders, higher from day 7 on; who leaves has no day 14, who skips no day 7."""
    random = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        base = random.normal(10, 1)
        for day in (0, 7, 14):
            value = base + random.normal(0, 1) + effect * (number % 2) * (day > 0)
            if not (day == 14 and number in leave) and not (day == 7 and number in skip):
                rows.append((f"rat{number:02d}", float(day), "ADC", value))
    table = pd.DataFrame(rows, columns=["subject", "day", "biomarker", "value"])
    people = pd.DataFrame({"subject": [f"rat{k:02d}" for k in range(count)]})
    return table, people.assign(responder=np.arange(count) % 2)


def rows_of(found, visit="14"):
    table = found.tables["sensitivity"]
    return table[table["visit"] == visit].set_index("analysis")


def test_complete_data_have_nothing_to_say():
    found = stats.analyse(*cohort(), plan())
    assert found.tables["sensitivity"].empty
    assert "what_if" not in set(found.tables["notes"]["topic"])


def test_only_tests_with_gaps_are_repeated_and_everything_else_stays():
    tables = cohort(leave=(0, 2, 3))
    found = stats.analyse(*tables, plan())
    assert set(found.tables["sensitivity"]["visit"]) == {"14"}
    rows = rows_of(found)
    assert list(rows.index) == [name for name in ANALYSES if name != "gone_worst"]
    assert (rows["missing_positive"] == 1).all()
    assert (rows["missing_negative"] == 2).all()
    tested = found.separation.set_index("visit").loc["14"]
    assert rows.loc["measured", "auc"] == tested["auc"]
    assert rows.loc["measured", "p_adjusted"] == tested["p_adjusted"]


def test_extremes_bound_everything_and_match_the_bounds_by_hand():
    table, people = cohort(effect=1.2, leave=(0, 2, 3, 5))
    rows = rows_of(stats.analyse(table, people, plan()))
    wide = table.set_index(["subject", "day"])["value"].unstack()  # noqa: PD010
    outcome = people.set_index("subject")["responder"]
    bounds = stats.auc_bounds(wide[14.0] - wide[0.0], outcome, direction="higher")
    assert rows.loc["worst_case", "auc"] == pytest.approx(bounds.lowest)
    assert rows.loc["best_case", "auc"] == pytest.approx(bounds.highest)
    inside = rows.loc[["measured", "weighted", "imputed"], "auc"]
    assert inside.between(bounds.lowest, bounds.highest).all()
    assert rows.loc["best_case", "p_adjusted"] <= rows.loc["worst_case", "p_adjusted"]


def test_the_gone_rank_where_the_plan_says():
    # Two positives leave: with the failing side low they lose every pair.
    table, people = cohort(leave=(1, 3))
    low, high = (
        rows_of(stats.analyse(table, people, plan(worst=side))).loc["gone_worst", "auc"]
        for side in ("lower", "higher")
    )
    measured = rows_of(stats.analyse(table, people, plan())).loc["measured", "auc"]
    assert low == pytest.approx(measured * 10 / 12)
    assert high == pytest.approx((measured * 10 + 2) / 12)


def test_who_only_skipped_is_not_gone():
    rows = rows_of(stats.analyse(*cohort(skip=(1, 4)), plan(worst="lower")), visit="7")
    assert "gone_worst" not in rows.index
    assert "weighted" not in rows.index
    assert {"imputed", "worst_case", "best_case"} <= set(rows.index)


def test_a_finding_that_hangs_on_the_missing_is_told_from_one_that_does_not():
    firm = stats.analyse(*cohort(effect=4.0, skip=(0, 1)), plan())
    frail = stats.analyse(*cohort(effect=2.0, skip=range(1, 14, 2)), plan())
    (note,) = (found.tables["notes"].set_index("topic").loc["what_if", "text"] for found in (firm,))
    assert "at visit 7, the earliest: 1 positive and 1 negative have no change" in note
    assert "It no longer" not in note
    assert rows_of(firm, "7").loc["worst_case", "separates"]
    assert rows_of(firm, "7").loc["imputed", "shift"] == np.inf
    rows = rows_of(frail, "7")
    assert rows.loc["measured", "separates"]
    assert not rows.loc["worst_case", "separates"]
    shift = rows.loc["imputed", "shift"]
    assert 0 <= shift < 10
    said = frail.tables["notes"].set_index("topic").loc["what_if", "text"]
    assert "It no longer does" in said
    assert "at the worst the missing could be" in said


def test_the_same_seed_gives_the_same_figures():
    tables = cohort(leave=(0, 3, 5))
    one, two = (stats.analyse(*tables, plan()).tables["sensitivity"] for _ in range(2))
    pd.testing.assert_frame_equal(one, two)


def test_an_infinite_shift_survives_the_disk(tmp_path):
    found = stats.analyse(*cohort(effect=4.0, skip=(0, 1)), plan())
    back = load_results(found.save(tmp_path)).tables["sensitivity"]
    expected = found.tables["sensitivity"].reset_index(drop=True)
    assert np.isinf(expected["shift"]).any()
    pd.testing.assert_frame_equal(back, expected, check_dtype=False)


def test_patients_with_several_lesions_are_drawn_whole():
    table, people = cohort(leave=(0, 1))
    people["patient"] = [f"p{k // 4}{k % 2}" for k in range(24)]
    found = stats.analyse(
        table, people, plan(separation={"permutations": 499, "cluster": "patient"})
    )
    assert rows_of(found).loc["imputed", "auc_low"] < rows_of(found).loc["imputed", "auc"]


def test_a_changed_test_separates_at_alpha_with_an_interval_above_one_half():
    # In a permutation test of 499 the adjusted p of the best case is 25/500.
    border = rows_of(stats.analyse(*cohort(effect=2.0, leave=(0, 2, 3, 5), seed=3), plan()))
    best = border.loc["best_case"]
    assert best["p_adjusted"] == 0.05
    assert 0.5 < best["auc_low"] < 0.6
    assert best["separates"]
    # Against the declared direction nothing separates, however small p is.
    declared = {"ADC": {"change": "absolute", "direction": "lower"}}
    against = rows_of(stats.analyse(*cohort(leave=(0, 2, 3, 5)), plan(biomarkers=declared)))
    assert against.loc["worst_case", "p_adjusted"] <= 0.05
    assert not against["separates"].any()


def test_modelled_analyses_separate_above_the_critical_value_of_the_family():
    rows = rows_of(stats.analyse(*cohort(effect=1.5, leave=(0, 2, 3, 5)), plan()))
    for analysis in ("weighted", "imputed"):
        assert 0.5 < rows.loc[analysis, "auc_low"] < 0.6
        assert rows.loc[analysis, "separates"]
    fewer = rows_of(stats.analyse(*cohort(effect=1.5, leave=(0, 2, 3, 5), seed=8), plan()))
    assert fewer.loc["weighted", "auc_low"] > 0.5
    assert not fewer.loc["weighted", "separates"]


def test_an_interval_that_holds_one_half_does_not_separate_whatever_alpha_allows():
    lenient = plan(separation={"permutations": 499, "alpha": 0.5})
    rows = rows_of(stats.analyse(*cohort(effect=1.0, leave=(0, 2, 3, 5), seed=8), lenient))
    for analysis in ("weighted", "imputed"):
        assert rows.loc[analysis, "auc_low"] < 0.5 < rows.loc[analysis, "auc"] - 0.15
    assert list(rows.index[rows["separates"]]) == ["measured", "best_case"]
    rows = rows_of(stats.analyse(*cohort(effect=1.0, leave=(0, 2, 3, 5), seed=3), lenient))
    assert rows.loc["best_case", "p_adjusted"] < 0.5
    assert not rows.loc["best_case", "separates"]
