"""The row, or the two rows, in which the names of the columns stand."""

import re
from typing import NamedTuple

from biomarkers.errors import InputError
from biomarkers.table.days import day_of_header
from biomarkers.table.names import plain_name, role_of
from biomarkers.table.options import TableOptions
from biomarkers.table.sheets import Sheet, cell_text
from biomarkers.units import is_unit

_SEARCHED = 40  # rows in which the names are looked for
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_BRACKETS = "()[]"


class Header(NamedTuple):
    """The names of the columns, the last row they stand in, from 0, and what was guessed."""

    names: list[str]
    last: int
    guesses: tuple[str, ...]


def find_header(sheet: Sheet, options: TableOptions) -> Header:
    """Return the names of the columns.

    They stand in the row that is said; else in the first that has a name for the subject; else in
    the first that is filled. A row above that groups them, or one below with units or days, is
    joined.
    """
    place = _place(sheet, options)
    own = [cell_text(cell) for cell in sheet.rows[place]]
    above = _spread(sheet, place - 1, len(own))
    if _groups(above, own):
        return Header(_joined(above, own), place, (_rows_of_names(place - 1, place),))
    width = max(len(own), len(sheet.rows[place + 1]) if place + 1 < len(sheet.rows) else 0)
    below, data = (
        [_cell(sheet, place + step, column) for column in range(width)] for step in (1, 2)
    )
    if _continues([*own, *[""] * (width - len(own))], below, data):
        names = _joined(_spread(sheet, place, width), below)
        return Header(names, place + 1, (_rows_of_names(place, place + 1),))
    first = next(number for number, _ in sheet.filled())
    guessed = place + 1 > first and not options.header_row
    told = (f"The names of the columns stand in row {place + 1}.",) if guessed else ()
    return Header(own, place, told)


def _rows_of_names(first: int, last: int) -> str:
    return f"The names of the columns stand in rows {first + 1} and {last + 1}."


def _place(sheet: Sheet, options: TableOptions) -> int:
    if options.header_row:
        if not 0 < options.header_row <= len(sheet.rows):
            rows = f"the {len(sheet.rows)} rows there are"
            raise InputError(f"header_row is {options.header_row}; expected one of {rows}")
        return options.header_row - 1
    subject = plain_name(options.columns.get("subject", ""))
    filled = [(number - 1, row) for number, row in sheet.filled()]
    for place, row in filled[:_SEARCHED]:
        names = [cell_text(cell) for cell in row]
        if sum(bool(name) for name in names) < 2:
            continue
        for column, name in enumerate(names):
            named = is_subject(name) or (subject and plain_name(name) == subject)
            # The word rat down a column is a species, no name of a column.
            if named and _cell(sheet, place + 1, column) != name:
                return place + 1 if _heads_names(sheet, place, column) else place
    several = [place for place, row in filled if sum(cell != "" for cell in row) > 1]
    return (several or [filled[0][0]])[0]


def _heads_names(sheet: Sheet, place: int, column: int) -> bool:
    """Tell whether a row is a banner: Animal over several columns; Mouse ID, Group, … below."""
    if not is_subject(_cell(sheet, place + 1, column)):
        return False
    banner, names = (
        sum(cell_text(cell) != "" for cell in sheet.rows[row]) for row in (place, place + 1)
    )
    return banner < names


def is_subject(name: str) -> bool:
    """Tell whether a column of this name says who."""
    return name == "participant_id" or role_of(name) == "subject"


def _cell(sheet: Sheet, row: int, column: int) -> str:
    cells = sheet.rows[row] if row < len(sheet.rows) else []
    return cell_text(cells[column]) if column < len(cells) else ""


def _spread(sheet: Sheet, row: int, width: int) -> list[str]:
    """Return the cells of a row, each carried on over the blank ones to its right."""
    cells: list[str] = []
    for column in range(width):
        text = _cell(sheet, row, column) if row >= 0 else ""
        cells.append(text or (cells[-1] if cells else ""))
    return cells


def _groups(above: list[str], own: list[str]) -> bool:
    """Tell whether the row above groups the names: those under it stand twice or are days."""
    under = [name for name, top in zip(own, above, strict=True) if top and name]
    grouped = [name for name in under if not role_of(name)]
    # A title reaches over all columns; a name for several, over those of values and of remarks.
    if not grouped or any(role_of(name) not in ("", "remark") for name in under):
        return False
    return len(set(grouped)) < len(grouped) or all(
        day_of_header(name) or _NUMBER.fullmatch(name) for name in grouped
    )


def _continues(own: list[str], below: list[str], data: list[str]) -> bool:
    """Tell whether the row below goes on with the names: units, or labels below a blank."""
    subject = next((place for place, name in enumerate(own) if is_subject(name)), None)
    if subject is None or below[subject] or not any(below) or not data[subject]:
        return False
    # A name over several columns is followed by a blank one.
    after = [*own[1:], "x"]
    return all(
        is_unit(low.strip(_BRACKETS)) or not name or not following
        for name, following, low in zip(own, after, below, strict=True)
        if low
    )


def _joined(tops: list[str], lows: list[str]) -> list[str]:
    """Return one name of two that stand one above the other."""
    names = []
    for top, low in zip(tops, lows, strict=True):
        unit = low.strip(_BRACKETS)
        if not low:
            names.append(top)
        elif not top or role_of(low):
            names.append(low)
        elif is_unit(unit):
            names.append(f"{top} ({unit})")
        else:
            names.append(f"{top} day {low}" if _NUMBER.fullmatch(low) else f"{top} {low}")
    return names
