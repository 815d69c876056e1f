"""Several classes judged: told from the rest, called by subject, never split within one."""

import json

import numpy as np
import pandas as pd
import pytest
from predict_class_cohorts import NTR, ONE, RIDGE, TOLD, gaussian, mice, oracle, tissues
from predict_cohorts import names, table
from statsmodels.stats.proportion import proportion_confint

from biomarkers import predict
from biomarkers.predict.classes.calling import areas, by_repeat, called_groups, confusion
from biomarkers.predict.classes.performance import balanced_interval
from biomarkers.predict.classes.training import train_classes
from biomarkers.predict.splits import folds_of

# What is judged


def test_areas_are_those_of_the_true_probabilities_and_lie_in_their_intervals():
    made = gaussian(count=360, apart=1.5)
    seen = predict.evaluate(RIDGE, made, settings=ONE)
    assert seen.shown == NTR
    assert seen.claims
    rows = seen.performance[seen.performance["rule"] == "recipe"]
    assert rows["class"].tolist() == list(NTR)
    for row, known in zip(rows.to_dict("records"), oracle(1.5), strict=True):
        assert row["auc"] == pytest.approx(known, abs=0.05)
        assert row["auc_low"] < known < row["auc_high"]


def test_areas_within_a_fold_are_those_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    cases = gaussian(apart=1.0).cases
    held_out = np.arange(len(cases)) < 30
    inner = folds_of(cases.take(~held_out), folds=3, repeats=1, random=np.random.default_rng(1))
    trained = train_classes(RIDGE, cases.take(~held_out), inner.held_out, 1)
    log_p = trained.log_probabilities(cases)
    assert np.exp(log_p).sum(axis=1) == pytest.approx(1)
    theirs = metrics.roc_auc_score(cases.labels[held_out], np.exp(log_p[held_out]),
                                   multi_class="ovr", average=None)  # fmt: skip
    assert areas(log_p[None], cases, held_out[None]) == pytest.approx(theirs, abs=1e-12)


def test_the_confusion_table_counts_subjects_and_makes_the_decisions():
    made = gaussian(blocks={"clinical": ["age"]})
    seen = predict.evaluate(RIDGE, made, settings=TOLD)
    for row in seen.decisions.to_dict("records"):
        counts = (
            seen.confusion[seen.confusion["rule"] == row["rule"]]["count"].to_numpy().reshape(3, 3)
        )
        assert counts.sum(axis=1).tolist() == [30, 30, 30]
        right = np.diagonal(counts)
        assert row["accuracy"] == pytest.approx(right.sum() / 90)
        assert row["balanced_accuracy"] == pytest.approx((right / 30).mean())
        limits = row["balanced_accuracy_low"], row["balanced_accuracy_high"]
        assert limits[0] <= row["balanced_accuracy"] <= limits[1]
    first = seen.decisions.iloc[0]
    assert first["balanced_accuracy_low"] > 1 / 3
    assert first["p_value"] == seen.mean_auc_p == 0.05
    assert seen.decisions["rule"].tolist() == ["recipe", "intercept", "clinical only"]


def test_spectra_of_a_subject_are_called_together_once_for_each_of_its_classes():
    made = tissues(each=3)
    seen = predict.evaluate(RIDGE, made, settings=ONE)
    groups = len({*zip(made.subject, made.labels, strict=True)})
    own = seen.confusion[seen.confusion["rule"] == "recipe"]
    assert own["count"].sum() == groups
    assert any("subjects have cases of several classes" in note for note in seen.notes)
    cases = made.cases.take(np.flatnonzero(made.subject == made.subject[0]))
    log_p = np.log(np.tile([0.1, 0.2, 0.7], (len(cases), 1)))
    log_p[0] = np.log([0.98, 0.01, 0.01])
    truth, called = called_groups(log_p, cases)
    assert truth.tolist() == sorted(set(cases.labels.tolist()))
    assert called.tolist() == [0, *[2] * (len(truth) - 1)]  # one spectrum outweighs two


def test_called_by_repeat_and_counted_by_hand():
    cases = gaussian(count=9).cases
    held_out = np.array([[True] * 4 + [False] * 5, [False] * 4 + [True] * 5] * 2)
    scores = np.zeros((4, 9, 3))
    scores[:2, np.arange(9), cases.labels] = 1  # the first repeat is right
    scores[2:, :, 1] = 1  # the second calls all of them T
    repeats = by_repeat(scores, held_out)
    assert repeats.shape == (2, 9, 3)
    expected = [[1.5, 1.5, 0], [0, 3, 0], [0, 1.5, 1.5]]
    assert confusion(repeats, cases).tolist() == expected


def test_the_interval_of_balanced_accuracy_of_one_class_each_is_that_of_wilson():
    low, high = balanced_interval(np.array([[15.0, 5.0], [5.0, 15.0]]), 1.0)
    limits = proportion_confint(15, 20, method="wilson")
    assert 0.75 - low == pytest.approx((0.75 - limits[0]) / np.sqrt(2))
    assert high - 0.75 == pytest.approx((limits[1] - 0.75) / np.sqrt(2))
    assert balanced_interval(np.array([[15.0, 5.0], [5.0, 15.0]]), 2.0)[0] < low


def test_noise_is_not_claimed_and_a_block_that_knows_as_much_is_named():
    seen = predict.evaluate(RIDGE, gaussian(3, apart=0.0), settings=TOLD)
    assert not seen.claims
    assert seen.shown == ()
    assert seen.headline.endswith("Nothing beyond chance is shown.")
    random = np.random.default_rng(1)
    group = np.tile(NTR, 30)
    people = pd.DataFrame({"subject": names(90), "group": group})
    people["age"] = np.tile([40.0, 60.0, 80.0], 30) + random.normal(0, 5, 90)
    rows = table(random.normal(size=(90, 3)), names(90))
    told = predict.Cohort.from_tables(rows, people, outcome="group", classes=NTR,
                                      blocks={"clinical": ["age"]})  # fmt: skip
    seen = predict.evaluate(RIDGE, told, settings=ONE)
    assert not seen.claims
    assert "Clinical only tells the classes as well." in seen.headline
    assert any(note.startswith("Of several classes there is no paired gain") for note in seen.notes)
    assert any(note.startswith("No permutation") for note in seen.notes)


@pytest.mark.parametrize(
    "model",
    [RIDGE.model, predict.Svm(costs=(0.1,), balanced=(False,)),
     predict.Forest(trees=8, balanced=(False,))],
    ids=["logistic", "svm", "forest"],
)  # fmt: skip
def test_spectra_that_know_their_mouse_tell_no_class_drawn_at_random(model):
    if model is not RIDGE.model:
        pytest.importorskip("sklearn", reason="an extra")
    made = mice()
    seen = predict.evaluate(predict.recipe(model), made, settings=ONE)
    own = seen.performance[seen.performance["rule"] == "recipe"]
    assert (own["auc_low"] < 0.5).all()
    assert not seen.claims
    assert any("know the patient (identity)" in note for note in seen.notes)
    # By hand, as no call of evaluate does: spectra of a mouse on both sides.
    cases, held_out = made.cases, np.arange(280) % 2 == 0
    inner = (np.arange(280) // 2 % 2 == 0)[~held_out]
    trained = train_classes(
        predict.recipe(model), cases.take(~held_out), np.array([inner, ~inner]), 1
    )
    assert areas(trained.log_probabilities(cases)[None], cases, held_out[None]).mean() > 0.7


SEEN: list[set[float]] = []


class Spy:
    """A transformer that writes down which rows it was fitted to, by their first feature."""

    def fit(self, values, _=None):
        SEEN.append(set(values[:, 0].round(12).tolist()))
        return self

    def transform(self, values):
        return values


def test_no_row_of_a_held_out_subject_reaches_a_fit():
    made = tissues(apart=1.0)
    SEEN.clear()
    predict.evaluate(predict.recipe("logistic", impute=Spy()), made, settings=ONE)
    values = made.features["a"].to_numpy().round(12)
    held_out = folds_of(made.cases, folds=3, repeats=1, random=np.random.default_rng([1, 0]))
    trainings = [set(values[~rows].tolist()) for rows in held_out.held_out]
    assert len(SEEN) == 4 * 3 * 3 * 4  # (whole + 3 shares) × folds × classes × (inner folds + 1)
    assert all(any(seen <= training for training in trainings) for seen in SEEN)
    whose = dict(zip(values.tolist(), made.subject, strict=True))
    for seen in SEEN:
        inside = {whose[value] for value in seen}
        assert {value for value in whose if whose[value] in inside} == seen  # subjects whole


def test_two_jobs_and_a_checkpoint_give_the_same_bytes(tmp_path):
    made = gaussian(count=45, site=np.repeat(["A", "B", "C"], 15))
    once = predict.evaluate(RIDGE, made, settings=TOLD, checkpoint=tmp_path)
    kept = sorted(tmp_path.rglob("*.npz"))
    kept[0].unlink()
    told: list[str] = []
    again = predict.evaluate(RIDGE, made, settings=TOLD, checkpoint=tmp_path,
                             progress=lambda *what: told.append(what[2]))  # fmt: skip
    assert len(told) == 1
    twice = predict.evaluate(RIDGE, made, settings=TOLD, jobs=2)
    texts = {json.dumps(each.to_dict()) for each in (once, again, twice)}
    assert len(texts) == 1


def test_sites_are_told_by_class():
    made = gaussian(apart=2.0, site=np.repeat(["A", "B", "C"], 30))
    seen = predict.evaluate(RIDGE, made, settings=ONE)
    assert len(seen.sites) == 9
    assert seen.sites["cases"].tolist() == [10] * 9
    assert (seen.sites[["within", "left_out"]].mean() > 0.75).all()
    assert (seen.sites["left_out_low"] < seen.sites["left_out"]).all()
    group = np.tile(NTR, 30)
    biased = gaussian(apart=0.0, site=np.where(group == "T", "A", np.tile(["A", "B"], 45)))
    notes = predict.evaluate(RIDGE, biased, settings=ONE).notes
    assert any("The shares of the classes differ by site" in note for note in notes)


def test_an_evaluation_of_classes_is_read_drawn_and_taken_apart():
    seen = predict.evaluate(RIDGE, gaussian(apart=2.0), settings=TOLD)
    assert isinstance(seen, predict.ClassEvaluation)
    assert seen.headline.startswith("Mean AUC of each class against the rest 0.")
    assert "in subjects held out, p ≤ 0.05 against chance: N 0." in seen.headline
    content = seen.to_dict()
    assert set(seen.tables()) < set(content)
    assert content["claims"] is True
    assert json.loads(json.dumps(content))["shown"] == list(NTR)
    assert "called" in seen.summary()
    assert len(seen.plot().get_yticks()) == 6
    chosen = seen.selection.set_index(["class", "feature"])
    assert chosen.loc[("T", "f00"), "sign"] == 1
    assert chosen.loc[("N", "f00"), "sign"] == -1
    assert chosen.loc[("R", "f01"), "importance"] > 0.1
    assert seen.learning["share"].tolist() == [0.4, 0.6, 0.8, 1.0]
    assert seen.learning["subjects"].tolist() == [18, 27, 36, 45]
    assert (seen.learning["worth"] > 0.7).all()
    likely = seen.cases[[f"probability {name}" for name in NTR]]
    assert likely.sum(axis=1).to_numpy() == pytest.approx(1, abs=1e-9)
