"""The partial likelihood of a Cox model, its slope and its curvature, summed over risk sets.

What statsmodels' `PHReg` lacks stands in `cox`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg

from biomarkers.stats.arrays import Bools, Floats, Whole


@dataclass(frozen=True, eq=False)
class RiskSets:
    """The risk sets of one stratum.

    A row is at risk after its start up to its stop, so at a run of the distinct event times
    ("moments"). Tied events are broken into steps by Efron's rule: before step l of d, a share
    l/d of the d rows is thought to be gone.

    Parameters
    ----------
    moments
        Distinct times of events, ascending, (K,).
    first, last
        Of each row (N,): it is at risk at the moments first … last − 1.
    dying
        Rows with the event, in the order of time, (E,).
    moment
        Of each step, which is one event, (E,).
    gone
        Share of the tied rows that is gone before each step, (E,).

    """

    moments: Floats
    first: Whole
    last: Whole
    dying: Whole
    moment: Whole
    gone: Floats

    def at_risk(self, values: Floats) -> Floats:
        """Sum values (N, …) over the rows at risk before each step: (E, …)."""
        there = _from(self.last, values, len(self.moments))
        if self.first.any():
            there = there - _from(self.first, values, len(self.moments))
        tied = self.at_moments(values[self.dying])
        gone = self.gone.reshape(-1, *(1,) * (values.ndim - 1))
        return np.asarray(there[self.moment] - gone * tied[self.moment])

    def at_moments(self, steps: Floats) -> Floats:
        """Sum values of the steps (E, …) over those of the same moment: (K, …)."""
        starts = np.searchsorted(self.moment, np.arange(len(self.moments)))
        return np.asarray(np.add.reduceat(steps, starts, axis=0))

    def sum_while_at_risk(self, steps: Floats) -> Floats:
        """Sum values of the steps (E, …) over those that each row was at risk of: (N, …).

        Of the steps at its own event, a row counts the share of which it is not yet gone.
        """
        blank = np.zeros((1, *steps.shape[1:]))
        total = np.concatenate([blank, self.at_moments(steps).cumsum(axis=0)])
        lived = total[self.last] - total[self.first]
        gone = self.gone.reshape(-1, *(1,) * (steps.ndim - 1))
        lived[self.dying] -= self.at_moments(gone * steps)[self.moment]
        return np.asarray(lived)

    def mean_of_tied(self, steps: Floats) -> Floats:
        """Average values of the steps (E, …) over those of the same moment: (E, …)."""
        size = self.at_moments(np.ones(len(steps))).reshape(-1, *(1,) * (steps.ndim - 1))
        return np.asarray((self.at_moments(steps) / size)[self.moment])


def risk_sets(start: Floats, stop: Floats, event: Bools) -> RiskSets:
    """Return the risk sets of rows that are followed from after `start` up to `stop`."""
    dying = np.flatnonzero(event)
    dying = dying[np.argsort(stop[dying], kind="stable")]
    moments, moment, tied = np.unique(stop[dying], return_inverse=True, return_counts=True)
    rank = np.arange(len(dying)) - np.searchsorted(moment, moment)
    return RiskSets(
        moments=moments,
        first=np.searchsorted(moments, start, side="right"),
        last=np.searchsorted(moments, stop, side="right"),
        dying=dying,
        moment=moment,
        gone=rank / tied[moment],
    )


def _from(place: Whole, values: Floats, moments: int) -> Floats:
    """Sum values over the rows whose place lies after each moment."""
    order = np.argsort(-place, kind="stable")
    blank = np.zeros((1, *values.shape[1:]))
    total = np.concatenate([blank, values[order].cumsum(axis=0)])
    later = np.searchsorted(-place[order], -np.arange(moments), side="left")
    return np.asarray(total[later])


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
        return self.risk * self.stratum.sets.sum_while_at_risk(1 / self.total)

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
        expected = sets.sum_while_at_risk(hazard)[:, None] * X
        expected -= sets.sum_while_at_risk(hazard[:, None] * self.mean)
        residuals = -self.risk[:, None] * expected
        residuals[sets.dying] += X[sets.dying] - sets.mean_of_tied(self.mean)
        return np.asarray(residuals)


@dataclass(frozen=True, eq=False)
class Point:
    """The (penalised) likelihood at some coefficients.

    Parameters
    ----------
    beta
        Coefficients, (P,).
    value
        Log likelihood, with the penalty if there is one; −∞ where it has none.
    parts
        The strata as they look there.
    score, information
        Slope of the value (P,), and information without penalty (P, P).

    """

    beta: Floats
    value: float
    parts: list[Weighted]
    score: Floats
    information: Floats


@dataclass(frozen=True, eq=False)
class PartialLikelihood:
    """The partial likelihood of a Cox model with ties after Efron.

    Parameters
    ----------
    strata
        Those in which an event came.
    rows
        Number of rows.
    penalised
        Whether Firth's ½ log det(information) is added.

    References
    ----------
    Cox, J R Stat Soc B 1972;34:187. Efron, J Am Stat Assoc 1977;72:557.

    """

    strata: Sequence[Stratum]
    rows: int
    penalised: bool

    def at(self, beta: Floats) -> Point:
        """Return the likelihood at some coefficients."""
        parts = [_weighted(stratum, beta) for stratum in self.strata]
        value = sum(part.value for part in parts)
        if not np.isfinite(value):
            return Point(beta, -np.inf, parts, np.zeros_like(beta), np.eye(len(beta)))
        score = np.sum([part.score for part in parts], axis=0)
        information = np.sum([part.information for part in parts], axis=0)
        if self.penalised:
            sign, size = np.linalg.slogdet(information)
            value = value + size / 2 if sign > 0 else -np.inf
            inverse = linalg.pinvh(information)
            score = score + np.sum([part.penalty_slope(inverse) for part in parts], axis=0)
        return Point(beta, value, parts, score, information)

    def by_row(self, parts: Sequence[Floats]) -> Floats:
        """Put values of the rows of each stratum back in the order of the data; else 0."""
        by_row = np.zeros((self.rows, *parts[0].shape[1:]))
        for stratum, values in zip(self.strata, parts, strict=True):
            by_row[stratum.rows] = values
        return by_row


def partial_likelihood(
    X: Floats, start: Floats, stop: Floats, event: Bools, blocks: Whole, *, penalised: bool
) -> PartialLikelihood:
    """Return the likelihood of rows followed from `start` to `stop` in numbered strata."""
    parts = np.split(np.argsort(blocks, kind="stable"), np.cumsum(np.bincount(blocks))[:-1])
    strata = [
        Stratum(rows, X[rows], risk_sets(start[rows], stop[rows], event[rows]))
        for rows in parts
        if event[rows].any()
    ]
    return PartialLikelihood(strata, len(X), penalised)


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
