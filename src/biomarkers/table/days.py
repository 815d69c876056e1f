"""Days as people write them: J0, day 14, week 2, dates with a baseline."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

import pandas as pd

from biomarkers.checks import parse_number
from biomarkers.table.sheets import cell_text

_WORD = r"(?P<word>jours?|days?|tage?|dia|giorno|weeks?|semaines?|wochen?|[jdw])"
_NUMBER = r"(?P<number>[+-]?\d+(?:[.,]\d+)?)"
_GAP = r"[\s_.\-/:,;]+"
_LABEL = re.compile(rf"{_WORD}[\s_.]*{_NUMBER}", re.IGNORECASE)
_MARKER_DAY = re.compile(rf"(?P<marker>.*\S){_GAP}{_WORD}[\s_.]*{_NUMBER}", re.IGNORECASE)
_DAY_MARKER = re.compile(rf"{_WORD}[\s_.]*{_NUMBER}{_GAP}(?P<marker>.*\D.*)", re.IGNORECASE)
_BRACKET = re.compile(r"\s*(?P<unit>[\[(][^\])]*[\])])")
_BASELINE = re.compile(rf"(?:(?P<marker>.*\S){_GAP})?baseline", re.IGNORECASE)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
_SHORT = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})(?: .*)?")
DAYS_OF_A_WEEK = 7.0


class DayHeader(NamedTuple):
    """What a column of a table with days across holds; no marker if the name says none."""

    marker: str
    day: float


def day_of_header(name: str) -> DayHeader | None:
    """Return marker and day of a name like `J0`, `day 14`, `Ktrans (min-1) J3` or `D7_ADC`.

    Examples
    --------
    >>> from biomarkers.table.days import day_of_header
    >>> day_of_header("Ktrans (min-1) J3"), day_of_header("D7_ADC"), day_of_header("T1")
    (DayHeader(marker='Ktrans (min-1)', day=3.0), DayHeader(marker='ADC', day=7.0), None)

    """
    bracket = _BRACKET.search(name)
    unit = f" {bracket['unit']}" if bracket else ""
    bare = _BRACKET.sub(" ", name).strip()
    match = _LABEL.fullmatch(bare) or _MARKER_DAY.fullmatch(bare) or _DAY_MARKER.fullmatch(bare)
    if match:
        marker = match.groupdict().get("marker") or ""
        return DayHeader(f"{marker}{unit}" if marker else "", _days(match))
    match = _BASELINE.fullmatch(bare)
    if match:
        return DayHeader(f"{match['marker']}{unit}" if match["marker"] else "", 0.0)
    return None


def _days(match: "re.Match[str]") -> float:
    factor = DAYS_OF_A_WEEK if match["word"].lower()[0] in "ws" else 1.0
    return factor * parse_number(match["number"].replace(",", "."))


def day_of_cell(cell: object) -> str:
    """Return a cell as text; a label like J7 or baseline as the number of its day."""
    header = day_of_header(cell_text(cell))
    return cell_text(cell) if header is None or header.marker else cell_text(header.day)


def as_date(cell: object, order: str) -> date | None:
    """Return the date of a cell, None if it holds none.

    Parameters
    ----------
    cell
        A date, or text: 2025-03-31, 31/3/2025, 31.3.25.
    order
        `dmy` or `mdy`, for text that begins with day or month.

    """
    if isinstance(cell, date):
        return date(cell.year, cell.month, cell.day)
    text = cell_text(cell)
    match = _ISO.fullmatch(text)
    try:
        if match:
            return date(*(int(part) for part in match.groups()))
        match = _SHORT.fullmatch(text)
        if match and order:
            first, second, year = (int(part) for part in match.groups())
            day, month = (first, second) if order == "dmy" else (second, first)
            return date(year if year >= 100 else 2000 + year, month, day)
    except ValueError:
        pass
    return None


def holds_dates(cells: Iterable[object]) -> bool:
    """Tell whether every filled cell looks like a date."""
    filled = [cell for cell in cells if cell_text(cell)]
    return bool(filled) and all(
        isinstance(cell, date)
        or _ISO.fullmatch(cell_text(cell))
        or _SHORT.fullmatch(cell_text(cell))
        for cell in filled
    )


def date_orders(cells: "pd.Series[Any]") -> set[str]:
    """Return the orders, `dmy` and `mdy`, in which the text of every cell is a date.

    Both, if no cell tells; none, if no cell begins with a day or a month.
    """
    texts = [cell_text(cell) for cell in cells if not isinstance(cell, date)]
    short = [text for text in texts if _SHORT.fullmatch(text)]
    orders = ("dmy", "mdy") if short else ()
    return {order for order in orders if all(as_date(text, order) for text in short)}
