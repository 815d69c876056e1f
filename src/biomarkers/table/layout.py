"""The layouts of measurements, each turned into one row per value.

Long: a column that names the biomarker and one of values. Wide: a column for each biomarker. Days
across: a column for each day, or for each biomarker on each day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.errors import TableError
from biomarkers.table.across import (
    day_of_sheet,
    days_across,
    marker_of_sheet,
    subjects_across,
)
from biomarkers.table.columns import COLUMNS, REQUIRED
from biomarkers.table.duplicates import what_tells_apart
from biomarkers.table.header import Headed
from biomarkers.table.names import ROLES, likely_column, plain_name
from biomarkers.table.options import TableOptions
from biomarkers.table.roles import LABELS, OWN_NAMES, Roles, find_roles
from biomarkers.table.sheets import as_text, by_text, cell_text
from biomarkers.table.value_columns import (
    ValueColumn,
    day_columns,
    subject_columns,
    wide_columns,
)

_SUMMARIES = {
    *("mean", "average", "moyenne", "mittelwert", "median", "mediane", "n", "total", "min", "max"),
    *("sd", "sem", "std", "stdev", "ecart", "type", "standard", "deviation", "standardabweichung"),
    *("erreur", "somme", "summe", "p", "value", "anova"),
}
_REPEATED = ("subject", "day", "date", "week", "group", "region", "lesion")


@dataclass(frozen=True)
class Long:
    """Measurements, one a row, whose cells are still as they are in the file.

    Parameters
    ----------
    frame
        Columns by role; the index is the row in the file.
    headers
        The column of the file that each value stood in; none for a table that is long in the file.
    guesses
        What had to be guessed.
    advice
        What to say of rows that look alike, if there are any.

    """

    frame: pd.DataFrame
    headers: list[str] | None
    guesses: tuple[str, ...]
    advice: tuple[str, ...] = ()


def to_long(table: Headed, source: str, options: TableOptions) -> Long:
    """Return the measurements of a sheet, one a row.

    Raises
    ------
    TableError
        If it cannot be told which column is which, or nothing was measured.

    """
    names = list(table.frame.columns)
    # A tidy table means what it says: its further columns stay as they are.
    tidy = set(REQUIRED) <= {OWN_NAMES.get(name) for name in names}
    roles = find_roles(names, options, wanted=LABELS if tidy else ROLES)
    if roles.problems:
        raise TableError(roles.problems, source)
    _one_time(roles)
    frame = _with_subjects(table.frame, roles, options)
    # A column called Tumor may hold its volume.
    roles.labels = [name for name in roles.labels if _labels(frame[name])]
    _replicates(roles, options)
    made = _arranged(frame, roles, table.sheet, source, options)
    advice = () if options.replicates else what_tells_apart(frame, roles)
    if not advice and made.headers is not None:
        _say_labels(roles)
    return Long(made.frame, made.headers, (*table.guesses, *roles.guesses), advice)


def _arranged(
    frame: pd.DataFrame, roles: Roles, sheet: str, source: str, options: TableOptions
) -> Long:
    """Return one row per value; only frame and headers are filled in."""
    marker = options.biomarker or marker_of_sheet(sheet)
    if marker and "value" in roles and "biomarker" not in roles:
        column = roles.columns.pop("value")
        return _melted(frame, roles, wide_columns([column], roles, sheet, options))
    if {"biomarker", "value"} & set(frame.columns) or {"biomarker", "value"} <= set(roles.columns):
        return _from_long(frame, roles)
    other = {*roles.taken(), *COLUMNS, "participant_id"}
    measured = [str(name) for name in frame.columns if name not in other]
    timed = {"day", "date", "week"} & set(roles.columns)
    days, day = days_across(measured), day_of_sheet(sheet)
    if "subject" in roles and measured and timed:
        return _melted(frame, roles, wide_columns(measured, roles, sheet, options))
    if timed and "subject" not in roles and subjects_across(measured):
        return _melted(frame, roles, subject_columns(measured, roles, sheet, source, options))
    if "subject" in roles and days:
        return _melted(frame, roles, day_columns(days, measured, roles, sheet, source, options))
    if "subject" in roles and measured and day is not None:
        roles.guesses.append(f"Sheet {sheet} was read as day {day:g}.")
        parts = [part._replace(day=day) for part in wide_columns(measured, roles, sheet, options)]
        return _melted(frame, roles, parts)
    raise TableError([_neither(list(frame.columns), roles)], source)


def _neither(names: Sequence[str], roles: Roles) -> str:
    lacking = [role for role in ("subject", "day") if role not in roles]
    named = ",".join(f"{role}={likely_column(role, names) or '…'}" for role in lacking)
    say = f"; name yours: --columns {named}" if lacking else ""
    return (
        f"found columns {', '.join(names)}; expected subject, day, biomarker, value (long) or "
        f"subject, day and a column for each biomarker (wide), or a column for each day{say}"
    )


def _one_time(roles: Roles) -> None:
    """Keep one column that says when: day, else date, else week."""
    kept = next((role for role in ("day", "date", "week") if role in roles), None)
    for role in (each for each in ("date", "week") if each in roles and each != kept):
        column = roles.columns.pop(role)
        roles.remarks.append(column)
        roles.guesses = [each for each in roles.guesses if not each.endswith(f"read as {role}.")]
        roles.guesses.append(
            f"Column {column} was kept out: column {roles.columns[str(kept)]} says when."
        )


def _with_subjects(frame: pd.DataFrame, roles: Roles, options: TableOptions) -> pd.DataFrame:
    """Fill in who is not repeated, and leave out rows of means and remarks below the table."""
    if "subject" not in roles:
        return frame
    text = as_text(frame)
    subject = text[roles.columns["subject"]]
    summary = subject.isin([each for each in subject.unique() if _is_summary(each)])
    lonely = (text != "").sum(axis=1) == 1
    below = lonely & lonely[::-1].cummin()[::-1]
    out = (subject != "") & ((summary & ~subject.str.fullmatch("-*")) | below)
    roles.guesses += [
        f"Row {row} ({subject[row]}) is no subject and was kept out." for row in frame.index[out]
    ]
    frame = frame[~out]
    if options.fill_down:
        columns = [roles.columns[role] for role in _REPEATED if role in roles]
        filled = frame[columns].where(text.loc[frame.index, columns] != "").ffill().fillna("")
        frame = frame.assign(**{str(name): cells for name, cells in filled.items()})
    return frame


def _is_summary(name: str) -> bool:
    return {*plain_name(name).split()} <= {"-", *_SUMMARIES}


def _replicates(roles: Roles, options: TableOptions) -> None:
    """Keep the column that tells replicates apart, where their mean is wanted."""
    if options.replicates and roles.labels and "replicate" not in roles:
        roles.columns["replicate"] = roles.labels.pop(0)
    if "reader" in roles:
        roles.columns["replicate"] = roles.columns.pop("reader")


def _labels(cells: "pd.Series[Any]") -> bool:
    """Tell whether a column holds names or small numbers, as of lesions or readers."""
    text = by_text(cells, cell_text)
    numbers = pd.to_numeric(text[text != ""], errors="coerce")
    return bool((numbers.isna() | ((numbers % 1 == 0) & (numbers < 100))).all())


def _say_labels(roles: Roles) -> None:
    roles.guesses += [
        f"Column {name} was kept out: the table has one row for each measurement without it."
        for name in roles.labels
    ]


def _from_long(frame: pd.DataFrame, roles: Roles) -> Long:
    kept = frame.drop(columns=[name for name in roles.remarks if name in frame])
    return Long(kept.rename(columns=_by_role(roles)), None, ())


def _by_role(roles: Roles) -> dict[str, str]:
    return {column: role for role, column in roles.columns.items()}


def _melted(frame: pd.DataFrame, roles: Roles, parts: Sequence[ValueColumn]) -> Long:
    """Put columns of values below each other."""
    known = frame[list(roles.columns.values())].rename(columns=_by_role(roles))
    # A biomarker's days stand together for each row of the file, as in a table with days down.
    ranks = {name: rank for rank, name in enumerate(dict.fromkeys(p.biomarker for p in parts))}
    rank = np.repeat([ranks[part.biomarker] for part in parts], len(frame))
    rows = np.tile(np.arange(len(frame)), len(parts))
    order = np.lexsort((rows, rank))
    of_part, rows = np.repeat(np.arange(len(parts)), len(frame))[order], rows[order]
    cells = frame[[part.column for part in parts]].to_numpy(dtype=object)[rows, of_part]
    long = known.iloc[rows]
    written = {"biomarker": [part.biomarker for part in parts]}
    if "unit" not in known:
        written["unit"] = [part.unit for part in parts]
    if parts[0].subject:
        written["subject"] = [part.subject for part in parts]
    if parts[0].day is not None:
        written["day"] = [cell_text(part.day) for part in parts]
    texts = {name: np.array(values, dtype=object)[of_part] for name, values in written.items()}
    value = pd.Series(cells, index=long.index, dtype=object)
    headers = [parts[each].column for each in of_part]
    return Long(long.assign(**texts, value=value), headers, ())
