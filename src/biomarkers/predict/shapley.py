"""SHAP values: what each feature adds to the log odds of a case, against training cases.

Interventional (features are taken as independent): over all orders in which the features of a case
replace those of a training case, the mean change of the score as one of them does. They sum to the
score minus its mean over training cases (Lundberg & Lee 2017, arXiv:1705.07874). Exact for every
model here: in closed form for linear ones, as an integral for a radial kernel, and over the leaves
of trees by the package `shap` (Lundberg et al. 2020, doi:10.1038/s42256-019-0138-9). Of trees that
is exact for what they sum up: of a forest its probability, of boosted trees their own log odds (the
margin, before these are calibrated), and not the probability, which is no sum of theirs.
"""

from typing import Any

import numpy as np
from scipy import special

from biomarkers.compiling import compiled
from biomarkers.extras import has_extra, load_extra
from biomarkers.predict.models.kernel import SupportVectors
from biomarkers.predict.models.trees import Estimator
from biomarkers.stats.arrays import Floats

# Training cases that a model is compared with where the work grows with their number.
_BACKGROUND = 25
# Of Gauss and Legendre: exact up to 16 features; the error is below 1e-6 of the score beyond.
_NODES = 8
_ROUNDING = 1e-4  # of probabilities: XGBoost's are of single precision
_SMALLEST = 1e-300


def shap_values(model: Any, values: Floats, training: Floats, *, slope: float = 1.0) -> Floats:
    """Return the SHAP values of log odds: cases × features; NaN where nothing computes them.

    Parameters
    ----------
    model
        Fitted; what is none of linear, radial kernel or trees gives NaN, as do trees without the
        extra `shap`.
    values
        Cases × features, as they reach the model.
    training
        Training cases × features, alike; all for a linear model, else at most 25 of them.
    slope
        Of log odds on scores. That of boosted trees is not used: what is told is their own log
        odds.

    """
    coefficients = getattr(model, "coefficients", None)
    if coefficients is not None:
        return np.asarray(slope * coefficients * (values - training.mean(axis=0)))
    rows = np.linspace(0, len(training) - 1, min(len(training), _BACKGROUND)).round().astype(int)
    if isinstance(model, SupportVectors):
        return slope * _of_kernel(model, values, training[rows])
    if isinstance(model, Estimator) and has_extra("shap"):
        return _of_trees(model, values, training[rows], slope)
    return np.full(values.shape, np.nan)


def _of_trees(model: Estimator, values: Floats, background: Floats, slope: float) -> Floats:
    """Return what the package says of what trees sum up; NaN if it knows no such trees."""
    shap = load_extra("shap", "a SHAP value of trees")
    nothing = np.full(values.shape, np.nan)
    try:
        explainer = shap.TreeExplainer(
            model.estimator, background, feature_perturbation="interventional", model_output="raw"
        )
        parts = np.asarray(explainer.shap_values(values, check_additivity=False), dtype=float)
        mean = float(np.ravel(explainer.expected_value)[-1])
    except Exception:  # any error of any estimator that is not made of its trees
        return nothing
    parts = parts[..., -1] if parts.ndim == 3 else parts
    if parts.shape != values.shape:
        return nothing
    scores, sums = model.scores(values), mean + parts.sum(axis=1)
    if np.abs(sums - scores).max() <= _ROUNDING:
        return slope * parts
    return parts if np.abs(special.expit(sums) - scores).max() <= _ROUNDING else nothing


def _of_kernel(model: SupportVectors, values: Floats, background: Floats) -> Floats:
    nodes, shares = np.polynomial.legendre.leggauss(_NODES)
    return _products(
        values, background, model.vectors, model.weights / len(background),
        model.width / values.shape[1], (nodes + 1) / 2, shares / 2,
    )  # fmt: skip


@compiled
def _products(
    values: Floats, background: Floats, vectors: Floats, weights: Floats, width: float,
    nodes: Floats, shares: Floats,
) -> Floats:  # fmt: skip
    """Sum the SHAP values of products of one factor a feature, over vectors and background.

    With the factors a of a case and b of a training case, those of a and b mixed by a set S have
    the product Π_S a · Π_else b. Its Shapley value for feature j is
    (a_j − b_j) ∫₀¹ Π_{l ≠ j} (b_l + t (a_l − b_l)) dt.
    """
    count, features = values.shape
    result = np.zeros((count, features))
    a, factors = np.empty(features), np.empty(features)
    b = np.empty(background.shape)
    for vector in range(len(vectors)):
        b[:] = np.exp(-width * (background - vectors[vector]) ** 2)
        for case in range(count):
            a[:] = np.exp(-width * (values[case] - vectors[vector]) ** 2)
            for other in range(len(b)):
                for node in range(len(nodes)):
                    product = weights[vector] * shares[node]
                    for j in range(features):
                        factors[j] = b[other, j] + nodes[node] * (a[j] - b[other, j])
                        product *= factors[j]
                    for j in range(features):
                        mixed = product / max(factors[j], _SMALLEST)
                        result[case, j] += (a[j] - b[other, j]) * mixed
    return result
