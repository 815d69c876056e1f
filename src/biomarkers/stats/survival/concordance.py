"""How often the event comes first to the one whose marker says so.

Scipy's `somersd` knows no censoring; statsmodels has no concordance.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Bools, Floats, Whole
from biomarkers.stats.drawing import Axes, forest_plot
from biomarkers.stats.inputs import check_choice
from biomarkers.stats.intervals import LEVEL, check_level, logit_interval
from biomarkers.stats.ranks import reaches
from biomarkers.stats.shown import OneRow
from biomarkers.stats.survival.follow_up import Direction, marked_follow_up
from biomarkers.stats.survival.risk_table import censoring

Method = Literal["harrell", "uno"]


@dataclass(frozen=True, eq=False)
class Concordance(OneRow):
    """Concordance of a marker with the order of events.

    Parameters
    ----------
    estimate, se, low, high
        The concordance (½: none), its standard error and confidence interval.
    method
        `harrell` or `uno`.
    horizon
        Events after it do not count.
    pairs
        Pairs in which it is known who came first.
    n, events
        Subjects, and events among them.
    level
        Confidence level.
    left_out
        Subjects with a missing value, as the headline says it.

    Examples
    --------
    >>> from biomarkers import stats
    >>> result = stats.concordance([3.0, 2.0, 1.0], [10.0, 20.0, 30.0], [1, 1, 0])
    >>> result.estimate, result.pairs, result.events
    (1.0, 3, 2)

    """

    columns = ("method", "horizon", "estimate", "se", "low", "high", "pairs", "n", "events")

    estimate: float
    se: float
    low: float
    high: float
    method: str
    horizon: float
    pairs: int
    n: int
    events: int
    level: float
    left_out: str = ""

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        return (
            f"Concordance after {self.method.title()} {self.estimate:.3f} ({self.level:.0%} "
            f"interval {self.low:.3f} to {self.high:.3f}), {self.pairs} comparable pairs of "
            f"{self.n} subjects with {self.events} events.{self.left_out}"
        )

    def draw(self, axes: Axes) -> None:
        """Draw the estimate and its interval."""
        forest_plot(axes, self.table, f"Concordance ({self.level:.0%} interval)", none=0.5)


def concordance(
    marker: ArrayLike,
    time: ArrayLike,
    event: ArrayLike,
    *,
    method: Method = "harrell",
    horizon: float = np.inf,
    direction: Direction = "higher",
    level: float = LEVEL,
) -> Concordance:
    """Return the share of comparable pairs whose order in time the marker foretells.

    Parameters
    ----------
    marker
        One value per subject, known at time 0.
    time, event
        As for `time_roc`.
    method
        `harrell`: every comparable pair counts once; what it estimates depends on the
        censoring. `uno`: pairs are weighted for the censored, so that it does not; give a
        horizon at which enough are still followed, as the last weights are large.
    horizon
        Only pairs whose first event is before it count.
    direction
        `higher`: the event comes early to those with high values; or `lower`.
    level
        Confidence level.

    Notes
    -----
    Harrell et al. 1996, doi:10.1002/(SICI)1097-0258(19960229)15:4<361::AID-SIM168>3.0.CO;2-4;
    Uno et al. 2011, doi:10.1002/sim.4154. Equal markers count half; of two events at the same
    time neither came first. The standard error is the infinitesimal jackknife; after Uno it
    includes the estimation of the weights. The interval is symmetric in the log odds; a
    concordance of 0 or 1 has none.

    Raises
    ------
    InputError
        As `time_roc`, or if no pair is comparable.

    Examples
    --------
    >>> from biomarkers import stats
    >>> marker, months, died = [4.0, 2.0, 3.0, 1.0], [6.0, 12.0, 18.0, 24.0], [1, 1, 1, 1]
    >>> round(stats.concordance(marker, months, died).estimate, 3)  # 5 of 6 pairs
    0.833

    """
    check_level(level)
    check_choice("method", method, ("harrell", "uno"))
    values, followed = marked_follow_up(marker, time, event, direction)
    counted = followed.event & ~reaches(followed.time, horizon)
    weight = counted.astype(float)
    seen = censoring(followed.time, followed.event)
    if method == "uno":
        weight[counted] /= seen.before(followed.time[counted]) ** 2
    estimate, first, later, number = concordance_parts(
        values, followed.time, followed.event, weight
    )
    if not number:
        raise InputError("no pair is comparable: nobody was followed beyond the event of another")
    # The weights are 1/G², so that their estimation counts twice.
    influence = first + later + (2 * seen.influence(first) if method == "uno" else 0.0)
    se = float(np.sqrt(np.sum(influence**2)))
    low, high = logit_interval(estimate, se, level=level)
    return Concordance(
        estimate=estimate,
        se=se,
        low=low,
        high=high,
        method=method,
        horizon=horizon,
        pairs=number,
        n=len(values),
        events=int(counted.sum()),
        level=level,
        left_out=followed.left_out,
    )


def concordance_parts(
    values: Floats, time: Floats, event: Bools, weight: Floats
) -> tuple[float, Floats, Floats, int]:
    """Return the concordance, what each subject adds to its error, and the number of pairs.

    Parameters
    ----------
    values, time, event
        Of each subject, (N,); higher values belong to earlier events.
    weight
        Of each subject as the first of a pair, (N,); 0 where its event does not count.

    Returns
    -------
    estimate, first, later, pairs
        NaN without a pair; what a subject adds as the first and as the later one, each (N,).

    """
    as_first, as_later, pairs = _pairs(values, time, event, weight)
    number = int(pairs[weight > 0].sum())
    if not number:
        return np.nan, np.zeros(len(values)), np.zeros(len(values)), 0
    total = weight @ pairs
    estimate = float(weight @ as_first / total)
    first = weight * (as_first - estimate * pairs) / total
    later = (as_later[0] - estimate * as_later[1]) / total
    return estimate, first, later, number


def _pairs(
    values: Floats, time: Floats, event: Bools, weight: Floats
) -> tuple[Floats, tuple[Floats, Floats], Floats]:
    """Count pairs of a subject with an event and one whose time is longer.

    Returns
    -------
    as_first
        Of each subject as the first: concordant pairs, (N,).
    as_later
        Of each subject as the later: weights of concordant pairs, and of all, each (N,).
    pairs
        Of each subject as the first: all pairs, (N,).

    """
    # Who is censored at the time of an event was followed beyond it.
    _, moment = np.unique(time, return_inverse=True)
    _, rank, size = np.unique(2 * moment + ~event, return_inverse=True, return_counts=True)
    as_first = sums_over_later(rank, values, np.ones(len(values)))
    concordant = sums_over_later(-rank, -values, weight)
    mass = np.bincount(rank, weights=weight).astype(float)
    everything = (mass.cumsum() - mass)[rank]
    pairs = (len(rank) - size.cumsum())[rank]
    return as_first, (concordant, everything), pairs.astype(float)


def sums_over_later(rank: Whole, marker: Floats, weights: Floats) -> Floats:
    """Sum weights over later subjects with a smaller marker; those with an equal one count half.

    Parameters
    ----------
    rank
        Of the time of each subject, (N,): later is larger, and equal ranks are not later.
    marker
        (N,)
    weights
        Of each subject, (N,).

    Returns
    -------
    sums
        For each subject, over those of a larger rank, (N,).

    Notes
    -----
    Ranks are split at their highest bit, then each half at the next, and so on: two ranks
    differ first in exactly one bit, so every pair is met once. log₂ N sorts instead of N² pairs.

    """
    _, rank = np.unique(rank, return_inverse=True)
    by_marker = np.argsort(marker, kind="stable")
    sums = np.zeros(len(rank))
    for bit in range(int(rank.max()).bit_length()):
        # Within a block, in the order of the marker: the weight of the later half up to here.
        order = by_marker[np.argsort(rank[by_marker] >> (bit + 1), kind="stable")]
        later = (rank[order] >> bit) & 1 == 1
        carried = np.concatenate([[0.0], np.where(later, weights[order], 0.0).cumsum()])
        new_block = np.diff(rank[order] >> (bit + 1)) != 0
        start, _ = _runs(new_block)
        first, last = _runs(new_block | (marker[order][1:] != marker[order][:-1]))
        smaller = (carried[first] + carried[last]) / 2 - carried[start]
        sums[order] += np.where(later, 0.0, smaller)
    return sums


def _runs(changes: Bools) -> tuple[Whole, Whole]:
    """Return where the run of each element starts and ends, given whether the next one differs."""
    edges = np.concatenate([[0], np.flatnonzero(changes) + 1, [len(changes) + 1]])
    run = np.concatenate([[0], np.cumsum(changes)])
    return edges[run], edges[run + 1]
