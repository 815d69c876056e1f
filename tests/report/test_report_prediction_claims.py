"""What page and checklists claim is so of classes, times, networks, forests, and overlaps."""

import re
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from prediction_cohorts import BARE, NTR, cohort, tables

from biomarkers import deep, predict, workflow
from biomarkers.report import write_prediction_report
from biomarkers.report.prediction.guidelines import CLAIM, METRICS, TRIPOD_AI
from biomarkers.report.prediction.methods import methods_text
from biomarkers.report.prediction.view import PredictionView
from biomarkers.report.sections.checklist import Study


def section_of(page, anchor):
    return page.split(f'<section id="{anchor}">')[1].split("</section>")[0]


def items_of(page, guideline):
    """Return status and place of each item of a checklist, by its number."""
    table = page.split(f'id="checklist-{guideline}"')[1].split("</table>")[0]
    rows = re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    cells = [re.findall(r"<t[hd].*?>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    told = [[re.sub("<[^>]+>", "", each) for each in row] for row in cells]
    return {row[0]: (row[2], row[3]) for row in told if len(row) == 4}


def page_of(seen, tmp_path, **given):
    path = write_prediction_report(seen, tmp_path / "report.html", figures="none", **given)
    return path.read_text()


def test_a_second_run_into_a_folder_leaves_no_table_of_the_first(tmp_path):
    pytest.importorskip("skops", reason="an extra")
    rows, people = tables()
    rows.to_csv(tmp_path / "rows.csv", index=False)
    people.to_csv(tmp_path / "people.csv", index=False)
    out = tmp_path / "out"
    plan, head = tmp_path / "plan.toml", "[predict]\nfolds = 3\nrepeats = 1\npermutations = 0\n"

    def run(text):
        plan.write_text(head + text)
        made = workflow.predict(tmp_path / "rows.csv", tmp_path / "people.csv", out, plan=plan,
                                figures="none")  # fmt: skip
        written = {path.name for path in out.glob("*.csv")}
        linked = set(re.findall(r'href="(\w+\.csv)"', made.report.read_text()))
        assert linked == written
        return written

    assert "net_benefit.csv" in run("outcome = 'response'\nblocks = { clinical = ['age'] }\n")
    (out / "mine.csv").write_text("kept\n")
    plan.write_text(head + "outcome = 'group'\nclasses = ['N', 'T', 'R']\n")
    workflow.predict(tmp_path / "rows.csv", tmp_path / "people.csv", out, plan=plan, figures="none")
    assert (out / "mine.csv").is_file()
    (out / "mine.csv").unlink()
    written = run("outcome = 'group'\nclasses = ['N', 'T', 'R']\n")
    assert not {"gain.csv", "calibration.csv", "calibration_curve.csv", "net_benefit.csv"} & written
    assert "confusion.csv" in written


def test_only_what_the_study_has_is_linked(tmp_path):
    for name in ("gain.csv", "times.csv", "case_mix.csv", "performance.csv"):
        (tmp_path / name).write_text("of whoever\n")
    (tmp_path / "rule").mkdir()
    (tmp_path / "rule" / "card.md").write_text("of whoever\n")
    seen = predict.evaluate(predict.recipe("logistic"), cohort(), settings=BARE)
    told = section_of(page_of(seen, tmp_path), "provenance")
    assert re.findall(r'href="([^"]+)"', told) == ["performance.csv"]


def test_a_cohort_of_known_subjects_is_no_external_test(tmp_path):
    known = cohort()
    rule = predict.fit(predict.recipe("logistic"), known)
    seen = predict.evaluate(predict.recipe("logistic"), known, settings=BARE)

    def items(external, rule=rule):
        page = page_of(seen, tmp_path, rule=rule, external=external)
        return items_of(page, "metrics")["27"], items_of(page, "claim")["33"]

    others = predict.validate(rule, cohort(prefix="x", seed=2))
    assert [status for status, _ in items(others)] == ["reported"] * 2
    rows, people = tables(prefix="x", seed=2)
    some = predict.validate(rule, predict.Cohort.from_tables(
        rows.replace("x00", "s00"), people.replace("x00", "s00"), outcome="response"
    ))  # fmt: skip
    assert items(some) == (("no", "1 subject of the other cases is among those of the rule"),) * 2
    nameless = replace(rule, card=rule.card | {"subject_hashes": []})
    assert [status for status, _ in items(others, nameless)] == ["open"] * 2
    assert items(None)[0] == ("no", "no cohort of other cases was given")


class Kept:
    """A transformer of another library that changes nothing."""

    def fit(self, values, truth=None):
        return self

    def transform(self, values):
        return values


class Guess(Kept):
    """A classifier of another library."""

    def predict_proba(self, values):
        return np.column_stack([1 - values[:, 0], values[:, 0]])


def answers(seen, name, *, rule=None, cases=None):
    """Return status and reason of each item of a guideline, on a page with every section."""
    view = PredictionView(seen, cases, rule)
    anchors = {item.anchor: item.anchor for item in name.items if item.anchor}
    study = Study(anchors, view.facts, view.lacks, view.unknown)
    return {item.number: (study.status(item), str(study.where(item))) for item in name.items}


@pytest.fixture(scope="module")
def plain():
    """A logistic rule judged without permutations, beside a block of texture alone."""
    cases = cohort(blocks={"texture": ["glcm_a", "glcm_b"]})
    return cases, predict.evaluate(predict.recipe("logistic"), cases, settings=BARE)


def of_model(seen, model, **steps):
    return replace(seen, recipe=predict.recipe(model, **steps))


@pytest.mark.parametrize(("model", "told"), [
    (predict.Forest(trees=7), "a forest of 7 trees"),
    (predict.Boosted("xgboost", trees=9), "9 boosted trees of xgboost"),
    (predict.Boosted("lightgbm", trees=1), "1 boosted tree of lightgbm"),
    (deep.SliceSequence("t1c", seeds=3), "the mean of 3 networks"),
])  # fmt: skip
def test_ensembles_are_told(plain, model, told):
    status, where = answers(of_model(plain[1], model), CLAIM)["27"]
    assert status == "reported"
    assert told in where


def test_what_is_no_ensemble_is_not_told_as_one(plain):
    for model in ("logistic", "svm", deep.SliceSequence("t1c", seeds=1)):
        item = answers(of_model(plain[1], model), CLAIM)["27"]
        assert item == ("not applicable", "no ensemble is fitted")
    assert answers(of_model(plain[1], Guess()), CLAIM)["27"][0] == "open"


@pytest.mark.parametrize(("steps", "status"), [
    ({}, "no"), ({"select": predict.Univariate(at_most=2)}, "no"),
    ({"select": predict.Lasso(at_most=2)}, "reported"), ({"uncorrelated": 0.9}, "reported"),
    ({"select": Kept()}, "open"), ({"select": Kept(), "uncorrelated": 0.9}, "reported"),
])  # fmt: skip
def test_only_a_step_that_looks_at_redundancy_removes_it(plain, steps, status):
    assert answers(of_model(plain[1], "logistic", **steps), METRICS)["15"][0] == status


def test_texture_is_no_approach_without_radiomics(plain):
    cases, seen = plain
    assert answers(seen, METRICS, cases=cases)["24"][0] == "no"
    assert answers(seen, METRICS)["24"][0] == "open"  # nobody says what the block holds
    facts = cohort(blocks={"who": ["age"]})
    seen = predict.evaluate(predict.recipe("logistic"), facts, settings=BARE)
    assert answers(seen, METRICS, cases=facts)["24"][0] == "reported"


def test_a_tested_gain_is_a_comparison_though_nothing_was_permuted(plain):
    assert plain[1].gain["p_value"].notna().all()
    assert answers(plain[1], METRICS)["25"][0] == "reported"
    assert answers(plain[1], CLAIM)["29"][0] == "partly"
    without = replace(plain[1], gain=plain[1].gain.iloc[:0])
    assert answers(without, METRICS)["25"][0] == "no"


def test_a_block_beside_several_classes_is_found_where_it_stands(tmp_path):
    cases = cohort("group", blocks={"clinical": ["age"]})
    seen = predict.evaluate(predict.recipe("logistic"), cases, settings=BARE)
    page = page_of(seen, tmp_path, cohort=cases)
    assert items_of(page, "metrics")["24"] == ("reported", "Performance")


@pytest.fixture(scope="module")
def classes():
    """Three classes, one of which is at one site only."""
    site = np.where(np.arange(36) % 9 < 5, "Ulm", "Graz")
    site[np.arange(36) % 3 == 2] = "Ulm"
    cases = cohort("group", blocks={"clinical": ["age"]}, site=site)
    return cases, predict.evaluate(predict.recipe("logistic"), cases, settings=BARE)


def test_of_several_classes_nothing_is_told_that_only_two_have(classes, tmp_path, text_of):
    cases, seen = classes
    methods = " ".join(methods_text(PredictionView(seen, cases)))
    assert "Settings were chosen in inner folds" in methods
    assert "threshold" not in methods
    assert "DeLong" not in methods
    page = page_of(seen, tmp_path, cohort=cases)
    items = items_of(page, "metrics")
    assert items["22"] == ("no", "of several classes no calibration is computed")
    assert "balanced accuracy" in items["20"][1]
    assert "the outcome is no class" not in page
    assert "positive" not in text_of(section_of(page, "answer")).lower()
    assert "+: the class has more of it" in text_of(section_of(page, "features"))


def test_only_classes_that_are_told_are_claimed(classes, tmp_path, text_of):
    seen = replace(classes[1], shown=("T",))
    assert seen.claims
    told = text_of(section_of(page_of(seen, tmp_path), "answer"))
    assert "Claimed: AUC of T against the rest beyond chance." in told


def test_nothing_is_permuted_within_sites_where_there_are_none(plain, classes):
    counted = predict.Validation(folds=3, repeats=1, permutations=19)
    for seen, has_sites in ((plain[1], False), (classes[1], True)):
        told = " ".join(methods_text(PredictionView(replace(seen, settings=counted))))
        assert "Outcomes were permuted among subjects" in told
        assert ("within sites" in told) == has_sites


def test_the_threshold_and_gains_of_two_classes_are_told(plain):
    methods = " ".join(methods_text(PredictionView(plain[1])))
    assert "Settings and the threshold of decisions were chosen in inner folds" in methods
    assert "DeLong" in methods
    fixed = of_model(plain[1], Guess())
    told = " ".join(methods_text(PredictionView(fixed)))
    assert "The threshold of decisions was chosen in inner folds" in told


def test_means_are_told_by_class(classes, plain, tmp_path, text_of):
    cases, seen = classes
    mix = cases.case_mix.set_index("feature")
    assert not {"positive_mean", "negative_mean"} & set(mix)
    for place, name in enumerate(NTR):
        mean = cases.features["y"][cases.labels == place].mean()
        assert mix.loc["y", f"mean {name}"] == pytest.approx(mean)
    told = text_of(section_of(page_of(seen, tmp_path, cohort=cases), "cases"))
    assert "Mean N Mean T Mean R" in told
    assert {"positive_mean", "negative_mean"} <= set(plain[0].case_mix)


def test_a_site_of_which_nothing_is_known_is_named(classes):
    _, seen = classes
    lost = seen.sites[seen.sites["left_out"].isna()]
    assert [*zip(lost["site"], lost["class"], strict=True)] == [
        ("Graz", "R"), *(("Ulm", name) for name in NTR)
    ]  # fmt: skip
    note = "Of Graz (R), Ulm left out, nothing is known: too few of a class there or elsewhere."
    assert note in seen.notes


def test_a_time_has_no_positives(tmp_path, text_of):
    pytest.importorskip("sklearn", reason="an extra")
    cases = cohort(("time", "died"))
    seen = predict.evaluate(predict.recipe("cox"), cases, settings=BARE)
    page = page_of(seen, tmp_path, cohort=cases)
    assert "variance times a stated 1.5, no permutation" in seen.headline
    assert "Mean with the event Mean censored" in text_of(section_of(page, "cases"))
    assert "the event is earlier" in text_of(section_of(page, "features"))
    assert "positives" not in text_of(section_of(page, "features"))


NETWORK = deep.SliceSequence("t1c", head="mean", clinical=True, epochs=2, seeds=2, width=4)


def test_of_a_network_only_what_it_does_is_told(plain):
    seen = of_model(plain[1], NETWORK)
    assert answers(seen, TRIPOD_AI)["13"] == ("reported", '<a href="#methods">methods</a>')
    claim = answers(seen, CLAIM)
    assert "nothing was chosen, as there is one setting" in claim["26"][1]
    assert "encoder" not in claim["22"][1]
    methods = " ".join(methods_text(PredictionView(seen)))
    assert "classes weighing the same" in methods
    assert "Nothing was chosen in inner folds; the threshold was" in methods
    assert "inner" not in methods.replace("Nothing was chosen in inner folds", "")
    assert "nested" not in methods
    several = of_model(plain[1], replace(NETWORK, epochs=(2, 4)))
    assert "in inner folds" in answers(several, CLAIM)["26"][1]


def test_items_on_tables_of_features_are_not_asked_of_arrays(plain):
    conditional, why = ("12", "14", "15", "16"), "the model looks at arrays"
    facts = cohort(blocks={"clinical": ["age"]})
    arrays = plain[1].selection.iloc[:1].assign(feature="t1c")
    age = arrays.assign(feature="age"), arrays.assign(feature="missing: age")
    alone = replace(of_model(plain[1], NETWORK), selection=pd.concat([arrays, *age]))
    items = answers(alone, METRICS, cases=facts)
    assert {items[number][0] for number in conditional} == {"not applicable"}
    assert all(why in items[number][1] for number in conditional)
    assert items["17"][0] == "open"
    texture = replace(alone, selection=pd.concat([arrays, arrays.assign(feature="glcm_a")]))
    for seen, known in ((texture, facts), (alone, None), (plain[1], plain[0])):
        items = answers(seen, METRICS, cases=known)
        assert [items[number][0] for number in conditional] == ["open", "no", "no", "open"]


def test_subjects_of_each_class_are_counted_where_they_have_several_cases(plain):
    seen = plain[1]
    assert PredictionView(seen).counts == "36 subjects: 18 positive, 18 negative"
    lesions = seen.cases.assign(subject=seen.cases["subject"].replace({"s02": "s00", "s04": "s00"}))
    told = PredictionView(replace(seen, cases=lesions)).counts
    assert told == "36 cases of 34 subjects: 18 positive (18 subjects), 18 negative (16 subjects)"


def test_gaps_of_arrays_are_told(plain):
    cases = plain[0]
    stacks = {name: np.full((2, 8, 8), 1.0) for name in cases.subject}
    stacks["s00"][0] = np.nan
    gaps = PredictionView(plain[1], cases.with_array("t1c", stacks)).missing
    assert gaps == "no value of a feature is missing; 1 % of array t1c is missing"


def test_weights_of_classes_are_told_where_they_are_known(plain):
    assert answers(plain[1], TRIPOD_AI)["13"][0] == "reported"
    plainly = predict.Forest(balanced=(False,))
    item = answers(of_model(plain[1], plainly), TRIPOD_AI)["13"]
    assert item == ("not applicable", "no class weights were tried")
    assert answers(of_model(plain[1], Guess()), TRIPOD_AI)["13"][0] == "open"


def test_no_p_value_of_calls_is_below_what_permutations_can_show(tmp_path, text_of):
    counted = predict.Validation(folds=3, repeats=1, permutations=19)
    cases = cohort("group")
    strong = replace(cases, features=cases.features.assign(y=5.0 * cases.labels))
    seen = predict.evaluate(predict.recipe("logistic"), strong, settings=counted)
    assert seen.decisions["p_value"][0] == pytest.approx(0.05)
    told = text_of(section_of(page_of(seen, tmp_path), "decisions"))
    assert "≤0.05" in told
    assert "0.0500" not in told


@dataclass(frozen=True)
class Mean:
    """A model of the mean of an array; it looks at no feature."""

    probabilistic: ClassVar = True
    chooses_nothing: ClassVar = True
    arrays: ClassVar = ("t1c",)

    def settings(self):
        return [{}]

    def features_of(self, cases):
        return ()

    def fit(self, cases, settings, seed):
        return [self]

    def scores_of(self, cases):
        return cases.arrays["t1c"].mean(axis=1) - 1


@pytest.mark.parametrize("outcome", ["response", "group"])
def test_features_that_a_model_does_not_look_at_are_no_candidates(outcome):
    cases = cohort(outcome)
    stacks = {name: np.full(2, float(place % 2)) for place, name in enumerate(cases.subject)}
    cases = cases.with_array("t1c", stacks)
    recipe = predict.recipe(Mean())
    seen, rule = predict.evaluate(recipe, cases, settings=BARE), predict.fit(recipe, cases)
    assert not any("candidate variable" in note for note in seen.notes)
    for told in (" ".join(methods_text(PredictionView(seen, cases, rule))), rule.model_card(seen)):
        assert "median" not in told
        assert "Mean" in told
