"""A folder of results while a run holds it: locked, what killed runs left cleared, ours told apart.

`OUT/records/` holds a record for each session, `study.json` with what is written for the whole
study, the lock, and `staging/`, where sessions make their files before these are put in place.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from biomarkers.errors import FileError
from biomarkers.files import entries, read_json, write_json
from biomarkers.study.adopting import adopt, is_our_description, is_our_study_record
from biomarkers.study.cohort import DATASET
from biomarkers.study.locking import lock
from biomarkers.study.records import FOLDER, RECORD, TABLE, Records

_STUDY, _LOCK, _STAGING = "study.json", "lock.json", "staging"
DESCRIPTION = f"{DATASET}/dataset_description.json"
# What is written for the whole study, and overwritten by the next run.
_OF_THE_STUDY = (TABLE, RECORD, DESCRIPTION)


@dataclass(frozen=True)
class Held:
    """A folder of results that this run may write into.

    Parameters
    ----------
    records
        Of its sessions.
    staging
        Folder of this run for files in the making.

    """

    records: Records
    staging: Path

    def new_folder(self, name: str) -> Path:
        """Return a folder that is not there yet, for the files of a session."""
        return self.staging / f"{name}-{uuid4().hex[:8]}"

    def staged(self, folder: Path) -> str:
        """Return the name of a folder as a record holds it."""
        return folder.relative_to(self.records.folder).as_posix()


@contextmanager
def locked(out: Path | str) -> Iterator[None]:
    """Keep other runs out of a folder of results; within one, this changes nothing.

    Raises
    ------
    InputError
        If another run writes into it, naming host, process and since when.

    Examples
    --------
    >>> from biomarkers.study import locked
    >>> with locked("out"):  # another run that would write there is refused
    ...     print("mine alone")
    mine alone

    """
    with lock(Path(out) / FOLDER / _LOCK):
        yield


@contextmanager
def hold(out: Path) -> Iterator[Held]:
    """Hold a folder of results.

    Raises
    ------
    InputError
        If another run writes into it, or what it would overwrite there is of somebody else.

    """
    records = Records(out)
    _refuse_strangers(records)
    with locked(out):
        write_json(records.folder / _STUDY, {"files": list(_OF_THE_STUDY)})
        _restore(records)
        staging = records.folder / _STAGING
        shutil.rmtree(staging, ignore_errors=True)
        held = Held(records, staging / uuid4().hex)
        held.staging.mkdir(parents=True)
        try:
            yield held
        finally:
            shutil.rmtree(staging, ignore_errors=True)


def _refuse_strangers(records: Records) -> None:
    """Refuse to overwrite tables and descriptions that no run of ours has written."""
    if _is_ours(records):
        return
    out, others = records.out, {name for name in _OF_THE_STUDY if (records.out / name).exists()}
    if is_our_study_record(out / RECORD):
        others -= {TABLE, RECORD}
    if is_our_description(out / DESCRIPTION):
        others.discard(DESCRIPTION)
    if entries(records.folder) and not _is_locked(records):
        others.add(FOLDER)
    if others:
        names = ", ".join(str(out / name) for name in sorted(others))
        raise FileError(
            f"{names}: there already, and not of an earlier run; name another folder, or move "
            "what is yours out"
        )


def _is_ours(records: Records) -> bool:
    path = records.folder / _STUDY
    with suppress(FileError, KeyError, TypeError):
        if read_json(path, "a list of files")["files"] == list(_OF_THE_STUDY):
            return True
    # It is gone or damaged, but was there before the first record that is whole.
    return any(records.seen(name) for name in records.names())


def _is_locked(records: Records) -> bool:
    """Whether nothing but locks lies in the folder: a run that was killed as it began."""
    return all(path.name.startswith((_LOCK, ".writing-")) for path in records.folder.iterdir())


def _restore(records: Records) -> None:
    """Finish what a killed run was about to put in its place; list what has no record."""
    for name in list(records.names()):
        try:
            record = records.read(name)
        except FileError:
            adopt(records, name)
            continue
        if record is not None and (record.staged or record.leaving):
            records.complete(record)
    if is_our_study_record(records.out / RECORD) and not any(records.names()):
        adopt(records)
    for path in records.folder.glob(".writing-*"):
        path.unlink()
