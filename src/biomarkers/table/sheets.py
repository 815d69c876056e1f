"""Sheets of cells: what a file holds before anything is made of it."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import pandas as pd

# As many as a sheet of Excel holds. More are a table on its side, or made to be huge.
MOST_COLUMNS = 16_384


class Fault(NamedTuple):
    """A cell that holds no value but an error: `#DIV/0!`, or a formula that was never computed."""

    text: str
    address: str


Cell = str | float | bool | date | datetime | Fault


class Span(NamedTuple):
    """Merged cells: the first and the last row and column, counted from 0."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Sheet:
    """The cells of a sheet, or of a file of text; the name of the latter is empty.

    Text is stripped and blank cells are empty text. Rows of text may be of any length.
    """

    name: str
    rows: list[list[Cell]]
    spans: tuple[Span, ...] = ()
    hidden: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether no cell holds anything."""
        return not any(True for _ in self.filled())

    def filled(self) -> Iterator[tuple[int, list[Cell]]]:
        """Yield the rows with something in them and their numbers, the first being 1."""
        for number, row in enumerate(self.rows, start=1):
            if any(cell != "" for cell in row):
                yield number, row


def address(sheet: str, row: int, column: int) -> str:
    """Return the address of a cell whose row and column are counted from 0.

    Examples
    --------
    >>> from biomarkers.table.sheets import address
    >>> address("MRI", 3, 2), address("MRI", 0, 26)
    ('MRI!C4', 'MRI!AA1')

    """
    letters = ""
    column += 1
    while column:
        column, place = divmod(column - 1, 26)
        letters = chr(ord("A") + place) + letters
    return f"{sheet}!{letters}{row + 1}"


def cell_text(cell: object) -> str:
    """Return a cell as text: nothing for a missing one, 7 for 7.0 (an identifier read as float)."""
    if isinstance(cell, str):
        return cell.strip()
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return ""
    if isinstance(cell, float):
        if math.isnan(cell):
            return ""
        return str(int(cell)) if cell.is_integer() else repr(float(cell))
    if isinstance(cell, Fault):
        return cell.text
    return cell.isoformat() if isinstance(cell, date) else str(cell).strip()


def by_text(column: "pd.Series[Any]", make: Callable[[Any], str]) -> "pd.Series[Any]":
    """Return what is made of each cell; of text or floats once for all cells that are alike."""
    if column.dtype != float and pd.api.types.infer_dtype(column, skipna=True) != "string":
        return column.map(make)
    codes, distinct = pd.factorize(column, use_na_sentinel=False)
    made = pd.Series([make(each) for each in distinct])
    return pd.Series(made.take(codes).array, index=column.index, name=column.name)


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with every cell as text (`cell_text`)."""
    return frame.apply(by_text, make=cell_text)
