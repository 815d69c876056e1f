"""Calibration as a picture: probabilities against what came of those who were given them."""

import numpy as np
import pandas as pd

from biomarkers.predict.cases import Names
from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.intervals import proportion_interval

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
