"""SHAP values: their sums, their definition, and the package that computes those of trees."""

from itertools import combinations
from math import factorial

import numpy as np
import pytest
from predict_cohorts import ONE, noise, signal, survival

from biomarkers import predict
from biomarkers.extras import has_extra
from biomarkers.predict import shapley
from biomarkers.predict.models.kernel import SupportVectors
from biomarkers.predict.models.model import Linear
from biomarkers.predict.nested import prepare
from biomarkers.predict.shapley import shap_values

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


@shap_only
@pytest.mark.parametrize("model", ["forest", "xgboost", "lightgbm"])
def test_those_of_trees_are_shapleys_of_what_trees_sum_up(model):
    if model != "forest":
        pytest.importorskip(model, reason="an extra")
    kind = predict.Forest(trees=5) if model == "forest" else predict.Boosted(model, trees=10)
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
