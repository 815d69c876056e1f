"""From a table and a plan to results: the whole way, on a small cohort."""

import numpy as np
import pandas as pd
import pytest

from biomarkers import stats
from biomarkers.errors import PlanError, TableError
from biomarkers.plan import make_plan
from biomarkers.results import TABLES, load_results

VISITS = {"0": [0], "3": [3], "7": [6, 7]}


def plan(**settings):
    content = {
        "outcome": "responder",
        "positive": 1,
        "baseline": 0,
        "visits": VISITS,
        "biomarkers": {"ADC": {"change": "percent", "direction": "higher"}},
        "separation": {"permutations": 499},
    }
    return make_plan({**content, **settings})


@pytest.fixture(scope="module")
def cohort():
    """Ten responders whose ADC rises by day 7; ten who stay; T1 says nothing."""
    random = np.random.default_rng(6)
    rows = []
    for number in range(20):
        rise = {0: 1.0, 3: 1.02, 7: 1.6 if number < 10 else 1.0}
        for day, factor in rise.items():
            for region in ("core", "rim"):
                adc = 1e-3 * factor * random.lognormal(0, 0.05)
                rows.append((f"{number:02d}", day, region, "ADC", adc))
            rows.append((f"{number:02d}", day, "core", "T1", random.normal(1.5, 0.1)))
    table = pd.DataFrame(rows, columns=["subject", "day", "region", "biomarker", "value"])
    who = [f"{number:02d}" for number in range(20)]
    return table, pd.DataFrame({"subject": who, "responder": [1] * 10 + [0] * 10})


def topics(results):
    return set(results.tables["notes"]["topic"])


def test_finds_the_visit_and_fills_every_table(cohort):
    found = stats.analyse(*cohort, plan())
    assert {name: tuple(found.tables[name]) for name in TABLES} == dict(TABLES)
    tested = found.separation.set_index(["region", "visit"])
    assert tested["separates"].to_dict() == {
        ("core", "3"): False, ("core", "7"): True, ("rim", "3"): False, ("rim", "7"): True,
    }  # fmt: skip
    first = found.earliest[0]
    assert (first["biomarker"], first["region"], first["visit"]) == ("ADC", "core", 7)
    assert first["auc"] == tested.loc[("core", "7"), "auc"] == 1
    assert first["p_adjusted"] <= 0.05
    assert found.analysis["left_out"] == ["T1"]
    assert found.analysis["counts"]["positives"] == 10
    assert found.analysis["methods"]["family_size"] == 4
    # ADC of the core tells the classes apart without an error: was the outcome made of it?
    assert topics(found) == {"stability", "left_out", "perhaps_circular"}


def test_results_survive_the_disk(cohort, tmp_path):
    found = stats.analyse(*cohort, plan())
    back = load_results(found.save(tmp_path))
    for name in TABLES:
        pd.testing.assert_frame_equal(
            found.tables[name].reset_index(drop=True), back.tables[name], check_dtype=False
        )
    assert back.earliest == found.earliest


def test_the_same_plan_gives_the_same_results(cohort):
    first, again = (stats.analyse(*cohort, plan()) for _ in range(2))
    pd.testing.assert_frame_equal(first.separation, again.separation)


def test_columns_of_the_users_own_change_nothing(cohort):
    table, who = cohort
    names = ("baseline_value", "positive", "visit", "distance", "reason", "change", "status")
    own = table.assign(**dict.fromkeys(names, "mine"))
    found, again = (stats.analyse(rows, who, plan()) for rows in (table, own))
    assert again.tables["reasons"]["measurements"].sum() == (table["biomarker"] == "ADC").sum()
    for name in TABLES.keys() - {"reasons"}:  # which shows the column `reason`
        pd.testing.assert_frame_equal(found.tables[name], again.tables[name])


def test_the_order_of_rows_is_of_no_consequence(cohort):
    table, who = cohort
    shuffled = table.sample(frac=1, random_state=3)
    found, again = (stats.analyse(rows, who, plan(regions=["core"])) for rows in (table, shuffled))
    pd.testing.assert_frame_equal(found.separation, again.separation)


def test_results_come_in_the_order_of_the_plan(cohort):
    found = stats.analyse(*cohort, plan(biomarkers={"T1": {}, "ADC": {}}, regions=["rim", "core"]))
    series = found.separation[["biomarker", "region"]].drop_duplicates()
    assert series.to_numpy().tolist() == [["T1", "core"], ["ADC", "rim"], ["ADC", "core"]]
    assert [(e["biomarker"], e["region"]) for e in found.earliest] == [
        ("T1", "core"),
        ("ADC", "rim"),
        ("ADC", "core"),
    ]


def test_auto_is_oriented_by_the_data_and_says_so(cohort):
    found = stats.analyse(*cohort, plan(biomarkers={"T1": {}}, regions=["core"]))
    assert (found.separation["auc"] >= 0.5).all()
    assert "direction" in topics(found)
    assert found.earliest[0]["visit"] is None
    assert found.earliest[0]["auc"] is None


def test_an_effect_against_the_declared_direction_is_a_note(cohort):
    found = stats.analyse(*cohort, plan(biomarkers={"ADC": {"direction": "lower"}}))
    last = found.separation.iloc[1]
    assert (last["direction"], last["auc"]) == ("lower", 0)
    assert last["p_adjusted"] <= 0.05
    assert not last["separates"]
    assert "against_direction" in topics(found)


def test_the_family_is_everything_the_plan_tests(cohort):
    alone = stats.analyse(*cohort, plan(biomarkers={"T1": {}}, regions=["core"]))
    together = stats.analyse(*cohort, plan(biomarkers={"T1": {}, "ADC": {}}))
    mine = together.separation[together.separation["biomarker"] == "T1"]
    np.testing.assert_array_equal(mine["p_value"], alone.separation["p_value"])
    assert (mine["p_adjusted"].to_numpy() >= alone.separation["p_adjusted"].to_numpy()).all()


def test_a_visit_without_a_class_is_unknown_not_an_error(cohort):
    table, who = cohort
    only = table[~((table["day"] == 7) & (table["subject"] >= "10"))]
    found = stats.analyse(only, who, plan(regions=["core"]))
    last = found.separation.iloc[1]
    assert (last["n_positive"], last["n_negative"], last["separates"]) == (10, 0, False)
    assert last[["auc", "auc_low", "auc_high", "p_value", "p_adjusted"]].isna().all()
    text = found.tables["notes"].set_index("topic").loc["few_subjects", "text"]
    assert "ADC in core: not tested, a class is absent" in text
    assert "7 (10 and 0)" in text


def test_a_region_without_baseline_is_listed_as_untested(cohort):
    table, who = cohort
    later = table[~((table["day"] == 0) & (table["region"] == "rim"))]
    found = stats.analyse(later, who, plan(biomarkers={"ADC": {}}))
    rim = found.separation[found.separation["region"] == "rim"]
    assert rim["p_value"].isna().all()
    assert rim["direction"].tolist() == ["", ""]
    assert found.earliest[1]["visit"] is None
    status = found.tables["attendance"].set_index(["region", "visit"])["status"]
    assert set(status["rim", "7"]) == {"no_baseline"}


def said(results, topic):
    return results.tables["notes"].set_index("topic").loc[topic, "text"]


def test_visits_before_the_baseline_are_shown_but_never_the_earliest(cohort):
    table, who = cohort
    visits = {"0": [0], "3": [3], "7": [7], "10": [10]}
    early = table.assign(day=table["day"].map({0: 3, 3: 7, 7: 0}))
    late = early[early["day"] == 7].assign(day=10)
    found = stats.analyse(pd.concat([early, late]), who, plan(visits=visits, baseline=7))
    assert found.separation["visit"].unique().tolist() == ["10"]
    assert {entry["visit"] for entry in found.earliest} == {None}
    for name in ("changes", "class_means", "attendance"):
        assert set(found.tables[name]["visit"]) == {"0", "3", "7", "10"}
    assert said(found, "before_baseline") == (
        "Visits 0, 3 lie before the baseline (visit 7): shown, but not tested."
    )


def test_notes_count_in_good_english(cohort):
    table, who = cohort
    one = table[table["region"] == "core"].assign(qc="ok")
    one = pd.concat([one, one.iloc[:1].assign(day=5)])
    who = pd.concat([who, pd.DataFrame({"subject": ["77"], "responder": [1]})])
    who = who.astype({"responder": float}).reset_index(drop=True)
    who.loc[0, "responder"] = np.nan
    exclusions = pd.DataFrame(
        [("01", 7.0, "", "ADC", "moved", "reader 1"), ("99", 7.0, "", "", "bolus missed", "R 2")],
        columns=["subject", "day", "region", "biomarker", "reason", "by"],
    )
    one.loc[(one["subject"] == "02") & (one["day"] == 0), "value"] = 0
    found = stats.analyse(one[one["subject"] != "00"], who, plan(), exclusions=exclusions)
    assert said(found, "never_measured") == "1 subject with an outcome was never measured: 77."
    assert said(found, "excluded") == "1 planned measurement was excluded."
    assert said(found, "idle_exclusion") == (
        "The exclusion of 99 (bolus missed) matches no measurement."
    )
    assert said(found, "ratio") == (
        "ADC: 1 subject (02) had a baseline of 0 or below, to which there is no ratio: no change "
        "is known."
    )
    found = stats.analyse(one, who, plan())
    assert said(found, "unknown_outcome") == ("1 subject without a known outcome was left out: 00.")
    who.loc[0, "responder"] = 0
    assert said(stats.analyse(one, who, plan()), "unclaimed_days") == (
        "1 measurement on a day that no visit claims was ignored: day 5."
    )


def test_the_record_names_what_computed(cohort):
    versions = stats.analyse(*cohort, plan()).analysis["versions"]
    assert set(versions) == {
        "biomarkers", "python", "numpy", "scipy", "pandas", "statsmodels", "matplotlib",
    }  # fmt: skip
    assert versions["numpy"] == np.__version__


def test_few_subjects_are_said(cohort):
    table, who = cohort
    found = stats.analyse(table[table["subject"].between("07", "13")], who, plan())
    assert "few_subjects" in topics(found)
    assert "never_measured" in topics(found)


def test_ratios_that_cannot_be_taken_are_said(cohort):
    table, who = cohort
    table = table[table["region"] == "core"].copy()
    first = table["subject"] == "00"
    table.loc[first & (table["day"] == 7) & (table["biomarker"] == "ADC"), "value"] = 0
    second = table["subject"] == "01"
    table.loc[second & (table["day"] == 0) & (table["biomarker"] == "ADC"), "value"] = 0
    found = stats.analyse(table, who, plan())
    changes = found.tables["changes"].set_index(["subject", "visit"])["change"]
    assert changes["00", "7"] == -100
    assert np.isnan(changes["01", "7"])
    assert found.separation["n_positive"].tolist() == [9, 9]
    ratio = [text for topic, text in found.tables["notes"].to_numpy() if topic == "ratio"]
    assert len(ratio) == 2
    assert not any("absolute" in text for text in ratio)
    # The default is no choice of the user's: what it cannot express is told with the way out.
    undeclared = stats.analyse(table, who, plan(biomarkers={"ADC": {"direction": "higher"}}))
    notes = undeclared.tables["notes"]
    assert [text for text in notes["text"] if "absolute" in text] == [
        "ADC: 1 subject (01) had a baseline of 0 or below, to which there is no ratio: no change "
        'is known (change = "absolute" would know it).'
    ]


def test_the_default_change_is_the_log_ratio_and_is_recorded_as_a_default(cohort):
    result = stats.analyse(*cohort, plan(biomarkers={"ADC": {}}))
    changes = result.tables["changes"]
    np.testing.assert_allclose(
        changes["change"], np.log(changes["value"] / changes["baseline_value"]), rtol=1e-12
    )
    marker = result.analysis["plan"]["biomarkers"][0]
    assert (marker["change"], marker["change_declared"]) == ("log_ratio", False)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"biomarkers": {"ACD": {}}}, "biomarkers: 'ACD' is not in the measurements; found ADC"),
        ({"regions": ["tumour"]}, "regions: 'tumour' is not in the measurements; found core, rim"),
        ({"biomarkers": {"T1": {}}, "regions": ["rim"]}, "'T1' was not measured in rim"),
        (
            {"visits": {"1": [1, 2], "7": [7]}, "baseline": 1},
            r"baseline: nobody has a usable ADC at visit 1 \(day 1, 2\)",
        ),
        ({"outcome": "survival"}, "'survival' is no column of participants"),
    ],
)
def test_a_plan_that_does_not_fit_the_data_is_explained(cohort, settings, message):
    with pytest.raises(PlanError, match=message):
        stats.analyse(*cohort, plan(**settings))


def test_a_broken_table_is_refused(cohort):
    table, who = cohort
    with pytest.raises(TableError, match="a measurement stands once"):
        stats.analyse(pd.concat([table, table.iloc[:1]]), who, plan())


def test_a_default_change_that_suits_no_value_is_refused(cohort):
    table, who = cohort
    score = table[table["biomarker"] == "T1"].assign(biomarker="score", value=-1.0)
    with pytest.raises(PlanError, match=r'the default, log_ratio, cannot .* change = "absolute"'):
        stats.analyse(pd.concat([table, score]), who, plan(biomarkers={"score": {}}))
    declared = plan(biomarkers={"score": {"change": "log_ratio"}})
    assert "ratio" in topics(stats.analyse(pd.concat([table, score]), who, declared))


def test_reasons_of_the_table_are_counted_by_series(cohort):
    table, people = cohort
    table = table.assign(reason="", qc="ok")
    dark = (table["biomarker"] == "ADC") & (table["region"] == "rim") & (table["day"] == 7)
    table.loc[dark & table["subject"].isin(["00", "01", "02"]), "reason"] = "no signal"
    table.loc[dark & (table["subject"] == "02"), "qc"] = "warn"
    table.loc[dark & (table["subject"] == "03"), "reason"] = "its error is not estimated"
    table.loc[dark & table["subject"].isin(["00", "01"]), "value"] = np.nan
    table.loc[(table["biomarker"] == "T1"), "reason"] = "not in the plan"
    counted = stats.analyse(table, people, plan()).tables["reasons"]
    assert counted.to_numpy().tolist() == [["ADC", "rim", "no signal", 3, 2, 3]]
    assert stats.analyse(*cohort, plan()).tables["reasons"].empty
