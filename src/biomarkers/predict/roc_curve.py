"""The ROC curve of scores held out, whose area is the AUC that is told."""

import numpy as np
import pandas as pd

from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.intervals import proportion_interval
from biomarkers.stats.roc_analysis.curves import observed_curve

COLUMNS = ("false_positive_rate", "sensitivity", "sensitivity_low", "sensitivity_high")
_MOST_RATES = 201  # of a curve that is kept


def roc_table(
    scores: Floats, positive: Bools, held_out: Bools, *, sizes: tuple[float, float]
) -> pd.DataFrame:
    """Return the mean ROC curve of cases held out together, with its pointwise 95 % band.

    Parameters
    ----------
    scores, held_out
        Sets × cases.
    positive
        The class of each case.
    sizes
        Effective numbers of positives and negatives, those of the interval of the AUC.

    Returns
    -------
    pandas.DataFrame
        `false_positive_rate, sensitivity` and its limits, from (0, 0) to (1, 1); a rate stands
        twice where the curve rises straight up. Empty without a set of both classes.

    """
    rates, heights = mean_curve(scores, positive, held_out)
    band = _band(rates, heights, sizes) if len(rates) else (rates, rates)
    columns = (rates, heights, *band)
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)))


def mean_curve(scores: Floats, positive: Bools, held_out: Bools) -> tuple[Floats, Floats]:
    """Return false positive rates, ascending, and the mean sensitivity of all sets at them.

    A set counts as it does in the AUC, by its pairs, so the area under the curve is the AUC:
    exactly up to 201 distinct rates, above which it runs straight between 201 even ones. Scores
    of different models are not compared (vertical averaging, Fawcett 2006,
    doi:10.1016/j.patrec.2005.10.010).
    """
    curves, pairs = [], []
    for row, rows in zip(scores, held_out, strict=True):
        mine, others = row[rows & positive], row[rows & ~positive]
        if len(mine) and len(others):
            curve = observed_curve(mine, others)
            curves.append((1 - curve.specificity[::-1], curve.sensitivity[::-1]))
            pairs.append(len(mine) * len(others))
    if not curves:
        return np.empty(0), np.empty(0)
    rates = np.unique(np.concatenate([rates for rates, _ in curves]))
    if len(rates) > _MOST_RATES:
        rates = np.linspace(0, 1, _MOST_RATES)
    ends = np.array([_ends(*curve, rates) for curve in curves])  # sets × 2 × rates
    low, high = np.average(ends, axis=0, weights=pairs)
    points = np.stack([np.repeat(rates, 2), np.stack([low, high], axis=1).ravel()])
    rises = np.append(True, np.any(np.diff(points, axis=1) != 0, axis=0))
    return points[0, rises], points[1, rises]


def _ends(rates: Floats, heights: Floats, at: Floats) -> tuple[Floats, Floats]:
    """Return the lower and upper end of a curve at rates; they differ where it rises straight up.

    Between its points it runs straight, as it does through ties.
    """
    first = np.searchsorted(rates, at, side="left")
    last = np.searchsorted(rates, at, side="right") - 1
    width = rates[first] - rates[last]
    share = np.divide(at - rates[last], width, out=np.zeros_like(at), where=first > last)
    between = heights[last] + share * (heights[first] - heights[last])
    is_point = first <= last
    return np.where(is_point, heights[first], between), np.where(is_point, heights[last], between)


def _band(rates: Floats, heights: Floats, sizes: tuple[float, float]) -> tuple[Floats, Floats]:
    """Return pointwise limits of sensitivity at false positive rates.

    Sensitivity S at a rate f is as uncertain as a share of m positives, and as the threshold of f
    is among n negatives. With Wilson's limits l, u of S and f₁, f₂ of f, whose distances are put
    together (MOVER, Zou & Donner 2008, doi:10.1002/sim.3095):
    S − √((S − l)² + (S − S(f₁))²) and S + √((u − S)² + (S(f₂) − S)²).
    """
    m, n = sizes
    low, high = proportion_interval(heights * m, m, method="wilson")
    first, second = proportion_interval(rates * n, n, method="wilson")
    before, after = _ends(rates, heights, first)[0], _ends(rates, heights, second)[1]
    below = np.hypot(heights - low, heights - np.minimum(before, heights))
    above = np.hypot(high - heights, np.maximum(after, heights) - heights)
    return np.maximum(heights - below, 0), np.minimum(heights + above, 1)
