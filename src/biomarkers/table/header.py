"""A sheet as a table: the names of its columns, and the cells below."""

from collections import Counter
from dataclasses import dataclass
from math import isnan

import pandas as pd

from biomarkers.checks import parse_number
from biomarkers.errors import TableError
from biomarkers.table.header_rows import find_header, is_subject
from biomarkers.table.numbers import is_comma_number
from biomarkers.table.options import TableOptions
from biomarkers.table.sheets import Cell, Sheet, cell_text

_Body = dict[int, list[Cell]]


@dataclass(frozen=True)
class Headed:
    """A sheet whose columns have names.

    Parameters
    ----------
    sheet
        Name of the sheet; empty for a file of text.
    frame
        Cells as they are (text, numbers, dates, `Fault`); the index is the row in the file.
    guesses
        What had to be guessed.

    """

    sheet: str
    frame: pd.DataFrame
    guesses: tuple[str, ...]


def with_header(sheet: Sheet, source: str, options: TableOptions) -> Headed:
    """Find the row or the two rows of names, and return what stands below under these names.

    Raises
    ------
    TableError
        If a name stands twice or is missing above values, or a row of text has more or fewer cells
        than the header.

    """
    header = find_header(sheet, options)
    rows, filled = _unmerged(sheet, header.last)
    below = list(enumerate(rows, 1))[header.last + 1 :]
    body = {number: row for number, row in below if any(cell != "" for cell in row)}
    names, told = _with_names(header.names, body)
    nameless, remarks = _nameless(names, body)
    problems = [*_twice(names), *_widths(sheet, names, body), *nameless]
    if problems:
        raise TableError(problems, f"{source}, sheet {sheet.name}" if sheet.name else source)
    guesses = [*header.guesses, *told, *remarks]
    if filled:
        guesses.append("Merged cells were read as if each held the value.")
    of = f"Sheet {sheet.name}: " if sheet.name else ""
    return Headed(sheet.name, _frame(names, body), tuple(f"{of}{each}" for each in guesses))


def _frame(names: list[str], body: _Body) -> pd.DataFrame:
    width = len(names)
    cells = {number: (row + [""] * width)[:width] for number, row in body.items()}
    frame = pd.DataFrame.from_dict(cells, orient="index", columns=names, dtype=object)
    return frame.loc[:, [name != "" for name in names]]


def _unmerged(sheet: Sheet, last: int) -> tuple[list[list[Cell]], bool]:
    """Return the rows with merged cells below the names filled, and whether there were any."""
    rows, filled = [list(row) for row in sheet.rows], False
    for span in sheet.spans:
        if span.top <= last or span.left != span.right:
            continue
        for row in range(span.top + 1, span.bottom + 1):
            if row < len(rows) and span.left < len(rows[row]):
                rows[row][span.left] = rows[span.top][span.left]
                filled = True
    return rows, filled


def _twice(names: list[str]) -> list[str]:
    return [
        f"column {name!r} stands {count} times in the header"
        for name, count in Counter(names).items()
        if name and count > 1
    ]


def _widths(sheet: Sheet, names: list[str], body: _Body) -> list[str]:
    if sheet.name:  # a row of a workbook ends where its cells are blank
        return []
    return [
        f"row {number}: {len(cells)} cells under {len(names)} column names"
        for number, cells in body.items()
        if any(cell != "" for cell in cells[len(names) :]) or len(cells) < len(names)
    ]


def _with_names(names: list[str], body: _Body) -> tuple[list[str], list[str]]:
    """Return the names, the subject named where it only stands in the first column."""
    first = [cell_text(row[0]) for row in body.values() if row]
    numbers = [str(place + start) for start in (0, 1) for place in range(len(first))]
    counted = first in (numbers[: len(first)], numbers[len(first) :])
    if names[0] or any(map(is_subject, names)) or not all(first) or counted or len(names) < 2:
        return names, []
    return ["subject", *names[1:]], ["The first column has no name and was read as subject."]


def _nameless(names: list[str], body: _Body) -> tuple[list[str], list[str]]:
    """Return problems of columns without a name, and which were kept out.

    The first may hold the numbers of the rows; text beside a table of subjects is a remark.
    """
    problems, remarks = [], []
    for place in (each for each, name in enumerate(names) if not name and each > 0):
        cells = [cell_text(cell) for row in body.values() for cell in row[place : place + 1]]
        filled = [text for text in cells if text]
        number = any(is_comma_number(text) or not isnan(parse_number(text)) for text in filled)
        if filled and (number or not any(map(is_subject, names))):
            problems.append(f"column {place + 1} has values, like {filled[0]!r}, and no name")
        elif filled:
            remarks.append(f"Column {place + 1} has no name, holds remarks and was kept out.")
    return problems, remarks
