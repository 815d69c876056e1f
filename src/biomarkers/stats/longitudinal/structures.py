"""Covariance structures over planned visits, by name.

Statsmodels has such structures for GEE only, without a likelihood.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biomarkers.stats.arrays import Floats
from biomarkers.stats.longitudinal import correlations
from biomarkers.stats.longitudinal.covariance import (
    Layout,
    Moments,
    covariance_names,
    symmetric_patterns,
)


@dataclass(frozen=True, eq=False)
class VisitCovariance:
    """A structure over planned visits; a layout is the positions of the visits attended.

    The optimiser works on the logarithms of variances, which may differ by orders of magnitude,
    and on the other parameters themselves: a step that leaves the positive definite matrices has
    no likelihood and is shortened.

    Parameters
    ----------
    parameters
        Their names, in order.
    whole
        From the parameters to the covariance of all visits.
    start
        From a rough covariance of all visits to first parameters, by least squares.
    variances
        How many of the parameters, from the first, are variances to be taken the logarithm of.

    """

    parameters: tuple[str, ...]
    whole: Callable[[Floats], Moments]
    start: Callable[[Floats], Floats]
    variances: int = 0

    def matrix(self, theta: Floats) -> Floats:
        """Return the covariance of all visits."""
        return self.whole(theta).value

    def moments(self, theta: Floats, layouts: Sequence[Layout]) -> list[Moments]:
        """Return the covariance of the visits at each of `layouts`."""
        whole = self.whole(theta)
        return [_at(whole, layout) for layout in layouts]

    def free(self, theta: Floats) -> Floats:
        """Return the optimiser's variables that stand for `theta`."""
        free = theta.copy()
        free[: self.variances] = np.log(theta[: self.variances])
        return free

    def natural(self, free: Floats) -> Floats:
        """Return the parameters."""
        theta = free.copy()
        # Clipped far outside of anything measured: a step too long is shortened, not an error.
        theta[: self.variances] = np.exp(np.clip(free[: self.variances], -300, 300))
        return theta

    def jacobian(self, free: Floats) -> Floats:
        """Return the derivatives of `natural`."""
        return np.diag(self._slope(self.natural(free)))

    def curvature(self, free: Floats, gradient: Floats) -> Floats:
        """Return the second derivatives of `natural`, weighed by `gradient`."""
        curvature = self._slope(self.natural(free)) * gradient
        curvature[self.variances :] = 0
        return np.diag(curvature)

    def _slope(self, theta: Floats) -> Floats:
        return np.where(np.arange(theta.size) < self.variances, theta, 1.0)


def _at(whole: Moments, visits: NDArray[np.intp]) -> Moments:
    rows, columns = visits[:, None], visits[None, :]
    return Moments(
        value=whole.value[rows, columns],
        first=whole.first[:, rows, columns],
        second=None if whole.second is None else whole.second[:, :, rows, columns],
    )


@dataclass(frozen=True, eq=False)
class Structure:
    """A structure before the visits are known.

    Parameters
    ----------
    label
        How a sentence names it.
    build
        From the names of the visits to the structure.

    """

    label: str
    build: Callable[[Sequence[str]], VisitCovariance]


# Sums of fixed patterns: linear in the parameters.


def _linear(names: Sequence[str], patterns: Floats) -> VisitCovariance:
    def whole(theta: Floats) -> Moments:
        return Moments(np.einsum("k,kab->ab", theta, patterns), patterns, None)

    return VisitCovariance(tuple(names), whole, lambda rough: _least_squares(patterns, rough))


def _least_squares(patterns: Floats, matrix: Floats) -> Floats:
    """Return how much of each pattern makes up a matrix."""
    flat = patterns.reshape(len(patterns), -1).T
    return np.asarray(np.linalg.lstsq(flat, matrix.ravel(), rcond=None)[0])


def _unstructured(visits: Sequence[str]) -> VisitCovariance:
    return _linear(covariance_names(visits), symmetric_patterns(len(visits)))


def _compound_symmetry(visits: Sequence[str]) -> VisitCovariance:
    size = len(visits)
    return _linear(["covariance", "residual"], np.stack([np.ones((size, size)), np.eye(size)]))


def _toeplitz(visits: Sequence[str]) -> VisitCovariance:
    steps = np.arange(len(visits))
    patterns = (correlations.lags(len(visits)) == steps[:, None, None]).astype(float)
    return _linear(["variance", *(f"covariance(lag {step})" for step in steps[1:])], patterns)


# Variances and a correlation matrix.

_Correlation = Callable[[Floats, int], Moments]
_Names = Callable[[Sequence[str]], list[str]]


def _correlated(
    correlation: _Correlation, names: _Names, *, own_variances: bool
) -> Callable[[Sequence[str]], VisitCovariance]:
    def build(visits: Sequence[str]) -> VisitCovariance:
        size, own = len(visits), np.eye(len(visits))
        shares, variances = np.ones((1, size, size)), ["variance"]
        if own_variances:
            shares = 0.5 * (own[:, :, None] + own[:, None, :])
            variances = [f"var({visit})" for visit in visits]
        count, own_names = len(variances), names(visits)
        independent = correlation(np.zeros(len(own_names)), size)

        def whole(theta: Floats) -> Moments:
            return _scaled(correlation(theta[count:], size), theta[:count], shares)

        def start(rough: Floats) -> Floats:
            diagonal = np.diagonal(rough)
            apart = rough / np.sqrt(np.outer(diagonal, diagonal)) - independent.value
            first = diagonal if own_variances else [diagonal.mean()]
            return np.concatenate([first, _least_squares(independent.first, apart)])

        return VisitCovariance((*variances, *own_names), whole, start, variances=count)

    return build


def _scaled(inner: Moments, variances: Floats, shares: Floats) -> Moments:
    """Scale a correlation matrix by variances raised to `shares`, (variances, M, M)."""
    # No covariance has such variances: NaN says so to the optimiser.
    variances = np.where(variances > 0, variances, np.nan)
    scale = np.exp(np.einsum("v,vab->ab", np.log(variances), shares))
    by_variance = shares / variances[:, None, None]
    value, by_correlation = scale * inner.value, scale * inner.first
    count = variances.size
    total = count + len(by_correlation)
    second = np.zeros((total, total, *value.shape))
    second[:count, :count] = value * by_variance[:, None] * by_variance[None, :]
    own = np.arange(count)
    second[own, own] -= value * by_variance / variances[:, None, None]
    second[:count, count:] = by_variance[:, None] * by_correlation[None, :]
    second[count:, :count] = np.swapaxes(second[:count, count:], 0, 1)
    if inner.second is not None:
        second[count:, count:] = scale * inner.second
    return Moments(value, np.concatenate([value * by_variance, by_correlation]), second)


def _one(visits: Sequence[str]) -> list[str]:
    return ["correlation"]


def _per_lag(visits: Sequence[str]) -> list[str]:
    return [f"correlation(lag {lag})" for lag in range(1, len(visits))]


def _per_step(visits: Sequence[str]) -> list[str]:
    return [f"correlation({a}, {b})" for a, b in itertools.pairwise(visits)]


# What counts steps between visits, and so takes them to be of one length.
BY_STEPS = ("ar1", "ar1h", "toep", "toeph")

STRUCTURES: Mapping[str, Structure] = {
    "un": Structure("unstructured covariance", _unstructured),
    "toeph": Structure(
        "heterogeneous Toeplitz covariance",
        _correlated(correlations.banded, _per_lag, own_variances=True),
    ),
    "anteh": Structure(
        "heterogeneous antedependence covariance",
        _correlated(correlations.antedependent, _per_step, own_variances=True),
    ),
    "ar1h": Structure(
        "heterogeneous autoregressive covariance",
        _correlated(correlations.autoregressive, _one, own_variances=True),
    ),
    "csh": Structure(
        "heterogeneous compound symmetry",
        _correlated(correlations.uniform, _one, own_variances=True),
    ),
    "toep": Structure("Toeplitz covariance", _toeplitz),
    "ar1": Structure(
        "autoregressive covariance",
        _correlated(correlations.autoregressive, _one, own_variances=False),
    ),
    "cs": Structure("compound symmetry", _compound_symmetry),
}
