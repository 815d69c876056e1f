"""What python-calamine leaves out of .ods files: errors and merged cells.

OpenDocument 1.3, part 3, chapter 9; `calcext:value-type` is what LibreOffice adds to say "error".
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from biomarkers.table.sheets import Span

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}"
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")


@dataclass(frozen=True)
class Marks:
    """Of a sheet: row, column and text of each error, and merged cells; all counted from 0.

    A formula without a saved value has no text.
    """

    faults: tuple[tuple[int, int, str], ...]
    spans: tuple[Span, ...]


def read_marks(path: Path) -> list[Marks]:
    """Return the marks of every sheet, in order."""
    with zipfile.ZipFile(path) as archive:
        root = ElementTree.fromstring(archive.read("content.xml"))
    return [_marks(sheet) for sheet in root.iter(f"{_TABLE}table")]


def _marks(sheet: ElementTree.Element) -> Marks:
    faults, spans = [], []
    for row, column, cell in _cells(sheet):
        text = "".join("".join(part.itertext()) for part in cell.iter(f"{_TEXT}p"))
        if cell.get(f"{_CALC}value-type") == "error":
            faults.append((row, column, text))
        elif cell.get(f"{_TABLE}formula") and not cell.get(f"{_OFFICE}value-type"):
            faults.append((row, column, ""))
        wide, high = (_count(cell, f"number-{way}-spanned") for way in ("columns", "rows"))
        if wide > 1 or high > 1:
            spans.append(Span(row, column, row + high - 1, column + wide - 1))
    return Marks(tuple(faults), tuple(spans))


def _cells(sheet: ElementTree.Element) -> Iterator[tuple[int, int, ElementTree.Element]]:
    """Yield every cell that is written down; one that is repeated, once."""
    row = 0
    for line in sheet.iter(f"{_TABLE}table-row"):
        column = 0
        for cell in (each for each in line if each.tag in _CELLS):
            yield row, column, cell
            column += _count(cell, "number-columns-repeated")
        row += _count(line, "number-rows-repeated")


def _count(element: ElementTree.Element, name: str) -> int:
    return int(element.get(f"{_TABLE}{name}", "1"))
