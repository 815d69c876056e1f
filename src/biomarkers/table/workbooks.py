"""Workbooks: cells as they were last computed, with errors that stay errors."""

import math
import zipfile
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from biomarkers.errors import FileError
from biomarkers.files import MOST_BYTES
from biomarkers.table.opendocument import Marks, read_marks
from biomarkers.table.sheets import Cell, Fault, Sheet, Span, address

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_OPENPYXL = (".xlsx", ".xlsm", ".xltx")
_FORMULA_TAGS = (b"<f>", b"<f ", b"<f/>")
_ERROR, _FORMULA, _NUMBER = "e", "f", "n"  # kinds of cells, as openpyxl names them
_MOST_CELLS = 20_000_000
UNCOMPUTED = "a formula without a saved value"
_PERCENT = (
    "Numbers shown in percent were read as the workbook keeps them: {0}, {1:.4g}, not {1:.1%}."
)


def read_workbook(path: Path) -> tuple[list[Sheet], list[str]]:
    """Return the sheets of a workbook, and what its format does not tell.

    Raises
    ------
    FileError
        If it cannot be read.

    """
    try:
        if path.suffix.lower() != ".xls":
            _require_small(path)
        if path.suffix.lower() in _OPENPYXL:
            return _with_openpyxl(path)
        sheets = _with_calamine(path)
        if path.suffix.lower() == ".ods":
            return [
                _with_faults(sheet, marks)
                for sheet, marks in zip(sheets, read_marks(path), strict=True)
            ], []
        return sheets, _untold(path)
    except FileError:
        raise
    except Exception as error:  # the readers raise what their parsers do
        raise FileError(f"{path} is not a readable Excel workbook ({error})") from error


def _require_small(path: Path) -> None:
    """Raise `FileError` if the parts of a workbook, once unpacked, are too large to read."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(part.file_size for part in archive.infolist())
    except (OSError, ValueError, zipfile.BadZipFile):
        return  # the reader says what is wrong with it
    if size > MOST_BYTES:
        raise FileError(
            f"{path} unpacks to {size} bytes; expected at most {MOST_BYTES >> 20} MiB. Save the "
            "table alone, as CSV"
        )


def _require_few(path: Path, sheet: str, rows: int, columns: int) -> None:
    """Raise `FileError` if a sheet spans more cells than can be kept."""
    if rows * columns > _MOST_CELLS:
        raise FileError(
            f"{path}, sheet {sheet} spans {rows} rows and {columns} columns; expected at most "
            f"{_MOST_CELLS} cells. Delete what stands far below or right of the table"
        )


def _with_openpyxl(path: Path) -> tuple[list[Sheet], list[str]]:
    import openpyxl  # noqa: PLC0415

    values = openpyxl.load_workbook(path, data_only=True)
    formulas = openpyxl.load_workbook(path) if _has_formulas(path) else None
    for sheet in values.worksheets:
        _require_few(path, sheet.title, sheet.max_row, sheet.max_column)
    sheets = [
        _sheet(sheet, formulas[sheet.title] if formulas else None) for sheet in values.worksheets
    ]
    percent = [where for sheet in values.worksheets if (where := _first_percent(sheet))]
    return sheets, [_PERCENT.format(*each) for each in percent]


def _first_percent(sheet: "Worksheet") -> tuple[str, float] | None:
    """Return address and number of the first cell that is shown in percent, kept as a fraction."""
    for row in sheet.iter_rows():
        for cell in row:
            if cell.data_type == _NUMBER and cell.value and cell.number_format.endswith("%"):
                return address(sheet.title, cell.row - 1, cell.column - 1), float(cell.value)
    return None


def _has_formulas(path: Path) -> bool:
    """Tell whether a second reading is needed, of the formulas behind the values."""
    with zipfile.ZipFile(path) as archive:
        parts = [name for name in archive.namelist() if name.startswith("xl/worksheets/")]
        return any(mark in archive.read(name) for name in parts for mark in _FORMULA_TAGS)


def _sheet(values: "Worksheet", formulas: "Worksheet | None") -> Sheet:
    rows: list[list[Cell]] = []
    for number, cells in enumerate(values.iter_rows()):
        rows.append(
            [
                _value(cell.value, cell.data_type, address(values.title, number, place))
                for place, cell in enumerate(cells)
            ]
        )
    for cells in formulas.iter_rows() if formulas is not None else ():
        for cell in cells:
            saved = values.cell(cell.row, cell.column)
            # A formula whose value is an empty text has none either, but the kind of text.
            if cell.data_type == _FORMULA and saved.value is None and saved.data_type == _NUMBER:
                where = address(values.title, cell.row - 1, cell.column - 1)
                rows[cell.row - 1][cell.column - 1] = Fault(UNCOMPUTED, where)
    spans = tuple(
        Span(each.min_row - 1, each.min_col - 1, each.max_row - 1, each.max_col - 1)
        for each in values.merged_cells.ranges
    )
    return Sheet(values.title, rows, spans, hidden=values.sheet_state != "visible")


def _with_calamine(path: Path) -> list[Sheet]:
    from python_calamine import SheetVisibleEnum, load_workbook  # noqa: PLC0415

    workbook = load_workbook(str(path))
    sheets = []
    for known in workbook.sheets_metadata:
        sheet = workbook.get_sheet_by_name(known.name)
        _require_few(path, known.name, sheet.total_height, sheet.total_width)
        cells = sheet.to_python(skip_empty_area=False)
        rows = [
            [_value(cell, "", address(known.name, number, place)) for place, cell in enumerate(row)]
            for number, row in enumerate(cells)
        ]
        spans = tuple(Span(*first, *last) for first, last in sheet.merged_cell_ranges or ())
        hidden = known.visible != SheetVisibleEnum.Visible
        sheets.append(Sheet(known.name, rows, spans, hidden=hidden))
    return sheets


def _with_faults(sheet: Sheet, marks: Marks) -> Sheet:
    """Put in what the reader of .ods leaves out: errors, which it shows blank, and spans."""
    for row, column, text in marks.faults:
        sheet.rows.extend([] for _ in range(row + 1 - len(sheet.rows)))
        cells = sheet.rows[row]
        cells.extend("" for _ in range(column + 1 - len(cells)))
        cells[column] = Fault(text or UNCOMPUTED, address(sheet.name, row, column))
    return replace(sheet, spans=marks.spans)


def _untold(path: Path) -> list[str]:
    return [
        f"Cells of {path.suffix} with an error (#DIV/0!) cannot be told from blank ones and count "
        "as missing; save the table as .xlsx to have them checked."
    ]


def _value(value: Any, kind: str, where: str) -> Cell:
    """Return a cell as text, number or date; numbers stay as they are, text is stripped."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if kind == _ERROR:
        return Fault(str(value), where)
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, time | timedelta) or not isinstance(value, bool | int | float | date):
        return str(value)
    if isinstance(value, datetime) and value.time() == time():
        return value.date()
    return value
