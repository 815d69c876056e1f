"""The partial likelihood of a Cox model, its slope and its curvature."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from biomarkers.stats.arrays import Bools, Floats, Whole
from biomarkers.stats.survival.risk_sets import RiskSets, risk_sets


@dataclass(frozen=True, eq=False)
class Stratum:
    """The rows of one stratum: their numbers, covariates (N, P) and risk sets."""

    rows: Whole
    X: Floats
    sets: RiskSets


@dataclass(frozen=True, eq=False)
class Weighted:
    """A stratum seen with one set of coefficients.

    Parameters
    ----------
    risk
        exp(Xβ) of each row, up to a common factor, (N,).
    total
        Its sum over the rows at risk before each step, (E,).
    mean
        Of the covariates over the rows at risk before each step, weighted by risk, (E, P).
    value
        The log partial likelihood.

    """

    stratum: Stratum
    risk: Floats
    total: Floats
    mean: Floats
    value: float

    @property
    def score(self) -> Floats:
        """Slope of the log partial likelihood, (P,)."""
        return np.asarray(self.schoenfeld.sum(axis=0))

    @property
    def schoenfeld(self) -> Floats:
        """Covariates of who had the event less the mean of who was at risk, (E, P)."""
        return np.asarray(self.stratum.X[self.stratum.sets.dying] - self.mean)

    @property
    def expected(self) -> Floats:
        """Events that each row was to expect, (N,): its cumulative hazard."""
        return self.risk * self.stratum.sets.lived_through(1 / self.total)

    @property
    def information(self) -> Floats:
        """Curvature, (P, P): the covariances of the covariates, summed over the steps."""
        X = self.stratum.X
        return X.T @ (self.expected[:, None] * X) - self.mean.T @ self.mean

    @property
    def covariances(self) -> Floats:
        """Covariance of the covariates over the rows at risk before each step, (E, P, P)."""
        X = self.stratum.X
        products = self.risk[:, None, None] * X[:, :, None] * X[:, None, :]
        square = self.stratum.sets.at_risk(products) / self.total[:, None, None]
        return square - self.mean[:, :, None] * self.mean[:, None, :]

    def penalty_slope(self, inverse: Floats) -> Floats:
        """Slope of ½ log det(information), given the inverse of the whole information, (P,).

        The slope of a covariance is a third cumulant; its trace with the inverse is the
        covariance of x and (x − mean)ᵀ inverse (x − mean).
        """
        X = self.stratum.X
        size = np.einsum("na,ab,nb->n", X, inverse, X)
        moments = np.column_stack([size, size[:, None] * X]) * self.risk[:, None]
        means = self.stratum.sets.at_risk(moments) / self.total[:, None]
        with_size = means[:, 1:] - means[:, :1] * self.mean
        along = np.einsum("eab,bc,ec->ea", self.covariances, inverse, self.mean)
        return np.asarray((with_size - 2 * along).sum(axis=0) / 2)

    @property
    def score_residuals(self) -> Floats:
        """Each row's part in the score, (N, P): its event less what it was to expect."""
        sets, X = self.stratum.sets, self.stratum.X
        hazard = 1 / self.total
        expected = sets.lived_through(hazard)[:, None] * X
        expected -= sets.lived_through(hazard[:, None] * self.mean)
        residuals = -self.risk[:, None] * expected
        residuals[sets.dying] += X[sets.dying] - sets.mean_of_tied(self.mean)
        return np.asarray(residuals)


@dataclass(frozen=True, eq=False)
class PartialLikelihood:
    """The partial likelihood of a Cox model with ties after Efron.

    Parameters
    ----------
    strata
        Those in which an event came.
    rows, terms
        Number of rows and of coefficients.

    References
    ----------
    Cox, J R Stat Soc B 1972;34:187. Efron, J Am Stat Assoc 1977;72:557.

    """

    strata: Sequence[Stratum]
    rows: int
    terms: int

    def at(self, beta: Floats) -> list[Weighted]:
        """Return every stratum as it looks with these coefficients."""
        return [_weighted(stratum, beta) for stratum in self.strata]

    def by_row(self, parts: Sequence[Floats]) -> Floats:
        """Put values of the rows of each stratum back in the order of the data; else 0."""
        by_row = np.zeros((self.rows, *parts[0].shape[1:]))
        for stratum, values in zip(self.strata, parts, strict=True):
            by_row[stratum.rows] = values
        return by_row


def partial_likelihood(
    X: Floats, start: Floats, stop: Floats, event: Bools, blocks: Whole
) -> PartialLikelihood:
    """Return the likelihood of rows followed from `start` to `stop` in numbered strata."""
    strata = list(_strata(X, start, stop, event, blocks))
    return PartialLikelihood(strata, *X.shape)


def _strata(
    X: Floats, start: Floats, stop: Floats, event: Bools, blocks: Whole
) -> Iterator[Stratum]:
    for rows in np.split(np.argsort(blocks, kind="stable"), np.cumsum(np.bincount(blocks))[:-1]):
        if event[rows].any():
            yield Stratum(rows, X[rows], risk_sets(start[rows], stop[rows], event[rows]))


def _weighted(stratum: Stratum, beta: Floats) -> Weighted:
    log_risk = stratum.X @ beta
    # The likelihood knows only ratios of risks; the largest is 1, so that none overflows.
    log_risk -= log_risk.max()
    risk = np.exp(log_risk)
    sums = stratum.sets.at_risk(np.column_stack([risk, risk[:, None] * stratum.X]))
    total = sums[:, 0]
    if not (total > 0).all():
        return Weighted(stratum, risk, total, sums[:, 1:], -np.inf)
    value = float(log_risk[stratum.sets.dying].sum() - np.log(total).sum())
    return Weighted(stratum, risk, total, sums[:, 1:] / total[:, None], value)
