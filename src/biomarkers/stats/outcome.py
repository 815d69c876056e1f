"""The outcome: who is positive, who is negative, and who is left out."""

import difflib
import json
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from biomarkers.errors import PlanError, TableError
from biomarkers.plan import Plan, level
from biomarkers.stats.outcome_words import is_spelling_of, says_unknown
from biomarkers.stats.words import listed
from biomarkers.table.spelling import same_but_spelling

_TRUE = ("1", "true")


@dataclass(frozen=True, eq=False)
class Outcome:
    """The classes of the analysed subjects.

    Parameters
    ----------
    positive
        Truth by subject, in the order of the participants; only measured subjects of a class.
    group
        Treatment group by subject; empty text where none is known.
    unknown
        Measured subjects whose outcome is blank.
    unlisted
        Measured subjects that are not among the participants.
    ignored
        Measured subjects whose outcome the plan ignores.
    unmeasured
        Participants of a class without any row in the table.
    value
        The outcome by subject, as the plan spells it.

    """

    positive: "pd.Series[bool]"
    group: "pd.Series[str]"
    unknown: tuple[str, ...]
    unlisted: tuple[str, ...]
    ignored: tuple[str, ...]
    unmeasured: tuple[str, ...]
    value: "pd.Series[str]"


def classify(table: pd.DataFrame, participants: pd.DataFrame, plan: Plan) -> Outcome:
    """Give each measured subject its class.

    Raises
    ------
    TableError
        If nobody is both measured and among the participants, or somebody is both, but
        spelled in two ways (1 and 01).
    PlanError
        If the outcome is no column of the participants, has in a measured subject a value that
        is neither positive nor negative nor ignored, another spelling of one that is named, or a
        word for not evaluable that is not named, or leaves one of the classes empty.

    """
    outcomes = of_subjects(participants, plan.outcome, key="outcome")
    measured = pd.Index(table["subject"].unique())
    check_overlap(measured, outcomes.index)
    values = _as_the_plan_spells(outcomes.dropna().map(level), plan)
    here = values[values.index.isin(measured)]
    if not plan.negative:
        _check_spellings(here, plan)
        _check_evaluable(here, plan)
    _check_levels(values, measured, plan)
    ignored = values.index[values.isin(plan.ignore)]
    classes = values[~values.isin(plan.ignore)].isin(plan.positive)
    positive = classes[classes.index.isin(measured)]
    _check_classes(positive, plan)
    return Outcome(
        positive=positive,
        group=_groups(table, participants, plan).reindex(positive.index).fillna(""),
        unknown=tuple(measured[measured.isin(outcomes.index) & ~measured.isin(values.index)]),
        unlisted=tuple(measured[~measured.isin(outcomes.index)]),
        ignored=tuple(measured[measured.isin(ignored)]),
        unmeasured=tuple(classes.index[~classes.index.isin(measured)]),
        value=values.reindex(positive.index),
    )


def of_subjects(participants: pd.DataFrame, name: str, *, key: str) -> pd.Series:
    """Return a column of participants by subject.

    Parameters
    ----------
    participants
        Checked: one row per subject.
    name, key
        The column, and the key of the plan that names it.

    Raises
    ------
    PlanError
        If there is no such column; who a subject is, is none.

    """
    columns = [str(column) for column in participants if column != "subject"]
    if name not in columns:
        close = difflib.get_close_matches(name, columns, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        found = ", ".join(columns) or "none"
        _fail(f"{key}: {name!r} is no column of participants{hint}; found {found}")
    return participants.set_index("subject")[name]


def positive_levels(participants: pd.DataFrame, outcome: str, positive: object) -> list[str]:
    """Return how a column of participants spells a positive; 1 and true stand for each other."""
    wanted = level(positive)
    if wanted not in _TRUE:
        return [wanted]
    levels = set(participants[outcome].map(level)) if outcome in participants else set()
    return [name for name in _TRUE if name in levels] or [wanted]


def check_overlap(measured: pd.Index, known: pd.Index) -> None:
    """Refuse two tables that have no subject in common, or write one in two ways."""
    misspelled = same_but_spelling(measured, known)
    if misspelled:
        raise TableError(
            [
                f"subject {name!r} of the measurements is {there!r} in participants; write a "
                "subject alike in both"
                for name, there in misspelled
            ],
            "measurements and participants",
        )
    if measured.isin(known).any():
        return
    if len(measured) and len(known):
        advice = "write a subject alike in both"
    else:
        advice = "expected at least one row per subject in both"
    raise TableError(
        [
            f"no subject in common: measured are {_some(measured)}; participants are "
            f"{_some(known)}; {advice}"
        ],
        "measurements and participants",
    )


def _some(subjects: pd.Index) -> str:
    shown = ", ".join(map(str, subjects[:3]))
    return f"{shown}, …" if len(subjects) > 3 else shown or "none"


def _as_the_plan_spells(values: "pd.Series[str]", plan: Plan) -> "pd.Series[str]":
    """Read true for 1 and false for 0, and the reverse, where only the other is in the plan."""
    named, present = {*plan.positive, *plan.negative, *plan.ignore}, set(values)
    spelled = {
        there: wanted
        for pair in (("true", "1"), ("false", "0"))
        for there, wanted in (pair, pair[::-1])
        if wanted in named and wanted not in present and there not in named
    }
    return values.replace(spelled)


def _check_levels(values: "pd.Series[str]", measured: pd.Index, plan: Plan) -> None:
    if plan.negative:
        known = {*plan.positive, *plan.negative, *plan.ignore}
        strange = sorted(set(values[values.index.isin(measured)]) - known)
        if strange:
            spelled = "".join(
                f"; or write {word} for {value}"
                for value, word in _spellings(set(strange), plan).items()
            )
            _fail(
                f"outcome: {plan.outcome} has values that are neither positive nor negative: "
                f"{', '.join(strange)}; name them in negative, or leave them out by "
                f"ignore = {_written({*strange, *plan.ignore})}{spelled}"
            )
        return
    # Without named negatives, a misspelled positive would silently become a negative.
    absent = [name for name in plan.positive if name not in set(values)]
    if absent:
        found = ", ".join(sorted(set(values))) or "nothing"
        _fail(f"positive: no subject has {plan.outcome} {', '.join(absent)}; found {found}")


def _check_spellings(values: "pd.Series[str]", plan: Plan) -> None:
    """Refuse what differs from a value of the plan only in spelling."""
    problems = [
        f"outcome: {plan.outcome} is {value!r} in {_subjects(values, value)}, {word!r} in the "
        f"plan; write {word} in the participants, or name {value} in the plan too"
        for value, word in _spellings(set(values), plan).items()
    ]
    if problems:
        raise PlanError(problems, "plan")


def _spellings(values: set[str], plan: Plan) -> dict[str, str]:
    """Return what is no value of the plan, with the one that it spells."""
    named = [*plan.positive, *plan.negative, *plan.ignore]
    meant = {
        value: next((word for word in named if is_spelling_of(value, word)), "")
        for value in sorted(values - set(named))
    }
    return {value: word for value, word in meant.items() if word}


def _check_evaluable(values: "pd.Series[str]", plan: Plan) -> None:
    """Refuse to count as negative, because nobody decided otherwise, who was not evaluable."""
    others = sorted(set(values) - {*plan.positive, *plan.ignore})
    unknown = [value for value in others if says_unknown(value)]
    if not unknown:
        return
    who = "; ".join(f"{value!r} in {_subjects(values, value)}" for value in unknown)
    _fail(
        f"outcome: {plan.outcome} is {who}: neither positive nor negative. Leave them out by "
        f"ignore = {_written({*unknown, *plan.ignore})}, count them as negative by "
        f"negative = {_written(others)}, or leave the cell blank"
    )


def _subjects(values: "pd.Series[str]", value: str) -> str:
    names = values.index[values == value]
    return f"{'subject' if len(names) == 1 else 'subjects'} {listed(list(names))}"


def _written(values: Iterable[str]) -> str:
    return json.dumps(sorted(values), ensure_ascii=False)


def _check_classes(positive: "pd.Series[bool]", plan: Plan) -> None:
    count = int(positive.sum())
    if 0 < count < len(positive):
        return
    _fail(
        f"outcome: {plan.outcome} gives {count} positive and {len(positive) - count} negative "
        "measured subjects; expected at least one of each"
    )


def _groups(table: pd.DataFrame, participants: pd.DataFrame, plan: Plan) -> "pd.Series[str]":
    """Return the group each subject has in participants, else in its measurements."""
    if plan.groups:
        return of_subjects(participants, plan.groups, key="groups").dropna().map(level)
    if "group" in participants:
        return participants.set_index("subject")["group"].dropna().map(level)
    if "group" in table:
        return table.drop_duplicates("subject").set_index("subject")["group"]
    return pd.Series(dtype=str)


def _fail(problem: str) -> None:
    raise PlanError([problem], "plan")
