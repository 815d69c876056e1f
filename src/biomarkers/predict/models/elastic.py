"""The elastic net on any smooth loss: Newton's quadratic, and coordinate descent on it.

Statsmodels' `fit_regularized` moves one coefficient at a time on the loss itself: 2 s for a Cox
model of 40 features, where this takes milliseconds and ends in the same place.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from biomarkers.extras import load_extra
from biomarkers.stats.arrays import Floats

_STEPS, _HALVINGS = 50, 20
_STILL = 1e-6


@dataclass(frozen=True, eq=False)
class Quadratic:
    """A loss at some coefficients, as the square of something: (N, P) and (N,).

    Its curvature there is root' root, its slope root' residual.
    """

    value: float
    root: Floats
    residual: Floats


class Loss(Protocol):
    """A smooth convex loss."""

    def at(self, beta: Floats) -> Quadratic:
        """Return the loss at coefficients."""
        ...


@dataclass(frozen=True)
class Penalty:
    """size · (ratio Σ|b| + ½ (1 − ratio) Σ b²)."""

    size: float
    ratio: float

    def of(self, beta: Floats) -> float:
        """Return the penalty of coefficients."""
        lasso, ridge = np.abs(beta).sum(), (beta**2).sum() / 2
        return float(self.size * (self.ratio * lasso + (1 - self.ratio) * ridge))


def smallest_empty(loss: Loss, count: int, ratio: float) -> float:
    """Return the smallest penalty under which each of so many coefficients is 0."""
    here = loss.at(np.zeros(count))
    return float(np.abs(here.root.T @ here.residual).max() / ratio)


def elastic_net(loss: Loss, penalty: Penalty, start: Floats) -> Floats:
    """Return the coefficients of the least loss plus penalty, from some to start with.

    Each step minimises the quadratic that touches the loss, penalty included, and is halved
    while the sum does not fall (Lee, Sun & Saunders 2014, doi:10.1137/130921428).
    """
    here, beta = loss.at(start), start
    for _ in range(_STEPS):
        target = _of_quadratic(here, penalty, beta)
        move = target - beta
        if np.abs(move).max(initial=0.0) < _STILL:
            break
        before = here.value + penalty.of(beta)
        for halving in range(_HALVINGS):
            trial = beta + 0.5**halving * move
            there = loss.at(trial)
            if there.value + penalty.of(trial) <= before + 1e-12 * abs(before):
                break
        else:
            break
        here, beta = there, trial
    return beta


def _of_quadratic(here: Quadratic, penalty: Penalty, beta: Floats) -> Floats:
    """Minimise ½ |root (b − b₀) + residual|² + penalty, by coordinate descent."""
    enet_path = load_extra("sklearn.linear_model", "the elastic net").enet_path
    config = load_extra("sklearn", "the elastic net").config_context
    size = np.sqrt(len(here.root))  # scikit-learn takes the mean of the squares
    root, target = np.asfortranarray(here.root * size), (here.root @ beta - here.residual) * size
    # What it would choose and compute itself, but without checks that take longer than the work.
    tall = len(root) > root.shape[1]
    gram, products = (root.T @ root, root.T @ target) if tall else (False, None)
    with config(assume_finite=True, skip_parameter_validation=True):
        _, coefficients, _ = enet_path(
            root, target, l1_ratio=penalty.ratio, alphas=[penalty.size], coef_init=beta.copy(),
            precompute=gram, Xy=products, check_input=False, tol=1e-7, max_iter=20_000,
        )  # fmt: skip
    return np.asarray(coefficients[:, 0])
