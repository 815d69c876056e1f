"""The share without event over time, in each group.

Scipy's `ecdf` and statsmodels' `SurvfuncRight` give these figures without the counts of censored,
the middle of a step on ½, restricted means, and one the errors, the other the log-log intervals.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from biomarkers.checks import as_numbers
from biomarkers.errors import InputError
from biomarkers.stats.drawing import Axes
from biomarkers.stats.intervals import LEVEL, check_level
from biomarkers.stats.ranks import DIGITS
from biomarkers.stats.shown import Shown
from biomarkers.stats.survival.drawing import draw_steps, write_at_risk
from biomarkers.stats.survival.follow_up import EVERYONE, FollowUp, follow_up
from biomarkers.stats.survival.risk_table import RiskTable, risk_table


@dataclass(frozen=True, eq=False)
class KaplanMeier(Shown):
    """Kaplan–Meier curves.

    Parameters
    ----------
    name
        Of the time.
    level
        Confidence level.
    counts
        Of each group, by name.
    left_out
        Subjects with a missing value, as the headline says it.

    Examples
    --------
    >>> from biomarkers import sample_data, stats
    >>> people = sample_data.participants()
    >>> curves = stats.kaplan_meier(people, time="days_on_study", event="died", group="responder")
    >>> curves.table[["group", "n", "events", "median"]].to_numpy().tolist()
    [['0', 8, 8, 28.0], ['1', 8, 5, 54.5]]

    """

    name: str
    level: float
    counts: Mapping[str, RiskTable] = field(repr=False)
    left_out: str = ""

    @cached_property
    def curve(self) -> pd.DataFrame:
        """Every step of every curve.

        `group, time, at_risk, events, censored, survival, se, low, high`: Greenwood's standard
        error, and the interval that is symmetric in log(−log S), which stays within 0 and 1 and
        keeps its level in small groups. Before the first event and after the last survivor the
        data give no standard error: NaN.

        Examples
        --------
        >>> from biomarkers import sample_data, stats
        >>> people = sample_data.participants()
        >>> curves = stats.kaplan_meier(people, time="days_on_study", event="died")
        >>> curves.curve[["time", "at_risk", "survival"]].head(3).to_numpy().tolist()
        [[19.0, 16.0, 0.9375], [22.0, 15.0, 0.875], [24.0, 14.0, 0.8125]]

        """
        parts = [_steps(name, counts, self.level) for name, counts in self.counts.items()]
        return pd.concat(parts, ignore_index=True)

    @property
    def table(self) -> pd.DataFrame:
        """One row per group: `group, n, events, median, median_low, median_high, last`.

        The median is the time at which the curve crosses ½, the middle where it lies on ½; its
        interval is where the curve's limits do (Brookmeyer and Crowley,
        Biometrics 1982;38:29). NaN is not reached. `last` is the longest time observed.
        """
        rows = []
        for name, curve in self.curve.groupby("group", sort=False):
            crossings = [_crossing(curve, column) for column in ("survival", "low", "high")]
            counts = int(curve["at_risk"].iloc[0]), int(curve["events"].sum())
            rows.append((name, *counts, *crossings, curve["time"].iloc[-1]))
        columns = ["group", "n", "events", "median", "median_low", "median_high", "last"]
        return pd.DataFrame(rows, columns=columns)

    @property
    def headline(self) -> str:
        """The medians in one sentence."""
        return f"Median {self.name}: {'; '.join(self._medians())}.{self.left_out}"

    def _medians(self) -> Iterator[str]:
        for row in self.table.to_dict("records"):
            low, high = (_reached(row[limit]) for limit in ("median_low", "median_high"))
            limits = f" ({self.level:.0%} interval {low} to {high})"
            name = "" if row["group"] == EVERYONE else f"{row['group']} "
            yield (
                f"{name}{_reached(row['median'])}{limits if low != high else ''}, "
                f"{row['events']} of {row['n']} with the event"
            )

    def at(self, times: ArrayLike) -> pd.DataFrame:
        """Return the survival at given times.

        Returns
        -------
        DataFrame
            `group, time, at_risk, survival, se, low, high`. Beyond the last time of a group
            that was not followed to its end nothing is known: NaN.

        Examples
        --------
        >>> from biomarkers import sample_data, stats
        >>> people = sample_data.participants()
        >>> days = {"time": "days_on_study", "event": "died"}
        >>> curves = stats.kaplan_meier(people, group="responder", **days)
        >>> curves.at([30])[["group", "survival"]].to_numpy().tolist()  # 3 and 8 of 8 rats
        [['0', 0.375], ['1', 1.0]]

        """
        wanted = np.atleast_1d(as_numbers("times", times))
        if wanted.ndim > 1:
            raise InputError(f"times have shape {wanted.shape}; expected a list")
        # A time that is one of the curve's but for rounding is that one.
        slack, parts = DIGITS * np.abs(wanted), []
        for name, curve in self.curve.groupby("group", sort=False):
            steps = curve[["survival", "se", "low", "high"]].to_numpy()
            start = [[1.0, np.nan, np.nan, np.nan]]
            place = np.searchsorted(curve["time"], wanted + slack, side="right")
            values = np.vstack([start, steps])[place]
            beyond = (wanted - slack > curve["time"].iloc[-1]) & (values[:, 0] > 0)
            values[beyond | np.isnan(wanted)] = np.nan
            left = np.append(curve["at_risk"], 0)[np.searchsorted(curve["time"], wanted - slack)]
            rows = pd.DataFrame({"group": name, "time": wanted, "at_risk": left})
            rows[["survival", "se", "low", "high"]] = values
            parts.append(rows)
        return pd.concat(parts, ignore_index=True)

    def restricted_mean(self, horizon: float) -> pd.DataFrame:
        """Return the mean time without event up to a horizon: the area under the curve.

        Returns
        -------
        DataFrame
            `group, horizon, mean, se, low, high`; NaN for a group that was not followed to the
            horizon. The interval is Wald's, and short in small groups: 95 % cover 90 % of 12
            subjects, 94 % of 30 (`benchmarks/survival.py`).

        Examples
        --------
        >>> from biomarkers import sample_data, stats
        >>> people = sample_data.participants()
        >>> curves = stats.kaplan_meier(people, time="days_on_study", event="died")
        >>> float(curves.restricted_mean(60)["mean"][0].round(2))
        39.5
        >>> float(people["days_on_study"].mean().round(2))  # all were followed to day 60 or death
        39.5

        """
        if not horizon > 0:
            raise InputError(f"horizon: found {horizon:g}, expected more than 0")
        half = float(stats.norm.ppf((1 + self.level) / 2))
        rows = []
        for name, counts in self.counts.items():
            mean, se = _area(counts, horizon)
            low, high = max(mean - half * se, 0.0), min(mean + half * se, horizon)
            rows.append((name, horizon, mean, se, low, high))
        return pd.DataFrame(rows, columns=["group", "horizon", "mean", "se", "low", "high"])

    def draw(self, axes: Axes) -> None:
        """Draw the curves with their intervals, and the numbers at risk below the axis."""
        for name, curve in self.curve.groupby("group", sort=False):
            draw_steps(axes, str(name), curve)
        axes.set(ylim=(0, 1.02), xlabel=self.name, ylabel="Share without event")
        axes.set_xlim(left=0)
        ticks = [tick for tick in axes.get_xticks() if 0 <= tick <= axes.get_xlim()[1]]
        axes.set_xticks(ticks)
        write_at_risk(axes, self.at(ticks))
        if len(self.counts) > 1:
            axes.legend(loc="upper right")


def kaplan_meier(
    participants: pd.DataFrame,
    *,
    time: str,
    event: str | None = None,
    group: str | None = None,
    level: float = LEVEL,
) -> KaplanMeier:
    """Estimate the share without event over time.

    Parameters
    ----------
    participants
        One row per subject; those without time, event or group are left out and counted.
    time
        Column with the time of the event, or of the last observation.
    event
        Column that is true (1) where `time` ends in the event and false (0) where observation
        merely ended, for a reason that says nothing of the event to come; None: every time is
        an event.
    group
        Column; each of its values gets a curve.
    level
        Confidence level.

    Raises
    ------
    InputError
        If a column is absent, a time is no number or negative, an event is neither true nor
        false, or nobody is left.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers import stats
    >>> # Weeks of remission with 6-MP: Freireich et al., Blood 1963;21:699.
    >>> weeks = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    >>> relapsed = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    >>> people = pd.DataFrame({"weeks": weeks, "relapsed": relapsed})
    >>> curve = stats.kaplan_meier(people, time="weeks", event="relapsed")
    >>> curve.at([10, 23])["survival"].round(3).tolist()  # as R's survfit
    [0.753, 0.448]

    """
    check_level(level)
    needs = [] if group is None else [group]
    return curves_of(
        follow_up(participants, time=time, event=event, needs=needs), time, group, level
    )


def curves_of(followed: FollowUp, name: str, group: str | None, level: float) -> KaplanMeier:
    """Return the curves of subjects whose follow-up is known."""
    names, codes = followed.groups(group)
    counts = {
        label: risk_table(followed.time[codes == code], followed.event[codes == code])
        for code, label in enumerate(names)
    }
    return KaplanMeier(name, level, counts, followed.left_out)


def _steps(name: str, counts: RiskTable, level: float) -> pd.DataFrame:
    survival, greenwood = counts.survival, counts.greenwood
    inside = (survival > 0) & (survival < 1)
    known = np.where(inside, survival, np.nan)
    log = np.log(known)
    reach = float(stats.norm.ppf((1 + level) / 2)) * np.sqrt(greenwood) / np.abs(log)
    return pd.DataFrame(
        {
            "group": name,
            "time": counts.time,
            "at_risk": counts.at_risk.astype(int),
            "events": counts.events.astype(int),
            "censored": counts.censored.astype(int),
            "survival": survival,
            "se": known * np.sqrt(greenwood),
            "low": np.exp(log * np.exp(reach)),
            "high": np.exp(log * np.exp(-reach)),
        }
    )


def _crossing(curve: pd.DataFrame, column: str) -> float:
    """Return when a curve falls to ½; the middle of where it lies on ½."""
    height, time = curve[column].to_numpy(), curve["time"].to_numpy()
    # A product of fractions that is ½ is so but for rounding.
    on = np.isclose(height, 0.5, rtol=0, atol=1e-12)
    reached = np.flatnonzero(on | (height < 0.5))
    if not len(reached):
        return np.nan
    below = np.flatnonzero(~on & (height < 0.5))
    first = reached[0]
    if not on[first]:
        return float(time[first])
    if not len(below):
        # It ends on ½: the last survivors are censored, or gone at once.
        return float(time[first])
    return float((time[first] + time[below[0]]) / 2)


def _area(counts: RiskTable, horizon: float) -> tuple[float, float]:
    """Return the area under the curve up to a horizon and its standard error."""
    survival = counts.survival
    if horizon > counts.time[-1] and survival[-1] > 0:
        return np.nan, np.nan
    early = counts.time < horizon
    edges = np.concatenate([[0.0], counts.time[early], [horizon]])
    pieces = np.diff(edges) * np.concatenate([[1.0], survival[early]])
    remaining = pieces[::-1].cumsum()[::-1][1:]
    at_risk, events = counts.at_risk[early], counts.events[early]
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.where(remaining > 0, remaining**2 * events / (at_risk * (at_risk - events)), 0.0)
    return float(pieces.sum()), float(np.sqrt(steps.sum()))


def _reached(value: float) -> str:
    return "not reached" if np.isnan(value) else f"{value:.4g}"
