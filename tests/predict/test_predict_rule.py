"""A rule is kept and read as it was, refuses what it was not made of, and is judged locked."""

import hashlib
import json
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from predict_cohorts import QUICK, cohort, signal, survival

from biomarkers import predict
from biomarkers.errors import FileError, InputError
from biomarkers.predict.worth import average_precision, best_threshold, net_benefit

skops = pytest.importorskip("skops.io", reason="an extra")

RECIPES = {
    "logistic": predict.recipe("logistic", select=predict.Lasso(at_most=4)),
    "svm_rbf": predict.recipe("svm_rbf", uncorrelated=0.9),
    "forest": predict.recipe(predict.Forest(trees=8)),
}


def renamed(cases, count=None):
    """The cohort with other subjects, from a place on."""
    subjects = np.char.add("x", cases.subject)
    subjects[: 0 if count is None else count] = cases.subject[: 0 if count is None else count]
    return replace(cases, subject=subjects)


@pytest.fixture(scope="module")
def made():
    return signal(count=60, width=8)


@pytest.mark.parametrize("name", RECIPES)
def test_a_rule_read_again_says_the_same(name, made, tmp_path):
    rule = predict.fit(RECIPES[name], made)
    again = predict.load(rule.save(tmp_path / "rule"))
    assert (again.predict(made) == rule.predict(made)).all()
    assert again.threshold == rule.threshold
    assert sorted(path.name for path in (tmp_path / "rule").iterdir()) == [
        "card.md", "model.skops", "rule.json",
    ]  # fmt: skip
    card = json.loads((tmp_path / "rule" / "rule.json").read_text())
    assert card["recipe"]["model"]["kind"]
    assert card["features"]["f00"]["missing"] == pytest.approx(0.15, abs=0.15)


def test_a_cox_rule_is_kept_too(tmp_path):
    cases = survival()
    rule = predict.fit(predict.recipe("cox"), cases)
    again = predict.load(rule.save(tmp_path))
    assert (again.predict(cases) == rule.predict(cases)).all()
    other = predict.validate(again, renamed(survival(2)))
    assert other.performance["concordance"][0] > 0.6
    assert other.plot().get_xlabel() == "shift (sd of training)"


def test_a_file_that_was_changed_is_refused(made, tmp_path):
    folder = predict.fit(RECIPES["logistic"], made).save(tmp_path)
    content = (folder / "model.skops").read_bytes()
    (folder / "model.skops").write_bytes(content[:-1] + b"x")
    with pytest.raises(FileError, match="is not the file that was saved"):
        predict.load(folder)
    (folder / "model.skops").unlink()
    with pytest.raises(FileError, match="is missing"):
        predict.load(folder)


def test_a_file_that_names_other_code_is_refused(made, tmp_path):
    class Mine:
        def fit(self, X, y):
            self.share = float(np.mean(y))
            return self

        def predict_proba(self, X):
            return np.column_stack([1 - X[:, 0], X[:, 0]])

    rule = predict.fit(predict.recipe(Mine()), made)
    with pytest.raises(FileError, match="name them in trusted="):
        predict.load(rule.save(tmp_path))


def replaced(folder, change):
    """Change what a saved rule holds, and the checksum of its card with it."""
    model, card = folder / "model.skops", folder / "rule.json"
    content = skops.load(model, trusted=skops.get_untrusted_types(file=model))
    change(content)
    skops.dump(content, model)
    known = json.loads(card.read_text())
    known["sha256"] = hashlib.sha256(model.read_bytes()).hexdigest()
    card.write_text(json.dumps(known))


CHANGED_CARDS = {
    "other format": (lambda card: card | {"format": 99}, "found format 99, expected 1"),
    "no format": (lambda card: without(card, "format"), "found format None"),
    "list": (lambda card: [card], "found a list"),
    "room": (lambda card: card | {"room": ["deep"]}, "room: found list, expected str"),
    "no recipe": (lambda card: without(card, "recipe"), "has no recipe"),
    "no survival": (lambda card: without(card, "is_survival"), "has no is_survival"),
    "no model": (lambda card: card | {"recipe": {}}, "expected a model with its kind"),
    "features": (lambda card: card | {"features": list(card["features"])}, "features: found list"),
    "feature": (lambda card: card | {"features": {"f00": {}}}, "f00: mean is absent"),
    "one less": (
        lambda card: card | {"features": without(card["features"], "f00")},
        "features: f00 stand in only one of card and model",
    ),
    "arrays": (lambda card: card | {"arrays": ["t1c"]}, "arrays: found list, expected dict"),
    "shape": (lambda card: card | {"arrays": {"t1c": 3}}, "t1c: expected a shape, found 3"),
}


def without(content, name):
    return {key: value for key, value in content.items() if key != name}


@pytest.mark.parametrize(("change", "message"), CHANGED_CARDS.values(), ids=CHANGED_CARDS)
def test_a_card_of_another_shape_is_refused(change, message, made, tmp_path):
    folder = predict.fit(RECIPES["logistic"], made).save(tmp_path)
    card = json.loads((folder / "rule.json").read_text())
    (folder / "rule.json").write_text(json.dumps(change(card)))
    with pytest.raises(FileError, match=message):
        predict.load(folder)


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.pop("model"),
        lambda content: content.update(steps=3),
        lambda content: content.update(more=1),
        lambda content: content.update(slope="steep"),
        lambda content: content.update(directions=np.zeros(1)),
        lambda content: content["model"].pop("kind"),
        lambda content: content["model"].pop("intercept"),
        lambda content: content.update(model=[1.0]),
    ],
)
def test_a_model_of_another_shape_is_refused(change, made, tmp_path):
    folder = predict.fit(RECIPES["logistic"], made).save(tmp_path)
    replaced(folder, change)
    with pytest.raises(FileError, match="another shape than a saved rule"):
        predict.load(folder)


def test_a_file_that_would_run_its_own_code_is_refused(made, tmp_path):
    pipeline = pytest.importorskip("sklearn.pipeline").make_pipeline
    transformer = pytest.importorskip("sklearn.preprocessing").FunctionTransformer
    folder = predict.fit(RECIPES["logistic"], made).save(tmp_path)
    code = {"fill_value": "raise SystemExit", "dtype": "U60"}
    run = pipeline(transformer(np.full_like, kw_args=code), transformer(max), transformer(exec))
    step = {"kind": "ForeignFitted", "transformer": run}
    replaced(folder, lambda content: content["steps"].insert(0, step))
    with pytest.raises(FileError, match=r"builtins\.exec"):
        predict.load(folder)


def test_a_transformer_of_others_is_loaded_only_where_it_is_trusted(made, tmp_path):
    scaler = pytest.importorskip("sklearn.preprocessing").MinMaxScaler
    rule = predict.fit(predict.recipe("logistic", select=scaler()), made)
    folder = rule.save(tmp_path)
    with pytest.raises(FileError, match=r"sklearn\.preprocessing\._data\.MinMaxScaler"):
        predict.load(folder)
    with pytest.raises(FileError, match="MinMaxScaler"):
        predict.load(folder, trusted=("sklearn.",))
    again = predict.load(folder, trusted=("sklearn.preprocessing._data.MinMaxScaler",))
    assert (again.predict(made) == rule.predict(made)).all()


def test_absent_and_differently_made_features_are_refused(made):
    rule = predict.fit(RECIPES["logistic"], made)
    with pytest.raises(InputError, match="the cohort has no f07"):
        rule.predict(signal(2, count=60, width=7))
    values = made.features.iloc[:, :8].to_numpy() * 1e3 + 1e3
    facts = {"age": made.features["age"].to_numpy()}
    scaled = cohort(values, made.positive.astype(int), facts=facts, blocks={"clinical": ["age"]})
    with pytest.raises(InputError, match=r"f00 was made in another way.*look at its unit"):
        rule.predict(scaled)


def long(settings: str) -> predict.Cohort:
    random = np.random.default_rng(len(settings))
    rows = pd.DataFrame(
        [(f"s{s}", 0, name, random.normal() + s % 2, "mm", settings)
         for s in range(24) for name in ("a", "b")],
        columns=["subject", "day", "biomarker", "value", "unit", "settings"],
    )  # fmt: skip
    people = pd.DataFrame({"subject": [f"s{s}" for s in range(24)], "y": np.arange(24) % 2})
    return predict.Cohort.from_tables(rows, people, outcome="y")


def test_features_of_other_settings_are_refused():
    rule = predict.fit(predict.recipe("logistic"), long("bins 32"))
    with pytest.raises(InputError, match="a was made in another way: found 'mm bins 64'"):
        predict.validate(rule, long("bins 64"))


def test_a_locked_rule_is_judged_in_other_cases(made):
    rule = predict.fit(RECIPES["logistic"], made)
    seen = predict.validate(rule, signal(9, count=120, width=8))
    locked, again = seen.performance.to_dict("records")
    assert locked["rule"] == "locked"
    assert locked["auc"] == again["auc"] > 0.7
    assert locked["auc_low"] < locked["auc"] < locked["auc_high"]
    assert again["slope"] == pytest.approx(1.0, abs=1e-6)
    assert again["intercept"] == pytest.approx(0.0, abs=1e-6)
    assert again["brier"] <= locked["brier"] + 1e-3
    assert set(seen.case_mix) >= {"feature", "mean", "training_mean", "shift"}
    assert seen.headline.startswith("AUC of the locked rule")
    assert seen.to_dict()["net_benefit"]
    assert seen.plot().get_ylabel() == "net benefit"


def test_validation_refuses_the_cohort_that_made_the_rule(made):
    rule = predict.fit(RECIPES["logistic"], made)
    with pytest.raises(InputError, match="made of this very cohort"):
        predict.validate(rule, made)
    with pytest.raises(InputError, match="made for a time"):
        predict.validate(rule, survival())


def test_subjects_that_the_rule_was_made_of_are_no_external_validation(made, tmp_path):
    rule = predict.load(predict.fit(RECIPES["logistic"], made).save(tmp_path))
    again = signal(9, count=60, width=8)
    with pytest.raises(InputError, match="made of all 60 subjects"):
        predict.validate(rule, again)
    some = predict.validate(rule, renamed(again, 2))
    assert some.overlap == ("s000", "s001")
    assert "The rule was made of these subjects too, whom it flatters: s000, s001." in some.notes
    assert "not made of" not in some.headline
    assert "s000" not in (tmp_path / "rule.json").read_text()
    others = predict.validate(rule, renamed(again))
    assert not others.overlap
    assert others.headline.endswith("in cases it was not made of.")


def test_an_inverted_rule_keeps_its_order_when_it_is_recalibrated(made):
    rule = predict.fit(RECIPES["logistic"], made)
    other = renamed(signal(9, count=120, width=8))
    seen = predict.validate(rule, replace(other, positive=~other.positive))
    locked, again = seen.performance.to_dict("records")
    assert locked["auc"] == again["auc"] < 0.3
    assert again["intercept"] == pytest.approx(0.0, abs=1e-6)
    assert any("its intercept alone was refitted" in note for note in seen.notes)


def test_recipes_are_compared_on_the_same_folds(made):
    both = {"ridge": predict.recipe("logistic"), "constant": predict.recipe(
        "logistic", blocks=("clinical",)
    )}  # fmt: skip
    seen = predict.compare(both, made, settings=QUICK)
    alone = predict.evaluate(both["ridge"], made, settings=QUICK)
    assert seen.performance["auc"][0] == alone.performance["auc"][0]
    assert seen.performance["p_value"][0] == alone.performance["p_value"][0]
    assert seen.differences["difference"][0] == pytest.approx(alone.gain["gain"][0], abs=1e-12)
    assert seen.differences["p_value"][0] == pytest.approx(alone.gain["p_value"][0], abs=1e-12)
    assert "Highest in subjects held out: ridge" in seen.headline
    assert len(seen.plot().get_yticks()) == 2
    with pytest.raises(InputError, match="expected two or more"):
        predict.compare({"one": predict.recipe("logistic")}, made)


def test_net_benefit_is_that_of_its_definition():
    odds = np.log(np.array([0.9, 0.6, 0.4, 0.1]) / (1 - np.array([0.9, 0.6, 0.4, 0.1])))
    truth = np.array([True, False, True, False])
    # At .5: one true and one false positive of four.
    assert net_benefit(odds, truth, np.array([0.5]))[0] == pytest.approx(1 / 4 - 1 / 4)
    # At .2: two true, one false, whose odds are 1/4.
    assert net_benefit(odds, truth, np.array([0.2]))[0] == pytest.approx(2 / 4 - 1 / 16)


def test_average_precision_is_that_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    random = np.random.default_rng(1)
    scores, truth = random.integers(0, 6, 50).astype(float), random.random(50) < 0.3
    ours = average_precision(scores[None], truth, np.ones((1, 50), dtype=bool))
    assert ours == pytest.approx(metrics.average_precision_score(truth, scores), abs=1e-12)


def test_the_threshold_is_youdens():
    odds, truth = np.array([-2.0, -1.0, 0.5, 1.0]), np.array([False, False, True, True])
    assert best_threshold(odds, truth) == pytest.approx(-0.25)


def test_the_interval_of_a_concordance_counts_subjects_and_not_their_lesions():
    """Each case four times, as lesions of its subject: no pair more is known, and no less."""
    one = survival(2)
    rule = predict.fit(predict.recipe("cox"), survival())
    place = np.repeat(np.arange(len(one)), 4)
    four = replace(
        one, features=one.features.iloc[place].reset_index(drop=True), subject=one.subject[place],
        lesion=np.tile(list("abcd"), len(one)), site=one.site[place],
        positive=one.positive[place], time=one.time[place],
    )  # fmt: skip
    a, b = (predict.validate(rule, renamed(each)).performance.iloc[0] for each in (one, four))
    assert b["concordance"] == pytest.approx(a["concordance"], abs=1e-12)
    assert b["concordance_low"] == pytest.approx(a["concordance_low"], abs=1e-9)
    assert b["concordance_high"] == pytest.approx(a["concordance_high"], abs=1e-9)


def test_a_plan_is_refused_before_the_work_where_no_rule_can_be_saved(tmp_path, monkeypatch):
    plan = tmp_path / "predict.toml"
    plan.write_text("[predict]\noutcome = 'response'\n")
    monkeypatch.setitem(sys.modules, "skops.io", None)
    with pytest.raises(InputError, match="a saved rule needs"):
        predict.predict_by_plan("no.csv", "none.csv", plan=plan, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("only", ["f", "m"])
def test_a_rule_that_knows_both_sexes_is_judged_in_cases_of_one(only):
    truth, random = np.arange(40) % 2, np.random.default_rng(1)
    values, sexes = random.normal(size=(40, 2)), random.choice(["f", "m"], 40)
    blocks = {"clinical": ["sex"]}
    both = cohort(values, truth, facts={"sex": sexes}, blocks=blocks)
    rule = predict.fit(predict.recipe("logistic"), both)
    one = renamed(cohort(values, truth, facts={"sex": [only] * 40}, blocks=blocks))
    expected = rule.predict(both)[sexes == only]
    assert rule.predict(one)[sexes == only] == pytest.approx(expected, abs=1e-12)
    mix = predict.validate(rule, one).case_mix.set_index("feature")
    assert mix.loc["sex=m", "mean"] == float(only == "m")
