"""How true the probabilities are that a rule gives to subjects it has not seen."""

import numpy as np
from scipy import special

from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.combination.logistic import ridge_logistic
from biomarkers.stats.combination.nested import Nested

_NO_PENALTY = np.array([1e-12])


def held_out_odds(run: Nested) -> Floats:
    """Return the log odds of each subject while it was held out: repeats × subjects."""
    held_out = run.folds.held_out
    repeats = int(held_out[:, 0].sum())
    each = np.where(held_out, run.scores, 0.0)
    return np.asarray(each.reshape(repeats, -1, held_out.shape[1]).sum(axis=1))


def brier(odds: Floats, positive: Bools) -> float:
    """Return the mean squared difference between probability and outcome."""
    return float(np.mean((special.expit(odds) - positive) ** 2))


def calibration_slope(odds: Floats, positive: Bools) -> float:
    """Return the slope of the true on the given log odds, 1 if they are true on average.

    Below 1 they are too extreme (Cox 1958, doi:10.1093/biomet/45.3-4.562). NaN where they
    separate the classes perfectly or do not vary: no slope is the likeliest.

    Parameters
    ----------
    odds
        Repeats × subjects; each repeat counts as part of one data set.
    positive
        The class of each subject.

    """
    spread = float(odds.std())
    upper, lower = odds[:, positive], odds[:, ~positive]
    if spread == 0 or upper.min() >= lower.max() or upper.max() <= lower.min():
        return float("nan")
    every = np.tile(positive, len(odds))
    scaled = (odds.reshape(-1, 1) - odds.mean()) / spread
    fit = ridge_logistic(scaled, every, np.ones((1, len(every))), _NO_PENALTY)
    return float(fit[0, 0, 1]) / spread
