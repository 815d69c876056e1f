"""Weights that make up for the censored, and what it costs to estimate them."""

from dataclasses import dataclass

import numpy as np

from biomarkers.stats.survival.follow_up import Bools, Floats
from biomarkers.stats.survival.risk_table import RiskTable, risk_table


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
