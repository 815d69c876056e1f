"""Whether groups differ in their time to the event.

Statsmodels' `survdiff` gives the statistic, but no expected events, permutations or p below 1e-16.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import linalg, stats

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Bools, Floats, Whole
from biomarkers.stats.drawing import Axes
from biomarkers.stats.intervals import LEVEL
from biomarkers.stats.labels import canonical_order
from biomarkers.stats.shown import Shown, p_text
from biomarkers.stats.survival.follow_up import follow_up
from biomarkers.stats.survival.kaplan_meier import KaplanMeier, curves_of


@dataclass(frozen=True, eq=False)
class LogRank(Shown):
    """The log-rank test.

    Parameters
    ----------
    statistic, df, p_value
        χ² of the differences between observed and expected events, its degrees of freedom, and
        the p-value; NaN where no two groups were ever at risk together when an event came.
    counts
        `group, n, events, expected`: events that would come if the groups did not differ.
    curves
        Kaplan–Meier curves of the groups, strata taken together.
    stratified
        By which column; None: not.
    permutations
        Relabellings behind the p-value; 0: it is from the χ² distribution.

    Examples
    --------
    >>> from biomarkers import sample_data, stats
    >>> people = sample_data.participants()
    >>> result = stats.log_rank(people, time="days_on_study", event="died", group="responder")
    >>> result.counts[["group", "n", "events"]].to_numpy().tolist(), result.df
    ([['0', 8, 8], ['1', 8, 5]], 1)

    """

    shows = "counts"

    statistic: float
    df: int
    p_value: float
    counts: pd.DataFrame
    curves: KaplanMeier
    stratified: str | None
    permutations: int = 0

    @property
    def headline(self) -> str:
        """The finding in one sentence."""
        how = f" stratified by {self.stratified}" if self.stratified else ""
        if not self.df:
            return (
                f"Log-rank test{how}: not possible, no two groups were at risk together at an "
                f"event.{self.curves.left_out}"
            )
        events = int(self.counts["events"].sum())
        by = f" ({self.permutations} permutations)" if self.permutations else ""
        return (
            f"Log-rank test{how} of {len(self.counts)} groups with {events} events: "
            f"χ² = {self.statistic:.2f} on {self.df} df, {self._p}{by}."
            f"{self.curves.left_out}"
        )

    @property
    def _p(self) -> str:
        return p_text(self.p_value, self.permutations)

    def draw(self, axes: Axes) -> None:
        """Draw the curves, with the p-value above them."""
        self.curves.draw(axes)
        axes.set_title(f"Log-rank {self._p}" if self.df else "No test possible")


def log_rank(
    participants: pd.DataFrame,
    *,
    time: str,
    group: str,
    event: str | None = None,
    strata: str | None = None,
    permutations: int = 0,
    seed: int = 1,
) -> LogRank:
    """Test whether groups have the same hazard of the event at every time.

    Parameters
    ----------
    participants
        One row per subject; those without time, event, group or stratum are left out and
        counted.
    time, event
        As for `kaplan_meier`.
    group
        Column with two or more values.
    strata
        Column within whose values groups are compared (batch, site, sex).
    permutations
        How often groups are relabelled (within strata) for the p-value; 0: from the χ²
        distribution. Relabelling is exact in small groups, where censoring does not hang on the
        group.
    seed
        Of the relabelling.

    Notes
    -----
    Mantel–Haenszel form with the hypergeometric variance, as `survdiff` of R. The χ² distribution
    allows for groups that are censored differently, but is an approximation: at a nominal .05 it
    rejects in .07 of null trials of 6 against 6 or 5 against 20 subjects, in .05 of 12 against 12
    (`benchmarks/survival.py`). For so few, use permutations.

    Raises
    ------
    InputError
        As `kaplan_meier`, or if there is only one group.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers import stats
    >>> # Weeks of remission in leukaemia: Freireich et al., Blood 1963;21:699.
    >>> treated = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    >>> relapsed = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0] + [1] * 21
    >>> placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    >>> people = pd.DataFrame({"weeks": treated + placebo, "relapsed": relapsed,
    ...                        "drug": ["6-MP"] * 21 + ["placebo"] * 21})
    >>> result = stats.log_rank(people, time="weeks", event="relapsed", group="drug")
    >>> round(result.statistic, 1)  # 16.8 by R's survdiff
    16.8

    """
    if permutations < 0:
        raise InputError(f"permutations: found {permutations}, expected 0 or more")
    needs = [group] if strata is None else [group, strata]
    followed = follow_up(participants, time=time, event=event, needs=needs)
    names, codes = followed.groups(group)
    if len(names) < 2:
        raise InputError(f"{group}: found only {names[0]}, expected two groups or more")
    strata_codes = followed.groups(strata)[1]
    order = canonical_order(followed.time, followed.event, codes)
    blocks = [order[strata_codes[order] == code] for code in range(strata_codes.max() + 1)]

    def compared(codes: Whole) -> tuple[float, int, Floats]:
        """Return the statistic, its degrees of freedom and the excess of events per group."""
        parts = [
            _excess(followed.time[rows], followed.event[rows], codes[rows], len(names))
            for rows in blocks
        ]
        excess, variance = (np.sum(part, axis=0) for part in zip(*parts, strict=True))
        return *_chi_square(excess, variance), excess

    statistic, df, excess = compared(codes)
    p_value = float(stats.chi2.sf(statistic, df)) if df else np.nan
    if df and permutations:
        random, shuffled, beyond = np.random.default_rng(seed), codes.copy(), 1
        for _ in range(permutations):
            for rows in blocks:
                shuffled[rows] = random.permutation(codes[rows])
            beyond += bool(compared(shuffled)[0] >= statistic * (1 - 1e-9))
        p_value = beyond / (permutations + 1)
    events = np.bincount(codes, weights=followed.event, minlength=len(names))
    counts = {
        "group": names,
        "n": np.bincount(codes, minlength=len(names)),
        "events": events.astype(int),
        "expected": events - excess,
    }
    return LogRank(
        statistic=statistic,
        df=df,
        p_value=p_value,
        counts=pd.DataFrame(counts),
        curves=curves_of(followed, time, group, LEVEL),
        stratified=strata,
        permutations=permutations,
    )


def _excess(time: Floats, event: Bools, codes: Whole, groups: int) -> tuple[Floats, Floats]:
    """Return observed less expected events of each group, and their covariance."""
    moments, position = np.unique(time[event], return_inverse=True)
    deaths = np.zeros((len(moments), groups))
    np.add.at(deaths, (position, codes[event]), 1)
    # Who leaves after moment k−1 and not after moment k is at risk up to moment k−1.
    last = np.searchsorted(moments, time, side="right")
    leaving = np.zeros((len(moments) + 1, groups))
    np.add.at(leaving, (last, codes), 1)
    at_risk = leaving[::-1].cumsum(axis=0)[::-1][1:]
    total, died = at_risk.sum(axis=1), deaths.sum(axis=1)
    share = at_risk / total[:, None]
    scale = died * (total - died) / np.maximum(total - 1, 1)
    variance = np.diag(scale @ share) - share.T @ (scale[:, None] * share)
    return (deaths - died[:, None] * share).sum(axis=0), variance


def _chi_square(excess: Floats, variance: Floats) -> tuple[float, int]:
    inverse, rank = linalg.pinvh(variance, rtol=1e-10, return_rank=True)
    return (float(excess @ inverse @ excess), int(rank)) if rank else (np.nan, 0)
