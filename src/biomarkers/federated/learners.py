"""Models that a site trains: the weights of every set are one flat vector."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import special

from biomarkers.stats.arrays import Bools, Floats

# Bounds of the second derivative of the loss of a case by its score.
CURVATURE = {"logistic": 0.25, "svm": 1.0}


class Learner(Protocol):
    """The cases of a site, and a loss over them."""

    def slopes(self, weights: Floats, rows: Bools) -> tuple[Floats, Floats]:
        """Return loss (sets,) and slope (sets × weights) of the mean over the rows of each set."""
        ...

    def scores(self, weights: Floats) -> Floats:
        """Return the score of every case by the model of every set, sets × cases."""
        ...


@dataclass(frozen=True, eq=False)
class LinearLearner:
    """A linear model with a ridge.

    Minimised is the mean over cases of log(1 + exp(−y f)) (`logistic`), or of ½ max(0, 1 − y f)²
    (`svm`: the squared hinge, whose slope is continuous), with y = ±1 and score f, plus
    ½ penalty · Σ coefficient²; the intercept is free.

    Parameters
    ----------
    design
        Sets × cases × terms, the intercept first.
    sign
        1 for a positive case, −1 for another.
    kind
        `logistic` or `svm`.
    penalty
        Of each set.

    """

    design: Floats
    sign: Floats
    kind: str
    penalty: Floats

    def scores(self, weights: Floats) -> Floats:
        """Return the score of every case by the model of every set, sets × cases."""
        return np.asarray((self.design @ weights[..., None])[..., 0])

    def slopes(self, weights: Floats, rows: Bools) -> tuple[Floats, Floats]:
        """Return loss (sets,) and slope (sets × weights) of the mean over the rows of each set."""
        margin = self.sign * self.scores(weights)
        if self.kind == "logistic":
            loss, by_score = np.logaddexp(0, -margin), -self.sign * special.expit(-margin)
        else:
            lack = np.maximum(1 - margin, 0)
            loss, by_score = lack**2 / 2, -self.sign * lack
        share = rows / np.maximum(rows.sum(axis=1, keepdims=True), 1)
        slope = ((share * by_score)[:, None] @ self.design)[:, 0]
        ridge = self.penalty[:, None] * weights
        ridge[:, 0] = 0.0
        loss = (share * loss).sum(axis=1) + (ridge * weights).sum(axis=1) / 2
        return loss, slope + ridge

    def curvature(self, rows: Bools) -> Floats:
        """Return a bound of the curvature of the loss without its ridge, of each set.

        The largest eigenvalue of the mean of x xᵀ. As that is convex, its mean over sites bounds
        that of all cases.
        """
        share = rows / np.maximum(rows.sum(axis=1, keepdims=True), 1)
        moments = np.swapaxes(self.design * share[..., None], 1, 2) @ self.design
        return np.asarray(CURVATURE[self.kind] * np.linalg.eigvalsh(moments)[:, -1])


def descend(
    learner: Learner, weights: Floats, rows: Bools, *, rate: Floats, steps: int, pull: float
) -> tuple[Floats, Floats]:
    """Return how weights move in some gradient steps, and the loss before the first.

    Parameters
    ----------
    learner
        Of a site.
    weights
        Sets × weights: the common ones.
    rows
        Sets × cases: those in the training set.
    rate
        Length of a step in each set.
    steps
        How many.
    pull
        FedProx: ½ pull · squared distance from the common weights is added to the loss.

    """
    here, before = weights, np.zeros(len(weights))
    for step in range(steps):
        loss, slope = learner.slopes(here, rows)
        before = loss if step == 0 else before
        here = here - rate[:, None] * (slope + pull * (here - weights))
    there = np.asarray(rows.any(axis=1))
    return np.where(there[:, None], here - weights, 0.0), np.where(there, before, 0.0)
