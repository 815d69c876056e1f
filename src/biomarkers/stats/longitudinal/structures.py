"""Covariance structures over planned visits, by name."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biomarkers.errors import InputError
from biomarkers.stats.longitudinal import correlations
from biomarkers.stats.longitudinal.covariance import Floats, Layout, Moments


class VisitCovariance:
    """A structure over planned visits; a layout is the positions of the visits attended.

    The optimiser works on the logarithms of variances, which may differ by orders of magnitude,
    and on the other parameters themselves: a step that leaves the positive definite matrices has
    no likelihood and is shortened.

    Parameters
    ----------
    names
        Names of the parameters.
    whole
        From the parameters to the covariance of all visits.
    variances
        How many of the parameters, from the first, are variances to be taken the logarithm of.

    """

    def __init__(
        self, names: Sequence[str], whole: Callable[[Floats], Moments], *, variances: int = 0
    ) -> None:
        self._names = tuple(names)
        self._whole = whole
        self._variances = variances

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters, in order."""
        return self._names

    def matrix(self, theta: Floats) -> Floats:
        """Return the covariance of all visits."""
        return self._whole(theta).value

    def moments(self, theta: Floats, layouts: Sequence[Layout]) -> list[Moments]:
        """Return the covariance of the visits at each of `layouts`."""
        whole = self._whole(theta)
        return [_at(whole, layout) for layout in layouts]

    def free(self, theta: Floats) -> Floats:
        """Return the optimiser's variables that stand for `theta`."""
        free = theta.copy()
        free[: self._variances] = np.log(theta[: self._variances])
        return free

    def natural(self, free: Floats) -> Floats:
        """Return the parameters."""
        theta = free.copy()
        # Clipped far outside of anything measured: a step too long is shortened, not an error.
        theta[: self._variances] = np.exp(np.clip(free[: self._variances], -300, 300))
        return theta

    def jacobian(self, free: Floats) -> Floats:
        """Return the derivatives of `natural`."""
        return np.diag(self._slope(self.natural(free)))

    def bending(self, free: Floats, gradient: Floats) -> Floats:
        """Return the second derivatives of `natural`, weighed by `gradient`."""
        bending = self._slope(self.natural(free)) * gradient
        bending[self._variances :] = 0
        return np.diag(bending)

    def _slope(self, theta: Floats) -> Floats:
        return np.where(np.arange(theta.size) < self._variances, theta, 1.0)


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
    start
        From a first guess of the covariance of all visits to the parameters.

    """

    label: str
    build: Callable[[Sequence[str]], VisitCovariance]
    start: Callable[[Floats], Floats]


def structure_of(name: str) -> Structure:
    """Return the structure called `name`.

    Raises
    ------
    InputError
        If there is none of that name.

    """
    if name not in STRUCTURES:
        raise InputError(f"covariance: found {name!r}, expected {' | '.join(STRUCTURES)}")
    return STRUCTURES[name]


# Sums of fixed patterns: linear in the parameters.


def _linear(names: Sequence[str], patterns: Floats) -> VisitCovariance:
    def whole(theta: Floats) -> Moments:
        return Moments(np.einsum("k,kab->ab", theta, patterns), patterns, None)

    return VisitCovariance(names, whole)


def _unstructured(visits: Sequence[str]) -> VisitCovariance:
    rows, columns = np.tril_indices(len(visits))
    patterns = np.zeros((rows.size, len(visits), len(visits)))
    order = np.arange(rows.size)
    patterns[order, rows, columns] = patterns[order, columns, rows] = 1
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    names = [f"cov({visits[a]}, {visits[b]})" for a, b in pairs]
    return _linear(names, patterns)


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


def _equal_variances(correlation: _Correlation, names: _Names) -> Callable[..., VisitCovariance]:
    def build(visits: Sequence[str]) -> VisitCovariance:
        shares = np.ones((1, len(visits), len(visits)))

        def whole(theta: Floats) -> Moments:
            return _scaled(correlation(theta[1:], len(visits)), theta[:1], shares)

        return VisitCovariance(["variance", *names(visits)], whole, variances=1)

    return build


def _own_variances(correlation: _Correlation, names: _Names) -> Callable[..., VisitCovariance]:
    def build(visits: Sequence[str]) -> VisitCovariance:
        size, own = len(visits), np.eye(len(visits))
        shares = 0.5 * (own[:, :, None] + own[:, None, :])

        def whole(theta: Floats) -> Moments:
            return _scaled(correlation(theta[size:], size), theta[:size], shares)

        variances = [f"var({visit})" for visit in visits]
        return VisitCovariance([*variances, *names(visits)], whole, variances=size)

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


# First guesses, from a rough covariance of all visits.


def _mean_of_band(matrix: Floats, lag: int) -> float:
    return float(np.diagonal(matrix, lag).mean())


def _as_correlation(matrix: Floats) -> Floats:
    scale = np.sqrt(np.diagonal(matrix))
    return np.asarray(matrix / scale[:, None] / scale[None, :])


def _mean_apart(matrix: Floats) -> float:
    return float(matrix[np.triu_indices(len(matrix), 1)].mean())


def _bands(matrix: Floats) -> Floats:
    return np.array([_mean_of_band(matrix, lag) for lag in range(1, len(matrix))])


def _neighbours(matrix: Floats) -> Floats:
    return np.diagonal(_as_correlation(matrix), 1)


def _variances_and(correlation: Callable[[Floats], Floats]) -> Callable[[Floats], Floats]:
    return lambda matrix: np.r_[np.diagonal(matrix), correlation(_as_correlation(matrix))]


def _start_compound_symmetry(matrix: Floats) -> Floats:
    common = _mean_apart(matrix)
    return np.array([common, np.diagonal(matrix).mean() - common])


def _one(visits: Sequence[str]) -> list[str]:
    return ["correlation"]


def _per_lag(visits: Sequence[str]) -> list[str]:
    return [f"correlation(lag {lag})" for lag in range(1, len(visits))]


def _per_step(visits: Sequence[str]) -> list[str]:
    return [f"correlation({a}, {b})" for a, b in itertools.pairwise(visits)]


STRUCTURES: Mapping[str, Structure] = {
    "un": Structure(
        "unstructured covariance",
        _unstructured,
        lambda matrix: matrix[np.tril_indices(len(matrix))],
    ),
    "toeph": Structure(
        "heterogeneous Toeplitz covariance",
        _own_variances(correlations.banded, _per_lag),
        _variances_and(_bands),
    ),
    "anteh": Structure(
        "heterogeneous antedependence covariance",
        _own_variances(correlations.antedependent, _per_step),
        _variances_and(_neighbours),
    ),
    "ar1h": Structure(
        "heterogeneous autoregressive covariance",
        _own_variances(correlations.autoregressive, _one),
        _variances_and(lambda matrix: np.array([_mean_of_band(matrix, 1)])),
    ),
    "csh": Structure(
        "heterogeneous compound symmetry",
        _own_variances(correlations.uniform, _one),
        _variances_and(lambda matrix: np.array([_mean_apart(matrix)])),
    ),
    "toep": Structure(
        "Toeplitz covariance",
        _toeplitz,
        lambda matrix: np.r_[np.diagonal(matrix).mean(), _bands(matrix)],
    ),
    "ar1": Structure(
        "autoregressive covariance",
        _equal_variances(correlations.autoregressive, _one),
        lambda matrix: np.array([np.diagonal(matrix).mean(), _neighbours(matrix).mean()]),
    ),
    "cs": Structure("compound symmetry", _compound_symmetry, _start_compound_symmetry),
}
