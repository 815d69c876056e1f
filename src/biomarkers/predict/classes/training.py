"""One training set of several classes: each against the rest, or all at once where a model can."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import special

from biomarkers.errors import InputError
from biomarkers.predict.cases import Cases
from biomarkers.predict.labelling import subjects_by_class
from biomarkers.predict.models.model import FittedClassModel, classes_of, takes_arrays
from biomarkers.predict.nested import Trained, prepare, reached, train
from biomarkers.predict.recipes import Recipe
from biomarkers.stats.arrays import Bools, Floats


@dataclass(frozen=True, eq=False)
class TrainedClasses:
    """A recipe, fitted to a training set of several classes.

    Parameters
    ----------
    classes
        Their names.
    parts
        One against the rest for each class, all its steps fitted for it; or a single one, whose
        model tells all classes.

    """

    classes: tuple[str, ...]
    parts: tuple[Trained, ...]

    @property
    def is_joint(self) -> bool:
        """Whether a single model tells all classes."""
        return len(self.parts) == 1

    def log_probabilities(self, cases: Cases) -> Floats:
        """Return the log probability of each class, cases × classes.

        Those of one against the rest are divided by their sum over the classes.
        """
        if self.is_joint:
            only = self.parts[0]
            scores = class_scores(only.model, only.prepared(cases), len(self.classes))
        else:
            odds = np.array([part.odds(part.scores(cases)) for part in self.parts])
            scores = -np.logaddexp(0.0, -odds).T
        return np.asarray(scores - special.logsumexp(scores, axis=1, keepdims=True))

    def against(self, place: int) -> Trained:
        """Return what tells one class from the rest."""
        if not self.is_joint:
            return self.parts[place]
        only = self.parts[0]
        return replace(only, model=OneOfAll(only.model, place, len(self.classes)))

    def unseen_sites(self, cases: Cases) -> list[str]:
        """Return the sites of cases that harmonisation knows nothing of."""
        return self.parts[0].unseen_sites(cases)


@dataclass(frozen=True, eq=False)
class OneOfAll:
    """One class of a model that tells all."""

    model: Any
    place: int
    count: int

    def scores_of(self, cases: Cases) -> Floats:
        """Return the log probability of the class."""
        return class_scores(self.model, cases, self.count)[:, self.place]


def class_scores(model: object, cases: Cases, count: int) -> Floats:
    """Return what a model of several classes says of prepared cases; refuse what is no such thing.

    Raises
    ------
    InputError
        If it has no `class_scores`, or these are not finite or not cases × classes.

    """
    name = type(model).__name__
    if not isinstance(model, FittedClassModel):
        raise InputError(f"{name}: names classes, but its fitted form has no class_scores")
    scores = np.asarray(model.class_scores(cases), dtype=float)
    if scores.shape != (len(cases), count) or not np.isfinite(scores).all():
        raise InputError(
            f"{name}: class_scores gave {scores.shape}, {np.isfinite(scores).mean():.0%} finite; "
            f"expected finite log probabilities of {(len(cases), count)}"
        )
    return scores


def train_classes(recipe: Recipe, cases: Cases, inner: Bools, seed: int) -> TrainedClasses:
    """Choose settings in inner folds and fit them to all training cases of several classes.

    Parameters
    ----------
    recipe, inner, seed
        As for `nested.train`.
    cases
        Of the training set.

    Raises
    ------
    InputError
        If a single subject has cases of a class, so that no inner fold could be held out.

    """
    counts = subjects_by_class(cases)
    if min(counts) < 2:
        name = cases.classes[int(np.argmin(counts))]
        raise InputError(
            f"a training set has {min(counts)} subject of class {name}, expected 2 or more; take "
            "more folds, or leave the class out of classes="
        )
    if classes_of(recipe.model):
        return TrainedClasses(cases.classes, (_joint(recipe, cases, inner, seed),))
    parts = [train(recipe, cases.against(k), inner, seed) for k in range(len(cases.classes))]
    return TrainedClasses(cases.classes, tuple(parts))


def _joint(recipe: Recipe, cases: Cases, inner: Bools, seed: int) -> Trained:
    cases = reached(recipe, cases)
    settings = recipe.model.settings()
    best = _best(recipe, cases, inner, seed) if len(settings) > 1 else 0
    prepared = prepare(recipe, cases)
    (model,) = recipe.model.fit(prepared.cases, [settings[best]], seed)
    arrays = recipe.model.arrays if takes_arrays(recipe.model) else ()
    names = (*prepared.cases.names, *arrays)
    return Trained(
        needed=cases.names,
        steps=prepared.steps,
        model=model,
        setting=settings[best],
        names=names,
        slope=1.0,
        intercept=0.0,
        threshold=float("nan"),
        directions=np.full(len(names), np.nan),  # none: a feature may tell one class from another
    )


def _best(recipe: Recipe, cases: Cases, inner: Bools, seed: int) -> int:
    """Return the place of the setting under which those held out in inner folds are likeliest."""
    settings, count = recipe.model.settings(), len(cases.classes)
    likely = np.empty((len(settings), len(cases)))
    for fold in inner:
        prepared = prepare(recipe, cases.take(~fold))
        others = prepared.apply(cases.take(fold))
        for place, model in enumerate(recipe.model.fit(prepared.cases, settings, seed)):
            scores = special.log_softmax(class_scores(model, others, count), axis=1)
            likely[place, fold] = scores[np.arange(len(others)), others.labels]
    return int(np.argmax(likely.mean(axis=1)))
