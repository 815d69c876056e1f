"""What a model is worth at a site: few numbers, which leave it in place of rows."""

import numpy as np

from biomarkers.predict.cases import Cases
from biomarkers.predict.gathered import STATED
from biomarkers.predict.worth import calibration_intercept, worth
from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.combination.evaluation import brier, calibration_slope
from biomarkers.stats.intervals import newcombe_interval

# The rows and columns of what a site tells.
JUDGED = ("global", "local", "left_out")
FIGURES = ("auc", "low", "high", "slope", "intercept", "brier")


def subjects_by_class(cases: Cases) -> tuple[int, int]:
    """Return the subjects of each class: positives, negatives."""
    whose, truth = cases.subject, cases.positive
    return len(np.unique(whose[truth])), len(np.unique(whose[~truth]))


def figures(scores: Floats, odds: Floats, cases: Cases, held_out: Bools) -> Floats:
    """Return AUC, its limits, calibration slope and intercept, and Brier score.

    Parameters
    ----------
    scores, odds
        Of each case by a model that has not seen it; NaN of all where there is none.
    cases
        Of a site.
    held_out
        Sets × cases: who was held out together. Only pairs held out together are compared; the
        interval is Newcombe's with the numbers of subjects, divided by the ratio of variances that
        `predict.evaluate` states where several models are judged together.

    """
    if np.isnan(scores).any():
        return np.full(len(FIGURES), np.nan)
    truth = cases.positive
    auc = worth(np.broadcast_to(scores, held_out.shape), cases, held_out)
    m, n = np.array(subjects_by_class(cases)) / (STATED if len(held_out) > 1 else 1.0)
    low, high = newcombe_interval(auc, m, n)
    calibration = calibration_slope(odds[None], truth), calibration_intercept(odds, truth)
    return np.array([auc, float(low), float(high), *calibration, brier(odds, truth)])
