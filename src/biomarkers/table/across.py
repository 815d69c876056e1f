"""What the names of columns and sheets tell: days or subjects across, a biomarker, a day."""

import re
from collections.abc import Sequence

from biomarkers.table.days import DayHeader, as_date, day_of_header
from biomarkers.table.names import plain_name, role_of

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_UNNAMED = re.compile(
    r"(sheet|feuil|feuille|tabelle|blatt|hoja|foglio|planilha|table|tableau|data|donnees|daten)"
    r"\s*\d*"
)
_SUBJECT = re.compile(r"(\D+?)[\s_.#-]*\d+")
_ANYTHING = (
    *("value", "valeur", "wert", "valor", "valore"),
    *("mean", "moyenne", "mittelwert", "messwert"),
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


def subjects_across(names: Sequence[str]) -> bool:
    """Tell whether every column is a subject: `Rat 1`, `Rat 2`, with days down."""
    matches = [_SUBJECT.fullmatch(name) for name in names]
    return len(names) > 1 and all(match and role_of(match[1]) == "subject" for match in matches)


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
