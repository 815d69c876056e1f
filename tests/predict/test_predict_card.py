"""The model card says what the rule is, what it is worth, and what only its author knows."""

import json
from dataclasses import replace

import numpy as np
import pytest
from predict_cohorts import ONE, cohort, noise, signal, survival

from biomarkers import deep, predict
from biomarkers.errors import InputError
from biomarkers.predict import rule_features
from biomarkers.predict.in_words import model_in_words, steps_in_words
from biomarkers.predict.model_card import as_markdown

RECIPE = predict.recipe("svm", select=predict.Lasso(at_most=4), uncorrelated=0.9)


@pytest.fixture(scope="module")
def made():
    return signal(count=60, width=8)


def rule_of(cases, recipe=RECIPE):
    pytest.importorskip("sklearn", reason="an extra")
    return predict.fit(recipe, cases)


def test_it_tells_origin_features_threshold_and_limits(made):
    rule = rule_of(made)
    told = rule.model_card()
    assert "the probability that a case is positive (response = 1)." in told
    assert "60 cases of 60 subjects, 30 positive." in told
    assert f"`{made.digest}`" in told
    assert "9 features must be there; " in told
    assert f"from a probability of {rule.threshold:.3f}" in told
    assert "Probabilities hold at the prevalence of the cases that it was made of (50%)." in told
    assert "costs 0.01, 0.1, 1, 10; with and without class weights" in told
    assert told.count("To be stated by the author") == 3
    assert not any(f"s{number:03d}" in told for number in range(60))  # nobody by name
    assert "Not told here" in told
    first = next(line for line in told.splitlines() if line.startswith("| f00 "))
    assert first.endswith("| yes |")


def test_with_an_evaluation_it_tells_its_worth_and_every_note(made):
    pytest.importorskip("sklearn", reason="an extra")
    seen = predict.evaluate(RECIPE, made, settings=ONE)
    told = rule_of(made).model_card(seen)
    assert seen.headline in told
    assert all(note in told for note in seen.notes)
    assert f"Calibration slope {seen.calibration['slope'][0]:.2f}" in told
    assert "Not told here" not in told


def test_an_evaluation_of_another_recipe_is_refused(made, tmp_path):
    pytest.importorskip("skops", reason="an extra")
    seen = predict.evaluate(predict.recipe("logistic"), made, settings=ONE)
    with pytest.raises(InputError, match="of another recipe"):
        rule_of(made).save(tmp_path / "rule", seen=seen)
    assert not (tmp_path / "rule").exists()


def test_it_stands_beside_the_rule_and_an_older_rule_is_still_read(made, tmp_path):
    pytest.importorskip("skops", reason="an extra")
    rule = rule_of(made)
    folder = rule.save(tmp_path / "rule")
    assert (folder / "card.md").read_text() == rule.model_card()
    (folder / "card.md").unlink()
    content = json.loads((folder / "rule.json").read_text())
    for name in ("subject_hashes", "seed", "versions", "positive"):
        content.pop(name)
    (folder / "rule.json").write_text(json.dumps(content))
    again = predict.load(folder)
    assert (again.predict(made) == rule.predict(made)).all()
    assert "not recorded" in again.model_card()


def test_many_features_are_listed_in_part():
    told = rule_of(noise(1, width=60)).model_card()
    assert "The first 40 are listed; rule.json has all." in told
    assert sum(line.startswith("| f") for line in told.splitlines()) == 40


def test_a_name_cannot_break_the_table(made):
    odd = replace(made, features=made.features.rename(columns={"f00": "a|b\nc"}))
    assert "| a\\|b c |" in rule_of(odd).model_card()


def test_a_cox_rule_has_no_threshold():
    told = rule_of(survival(), predict.recipe("cox")).model_card()
    assert "Returns the log hazard ratio of a case (time and died)." in told
    assert "is called positive" not in told
    assert "prevalence" not in told


def test_steps_are_told_in_their_order():
    recipe = predict.recipe("elastic_net", harmonise="combat", uncorrelated=0.8,
                            impute=predict.Impute(indicators=False),
                            select=predict.Univariate(at_most=5))  # fmt: skip
    steps = steps_in_words(recipe.declared())
    words = ["median", "ComBat", "do not vary", "exceeds 0.8", "scaled", "the 5 features"]
    assert len(steps) == len(words)
    assert all(word in step for word, step in zip(words, steps, strict=True))
    assert "indicator" not in steps[0]


def test_models_and_transformers_of_others_are_told_by_their_names():
    decomposition = pytest.importorskip("sklearn.decomposition", reason="an extra")
    recipe = predict.recipe("svm_rbf", select=decomposition.PCA(n_components=2))
    told = steps_in_words(recipe.declared())[-1]
    assert told.startswith("PCA was applied (")
    assert "n components 2" in told
    words = model_in_words(recipe.declared()["model"])
    assert "an rbf kernel (costs 0.01, 0.1, 1, 10; widths 0.3, 1;" in words
    trees = model_in_words(predict.recipe("xgboost").declared()["model"])
    assert trees.startswith("boosted trees of xgboost (trees 100; depth 3; rate 0.1")
    assert model_in_words({"kind": "Unheard"}) == "Unheard"


def test_sites_are_named():
    cases = signal(count=60, width=4)
    values, truth = cases.features[["f00", "f01"]].to_numpy(), cases.positive.astype(int)
    told = rule_of(cohort(values, truth, site=["Ulm", "Graz"] * 30)).model_card()
    assert "from 2 sites: Graz, Ulm." in told


def test_features_are_counted_without_indicators_and_arrays(made):
    counted = [part for part in rule_of(made).model_card().splitlines() if "must be there" in part]
    card = rule_of(made).card | {"selected": ["f00", "missing: f01", "t1c", "pca0"],
                                 "arrays": {"t1c": [2]}}  # fmt: skip
    told = as_markdown(card)
    assert counted[0].startswith("- 9 features must be there; ")
    assert ("- 9 features must be there; 1 reach the model with a weight, and 1 indicator of "
            "missing values and 1 variable made of them.") in told  # fmt: skip


@pytest.mark.parametrize(("model", "chosen"), [
    ({"kind": "SpectrumCNN", "epochs": 2, "classes": ["N", "T"]}, False),
    ({"kind": "SliceSequence", "epochs": [2, 4]}, True),
    (predict.recipe(predict.Svm(costs=(1.0,), balanced=(False,))).declared()["model"], False),
    (predict.recipe("logistic").declared()["model"], True),
])  # fmt: skip
def test_a_single_setting_is_not_called_chosen(made, model, chosen):
    rule = rule_of(made)
    card = rule.card | {"recipe": rule.card["recipe"] | {"model": model}, "arrays": {"mrs": [64]}}
    line = next(line for line in as_markdown(card).splitlines() if line.startswith("- Model: "))
    assert ("; chosen in inner folds: " in line) == chosen
    assert ("; not chosen: " in line) != chosen
    threshold = next(line for line in as_markdown(card).splitlines() if "called positive" in line)
    assert threshold.endswith("in inner folds." if chosen else ", the prevalence.")


def test_what_it_refuses_is_what_is_refused(made):
    told = rule_of(made).model_card().split("## What it refuses")[1].split("##")[0]
    assert "a value that is missing in a case is filled in" in told
    assert "a cohort of no subjects but those that it was made of" in told
    assert "array" not in told
    card = rule_of(made).card | {"arrays": {"t1c": [2, 8, 8]}, "features": {}}
    told = as_markdown(card).split("## What it refuses")[1].split("##")[0]
    assert "A cohort without one of its arrays (t1c)" in told
    assert "features" not in told
    federated = as_markdown(card | {"federation": {}})
    assert "- In `predict.validate`: another kind of outcome." in federated


def test_names_start_no_html_heading_or_link(made):
    bad = "<script>alert(1)</script>\n# h [x](javascript:1)"
    odd = replace(made, features=made.features.rename(columns={"f00": bad}), outcome=bad,
                  positive_is=f"{bad} = 1", site=np.array([bad, "<!-- "] * 30))  # fmt: skip
    rule = rule_of(odd, predict.recipe("logistic"))
    seen = predict.evaluate(predict.recipe("logistic"), odd, settings=ONE)
    told = rule.model_card(replace(seen, notes=(*seen.notes, bad)))
    assert not any(each in told for each in ("<script", "</script", "<!--", "\n# h", "]("))
    assert "&lt;script>alert(1)" in told


@pytest.mark.parametrize(("model", "steps", "names"), [
    ("logistic", {}, set()),
    ("logistic", {"select": predict.Lasso(at_most=2)}, {"scikit-learn"}),
    ("svm", {}, {"scikit-learn"}),
    ("forest", {}, {"scikit-learn", "shap"}),
    ("xgboost", {}, {"xgboost", "shap"}),
    (deep.SpectrumCNN("mrs"), {}, {"torch"}),
])  # fmt: skip
def test_versions_are_of_what_was_used(monkeypatch, model, steps, names):
    monkeypatch.setattr(rule_features, "version", lambda name: f"{name} 1")
    told = rule_features.versions(predict.recipe(model, **steps))
    assert set(told) == {"biomarkers", "numpy", "scipy", "statsmodels", *names}


def test_versions_of_other_libraries_are_told():
    linear = pytest.importorskip("sklearn.linear_model", reason="an extra")
    told = rule_features.versions(predict.recipe(linear.LogisticRegression()))
    assert "scikit-learn" in told


def test_what_is_known_without_permutations_is_told(made):
    notes = predict.evaluate(predict.recipe("logistic"), made, settings=ONE).notes
    assert ("No permutation: p-values against chance are not known, and intervals, and p-values of "
            "gains, take a stated ratio of variances, 1.5.") in notes  # fmt: skip
