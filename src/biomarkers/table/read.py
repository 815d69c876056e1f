"""Read a measurement table, in any of the layouts that people keep."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from biomarkers.checks import parse_number
from biomarkers.errors import TableError
from biomarkers.table.choose import choose_sheets
from biomarkers.table.columns import BLANKS, WHOLE
from biomarkers.table.dates import with_days
from biomarkers.table.exclusions import excluded_rows
from biomarkers.table.layout import Long, to_long
from biomarkers.table.lesions import LESION, with_lesions_as_subjects
from biomarkers.table.numbers import (
    advice_on_values,
    codes_for_missing,
    with_points,
    without_missing,
)
from biomarkers.table.options import TableOptions
from biomarkers.table.sheet_files import read_sheets
from biomarkers.table.sheets import Fault, as_text, cell_text
from biomarkers.table.validate import check_measurements

WHAT = "a measurement table (CSV, TSV or Excel)"
_NUMBERS = ("value", "se", "n", "day")
GUESSES = "guesses"


def read_measurements(
    path: Path | str,
    *,
    options: TableOptions | None = None,
    exclusions: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Read measurements from CSV, TSV, Excel or OpenDocument and check them.

    Parameters
    ----------
    path
        A long table (columns as in `table.columns`), a wide one: `subject`, `day`, optionally
        `region`, `session`, `group`, and one column per biomarker, whose header may carry its
        unit: `tumor_volume (mm^3)`, or one with a column for each day, a sheet per biomarker.
        Usual names in a few languages stand for these.
    options
        What is said of the table; the rest is found out, or asked for.
    exclusions
        As from `read_exclusions`: what they name may be unreadable.

    Returns
    -------
    DataFrame
        The checked long table; the row number in the file is its index (with the sheet, if there
        are several). `attrs["guesses"]` is a tuple of sentences, one for each thing guessed. Of
        several lesions of a subject each is a subject, and `individual` says whose it is.

    Raises
    ------
    FileError
        If the file cannot be read.
    TableError
        With every problem at once, each with its row and column; equal ones counted.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers.table import read_measurements
    >>> wide = pd.DataFrame({"rat": ["01", "01"], "day": [0, 3], "tumor_volume (mm^3)": [40, 52]})
    >>> wide.to_csv("volumes.csv", index=False)
    >>> table = read_measurements("volumes.csv")
    >>> table[["subject", "day", "biomarker", "value", "unit"]].to_numpy().tolist()
    [['01', 0.0, 'tumor_volume', 40.0, 'mm^3'], ['01', 3.0, 'tumor_volume', 52.0, 'mm^3']]

    """
    options, source = options or TableOptions(), str(path)
    sheets, guesses = read_sheets(path, WHAT)
    tables, chosen = choose_sheets(sheets, source, options)
    parts = [to_long(table, source, options) for table in tables]
    long = _put_together(parts, [table.sheet for table in tables])
    _refuse_faults(long, source)
    frame, dated = with_days(long.frame, source, options)
    if LESION in frame and "subject" in frame:
        frame, lesions = with_lesions_as_subjects(frame, source)
        dated += lesions
    frame, numbers = _numbers(frame, source, options, exclusions)
    try:
        checked = check_measurements(
            as_text(frame),
            source=source,
            value_columns=long.headers,
            replicates=options.replicates,
        )
    except TableError as error:
        advice = (*error.advice, *_advice(frame, long), *long.advice)
        raise TableError(error.problems, source, advice) from None
    told = (*guesses, *chosen, *long.guesses, *dated, *numbers, *checked.attrs.get(GUESSES, ()))
    checked.attrs[GUESSES] = tuple(dict.fromkeys(told))
    return checked


def _put_together(parts: Sequence[Long], sheets: Sequence[str]) -> Long:
    """Return the rows of all sheets as one table; a row then has the name of its sheet too."""
    if len(parts) == 1:
        return parts[0]
    frames = [
        part.frame.set_axis([f"{sheet}!{row}" for row in part.frame.index], axis=0)
        for part, sheet in zip(parts, sheets, strict=True)
    ]
    columns = list(dict.fromkeys(name for frame in frames for name in frame))
    headers = [header for part in parts for header in part.headers or ["value"] * len(part.frame)]
    return Long(
        pd.concat([frame.reindex(columns=columns, fill_value="") for frame in frames]),
        headers,
        tuple(guess for part in parts for guess in part.guesses),
        tuple(dict.fromkeys(line for part in parts for line in part.advice)),
    )


def _refuse_faults(long: Long, source: str) -> None:
    """Refuse cells with an error in any column that is read."""
    where: dict[str, list[str]] = {}
    for cell in long.frame.to_numpy().ravel():
        if isinstance(cell, Fault):
            where.setdefault(cell.text, []).append(cell.address)
    problems = [
        f"{fault} in {_listed(list(dict.fromkeys(places)))}; expected a number or nothing"
        for fault, places in where.items()
    ]
    if problems:
        raise TableError(problems, source, ("Mend or clear these cells and save the workbook.",))


def _listed(places: Sequence[str], most: int = 5) -> str:
    noun = "cell" if len(places) == 1 else f"{len(places)} cells:"
    return f"{noun} {', '.join(places[:most])}{', …' if len(places) > most else ''}"


def _numbers(
    frame: pd.DataFrame, source: str, options: TableOptions, exclusions: pd.DataFrame | None
) -> tuple[pd.DataFrame, list[str]]:
    """Return a table whose numbers are plain text, and what was guessed."""
    columns = [name for name in _NUMBERS if name in frame]
    plain, guesses = with_points(frame[columns], options, source)
    frame = frame.assign(**{name: plain[name] for name in columns})
    if "value" not in frame:
        return frame, guesses
    values, missing = without_missing(frame["value"], options)
    frame = frame.assign(value=values)
    if exclusions is not None:
        frame = frame.assign(value=_without_excluded(frame, exclusions))
    if "biomarker" in frame:
        codes = codes_for_missing(frame, options)
        if codes:
            raise TableError(codes, source)
    return frame, [*guesses, *missing]


def _advice(frame: pd.DataFrame, long: Long) -> tuple[str, ...]:
    """Return advice on values that are no numbers, in columns that hold some."""
    if "value" not in frame:
        return ()
    headers = pd.Series(long.headers or ["value"] * len(frame))
    values = frame["value"].map(cell_text).reset_index(drop=True)
    return advice_on_values(
        values[values.map(parse_number).notna().groupby(headers).transform("any")]
    )


def _without_excluded(frame: pd.DataFrame, exclusions: pd.DataFrame) -> "pd.Series[str]":
    """Return the values, blank where one is excluded and no number: `0,09?`, `<0.0005`."""
    needed = {"subject", "day", "biomarker"}
    values = frame["value"]
    if not needed <= set(frame.columns):
        return values
    region = frame["region"].map(cell_text).replace("", WHOLE) if "region" in frame else WHOLE
    named = frame.assign(
        subject=frame["subject"].map(cell_text).str.removeprefix("sub-"),
        day=frame["day"].map(lambda cell: parse_number(cell_text(cell))),
        biomarker=frame["biomarker"].map(cell_text),
        region=region,
    )
    unread = values.map(parse_number).isna() & ~values.isin(BLANKS)
    for hit in excluded_rows(named, exclusions):
        values = values.mask(hit.to_numpy() & unread.to_numpy(), "")
    return values
