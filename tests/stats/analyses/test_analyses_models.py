"""Models, survival, combination and agreement of a plan: the figures of the library's calls."""

import numpy as np
import pandas as pd
import pytest

from biomarkers import stats
from biomarkers.errors import InputError
from biomarkers.plan import make_plan
from biomarkers.stats.analyses.models import MMRM, SLOPES
from biomarkers.stats.combination.nested import CrossValidation


def model_rows(everything, biomarker, of):
    rows = everything.tables["changes"]
    rows = rows[(rows["biomarker"] == biomarker) & (rows["visit"] != "0")]
    base, change = rows["baseline_value"], rows["change"]
    if biomarker == "ADC":
        base, change = np.log(base), np.log1p(change / 100)
    if biomarker == "volume":
        base = np.log(base)
    classes = rows["positive"].map({True: "positive", False: "negative"})
    return pd.DataFrame(
        {"subject": rows["subject"], "visit": rows["visit"].astype(float), "day": rows["day"],
         "group": classes if of == "outcome" else rows["group"], "base": base, "change": change}
    )  # fmt: skip


def test_treatment_groups_by_mmrm(everything):
    fit = stats.mmrm(model_rows(everything, "volume", "groups"), MMRM)
    means = everything.tables["model_means"].query("biomarker == 'volume'")
    contrasts = everything.tables["model_contrasts"].query("biomarker == 'volume'")
    expected = fit.contrasts("group", against="dose")
    assert contrasts["contrast"].tolist() == expected["contrast"].tolist()
    assert contrasts["visit"].tolist() == ["3", "3", "7", "7"]
    for name in ("estimate", "se", "df", "low", "high", "p_value"):
        assert contrasts[name].tolist() == pytest.approx(expected[name].tolist())
    adjusted = stats.adjust(expected["p_value"], method="holm")
    assert contrasts["p_adjusted"].tolist() == pytest.approx(adjusted.tolist())
    assert means["estimate"].tolist() == pytest.approx(fit.lsmeans("group")["estimate"].tolist())


def test_percent_is_modelled_as_ratio_and_turned_back(cohort, everything):
    found = cohort.analyse(models={"compare": "outcome", "adjust": "none"})
    fit = stats.mmrm(model_rows(everything, "ADC", "outcome"), MMRM)
    means = found.tables["model_means"].query("biomarker == 'ADC'")
    expected = fit.lsmeans("group")
    assert means["group"].unique().tolist() == ["negative", "positive"]
    assert means["high"].tolist() == pytest.approx((100 * np.expm1(expected["high"])).tolist())
    assert means["se"].tolist() == pytest.approx(expected["se"].tolist())
    contrasts = found.tables["model_contrasts"].query("biomarker == 'ADC'")
    assert contrasts["contrast"].unique().tolist() == ["positive - negative"]
    assert contrasts["p_adjusted"].tolist() == contrasts["p_value"].tolist()


@pytest.mark.filterwarnings("ignore::biomarkers.errors.ConvergenceWarning")
def test_rates_of_change_by_random_slopes(cohort):
    last = cohort.table[cohort.table["day"] == 7]
    noise = np.random.default_rng(8).lognormal(0, 0.05, len(last))
    table = pd.concat([cohort.table, last.assign(day=14, value=last["value"] * noise)])
    visits = {**cohort.plan["visits"], "14": [14]}
    slopes = {"method": "random_slopes", "compare": "outcome"}
    found = cohort.analyse(table, visits=visits, models=slopes)
    fit = stats.random_slopes(model_rows(found, "T1", "outcome"), SLOPES)
    means = found.tables["model_means"].query("biomarker == 'T1'")
    assert means["estimate"].tolist() == pytest.approx(fit.slopes("group")["estimate"].tolist())
    assert set(means["visit"]) == {""}
    (difference,) = found.tables["model_contrasts"].query("biomarker == 'T1'")["estimate"]
    assert difference == pytest.approx(fit.slope_contrasts("group")["estimate"].item())
    assert not {"models_not_done"} & set(found.tables["notes"]["topic"])


def test_a_covariance_that_cannot_be_estimated_gives_way(cohort, monkeypatch):
    def only_compound_symmetry(table, formula, *, covariance, **rest):
        if covariance != "cs":
            raise InputError("the likelihood has no maximum")
        return stats.mmrm(table, formula, covariance=covariance, **rest)

    monkeypatch.setattr("biomarkers.stats.analyses.models.mmrm", only_compound_symmetry)
    found = cohort.analyse(models={"compare": "outcome"})
    notes = found.tables["notes"].query("topic == 'models'")["text"]
    assert len(notes) == 3
    assert notes.str.endswith("the covariance un could not be estimated; cs took its place.").all()


def test_a_series_that_cannot_be_modelled_is_named(cohort):
    table = cohort.table
    late = (table["biomarker"] == "T1") & (table["day"] > 0) & (table["subject"] != "00")
    found = cohort.analyse(table[~late], models={"compare": "outcome"})
    notes = found.tables["notes"].set_index("topic")["text"]
    assert notes["models_not_done"].startswith("models was not done for T1 in tumor: ")
    assert set(found.tables["model_means"]["biomarker"]) == {"ADC", "volume"}


def early(cohort, changes, threshold, sign):
    data = cohort.participants.set_index("subject")[["days", "died"]]
    response = (sign * changes["change"] >= sign * threshold).astype(float)
    return data.assign(response=response).rename_axis("subject").reset_index()


def test_survival_by_early_response(cohort, changes_at):
    found = cohort.analyse(
        survival={"time": "days", "event": "died", "landmark": 7, "biomarker": "volume"}
    )
    changes = changes_at("volume", "7")
    data = early(cohort, changes, changes["change"].median(), -1)
    expected = stats.landmark_analysis(data, {7: "response"}, time="days", event="died")
    row = expected.table.iloc[0]
    tests = found.tables["survival_tests"].set_index("comparison")
    assert tests.loc["log_rank", "p_value"] == pytest.approx(row["p_value"])
    for name in ("hazard_ratio", "low", "high"):
        assert tests.loc["cox", name] == pytest.approx(row[name])
    assert (tests["n"] == row["response"] + row["no_response"]).all()
    assert set(tests["landmark"]) == {"7"}
    curves = found.tables["survival_curves"]
    steps = expected.curves[7.0].curve
    for stratum, group in (("early response", "response"), ("no early response", "no response")):
        mine, theirs = curves[curves["stratum"] == stratum], steps[steps["group"] == group]
        assert (mine["time"].iloc[0], mine["survival"].iloc[0]) == (0, 1)
        assert mine["at_risk"].iloc[0] == theirs["at_risk"].iloc[0]
        for name in ("time", "at_risk", "events", "censored", "survival", "low", "high"):
            np.testing.assert_allclose(mine[name].iloc[1:], theirs[name])
    settings = found.analysis["methods"]["analyses"]["survival"]["settings"]
    assert (settings["direction"], settings["day"]) == ("lower", 7)


def test_change_per_standard_deviation(cohort, changes_at):
    found = cohort.analyse(survival={"time": "days", "event": "died", "landmark": 7,
                                     "biomarker": "volume"})  # fmt: skip
    people = cohort.participants.set_index("subject")[["days", "died"]]
    data = people.join(changes_at("volume", "7"))
    data = data[data["days"] > 7].reset_index()
    data["z"] = (data["change"] - data["change"].mean()) / data["change"].std()
    expected = stats.cox(data, "z", time="days", event="died").profile_intervals().iloc[0]
    row = found.tables["survival_tests"].set_index("comparison").loc["cox_change"]
    assert row["hazard_ratio"] == pytest.approx(expected["hazard_ratio"])
    assert row["high"] == pytest.approx(expected["high"])


def test_the_landmark_is_the_earliest_visit_of_the_first_series(cohort, everything):
    found = cohort.analyse(survival={"time": "days", "event": "died"})
    first = everything.tables["shown"].iloc[0]
    (entry,) = [one for one in found.earliest if one["biomarker"] == first["biomarker"]]
    assert set(found.tables["survival_tests"]["landmark"]) == {str(entry["visit"])}


def test_splits_by_cutoff_and_by_threshold(cohort, changes_at):
    def of(**split):
        settings = {"time": "days", "event": "died", "landmark": 7, "biomarker": "volume"}
        found = cohort.analyse(survival={**settings, **split})
        recorded = found.analysis["methods"]["analyses"]["survival"]["settings"]
        return recorded["threshold"], set(found.tables["notes"]["topic"])

    changes = changes_at("volume", "7")
    chosen = stats.cutoff(changes["change"], changes["positive"], direction="lower")
    threshold, topics = of(split="cutoff")
    assert threshold == pytest.approx(chosen.threshold)
    assert "survival_cutoff" in topics
    assert of(split="threshold", threshold=-0.1)[0] == -0.1


def test_too_few_events_are_a_note_and_no_number(cohort):
    people = cohort.participants.assign(died=0)
    plan = make_plan({**cohort.plan, "survival": {"time": "days", "event": "died"}})
    found = stats.analyse(cohort.table, people, plan)
    row = found.tables["survival_tests"].iloc[0]
    assert (row["comparison"], row["events"]) == ("log_rank", 0)
    assert np.isnan(row["p_value"])
    assert np.isnan(row["hazard_ratio"])
    assert "few_events" in set(found.tables["notes"]["topic"])


def test_combination_is_that_of_the_markers(cohort, changes_at):
    settings = {"visit": 7, "folds": 3, "permutations": 19}
    found = cohort.analyse(combine={**settings, "biomarkers": ["T1", "volume"]})
    one = changes_at("T1", "7")
    markers = {"T1 (tumor)": one["change"], "volume (tumor)": changes_at("volume", "7")["change"]}
    expected = stats.combine_markers(
        pd.DataFrame(markers), one["positive"],
        settings=CrossValidation(folds=3, permutations=19),
    )  # fmt: skip
    table = found.tables["combination"].set_index("rule")
    for name in ("auc", "auc_low", "auc_high", "p_value", "auc_apparent"):
        assert table[name].tolist() == pytest.approx(expected.performance[name].tolist())
    terms = found.tables["combination_terms"].set_index("term")
    assert terms.index.tolist() == expected.table["marker"].tolist()
    assert terms["coefficient"].tolist() == pytest.approx(expected.table["coefficient"].tolist())
    assert set(table["visit"]) == {"7"}


def test_one_marker_alone_is_not_combined(cohort):
    found = cohort.analyse(combine={"biomarkers": ["ADC"], "visit": 7})
    assert "combination" not in found.tables
    notes = found.tables["notes"].set_index("topic")["text"]
    assert notes["combine_not_done"].startswith("combine was not done: ")


def baselines(cohort, biomarker):
    rows = cohort.table[(cohort.table["biomarker"] == biomarker) & (cohort.table["day"] <= 0)]
    return rows.sort_values(["day", "subject"])


def test_agreement_of_replicate_baselines(everything, cohort):
    table = everything.tables["agreement"].set_index(["biomarker", "measure"])
    for biomarker, scale in (("T1", "absolute"), ("volume", "log_ratio")):
        rows = baselines(cohort, biomarker)
        same = stats.repeatability(rows["value"], rows["subject"], scale=scale)
        found = table.loc[biomarker]
        assert found.loc["within_sd", "value"] == pytest.approx(same.wsd)
        assert found.loc["repeatability_coefficient", "high"] == pytest.approx(same.rc_high)
        ratings = stats.icc(rows, rater="day")["ICC(2,1)"]
        assert found.loc["icc", "value"] == pytest.approx(ratings["icc"])
        first, second = (rows.loc[rows["day"] == day, "value"].to_numpy() for day in (-3, 0))
        limits = stats.limits_of_agreement(first, second, scale=scale)
        assert found.loc["bias", "value"] == pytest.approx(limits.bias)
        assert found.loc["upper_limit", "low"] == pytest.approx(limits.upper_low)
    assert table.loc[("volume", "wcv"), "value"] == pytest.approx(same.coefficient_of_variation)
    assert ("T1", "wcv") not in table.index


def test_band_of_repeatability_on_the_scale_of_the_change(everything, cohort):
    band = everything.tables["repeatability_band"].set_index("biomarker")
    rc = {
        name: stats.repeatability(rows["value"], rows["subject"], scale=scale).rc
        for name, scale in (("T1", "absolute"), ("volume", "log_ratio"), ("ADC", "log_ratio"))
        for rows in (baselines(cohort, name),)
    }
    assert band.loc["T1", ["low", "high"]].tolist() == pytest.approx([-rc["T1"], rc["T1"]])
    assert band.loc["volume", "high"] == pytest.approx(rc["volume"])
    expected = [100 * np.expm1(-rc["ADC"]), 100 * np.expm1(rc["ADC"])]
    assert band.loc["ADC", ["low", "high"]].tolist() == pytest.approx(expected)
    assert set(band["source"]) == {"baseline"}


def test_a_coefficient_of_variation_from_elsewhere(cohort):
    found = cohort.analyse(agreement={"wcv": {"volume": 0.1, "T1": 0.02}})
    band = found.tables["repeatability_band"].set_index("biomarker")
    reach = 1.96 * np.sqrt(2)
    assert band.loc["volume", "high"] == pytest.approx(reach * np.sqrt(np.log1p(0.01)))
    first = cohort.table.query("biomarker == 'T1' and day == 0")["value"].mean()
    assert band.loc["T1", "high"] == pytest.approx(reach * 0.02 * first)
    assert band["source"].to_dict() == {"volume": "plan", "T1": "plan", "ADC": "baseline"}


def test_replicates_that_the_table_was_averaged_over(cohort):
    random = np.random.default_rng(2)
    twice = pd.concat([cohort.table.assign(replicate=name) for name in ("1", "2")])
    twice["value"] *= random.lognormal(0, 0.03, len(twice))
    keys = ["subject", "day", "region", "biomarker"]
    table = twice.groupby(keys, as_index=False)["value"].mean()
    table.attrs["replicates"] = twice
    found = cohort.analyse(table, agreement={})
    mine = twice[twice["biomarker"] == "volume"]
    same = stats.repeatability(
        mine["value"], mine["subject"] + mine["day"].astype(str), scale="log_ratio"
    )
    measures = found.tables["agreement"].set_index(["biomarker", "measure"])["value"]
    assert measures[("volume", "within_sd")] == pytest.approx(same.wsd)
    band = found.tables["repeatability_band"].set_index("biomarker").loc["volume"]
    assert band["source"] == "replicates"
    assert band["high"] == pytest.approx(same.rc / np.sqrt(2))


def test_no_replicates_are_a_note(cohort):
    once = cohort.table[cohort.table["day"] >= 0]
    found = cohort.analyse(once, agreement={})
    assert "agreement" not in found.tables
    notes = found.tables["notes"].set_index("topic")["text"]
    assert "nobody was measured twice" in notes["agreement_not_done"]


def test_several_lesions_of_a_subject_die_once(cohort):
    def result(measurements, participants, **separation):
        survival = {"time": "days", "event": "died", "landmark": 7, "biomarker": "ADC"}
        plan = {**cohort.plan, "separation": {"permutations": 99, **separation}}
        return stats.analyse(measurements, participants, make_plan({**plan, "survival": survival}))

    once = result(cohort.table, cohort.participants)
    lesions = [
        each.assign(individual=each["subject"], subject=each["subject"] + f"/{side}")
        for side in "ab"
        for each in (cohort.table, cohort.participants)
    ]
    table, people = pd.concat(lesions[::2]), pd.concat(lesions[1::2])
    twice = result(table, people, cluster="individual")
    for name in ("survival_tests", "survival_curves"):
        pd.testing.assert_frame_equal(twice.tables[name], once.tables[name])
    assert "survival_lesions" in set(twice.tables["notes"]["topic"])
    assert "survival_lesions" not in set(once.tables["notes"]["topic"])


def test_survival_without_an_event_says_so(cohort):
    plans = ({"time": "days"}, {"time": "days", "event": "died"})
    told = [
        "survival_event" in set(cohort.analyse(survival=plan).tables["notes"]["topic"])
        for plan in plans
    ]
    assert told == [True, False]
