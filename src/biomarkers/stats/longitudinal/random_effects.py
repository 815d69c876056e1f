"""The covariance of random intercepts and slopes."""

from collections.abc import Sequence

import numpy as np

from biomarkers.stats.longitudinal.covariance import Floats, Layout, Moments


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
        self._patterns = np.zeros((self._rows.size, len(effects), len(effects)))
        order = np.arange(self._rows.size)
        self._patterns[order, self._rows, self._columns] = 1
        self._patterns[order, self._columns, self._rows] = 1

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters, in order."""
        pairs = zip(self._rows, self._columns, strict=True)
        names = [f"cov({self.effects[a]}, {self.effects[b]})" for a, b in pairs]
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

    def bending(self, free: Floats, gradient: Floats) -> Floats:
        """Return the second derivatives of `natural`, weighed by `gradient`."""
        by_G = np.zeros((len(self.effects), len(self.effects)))
        by_G[self._rows, self._columns] = gradient[: self._rows.size]
        by_G = by_G + by_G.T
        bending = np.zeros((gradient.size, gradient.size))
        same_column = self._columns[:, None] == self._columns[None, :]
        here = np.ix_(self._rows, self._rows)
        bending[: self._rows.size, : self._rows.size] = np.where(same_column, by_G[here], 0)
        bending[self._rows.size, self._rows.size] = 2 * gradient[self._rows.size]
        return bending

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
