"""Weights that let those still measured stand for those like them who have gone.

The chance to stay from visit to visit is modelled by time and, apart for each class, the last
change measured; a subject measured at a visit counts the inverse of its chance to be still there
(Robins, Rotnitzky & Zhao 1995, doi:10.2307/2291134). Right if, given those, who goes does not
depend on what would have been measured. The last change predicts going; it is never put in for a
value.

Statsmodels' `TreatmentEffect` weights by one chance, not by a product over visits.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import special

from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.ridge import logistic_minima

# Shrinks the coefficients of standardised covariates a little: with a handful who go, the
# likelihood alone may have no maximum.
RIDGE = 0.1
_TOLERANCE = 1e-12
_CERTAIN = 0.999  # chances to go beyond this have no inverse worth using


def inverse_probability_weights(
    changes: Floats, gone: Bools, positive: Bools, counts: Floats
) -> Floats:
    """Return the inverse chance that a subject is not gone at each visit.

    Parameters
    ----------
    changes
        Subjects × visits, NaN where there is none; the change at baseline, 0, is not among them.
    gone
        Subjects × visits; once gone stays gone.
    positive
        The class of each subject.
    counts
        Draws × subjects: how often each subject was drawn.

    Returns
    -------
    array (draws, subjects, visits)
        NaN for a subject that is gone.

    """
    if not gone.any():
        return np.ones((len(counts), *gone.shape))
    subject, visit, design = _person_visits(changes, gone, positive)
    chances = _chances(design, gone[subject, visit], counts[:, subject])
    stays = np.ones((len(counts), *gone.shape))
    stays[:, subject, visit] = 1 - np.minimum(chances, _CERTAIN)
    weights: Floats = 1 / np.cumprod(stays, axis=2)
    weights[:, gone] = np.nan
    return weights


def _person_visits(
    changes: Floats, gone: Bools, positive: Bools
) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """Return a row per subject and visit at which it could go, and its standardised covariates.

    A visit by which nobody has newly gone gives no rows: everyone stayed, for certain.
    """
    before = np.hstack([np.zeros((len(gone), 1), dtype=bool), gone[:, :-1]])
    subject, visit = np.nonzero(~before & (gone & ~before).any(axis=0))
    last = last_known(changes)
    side, time, change = (
        _standard(column)
        for column in (positive[subject].astype(float), visit.astype(float), last[subject, visit])
    )
    # The classes may leave for opposite reasons.
    columns = [np.ones(len(subject)), side, time, change, side * change]
    return subject, visit, np.column_stack(columns)


def last_known(changes: Floats) -> Floats:
    """Return the last finite change before each visit; 0, that of the baseline, if none."""
    finite = pd.DataFrame(np.where(np.isfinite(changes), changes, np.nan))
    return finite.ffill(axis=1).shift(axis=1).fillna(0.0).to_numpy()


def _standard(column: Floats) -> Floats:
    spread = column.std()
    return (column - column.mean()) / spread if spread > 0 else np.zeros_like(column)


def _chances(design: Floats, went: Bools, counts: Floats) -> Floats:
    """Return the fitted chance of each row, draws × rows: a ridge logistic regression each."""
    total = counts.sum(axis=1, keepdims=True)
    # The intercept is as good as free: where nobody goes it has no other maximum.
    penalty = np.array([1e-6] + [RIDGE] * (design.shape[1] - 1)) / total
    fits = logistic_minima(design, went, counts / total, penalty[:, None], tolerance=_TOLERANCE)
    return np.asarray(special.expit(fits[:, 0] @ design.T))
