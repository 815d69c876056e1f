"""Columns of values: what was measured, in which unit; of whom or when, if a name says it."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from biomarkers.errors import TableError
from biomarkers.table.across import marker_of_sheet, says_nothing
from biomarkers.table.days import DayHeader
from biomarkers.table.options import TableOptions
from biomarkers.table.roles import Roles
from biomarkers.units import is_unit

_UNIT_IN_HEADER = re.compile(r"^(?P<name>.+?)\s*[\[(](?P<unit>[^\])]*)[\])]$")
_UNIT_BEHIND = re.compile(r"^(?P<name>.+?)[\s,_]+(?P<unit>\S*[\d/^%]\S*)$")
_NOTHING_MEASURED = "columns {} are {}, and nothing says what was measured; say --biomarker NAME"


class ValueColumn(NamedTuple):
    """A column of values; without day and subject where these stand in columns of their own."""

    column: str
    biomarker: str
    unit: str
    day: float | None = None
    subject: str = ""


def value_column(column: str, name: str) -> ValueColumn:
    """Read the name of a biomarker with its unit: `ADC (mm2/s)`, or `Volume mm3`."""
    match = _UNIT_IN_HEADER.match(name)
    if not match:
        behind = _UNIT_BEHIND.match(name)
        match = behind if behind and is_unit(behind["unit"]) else None
    biomarker, unit = (match["name"], match["unit"]) if match else (name, "")
    return ValueColumn(column, biomarker, unit)


def wide_columns(
    measured: Sequence[str], roles: Roles, sheet: str, options: TableOptions
) -> list[ValueColumn]:
    """Return the biomarkers of columns; a single column `value` is what its sheet is called."""
    marker = options.biomarker or marker_of_sheet(sheet)
    if len(measured) == 1 and says_nothing(measured[0]) and marker:
        roles.guesses.append(f"Column {measured[0]} was read as {marker}.")
        return [value_column(measured[0], marker)]
    return _named([(name, roles.renamed.get(name, name), None) for name in measured], roles)


def subject_columns(
    measured: Sequence[str], roles: Roles, sheet: str, source: str, options: TableOptions
) -> list[ValueColumn]:
    """Return the subjects of columns, of one biomarker that the sheet names."""
    marker = options.biomarker or marker_of_sheet(sheet)
    if not marker:
        raise TableError([_NOTHING_MEASURED.format(", ".join(measured), "subjects")], source)
    where = f"Sheet {sheet}: columns" if sheet else "Columns"
    roles.guesses.append(f"{where} {', '.join(measured)} were read as subjects, of {marker}.")
    return [value_column(name, marker)._replace(subject=name) for name in measured]


def day_columns(
    days: Mapping[str, DayHeader],
    measured: Sequence[str],
    roles: Roles,
    sheet: str,
    source: str,
    options: TableOptions,
) -> list[ValueColumn]:
    """Return biomarker and day of columns; where their names say no biomarker, the sheet does."""
    marker = options.biomarker or marker_of_sheet(sheet)
    if not marker and any(not header.marker for header in days.values()):
        raise TableError([_NOTHING_MEASURED.format(", ".join(days), "days")], source)
    named = [
        (name, roles.renamed.get(name, header.marker or marker), header.day)
        for name, header in days.items()
    ]
    parts = _named(named, roles)
    where = f"Sheet {sheet}: columns" if sheet else "Columns"
    for biomarker in dict.fromkeys(part.biomarker for part in parts):
        own = [part for part in parts if part.biomarker == biomarker]
        names = ", ".join(part.column for part in own)
        read = ", ".join(f"{part.day:g}" for part in own)
        roles.guesses.append(f"{where} {names} were read as {biomarker} on days {read}.")
    left = [name for name in measured if name not in days]
    if left:
        roles.guesses.append(f"{where} {', '.join(left)} name no day and were kept out.")
    return parts


def _named(columns: Sequence[tuple[str, str, float | None]], roles: Roles) -> list[ValueColumn]:
    parts = []
    for column, name, day in columns:
        part = value_column(column, name)._replace(day=day)
        if part.unit and name.endswith(part.unit):
            roles.guesses.append(f"{part.unit} was read as the unit of {part.biomarker}.")
        parts.append(part)
    return parts
