"""Ridge logistic regression: many training sets and penalties fitted at once.

A training set is a weight per subject, so that all fits share one matrix of markers and every
Newton step is a few matrix products.

Statsmodels fits one penalised model at a time, its `Logit` under the lasso and without weights.
"""

import warnings

import numpy as np
from scipy import special

from biomarkers.errors import ConvergenceWarning
from biomarkers.stats.arrays import Bools, Floats

# From next to none to one under which all that is left of the coefficients is their direction,
# that of the differences between the class means.
PENALTIES = np.geomspace(0.001, 10, 5)

_STEPS = 100
_CHUNK = 2**17  # subjects × fits at a time: keeps the working arrays in cache
_ROUNDING = 1e-13
_RARE = 1e-9  # a share of positives from which to start where there is none
_FAR = 500.0  # log odds beyond which a probability is as good as 0


def ridge_logistic(
    values: Floats,
    positive: Bools,
    weights: Floats,
    penalties: Floats = PENALTIES,
    *,
    tolerance: float = 1e-6,
) -> Floats:
    """Return the intercept and coefficients of every training set under every penalty.

    Minimised is the mean of −log likelihood, plus ½ penalty · Σ (s · coefficient)², with s the
    standard deviation of a marker in the training set: the penalty acts on the standardised
    scale. The intercept is free.

    Parameters
    ----------
    values
        Subjects × markers, without NaN, each with mean 0 and standard deviation 1 or near it.
    positive
        The class of each subject.
    weights
        Sets × subjects: how often each stands in a training set. Both classes do.
    penalties
        Above 0.
    tolerance
        The largest slope of the objective at which one step more is the last.

    Returns
    -------
    array (sets, penalties, 1 + markers)
        On the scale of `values`.

    Warns
    -----
    ConvergenceWarning
        If a minimum is not reached in 100 Newton steps.

    """
    shares = weights / weights.sum(axis=1, keepdims=True)
    ridge = penalties[:, None] * training_scale(values, weights)[:, None] ** 2
    ridge = np.insert(ridge, 0, 0.0, axis=2)
    design = np.column_stack([np.ones(len(values)), values])
    fits = np.empty_like(ridge)
    at_once = max(1, _CHUNK // (len(values) * len(penalties)))
    for first in range(0, len(weights), at_once):
        part = slice(first, first + at_once)
        fits[part] = logistic_minima(
            design, positive, shares[part], ridge[part], tolerance=tolerance
        )
    return fits


def logistic_minima(
    design: Floats, positive: Bools, shares: Floats, ridge: Floats, *, tolerance: float
) -> Floats:
    """Minimise by Newton's method, halving every step that climbs.

    Parameters
    ----------
    design
        Subjects × terms, the intercept first.
    positive
        The class of each subject.
    shares
        Sets × subjects: weights that sum to 1.
    ridge
        Sets × penalties × terms: each adds ½ ridge · coefficient² to the mean of −log likelihood.
    tolerance
        The largest slope of the objective at which one step more is the last.

    Returns
    -------
    array (sets, penalties, terms)

    """
    ridge_of = ridge.reshape(-1, ridge.shape[2])
    shares = np.repeat(shares, ridge.shape[1], axis=0)
    signed = np.where(positive, 1.0, -1.0)[:, None] * design
    products = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
    best, step, trial = np.zeros((3, *ridge_of.shape))
    least = np.full(len(ridge_of), np.inf)
    trial[:, 0] = special.logit(np.clip(shares @ positive, _RARE, 1 - _RARE))
    left = np.arange(len(ridge_of))
    for _ in range(_STEPS):
        weight, penalty = shares[left], ridge_of[left]
        likely = _probability(trial[left] @ signed.T)
        loss = 0.5 * np.sum(penalty * trial[left] ** 2, axis=1)
        loss -= np.einsum("fn,fn->f", weight, np.log(likely))
        falls = loss <= least[left] + _ROUNDING
        step[left[~falls]] /= 2
        better, weight, penalty = left[falls], weight[falls], penalty[falls]
        best[better], least[better] = trial[better], loss[falls]
        likely = likely[falls]
        missed = weight * (1 - likely)
        slope = penalty * best[better] - missed @ signed
        curvature = (missed * likely) @ products
        curvature = curvature.reshape(-1, *2 * design.shape[1:])
        curvature += penalty[:, :, None] * np.eye(design.shape[1])
        step[better] = np.linalg.solve(curvature, slope[..., None])[..., 0]
        trial[left] = best[left] - step[left]
        left = np.setdiff1d(left, better[np.abs(slope).max(axis=1) <= tolerance])
        if not len(left):
            return trial.reshape(ridge.shape)
    warnings.warn(
        f"{len(left)} of {len(ridge_of)} ridge fits stopped short of their minimum",
        ConvergenceWarning,
        stacklevel=3,
    )
    return trial.reshape(ridge.shape)


def _probability(odds: Floats) -> Floats:
    """Return 1/(1 + exp(−odds)), above 0; in place, and faster than scipy's."""
    np.negative(odds, out=odds)
    np.exp(np.minimum(odds, _FAR, out=odds), out=odds)
    odds += 1
    return np.reciprocal(odds, out=odds)


def training_scale(values: Floats, weights: Floats) -> Floats:
    """Return the standard deviation of each marker in each training set.

    1 stands for a marker that does not vary there, which no penalty then lets matter.

    Parameters
    ----------
    values
        Subjects × markers, centred: their mean is near 0.
    weights
        Sets × subjects.

    Returns
    -------
    array (sets, markers)

    """
    shares = weights / weights.sum(axis=1, keepdims=True)
    mean = shares @ values
    variance = shares @ values**2 - mean**2
    flat = variance <= 1e-12 * (shares @ values**2)
    return np.sqrt(np.where(flat, 1.0, variance))
