"""Read a measurement table, long or wide."""

import re
from pathlib import Path

import pandas as pd

from biomarkers.errors import TableError
from biomarkers.table.cells import read_cells
from biomarkers.table.columns import COLUMNS
from biomarkers.table.validate import check_measurements

_UNIT_IN_HEADER = re.compile(r"^(?P<name>.+?)\s*[\[(](?P<unit>[^\])]*)[\])]$")


def read_measurements(path: Path | str) -> pd.DataFrame:
    """Read measurements from CSV, TSV or Excel and check them.

    Parameters
    ----------
    path
        A long table (columns as in `table.columns`), or a wide one: `subject`, `day`, optionally
        `region`, `session`, `group`, and one column per biomarker, whose header may carry its
        unit: `tumor_volume (mm^3)`. `participant_id` stands for `subject`; `sub-` is stripped.

    Returns
    -------
    DataFrame
        The checked long table; the row number in the file is its index.

    Raises
    ------
    FileError
        If the file cannot be read.
    TableError
        With every problem at once, each with its row and column.

    """
    cells = read_cells(path, "a measurement table (CSV, TSV or Excel)")
    if {"biomarker", "value"} & set(cells.columns):
        return check_measurements(cells, source=str(path))
    _check_wide(cells, str(path))
    long, headers = _melt(cells)
    return check_measurements(long, source=str(path), value_columns=headers)


def _check_wide(wide: pd.DataFrame, source: str) -> None:
    """Refuse a table without `biomarker` and `value` that is not wide either."""
    columns = ", ".join(wide.columns)
    who = {"subject", "participant_id"} & set(wide.columns)
    if not who or "day" not in wide or not _measured(wide):
        raise TableError(
            [
                f"found columns {columns}; expected subject, day, biomarker, value (long) or "
                "subject, day and a column for each biomarker (wide)"
            ],
            source,
        )


def _measured(wide: pd.DataFrame) -> list[str]:
    return [name for name in wide.columns if name not in (*COLUMNS, "participant_id")]


def _melt(wide: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Turn one column per biomarker into rows; return also each row's column."""
    headers = _measured(wide)
    known = wide.drop(columns=headers)
    parts = []
    for header in headers:
        match = _UNIT_IN_HEADER.match(header)
        name, unit = (match["name"], match["unit"]) if match else (header, "")
        part = known.assign(biomarker=name, value=wide[header])
        parts.append(part if "unit" in known else part.assign(unit=unit))
    return pd.concat(parts), [header for header in headers for _ in range(len(wide))]
