"""Models that tell several classes at once, and rules of several classes."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from predict_class_cohorts import NTR, ONE, RIDGE, gaussian, oracle, tissues
from predict_cohorts import names, table

from biomarkers import predict
from biomarkers.errors import InputError
from biomarkers.predict.classes.external import class_validation
from biomarkers.predict.classes.performance import balanced_interval
from biomarkers.predict.nested import reached

# Models that tell all classes at once


@dataclass(frozen=True)
class Centres:
    """The nearest mean of an array, of all classes at once."""

    classes: tuple[str, ...] = NTR
    arrays: tuple[str, ...] = ("mrs",)
    chooses_nothing: bool = True
    probabilistic: bool = True
    sharpness: tuple[float, ...] = (1.0,)
    broken: str = ""

    def settings(self):
        return [{"sharpness": each} for each in self.sharpness]

    def features_of(self, cases):
        return ()

    def fit(self, cases, settings, seed):
        values = cases.arrays["mrs"]
        centres = [values[cases.labels == k].mean(axis=0) for k in range(len(cases.classes))]
        kind = NoClasses if self.broken == "no class_scores" else FittedCentres
        return [kind(np.array(centres), each["sharpness"], self.broken) for each in settings]


@dataclass(frozen=True)
class NoClasses:
    centres: np.ndarray
    sharpness: float
    broken: str

    def scores_of(self, cases):
        return np.zeros(len(cases))


@dataclass(frozen=True)
class FittedCentres(NoClasses):
    def class_scores(self, cases):
        apart = ((cases.arrays["mrs"][:, None] - self.centres) ** 2).sum(axis=2)
        scores = -self.sharpness * apart / 2
        return {"nan": scores * np.nan, "shape": scores[:, :2]}.get(self.broken, scores)


def spectral():
    made = tissues(apart=2.5)
    spectra = made.features[["a", "b"]].to_numpy()
    return made.with_array("mrs", dict(zip(zip(made.subject, made.lesion, strict=True), spectra,
                                           strict=True)))  # fmt: skip


def test_a_model_of_several_classes_is_asked_for_all_at_once():
    made = spectral()
    recipe = predict.recipe(Centres(sharpness=(1e-3, 1.0)))
    seen = predict.evaluate(recipe, made, settings=ONE)
    assert seen.mean_auc > 0.85
    own = seen.selection.set_index("class")
    assert set(own["feature"]) == {"mrs"}
    assert (own["importance"] > 0.1).all()
    rule = predict.fit(recipe, made)
    assert rule.card["setting"] == {"sharpness": 1.0}  # the likelier one in inner folds
    assert rule.trained.is_joint
    apart = reached(recipe, made.cases)
    expected = rule.trained.parts[0].model.class_scores(apart)
    assert rule.predict(made).argmax(axis=1).tolist() == expected.argmax(axis=1).tolist()
    assert rule.predict(made).sum(axis=1) == pytest.approx(1)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Centres(classes=("T", "N", "R")), "tells classes T, N, R, the cohort has N, T, R"),
        (Centres(broken="no class_scores"), "its fitted form has no class_scores"),
        (Centres(broken="nan"), "0% finite"),
        (Centres(broken="shape"), r"expected finite log probabilities of \(\d+, 3\)"),
    ],
)
def test_a_model_of_other_classes_or_scores_is_refused(model, message):
    with pytest.raises(InputError, match=message):
        predict.evaluate(predict.recipe(model), spectral(), settings=ONE)


def test_a_model_of_several_classes_is_refused_with_two_and_with_a_selection():
    people = pd.DataFrame({"subject": names(12), "y": [0, 1] * 6})
    rows = table(np.random.default_rng(1).normal(size=(12, 3)), names(12))
    two = predict.Cohort.from_tables(rows, people, outcome="y")
    two = two.with_array("mrs", {name: np.ones(3) for name in names(12)})
    with pytest.raises(InputError, match="the cohort has two; expected the same"):
        predict.evaluate(predict.recipe(Centres()), two, settings=ONE)
    chosen = predict.recipe(Centres(), select=predict.Univariate(at_most=1))
    with pytest.raises(InputError, match="leave select out"):
        predict.fit(chosen, spectral())


# Rules


def test_a_rule_of_classes_is_kept_and_gives_probabilities(tmp_path):
    pytest.importorskip("skops")
    made = gaussian()
    rule = predict.fit(predict.recipe("logistic", select=predict.Univariate(at_most=3)), made)
    same = predict.load(rule.save(tmp_path / "rule"))
    likely = same.predict(made)
    assert (likely == rule.predict(made)).all()
    assert likely.shape == (90, 3)
    assert likely.sum(axis=1) == pytest.approx(1)
    assert (likely.argmax(axis=1) == made.labels).mean() > 0.6
    assert same.classes == NTR
    assert same.card["cases_by_class"] == [30, 30, 30]
    assert np.isnan(same.threshold)
    with pytest.raises(InputError, match="a rule of several classes has no odds"):
        same.odds(made)


def test_a_locked_rule_of_classes_is_judged_elsewhere():
    rule = predict.fit(RIDGE, gaussian(1, count=300))
    other = gaussian(2, count=300, prefix="x")
    seen = predict.validate(rule, other)
    assert isinstance(seen, predict.ClassValidation)
    for row, known in zip(seen.performance.to_dict("records"), oracle(1.5), strict=True):
        assert row["auc_low"] < known < row["auc_high"]
    assert seen.confusion["count"].sum() == 300
    assert seen.decisions["balanced_accuracy_low"][0] > 1 / 3
    assert "by the locked rule: N 0." in seen.headline
    assert "case_mix" in seen.to_dict()
    assert len(seen.plot().get_yticks()) == 3
    fewer = predict.Cohort.from_tables(
        table(np.random.default_rng(1).normal(size=(12, 5)), names(12)),
        pd.DataFrame({"subject": names(12), "y": [0, 1] * 6}), outcome="y",
    )  # fmt: skip
    with pytest.raises(InputError, match="the rule tells N, T, R, and the cohort has two"):
        predict.validate(rule, fewer)


def test_subjects_of_several_classes_widen_the_interval_of_balanced_accuracy():
    made = tissues(mice=40, each=1, share=1.0).cases
    wrong = np.isin(made.subject, names(20))
    scores = np.zeros((len(made), 3))
    scores[np.arange(len(made)), np.where(wrong, (made.labels + 1) % 3, made.labels)] = 1
    seen = class_validation(scores, made, pd.DataFrame(), (), ()).decisions.iloc[0]
    # All three calls of a subject are right, or none: they count as one.
    counts = np.array([[20.0, 20, 0], [0, 20, 20], [20, 0, 20]])
    limits = seen["balanced_accuracy_low"], seen["balanced_accuracy_high"]
    assert seen["balanced_accuracy"] == 0.5
    assert limits == pytest.approx(balanced_interval(counts, 3.0))


def test_recipes_of_several_classes_are_not_compared():
    with pytest.raises(InputError, match="evaluate each recipe with the same settings"):
        predict.compare({"a": RIDGE, "b": predict.recipe("svm")}, gaussian(), settings=ONE)


@pytest.mark.parametrize("classes", ["[0, 1, 2]", "[0.0, '1', 2]", "['0', '1', '2']"])
def test_a_plan_names_classes_by_numbers_too(classes, tmp_path):
    (tmp_path / "plan.toml").write_text(f"[predict]\noutcome = 'group'\nclasses = {classes}\n")
    plan = predict.read_predict_plan(tmp_path / "plan.toml")
    rows = pd.DataFrame({"subject": names(12), "size": range(12)})
    people = pd.DataFrame({"subject": names(12), "group": list(range(3)) * 4})
    made = predict.Cohort.from_tables(rows, people, outcome=plan.outcome, classes=plan.classes)
    assert made.classes == ("0", "1", "2")


def test_a_plan_names_classes(tmp_path):
    pytest.importorskip("skops")
    made = gaussian(count=45)
    rows = made.features.assign(subject=made.subject)
    rows.assign(group=np.array(NTR)[made.labels]).to_csv(tmp_path / "rows.csv", index=False)
    people = pd.DataFrame({"subject": made.subject})
    people.to_csv(tmp_path / "people.csv", index=False)
    plan = Path(tmp_path / "plan.toml")
    plan.write_text("[predict]\noutcome = 'group'\nclasses = ['N', 'T', 'R']\nfolds = 3\n"
                    "repeats = 1\npermutations = 0\n")  # fmt: skip
    seen = predict.predict_by_plan(tmp_path / "rows.csv", tmp_path / "people.csv", plan=plan,
                                   out=tmp_path / "out")  # fmt: skip
    assert isinstance(seen, predict.ClassEvaluation)
    assert (tmp_path / "out" / "confusion.csv").is_file()
    written = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert written["headline"] == seen.headline
    assert predict.load(tmp_path / "out" / "rule").classes == NTR
