"""Spreadsheets as laboratories keep them, with one and the same set of numbers in them."""

import datetime
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import openpyxl
import pandas as pd

DAYS = (0, 3, 7, 14)
MICE = tuple(f"M{number}" for number in range(1, 11))
UNITS = {"Ktrans": "1/min", "Volume": "mm^3"}
START = datetime.date(2025, 3, 3)

Rows = Sequence[Sequence[object]]


def cohort() -> pd.DataFrame:
    """Return ten mice on four days; in the first five Ktrans falls from day 3 on."""
    draw = np.random.default_rng(7)
    rows = [
        (mouse, float(day), name, unit, _value(name, day, place < 5, draw))
        for place, mouse in enumerate(MICE)
        for day in DAYS
        for name, unit in UNITS.items()
    ]
    return pd.DataFrame(rows, columns=["subject", "day", "biomarker", "unit", "value"])


def _value(name: str, day: int, responds: bool, draw: np.random.Generator) -> float:
    noise = np.exp(draw.normal(0, 0.1))
    if name == "Volume":
        return round(float(60 * np.exp(0.05 * day) * noise), 1)
    return round(float((0.05 if responds and day >= 3 else 0.09) * noise), 4)


def group_of(mouse: str) -> str:
    return "treated" if MICE.index(mouse) < 5 else "control"


def started(mouse: str) -> datetime.date:
    """Return the date of day 0: the later mice were bought a week later."""
    return START + datetime.timedelta(days=7 * (MICE.index(mouse) // 5))


def comma(number: float) -> str:
    return repr(number).replace(".", ",")


def lookup(table: pd.DataFrame) -> Mapping[tuple[str, float, str], float]:
    return table.set_index(["subject", "day", "biomarker"])["value"].to_dict()


def write_grid(path: Path, rows: Rows, *, encoding: str = "utf-8", separator: str = ";") -> Path:
    """Write rows as the name of the file asks: .csv, .xlsx, .ods."""
    if path.suffix == ".csv":
        lines = [separator.join("" if cell is None else str(cell) for cell in row) for row in rows]
        width = max(line.count(separator) for line in lines)
        padded = [line + separator * (width - line.count(separator)) for line in lines]
        path.write_bytes("\r\n".join(padded).encode(encoding))
        return path
    return write_sheets(path, {"Sheet1": rows})


def write_sheets(path: Path, sheets: Mapping[str, Rows]) -> Path:
    if path.suffix == ".ods":
        return _write_ods(path, sheets)
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


_ODS = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0">'
    "<office:body><office:spreadsheet>{}</office:spreadsheet></office:body>"
    "</office:document-content>"
)
_MANIFEST = (
    '<?xml version="1.0"?><manifest:manifest '
    'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
)


def _write_ods(path: Path, sheets: Mapping[str, Rows]) -> Path:
    tables = "".join(
        f'<table:table table:name="{escape(name)}">'
        + "".join(
            f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows
        )
        + "</table:table>"
        for name, rows in sheets.items()
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", _MANIFEST)
        archive.writestr("content.xml", _ODS.format(tables))
    return path


def _ods_cell(value: object) -> str:
    if value is None or value == "":
        return "<table:table-cell/>"
    if isinstance(value, str) and value.startswith("<table:"):  # written out by a test
        return value
    if isinstance(value, datetime.date):
        kind = f'office:value-type="date" office:date-value="{value.isoformat()}"'
    elif isinstance(value, int | float):
        kind = f'office:value-type="float" office:value="{value}"'
    else:
        kind = 'office:value-type="string"'
    return f"<table:table-cell {kind}><text:p>{escape(str(value))}</text:p></table:table-cell>"


KEYS = ["subject", "day", "biomarker", "value"]


def same(table: pd.DataFrame, expected: pd.DataFrame | None = None, units: bool = True) -> None:
    """Hold a table equal, to the last digit, to the cohort."""
    expected = cohort() if expected is None else expected
    columns = [*KEYS, "unit"] if units else KEYS
    order = KEYS[:3]
    got = table[columns].sort_values(order, ignore_index=True)
    pd.testing.assert_frame_equal(got, expected[columns].sort_values(order, ignore_index=True))
