"""Standard errors and degrees of freedom of combinations of the coefficients.

Neither scipy nor statsmodels has Kenward and Roger's or Satterthwaite's degrees of freedom.

References
----------
Kenward and Roger, Biometrics 1997;53:983. Harville and Jeske, J Am Stat Assoc 1992;87:724 (the
first-order adjustment). Fai and Cornelius, J Stat Comput Simul 1996;54:363 (Satterthwaite for
several combinations at once).

"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from biomarkers.stats.arrays import Floats
from biomarkers.stats.longitudinal.likelihood import Slopes, State


@dataclass(frozen=True)
class FTest:
    """A scaled Wald statistic and the F distribution it is compared with."""

    statistic: float
    df_numerator: int
    df_denominator: float


class Inference(Protocol):
    """The uncertainty of estimated coefficients."""

    @property
    def covariance(self) -> Floats:
        """Covariance matrix of the coefficients, (P, P)."""

    def df(self, combination: Floats) -> float:
        """Return the degrees of freedom of one combination, (P,)."""

    def f_test(self, combinations: Floats, beta: Floats) -> FTest:
        """Test that linearly independent combinations, (C, P), are all zero."""


@dataclass(frozen=True, eq=False)
class FixedDf:
    """The same degrees of freedom for every combination; infinite: the normal distribution."""

    covariance: Floats
    degrees: float

    def df(self, combination: Floats) -> float:
        """Return the degrees of freedom."""
        return self.degrees

    def f_test(self, combinations: Floats, beta: Floats) -> FTest:
        """Test that linearly independent combinations, (C, P), are all zero."""
        wald = _wald(combinations, beta, self.covariance)
        return FTest(wald, len(combinations), self.degrees)


@dataclass(frozen=True, eq=False)
class Satterthwaite:
    """Degrees of freedom by matching the variance of an estimated variance.

    Parameters
    ----------
    covariance
        (X'V⁻¹X)⁻¹ = Φ, (P, P).
    P
        Minus the derivative of Φ⁻¹, (K, P, P).
    uncertainty
        Covariance of the covariance parameters, (K, K).

    """

    covariance: Floats
    P: Floats
    uncertainty: Floats

    def df(self, combination: Floats) -> float:
        """Return the degrees of freedom of one combination, (P,)."""
        spread = self.covariance @ combination
        gradient = np.einsum("a,kab,b->k", spread, self.P, spread)
        variance = float(combination @ spread)
        return float(2 * variance**2 / (gradient @ self.uncertainty @ gradient))

    def f_test(self, combinations: Floats, beta: Floats) -> FTest:
        """Test that linearly independent combinations, (C, P), are all zero."""
        count = len(combinations)
        values, vectors = np.linalg.eigh(combinations @ self.covariance @ combinations.T)
        rotated = vectors.T @ combinations
        statistic = float(np.sum((rotated @ beta) ** 2 / values)) / count
        each = [self.df(one) for one in rotated]
        expected = sum(df / (df - 2) for df in each if df > 2)
        if count == 1:
            return FTest(statistic, 1, each[0])
        df = 2 * expected / (expected - count) if expected > count else 2.0
        return FTest(statistic, count, df)


@dataclass(frozen=True, eq=False)
class KenwardRoger:
    """The covariance adjusted for that of the covariance parameters, and degrees of freedom.

    Parameters
    ----------
    covariance
        Adjusted covariance of the coefficients, (P, P).
    unadjusted
        What it was before.

    """

    covariance: Floats
    unadjusted: Satterthwaite

    def df(self, combination: Floats) -> float:
        """Return the degrees of freedom of one combination: those of Satterthwaite."""
        return self.unadjusted.df(combination)

    def f_test(self, combinations: Floats, beta: Floats) -> FTest:
        """Test that linearly independent combinations, (C, P), are all zero."""
        count = len(combinations)
        wald = _wald(combinations, beta, self.covariance)
        if count == 1:
            return FTest(wald, 1, self.df(combinations[0]))
        scale, df = self._matched_moments(combinations)
        return FTest(scale * wald, count, df)

    def _matched_moments(self, combinations: Floats) -> tuple[float, float]:
        """Return λ and m of Kenward and Roger, in their symbols."""
        L, phi, W = combinations.T, self.unadjusted.covariance, self.unadjusted.uncertainty
        theta = L @ np.linalg.solve(L.T @ phi @ L, L.T)
        parts = theta @ phi @ self.unadjusted.P @ phi
        traces = np.einsum("kaa->k", parts)
        A1 = float(traces @ W @ traces)
        A2 = float(np.einsum("hk,hab,kba->", W, parts, parts, optimize=True))
        el = len(combinations)
        B = (A1 + 6 * A2) / (2 * el)
        g = ((el + 1) * A1 - (el + 4) * A2) / ((el + 2) * A2)
        below = 3 * el + 2 * (1 - g)
        c1, c2, c3 = g / below, (el - g) / below, (el + 2 - g) / below
        mean = 1 / (1 - A2 / el)
        variance = (2 / el) * (1 + c1 * B) / ((1 - c2 * B) ** 2 * (1 - c3 * B))
        rho = variance / (2 * mean**2)
        df = 4 + (el + 2) / (el * rho - 1)
        return df / (mean * (df - 2)), df


def kenward_roger(
    state: State, slopes: Slopes, uncertainty: Floats, *, second_order: bool
) -> KenwardRoger:
    """Return Kenward and Roger's uncertainty.

    Parameters
    ----------
    state, slopes
        The likelihood at its maximum and its derivatives.
    uncertainty
        Covariance of the covariance parameters, (K, K).
    second_order
        Use the second derivatives of the covariance (their R); without them the adjustment is
        that of Prasad and Rao.

    """
    phi = state.unscaled
    inner = -np.einsum("hk,hab,bc,kcd->ad", uncertainty, slopes.P, phi, slopes.P, optimize=True)
    for one in state.blocks:
        first, second = one.moments.first, one.moments.second
        middle = np.einsum(
            "hk,hab,bc,kcd->ad", uncertainty, first, one.inverse, first, optimize=True
        )
        if second_order and second is not None:
            middle -= 0.25 * np.einsum("hk,hkab->ab", uncertainty, second)
        inner += np.einsum("nap,ab,nbq->pq", one.x, middle, one.x, optimize=True)
    adjusted = phi + phi @ (inner + inner.T) @ phi
    return KenwardRoger(adjusted, Satterthwaite(phi, slopes.P, uncertainty))


def _wald(combinations: Floats, beta: Floats, covariance: Floats) -> float:
    estimates = combinations @ beta
    between = combinations @ covariance @ combinations.T
    return float(estimates @ np.linalg.solve(between, estimates)) / len(combinations)


def independent_rows(combinations: Floats) -> Floats:
    """Return combinations that span the same space, without redundant ones."""
    _, values, rows = np.linalg.svd(combinations, full_matrices=False)
    return np.asarray(rows[values > values[0] * 1e-10])
