"""Where the names of the columns stand, and the table below them."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from biomarkers.errors import TableError
from biomarkers.table.days import day_of_header
from biomarkers.table.names import find_column, plain_name, role_of
from biomarkers.table.options import TableOptions
from biomarkers.table.sheets import Cell, Sheet, cell_text
from biomarkers.units import is_unit

_SEARCHED = 40  # rows in which the names are looked for
Names = list[str]


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

    def is_about(self, role: str, options: TableOptions) -> bool:
        """Tell whether a column has a role, by its name or by what is said of it."""
        names = list(self.frame.columns)
        said = options.columns.get(role)
        return any(_has_role(name, role) for name in names) or bool(
            said and find_column(said, names)
        )


def with_header(sheet: Sheet, source: str, options: TableOptions) -> Headed:
    """Find the row or the two rows of names, and return what stands below under these names.

    Raises
    ------
    TableError
        If a name stands twice or is missing above values, or a row of text has more or fewer cells
        than the header.

    """
    place = _place(sheet, options)
    first, last, names = _names(sheet, place)
    guesses = []
    if first > next(number - 1 for number, _ in sheet.filled()) and not options.header_row:
        guesses.append(f"{_of(sheet)}The names of the columns stand in row {first + 1}.")
    if last > first:
        guesses.append(
            f"{_of(sheet)}The names of the columns stand in rows {first + 1} and {last + 1}."
        )
    rows, filled = _unmerged(sheet, last)
    if filled:
        guesses.append(f"{_of(sheet)}Merged cells were read as if each held the value.")
    body = {
        number: row
        for number, row in enumerate(rows, 1)
        if number > last + 1 and any(cell != "" for cell in row)
    }
    problems = [*_twice(names), *_widths(sheet, names, body), *_nameless(names, body)]
    if problems:
        raise TableError(problems, source if not sheet.name else f"{source}, sheet {sheet.name}")
    return Headed(sheet.name, _frame(names, body), tuple(guesses))


def _of(sheet: Sheet) -> str:
    return f"Sheet {sheet.name}: " if sheet.name else ""


def _frame(names: Names, body: dict[int, list[Cell]]) -> pd.DataFrame:
    width = len(names)
    cells = {number: (row + [""] * width)[:width] for number, row in body.items()}
    frame = pd.DataFrame.from_dict(cells, orient="index", columns=names, dtype=object)
    return frame.loc[:, [name != "" for name in names]]


def _place(sheet: Sheet, options: TableOptions) -> int:
    """Return the row of names, from 0: the one that is said, or the first that names a subject."""
    if options.header_row:
        return min(options.header_row, len(sheet.rows)) - 1
    subject = plain_name(options.columns.get("subject", ""))
    filled = [(number - 1, row) for number, row in sheet.filled()]
    for place, row in filled[:_SEARCHED]:
        names = [cell_text(cell) for cell in row]
        if sum(bool(name) for name in names) < 2:
            continue
        for column, name in enumerate(names):
            if _has_role(name, "subject") or (subject and plain_name(name) == subject):
                # The word rat down a column is a species, no name of a column.
                if _cell(sheet, place + 1, column) != name:
                    return place
    return filled[0][0]


def _has_role(name: str, role: str) -> bool:
    return role_of(name) == role or (role == "subject" and name == "participant_id")


def _cell(sheet: Sheet, row: int, column: int) -> str:
    cells = sheet.rows[row] if row < len(sheet.rows) else []
    return cell_text(cells[column]) if column < len(cells) else ""


def _names(sheet: Sheet, place: int) -> tuple[int, int, Names]:
    """Return the first and the last row of the names, and the names."""
    own = [cell_text(cell) for cell in sheet.rows[place]]
    above = _spread(sheet, place - 1, len(own))
    if _is_above(own, above):
        return place - 1, place, [_joined(top, low) for top, low in zip(above, own, strict=True)]
    width = max(len(own), len(sheet.rows[place + 1]) if place + 1 < len(sheet.rows) else 0)
    below = [_cell(sheet, place + 1, column) for column in range(width)]
    own += [""] * (width - len(own))
    if _is_below(own, below, [_cell(sheet, place + 2, column) for column in range(width)]):
        return (
            place,
            place + 1,
            [
                _joined(top, low)
                for top, low in zip(_spread(sheet, place, width), below, strict=True)
            ],
        )
    return place, place, own


def _spread(sheet: Sheet, row: int, width: int) -> Names:
    """Return the cells of a row, each carried on over the blank ones to its right."""
    cells: Names = []
    for column in range(width):
        text = _cell(sheet, row, column) if row >= 0 else ""
        cells.append(text or (cells[-1] if cells else ""))
    return cells


def _is_above(own: Names, above: Names) -> bool:
    """Tell whether the row above groups the names: those under it stand twice or are days."""
    grouped = [
        name for name, top in zip(own, above, strict=True) if top and name and not role_of(name)
    ]
    if not grouped or any(
        top for name, top in zip(own, above, strict=True) if _has_role(name, "subject")
    ):
        return False
    repeated = len(set(grouped)) < len(grouped)
    return repeated or all(day_of_header(name) for name in grouped)


def _is_below(own: Names, below: Names, data: Names) -> bool:
    """Tell whether the row below goes on with the names: units, or labels below a blank."""
    subject = next((place for place, name in enumerate(own) if _has_role(name, "subject")), None)
    if subject is None or below[subject] or not any(below) or not data[subject]:
        return False
    after = [*own[1:], "x"]
    return all(
        is_unit(low.strip("()[]")) or not name or not following
        for name, following, low in zip(own, after, below, strict=True)
        if low
    )


def _joined(top: str, low: str) -> str:
    """Return one name of two that stand one above the other."""
    if not low or not top or role_of(low):
        return low or (top if role_of(top) or not low else "")
    if is_unit(low.strip("()[]")):
        return f"{top} ({low.strip('()[]')})"
    return f"{top} day {low}" if re.fullmatch(r"[+-]?\d+(\.\d+)?", low) else f"{top} {low}"


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


def _twice(names: Sequence[str]) -> list[str]:
    return [
        f"column {name!r} stands {count} times in the header"
        for name, count in Counter(names).items()
        if name and count > 1
    ]


def _widths(sheet: Sheet, names: Names, body: dict[int, list[Cell]]) -> list[str]:
    if sheet.name:  # a row of a workbook ends where its cells are blank
        return []
    return [
        f"row {number}: {len(cells)} cells under {len(names)} column names"
        for number, cells in body.items()
        if any(cell != "" for cell in cells[len(names) :]) or len(cells) < len(names)
    ]


def _nameless(names: Names, body: dict[int, list[Cell]]) -> list[str]:
    """Name the columns without a name; the first may be the numbers of the rows."""
    problems = []
    for place, name in enumerate(names):
        values = [
            row[place]
            for row in body.values()
            if not name and row[place : place + 1] not in ([], [""])
        ]
        if values and place > 0:
            problems.append(
                f"column {place + 1} has values, like {cell_text(values[0])!r}, and no name"
            )
    return problems
