"""Tables kept as text: in which encoding, separated by what."""

import csv
import io
from collections import Counter
from pathlib import Path

from biomarkers.errors import FileError
from biomarkers.files import read_bytes
from biomarkers.table.formulas import as_meant
from biomarkers.table.sheets import MOST_COLUMNS

_LOOKED_AT = 200  # lines, of which the separator is read


def read_text_rows(path: Path, what: str) -> tuple[list[list[str]], list[str]]:
    """Return the rows of a file of text, and what had to be guessed.

    Parameters
    ----------
    path
        UTF-8, UTF-16 with a byte order mark, or else cp1252. Separated by tabs if the name ends in
        `.tsv`, else by what cuts most lines into as many cells: commas, semicolons or tabs.
    what
        What the file should be, for messages.

    Raises
    ------
    FileError
        If the file is no text, or a quotation mark is left open.

    """
    text, guesses = _decoded(path, what)
    declared = text[4:5] if text[:4].lower() == "sep=" else ""
    separator = "\t" if path.suffix.lower() == ".tsv" else declared or _separator(text)
    rows: list[list[str]] = []
    problem = "a cell goes on over the end of its line"
    try:
        for row in csv.reader(io.StringIO(text), delimiter=separator, strict=True):
            if any("\n" in cell and separator in cell for cell in row):
                break
            if len(row) > MOST_COLUMNS:
                problem = f"{len(row)} cells; expected at most {MOST_COLUMNS}"
                raise FileError(f"{path}, row {len(rows) + 1}: {problem}")
            rows.append([as_meant(cell) for cell in row])
        else:
            return ([[], *rows[1:]] if declared else rows), guesses
    except csv.Error as error:
        problem = str(error)
    raise FileError(f"{path}, row {len(rows) + 1}: {problem}; is a quotation mark left open?")


def _decoded(path: Path, what: str) -> tuple[str, list[str]]:
    content = read_bytes(path, what)
    wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        text, guesses = content.decode("utf-16" if wide else "utf-8-sig"), []
    except UnicodeDecodeError as error:
        if wide:
            raise FileError(f"{path} is not text ({error.reason}); expected {what}") from error
        # Every byte but five is a character of cp1252, so only that it is no UTF-8 is sure.
        text = content.decode("cp1252", errors="replace")
        guesses = ["The file is not UTF-8 and was read as cp1252 (Windows, western Europe)."]
    if "\0" in text or "\ufffd" in text:
        raise FileError(f"{path} is not text (it holds null bytes); expected {what}")
    return text, guesses


def _separator(text: str) -> str:
    """Return the separator that most lines hold equally often."""
    lines = [line for line in text.splitlines()[:_LOOKED_AT] if line.strip()]

    def agreement(mark: str) -> tuple[int, int]:
        counts = Counter(line.count(mark) for line in lines if mark in line)
        return (counts.most_common(1)[0][1] if counts else 0), lines[0].count(mark)

    return max(",;\t", key=agreement) if lines else ","
