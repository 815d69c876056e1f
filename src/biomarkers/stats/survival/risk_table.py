"""How many were at risk, had the event and were censored at each time; weights for the censored.

Statsmodels' `SurvfuncRight` has neither the censored nor the influence of their weights.
"""

from dataclasses import dataclass

import numpy as np

from biomarkers.stats.arrays import Bools, Floats


@dataclass(frozen=True, eq=False)
class RiskTable:
    """Counts at each distinct time, ascending; each (K,).

    Parameters
    ----------
    time
        Of an event or a censoring.
    at_risk
        Subjects still followed just before it.
    events, censored
        Subjects whose time it is; who is censored at the time of an event was at risk of it.

    """

    time: Floats
    at_risk: Floats
    events: Floats
    censored: Floats

    @property
    def survival(self) -> Floats:
        """Share that is still without event after each time (Kaplan and Meier 1958)."""
        return np.asarray(np.cumprod(1 - self.events / self.at_risk), dtype=np.float64)

    @property
    def greenwood(self) -> Floats:
        """Squared relative standard error of the survival; infinite where it is 0."""
        with np.errstate(divide="ignore"):
            return np.cumsum(self.events / (self.at_risk * (self.at_risk - self.events)))

    @property
    def uncensored(self) -> Floats:
        """Share that is not yet censored after each time.

        The same estimate with the roles exchanged, but events at the time of a censoring come
        first: they were never in danger of being censored.
        """
        at_risk = self.at_risk - self.events
        with np.errstate(invalid="ignore"):
            hazard = np.where(at_risk > 0, self.censored / at_risk, 0.0)
        return np.asarray(np.cumprod(1 - hazard), dtype=np.float64)


def risk_table(time: Floats, event: Bools, start: Floats | None = None) -> RiskTable:
    """Count the subjects at risk, with the event and censored at each distinct time.

    Parameters
    ----------
    time, event
        Of each subject, (N,).
    start
        Time after which each is at risk; None: from the origin.

    """
    distinct, position, total = np.unique(time, return_inverse=True, return_counts=True)
    events = np.bincount(position, weights=event, minlength=len(distinct)).astype(float)
    at_risk = len(time) - np.cumsum(total) + total
    if start is not None:
        at_risk = at_risk - (len(time) - np.searchsorted(np.sort(start), distinct, side="left"))
    return RiskTable(
        time=distinct,
        at_risk=at_risk.astype(float),
        events=events,
        censored=(total - events).astype(float),
    )


@dataclass(frozen=True, eq=False)
class Censoring:
    """The chance of not being censored, by Kaplan and Meier with the roles exchanged.

    Whoever is seen at time t stands for 1/G(t−) subjects, those censored before included, if
    censoring says nothing of what would have come.

    Parameters
    ----------
    counts
        At each distinct time.
    time, event
        Of each subject, (N,).

    """

    counts: RiskTable
    time: Floats
    event: Bools

    def before(self, times: Floats) -> Floats:
        """Return the chance of being uncensored just before each time."""
        chance = np.concatenate([[1.0], self.counts.uncensored])
        return np.asarray(chance[np.searchsorted(self.counts.time, times, side="left")])

    def influence(self, terms: Floats) -> Floats:
        """Return how a sum of weighted terms changes with each subject, through the weights.

        Parameters
        ----------
        terms
            Of each subject as an event, with a weight of 1/G(time−) in it, (N,).

        Returns
        -------
        influence
            Derivative of their sum with respect to the number of times a subject is counted,
            (N,), the terms' own weights apart: the infinitesimal jackknife, exact with ties.

        """
        counts = self.counts
        position = np.searchsorted(counts.time, self.time)
        here = np.bincount(position, weights=terms, minlength=len(counts.time))
        later = here[::-1].cumsum()[::-1] - here
        at_risk = counts.at_risk - counts.events
        left = at_risk - counts.censored
        with np.errstate(divide="ignore", invalid="ignore"):
            step = np.where(left > 0, later / left, 0.0)
            hazard = np.where(at_risk > 0, counts.censored / at_risk, 0.0)
        lived = np.cumsum(step * hazard)
        # Who has the event is not at risk of being censored at that same time.
        own = np.where(self.event, step[position] * hazard[position], 0.0)
        return np.asarray(np.where(self.event, 0.0, step[position]) - lived[position] + own)


def censoring(time: Floats, event: Bools) -> Censoring:
    """Estimate the chance of not being censored from everyone's follow-up."""
    return Censoring(risk_table(time, event), time, event)
