"""Random intercepts and slopes: their covariance, its fit, and each subject's prediction."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from biomarkers.stats.arrays import Floats
from biomarkers.stats.longitudinal.covariance import (
    Layout,
    Moments,
    covariance_names,
    symmetric_patterns,
)
from biomarkers.stats.longitudinal.design import Design
from biomarkers.stats.longitudinal.fit import Fit, NoMaximumError, fit
from biomarkers.stats.longitudinal.likelihood import Block

_ROUNDS = 100


class RandomEffects:
    """V = Z G Z' + σ² D: random effects with covariance G, and independent residuals.

    D is the identity, or diag(|μ|^2δ) where the residual's standard deviation grows as a power
    δ of the expected measurement μ. A layout has the columns of Z and, for the power, log |μ|
    from any origin: σ² is the residual variance there.
    The parameters are the lower triangle of G row by row, σ² (and δ), in which V is linear but
    for δ. The optimiser works on the Cholesky factor of G, σ (and δ): G may become singular but
    never has a negative variance.

    Parameters
    ----------
    effects
        Names of the random effects, Q of them.
    power
        Whether the residual grows with the measurement.

    """

    def __init__(self, effects: Sequence[str], *, power: bool) -> None:
        self.effects = tuple(effects)
        self.power = power
        self._rows, self._columns = np.tril_indices(len(effects))
        self._patterns = symmetric_patterns(len(effects))

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters, in order."""
        names = covariance_names(self.effects)
        return (*names, "residual variance", *(["residual power"] if self.power else []))

    def matrix(self, theta: Floats) -> Floats:
        """Return G, (Q, Q)."""
        return np.asarray(np.einsum("k,kab->ab", theta[: self._rows.size], self._patterns))

    def moments(self, theta: Floats, layouts: Sequence[Layout]) -> list[Moments]:
        """Return the covariance of the measurements laid out as each of `layouts`."""
        G = self.matrix(theta)
        return [self._one(theta, G, layout) for layout in layouts]

    def _one(self, theta: Floats, G: Floats, layout: Floats) -> Moments:
        Z, log_size = np.split(layout, [len(self.effects)], axis=1)
        variance, *delta = theta[self._rows.size :]
        by_effects = Z @ self._patterns @ Z.T
        if not self.power:
            unit = np.eye(len(Z))
            first = np.concatenate([by_effects, unit[None]])
            return Moments(Z @ G @ Z.T + variance * unit, first, None)
        double = 2 * log_size[:, 0]
        shape = np.diag(np.exp(delta[0] * double))
        by_power = shape * double
        first = np.concatenate([by_effects, [shape, variance * by_power]])
        second = np.zeros((len(first), *first.shape))
        second[-1, -1] = variance * by_power * double
        second[-1, -2] = second[-2, -1] = by_power
        return Moments(Z @ G @ Z.T + variance * shape, first, second)

    def natural(self, free: Floats) -> Floats:
        """Return the parameters for the Cholesky factor, σ (and δ)."""
        factor = self._factor(free)
        G = factor @ factor.T
        sigma, *delta = free[self._rows.size :]
        return np.array([*G[self._rows, self._columns], sigma**2, *delta])

    def jacobian(self, free: Floats) -> Floats:
        """Return the derivatives of `natural`."""
        factor = self._factor(free)
        jacobian = np.eye(free.size)
        for k, (row, column) in enumerate(zip(self._rows, self._columns, strict=True)):
            moved = np.zeros_like(factor)
            moved[row] = factor[:, column]
            jacobian[: self._rows.size, k] = (moved + moved.T)[self._rows, self._columns]
        at_sigma = self._rows.size
        jacobian[at_sigma, at_sigma] = 2 * free[at_sigma]
        return jacobian

    def curvature(self, free: Floats, gradient: Floats) -> Floats:
        """Return the second derivatives of `natural`, weighed by `gradient`."""
        by_G = np.zeros((len(self.effects), len(self.effects)))
        by_G[self._rows, self._columns] = gradient[: self._rows.size]
        by_G = by_G + by_G.T
        curvature = np.zeros((gradient.size, gradient.size))
        same_column = self._columns[:, None] == self._columns[None, :]
        here = np.ix_(self._rows, self._rows)
        curvature[: self._rows.size, : self._rows.size] = np.where(same_column, by_G[here], 0)
        curvature[self._rows.size, self._rows.size] = 2 * gradient[self._rows.size]
        return curvature

    def _factor(self, free: Floats) -> Floats:
        factor = np.zeros((len(self.effects), len(self.effects)))
        factor[self._rows, self._columns] = free[: self._rows.size]
        return factor

    def start(self, Z: Floats, variance: float) -> Floats:
        """Return the optimiser's first variables: half of `variance` to the random effects."""
        share = variance / 2 / len(self.effects)
        factor = np.diag(np.sqrt(share / np.mean(Z**2, axis=0)))
        sigma = np.sqrt(variance / 2)
        return np.array([*factor[self._rows, self._columns], sigma, *([0.0] if self.power else [])])


@dataclass(frozen=True, eq=False)
class Subjects:
    """The data of a random-effects model.

    Parameters
    ----------
    design
        Outcome and terms.
    Z
        Design of the random effects, (N, Q).
    rows
        The rows of each subject.

    """

    design: Design
    Z: Floats
    rows: Sequence[NDArray[np.intp]]


def fit_random_effects(subjects: Subjects, model: RandomEffects) -> tuple[Fit, Floats]:
    """Maximise the restricted likelihood; return the fit and each subject's effects, (S, Q).

    Raises
    ------
    NoMaximumError
        If there is no maximum, or the residual's power does not settle.

    """
    plain = RandomEffects(model.effects, power=False)
    design = subjects.design
    beta = np.linalg.lstsq(design.X, design.y, rcond=None)[0]
    start = plain.start(subjects.Z, float(np.mean((design.y - design.X @ beta) ** 2)))
    result = fit(plain, start, _blocks(subjects, subjects.Z), method="reml")
    effects = _predict(subjects, plain, result, subjects.Z)
    return _settle_power(subjects, model, result, effects) if model.power else (result, effects)


def _settle_power(
    subjects: Subjects, model: RandomEffects, result: Fit, effects: Floats
) -> tuple[Fit, Floats]:
    """Alternate between the expected measurements and the fit whose residual they scale."""
    free = np.append(result.free, 0.0)
    for _ in range(_ROUNDS):
        expected = _expected(subjects, result, effects)
        if np.any(expected <= 0):
            raise NoMaximumError("an expected measurement is not positive, so it has no power")
        # Centred, so that σ² is the variance of a typical measurement and hardly tied to δ.
        size = np.log(expected)
        layout = np.column_stack([subjects.Z, size - size.mean()])
        before, result = result, fit(model, free, _blocks(subjects, layout), method="reml")
        free, effects = result.free, _predict(subjects, model, result, layout)
        moved = np.abs(result.state.beta - before.state.beta)
        if np.all(moved <= 1e-6 * np.sqrt(np.diagonal(result.state.unscaled))):
            return result, effects
    raise NoMaximumError(f"the residual's power did not settle in {_ROUNDS} rounds")


def _blocks(subjects: Subjects, layout: Floats) -> list[Block]:
    """Group the subjects whose layouts are the same."""
    alike: dict[bytes, list[NDArray[np.intp]]] = {}
    for own in subjects.rows:
        alike.setdefault(layout[own].tobytes(), []).append(own)
    X, y = subjects.design.X, subjects.design.y
    return [Block(layout[same[0]], X[np.array(same)], y[np.array(same)]) for same in alike.values()]


def _predict(subjects: Subjects, model: RandomEffects, result: Fit, layout: Floats) -> Floats:
    """Return the best linear unbiased prediction of each subject's effects, G Z'V⁻¹(y − Xβ)."""
    theta = result.state.theta
    residual = subjects.design.y - subjects.design.X @ result.state.beta
    moments = model.moments(theta, [layout[own] for own in subjects.rows])
    weighed = [
        subjects.Z[own].T @ np.linalg.solve(one.value, residual[own])
        for own, one in zip(subjects.rows, moments, strict=True)
    ]
    return np.array(weighed) @ model.matrix(theta)


def _expected(subjects: Subjects, result: Fit, effects: Floats) -> Floats:
    expected = subjects.design.X @ result.state.beta
    for own, effect in zip(subjects.rows, effects, strict=True):
        expected[own] += subjects.Z[own] @ effect
    return expected
