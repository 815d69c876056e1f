"""What is known of each session's result: a record in `OUT/records/`.

A record lists the files of its session before any of them is put in its place, and only files that
a record lists are ever replaced or removed. It holds the rows, too, so that the table can be made
of what other runs left; and a hash of itself, so that a byte changed in it is seen.
"""

import errno
import hashlib
import json
import math
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from sys import intern
from types import NoneType
from typing import Any

import pandas as pd

from biomarkers.errors import FileError
from biomarkers.files import read_json, replacing
from biomarkers.study.cohort import Session

FOLDER = "records"
TABLE, RECORD = "measurements.tsv", "measure.json"
_FORMAT = 2
_SHOWN = 3
_WHAT = "a record of a measured session"
Rows = Mapping[str, list[Any]]


@dataclass(frozen=True)
class Key:
    """What a result came of.

    Parameters
    ----------
    program
        SHA-256 of the sources, and versions of the libraries, by name.
    settings
        SHA-256 of what was chosen for the study.
    recipe
        SHA-256 of what is done in the session.
    inputs
        SHA-256 of the content of each file, and of what tables say, by name.

    """

    program: Mapping[str, str]
    settings: str
    recipe: str
    inputs: Mapping[str, str] = field(default_factory=dict)

    def is_of_one_table(self, other: "Key") -> bool:
        """Whether rows may stand in one table: measured alike, by the same program."""
        return self.program == other.program and self.settings == other.settings


@dataclass(frozen=True)
class Record:
    """The result of one session.

    Parameters
    ----------
    name
        `sub-<subject>_ses-<label>`.
    subject, label, day
        Of the session.
    key
        What rows and files came of; None if that is not known.
    rows
        Cells of the table by column; None if nothing could be measured.
    files
        SHA-256 by path below the folder of results.
    failure, advice
        What could not be measured and why; what to do.
    again
        Why a later run could not measure it anew: rows and files are of an earlier one.
    staged
        Folder, below the records, from which files are still to be moved; empty when done.
    leaving
        Files of an earlier result that are still to be removed.

    """

    name: str
    subject: str
    label: str
    day: float
    key: Key | None = None
    rows: Rows | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""
    advice: str = ""
    again: str = ""
    staged: str = ""
    leaving: tuple[str, ...] = ()

    @property
    def owned(self) -> set[str]:
        """Every path that is this session's to replace or remove."""
        return {*self.files, *self.leaving}

    def can_stand_beside(self, common: Key) -> bool:
        """Whether there are rows, measured as those of a key are: one table is of one way."""
        return self.rows is not None and self.key is not None and self.key.is_of_one_table(common)

    def frame(self) -> pd.DataFrame:
        """Return the rows, without subject, day and session."""
        cells = {} if self.rows is None else self.rows
        return pd.DataFrame({name: _uncelled(column) for name, column in cells.items()})


def name_of(session: Session) -> str:
    """Return what the files of a session begin with, and what its record is called."""
    return f"sub-{session.subject}_ses-{session.label}"


def record_of(session: Session, **content: Any) -> Record:
    """Return a record of a session."""
    return Record(name_of(session), session.subject, session.label, session.day, **content)


def rows_of(table: pd.DataFrame) -> dict[str, list[Any]]:
    """Return the cells of a table as JSON holds them, each to the last bit."""
    return {str(name): [_cell(each) for each in table[name]] for name in table.columns}


def _cell(value: Any) -> Any:
    """Return a cell as JSON holds it: null where there is none, infinity as `["inf"]`."""
    value = value.item() if hasattr(value, "item") else value
    if not isinstance(value, float):
        return None if value is pd.NA else value
    if math.isnan(value):
        return None
    return [str(value)] if math.isinf(value) else value


def _uncelled(column: list[Any]) -> list[Any]:
    """Return a column as it was; cell by cell only where it has cells of several kinds."""
    kinds = set(map(type, column))
    if kinds == {str}:
        return list(map(intern, column))  # few names: rows of a thousand sessions share them
    if kinds <= {int, float, bool, NoneType}:
        return [math.nan if each is None else each for each in column]
    return [_uncell(each) for each in column]


def _uncell(value: Any) -> Any:
    if isinstance(value, str):
        return intern(value)
    if value is None:
        return math.nan
    return float(value[0]) if isinstance(value, list) else value


class Records:
    """The records of a folder of results.

    Parameters
    ----------
    out
        The folder.

    """

    def __init__(self, out: Path) -> None:
        self.out, self.folder = out, out / FOLDER

    def path(self, name: str) -> Path:
        """Return where the record of a session lies."""
        return self.folder / f"{name}.json"

    def names(self) -> Iterator[str]:
        """Yield the names of sessions that have a record."""
        for path in sorted(self.folder.glob("sub-*_ses-*.json")):
            yield path.stem

    def read(self, name: str) -> Record | None:
        """Return the record of a session; None if there is none.

        Raises
        ------
        FileError
            If it is damaged.

        """
        if not self.path(name).exists():
            return None
        record = _record_of(read_json(self.path(name), _WHAT), self.path(name))
        for each in (*record.owned, record.staged):
            if Path(each).is_absolute() or ".." in Path(each).parts:
                raise FileError(f"{self.path(name)} lists {each}; expected files below {self.out}")
        return record

    def seen(self, name: str) -> Record | None:
        """Return the record of a session; None if there is none, or it is damaged."""
        try:
            return self.read(name)
        except FileError:
            return None

    def write(self, record: Record) -> Record:
        """Write a record; it survives a power cut, or the one before it does."""
        text = json.dumps(_content_of(record), allow_nan=False)
        digest = hashlib.sha256(text.encode()).hexdigest()
        with replacing(self.path(record.name)) as temporary, temporary.open("w") as file:
            file.write(f'{text[:-1]}, "sha256": "{digest}"}}\n')
            file.flush()
            os.fsync(file.fileno())
        return record

    def remove(self, record: Record) -> None:
        """Remove what a session gave, and then its record."""
        for name in record.owned:
            (self.out / name).unlink(missing_ok=True)
        self.path(record.name).unlink(missing_ok=True)

    def set_aside(self, record: Record) -> None:
        """Move what a session gave to `earlier/`, with its record; nothing of it is lost."""
        place = self.folder / "earlier" / record.name
        _move_all(record.owned, self.out, place)
        place.mkdir(parents=True, exist_ok=True)
        _move(str(self.path(record.name)), str(place / "record.json"))

    def publish(self, record: Record) -> Record:
        """Move the files of a record from where they were made to their places.

        Interrupted anywhere, it can be done again.
        """
        before = self.read(record.name)
        if record.staged:
            others = set() if before is None else before.owned
            _refuse_foreign(self.out, {*record.files} - others)
            leaving = tuple(sorted(others - {*record.files}))
            record = self.write(replace(record, leaving=leaving))
        return self.complete(record)

    def complete(self, record: Record) -> Record:
        """Finish what `publish` began."""
        staged = self.folder / record.staged
        if record.staged:
            _move_all(record.files, staged, self.out)
        for name in record.leaving:
            (self.out / name).unlink(missing_ok=True)
        return self.write(replace(record, staged="", leaving=()))


def _content_of(record: Record) -> dict[str, Any]:
    """Return what the file of a record holds, but for the hash of it.

    Files in one order, whoever listed them, and columns in theirs. Rows are many: not copied.
    """
    key, files = record.key, dict(sorted(record.files.items()))
    inputs = None if key is None else dict(sorted(key.inputs.items()))
    named = None if key is None else {**vars(key), "inputs": inputs}
    return {"format": _FORMAT, **vars(record), "key": named, "files": files}


def _record_of(content: Any, path: Path) -> Record:
    """Return what a file of `Records.write` holds; `FileError` if it is another or damaged."""
    if not isinstance(content, dict) or content.pop("format", None) != _FORMAT:
        raise FileError(f"{path} is of another version; expected {_WHAT}")
    digest = content.pop("sha256", "")
    text = json.dumps({"format": _FORMAT, **content}, allow_nan=False)
    if digest != hashlib.sha256(text.encode()).hexdigest() or content["name"] != path.stem:
        raise FileError(f"{path} is damaged: it was changed since; expected {_WHAT}")
    key, leaving = content.pop("key"), tuple(content.pop("leaving"))
    return Record(**content, leaving=leaving, key=None if key is None else Key(**key))


def _refuse_foreign(out: Path, names: set[str]) -> None:
    """Refuse to put a file where one lies that no record lists."""
    there = [name for name in names if os.path.lexists(f"{out}/{name}")]
    if there:
        foreign = sorted(str(out / name) for name in there)
        raise FileError(
            f"{', '.join(foreign[:_SHOWN])} {'is' if len(foreign) == 1 else 'are'} there already, "
            "and not of an earlier run; move what is yours out, or name another folder"
        )


def _move_all(names: Collection[str], source: Path, target: Path) -> None:
    """Move the files of some names, those that are there; hundreds, so paths of them are text."""
    there = [name for name in names if os.path.lexists(f"{source}/{name}")]
    for folder in {name.rpartition("/")[0] for name in there}:
        (target / folder).mkdir(parents=True, exist_ok=True)
    for name in there:
        _move(f"{source}/{name}", f"{target}/{name}")


def _move(source: str, target: str) -> None:
    try:
        os.replace(source, target)  # noqa: PTH105  (two paths for each of many files)
    except OSError as error:
        if error.errno != errno.EXDEV:  # a folder of results may be a link to another disk
            raise
        with replacing(target) as temporary:
            shutil.copyfile(source, temporary)
        Path(source).unlink()
