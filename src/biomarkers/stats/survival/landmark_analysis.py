"""Whether an early response foretells how long it takes to the event."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.errors import InputError, SeparationError
from biomarkers.results.drawing import REFERENCE
from biomarkers.stats.contrasts.multiplicity import adjust
from biomarkers.stats.drawing import Axes, as_ratios
from biomarkers.stats.inputs import event_flags, require_columns
from biomarkers.stats.intervals import LEVEL, check_level
from biomarkers.stats.ranks import reaches
from biomarkers.stats.shown import Shown, p_text
from biomarkers.stats.survival.cox import Penalty, cox
from biomarkers.stats.survival.follow_up import EVERYONE, FollowUp, follow_up
from biomarkers.stats.survival.kaplan_meier import KaplanMeier, kaplan_meier
from biomarkers.stats.survival.log_rank import log_rank

_SINCE = "time since the landmark"
_COLUMNS = (
    "day", "response", "no_response", "events_response", "events_no_response",
    "gone_response", "gone_no_response", "gone_unknown", "unknown",
    "median_response", "median_no_response",
    "hazard_ratio", "low", "high", "p_value", "p_adjusted", "reason",
)  # fmt: skip
_GROUPS = {1.0: "response", 0.0: "no response"}


@dataclass(frozen=True, eq=False)
class LandmarkAnalysis(Shown):
    """Time to the event after each landmark, by the response known at it.

    Parameters
    ----------
    rows
        One row per landmark: `day`; `response, no_response` still followed after it, with
        `events_response` and `events_no_response`; `gone_response, gone_no_response, gone_unknown`:
        those whose time was over by then, by response; `unknown`: still followed, response not
        known; `median_response, median_no_response` of the time since the landmark; `hazard_ratio,
        low, high` of response against none, with the interval of the profile likelihood; `p_value`
        of the log-rank test and `p_adjusted` over the landmarks (Holm); `reason` where something
        could not be estimated.
    curves
        Kaplan–Meier curves by landmark; time counts from it.
    level
        Confidence level.
    left_out
        Subjects with a missing time, event or stratum, as the headline says it.

    Examples
    --------
    >>> from biomarkers import sample_data, stats
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> early = stats.early_response(table, [3], biomarker="Ktrans", threshold=-0.25)
    >>> people = people.merge(early, on="subject")
    >>> days = {"time": "days_on_study", "event": "died"}
    >>> result = stats.landmark_analysis(people, {3: "response_3"}, **days)
    >>> result.rows[["day", "response", "events_response"]].to_numpy().tolist()
    [[3.0, 8.0, 5.0]]

    """

    shows = "rows"

    rows: pd.DataFrame
    curves: Mapping[float, KaplanMeier] = field(repr=False)
    level: float
    left_out: str = ""

    @property
    def headline(self) -> str:
        """The findings, who is left out at each landmark, and what that means."""
        return (
            f"{' '.join(self._findings())}{self.left_out} Groups are those known at the landmark, "
            "and time counts from it: nothing is said of who did not reach it. Grouping everyone "
            "from the start by a later response would credit responders with the time they had "
            "to live to respond (immortal time)."
        )

    def _findings(self) -> Iterator[str]:
        for row in self.rows.to_dict("records"):
            gone = row["gone_response"] + row["gone_no_response"] + row["gone_unknown"]
            kept = row["response"] + row["no_response"]
            outcome = (
                f"hazard ratio of response {row['hazard_ratio']:.3g} ({self.level:.0%} interval "
                f"{row['low']:.3g} to {row['high']:.3g}), log-rank {p_text(row['p_value'])}"
                if not row["reason"]
                else row["reason"]
            )
            more = f", adjusted {p_text(row['p_adjusted'])}" if len(self.rows) > 1 else ""
            yield (
                f"Landmark {row['day']:g}: {row['response']} of {kept} had responded; {outcome}"
                f"{more if not row['reason'] else ''}. Left out: {gone} whose time was over, "
                f"{row['unknown']} with unknown response."
            )

    def draw(self, axes: Axes) -> None:
        """Draw the curves after the first landmark that has any; or the hazard ratios of many."""
        if len(self.curves) == 1:
            (day,) = self.curves
            self.curves[day].draw(axes)
            axes.set_xlabel(f"{_SINCE} (day {day:g})")
            return
        rows = self.rows.dropna(subset=["hazard_ratio"])
        reach = [rows["hazard_ratio"] - rows["low"], rows["high"] - rows["hazard_ratio"]]
        axes.errorbar(rows["day"], rows["hazard_ratio"], yerr=reach, fmt="o")
        axes.axhline(1, **REFERENCE)
        as_ratios(axes, "y")
        axes.set_xticks(rows["day"])
        axes.margins(x=0.2)
        axes.set(xlabel="landmark", ylabel=f"hazard ratio of response ({self.level:.0%} interval)")


def landmark_analysis(
    participants: pd.DataFrame,
    responses: Mapping[float, str],
    *,
    time: str,
    event: str | None = None,
    strata: str | None = None,
    penalty: Penalty = "none",
    level: float = LEVEL,
) -> LandmarkAnalysis:
    """Compare the time to the event after a landmark between responders and others.

    Parameters
    ----------
    participants
        One row per subject.
    responses
        The column with the response (1 or 0) at each landmark, made only of what was known by
        then, such as `early_response` gives: `{7: "response_7", 14: "response_14"}`. Landmarks
        are in the unit of `time`.
    time, event
        As for `kaplan_meier`.
    strata
        Column within whose values groups are compared.
    penalty
        Of the Cox model, as for `cox`; `firth` where no event, or every one, is among the
        responders.
    level
        Confidence level.

    Returns
    -------
    LandmarkAnalysis
        Whose time is over at the landmark is left out, with the event at that very time too; so
        is whose response is not known.

    Notes
    -----
    Anderson, Cain and Gelber 1983, doi:10.1200/JCO.1983.1.11.710.

    Raises
    ------
    InputError
        As `kaplan_meier`, or if a response is neither 1 nor 0, or no landmark is given.

    Examples
    --------
    >>> from biomarkers import sample_data, stats
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> early = stats.early_response(table, [3, 10], biomarker="Ktrans", threshold=-0.25)
    >>> result = stats.landmark_analysis(
    ...     people.merge(early, on="subject"), {3: "response_3", 10: "response_10"},
    ...     time="days_on_study", event="died",
    ... )
    >>> result.rows[["day", "response", "hazard_ratio"]].round(2).to_numpy().tolist()
    [[3.0, 8.0, 0.09], [10.0, 9.0, 0.13]]

    """
    check_level(level)
    if not responses:
        raise InputError("responses: found none, expected a column for each landmark")
    require_columns(participants, responses.values(), "participants")
    needs = [] if strata is None else [strata]
    settings = {"strata": strata, "penalty": penalty, "level": level}
    flags = {column: event_flags(participants, column) for column in responses.values()}
    followed = follow_up(participants.assign(**flags), time=time, event=event, needs=needs)
    rows, curves = [], {}
    for day, column in sorted(responses.items()):
        row, curve = _at(float(day), column, followed, settings)
        rows.append(row)
        if curve is not None:
            curves[float(day)] = curve
    table = pd.DataFrame(rows)
    table["p_adjusted"] = adjust(table["p_value"], method="holm")
    return LandmarkAnalysis(table[list(_COLUMNS)], curves, level, followed.left_out)


def _at(
    day: float, column: str, followed: FollowUp, settings: dict[str, Any]
) -> tuple[dict[str, Any], KaplanMeier | None]:
    """Return the row of one landmark, and the curves after it if there is anybody to draw."""
    response = followed.data[column]
    # Who has the event at the landmark, but for rounding, is no longer to be foretold.
    later = ~reaches(day, followed.time)
    row: dict[str, Any] = {"day": day}
    for place, there in (("", later), ("gone_", ~later)):
        row |= {
            f"{place}response": int((there & (response == 1)).sum()),
            f"{place}no_response": int((there & (response == 0)).sum()),
            f"{place}unknown": int((there & response.isna()).sum()),
        }
    kept = later & response.notna().to_numpy()
    strata = settings["strata"]
    since = pd.DataFrame(
        {
            _SINCE: followed.time[kept] - day,
            "event": followed.event[kept],
            "response": response[kept].to_numpy(),
            "group": response[kept].map(_GROUPS).to_numpy(),
            "stratum": followed.data.loc[kept, strata].to_numpy() if strata else EVERYONE,
        }
    )
    curves = None
    if len(since):
        curves = kaplan_meier(
            since, time=_SINCE, event="event", group="group", level=settings["level"]
        )
    return row | _of_groups(since, curves) | _compared(since, settings), curves


def _of_groups(since: pd.DataFrame, curves: KaplanMeier | None) -> dict[str, Any]:
    """Return the events and the median of each group."""
    medians = {} if curves is None else dict(curves.table[["group", "median"]].to_numpy())
    figures: dict[str, Any] = {}
    for name in _GROUPS.values():
        key = name.replace(" ", "_")
        figures[f"events_{key}"] = int(since.loc[since["group"] == name, "event"].sum())
        figures[f"median_{key}"] = float(medians.get(name, np.nan))
    return figures


def _compared(since: pd.DataFrame, settings: dict[str, Any]) -> dict[str, Any]:
    """Return the hazard ratio and the log-rank test, or why there is none."""
    row = dict.fromkeys(("hazard_ratio", "low", "high", "p_value"), np.nan) | {"reason": ""}
    if since["group"].nunique() < 2:
        return row | {"reason": "nobody to compare: a group is empty"}
    if not since["event"].any():
        return row | {"reason": "no event after the landmark"}
    time, event, strata = _SINCE, "event", "stratum"
    row["p_value"] = log_rank(since, time=time, event=event, group="group", strata=strata).p_value
    penalty, level = settings["penalty"], settings["level"]
    try:
        model = cox(
            since, "response", time=time, event=event, strata=strata, penalty=penalty, level=level
        )
    except SeparationError:
        return row | {"reason": "one group has its events before all of the other: no finite "
                                "hazard ratio; use penalty='firth'"}  # fmt: skip
    limits = model.profile_intervals().iloc[0]
    return row | {name: float(limits[name]) for name in ("hazard_ratio", "low", "high")}
