"""Check a measurement table: all problems in one pass, each with row and column."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.errors import InputError, TableError
from biomarkers.table.cells import cell_numbers
from biomarkers.table.columns import (
    BLANK_NAMES,
    BLANKS,
    COLUMNS,
    KEY,
    NUMERIC,
    QC_LEVELS,
    REQUIRED,
    WHOLE,
)
from biomarkers.table.duplicates import mean_of_replicates
from biomarkers.table.numbers import comma_advice, first_rows, is_comma_number
from biomarkers.table.sheets import by_text, cell_text
from biomarkers.table.spelling import spelled_twice
from biomarkers.units import canonical_unit


def check_measurements(
    table: pd.DataFrame,
    *,
    source: str = "measurement table",
    value_columns: Sequence[str] | None = None,
    replicates: str = "",
) -> pd.DataFrame:
    """Return the table with its columns named, typed and ordered, or say all that is wrong.

    Parameters
    ----------
    table
        Long table; cells may be text (as read from a file) or already typed. Its index names
        the rows in messages.
    source
        Where the table comes from, for messages.
    value_columns
        For a table that was wide: the column each row's value stood in, for messages.
    replicates
        `mean`: several values of one measurement become their mean; `attrs` of what is returned
        tells (`duplicates.mean_of_replicates`).

    Returns
    -------
    DataFrame
        A new table: the columns of `COLUMNS` that are present (`region` and `unit` always are),
        then any others, unchanged. `subject` loses its `sub-`; blanks become NaN; units are
        canonical; a row's `qc` defaults to `ok` where the column exists.

    Raises
    ------
    TableError
        With every problem: no row, a missing column, an empty subject or biomarker, text or
        infinity where a number belongs, a negative standard error or count, an unknown `qc`, a
        unit that is not ASCII, two units for one biomarker, rows with the same key.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers.table import check_measurements
    >>> rows = {"participant_id": ["sub-01"], "day": ["3"], "biomarker": ["ADC"], "value": ["1e-3"]}
    >>> check_measurements(pd.DataFrame(rows)).iloc[0].to_dict()
    {'subject': '01', 'day': 3.0, 'region': 'whole', 'biomarker': 'ADC', 'value': 0.001, 'unit': ''}

    """
    table = table.rename(columns={"participant_id": "subject"})
    _check_columns(table, source)
    check = _Check(table.reset_index(drop=True), list(table.index), value_columns)
    check.names()
    check.numbers()
    check.units()
    if not replicates:
        check.keys()
    if check.problems:
        check.problems.sort(key=lambda problem: problem[0])
        lines = [f"row {check.rows[position]}, {text}" for position, text in check.problems]
        raise TableError(lines, source, check.advice)
    checked = check.table.set_axis(table.index, axis=0)
    if replicates:
        checked = mean_of_replicates(checked)
    first = [name for name in COLUMNS if name in checked]
    return checked[first + [name for name in checked.columns if name not in first]]


def _check_columns(table: pd.DataFrame, source: str) -> None:
    missing = [name for name in REQUIRED if name not in table.columns]
    columns = ", ".join(map(str, table.columns)) or "none"
    if missing:
        raise TableError([f"no column {', '.join(missing)}; found columns: {columns}"], source)
    if list(table.columns).count("subject") > 1:
        raise TableError(["both `subject` and `participant_id` are there; keep one"], source)
    if table.empty:
        raise TableError([f"no row below the columns {columns}"], source)


@dataclass
class _Check:
    """A table on its way to be checked; problems carry the position of their row."""

    table: pd.DataFrame
    rows: list[object]
    value_columns: Sequence[str] | None
    problems: list[tuple[int, str]] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)

    def names(self) -> None:
        """Columns of text: identifiers, unit, quality."""
        table = self.table
        table["subject"] = _text(table["subject"]).str.removeprefix("sub-")
        table["biomarker"] = _text(table["biomarker"])
        table["region"] = _text(table["region"]).replace("", WHOLE) if "region" in table else WHOLE
        table["unit"] = _text(table["unit"]) if "unit" in table else ""
        for name in ("session", "group"):
            if name in table:
                table[name] = _text(table[name]).str.removeprefix(
                    "ses-" if name == "session" else ""
                )
        if "reason" in table:
            table["reason"] = _text(table["reason"])
        if "qc" in table:
            table["qc"] = _text(table["qc"]).replace("", "ok")
            self._expect("qc", ~table["qc"].isin(QC_LEVELS), "ok, warn or fail")
        for name in ("subject", "biomarker"):
            self._expect(name, table[name] == "", "a name")
        for earlier, other in spelled_twice(table["subject"]):
            first = int(np.argmax(table["subject"] == other))
            self.problems.append(
                (first, f"column subject: {other!r} is {earlier!r} above; write it alike")
            )

    def numbers(self) -> None:
        """Columns of numbers; blanks are NaN, except that a day must be there."""
        for name in NUMERIC:
            if name not in self.table:
                continue
            column = self.table[name]
            numbers, blank = _numbers_and_blanks(column)
            wrong = ~blank & numbers.isna()
            self._expect(name, wrong & ~self._whole_columns(name, wrong | blank), "a number")
            self._expect(name, numbers.abs() == np.inf, "a finite number")
            if name == "day":
                self._expect(name, blank, "a number of days")
            if name in ("se", "n"):
                self._expect(name, numbers < 0, "0 or more")
            self.table[name] = numbers

    def _whole_columns(self, name: str, unusable: "pd.Series[bool]") -> "pd.Series[bool]":
        """Report once each column of a wide table that holds no number at all; where they are."""
        reported = pd.Series(data=False, index=self.table.index)
        if name != "value" or self.value_columns is None:
            return reported
        columns = pd.Series(list(self.value_columns), index=self.table.index)
        hopeless = unusable.groupby(columns, sort=False).transform("all")
        for column, rows in self.table[hopeless].groupby(columns[hopeless], sort=False):
            cells = [cell_text(cell) for cell in rows[name]]
            filled = [cell for cell in cells if cell not in BLANKS]
            if filled and not any(map(is_comma_number, filled)):
                reported |= columns == column
                self.advice.append(
                    f"A column that is no biomarker is kept out by --ignore={column}; if it says "
                    "who responded, give this table as --participants too"
                )
                self.problems.append(
                    (
                        int(rows.index[0]),
                        f"column {column}: holds text, like {filled[0]!r}; a wide table has "
                        "nothing but biomarkers beside subject, day, region, session and group",
                    )
                )
        return reported

    def units(self) -> None:
        """Units are ASCII, and each biomarker has one."""
        table = self.table
        spelled: dict[str, str] = {}
        for unit in table["unit"].unique():
            try:
                spelled[unit] = canonical_unit(unit)
            except InputError as error:
                spelled[unit] = unit
                first = int(np.argmax(table["unit"] == unit))
                self.problems.append((first, f"column unit: {error}"))
        table["unit"] = table["unit"].map(spelled)
        own = table.groupby("biomarker", sort=False)["unit"].transform("first")
        for biomarker, other in table[table["unit"] != own].groupby("biomarker", sort=False):
            first = int(np.argmax(table["biomarker"] == biomarker))
            self.problems.append(
                (
                    int(other.index[0]),
                    f"column unit: {biomarker} is in {_shown(other['unit'].iloc[0])} here and "
                    f"in {_shown(own[first])} in row {self.rows[first]}; one biomarker has one "
                    "unit",
                )
            )

    def keys(self) -> None:
        """No two rows are the same measurement."""
        named = self.table[self.table["subject"] != ""]
        repeated = named[named.duplicated(list(KEY), keep=False)]
        groups = list(repeated.groupby(list(KEY), sort=False, dropna=False))
        for key, rows in groups[:1]:
            subject, day, region, biomarker = key
            others = ", ".join(str(self.rows[int(position)]) for position in rows.index[:-1])
            extra = f"; {len(groups) - 1} more stand twice" if len(groups) > 1 else ""
            self.problems.append(
                (
                    int(rows.index[-1]),
                    f"columns {', '.join(KEY)}: {subject}, day {day:g}, {region}, {biomarker} is "
                    f"already in row {others}; a measurement stands once{extra}",
                )
            )

    def _expect(self, name: str, wrong: "pd.Series[bool]", expected: str) -> None:
        """Report the first cell of each cause, with the number of the others."""
        causes: dict[str, list[int]] = {}
        for position in np.flatnonzero(wrong.to_numpy(dtype=bool)).tolist():
            text = cell_text(self.table[name].iloc[position])
            cause = "a decimal comma" if is_comma_number(text) else _shown(text)
            causes.setdefault(cause, []).append(position)
        for cause, positions in causes.items():
            first, others = positions[0], positions[1:]
            problem = f"{self._column(name, first)}: found "
            problem += f"{_shown(self.table[name].iloc[first])}, expected {expected}"
            if others:
                places = [f"row {self.rows[each]} {self._column(name, each)}" for each in others]
                noun = "cell" if len(others) == 1 else "cells"
                problem += f"; {cause} stands in {len(others)} {noun} more ({first_rows(places)})"
            self.problems.append((first, problem))
            if cause == "a decimal comma":
                cells = [cell_text(self.table[name].iloc[each]) for each in positions]
                self.advice.append(comma_advice(cells))
            if cause == "nothing" and name == "subject":
                self.advice.append("A blank subject is that of the row above with --fill-down.")

    def _column(self, name: str, position: int) -> str:
        wide = self.value_columns if name == "value" else None
        return f"column {wide[position] if wide else name}"


def _text(column: "pd.Series[str]") -> "pd.Series[str]":
    text = by_text(column, cell_text)
    return text.where(~text.isin(BLANK_NAMES), "").astype(str)


def _numbers_and_blanks(
    column: "pd.Series[Any]",
) -> tuple["pd.Series[float]", "pd.Series[bool]"]:
    """Return a column as floats, and where nothing was measured."""
    if column.dtype.kind in "iuf":
        return cell_numbers(column), column.isna()
    text = by_text(column, cell_text)
    blank = text.isin(BLANKS)
    return cell_numbers(text.where(~blank)), blank


def _shown(cell: object) -> str:
    text = cell_text(cell)
    return repr(text) if text else "nothing"
