"""Models against scikit-learn and statsmodels."""

import sys

import numpy as np
import pytest
from predict_cohorts import signal, survival

from biomarkers import predict
from biomarkers.errors import InputError
from biomarkers.predict.models.logistic import case_weights
from biomarkers.predict.nested import prepare

sklearn_models = pytest.importorskip("sklearn.linear_model", reason="an extra")


@pytest.fixture(scope="module")
def prepared():
    return prepare(predict.recipe("logistic"), signal(count=60, width=10, missing=0.0).cases).cases


@pytest.mark.parametrize("width", [10, 150])
def test_ridge_is_that_of_scikit_learn(width):
    cases = prepare(
        predict.recipe("logistic"), signal(count=60, width=width, missing=0.0).cases
    ).cases
    (ours,) = predict.Logistic().fit(cases, [{"penalty": 0.3, "balanced": False}], 0)
    theirs = sklearn_models.LogisticRegression(
        C=1 / (0.3 * len(cases)), tol=1e-10, max_iter=5000
    ).fit(cases.features, cases.positive)
    assert np.allclose(ours.coefficients, theirs.coef_[0], atol=1e-5)
    assert ours.intercept == pytest.approx(theirs.intercept_[0], abs=1e-5)


def test_balanced_weights_leave_mean_probability_near_the_prevalence():
    cases = signal(count=90, width=4, missing=0.0).cases
    rare = cases.take(np.flatnonzero(~cases.positive | (np.arange(90) % 6 == 1)))
    made = prepare(predict.recipe("logistic"), rare).cases
    plain, balanced = predict.Logistic().fit(
        made, [{"penalty": 1.0, "balanced": each} for each in (False, True)], 0
    )
    for model in (plain, balanced):
        likely = 1 / (1 + np.exp(-model.scores(made.features)))
        assert likely.mean() == pytest.approx(made.positive.mean(), abs=0.08)
    weights = case_weights(made.positive, balanced=True)
    assert weights[made.positive].sum() == pytest.approx(0.5)


def test_elastic_net_has_the_slopes_of_its_minimum(prepared):
    """|slope of the loss| is the penalty's where a coefficient is not 0, below it where it is."""
    setting = {"penalty": 0.2, "l1_ratio": 0.5, "balanced": False}
    (model,) = predict.ElasticNet().fit(prepared, [setting], 0)
    likely = 1 / (1 + np.exp(-model.scores(prepared.features)))
    slope = prepared.features.T @ (likely - prepared.positive) / len(prepared)
    empty = prepared.features.T @ (prepared.positive.mean() - prepared.positive) / len(prepared)
    size = 0.2 * np.abs(empty).max() / 0.5
    beta = model.coefficients
    held = beta != 0
    assert 0 < held.sum() < len(beta)
    expected = -size * (0.5 * np.sign(beta) + 0.5 * beta)
    assert np.allclose(slope[held], expected[held], atol=1e-5)
    assert (np.abs(slope[~held]) <= 0.5 * size + 1e-5).all()
    assert likely.mean() == pytest.approx(prepared.positive.mean(), abs=1e-6)


def test_cox_ends_where_statsmodels_does():
    from statsmodels.duration.hazard_regression import PHReg  # noqa: PLC0415

    cases = prepare(predict.recipe("cox"), survival(count=60, width=3).cases).cases
    (model,) = predict.Cox().fit(cases, [{"penalty": 0.3, "l1_ratio": 0.5}], 0)
    at_risk = cases.time[:, None] <= cases.time
    means = (at_risk @ cases.features) / at_risk.sum(axis=1, keepdims=True)
    score = ((cases.features - means) * cases.positive[:, None]).sum(axis=0) / len(cases)
    size = 0.3 * np.abs(score).max() / 0.5
    theirs = PHReg(
        cases.time, cases.features, status=cases.positive.astype(int), ties="efron"
    ).fit_regularized(alpha=size, L1_wt=0.5)
    assert np.allclose(model.coefficients, theirs.params, atol=2e-3)


@pytest.mark.parametrize("model", ["svm", "svm_rbf"])
def test_support_vectors_score_as_scikit_learn_does(model, prepared):
    from sklearn.svm import SVC  # noqa: PLC0415

    width = 0.0 if model == "svm" else 0.3
    setting = {"cost": 1.0, "width": width, "balanced": True}
    (ours,) = predict.recipe(model).model.fit(prepared, [setting], 0)
    features = prepared.features.shape[1]
    kernel = {"kernel": "rbf", "gamma": 0.3 / features} if width else {"kernel": "linear"}
    cost = 1.0 if width else 1.0 / features
    theirs = SVC(C=cost, class_weight="balanced", **kernel).fit(
        prepared.features, prepared.positive
    )
    scores = theirs.decision_function(prepared.features)
    assert np.allclose(ours.scores(prepared.features), scores, atol=2e-2)
    assert (ours.coefficients is None) == bool(width)


def test_a_forest_is_the_same_for_a_seed(prepared):
    forest = predict.Forest(trees=10)
    a, b = (forest.fit(prepared, forest.settings()[:1], 3)[0] for _ in range(2))
    assert (a.scores(prepared.features) == b.scores(prepared.features)).all()


@pytest.mark.parametrize(
    ("name", "module", "command"),
    [
        ("svm", "sklearn", r"pip install 'biomarkers\[predict\]'"),
        ("xgboost", "xgboost", "pip install xgboost"),
        ("lightgbm", "lightgbm", "pip install lightgbm"),
    ],
)
def test_a_missing_extra_is_one_sentence(name, module, command, monkeypatch, prepared):
    for loaded in [each for each in sys.modules if each.partition(".")[0] == module]:
        monkeypatch.setitem(sys.modules, loaded, None)
    monkeypatch.setitem(sys.modules, module, None)
    model = predict.recipe(name).model
    with pytest.raises(InputError, match=command) as raised:
        model.fit(prepared, model.settings()[:1], 0)
    assert "\n" not in str(raised.value)
