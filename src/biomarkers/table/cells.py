"""Reading a table file into text cells, so that nothing is guessed before it is checked."""

import csv
import io
import math
from pathlib import Path
from typing import Any

import pandas as pd

from biomarkers.checks import parse_number
from biomarkers.errors import FileError, TableError
from biomarkers.files import require_file

_EXCEL = (".xlsx", ".xlsm", ".xls")


def read_cells(path: Path | str, what: str) -> pd.DataFrame:
    """Read CSV, TSV or Excel as text.

    Parameters
    ----------
    path
        Separated by tabs if the name ends in `.tsv`, else by the commas, semicolons or tabs of
        its header; Excel by its extension (first sheet).
    what
        What the file should be, for messages.

    Returns
    -------
    DataFrame
        Every cell stripped text; the index is the row number in the file (the header is row 1).
        Rows with nothing in them are left out.

    Raises
    ------
    FileError
        If the file is missing, empty, or not text.
        Also if a quotation mark is left open: a cell goes on over a line break and a separator.
    TableError
        If a column name stands twice or is missing above values, or a row has more or fewer
        cells than the header.

    """
    path = require_file(path, what)
    rows = _excel_rows(path) if path.suffix.lower() in _EXCEL else _text_rows(path, what)
    if not rows:
        raise FileError(f"{path} is empty; expected {what}")
    header = [cell.strip() for cell in rows[0]]
    width = len(header)
    problems = [
        f"column {name!r} stands {header.count(name)} times in the header"
        for name in dict.fromkeys(header)
        if name and header.count(name) > 1
    ]
    body: dict[int, list[str]] = {}
    for number, row in enumerate(rows[1:], start=2):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if any(cells[width:]) or len(cells) < width:
            problems.append(f"row {number}: {len(cells)} cells under {width} column names")
        body[number] = (cells + [""] * width)[:width]
    for place, name in enumerate(header):
        nameless = [cells[place] for cells in body.values() if not name and cells[place]]
        # The first column may be the numbers of the rows: other programs give them no name.
        if nameless and place > 0:
            problems.append(f"column {place + 1} has values, like {nameless[0]!r}, and no name")
    if problems:
        raise TableError(problems, str(path))
    frame = pd.DataFrame.from_dict(body, orient="index", columns=header, dtype=str)
    return frame.loc[:, [name != "" for name in header]]


def _text_rows(path: Path, what: str) -> list[list[str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileError(f"{path} is not UTF-8 text ({error.reason}); expected {what}") from error
    if "\0" in text:
        raise FileError(f"{path} is not text (it holds null bytes); expected {what}")
    header = text.split("\n", 1)[0]
    separator = "\t" if path.suffix.lower() == ".tsv" else _separator(header)
    rows: list[list[str]] = []
    problem = "a cell goes on over the end of its line"
    try:
        for row in csv.reader(io.StringIO(text), delimiter=separator, strict=True):
            if any("\n" in cell and separator in cell for cell in row):
                break
            rows.append(row)
        else:
            return rows
    except csv.Error as error:
        problem = str(error)
    raise FileError(f"{path}, row {len(rows) + 1}: {problem}; is a quotation mark left open?")


def _separator(header: str) -> str:
    return max(",;\t", key=header.count)


def _excel_rows(path: Path) -> list[list[str]]:
    try:
        sheet = pd.read_excel(path, header=None, dtype=str, keep_default_na=False)
    except ImportError as error:
        raise FileError(
            f"{path}: reading Excel needs openpyxl; install it with pip install 'biomarkers[excel]'"
        ) from error
    except Exception as error:
        raise FileError(f"{path} is not a readable Excel workbook ({error})") from error
    return [["" if pd.isna(cell) else str(cell) for cell in row] for row in sheet.to_numpy()]


def cell_numbers(column: "pd.Series[Any]") -> "pd.Series[float]":
    """Return a column as floats, text read by `parse_number`; NaN for what is no number."""
    if pd.api.types.is_numeric_dtype(column):
        return pd.to_numeric(column).astype(float)
    return column.map(lambda cell: parse_number(cell_text(cell))).astype(float)


def cell_text(cell: object) -> str:
    """Return a cell as text: nothing for a missing one, 7 for 7.0 (an identifier read as float)."""
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return ""
    if isinstance(cell, float):
        if math.isnan(cell):
            return ""
        return str(int(cell)) if cell.is_integer() else repr(float(cell))
    return str(cell).strip()
