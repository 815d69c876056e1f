"""Numbers as people write them: decimal commas, and words and codes for what is missing."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from biomarkers.checks import parse_number
from biomarkers.errors import TableError
from biomarkers.table.columns import BLANKS
from biomarkers.table.options import TableOptions
from biomarkers.table.sheets import as_text

_COMMA = re.compile(r"[+-]?(?:\d{1,3}(?:[. \u00a0\u202f]\d{3})+|\d*),\d+(?:[eE][+-]?\d+)?")
_POINT = re.compile(r"[+-]?\d*\.\d+(?:[eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+")
_POINTED_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+")
# Both marks in one number: the last is the decimal mark, the others part the thousands.
_BOTH = {
    ",": re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+,\d+"),
    ".": re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+\.\d+"),
}
_SPACES = re.compile(r"[ \u00a0\u202f]")
_WORD = re.compile(r"[^\d#<>]*")
_CODES = (-99.0, 99.0, 888.0, -888.0, 999.0, -999.0, 9999.0, -9999.0, 99999.0, -99999.0)
_FAR = 10.0  # times the largest other value: no measurement lies there among such values


def is_comma_number(text: str) -> bool:
    """Tell whether a text is a number with a decimal comma."""
    return bool(_COMMA.fullmatch(text))


def with_points(
    columns: pd.DataFrame, options: TableOptions, source: str
) -> tuple[pd.DataFrame, list[str]]:
    """Return columns of numbers as text with decimal points, and what had to be guessed.

    Parameters
    ----------
    columns
        Cells as they are in the file: text, or numbers of a workbook.
    options
        `decimal` is the mark if it is not empty. Else commas are read as decimal marks if several
        cells have one, none has a point, and some cannot be thousands. One alone is a slip.
    source
        The file, for messages.

    Raises
    ------
    TableError
        If the decimal mark is said to be a comma, and 1.234 may thus be a thousand and more.

    """
    texts = [cell for cell in columns.to_numpy().ravel() if isinstance(cell, str)]
    columns = as_text(columns)
    if options.decimal:
        columns = columns.map(lambda text: _without_thousands(text, options.decimal))
    if options.decimal == ",":
        _refuse_thousands(texts, source)
    commas = [text for text in texts if _COMMA.fullmatch(text)]
    points = any(_POINT.fullmatch(text) for text in texts)
    thousands = all(_THOUSANDS.fullmatch(text) for text in commas)
    guessed = not options.decimal and len(commas) > 1 and not points and not thousands
    if not commas or not (options.decimal == "," or guessed):
        return columns, []
    guess = f"{len(commas)} numbers have a decimal comma, like {commas[0]}."
    return columns.map(_pointed), [guess] if guessed else []


def _without_thousands(text: str, decimal: str) -> str:
    """Return `1.050,5` as `1050,5` where the comma is the decimal mark, and so for the point."""
    return (
        text.replace("." if decimal == "," else ",", "") if _BOTH[decimal].fullmatch(text) else text
    )


def _refuse_thousands(texts: Sequence[str], source: str) -> None:
    unclear = [text for text in texts if _POINTED_THOUSANDS.fullmatch(text)]
    if unclear:
        whole = unclear[0].replace(".", "")
        problem = (
            f"{unclear[0]!r} in {_cells(len(unclear))} may be {whole} or {unclear[0]}, as the "
            f"decimal mark is a comma; write {whole}, or {unclear[0].replace('.', ',')}"
        )
        raise TableError([problem], source)


def comma_advice(texts: Iterable[str]) -> str:
    """Return what to do about commas in numbers: of decimals, or of thousands."""
    commas = list(texts)
    if all(_THOUSANDS.fullmatch(text) for text in commas):
        whole, point = commas[0].replace(",", ""), commas[0].replace(",", ".")
        return (
            f"{commas[0]!r} may be {whole} or {point}: write it without the comma if it is "
            f"{whole}; --decimal=, reads it as {point}."
        )
    return "Numbers with a decimal comma are read with --decimal=,"


def _pointed(text: str) -> str:
    # Points beside a decimal comma part thousands: 1.380,4.
    plain = _SPACES.sub("", text).replace(".", "").replace(",", ".")
    return plain if _COMMA.fullmatch(text) else text


def without_missing(
    values: "pd.Series[str]", options: TableOptions
) -> tuple["pd.Series[str]", list[str]]:
    """Return values with the words and codes for missing blank, and how often each stood there."""
    said = options.listed("missing")
    if not said:
        return values, []
    words = {word.casefold() for word in said}
    codes = {parse_number(word) for word in said} - {math.nan}
    gone = values.map(lambda text: text.casefold() in words or parse_number(text) in codes)
    counts = Counter(values[gone])
    absent = [word for word in said if not _stands(word, counts)]
    sentences = [f"Taken as missing, as was said: {_counted(counts)}."] if counts else []
    sentences += [f"No value is {word!r}, which was to be missing." for word in absent]
    return values.mask(gone, ""), sentences


def _stands(word: str, counts: Iterable[str]) -> bool:
    number = parse_number(word)
    return any(
        text.casefold() == word.casefold() or parse_number(text) == number for text in counts
    )


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{word!r} in {_cells(count)}" for word, count in sorted(counts.items()))


def _cells(count: int) -> str:
    return "1 cell" if count == 1 else f"{count} cells"


def advice_on_values(values: "pd.Series[str]") -> tuple[str, ...]:
    """Return what to do about values that are no numbers: words, with counts, and readings."""
    strange = [
        text for text in values
        if text not in BLANKS and not _COMMA.fullmatch(text) and math.isnan(parse_number(text))
    ]  # fmt: skip
    words = Counter(text for text in strange if _WORD.fullmatch(text))
    readings = [text for text in strange if text not in words]
    advice = []
    if words:
        option = ",".join(f'"{word}"' if "," in word else word for word in words)
        advice.append(
            f"Words among the values: {_counted(words)}. If they mean that nothing was measured: "
            f"--missing={option}"
        )
    if readings:
        advice.append(
            f"A value that is no number, like {readings[0]!r}, is left out by a row of "
            "exclusions.tsv (subject, day, biomarker, reason, by)."
        )
    return tuple(advice)


def codes_for_missing(table: pd.DataFrame, options: TableOptions) -> list[str]:
    """Return a problem for each code like 999 that lies far from all other values of a biomarker.

    Parameters
    ----------
    table
        `biomarker` and `value` as text.
    options
        `numbers` names codes that are none.

    """
    codes = set(_CODES) - {parse_number(word) for word in options.listed("numbers")}
    numbers = table["value"].map(parse_number)
    coded = numbers.isin(codes)
    counts: Counter[float] = Counter()
    where: dict[float, list[str]] = {}
    for biomarker in table["biomarker"][coded].unique():
        own = table["biomarker"] == biomarker
        others = numbers[own & ~coded].dropna()
        for code, count in Counter(numbers[own & coded]).items():
            if len(others) and _strange(code, others):
                counts[code] += count
                where.setdefault(code, []).append(str(biomarker))
    return [
        f"{code:g} stands in {_cells(count)} of {', '.join(where[code])}, far from all other "
        f"values; say --missing={code:g} if it means missing, --numbers={code:g} if it is a value"
        for code, count in counts.items()
    ]


def _strange(code: float, others: "pd.Series[Any]") -> bool:
    if code < 0:
        return bool((others >= 0).all())
    return bool(code > _FAR * others.abs().max())


def first_rows(rows: Sequence[object], most: int = 3) -> str:
    """Return some rows in words: `3, 4, 9, …`."""
    shown = ", ".join(str(row) for row in rows[:most])
    return f"{shown}, …" if len(rows) > most else shown
