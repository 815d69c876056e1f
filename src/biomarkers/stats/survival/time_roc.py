"""How well a marker tells who will have the event by a horizon from who will not.

Neither scipy nor statsmodels has areas for censored events.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from biomarkers.errors import InputError
from biomarkers.results.drawing import REFERENCE
from biomarkers.stats.arrays import Floats
from biomarkers.stats.drawing import Axes, draw_roc
from biomarkers.stats.intervals import LEVEL, check_level, newcombe_interval
from biomarkers.stats.ranks import reaches
from biomarkers.stats.roc_analysis.curves import make_sample
from biomarkers.stats.shown import Shown
from biomarkers.stats.survival.follow_up import Direction, marked_follow_up
from biomarkers.stats.survival.risk_table import Censoring, censoring


@dataclass(frozen=True, eq=False)
class TimeRoc(Shown):
    """The time-dependent ROC analysis of one marker.

    Parameters
    ----------
    estimates
        One row per horizon: `horizon, auc, se, low, high, cases, controls, unknown, reason`: cases
        had the event by the horizon, controls were followed beyond it without, unknown were
        censored before. Where there is no area, `reason` says why.
    influence
        What each subject contributes to the error of each area, (N, H).
    marker, weights
        Of each subject: the marker, times −1 where lower values are the dangerous ones; and how
        many subjects it stands for as a case, and as a control, at each horizon, (2, N, H).
    direction
        `higher` or `lower`: what those show to whom the event comes early.
    level
        Confidence level.
    left_out
        Subjects with a missing value, as the headline says it.

    Examples
    --------
    >>> from biomarkers import stats
    >>> marker, days, died = [3.0, 1.0, 4.0, 2.0], [10, 40, 20, 50], [1, 1, 1, 1]
    >>> result = stats.time_roc(marker, days, died, horizons=[30])
    >>> result.estimates[["horizon", "auc", "cases", "controls"]].to_numpy().tolist()
    [[30.0, 1.0, 2.0, 2.0]]

    """

    shows = "estimates"

    estimates: pd.DataFrame
    influence: Floats = field(repr=False)
    marker: Floats = field(repr=False)
    weights: Floats = field(repr=False)
    direction: str
    level: float
    left_out: str = ""

    @property
    def headline(self) -> str:
        """The areas in one sentence."""
        areas = "; ".join(
            f"{row['horizon']:g}: {row['auc']:.3f} ({row['low']:.3f} to {row['high']:.3f}), "
            f"{row['cases']} cases, {row['controls']} controls, {row['unknown']} censored before"
            if np.isfinite(row["auc"])
            else f"{row['horizon']:g}: none, {row['reason']}"
            for row in self.estimates.to_dict("records")
        )
        return (
            f"AUC for the event by a horizon ({self.direction} marker, earlier event; "
            f"{self.level:.0%} interval), at {areas}.{self.left_out}"
        )

    def curve(self, horizon: float) -> pd.DataFrame:
        """Return the ROC curve at one of the horizons.

        Returns
        -------
        DataFrame
            `threshold, sensitivity, specificity`: the event is predicted above the threshold
            (direction `lower`: below), half way between two observed values.

        Examples
        --------
        >>> from biomarkers import stats
        >>> marker, days, died = [3.0, 1.0, 4.0, 2.0], [10, 40, 20, 50], [1, 1, 1, 1]
        >>> curve = stats.time_roc(marker, days, died, horizons=[30]).curve(30)
        >>> curve[curve["threshold"] == 2.5].to_numpy().tolist()  # both early deaths, no other
        [[2.5, 1.0, 1.0]]

        """
        place = np.flatnonzero(self.estimates["horizon"] == horizon)
        if not len(place):
            known = ", ".join(f"{value:g}" for value in self.estimates["horizon"])
            raise InputError(f"horizon: found {horizon:g}, expected one of {known}")
        order = np.argsort(self.marker, kind="stable")
        sample = make_sample(self.marker[order], self.marker[order])
        return sample.curve(*self.weights[:, order, place[0]]).table(self.direction)

    def draw(self, axes: Axes) -> None:
        """Draw the areas over the horizons; a curve where there is only one."""
        rows = self.estimates
        if len(rows) == 1:
            draw_roc(axes, self.curve(rows["horizon"].iloc[0]))
            axes.set_title(f"AUC {rows['auc'].iloc[0]:.2f} at {rows['horizon'].iloc[0]:g}")
            return
        reach = [rows["auc"] - rows["low"], rows["high"] - rows["auc"]]
        axes.errorbar(rows["horizon"], rows["auc"], yerr=reach, marker="o")
        axes.axhline(0.5, **REFERENCE)
        axes.set(xlabel="horizon", ylabel=f"AUC ({self.level:.0%} interval)", ylim=(0, 1.02))


def time_roc(
    marker: ArrayLike,
    time: ArrayLike,
    event: ArrayLike,
    *,
    horizons: Sequence[float],
    direction: Direction = "higher",
    level: float = LEVEL,
) -> TimeRoc:
    """Return the cumulative/dynamic ROC analysis of a marker at chosen horizons.

    At a horizon t, cases are those with the event up to t, controls those still without after
    t. Who was censored before t is neither; cases are weighted by the inverse of their chance
    of not being censored, which keeps the area unbiased where censoring has nothing to do with
    marker or event.

    Parameters
    ----------
    marker
        One value per subject, known at time 0; a later one needs a landmark (take only those
        still followed, and count time from there).
    time
        Of the event or of the last observation.
    event
        True (1) or false (0) per subject.
    horizons
        In the unit of `time`. Declare them beforehand: the best of many is not an estimate.
    direction
        `higher`: the event comes early to those with high values; or `lower`.
    level
        Confidence level.

    Notes
    -----
    Weights by Kaplan–Meier (Uno et al., J Am Stat Assoc 2007;102:527; Blanche et al.
    2013, doi:10.1002/sim.5958). Standard errors are infinitesimal jackknives that include the
    estimation of the weights. The interval is Newcombe's score interval, as of `roc`, for the
    number of cases of equal weight that tell as much as the weighted ones: in small samples
    symmetric intervals cover too little (`benchmarks/survival.py`).

    Raises
    ------
    InputError
        If lengths differ, a time is negative, an event is neither true nor false, or no
        horizon is given.

    Examples
    --------
    >>> from biomarkers import stats
    >>> marker, months, died = [4.0, 1.0, 2.0, 3.0], [6, 12, 18, 24], [1, 1, 1, 1]
    >>> result = stats.time_roc(marker, months, died, horizons=[15])
    >>> float(result.estimates["auc"][0])  # 2 dead by then, 2 alive: 2 of 4 pairs
    0.5

    """
    check_level(level)
    wanted = _horizons(horizons)
    values, followed = marked_follow_up(marker, time, event, direction)
    seen = censoring(followed.time, followed.event)
    areas = [_area(values, seen, horizon) for horizon in wanted]
    estimates = [_row(area, seen, level) for area in areas]
    return TimeRoc(
        estimates=pd.DataFrame(estimates),
        influence=np.column_stack([area.influence for area in areas]),
        marker=values,
        weights=np.array([[area.case, area.control] for area in areas]).transpose(1, 2, 0),
        direction=direction,
        level=level,
        left_out=followed.left_out,
    )


@dataclass(frozen=True, eq=False)
class _Area:
    horizon: float
    auc: float
    case: Floats
    control: Floats
    influence: Floats

    @property
    def se(self) -> float:
        count = len(self.influence)
        return float(np.sqrt(np.sum(self.influence**2) * count / (count - 1)))


def _area(values: Floats, seen: Censoring, horizon: float) -> _Area:
    by_then = reaches(horizon, seen.time)
    early, late = by_then & seen.event, ~by_then
    case = np.where(early, 1 / np.where(early, seen.before(seen.time), 1.0), 0.0)
    control = late.astype(float)
    if not (early.any() and late.any()):
        return _Area(horizon, np.nan, case, control, np.full(len(values), np.nan))
    below = _share_below(values, values[late], np.ones(int(late.sum())))
    above = 1 - _share_below(values, values[early], case[early])
    auc = float(case @ below / case.sum())
    as_case = case * (below - auc) / case.sum()
    as_control = control * (above - auc) / control.sum()
    return _Area(horizon, auc, case, control, as_case + as_control + seen.influence(as_case))


def _share_below(values: Floats, others: Floats, weights: Floats) -> Floats:
    """Return the weighted share of others below each value; equal ones count half."""
    order = np.argsort(others)
    total = np.concatenate([[0.0], weights[order].cumsum()])
    below, up_to = (np.searchsorted(others[order], values, side=side) for side in ("left", "right"))
    return np.asarray((total[below] + total[up_to]) / (2 * total[-1]))


def _row(area: _Area, seen: Censoring, level: float) -> dict[str, object]:
    cases, controls = int((area.case > 0).sum()), int(area.control.sum())
    low, high = newcombe_interval(area.auc, _effective_size(area.case), controls, level=level)
    return {
        "horizon": area.horizon,
        "auc": area.auc,
        "se": area.se,
        "low": float(low),
        "high": float(high),
        "cases": cases,
        "controls": controls,
        "unknown": len(area.case) - cases - controls,
        "reason": _reason(seen, area.horizon, cases, controls),
    }


def _effective_size(weights: Floats) -> float:
    """Return how many subjects of equal weight would tell as much (Kish)."""
    return float(weights.sum() ** 2 / np.sum(weights**2)) if weights.any() else 0.0


def _reason(seen: Censoring, horizon: float, cases: int, controls: int) -> str:
    if not cases:
        return "no event by then"
    if not controls:
        return f"nobody was followed beyond; the longest time is {seen.time.max():g}"
    return ""


def _horizons(horizons: Sequence[float]) -> Floats:
    wanted = np.atleast_1d(np.asarray(horizons, dtype=float))
    if not wanted.size or not (np.isfinite(wanted) & (wanted > 0)).all():
        raise InputError(f"horizons: found {list(wanted)}, expected one or more times above 0")
    return wanted
