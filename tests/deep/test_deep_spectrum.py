"""Networks over spectra: two classes and several, and what is refused."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from biomarkers import deep, predict
from biomarkers.errors import InputError
from biomarkers.predict.worth import worth

torch = pytest.importorskip("torch", reason="needs the extra deep")

POINTS = 64
QUICK = {"epochs": 12, "seeds": 1, "training": deep.Training(device="cpu")}


def spectra(labels, seed=1):
    """Noise, and a peak whose place tells the class."""
    random = np.random.default_rng(seed)
    axis = np.arange(POINTS)
    places = 16 + 14 * np.asarray(labels)
    peaks = np.exp(-0.5 * ((axis - places[:, None]) / 2.0) ** 2)
    return random.normal(0, 0.3, (len(labels), POINTS)) + peaks


def cohort(subjects=20, each=2, seed=1):
    names = [f"m{number:02d}" for number in range(subjects)]
    truth = np.arange(subjects) % 2
    rows = pd.DataFrame(
        [(name, str(number)) for name in names for number in range(each)],
        columns=["subject", "lesion"],
    )
    people = pd.DataFrame({"subject": names, "response": truth})
    some = predict.Cohort.from_tables(rows, people, outcome="response")
    made = spectra(some.positive.astype(int), seed)
    keys = zip(some.subject, some.lesion, strict=True)
    return some.with_array("mrs", dict(zip(keys, made, strict=True)))


def of_three(count=60, seed=1):
    labels = np.arange(count) % 3
    made = {"labels": labels, "classes": ("N", "T", "R"), "arrays": {"mrs": spectra(labels, seed)}}
    return replace(cohort(count, each=1).cases, **made)


def test_a_peak_that_tells_is_found_subjects_held_out():
    seen = predict.evaluate(
        predict.recipe(deep.SpectrumCNN("mrs", **QUICK)), cohort(),
        settings=predict.Validation(folds=2, repeats=1, permutations=0),
    )  # fmt: skip
    assert seen.performance["auc"][0] > 0.9


def test_a_rule_of_spectra_is_saved_and_loaded(tmp_path):
    some = cohort()
    rule = predict.fit(predict.recipe(deep.SpectrumCNN("mrs", **QUICK)), some)
    new = cohort(seed=2)
    same = predict.load(rule.save(tmp_path))
    assert same.predict(new).tobytes() == rule.predict(new).tobytes()
    assert worth(rule.odds(new)[None], new.cases, np.ones((1, 40), dtype=bool)) > 0.95


def test_three_classes_are_told_apart_by_one_network():
    model = deep.SpectrumCNN("mrs", classes=("N", "T", "R"), **QUICK | {"seeds": 2})
    (fitted,) = model.fit(of_three(), model.settings(), 1)
    new = of_three(seed=2)
    scores = fitted.class_scores(new)
    assert scores.shape == (60, 3)
    assert np.allclose(np.exp(scores).sum(axis=1), 1)
    assert (scores.argmax(axis=1) == new.labels).mean() > 0.9
    with pytest.raises(InputError, match="of 3 classes there are no odds"):
        fitted.scores_of(new)


def test_two_classes_have_log_probabilities_too():
    some = cohort()
    model = deep.SpectrumCNN("mrs", **QUICK | {"epochs": 1})
    (fitted,) = model.fit(some.cases, model.settings(), 1)
    scores, odds = fitted.class_scores(some.cases), fitted.scores_of(some.cases)
    assert np.allclose(scores[:, 1] - scores[:, 0], odds)


def test_rare_classes_weigh_as_much_and_odds_are_those_of_the_training_set():
    labels = np.arange(80) % 8 == 0
    noise = np.random.default_rng(1).normal(size=(80, POINTS))
    cases = replace(cohort(80, each=1).cases, positive=labels, arrays={"mrs": noise})
    model = deep.SpectrumCNN("mrs", **QUICK | {"epochs": 1})
    (fitted,) = model.fit(cases, model.settings(), 1)
    assert fitted.prior[0] == pytest.approx(np.log(1 / 7))
    assert np.median(fitted.scores_of(cases)) == pytest.approx(np.log(1 / 7), abs=0.7)


def test_classes_that_are_not_those_of_the_cohort_are_refused():
    with pytest.raises(InputError, match="classes: found a, b, c; the cohort has N, T, R"):
        model = deep.SpectrumCNN("mrs", classes=("a", "b", "c"), **QUICK)
        model.fit(of_three(), model.settings(), 1)
    with pytest.raises(InputError, match="expected two or more, each once"):
        deep.SpectrumCNN("mrs", classes=("a", "a", "b"))
    with pytest.raises(InputError, match="expected at least 32 points along one axis"):
        short = cohort(6, 1)
        arrays = dict(zip(short.subject, short.arrays["mrs"][:, :9], strict=True))
        plain = predict.Cohort.from_tables(
            pd.DataFrame({"subject": short.subject}),
            pd.DataFrame({"subject": short.subject, "response": short.positive.astype(int)}),
            outcome="response",
        )
        predict.fit(
            predict.recipe(deep.SpectrumCNN("mrs", **QUICK)), plain.with_array("mrs", arrays)
        )


def test_points_that_are_missing_are_those_of_the_mean_spectrum():
    some = cohort()
    model = deep.SpectrumCNN("mrs", **QUICK | {"epochs": 1})
    (fitted,) = model.fit(some.cases, model.settings(), 1)
    lacking = some.arrays["mrs"].copy()
    lacking[:, 10] = np.nan
    filled = lacking.copy()
    filled[:, 10] = some.arrays["mrs"].mean(axis=0)[10]
    scores = [
        fitted.scores_of(replace(some.cases, arrays={"mrs": array})) for array in (lacking, filled)
    ]
    assert np.allclose(*scores, atol=1e-5)


def three_tissues(subjects=12, seed=1):
    """Two spectra of each tissue of every mouse."""
    names = [f"m{number:02d}" for number in range(subjects)]
    cells = [(name, f"{k}{n}", k) for name in names for k in "NTR" for n in range(2)]
    rows = pd.DataFrame(cells, columns=["subject", "lesion", "tissue"])
    made = spectra(["NTR".index(tissue) for tissue in rows["tissue"]], seed)
    people = pd.DataFrame({"subject": names})
    some = predict.Cohort.from_tables(rows, people, outcome="tissue", classes=("N", "T", "R"))
    keys = zip(rows["subject"], rows["lesion"], strict=True)
    return some.with_array("mrs", dict(zip(keys, made, strict=True)))


def test_several_classes_are_judged_by_one_network_or_one_against_the_rest(tmp_path):
    some = three_tissues()
    two = predict.Validation(folds=2, repeats=1, permutations=0)
    own = predict.recipe(deep.SpectrumCNN("mrs", classes=("N", "T", "R"), **QUICK))
    seen = predict.evaluate(own, some, settings=two)
    assert (seen.performance["auc"][:3] > 0.8).all()
    rest = predict.recipe(deep.SpectrumCNN("mrs", **QUICK))
    for recipe, files in ((own, 1), (rest, 3)):
        rule = predict.fit(recipe, some)
        folder = rule.save(tmp_path / str(files))
        assert len(list(folder.glob("*.safetensors"))) == files
        same = predict.load(folder)
        assert np.asarray(same.predict(some)).tobytes() == np.asarray(rule.predict(some)).tobytes()
