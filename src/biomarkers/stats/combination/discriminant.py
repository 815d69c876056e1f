"""Ridge discriminant analysis: Fisher's rule with a covariance shrunk towards independence.

Neither scipy nor statsmodels has it.
"""

import numpy as np
from scipy import special

from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.ridge import training_scale

# From next to none to 1, under which every marker weighs as its difference between the classes.
SHRINKAGES = np.array([0.01, 0.1, 0.3, 0.6, 1.0])


def ridge_lda(
    values: Floats, positive: Bools, weights: Floats, penalties: Floats = SHRINKAGES
) -> Floats:
    """Return the intercept and coefficients of every training set under every shrinkage.

    The markers are standardised in the training set; their covariance within the classes, C,
    becomes (1 − penalty) C + penalty · (mean variance) I (Friedman 1989,
    doi:10.1080/01621459.1989.10478752). The rule is the log odds of the normal model, at the
    prevalence of the training set.

    Parameters
    ----------
    values
        Subjects × markers, without NaN, each with mean 0 and standard deviation 1 or near it.
    positive
        The class of each subject.
    weights
        Sets × subjects: how often each stands in a training set. Both classes do.
    penalties
        Above 0, at most 1.

    Returns
    -------
    array (sets, penalties, 1 + markers)
        On the scale of `values`.

    """
    scale = training_scale(values, weights)
    counts = weights @ np.column_stack([positive, ~positive])
    upper, lower = (
        (weights[:, rows] @ values[rows]) / counts[:, [kind]]
        for kind, rows in enumerate((positive, ~positive))
    )
    within = _within(values, positive, weights, (upper, lower), counts)
    within /= scale[:, :, None] * scale[:, None, :]
    spread, axes = np.linalg.eigh(within)
    spread = np.maximum(spread, 0.0)
    mean = spread.mean(axis=1)[:, None, None]
    # No marker varies within the classes: any positive number stands for the variance.
    mean = np.where(mean > 0, mean, 1.0)
    shrunk = (1 - penalties[:, None]) * spread[:, None] + penalties[:, None] * mean
    along = np.einsum("smk,sm->sk", axes, (upper - lower) / scale)
    slopes = np.einsum("smk,spk->spm", axes, along[:, None] / shrunk) / scale[:, None]
    middle = np.einsum("spm,sm->sp", slopes, (upper + lower) / 2)
    prevalence = special.logit(counts[:, 0] / counts.sum(axis=1))
    return np.concatenate([(prevalence[:, None] - middle)[..., None], slopes], axis=2)


def _within(
    values: Floats,
    positive: Bools,
    weights: Floats,
    means: tuple[Floats, Floats],
    counts: Floats,
) -> Floats:
    """Return the pooled covariance within the classes, sets × markers × markers."""
    markers = values.shape[1]
    products = (values[:, :, None] * values[:, None, :]).reshape(len(values), -1)
    total = (weights @ products).reshape(-1, markers, markers)
    for kind, mean in enumerate(means):
        total -= counts[:, kind, None, None] * mean[:, :, None] * mean[:, None, :]
    freedom = np.maximum(counts.sum(axis=1) - 2, 1.0)
    return np.asarray(total / freedom[:, None, None])
