"""How many were at risk, and how many had the event, at each observed time."""

from dataclasses import dataclass

import numpy as np

from biomarkers.stats.survival.follow_up import Bools, Floats


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
