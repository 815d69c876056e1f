"""One training set: everything chosen in its inner folds, then fitted to all of it."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import special

from biomarkers.predict.cases import Cases
from biomarkers.predict.models.model import (
    FittedArrayModel,
    FittedModel,
    Linear,
    Model,
    score,
    takes_arrays,
)
from biomarkers.predict.recipes import Recipe
from biomarkers.predict.steps.harmonisation import Harmonised
from biomarkers.predict.steps.step import FittedStep
from biomarkers.predict.worth import best_threshold, log_loss, worth
from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.ridge import ridge_logistic

_NEARLY_NONE = np.array([1e-3])  # of a penalty, where scores separate the classes


@dataclass(frozen=True, eq=False)
class Prepared:
    """The steps before the model, fitted, and the training cases as they leave them."""

    steps: tuple[FittedStep, ...]
    cases: Cases

    def apply(self, cases: Cases) -> Cases:
        """Return other cases as the steps leave them."""
        return apply(self.steps, cases)


def apply(steps: tuple[FittedStep, ...], cases: Cases) -> Cases:
    """Return cases as fitted steps leave them, one after the other."""
    for step in steps:
        cases = step.transform(cases)
    return cases


@dataclass(frozen=True, eq=False)
class Trained:
    """A recipe, fitted to a training set.

    Parameters
    ----------
    needed
        The features that it starts from.
    steps
        Those before the model.
    model
        Fitted under the setting that the inner folds chose.
    setting
        That setting.
    names
        Of the features that reach the model, and of the arrays.
    slope, intercept
        Of log odds on scores.
    threshold
        The log odds at or above which a case is called positive.
    directions
        By feature of `names`: coefficient where the model has one, else the correlation with the
        outcome in the training set; NaN for an array, which has none.

    """

    needed: tuple[str, ...]
    steps: tuple[FittedStep, ...]
    model: FittedModel | FittedArrayModel
    setting: dict[str, Any]
    names: tuple[str, ...]
    slope: float
    intercept: float
    threshold: float
    directions: Floats

    @property
    def reaches(self) -> Bools:
        """Which of `names` the model looks at: with coefficients those that are not 0, else all.

        A direction may be 0 although the model looks, as where two features tell together only.
        """
        if getattr(self.model, "coefficients", None) is None:
            return np.ones(len(self.names), dtype=bool)
        return np.asarray(self.directions != 0)

    def prepared(self, cases: Cases) -> Cases:
        """Return cases as they reach the model."""
        return apply(self.steps, cases.of_names(self.needed))

    def scores(self, cases: Cases) -> Floats:
        """Return the score of each case."""
        return score(self.model, self.prepared(cases))

    def odds(self, scores: Floats) -> Floats:
        """Return log odds of scores."""
        return self.intercept + self.slope * scores

    def unseen_sites(self, cases: Cases) -> list[str]:
        """Return the sites of cases that harmonisation knows nothing of."""
        return [
            site
            for step in self.steps
            if isinstance(step, Harmonised)
            for site in step.unseen(cases.site)
        ]


def prepare(recipe: Recipe, cases: Cases) -> Prepared:
    """Fit the steps before the model, each to what the ones before it leave."""
    fitted = []
    for step in recipe.steps:
        fitted.append(step.fit(cases))
        cases = fitted[-1].transform(cases)
    return Prepared(tuple(fitted), cases)


def reached(recipe: Recipe, cases: Cases) -> Cases:
    """Return cases with the features and arrays that a recipe starts from, and no others."""
    cases, model = cases.of_blocks(recipe.blocks), recipe.model
    if not takes_arrays(model):
        return replace(cases, arrays={})
    arrays = {name: cases.arrays[name] for name in model.arrays}
    return replace(cases.of_names(model.features_of(cases)), arrays=arrays)


def train(recipe: Recipe, cases: Cases, inner: Bools, seed: int) -> Trained:
    """Return a recipe fitted to a training set; as `train_on`."""
    return train_on(recipe, cases, inner, seed)[0]


def train_on(recipe: Recipe, cases: Cases, inner: Bools, seed: int) -> tuple[Trained, Cases]:
    """Choose a setting in inner folds and fit it to all training cases.

    The training cases are given back as they reach the model.

    Parameters
    ----------
    recipe
        Unfitted.
    cases
        Of the training set.
    inner
        Folds × cases: who is held out in turn.
    seed
        Of random models.

    """
    cases = reached(recipe, cases)
    settings = recipe.model.settings()
    needs_inner = not (takes_arrays(recipe.model) and recipe.model.chooses_nothing)
    scores = _held_out(recipe, cases, inner, seed) if needs_inner else None
    best = 0 if scores is None else _best(recipe.model, scores, cases, inner)
    prepared = prepare(recipe, cases)
    (model,) = recipe.model.fit(prepared.cases, [settings[best]], seed)
    chosen = None if scores is None else scores[best]
    slope, intercept, threshold = _decision(recipe.model, chosen, cases)
    if _is_centred(recipe.model, cases):
        intercept -= slope * float(score(model, prepared.cases).mean())
    arrays = recipe.model.arrays if takes_arrays(recipe.model) else ()
    trained = Trained(
        needed=cases.names,
        steps=prepared.steps,
        model=model,
        setting=settings[best],
        names=(*prepared.cases.names, *arrays),
        slope=slope,
        intercept=intercept,
        threshold=threshold,
        directions=np.append(_directions(model, prepared.cases), np.full(len(arrays), np.nan)),
    )
    return trained, prepared.cases


def _held_out(recipe: Recipe, cases: Cases, inner: Bools, seed: int) -> Floats:
    """Return the scores of every setting for the cases held out in inner folds.

    Those that are no log odds, less their mean over the fold's training cases: what is a large
    score hangs on the training set, as the intercept of a support vector machine does.
    """
    settings = recipe.model.settings()
    scores = np.empty((len(settings), len(cases)))
    for fold in inner:
        prepared = prepare(recipe, cases.take(~fold))
        others = prepared.apply(cases.take(fold))
        for place, fitted in enumerate(recipe.model.fit(prepared.cases, settings, seed)):
            scores[place, fold] = score(fitted, others)
            if _is_centred(recipe.model, cases):
                scores[place, fold] -= score(fitted, prepared.cases).mean()
    return scores


def _is_centred(model: Model, cases: Cases) -> bool:
    return not model.probabilistic and cases.time is None


def _decision(model: Model, scores: Floats | None, cases: Cases) -> tuple[float, float, float]:
    """Return slope and intercept of log odds, and the threshold, from scores held out inside."""
    if scores is None:
        return 1.0, 0.0, float(special.logit(cases.positive.mean()))
    slope, intercept = _link(model, scores, cases)
    if cases.time is not None:
        return slope, intercept, float("nan")
    return slope, intercept, best_threshold(intercept + slope * scores, cases.positive)


def _best(model: Model, scores: Floats, cases: Cases, inner: Bools) -> int:
    """Return the place of the best setting; of equals the most cautious."""
    if len(scores) == 1:
        return 0
    if model.probabilistic:
        return int(np.argmin(log_loss(scores, cases.positive)))
    return int(np.nanargmax([worth(row, cases, inner) for row in scores]))


def _link(model: Model, scores: Floats, cases: Cases) -> tuple[float, float]:
    """Return slope and intercept of log odds on scores held out in the inner folds.

    Platt scaling (Platt 1999); never downwards: scores that were worse than none make the
    prevalence of all. Of a Cox model there are no odds.
    """
    if model.probabilistic or cases.time is not None:
        return 1.0, 0.0
    centre, spread = scores.mean(), scores.std() or 1.0
    column = ((scores - centre) / spread)[:, None]
    everyone = np.ones((1, len(cases)))
    intercept, slope = ridge_logistic(column, cases.positive, everyone, _NEARLY_NONE)[0, 0]
    if slope <= 0:
        share = cases.positive.mean()
        return 0.0, float(np.log(share / (1 - share)))
    return float(slope / spread), float(intercept - slope * centre / spread)


def _directions(model: FittedModel | FittedArrayModel, cases: Cases) -> Floats:
    if isinstance(model, Linear):
        return model.coefficients
    coefficients = getattr(model, "coefficients", None)
    if coefficients is not None:
        return np.asarray(coefficients)
    return np.asarray(cases.features.T @ cases.response / len(cases))
