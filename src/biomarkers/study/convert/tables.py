"""The tables and documents of a study, begun or extended: who took part, when, what it is."""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from biomarkers import __version__
from biomarkers.bids.dataset import DESCRIPTION
from biomarkers.checks import parse_number
from biomarkers.errors import StudyError
from biomarkers.files import folders, write_json, write_text
from biomarkers.study.convert.days import Visit
from biomarkers.study.matching import PARTICIPANTS
from biomarkers.table import write_table
from biomarkers.table.cells import read_cells

_IGNORED = ("**/perf/*_dce.*", "**/perf/*_dsc.*")
_IGNORE = ".bidsignore"


def known_days(root: Path) -> dict[Visit, float]:
    """Return the day of every session that the tables of a study name."""
    return {
        (folder.name.removeprefix("sub-"), row["session_id"].removeprefix("ses-")): day
        for folder in (folders(root, "sub-") if root.exists() else [])
        if (table := sessions_table(folder)).is_file()
        for row in _rows(table, "session_id", "days").to_dict("records")
        if math.isfinite(day := parse_number(row["days"]))
    }


def sessions_table(subject: Path) -> Path:
    """Return where the table of sessions lies in the folder of a subject."""
    return subject / f"{subject.name}_sessions.tsv"


def write_tables(root: Path, staged: Path, days: Mapping[Visit, float]) -> None:
    """Write the tables of a study below `staged`: those of `root` with what is new added.

    Rows and columns that are there stay as they are.
    """
    subjects = sorted({subject for subject, _ in days})
    _extend(root, staged, PARTICIPANTS, "participant_id", {f"sub-{each}": {} for each in subjects})
    for subject in subjects:
        rows = {
            f"ses-{session}": {"days": f"{day:g}"}
            for (own, session), day in sorted(days.items(), key=lambda item: item[1])
            if own == subject
        }
        table = sessions_table(Path(f"sub-{subject}"))
        _extend(root, staged, str(table), "session_id", rows)


def write_documents(root: Path, staged: Path) -> None:
    """Write below `staged` what makes a folder a BIDS dataset, where `root` lacks it."""
    ignored = root / _IGNORE
    lines = ignored.read_text(encoding="utf-8").splitlines() if ignored.is_file() else []
    missing = [line for line in _IGNORED if line not in lines]
    if missing:
        write_text(staged / _IGNORE, "\n".join([*lines, *missing]) + "\n")
    if not (root / DESCRIPTION).exists():
        write_json(
            staged / DESCRIPTION,
            {
                "Name": "Imported study",
                "BIDSVersion": "1.10.0",
                "DatasetType": "raw",
                "GeneratedBy": [{"Name": "biomarkers", "Version": __version__}],
            },
        )


def _extend(
    root: Path, staged: Path, name: str, key: str, rows: Mapping[str, Mapping[str, str]]
) -> None:
    """Write a table with the rows that it lacks; nothing where it lacks none."""
    path = root / name
    columns = list(dict.fromkeys([key, *(column for row in rows.values() for column in row)]))
    table = _rows(path, *columns) if path.exists() else pd.DataFrame(columns=columns, dtype=str)
    new = [{key: label, **row} for label, row in rows.items() if not _has(table[key], label)]
    if new:
        whole = pd.concat([table, pd.DataFrame(new, columns=columns)], ignore_index=True)
        write_table(whole.replace("", None), staged / name)


def _rows(path: Path, *columns: str) -> pd.DataFrame:
    cells = read_cells(path, f"a table with columns {' and '.join(columns)}")
    missing = [column for column in columns if column not in cells]
    if missing:
        raise StudyError(
            f"{path}: no column {', '.join(missing)}; found {', '.join(cells.columns)}"
        )
    return cells


def _has(column: Iterable[str], label: str) -> bool:
    names: Sequence[str] = [label, label.partition("-")[2]]
    return any(each in names for each in column)
