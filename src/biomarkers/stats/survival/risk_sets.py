"""Who is at risk whenever the event comes: the sums that a Cox model is made of."""

from dataclasses import dataclass

import numpy as np

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

    def lived_through(self, steps: Floats) -> Floats:
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
