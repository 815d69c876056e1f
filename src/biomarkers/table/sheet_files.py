"""Files of cells: which reader reads which."""

from pathlib import Path

from biomarkers.errors import FileError
from biomarkers.files import require_file
from biomarkers.table.sheets import Sheet

WORKBOOKS = (".xlsx", ".xlsm", ".xltx", ".xls", ".xlsb", ".ods")


def read_sheets(path: Path | str, what: str) -> tuple[list[Sheet], list[str]]:
    """Read CSV, TSV or a workbook.

    Returns
    -------
    sheets : list of Sheet
        One for a file of text.
    guesses : list of str
        A sentence for each thing that the file does not say.

    Raises
    ------
    FileError
        If the file is missing, empty, or neither text nor a workbook. Also if a quotation mark is
        left open: a cell goes on over a line break and a separator.

    """
    path = require_file(path, what)
    # Loaded when needed: whoever reads text does not wait for the readers of workbooks.
    if path.suffix.lower() in WORKBOOKS:
        from biomarkers.table.workbooks import read_workbook  # noqa: PLC0415

        sheets, guesses = read_workbook(path)
    else:
        from biomarkers.table.text_files import read_text_rows  # noqa: PLC0415

        rows, guesses = read_text_rows(path, what)
        sheets = [Sheet("", [[cell.strip() for cell in row] for row in rows])]
    if all(sheet.is_empty for sheet in sheets):
        raise FileError(f"{path} is empty; expected {what}")
    return sheets, guesses
