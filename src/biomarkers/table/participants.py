"""The second table: one row per subject, with group, outcome and what else is known of it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from biomarkers.errors import TableError
from biomarkers.table.cells import cell_numbers
from biomarkers.table.choose import named_sheets, tried
from biomarkers.table.columns import BLANKS
from biomarkers.table.header import Headed, with_header
from biomarkers.table.names import find_column, role_of
from biomarkers.table.numbers import with_points, without_missing
from biomarkers.table.options import TableOptions
from biomarkers.table.roles import find_roles
from biomarkers.table.sheet_files import read_sheets
from biomarkers.table.sheets import Fault, Sheet, cell_text
from biomarkers.table.spelling import spelled_twice


def read_participants(path: Path | str, *, options: TableOptions | None = None) -> pd.DataFrame:
    """Read `participants.tsv` (or CSV, Excel, OpenDocument).

    Parameters
    ----------
    path
        One row per subject; usual names stand for `subject`, as in measurements. Of a table with
        a row for each day, what is the same on all days of every subject is taken.
    options
        What is said of the table: of its sheet, its header, its columns and its numbers.

    Returns
    -------
    DataFrame
        Indexed by file row; `subject` first, without `sub-`; columns that hold only numbers are
        numeric, blanks are missing. `attrs["guesses"]` is a tuple of sentences, one for each thing
        guessed.

    Raises
    ------
    FileError
        If the file cannot be read.
    TableError
        If there is no `subject` or `participant_id`, or a subject is blank or stands twice.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers.table import read_participants
    >>> people = pd.DataFrame({"participant_id": ["sub-01", "sub-02"], "responder": [1, 0]})
    >>> people.to_csv("participants.csv", index=False)
    >>> read_participants("participants.csv").to_dict("list")
    {'subject': ['01', '02'], 'responder': [1, 0]}

    """
    options, source = options or TableOptions(), str(path)
    sheets, guesses = read_sheets(path, "a table of participants (CSV, TSV or Excel)")
    table, chosen = _chosen(sheets, source, options)
    names = list(table.frame.columns)
    # What is said of columns of the measurements may not be there.
    here = {role: name for role, name in options.columns.items() if find_column(name, names)}
    roles = find_roles(names, replace(options, columns=here, ignore=()), wanted=("subject",))
    if roles.problems:
        raise TableError(roles.problems, source)
    subject = roles.columns.get("subject", "")
    frame = _plain(table.frame, subject, source, options).rename(columns={subject: "subject"})
    frame, merged = _of_all_days(frame)
    checked = check_participants(frame, source=source)
    checked.attrs["guesses"] = (*guesses, *chosen, *table.guesses, *roles.guesses, *merged)
    return checked


def _chosen(sheets: list[Sheet], source: str, options: TableOptions) -> tuple[Headed, list[str]]:
    """Return the sheet that is said, else the first with one row per subject."""
    said = named_sheets(sheets, source, options)
    filled = [sheet for sheet in sheets if not sheet.is_empty]
    tables = [with_header(sheet, source, options) for sheet in said[:1] or filled[:1]]
    if said or len(filled) == 1:
        return tables[0], []
    for sheet in filled:
        table = tried(sheet, options)
        if table and _one_row_each(table):
            return table, [f"Participants were read from sheet {sheet.name}."]
    return tables[0], []


def _one_row_each(table: Headed) -> bool:
    roles = find_roles(list(table.frame.columns), TableOptions(), wanted=("subject",))
    column = roles.columns.get("subject")
    return column is not None and not table.frame[column].map(cell_text).duplicated().any()


def _plain(frame: pd.DataFrame, subject: str, source: str, options: TableOptions) -> pd.DataFrame:
    """Return the cells as text, with decimal points and without what is said to be missing."""
    faults = [cell for cell in frame.to_numpy().ravel() if isinstance(cell, Fault)]
    if faults:
        raise TableError([f"{fault.text} in cell {fault.address}" for fault in faults], source)
    columns = {}
    for name in frame.columns:
        pointed, _ = with_points(frame[[name]], options, source)
        known = name == subject  # a name, whatever it looks like
        columns[name] = (
            frame[name].map(cell_text) if known else without_missing(pointed[name], options)[0]
        )
    return pd.DataFrame(columns, index=frame.index)


def _of_all_days(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return one row per subject of a table that has one for each day, and what was left out."""
    days = any(role_of(str(name)) in ("day", "week", "date") for name in frame.columns)
    if not days or "subject" not in frame or not frame["subject"].duplicated().any():
        return frame, []
    filled = frame.where(~frame.isin(BLANKS))
    subjects = filled.groupby("subject", sort=False)
    values = subjects.nunique().max()
    same = list(values.index[values <= 1])
    if not same:
        return frame, []
    rows = subjects[same].first().fillna("").reset_index()
    rows.index = frame.index[~frame["subject"].duplicated() & filled["subject"].notna()]
    told = f"Several rows of a subject were read as one, with {', '.join(same)}"
    return rows, [f"{told}: the other columns differ between its days."]


def check_participants(table: pd.DataFrame, *, source: str = "participants") -> pd.DataFrame:
    """Return the participants with `subject` first and typed columns, or say what is wrong.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers.table import check_participants
    >>> people = pd.DataFrame({"participant_id": ["sub-01", "sub-02"], "age": ["61", "58"]})
    >>> check_participants(people).to_dict("list")
    {'subject': ['01', '02'], 'age': [61, 58]}

    """
    table = table.rename(columns={"participant_id": "subject"})
    if list(table.columns).count("subject") != 1:
        columns = ", ".join(map(str, table.columns)) or "none"
        raise TableError(
            [f"expected one column `subject` or `participant_id`; found columns: {columns}"], source
        )
    subject = table["subject"].map(cell_text).astype(str).str.removeprefix("sub-")
    problems = [f"row {row}, column subject: found nothing" for row in table.index[subject == ""]]
    again = subject[subject.duplicated() & (subject != "")]
    if len(again):
        more = f"; so do those of {len(again) - 1} rows more" if len(again) > 1 else ""
        problems.append(
            f"row {again.index[0]}, column subject: {again.iloc[0]} stands in an earlier row "
            f"too{more}; expected one row for each subject"
        )
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
