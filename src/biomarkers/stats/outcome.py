"""The outcome: who is positive, who is negative, and who is left out."""

from dataclasses import dataclass

import pandas as pd

from biomarkers.errors import PlanError
from biomarkers.plan import Plan, level


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
        Measured subjects without a class: absent from the participants, or outcome blank.
    ignored
        Measured subjects whose outcome the plan ignores.
    unmeasured
        Participants of a class without any row in the table.

    """

    positive: "pd.Series[bool]"
    group: "pd.Series[str]"
    unknown: tuple[str, ...]
    ignored: tuple[str, ...]
    unmeasured: tuple[str, ...]


def classify(table: pd.DataFrame, participants: pd.DataFrame, plan: Plan) -> Outcome:
    """Give each measured subject its class.

    Raises
    ------
    PlanError
        If the outcome is no column of the participants, has a value that is neither positive
        nor negative nor ignored, or leaves one of the classes empty.

    """
    if plan.outcome not in participants:
        columns = ", ".join(str(name) for name in participants if name != "subject")
        _fail(f"outcome: {plan.outcome!r} is no column of participants; found {columns or 'none'}")
    values = participants.set_index("subject")[plan.outcome].dropna().map(level)
    _check_levels(values, plan)
    measured = pd.Index(table["subject"].unique())
    ignored = values.index[values.isin(plan.ignore)]
    classes = values[~values.isin(plan.ignore)].isin(plan.positive)
    positive = classes[classes.index.isin(measured)]
    _check_classes(positive, plan)
    return Outcome(
        positive=positive,
        group=_groups(table, participants).reindex(positive.index).fillna(""),
        unknown=tuple(measured[~measured.isin(values.index)]),
        ignored=tuple(measured[measured.isin(ignored)]),
        unmeasured=tuple(classes.index[~classes.index.isin(measured)]),
    )


def _check_levels(values: "pd.Series[str]", plan: Plan) -> None:
    found = ", ".join(sorted(set(values))) or "nothing"
    if plan.negative:
        known = {*plan.positive, *plan.negative, *plan.ignore}
        strange = sorted(set(values) - known)
        if strange:
            _fail(
                f"outcome: {plan.outcome} has values that are neither positive nor negative: "
                f"{', '.join(strange)}; name them in negative, or in ignore to leave them out"
            )
        return
    # Without named negatives, a misspelled positive would silently become a negative.
    absent = [name for name in plan.positive if name not in set(values)]
    if absent:
        _fail(f"positive: no subject has {plan.outcome} {', '.join(absent)}; found {found}")


def _check_classes(positive: "pd.Series[bool]", plan: Plan) -> None:
    count = int(positive.sum())
    if 0 < count < len(positive):
        return
    _fail(
        f"outcome: {plan.outcome} gives {count} positive and {len(positive) - count} negative "
        "measured subjects; expected at least one of each"
    )


def _groups(table: pd.DataFrame, participants: pd.DataFrame) -> "pd.Series[str]":
    """Return the group each subject has in participants, else in its measurements."""
    if "group" in participants:
        return participants.set_index("subject")["group"].dropna().map(level)
    if "group" in table:
        return table.drop_duplicates("subject").set_index("subject")["group"]
    return pd.Series(dtype=str)


def _fail(problem: str) -> None:
    raise PlanError([problem], "plan")
