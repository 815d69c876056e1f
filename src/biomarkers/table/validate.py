"""Check a measurement table: all problems in one pass, each with row and column."""

import numpy as np
import pandas as pd

from biomarkers.errors import InputError, TableError
from biomarkers.table.columns import (
    BLANKS,
    COLUMNS,
    KEY,
    NUMERIC,
    QC_LEVELS,
    REQUIRED,
    WHOLE,
)
from biomarkers.units import canonical_unit

Problem = tuple[int | str, str]


def check_measurements(table: pd.DataFrame, *, source: str = "measurement table") -> pd.DataFrame:
    """Return the table with its columns named, typed and ordered, or say all that is wrong.

    Parameters
    ----------
    table
        Long table; cells may be text (as read from a file) or already typed. Its index names
        the rows in messages.
    source
        Where the table comes from, for messages.

    Returns
    -------
    DataFrame
        A new table: the columns of `COLUMNS` that are present (`region` and `unit` always are),
        then any others, unchanged. `subject` loses its `sub-`; blanks become NaN; units are
        canonical; a row's `qc` defaults to `ok` where the column exists.

    Raises
    ------
    TableError
        With every problem: a missing column, an empty subject or biomarker, text or infinity
        where a number belongs, a negative standard error or count, an unknown `qc`, a unit that
        is not ASCII, two units for one biomarker, rows with the same key.

    Examples
    --------
    >>> rows = {"participant_id": ["sub-01"], "day": ["3"], "biomarker": ["ADC"], "value": ["1e-3"]}
    >>> check_measurements(pd.DataFrame(rows)).iloc[0].to_dict()
    {'subject': '01', 'day': 3.0, 'region': 'whole', 'biomarker': 'ADC', 'value': 0.001, 'unit': ''}

    """
    table = table.rename(columns={"participant_id": "subject"})
    missing = [name for name in REQUIRED if name not in table.columns]
    if missing:
        found = ", ".join(map(str, table.columns)) or "none"
        names = ", ".join(missing)
        raise TableError([f"no column {names}; found columns: {found}"], source)
    if list(table.columns).count("subject") > 1:
        raise TableError(["both `subject` and `participant_id` are there; keep one"], source)

    problems: list[Problem] = []
    checked = _text_columns(table, problems)
    for name in NUMERIC:
        if name in checked:
            checked[name] = _numbers(checked[name], name, problems)
    _check_ranges(checked, problems)
    _check_units(checked, problems)
    _check_keys(checked, problems)
    if problems:
        order = {row: position for position, row in enumerate(table.index)}
        problems.sort(key=lambda problem: order.get(problem[0], -1))
        raise TableError([f"row {row}, {text}" for row, text in problems], source)
    first = [name for name in COLUMNS if name in checked]
    return checked[first + [name for name in checked.columns if name not in first]]


def _text_columns(table: pd.DataFrame, problems: list[Problem]) -> pd.DataFrame:
    table = table.copy()
    table["subject"] = _text(table["subject"]).str.removeprefix("sub-")
    table["biomarker"] = _text(table["biomarker"])
    table["region"] = _text(table["region"]).replace("", WHOLE) if "region" in table else WHOLE
    table["unit"] = _text(table["unit"]) if "unit" in table else ""
    for name in ("session", "group"):
        if name in table:
            table[name] = _text(table[name])
    if "session" in table:
        table["session"] = table["session"].str.removeprefix("ses-")
    if "qc" in table:
        table["qc"] = _text(table["qc"]).replace("", "ok")
        _complain(table["qc"], ~table["qc"].isin(QC_LEVELS), "qc", "ok, warn or fail", problems)
    for name in ("subject", "biomarker"):
        _complain(table[name], table[name] == "", name, "a name", problems)
    return table


def _text(column: "pd.Series[str]") -> "pd.Series[str]":
    text = column.map(_cell_text)
    return text.where(~text.isin(BLANKS), "").astype(str)


def _cell_text(cell: object) -> str:
    if cell is None or cell is pd.NA or (isinstance(cell, float) and np.isnan(cell)):
        return ""
    # A subject read as the number 7.0 is the subject 7.
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _numbers(column: "pd.Series[str]", name: str, problems: list[Problem]) -> "pd.Series[float]":
    """Turn cells into floats; blanks are NaN, except that a day must be there."""
    text = _text(column) if column.dtype == object or str(column.dtype) == "str" else column
    blank = text.isin(BLANKS) | text.isna()
    numbers = pd.to_numeric(text.where(~blank), errors="coerce").astype(float)
    _complain(column, ~blank & numbers.isna(), name, "a number", problems)
    _complain(column, numbers.abs() == np.inf, name, "a finite number", problems)
    if name == "day":
        _complain(column, blank, name, "a number of days", problems)
    return numbers


def _check_ranges(table: pd.DataFrame, problems: list[Problem]) -> None:
    for name in ("se", "n"):
        if name in table:
            _complain(table[name], table[name] < 0, name, "0 or more", problems)


def _check_units(table: pd.DataFrame, problems: list[Problem]) -> None:
    spelled: dict[str, str] = {}
    for unit in table["unit"].unique():
        try:
            spelled[unit] = canonical_unit(unit)
        except InputError as error:
            row = table.index[table["unit"] == unit][0]
            problems.append((row, f"column unit: {error}"))
            spelled[unit] = unit
    table["unit"] = table["unit"].map(spelled)
    for biomarker, rows in table.groupby("biomarker", sort=False):
        first = rows["unit"].iloc[0]
        other = rows[rows["unit"] != first]
        if len(other):
            problems.append(
                (
                    other.index[0],
                    f"column unit: {biomarker} is in {_shown(other['unit'].iloc[0])} here and in "
                    f"{_shown(first)} in row {rows.index[0]}; one biomarker has one unit",
                )
            )


def _check_keys(table: pd.DataFrame, problems: list[Problem]) -> None:
    repeated = table[table.duplicated(list(KEY), keep=False)]
    for key, rows in repeated.groupby(list(KEY), sort=False, dropna=False):
        subject, day, region, biomarker = key
        others = ", ".join(str(row) for row in rows.index[:-1])
        problems.append(
            (
                rows.index[-1],
                f"columns {', '.join(KEY)}: {subject}, day {day:g}, {region}, {biomarker} is "
                f"already in row {others}; a measurement stands once",
            )
        )


def _complain(
    column: "pd.Series[str]",
    wrong: "pd.Series[bool]",
    name: str,
    expected: str,
    problems: list[Problem],
) -> None:
    problems.extend(
        (row, f"column {name}: found {_shown(column.loc[row])}, expected {expected}")
        for row in column.index[wrong.to_numpy(dtype=bool)]
    )


def _shown(cell: object) -> str:
    text = _cell_text(cell)
    return repr(text) if text else "nothing"
