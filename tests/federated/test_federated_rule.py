"""The rule of a federation is one of `predict`."""

import json

import numpy as np
import pytest
from tests.federated.hospitals import cohort, three, with_gaps

from biomarkers import federated, predict
from biomarkers.errors import InputError

GIVEN = predict.recipe("logistic", harmonise="combat")


@pytest.mark.parametrize("model", ["logistic", "svm"])
def test_a_rule_is_saved_loaded_and_validated(tmp_path, model: str) -> None:
    pytest.importorskip("skops", reason="an extra")
    cohorts, new = three(), cohort("A", 80, 50)
    cohorts["C"] = with_gaps(cohorts["C"], "f3", slice(0, 15))
    done = federated.train(predict.recipe(model, harmonise="combat"), cohorts)
    same = predict.load(done.rule.save(tmp_path / "rule"))
    assert np.array_equal(same.odds(new), done.rule.odds(new))
    seen = predict.validate(same, new)
    assert seen.performance["auc"][0] > 0.75
    assert 0.4 < seen.performance["slope"][0] < 2.5


def test_the_card_knows_no_case() -> None:
    cohorts = three()
    card = federated.train(GIVEN, cohorts).rule.card
    values = np.concatenate([each.features.to_numpy().ravel() for each in cohorts.values()])
    text = json.dumps(card)
    assert not [value for value in values.tolist() if repr(value) in text]
    assert (card["subject_hashes"], card["cohort"]) == ([], "")
    assert (card["cases"], card["positives"], card["sites"]) == (120, 60, ["A", "B", "C"])
    known = np.concatenate([each.features["f1"] for each in cohorts.values()])
    assert card["features"]["f1"]["mean"] == pytest.approx(known.mean())
    assert card["features"]["f1"]["sd"] == pytest.approx(known.std(ddof=1))


def test_the_model_card_says_how_it_was_trained() -> None:
    cohorts = three()
    words = federated.train(GIVEN, cohorts).rule.model_card()
    assert "120 cases of 120 subjects, 60 positive, from 3 sites: A, B, C." in words
    assert "Trained in a federation, whose rows stayed at their sites: " in words
    assert "cannot tell who is met again" in words
    assert "SHA-256" not in words
    assert "inner folds" not in words
    assert "positive from a probability of 0.500, the prevalence." in words


def test_values_of_another_unit_are_refused_without_a_range() -> None:
    rule = federated.train(GIVEN, three(), settings=federated.Rounds(folds=0)).rule
    with pytest.raises(InputError, match="f0 was made in another way"):
        rule.odds(cohort("A", 20, 3, shift=5000.0))


def test_a_site_that_was_not_trained_on_is_not_harmonised_and_named() -> None:
    rule = federated.train(GIVEN, three(), settings=federated.Rounds(folds=0)).rule
    notes = predict.validate(rule, cohort("D", 40, 8)).notes
    assert any(note.endswith("as training had none of it: D.") for note in notes)


def test_a_threshold_is_the_prevalence() -> None:
    assert federated.train(GIVEN, three()).rule.threshold == pytest.approx(0.5)
