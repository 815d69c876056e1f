"""Reading a tidy table into text cells, so that nothing is guessed before it is checked."""

from pathlib import Path
from typing import Any

import pandas as pd

from biomarkers.checks import parse_number
from biomarkers.table.header import with_header
from biomarkers.table.options import TableOptions
from biomarkers.table.sheet_files import read_sheets
from biomarkers.table.sheets import Sheet, cell_text


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
    return frame.map(cell_text)


def _first_row(sheet: Sheet) -> int:
    return next((number for number, _ in sheet.filled()), 1)


def cell_numbers(column: "pd.Series[Any]") -> "pd.Series[float]":
    """Return a column as floats, text read by `parse_number`; NaN for what is no number."""
    if pd.api.types.is_numeric_dtype(column):
        return pd.to_numeric(column).astype(float)
    return column.map(lambda cell: parse_number(cell_text(cell))).astype(float)
