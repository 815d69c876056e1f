"""The second table: one row per subject, with group, outcome and what else is known of it."""

from pathlib import Path

import numpy as np
import pandas as pd

from biomarkers.errors import TableError
from biomarkers.table.cells import cell_numbers, cell_text, read_cells
from biomarkers.table.columns import BLANKS
from biomarkers.table.spelling import spelled_twice


def read_participants(path: Path | str) -> pd.DataFrame:
    """Read `participants.tsv` (or CSV, Excel).

    Returns
    -------
    DataFrame
        Indexed by file row; `subject` first, without `sub-`; columns that hold only numbers are
        numeric, blanks are missing.

    Raises
    ------
    FileError
        If the file cannot be read.
    TableError
        If there is no `subject` or `participant_id`, or a subject is blank or stands twice.

    """
    return check_participants(
        read_cells(path, "a table of participants (CSV, TSV or Excel)"), source=str(path)
    )


def check_participants(table: pd.DataFrame, *, source: str = "participants") -> pd.DataFrame:
    """Return the participants with `subject` first and typed columns, or say what is wrong."""
    table = table.rename(columns={"participant_id": "subject"})
    if list(table.columns).count("subject") != 1:
        columns = ", ".join(map(str, table.columns)) or "none"
        raise TableError(
            [f"expected one column `subject` or `participant_id`; found columns: {columns}"], source
        )
    subject = table["subject"].map(cell_text).astype(str).str.removeprefix("sub-")
    problems = [f"row {row}, column subject: found nothing" for row in table.index[subject == ""]]
    # The index may hold a row's name twice, as that of two tables put together does.
    problems += [
        f"row {row}, column subject: {name} stands in an earlier row too"
        for row, name in subject[subject.duplicated() & (subject != "")].items()
    ]
    problems += [
        f"column subject: {earlier!r} and {other!r} differ only in spelling; expected one row each"
        for earlier, other in spelled_twice(subject)
    ]
    if problems:
        raise TableError(problems, source)
    others = {
        name: _typed(table[name]) for name in table.columns if name != "subject" and str(name)
    }
    return pd.DataFrame({"subject": subject, **others}, index=table.index)


def _typed(column: "pd.Series[str]") -> "pd.Series[float] | pd.Series[str]":
    """Numbers where every filled cell is one, else text; blanks are missing."""
    filled = column.where(~column.isin(BLANKS) & column.notna())
    finite = np.isfinite(cell_numbers(filled))
    return pd.to_numeric(filled) if (finite == filled.notna()).all() else filled
