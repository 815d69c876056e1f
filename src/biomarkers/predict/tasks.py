"""The pieces of a judgement, each done by itself: an outer fold, a permutation, a site left out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

import numpy as np

from biomarkers.blas import one_blas_thread
from biomarkers.predict.cases import Cases
from biomarkers.predict.labelling import permuted_classes
from biomarkers.predict.models.model import (
    FittedArrayModel,
    FittedModel,
    SeveralSeeds,
    score,
)
from biomarkers.predict.nested import Trained, train, train_on
from biomarkers.predict.recipes import Recipe
from biomarkers.predict.settings import Validation
from biomarkers.predict.shapley import shap_values
from biomarkers.predict.splits import folds_of
from biomarkers.predict.steps.stability import TooFewLesionsError
from biomarkers.predict.worth import components, concordance_error, worth
from biomarkers.stats.arrays import Bools, Floats, Whole
from biomarkers.stats.combination.folds import Folds
from biomarkers.stats.combination.sample import FEWEST
from biomarkers.stats.labels import permuted_units
from biomarkers.stats.roc_analysis.auc import delong_variance, obuchowski_variance

Result = dict[str, Any]
# Shares of the training subjects that the learning curve is drawn through.
SHARES = (0.4, 0.6, 0.8)
_SHUFFLES = 2
# First words of the seeds of what is drawn.
SPLITS, PERMUTED, CURVE, SHUFFLED, LEFT_OUT = range(5)


@dataclass(frozen=True, eq=False)
class Judged:
    """What is judged: a cohort, and several recipes on the same folds.

    Parameters
    ----------
    cases
        Of the whole cohort.
    recipes
        The first is the one that is asked about; the others it is compared with.
    settings
        Folds, repeats, permutations, seed.
    order
        Of what has one outcome (`Cases.labelled`) × (1 + permutations): whose each is given.

    """

    cases: Cases
    recipes: tuple[Recipe, ...]
    settings: Validation
    order: Whole

    def folds(self, cases: Cases, repeats: int, *seed: int) -> Folds:
        """Split cases, drawn by a seed."""
        random = np.random.default_rng([self.settings.seed, *seed])
        return folds_of(cases, folds=self.settings.folds, repeats=repeats, random=random)

    @property
    def outer(self) -> Folds:
        """The folds of all repeats."""
        return self.folds(self.cases, self.settings.repeats, SPLITS)

    def permuted(self, number: int) -> Cases:
        """Return the cases with the outcomes of a permutation, from 1."""
        member = self.cases.labelled.member
        first = np.unique(member, return_index=True)[1]
        return self.cases.with_outcome_of(first[self.order[:, number]][member])


def make_judged(cases: Cases, recipes: tuple[Recipe, ...], settings: Validation) -> Judged:
    """Return what is judged, its permutations drawn."""
    many, seed = settings.permutations, settings.seed
    if cases.classes:
        order = permuted_classes(cases, permutations=many, seed=seed)
    else:
        order = permuted_units(cases.units, permutations=many, seed=seed)
    return Judged(cases, recipes, settings, order)


@dataclass(frozen=True, eq=False)
class Task:
    """One piece: what is judged, `kind` and `number` (or the name of a site)."""

    judged: Judged
    kind: str
    number: int
    name: str = ""


def tasks_of(judged: Judged) -> list[Task]:
    """Return every piece of a judgement."""
    sites = np.unique(judged.cases.site).tolist() if judged.cases.has_sites else []
    return [
        *(Task(judged, "outer", number) for number in range(len(judged.outer.held_out))),
        *(Task(judged, "site", number, name) for number, name in enumerate(sites)),
        *(Task(judged, "curve", number) for number in range(len(SHARES))),
        *(Task(judged, "chance", each) for each in range(1, judged.settings.permutations + 1)),
    ]


def by_kind(tasks: Sequence[Task], results: Sequence[Result]) -> dict[str, list[Result]]:
    """Return the results of each kind of piece."""
    return {
        kind: [result for task, result in zip(tasks, results, strict=True) if task.kind == kind]
        for kind in _KINDS
    }


class Fitted(Protocol):
    """A recipe, fitted to a training set."""

    def unseen_sites(self, cases: Cases) -> list[str]:
        """Return the sites of cases that harmonisation knows nothing of."""


T = TypeVar("T", bound=Fitted)


@dataclass(frozen=True)
class Judging(Generic[T]):
    """How a recipe is trained and judged: of two classes or a time, or of several classes.

    Parameters
    ----------
    train
        Fits a recipe to training cases with their inner folds and a seed.
    scores
        Of cases by what was fitted, cases × what a case is given.
    worth
        Of scores, sets × cases × ..., of cases held out together.
    subjects
        How many subjects each class of training cases has.
    drawn
        A share of the subjects of each class.

    """

    train: Callable[[Recipe, Cases, Bools, int], T]
    scores: Callable[[T, Cases], Floats]
    worth: Callable[[Floats, Cases, Bools], float]
    subjects: Callable[[Cases], Sequence[int]]
    drawn: Callable[[Cases, float, np.random.Generator], Cases]

    def one_repeat(self, judged: Judged, cases: Cases, folds: Folds) -> Floats:
        """Return the scores of all recipes: recipes × sets × cases × ..., 0 where not held out."""
        scores = _no_scores(cases, len(judged.recipes), *folds.held_out.shape)
        for number, held_out in enumerate(folds.held_out):
            training, others = cases.take(~held_out), cases.take(held_out)
            inner = folds.inner[number][:, ~held_out]
            for place, recipe in enumerate(judged.recipes):
                trained = self.train(recipe, training, inner, judged.settings.seed)
                scores[place, number, held_out] = self.scores(trained, others)
        return scores

    def site(self, judged: Judged, number: int, name: str) -> Result:
        """Train on all other sites, and score the one left out."""
        here = judged.cases.site == name
        training, others = judged.cases.take(~here), judged.cases.take(here)
        nothing = np.full_like(_no_scores(others, len(others)), np.nan)
        unknown = {"scores": nothing, "unseen": np.array([], dtype=str)}
        if min(self.subjects(training)) < FEWEST:
            return unknown
        inner = judged.folds(training, 1, LEFT_OUT, number).held_out
        try:
            trained = self.train(judged.recipes[0], training, inner, judged.settings.seed)
        except TooFewLesionsError:
            return unknown | {"undone": f"without site {name}"}
        unseen = np.array(trained.unseen_sites(others), dtype=str)
        return {"scores": self.scores(trained, others), "unseen": unseen}

    def curve(self, judged: Judged, number: int, _: str) -> Result:
        """Judge the recipe in the first repeat, made of a share of each training set's subjects."""
        share, cases = SHARES[number], judged.cases
        held_out = judged.folds(cases, 1, SPLITS).held_out
        random = np.random.default_rng([judged.settings.seed, CURVE, number])
        scores, sizes = _no_scores(cases, *held_out.shape), []
        for place, rows in enumerate(held_out):
            training = self.drawn(cases.take(~rows), share, random)
            sizes.append(len(np.unique(training.subject)))
            inner = judged.folds(training, 1, CURVE, number, place).held_out
            try:
                trained = self.train(judged.recipes[0], training, inner, judged.settings.seed)
            except TooFewLesionsError:
                undone = f"of {share:.0%} of the training subjects"
                return {"subjects": float(np.mean(sizes)), "worth": np.nan, "undone": undone}
            scores[place, rows] = self.scores(trained, cases.take(rows))
        return {"subjects": float(np.mean(sizes)), "worth": self.worth(scores, cases, held_out)}


def _no_scores(cases: Cases, *shape: int) -> Floats:
    """Return zeros; of several classes a last axis of these."""
    return np.zeros((*shape, len(cases.classes)) if cases.classes else shape)


def do(task: Task) -> Result:
    """Do a piece on one thread; the work of a process."""
    with one_blas_thread():
        return _KINDS[task.kind](task.judged, task.number, task.name)


def _outer(judged: Judged, number: int, _: str) -> Result:
    """Train on one outer training set, and score those held out."""
    folds, cases = judged.outer, judged.cases
    held_out = folds.held_out[number]
    training, others = cases.take(~held_out), cases.take(held_out)
    inner = folds.inner[number][:, ~held_out]
    seed, (recipe, *baselines) = judged.settings.seed, judged.recipes
    first, reached = train_on(recipe, training, inner, seed)
    trained = [first, *(train(each, training, inner, seed) for each in baselines)]
    scores = np.array([each.scores(others) for each in trained])
    random = np.random.default_rng([judged.settings.seed, SHUFFLED, number])
    return {
        "scores": scores,
        "odds": np.array([each.odds(row) for each, row in zip(trained, scores, strict=True)]),
        "called": np.array(
            [each.odds(row) >= each.threshold for each, row in zip(trained, scores, strict=True)]
        ),
        "prevalence": float(training.positive.mean()),
        "names": np.array(first.names, dtype=str),
        "directions": first.directions,
        "reaches": first.reaches,
        "importance": importance(first, others, random),
        "shap": mean_shap(first, others, reached),
        "unseen": np.array(first.unseen_sites(others), dtype=str),
        "spread": _spread(first, others),
    }


def _spread(trained: Trained, others: Cases) -> Floats:
    """Return the scores by each of several seeds: seeds × held out; none where there is one."""
    if not isinstance(trained.model, SeveralSeeds):
        return np.empty((0, len(others)))
    return trained.model.spread_of(trained.prepared(others))


def importance(trained: Trained, others: Cases, random: np.random.Generator) -> Floats:
    """Return how much of its worth the model loses where one of `names` is shuffled among others.

    A feature that does not reach the model loses nothing.
    """
    prepared = trained.prepared(others)
    everyone = np.ones((1, len(others)), dtype=bool)
    whole = worth(score(trained.model, prepared)[None], others, everyone)
    lost = np.zeros(len(trained.names))
    places = np.flatnonzero(trained.reaches)
    if not len(places) or np.isnan(whole):
        return lost
    if isinstance(trained.model, FittedArrayModel):
        scores = _scores_shuffled(trained, prepared, places, random)
    else:
        scores = _scores_of_copies(trained.model, prepared, places, random)
    shuffled = np.array([worth(row[None], others, everyone) for row in scores])
    lost[places] = whole - shuffled.reshape(len(places), _SHUFFLES).mean(axis=1)
    return lost


def _scores_of_copies(
    model: FittedModel, prepared: Cases, places: Whole, random: np.random.Generator
) -> Floats:
    """Return scores, one feature shuffled: all copies are scored at once."""
    values = prepared.features
    count, width = values.shape
    copies = np.repeat(values[None], len(places) * _SHUFFLES, axis=0)
    for copy, place in enumerate(np.repeat(places, _SHUFFLES)):
        copies[copy, :, place] = random.permutation(values[:, place])
    return model.scores(copies.reshape(-1, width)).reshape(len(copies), count)


def _scores_shuffled(
    trained: Trained, prepared: Cases, places: Whole, random: np.random.Generator
) -> Floats:
    """Return scores, one feature or array shuffled, copy by copy: arrays may be large."""
    rows = []
    for place in np.repeat(places, _SHUFFLES):
        order = random.permutation(len(prepared))
        name = trained.names[place]
        if place < len(prepared.names):
            features = prepared.features.copy()
            features[:, place] = features[order, place]
            shuffled = replace(prepared, features=features)
        else:
            arrays = {**prepared.arrays, name: prepared.arrays[name][order]}
            shuffled = replace(prepared, arrays=arrays)
        rows.append(score(trained.model, shuffled))
    return np.array(rows)


def mean_shap(trained: Trained, others: Cases, reached: Cases) -> Floats:
    """Return the mean |SHAP value| in log odds of each of `names` among others; NaN with arrays.

    Of boosted trees in their own, before calibration. `reached` are the training cases as they
    reach the model.
    """
    if isinstance(trained.model, FittedArrayModel):
        return np.full(len(trained.names), np.nan)
    values = trained.prepared(others).features
    parts = shap_values(trained.model, values, reached.features, slope=trained.slope)
    return np.asarray(np.abs(parts).mean(axis=0))


def _chance(judged: Judged, number: int, _: str) -> Result:
    """Judge every recipe on permuted outcomes, in one repeat, its folds drawn anew."""
    cases = judged.permuted(number)
    folds = judged.folds(cases, 1, PERMUTED, number)
    scores = _JUDGING.one_repeat(judged, cases, folds)
    held_out = folds.held_out
    result = {"worth": np.array([worth(each, cases, held_out) for each in scores])}
    if cases.time is not None:
        return result | {
            "variance": np.array([concordance_error(each, cases, held_out) ** 2 for each in scores])
        }
    parts = [components(each, cases.positive, held_out) for each in scores]
    paired = [[paired_variance(one - other, cases) for other in parts] for one in parts]
    return result | {"paired": np.array(paired)}


def paired_variance(differences: Floats, cases: Cases) -> float:
    """Return the variance of a difference of two AUCs from the differences of their components.

    DeLong's for paired areas; Obuchowski's where subjects have several cases.
    """
    known = ~np.isnan(differences)
    member = cases.units.member
    rows = known & cases.positive, known & ~cases.positive
    parts = differences[rows[0]], differences[rows[1]]
    if cases.units.are_clusters:
        return obuchowski_variance(parts, (member[rows[0]], member[rows[1]]))
    return delong_variance(*parts)


def _subjects(cases: Cases) -> list[int]:
    return [len(np.unique(cases.subject[cases.positive == kind])) for kind in (True, False)]


def _drawn(cases: Cases, share: float, random: np.random.Generator) -> Cases:
    """Draw a share of the subjects of each class, at least 3."""
    chosen: list[str] = []
    for kind in (True, False):
        subjects = np.unique(cases.subject[cases.positive == kind])
        count = max(FEWEST, round(share * len(subjects)))
        chosen += random.permutation(subjects)[:count].tolist()
    return cases.take(np.isin(cases.subject, chosen))


_JUDGING = Judging(train, Trained.scores, worth, _subjects, _drawn)
_KINDS = {"outer": _outer, "chance": _chance, "site": _JUDGING.site, "curve": _JUDGING.curve}
