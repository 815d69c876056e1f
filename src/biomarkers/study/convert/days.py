"""The day of each session: stated, or from dates, counted from a baseline."""

from collections.abc import Mapping, Sequence
from datetime import date

from biomarkers.errors import ProblemsError
from biomarkers.study.convert.names import Target
from biomarkers.study.convert.series import Series

Visit = tuple[str, str]


def session_days(
    mapped: Sequence[tuple[Series, Target]],
    *,
    baseline: str | None = None,
    known: Mapping[Visit, float],
    source: str = "mapping",
) -> dict[Visit, float]:
    """Return the day of every session.

    Parameters
    ----------
    mapped
        Series and what they become.
    baseline
        Label of the session whose day is 0 where no day is stated.
    known
        Days that the tables of the study have, by subject and session.
    source
        Where the mapping stands, for messages.

    Raises
    ------
    ProblemsError
        If a session has no day and none follows from its date, has two, or shares one.

    """
    dates, problems = _dates(mapped), list[str]()
    days = dict(known)
    for series, target in mapped:
        if target.day is not None and days.setdefault(target.visit, target.day) != target.day:
            problems.append(
                f"{series}: {_name(target.visit)} is day {days[target.visit]:g} already"
            )
    for visit in dates:
        if baseline is not None and visit[1] == baseline.removeprefix("ses-"):
            days.setdefault(visit, 0.0)
    stated = dict(days)
    for visit in sorted(dates):
        if visit not in days:
            day = _from_dates(visit, dates, stated)
            if day is None:
                problems.append(_no_day(visit, baseline))
            else:
                days[visit] = day
    problems += _shared(days)
    if problems:
        raise ProblemsError(problems, source)
    return days


def _dates(mapped: Sequence[tuple[Series, Target]]) -> dict[Visit, date | None]:
    """Return the date of each session, the earliest of its series."""
    dates: dict[Visit, date | None] = {}
    for series, target in mapped:
        known = [each for each in (dates.get(target.visit), series.date) if each]
        dates[target.visit] = min(known, default=None)
    return dates


def _from_dates(
    visit: Visit, dates: Mapping[Visit, date | None], stated: Mapping[Visit, float]
) -> float | None:
    """Return the day that follows from the date of a session of the same subject with a day."""
    own = dates[visit]
    for other, day in stated.items():
        anchor = dates.get(other)
        if other[0] == visit[0] and anchor and own:
            return day + (own - anchor).days
    return None


def _no_day(visit: Visit, baseline: str | None) -> str:
    sought = f"a session {baseline} of the subject, with a date" if baseline else "a baseline"
    return (
        f"{_name(visit)} has no day: fill in the column day, or name the session whose date is "
        f"day 0 (baseline); looked for {sought}"
    )


def _shared(days: Mapping[Visit, float]) -> list[str]:
    first: dict[tuple[str, float], str] = {}
    return [
        f"{_name((subject, session))} and ses-{other} are both day {day:g}; a subject has one "
        "session a day"
        for (subject, session), day in days.items()
        if (other := first.setdefault((subject, day), session)) != session
    ]


def _name(visit: Visit) -> str:
    return f"sub-{visit[0]} ses-{visit[1]}"
