"""Some sessions of a study, and what an earlier run left of the others."""

import difflib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from biomarkers.errors import InputError
from biomarkers.files import read_json
from biomarkers.study.cohort import Session, Study
from biomarkers.table import read_measurements

RECORD, TABLE = "measure.json", "measurements.tsv"
# Parts of the record that have to be the same, for the rows of two runs to be of one table.
_SAME = ("version", "study", "settings")


def select(
    study: Study, participants: Collection[str], sessions: Collection[str]
) -> tuple[Session, ...]:
    """Return the sessions of some participants and labels; of all where none is named.

    Raises
    ------
    InputError
        If the study has none of a name, or no session is left.

    """
    subjects = _known(participants, "sub-", study.subjects, "participant")
    labels = _known(sessions, "ses-", [each.label for each in study.sessions], "session")
    chosen = tuple(
        each
        for each in study.sessions
        if (not subjects or each.subject in subjects) and (not labels or each.label in labels)
    )
    if not chosen:
        raise InputError(
            f"{study.root}: no session {', '.join(sorted(labels))} of {', '.join(sorted(subjects))}"
        )
    return chosen


def _known(wanted: Collection[str], prefix: str, there: Collection[str], what: str) -> set[str]:
    names = {each.removeprefix(prefix) for each in wanted}
    for name in sorted(names - set(there)):
        close = difflib.get_close_matches(name, list(there), n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {_few(there)}"
        raise InputError(f"no {what} {name!r} in the study; {hint}")
    return names


def _few(names: Collection[str], count: int = 10) -> str:
    distinct = list(dict.fromkeys(names))
    return ", ".join(distinct[:count]) + (", …" if len(distinct) > count else "")


def rows_of_others(
    out: Path, sessions: Collection[Session], record: Mapping[str, Any]
) -> pd.DataFrame | None:
    """Return what an earlier run measured of other sessions; None if there is nothing.

    Raises
    ------
    InputError
        If that was measured in another way: one table holds what was measured alike.

    """
    if not (out / TABLE).exists() or not (out / RECORD).exists():
        return None
    table, earlier = read_measurements(out / TABLE), read_json(out / RECORD, "a record")
    mine = set(_keys(sessions))
    others = table[~_pairs(table).isin(mine)]
    if others.empty:
        return None
    different = [name for name in _SAME if earlier.get(name) != record[name]]
    if different:
        raise InputError(
            f"{out} holds other sessions, measured with another {' and '.join(different)}; name "
            "another folder, or measure all sessions"
        )
    return others


def is_of(path: Path, sessions: Collection[Session]) -> bool:
    """Whether a file is of one of some sessions, by its name."""
    return any(path.name.startswith(f"sub-{subject}_ses-{label}_") for subject, label in
               _keys(sessions))  # fmt: skip


def _keys(sessions: Collection[Session]) -> Iterator[tuple[str, str]]:
    return ((each.subject, each.label) for each in sessions)


def _pairs(table: pd.DataFrame) -> "pd.Series[Any]":
    return pd.Series(list(zip(table["subject"], table["session"], strict=True)), table.index)
