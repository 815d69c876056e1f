"""Reading a tidy table into text cells, so that nothing is guessed before it is checked."""

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from biomarkers.checks import parse_number
from biomarkers.files import require_file
from biomarkers.table.header import with_header
from biomarkers.table.options import TableOptions
from biomarkers.table.sheet_files import read_sheets
from biomarkers.table.sheets import Sheet, as_text, cell_text

Row = dict[str, str]


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
    sheets, _ = read_sheets(path, what)
    frame = with_header(sheets[0], str(path), TableOptions(header_row=_first_row(sheets[0]))).frame
    return as_text(frame)


def kept_cells(path: Path | str, what: str) -> pd.DataFrame:
    """Return `read_cells`, not to be changed, of a file that is not read again until it has.

    For a table of the whole study, of which every session asks for a row.
    """
    path = require_file(path, what)
    return _kept_cells(path, what, _state(path))


def kept_rows(path: Path | str, what: str, column: str, name: str) -> list[tuple[int, Row]]:
    """Return the rows of `kept_cells` that are of a name, with their numbers.

    A name like `sub-01` may stand there without what it begins with; where there is no such
    column, there is no row.
    """
    path = require_file(path, what)
    rows = _kept_rows(path, what, column, _state(path))
    return sorted(row for each in {name, name.partition("-")[2]} for row in rows.get(each, ()))


def _state(path: Path) -> tuple[int, ...]:
    with path.open("rb") as stream:  # opened, as a file server's answers may else be old ones
        stat = os.fstat(stream.fileno())
    return stat.st_dev, stat.st_ino, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size


@lru_cache(maxsize=8)
def _kept_cells(path: Path, what: str, _state: tuple[int, ...]) -> pd.DataFrame:
    return read_cells(path, what)


@lru_cache(maxsize=8)
def _kept_rows(
    path: Path, what: str, column: str, state: tuple[int, ...]
) -> dict[str, list[tuple[int, Row]]]:
    cells = _kept_cells(path, what, state)
    rows: dict[str, list[tuple[int, Row]]] = {}
    for number, texts in zip(cells.index, cells.to_numpy().tolist(), strict=True):
        row = dict(zip(map(str, cells.columns), texts, strict=True))
        rows.setdefault(row.get(column, ""), []).append((int(number), row))
    return rows if column in cells else {}


def _first_row(sheet: Sheet) -> int:
    return next((number for number, _ in sheet.filled()), 1)


def cell_numbers(column: "pd.Series[Any]") -> "pd.Series[float]":
    """Return a column as floats, text read by `parse_number`; NaN for what is no number."""
    if pd.api.types.is_numeric_dtype(column):
        return pd.to_numeric(column).astype(float)
    return column.map(lambda cell: parse_number(cell_text(cell))).astype(float)
