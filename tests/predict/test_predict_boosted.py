"""Boosted trees of the packages themselves: judged, fitted, saved and loaded."""

import pytest
from predict_cohorts import ONE, signal

from biomarkers import predict

LIBRARIES = ("xgboost", "lightgbm")


@pytest.fixture(params=LIBRARIES, scope="module")
def recipe(request):
    pytest.importorskip(request.param, reason="an extra")
    return predict.recipe(predict.Boosted(request.param, trees=30, balanced=(False,)))


def test_a_planted_signal_is_seen_in_a_small_cohort(recipe):
    """LightGBM's own leaves of 20 cases would leave it at .5."""
    seen = predict.evaluate(recipe, signal(count=44, width=8), settings=ONE)
    assert seen.performance["auc"][0] > 0.65
    assert (seen.selection["chosen"].iloc[:3] == 1).all()


def test_two_processes_give_the_same_bytes_as_one(recipe):
    seen = [predict.evaluate(recipe, signal(count=44, width=8), settings=ONE, jobs=jobs)
            for jobs in (1, 2)]  # fmt: skip
    for one, two in zip(*(each.tables().values() for each in seen), strict=True):
        assert one.to_csv() == two.to_csv()


@pytest.mark.parametrize("library", LIBRARIES)
def test_class_weights_are_chosen_inside(library):
    pytest.importorskip(library, reason="an extra")
    rule = predict.fit(predict.recipe(library), signal(count=44, width=4))
    assert rule.card["setting"] in [{"balanced": False}, {"balanced": True}]


def test_a_saved_rule_predicts_the_same_and_names_only_known_types(recipe, tmp_path):
    pytest.importorskip("skops", reason="an extra")
    made = signal(count=44, width=8)
    rule = predict.fit(recipe, made)
    assert rule.predict(made)[made.positive].mean() > rule.predict(made)[~made.positive].mean()
    same = predict.load(rule.save(tmp_path))
    assert (same.predict(made) == rule.predict(made)).all()
