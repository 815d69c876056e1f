"""No row of a held-out subject reaches any fit, in any step, outer or inner."""

from collections.abc import Iterator

import numpy as np
import pytest
from predict_cohorts import ONE, QUICK, cohort, lesions, names, table

from biomarkers import predict
from biomarkers.predict.models.logistic import Logistic
from biomarkers.predict.nested import train
from biomarkers.predict.steps.filters import Scale, Univariate, Varying
from biomarkers.predict.steps.harmonisation import Combat
from biomarkers.predict.steps.imputation import Impute
from biomarkers.predict.tasks import Task, do, make_judged

SEEN: list[tuple[str, frozenset[float]]] = []


class Recorder:
    """A transformer that writes down which rows it saw, by their first feature."""

    def fit(self, X, y):
        self.number = len(SEEN)
        SEEN.append(("fit", frozenset(X[:, 0])))
        return self

    def transform(self, X):
        SEEN.append((f"transform {self.number}", frozenset(X[:, 0])))
        return X


@pytest.fixture
def numbered():
    """Two lesions of each of 24 subjects; the first feature is the number of the subject."""
    random = np.random.default_rng(1)
    who = np.repeat(np.arange(24.0), 2)
    values = np.column_stack([who, random.normal(size=(48, 4))])
    rows = table(values, np.repeat(names(24), 2), lesion=np.tile([1, 2], 24))
    people = cohort(random.normal(size=(24, 1)), np.arange(24) % 2)
    facts = {"subject": names(24), "response": people.positive, "site": np.tile(list("AAB"), 8)}
    import pandas as pd  # noqa: PLC0415

    return predict.Cohort.from_tables(rows, pd.DataFrame(facts), outcome="response", site="site")


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    SEEN.clear()
    yield
    SEEN.clear()


@pytest.mark.parametrize("place", ["impute", "harmonise", "stable", "uncorrelated", "select"])
def test_a_planted_transformer_never_sees_a_held_out_subject(numbered, place):
    recipe = predict.recipe("logistic", **{place: Recorder()})
    judged = make_judged(numbered.cases, (recipe,), ONE)
    scaled = place in ("select",)
    for number, held_out in enumerate(judged.outer.held_out):
        SEEN.clear()
        do(Task(judged, "outer", number))
        outside = frozenset(numbered.features["f00"][held_out])
        fits = [rows for what, rows in SEEN if what == "fit"]
        assert len(fits) == 3 + 1  # inner folds, and the whole training set
        for index, (what, rows) in enumerate(SEEN):
            if what != "fit":
                continue
            others = [them for name, them in SEEN if name == f"transform {index}"]
            assert len(others) > 1  # its own rows, then those held out from it
            assert others[0] == rows
            assert not any(rows & them for them in others[1:])
            assert scaled or not rows & outside
        assert len(set(fits)) == 4


def test_every_step_and_the_model_are_fitted_to_training_subjects_only(numbered, monkeypatch):
    fitted: list[tuple[str, frozenset[str]]] = []

    def watched(kind):
        real = kind.fit

        def fit(self, cases, *rest):
            fitted.append((kind.__name__, frozenset(cases.subject)))
            return real(self, cases, *rest)

        monkeypatch.setattr(kind, "fit", fit)

    kinds = (Impute, Combat, Varying, Scale, Univariate, Logistic)
    for kind in kinds:
        watched(kind)
    recipe = predict.recipe("logistic", harmonise="combat", select=predict.Univariate(at_most=2))
    judged = make_judged(numbered.cases, (recipe,), QUICK)
    for kind, number in (("outer", 0), ("site", 0), ("curve", 0), ("chance", 1)):
        fitted.clear()
        held = judged.outer.held_out[0]
        if kind == "site":
            held = numbered.site == "A"
        do(Task(judged, kind, number, "A"))
        assert {name for name, _ in fitted} == {each.__name__ for each in kinds}
        if kind in ("outer", "site"):
            outside = set(numbered.subject[held])
            assert not any(rows & outside for _, rows in fitted)
        assert all(len(rows) < numbered.n_subjects for _, rows in fitted)


def test_values_of_held_out_subjects_change_nothing_that_is_fitted():
    made = lesions().cases
    held_out = made.subject < "s010"
    other = made.with_features(
        np.where(held_out[:, None], 1e6 * made.features, made.features), made.names
    )
    recipe = predict.recipe("logistic", select=predict.Univariate(at_most=3), uncorrelated=0.9)
    inner = make_judged(made, (recipe,), ONE).folds(made.take(~held_out), 1, 0).held_out
    a, b = (train(recipe, each.take(~held_out), inner, 1) for each in (made, other))
    assert a.names == b.names
    assert (a.model.coefficients == b.model.coefficients).all()
    assert (a.threshold, a.slope, a.intercept) == (b.threshold, b.slope, b.intercept)


def test_subjects_are_whole_in_outer_and_inner_folds():
    made = lesions()
    folds = make_judged(made.cases, (predict.recipe("logistic"),), QUICK).outer
    for number, held_out in enumerate(folds.held_out):
        for rows in (held_out, *folds.inner[number]):
            inside = set(made.subject[rows])
            assert not inside & set(made.subject[~held_out & ~rows & ~folds.held_out[number]])


def test_there_is_no_way_to_hand_in_a_fitted_recipe():
    made = lesions(subjects=12)
    rule = predict.fit(predict.recipe("logistic"), made)
    with pytest.raises(ValueError, match=r"expected predict\.recipe"):
        predict.evaluate(rule, made)
