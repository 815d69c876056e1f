"""From measurements to the intervals in which a value was the last one known."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.errors import InputError
from biomarkers.stats.drawing import Axes
from biomarkers.stats.inputs import event_flags, numeric, require_columns, time_values
from biomarkers.stats.ranks import reaches
from biomarkers.stats.response import MADE_OF
from biomarkers.stats.shown import Shown
from biomarkers.stats.survival.cox import Penalty, cox
from biomarkers.stats.survival.cox_model import CoxModel
from biomarkers.table import check_measurements, check_participants

_INTERVAL = ("subject", "start", "stop", "event")

# Stands for "not known from here on" while values are carried; measurements are finite.
_UNKNOWN = np.inf


@dataclass(frozen=True, eq=False)
class MeasuredIntervals(Shown):
    """Follow-up cut at every measurement, each piece with the values known in it.

    Parameters
    ----------
    intervals
        `subject, start, stop, event`, a column per biomarker, then the participants' own.
    biomarkers
        Their names.
    carry
        The longest time for which a value was taken to hold.
    subjects, subjects_used
        Participants with a time and an event flag, and those of them with any interval.
    events, events_used
        Events of the former, and those that came while every value was known.
    made_of
        The biomarker that the event is made of, if the participants say so.

    Examples
    --------
    >>> from biomarkers import sample_data, stats
    >>> cut = stats.measured_intervals(sample_data.measurements(), sample_data.participants(),
    ...                                time="days_on_study", event="died")
    >>> cut.subjects, cut.events, cut.events_used, len(cut.intervals)  # 16 rats, 3 visits
    (16, 13, 13, 48)

    """

    shows = "intervals"

    intervals: pd.DataFrame = field(repr=False)
    biomarkers: tuple[str, ...]
    carry: float
    subjects: int
    subjects_used: int
    events: int
    events_used: int
    made_of: str = ""

    @property
    def headline(self) -> str:
        """What was assumed, and what could not be used."""
        until = "" if np.isinf(self.carry) else f", at most for {self.carry:g}"
        return (
            f"Assumed: {', '.join(self.biomarkers)} keeps each measured value until the next "
            f"visit{until}; nothing is carried over a visit whose value is missing, and nobody "
            f"is at risk before the first value. {self.subjects_used} of {self.subjects} subjects "
            f"and {self.events_used} of {self.events} events fall in intervals with known values."
            f"{self._circular}"
        )

    @property
    def _circular(self) -> str:
        """What is said where a biomarker foretells an event that is made of it."""
        root = self.made_of.split("_")[0]
        related = [name for name in self.biomarkers if root and name.split("_")[0] == root]
        if not related:
            return ""
        return (
            f" The event is made of {self.made_of}: that {', '.join(related)} goes before it is "
            "in part its own definition."
        )

    def cox(
        self, formula: str, *, strata: str | None = None, penalty: Penalty = "none"
    ) -> CoxModel:
        """Fit a Cox model whose covariates change from interval to interval.

        Parameters
        ----------
        formula
            Of biomarkers and columns of the participants.
        strata, penalty
            As for `cox`.

        Examples
        --------
        >>> from biomarkers import sample_data, stats
        >>> cut = stats.measured_intervals(sample_data.measurements(), sample_data.participants(),
        ...                                time="days_on_study", event="died")
        >>> model = cut.cox("log(volume)")
        >>> bool(model.table["hazard_ratio"][0] > 1)  # large tumours kill early
        True

        """
        model = cox(
            self.intervals, formula, time=("start", "stop"), event="event",
            strata=strata, penalty=penalty,
        )  # fmt: skip
        return replace(model, note=f" {self.headline}")

    def draw(self, axes: Axes) -> None:
        """Draw how many subjects are at risk with known values over time."""
        moments = np.unique(self.intervals[["start", "stop"]].to_numpy())
        start, stop = (np.sort(self.intervals[name]) for name in ("start", "stop"))
        at_risk = np.searchsorted(start, moments, side="right") - np.searchsorted(
            stop, moments, side="right"
        )
        axes.step(moments, at_risk, where="post")
        axes.set(xlabel="time", ylabel="Subjects at risk with known values", ylim=(0, None))


def measured_intervals(
    table: pd.DataFrame,
    participants: pd.DataFrame,
    *,
    time: str,
    event: str | None = None,
    biomarkers: Sequence[str] | None = None,
    region: str | None = None,
    value: str = "value",
    carry: float = np.inf,
) -> MeasuredIntervals:
    """Cut each subject's follow-up into intervals with the biomarkers last measured.

    A measurement on day d counts after d, until the next one of that biomarker: that a value
    holds until the next visit is an assumption, which `carry` limits. From a measurement that
    is missing (NaN, or failed in quality control) until the next known one, and before the
    first, the subject is not at risk: no value is invented.

    Parameters
    ----------
    table
        Measurements, long; days count from where `time` does.
    participants
        One row per subject; those without time or event are left out.
    time, event
        As for `kaplan_meier`.
    biomarkers
        To be used; None: all of the table.
    region
        Of the measurements; may be left out where there is only one.
    value
        Column of the table to use, `value` or one of your own such as a change from baseline.
    carry
        The longest time for which a value holds.

    Raises
    ------
    InputError
        If a biomarker or region is absent, a subject was measured after its time, or a name
        stands for two columns.

    Examples
    --------
    >>> from biomarkers import sample_data, stats
    >>> cut = stats.measured_intervals(sample_data.measurements(), sample_data.participants(),
    ...                                time="days_on_study", event="died")
    >>> cut.intervals[["start", "stop", "event", "Ktrans"]].head(3).to_numpy().tolist()
    [[0.0, 3.0, False, 0.151], [3.0, 10.0, False, 0.0927], [10.0, 38.0, True, 0.0711]]

    """
    if not carry > 0:
        raise InputError(f"carry: found {carry:g}, expected more than 0")
    people = check_participants(participants)
    require_columns(people, filter(None, (time, event)), "participants")
    people = people.assign(_time=time_values(people, time), _event=event_flags(people, event))
    people = people.dropna(subset=["_time", "_event"]).set_index("subject")
    rows, names = _rows(table, biomarkers, region, value)
    others = [str(name) for name in people if name not in (time, event, "_time", "_event")]
    _require_distinct([*_INTERVAL, *names, *others])
    pieces = _pieces(_with_expiry(rows, carry), people["_time"], names)
    end = pieces["subject"].map(people["_time"])
    came = pieces["subject"].map(people["_event"]) == 1
    pieces["event"] = (came & (pieces["stop"] == end)).to_numpy()
    pieces = pieces[[*_INTERVAL, *names]].join(people[others], on="subject")
    return MeasuredIntervals(
        intervals=pieces,
        biomarkers=tuple(names),
        carry=carry,
        subjects=len(people),
        subjects_used=pieces["subject"].nunique(),
        events=int(people["_event"].sum()),
        events_used=int(pieces["event"].sum()),
        made_of=participants.attrs.get(MADE_OF, {}).get(event or time, ""),
    )


def _rows(
    table: pd.DataFrame, biomarkers: Sequence[str] | None, region: str | None, value: str
) -> tuple[pd.DataFrame, list[str]]:
    """Return `subject, day, biomarker, value` of what is used, a failed value as unknown."""
    table = check_measurements(table)
    require_columns(table, [value])
    measured = list(dict.fromkeys(table["biomarker"]))
    names = measured if biomarkers is None else list(biomarkers)
    absent = [name for name in names if name not in measured]
    if absent:
        raise InputError(
            f"{', '.join(absent)}: not in the measurements; found {', '.join(measured)}"
        )
    rows = table[table["biomarker"].isin(names)]
    regions = list(dict.fromkeys(rows["region"]))
    if region is None and len(regions) > 1:
        raise InputError(f"found regions {', '.join(regions)}; select one by region=")
    if region is not None and region not in regions:
        raise InputError(f"region {region}: not measured; found {', '.join(regions)}")
    rows = rows if region is None else rows[rows["region"] == region]
    known = numeric(rows, value)
    if "qc" in rows:
        known = known.where(rows["qc"] != "fail")
    return rows[["subject", "day", "biomarker"]].assign(value=known.fillna(_UNKNOWN)), names


def _with_expiry(rows: pd.DataFrame, carry: float) -> pd.DataFrame:
    """Add a row of unknown value where the last one has held long enough."""
    rows = rows.sort_values("day", kind="stable")
    following = rows.groupby(["subject", "biomarker"], sort=False)["day"].shift(-1)
    expires = rows["day"] + carry
    expiry = rows.assign(day=expires, value=_UNKNOWN)
    ends: pd.Series[bool] = np.isfinite(expires) & ~reaches(expires, following)
    return pd.concat([rows, expiry.loc[ends]])


def _pieces(rows: pd.DataFrame, end: "pd.Series[Any]", names: list[str]) -> pd.DataFrame:
    """Return `subject, start, stop` and the biomarkers wherever all are known."""
    rows = rows[rows["subject"].isin(end.index)]
    if rows.empty:
        raise InputError("no subject has both measurements and a time; write subjects alike")
    _require_before_end(rows[rows["value"] != _UNKNOWN], end)
    wide = rows.set_index(["subject", "day", "biomarker"])["value"].unstack("biomarker")  # noqa: PD010
    wide = wide.reindex(columns=names).groupby("subject", sort=False).ffill()
    wide = wide.replace(_UNKNOWN, np.nan).reset_index()
    wide["start"] = wide["day"].clip(lower=0.0)
    stop = wide.groupby("subject", sort=False)["start"].shift(-1)
    wide["stop"] = np.fmin(stop, wide["subject"].map(end))
    used = (wide["start"] < wide["stop"]) & wide[names].notna().all(axis=1)
    return wide.loc[used].reset_index(drop=True)


def _require_before_end(rows: pd.DataFrame, end: "pd.Series[Any]") -> None:
    late = rows[rows["day"] > rows["subject"].map(end)]
    if len(late):
        first = late.iloc[0]
        raise InputError(
            f"subject {first['subject']}: measured on day {first['day']:g}, after its time "
            f"{end[first['subject']]:g}; correct one of them, or leave out what came later"
        )


def _require_distinct(columns: Sequence[str]) -> None:
    twice = sorted({name for name in columns if list(columns).count(name) > 1})
    if twice:
        raise InputError(f"{', '.join(twice)}: stands for two columns; rename one")
