"""Which sheets of a workbook hold the measurements."""

from collections.abc import Sequence

from biomarkers.errors import TableError
from biomarkers.table.across import (
    day_of_sheet,
    days_across,
    marker_of_sheet,
    says_nothing,
    subjects_across,
)
from biomarkers.table.columns import COLUMNS
from biomarkers.table.header import Headed, with_header
from biomarkers.table.names import did_you_mean, find_column
from biomarkers.table.options import TableOptions
from biomarkers.table.roles import find_roles
from biomarkers.table.sheets import Sheet


def choose_sheets(
    sheets: Sequence[Sheet], source: str, options: TableOptions
) -> tuple[list[Headed], list[str]]:
    """Return the sheets to read, with the names of their columns, and what was guessed.

    Those that are said; else the only one with measurements; else all, if each holds one biomarker
    or one day that its name tells.

    Raises
    ------
    TableError
        If a sheet that is said is not there, or several hold measurements.

    """
    said = named_sheets(sheets, source, options)
    if said:
        return [with_header(sheet, source, options) for sheet in said], []
    visible = [sheet for sheet in sheets if not (sheet.hidden or sheet.is_empty)]
    if len(visible) == 1:
        return [with_header(visible[0], source, options)], _not_read(sheets, visible)
    tables = [tried(sheet, options) for sheet in visible]
    kinds = {table.sheet: _kind(table, options) for table in tables if table}
    chosen = [table for table in tables if table and kinds[table.sheet]]
    if not chosen:
        return [with_header(visible[0], source, options)], _not_read(sheets, visible[:1])
    if len(chosen) > 1 and not all(kinds[table.sheet] == "part" for table in chosen):
        names = [table.sheet for table in chosen]
        problem = (
            f"sheets {', '.join(names)} each hold measurements; say which: --sheet {names[0]!r}"
        )
        raise TableError([f"{problem}, once for each that is to be read"], source)
    guesses = []
    if len(chosen) > 1:
        guesses = [f"Sheets {', '.join(table.sheet for table in chosen)} were put together."]
    read = [sheet for sheet in sheets if sheet.name in {table.sheet for table in chosen}]
    return chosen, [*guesses, *_not_read(sheets, read)]


def named_sheets(sheets: Sequence[Sheet], source: str, options: TableOptions) -> list[Sheet]:
    """Return the sheets that are said; `TableError` if one is not there."""
    names = [sheet.name for sheet in sheets]
    if names == [""]:
        return []
    found = {wanted: find_column(wanted, names) for wanted in options.listed("sheet")}
    problems = [
        f"no sheet {wanted!r}{did_you_mean(wanted, names)}; found {', '.join(names)}"
        for wanted, name in found.items()
        if name is None
    ]
    if problems:
        raise TableError(problems, source)
    return [sheet for name in found.values() for sheet in sheets if sheet.name == name]


def tried(sheet: Sheet, options: TableOptions) -> Headed | None:
    """Return a sheet with its header, or nothing where it is no table."""
    try:
        return with_header(sheet, sheet.name, options)
    except TableError:  # notes, a drawing: no table
        return None


def _kind(table: Headed, options: TableOptions) -> str:
    """Return `whole` for a table of measurements, `part` for one whose sheet says what or when."""
    names = list(table.frame.columns)
    if {"biomarker", "value"} <= set(names):
        return "whole"
    roles = find_roles(names, options)
    measured = [name for name in names if name not in {*roles.taken(), *COLUMNS}]
    if "subject" not in roles or table.frame.empty:
        return "part" if "day" in roles and subjects_across(measured) else ""
    if {"biomarker", "value"} <= set(roles.columns):
        return "whole"
    return _kind_of_columns(table.sheet, measured, set(roles.columns))


def _kind_of_columns(sheet: str, measured: Sequence[str], roles: set[str]) -> str:
    """Return the kind of a sheet with subjects, by its columns of values."""
    days = days_across(measured)
    alone = "value" in roles or (len(measured) == 1 and says_nothing(measured[0]))
    if {"day", "date", "week"} & roles:
        part, whole = alone and bool(marker_of_sheet(sheet)), bool(measured) or alone
    else:
        whole = bool(days) and all(header.marker for header in days.values())
        dated = bool(measured) and day_of_sheet(sheet) is not None
        part = dated or (bool(days) and not whole)
    return "part" if part else "whole" if whole else ""


def _not_read(sheets: Sequence[Sheet], read: Sequence[Sheet]) -> list[str]:
    left = [sheet for sheet in sheets if sheet not in read and not sheet.is_empty]
    return [f"Sheet {sheet.name} was not read." for sheet in left]
