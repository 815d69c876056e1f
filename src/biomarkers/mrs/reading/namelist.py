"""Fortran namelists and the numbers between them: how LCModel writes signals and bases.

A group is `$NAME key = value, … $END`; `&`, and `/` at the end, do as well. Keys are of any case
and spacing, text stands in quotes, in which '' is a quote.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from biomarkers.arrays import ComplexArray, FloatArray
from biomarkers.errors import FileError
from biomarkers.files import read_text

# Long texts are broken over lines, hence a quote may hold line breaks, but no page of numbers.
_QUOTED = re.compile(r"'((?:[^']|''){0,2000})'")
_GROUP = re.compile(
    r"^[ \t]*[$&](?!end\b)(\w+)(.*?)(?:[$&]end\b|^[ \t]*/[ \t]*$|/[ \t]*$)",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
_KEY = re.compile(r"([A-Za-z]\w*(?:\([\d, ]*\))?)\s*=")
_FORMAT = re.compile(r"\(?\s*(\d*)\s*[EFGD](\d+)\.\d+", re.IGNORECASE)
_MARK = re.compile("\x00(\\d+)\x00")


@dataclass(frozen=True)
class Group:
    """One namelist: its name in capitals, its values by key in capitals, the text behind it."""

    name: str
    values: Mapping[str, str] = field(default_factory=dict)
    after: str = ""


def read_groups(path: Path, what: str) -> list[Group]:
    """Return the namelists of a file; `FileError` if there is none, or it holds null bytes."""
    text = read_text(path, what, encoding="latin-1").replace("\r\n", "\n")
    if "\0" in text:  # it is what marks quotes below; to leave it out would join numbers
        raise FileError(f"{path} is not text (it holds null bytes); expected {what}")
    quotes: list[str] = []

    def mark(match: re.Match[str]) -> str:
        quotes.append(match.group(1).replace("''", "'"))
        return f"\x00{len(quotes) - 1}\x00"

    text = _QUOTED.sub(mark, text)
    matches = list(_GROUP.finditer(text))
    if not matches:
        raise FileError(f"{path} has no group that begins with $ and ends in $END; expected {what}")
    ends = [match.start() for match in matches[1:]] + [len(text)]
    return [
        Group(match.group(1).upper(), _values(match.group(2), quotes), text[match.end() : end])
        for match, end in zip(matches, ends, strict=True)
    ]


def _values(body: str, quotes: list[str]) -> dict[str, str]:
    parts = _KEY.split(body)
    return {
        key.upper().replace(" ", ""): _MARK.sub(
            lambda mark: quotes[int(mark.group(1))], value.strip().strip(",").strip()
        )
        for key, value in zip(parts[1::2], parts[2::2], strict=True)
    }


def complex_numbers(text: str, fortran_format: str, path: Path) -> ComplexArray:
    """Return the numbers of a text, real and imaginary by turns.

    Parameters
    ----------
    text
        Numbers divided by blanks, or in columns of the format where they touch.
    fortran_format
        For instance `(6E13.5)`.
    path
        Named in messages.

    Raises
    ------
    FileError
        If something is no number, or one of a pair is missing.

    """
    numbers = _numbers(text.replace("D", "E").replace("d", "e"), fortran_format, path)
    if numbers.size % 2:
        raise FileError(f"{path} holds {numbers.size} numbers; expected pairs, real and imaginary")
    return np.asarray(numbers[0::2] + 1j * numbers[1::2])


def _numbers(text: str, fortran_format: str, path: Path) -> FloatArray:
    try:
        return np.array(text.split(), dtype=float)
    except ValueError:
        columns = _FORMAT.match(fortran_format.strip())
    try:
        if columns is None:
            raise ValueError("no columns are stated")
        width = int(columns.group(2))
        lines = (line.rstrip() for line in text.splitlines())
        return np.array(
            [line[at : at + width] for line in lines for at in range(0, len(line), width)],
            dtype=float,
        )
    except ValueError as error:
        raise FileError(
            f"{path}: its data are not numbers ({error}); expected {fortran_format or 'columns'}"
        ) from error
