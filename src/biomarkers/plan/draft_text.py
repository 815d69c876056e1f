"""The text of a drafted plan: TOML with a comment on every line that somebody has to decide."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from biomarkers.plan.draft import (
    DraftOutcome,
    DraftVisit,
    draft_outcomes,
    draft_visits,
    only_outcome,
)
from biomarkers.plan.model import Separation, level
from biomarkers.table.columns import CLUSTER
from biomarkers.table.names import plain_name

# Share of the subjects at baseline below which a visit is drafted as a comment.
_ENOUGH = 0.5
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_COLUMN = 31  # where comments begin
_MOST_SHOWN = 4
_POWERS = 1e6  # from here on a number is written with a power of ten
_TIMES = frozenset(["days", "day", "time", "survival", "jours", "duree", "tage", "os", "pfs"])


def draft_text(
    measured: pd.DataFrame,
    participants: pd.DataFrame | None,
    *,
    sources: str,
    table: Mapping[str, Any],
) -> str:
    """Return the text of a plan for checked tables.

    Parameters
    ----------
    measured, participants
        As read; the latter may be missing.
    sources
        The files, for the first line.
    table
        What had to be said of them: the section `[table]`.

    """
    outcomes = [] if participants is None else draft_outcomes(participants)
    lines = [
        f"# A draft of an analysis plan, from {sources}.",
        "# Read every line, decide, and date it: a p-value is worth what the plan behind it was.",
        *_outcome(outcomes, participants is None),
        *_visits(draft_visits(measured), "lesion" if CLUSTER in measured else "subject"),
        *_regions(measured),
        "",
        *_biomarkers(measured),
        *_separation(measured),
        *_further(measured, participants, outcomes),
        *_table(table),
    ]
    return "\n".join(lines) + "\n"


def _line(key: str, value: str, comment: str = "") -> str:
    text = f"{key} = {value}"
    return f"{text:<{_COLUMN - 1}} # {comment}" if comment else text


def _headed(section: str, comment: str) -> str:
    return f"{section:<{_COLUMN - 1}} # {comment}"


def _toml(value: Any) -> str:
    """Return a value as TOML; texts as JSON writes them are texts of TOML."""
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(str(key))} = {_toml(item)}" for key, item in value.items())
        return f"{{ {inside} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _toml(name)


def _level(value: str) -> str:
    """Return a value of the outcome: a whole number as one, else text."""
    return value if re.fullmatch(r"0|[1-9]\d*", value) else _toml(value)


def _counted(outcome: DraftOutcome) -> str:
    shown = [f"{count} × {value}" for value, count in outcome.counts.items()]
    return ", ".join(shown) if len(shown) <= _MOST_SHOWN else f"{len(shown)} values"


def _outcome(candidates: Sequence[DraftOutcome], unknown: bool) -> Iterator[str]:
    chosen = only_outcome(candidates)
    others = [each for each in candidates if each is not chosen]
    if unknown:
        yield "# outcome: a column of participants; with --participants FILE it is looked for."
    for each in [] if chosen else others:
        yield f"# May be the outcome: {each.column} ({_counted(each)})"
    if chosen:
        yield _line("outcome", _toml(chosen.column), _counted(chosen))
        yield _line("positive", _level(chosen.positive), "whom to look for; all others: negative")
    else:
        yield _line("outcome", '""', "a column of participants that says who is positive")
        yield _line("positive", '""', "whom to look for; all others are negative")
    yield '# labels = ["responders", "non-responders"]   # what to call them'
    groups = [each for each in others if each.is_group]
    if groups:
        yield _line("groups", _toml(groups[0].column), f"treatment: {_counted(groups[0])}")


def _visits(visits: Sequence[DraftVisit], counted: str) -> Iterator[str]:
    baseline = next((visit for visit in visits if 0 in visit.days), visits[0])
    yield _line("baseline", _level(baseline.name), "the visit that changes are counted from")
    yield ""
    yield "# Each visit of each biomarker is a test: leave out days on which nobody would act."
    yield _headed("[visits]", "visit = the days that count as it")
    for visit in visits:
        days = f"[{', '.join(map(level, visit.days))}]"
        few = visit.subjects < _ENOUGH * baseline.subjects
        count = f"{visit.subjects} {counted}{'s' if visit.subjects != 1 else ''}"
        line = _line(_key(visit.name), days, f"{count}{': few' if few else ''}")
        yield f"# {line}" if few else line


def _regions(measured: pd.DataFrame) -> Iterator[str]:
    # Keys of the top level cannot follow a section: this is only said.
    regions = sorted(measured["region"].unique())
    if len(regions) > 1:
        yield ""
        yield f"# All {len(regions)} regions are tested; to name some, above [visits]:"
        yield f"# regions = {_toml(regions)}"


def _biomarkers(measured: pd.DataFrame) -> Iterator[str]:
    for name, rows in measured.groupby("biomarker", sort=False):
        values = rows["value"].dropna()
        unit = f" {rows['unit'].iloc[0]}" if rows["unit"].iloc[0] else ""
        change = "log_ratio" if len(values) and (values > 0).all() else "absolute"
        low, high = map(_short, (values.min(), values.max()))
        span = f"{low} to {high}{unit}" if len(values) else "none"
        ends = rows.groupby("subject")["value"].agg(["min", "max"])
        still = not (ends["max"] > ends["min"]).any()
        mark, why = ("# ", "; the same at every visit") if still else ("", "")
        section = f"[biomarkers.{_key(str(name))}]"
        yield mark + _headed(section, f"{len(values)} values, {span}{why}")
        why = "all above 0" if change == "log_ratio" else "not all above 0"
        yield mark + _line("change", _toml(change), f"{why}; log_ratio | percent | absolute")
        yield mark + _line("direction", '"auto"', "what positives show, if known: higher | lower")
        yield ""


def _short(value: float) -> str:
    # Volumes are often some thousands: no power of ten.
    return f"{value:.0f}" if 1e3 <= abs(value) < _POWERS else f"{value:.3g}"


def _separation(measured: pd.DataFrame) -> Iterator[str]:
    default = Separation()
    yield "[separation]"
    yield _line("alpha", f"{default.alpha}")
    yield _line("permutations", f"{default.permutations}")
    yield _line("seed", f"{default.seed}")
    if CLUSTER in measured:
        yield "# Lesions of one subject keep one label: they are permuted together."
    yield ""


def _further(
    measured: pd.DataFrame,
    participants: pd.DataFrame | None,
    candidates: Sequence[DraftOutcome],
) -> Iterator[str]:
    people = pd.DataFrame() if participants is None else participants
    times = [
        str(name)
        for name in people.select_dtypes("number").columns
        if _TIMES & set(plain_name(str(name)).split())
    ]
    yield "# What else is wanted: take away the #."
    yield _headed("# [cutoff]", "a cut-off of the change at each visit")
    yield _headed("# [models]", "a model of all visits (MMRM), with contrasts per visit")
    if times:
        yield _headed("# [survival]", "survival by early response")
        yield f"# time = {_toml(times[0])}"
        events = [each for each in candidates if each.is_event]
        column, why = (
            (events[0].column, _counted(events[0]))
            if events
            else ("", "a column that says who had the event; without one, everybody had it")
        )
        yield _line("# event", _toml(column), why)
    if len(measured["biomarker"].unique()) > 1:
        yield _headed("# [combine]", "biomarkers combined at a visit")


def _table(table: Mapping[str, Any]) -> Iterator[str]:
    if table:
        yield ""
        yield _headed("[table]", "how the tables are read")
        for name, value in table.items():
            yield _line(_key(name), _toml(value))
