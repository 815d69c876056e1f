"""Read a measurement table, long or wide."""

import re
from pathlib import Path

import pandas as pd

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
    if not {"biomarker", "value"} & set(cells.columns):
        cells = _melt(cells)
    return check_measurements(cells, source=str(path))


def _melt(wide: pd.DataFrame) -> pd.DataFrame:
    """Turn one column per biomarker into one row per biomarker."""
    known = [name for name in wide.columns if name in (*COLUMNS, "participant_id")]
    parts = []
    for header in wide.columns:
        if header in known:
            continue
        found = _UNIT_IN_HEADER.match(header)
        name, unit = (found["name"], found["unit"]) if found else (header, "")
        part = wide[known].assign(biomarker=name, value=wide[header])
        parts.append(part if "unit" in known else part.assign(unit=unit))
    return pd.concat(parts) if parts else wide
