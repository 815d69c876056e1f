"""SHAP values: their sums, their definition, and the package that computes those of trees."""

from itertools import combinations
from math import factorial

import numpy as np
import pytest
from predict_class_cohorts import NTR, gaussian
from predict_cohorts import ONE, noise, signal, survival

from biomarkers import predict
from biomarkers.extras import has_extra
from biomarkers.predict import shapley
from biomarkers.predict.classes.tasks import do_classes
from biomarkers.predict.classes.training import train_classes
from biomarkers.predict.models.kernel import SupportVectors
from biomarkers.predict.models.model import Linear
from biomarkers.predict.nested import prepare
from biomarkers.predict.shapley import shap_values
from biomarkers.predict.tasks import Task, make_judged

pytest.importorskip("sklearn", reason="an extra")
shap_only = pytest.mark.skipif(not has_extra("shap"), reason="an extra")
random = np.random.default_rng(1)
CASES, TRAINING = random.normal(size=(6, 4)), random.normal(size=(9, 4)) + 0.5
LINEAR = Linear(0.3, np.array([1.0, -2.0, 0.0, 0.5]))
RADIAL = SupportVectors(random.normal(size=(5, 4)), random.normal(size=5), 0.1, 1.0)


def defined(model, values, training):
    """Shapley's sum over all subsets of the other features."""
    width = values.shape[1]

    def worth(case, kept):
        mixed = training.copy()
        mixed[:, list(kept)] = case[list(kept)]
        return model.scores(mixed).mean()

    result = np.zeros(values.shape)
    for row, case in enumerate(values):
        for j in range(width):
            others = [each for each in range(width) if each != j]
            for size in range(width):
                share = factorial(size) * factorial(width - size - 1) / factorial(width)
                for kept in combinations(others, size):
                    gain = worth(case, (*kept, j)) - worth(case, kept)
                    result[row, j] += share * gain
    return result


@pytest.mark.parametrize("model", [LINEAR, RADIAL], ids=["linear", "radial"])
def test_values_are_shapleys(model):
    values = shap_values(model, CASES, TRAINING)
    assert np.allclose(values, defined(model, CASES, TRAINING), atol=1e-12)


@pytest.mark.parametrize("width", [3, 40, 300])
@pytest.mark.parametrize("model", ["logistic", "svm", "svm_rbf"])
def test_they_sum_to_the_score_minus_its_mean(model, width):
    cases = prepare(predict.recipe(model), noise(3, width=width).cases).cases
    kind = predict.recipe(model).model
    (fitted,) = kind.fit(cases.take(np.arange(25)), kind.settings()[-1:], 0)
    here, there = cases.features[40:], cases.features[:25]
    told = fitted.scores(here) - fitted.scores(there).mean()
    assert np.abs(told).max() > 0.05
    assert np.allclose(shap_values(fitted, here, there).sum(axis=1), told, atol=1e-6)


def test_a_training_case_far_from_every_vector_adds_no_nan():
    far = np.full((1, 4), 1e4)
    assert np.isfinite(shap_values(RADIAL, CASES, far)).all()
    assert (shap_values(RADIAL, far, far + 1) == 0).all()


@pytest.mark.parametrize(
    ("model", "made"),
    [("svm", signal), ("svm_rbf", signal), ("elastic_net", signal), ("cox", survival)],
)
def test_the_feature_that_tells_adds_most(model, made):
    seen = predict.evaluate(predict.recipe(model), made(), settings=ONE)
    by_feature = seen.selection.set_index("feature")["shap"]
    assert (by_feature >= 0).all()
    told = ["f00", "f01", "f02"] if made is signal else ["f00"]
    assert set(by_feature.nlargest(len(told)).index) == set(told)
    assert not any("SHAP" in note for note in seen.notes)


def test_those_of_a_ridge_are_in_log_odds():
    """Doubling every coefficient's penalty can only shrink what features add to the odds."""
    weak, strong = (
        predict.evaluate(predict.recipe(predict.Logistic(penalties=(penalty,))), signal(),
                         settings=ONE).selection["shap"].sum()
        for penalty in (0.1, 10.0)
    )  # fmt: skip
    assert weak > 3 * strong > 0


def test_trees_without_the_extra_have_none_and_say_so(monkeypatch):
    for module in (shapley, predict.traps):
        monkeypatch.setattr(module, "has_extra", lambda _: False)
    recipe = predict.recipe(predict.Forest(trees=5))
    seen = predict.evaluate(recipe, signal(width=4), settings=ONE)
    assert seen.selection["shap"].isna().all()
    assert seen.notes[-1] == "SHAP values of trees need an extra: pip install 'biomarkers[shap]'."


def test_a_classifier_of_no_trees_has_none_and_says_so():
    from sklearn.naive_bayes import GaussianNB  # noqa: PLC0415

    seen = predict.evaluate(predict.recipe(GaussianNB()), signal(width=4), settings=ONE)
    assert seen.selection["shap"].isna().all()
    assert "SHAP" in seen.notes[-1]


class Margin:
    """The log odds of boosted trees, as their package gives them."""

    def __init__(self, estimator):
        self.estimator = estimator

    def scores(self, values):
        name = "output_margin" if hasattr(self.estimator, "get_booster") else "raw_score"
        return np.asarray(self.estimator.predict(values, **{name: True}), dtype=float)


TREES = ["forest", "xgboost", "lightgbm"]


def few_trees(model):
    if model != "forest":
        pytest.importorskip(model, reason="an extra")
    return predict.Forest(trees=5) if model == "forest" else predict.Boosted(model, trees=10)


@pytest.mark.parametrize(
    "model", ["logistic", "svm_rbf", *(pytest.param(each, marks=shap_only) for each in TREES)]
)
def test_those_of_a_class_are_shapleys_of_its_log_odds_against_the_rest(model):
    recipe = predict.recipe(few_trees(model) if model in TREES else model)
    cases = gaussian(width=3, count=36).cases
    judged = make_judged(cases, (recipe,), ONE)
    held_out, inner = judged.outer.held_out[0], judged.outer.inner[0]
    training, seed = cases.take(~held_out), judged.settings.seed  # 24: all are the background
    parts = train_classes(recipe, training, inner[:, ~held_out], seed).parts
    told = do_classes(Task(judged, "outer", 0))
    for place, part in enumerate(parts):
        here, there = (part.prepared(each).features for each in (cases.take(held_out), training))
        boosted = model in TREES[1:]
        summed = Margin(part.model.estimator) if boosted else part.model
        values = defined(summed, here, there) * (1.0 if boosted else part.slope)
        assert np.abs(values).max() > 0.1
        assert np.allclose(told[f"shap {place}"], np.abs(values).mean(axis=0), atol=1e-5)


def test_the_feature_of_a_class_adds_most_to_it():
    seen = predict.evaluate(predict.recipe("logistic"), gaussian(apart=2.0), settings=ONE)
    table = seen.selection.set_index(["class", "feature"])["shap"]
    own = {"T": "f00", "R": "f01", "N": "f02"}
    assert {name: table[name].idxmax() for name in NTR} == own
    assert not any("SHAP" in note for note in seen.notes)


def test_classes_told_by_no_trees_have_none_and_say_so():
    from sklearn.naive_bayes import GaussianNB  # noqa: PLC0415

    seen = predict.evaluate(predict.recipe(GaussianNB()), gaussian(), settings=ONE)
    assert seen.selection["shap"].isna().all()
    assert sum("SHAP" in note for note in seen.notes) == 1


@shap_only
@pytest.mark.parametrize("model", TREES)
def test_those_of_trees_are_shapleys_of_what_trees_sum_up(model):
    kind = few_trees(model)
    cases = prepare(predict.recipe(kind), signal(width=4, missing=0.0).cases).cases
    (fitted,) = kind.fit(cases, kind.settings()[:1], 0)
    here, there = cases.features[40:44], cases.features[:9]
    summed = fitted if model == "forest" else Margin(fitted.estimator)
    values = shap_values(fitted, here, there, slope=3.0)
    told = defined(summed, here, there)
    assert np.abs(told).max() > 0.2
    assert np.allclose(values, told * (3.0 if model == "forest" else 1.0), atol=1e-5)


@shap_only
def test_those_of_a_linear_model_and_a_radial_kernel_are_the_packages():
    import shap  # noqa: PLC0415

    theirs = shap.LinearExplainer((LINEAR.coefficients, LINEAR.intercept), TRAINING)
    assert np.allclose(theirs.shap_values(CASES), shap_values(LINEAR, CASES, TRAINING))
    exact = shap.ExactExplainer(RADIAL.scores, shap.maskers.Independent(TRAINING))
    assert np.allclose(exact(CASES).values, shap_values(RADIAL, CASES, TRAINING), atol=1e-9)


@shap_only
def test_an_ensemble_unknown_to_the_package_has_none():
    from sklearn.ensemble import AdaBoostClassifier  # noqa: PLC0415

    recipe = predict.recipe(AdaBoostClassifier(n_estimators=3))
    seen = predict.evaluate(recipe, signal(width=4), settings=ONE)
    assert seen.selection["shap"].isna().all()
    assert "linear models, radial kernels and trees only" in seen.notes[-1]
