"""Calibration as a picture: probabilities against what came of those who were given them."""

import numpy as np
import pandas as pd
from scipy import special, stats

from biomarkers.predict.cases import Names
from biomarkers.predict.worth import calibration_intercept
from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.combination.evaluation import calibration_slope
from biomarkers.stats.intervals import LEVEL, proportion_interval

COLUMNS = ("cases", "subjects", "predicted", "observed", "observed_low", "observed_high")
_GROUPS, _FEWEST = 10, 10  # at most; cases in a group, below which a share says little


def calibration_curve(probability: Floats, positive: Bools, subject: Names) -> pd.DataFrame:
    """Return the share of positives in groups of cases of like probability.

    Equal probabilities stay in one group. The interval is Wilson's, of as many trials as there are
    subjects: lesions of one subject are not independent.

    Parameters
    ----------
    probability, positive, subject
        Of each case.

    Returns
    -------
    pandas.DataFrame
        `cases, subjects, predicted, observed, observed_low, observed_high`, from the lowest mean
        probability (`predicted`) to the highest.

    """
    number = int(np.clip(len(probability) // _FEWEST, 1, _GROUPS))
    edges = np.unique(np.quantile(probability, np.arange(1, number) / number))
    group = np.searchsorted(edges, probability, side="left")
    rows = []
    for each in np.unique(group):
        here = group == each
        subjects, observed = len(np.unique(subject[here])), float(positive[here].mean())
        low, high = proportion_interval(observed * subjects, subjects, method="wilson")
        rows.append((int(here.sum()), subjects, float(probability[here].mean()), observed,
                     float(low), float(high)))  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def calibration_of(
    odds: Floats, positive: Bools, *, sizes: tuple[float, float]
) -> dict[str, float]:
    """Return slope and intercept of calibration, each with its Wald 95 % limits; NaN if unknown.

    Errors are those of the logistic regression of the outcome on log odds, whose information Σ w
    p (1 − p) counts the cases of a class as its effective number, w = size / cases, and each case
    once over repeats. The intercept is that in the large: with the slope held at 1.

    Parameters
    ----------
    odds
        Repeats × cases.
    positive
        The class of each case.
    sizes
        Effective numbers of positives and negatives, those of the interval of the AUC.

    """
    slope, intercept = calibration_slope(odds, positive), calibration_intercept(odds, positive)
    weights = np.where(positive, sizes[0] / positive.sum(), sizes[1] / (~positive).sum())
    errors = {
        "slope": np.nan,
        "intercept": _information(intercept + odds, odds, weights)[0] ** -0.5,
    }
    if np.isfinite(slope):
        fitted = calibration_intercept(slope * odds, positive) + slope * odds
        first, mixed, second = _information(fitted, odds, weights)
        errors["slope"] = (second - mixed**2 / first) ** -0.5
    told: dict[str, float] = {}
    for name, value in (("slope", slope), ("intercept", intercept)):
        half = stats.norm.ppf((1 + LEVEL) / 2) * errors[name]
        told |= {name: value, f"{name}_low": value - half, f"{name}_high": value + half}
    return told


def _information(fitted: Floats, odds: Floats, weights: Floats) -> tuple[float, float, float]:
    """Return Σ w p (1 − p) xᵏ of fitted log odds for k = 0, 1, 2, mean over repeats; x centred."""
    each = weights * special.expit(fitted) * special.expit(-fitted) / len(odds)
    centred = odds - odds.mean()
    return float(each.sum()), float((each * centred).sum()), float((each * centred**2).sum())
