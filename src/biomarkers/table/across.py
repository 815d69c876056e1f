"""Columns of values: what was measured, in which unit and, where days go across, when."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from biomarkers.table.days import DayHeader, as_date, day_of_header
from biomarkers.table.names import plain_name
from biomarkers.units import is_unit

_UNIT_IN_HEADER = re.compile(r"^(?P<name>.+?)\s*[\[(](?P<unit>[^\])]*)[\])]$")
_UNIT_BEHIND = re.compile(r"^(?P<name>.+?)[\s,_]+(?P<unit>\S*[\d/^%]\S*)$")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_UNNAMED = re.compile(
    r"(sheet|feuil|feuille|tabelle|blatt|hoja|foglio|planilha|table|tableau|data|donnees|daten)"
    r"\s*\d*"
)
_ANYTHING = (
    *("value", "valeur", "wert", "valor", "valore"),
    *("mean", "moyenne", "mittelwert", "messwert"),
)


class ValueColumn(NamedTuple):
    """A column of values; without a day where that stands in a column of its own."""

    column: str
    biomarker: str
    unit: str
    day: float | None = None


def value_column(column: str, name: str) -> ValueColumn:
    """Read the name of a biomarker with its unit: `ADC (mm2/s)`, or `Volume mm3`."""
    match = _UNIT_IN_HEADER.match(name)
    if not match:
        behind = _UNIT_BEHIND.match(name)
        match = behind if behind and is_unit(behind["unit"]) else None
    return (
        ValueColumn(column, match["name"], match["unit"])
        if match
        else ValueColumn(column, name, "")
    )


def marker_of_sheet(sheet: str) -> str:
    """Return what a sheet says was measured: its name, unless it is one like Sheet1."""
    return "" if _UNNAMED.fullmatch(plain_name(sheet)) or _day(sheet) else sheet


def day_of_sheet(sheet: str) -> float | None:
    """Return the day that is the name of a sheet, if it is one."""
    header = day_of_header(sheet)
    return header.day if header and not header.marker else None


def _day(sheet: str) -> bool:
    return day_of_sheet(sheet) is not None


def says_nothing(name: str) -> bool:
    """Tell whether a column is only called `value`, so that the sheet has to name the biomarker."""
    return plain_name(name) in _ANYTHING


def days_across(names: Sequence[str]) -> dict[str, DayHeader]:
    """Return marker and day of the columns that name a day; nothing unless two days are named.

    Numbers and dates are days if every column has one; the first date is day 0.
    """
    days = {name: header for name in names if (header := day_of_header(name))}
    dates = {name: date for name in names if (date := as_date(name, ""))}
    if not days and all(_NUMBER.fullmatch(name) for name in names):
        days = {name: DayHeader("", float(name)) for name in names}
    elif not days and names and len(dates) == len(names):
        first = min(dates.values())
        days = {name: DayHeader("", float((date - first).days)) for name, date in dates.items()}
    return days if len({header.day for header in days.values()}) > 1 else {}
