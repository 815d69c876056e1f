"""A cohort on disk: subjects, sessions with days, and the files of each session."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from biomarkers.bids import BidsFile, Sidecar, find_images, read_sidecar
from biomarkers.errors import StudyError
from biomarkers.files import require_folder
from biomarkers.table import read_participants
from biomarkers.table.cells import read_cells

HUMAN = "homo sapiens"


@dataclass(frozen=True)
class Dataset:
    """A BIDS folder: the raw study or one of its derivatives."""

    root: Path

    @property
    def name(self) -> str:
        """Last part of its path."""
        return self.root.name


@dataclass(frozen=True)
class Session:
    """One subject on one day.

    Parameters
    ----------
    subject, label
        Without `sub-` and `ses-`.
    day
        Days since the reference day, from `sub-*_sessions.tsv`.
    raw
        The study the raw images belong to.
    derivatives
        Derivatives datasets that may hold label maps and given maps of this session.
    species
        Of the subject, from `participants.tsv`; by BIDS human if it says nothing.

    """

    subject: str
    label: str
    day: float
    raw: Dataset
    derivatives: tuple[Dataset, ...] = field(default=())
    species: str = HUMAN

    def __str__(self) -> str:
        return f"sub-{self.subject} ses-{self.label}"

    @property
    def place(self) -> Path:
        """Folder of the session relative to a dataset."""
        return Path(f"sub-{self.subject}") / f"ses-{self.label}"

    def images(self, suffix: str) -> list[BidsFile]:
        """Return the raw images of a suffix, sorted by name."""
        found = find_images(self.raw.root / self.place)
        return [image for image in found if image.suffix == suffix]

    def derived(self) -> Iterator[tuple[Dataset, BidsFile]]:
        """Yield every image that the derivatives hold of this session."""
        for dataset in self.derivatives:
            for image in find_images(dataset.root / self.place):
                yield dataset, image

    def sidecar(self, image: BidsFile, dataset: Dataset | None = None) -> Sidecar:
        """Return the metadata of an image of this session."""
        return read_sidecar(image, (dataset or self.raw).root)


@dataclass(frozen=True)
class Study:
    """A longitudinal cohort in BIDS form; see `open_study`."""

    root: Path
    sessions: tuple[Session, ...]
    participants: pd.DataFrame | None = None

    @property
    def subjects(self) -> tuple[str, ...]:
        """Subjects in the order of their folders."""
        return tuple(dict.fromkeys(session.subject for session in self.sessions))


def open_study(folder: Path | str, *, derivatives: Sequence[Path | str] | None = None) -> Study:
    """Walk a BIDS study.

    Parameters
    ----------
    folder
        Holds `sub-<subject>/ses-<session>/` folders and, for each subject,
        `sub-<subject>_sessions.tsv` with the columns `session_id` and `days`.
    derivatives
        Derivatives datasets to look for label maps and maps in; by default every folder in
        `derivatives/` of the study.

    Returns
    -------
    Study
        Nothing but names and tables has been read.

    Raises
    ------
    FileError
        If a folder or a sessions table is missing.
    StudyError
        If there is no subject or session, or a session has no day.
    TableError
        If a table breaks the rules of its columns.

    """
    root = require_folder(folder, "a BIDS study (folders sub-<subject>/ses-<session>)")
    datasets = tuple(Dataset(path) for path in _derivatives_of(root, derivatives))
    listed = root / "participants.tsv"
    participants = read_participants(listed) if listed.exists() else None
    species = _species(participants)
    sessions = [
        replace(session, species=species.get(session.subject, HUMAN))
        for path in sorted(root.glob("sub-*"))
        if path.is_dir()
        for session in _sessions(path, Dataset(root), datasets)
    ]
    if not sessions:
        raise StudyError(f"{root}: no folder sub-<subject>/ses-<session> in it")
    return Study(root, tuple(sessions), participants)


def _species(participants: pd.DataFrame | None) -> dict[str, str]:
    """Return the species of each subject, where the table says it."""
    if participants is None or "species" not in participants:
        return {}
    known = participants[participants["species"].notna()]
    return dict(zip(known["subject"], known["species"].astype(str), strict=True))


def _derivatives_of(root: Path, asked: Sequence[Path | str] | None) -> list[Path]:
    if asked is None:
        return sorted(path for path in (root / "derivatives").glob("*") if path.is_dir())
    # The same folder named twice is one.
    places = dict.fromkeys(Path(path).resolve() for path in asked)
    return [require_folder(path, "a derivatives dataset (folders sub-*/ses-*)") for path in places]


def _sessions(folder: Path, raw: Dataset, derivatives: tuple[Dataset, ...]) -> list[Session]:
    subject = folder.name.removeprefix("sub-")
    present = {path.name for path in folder.glob("ses-*") if path.is_dir()}
    for dataset in derivatives:
        present |= {path.name for path in (dataset.root / folder.name).glob("ses-*")}
    if not present:
        raise StudyError(f"{folder}: no folder ses-<session> in it; every visit is a session")
    table = folder / f"{folder.name}_sessions.tsv"
    days = _days(table)
    unlisted = sorted(present - days.keys())
    if unlisted:
        raise StudyError(f"{table}: no row for {', '.join(unlisted)}; every session needs its day")
    found = [
        Session(subject, name.removeprefix("ses-"), day, raw, derivatives)
        for name, day in days.items()
        if name in present
    ]
    return sorted(found, key=lambda session: session.day)


def _days(path: Path) -> dict[str, float]:
    """Return the day of each session of one subject: each session once, each day once."""
    cells = read_cells(path, "a table of sessions with columns session_id and days")
    for name in ("session_id", "days"):
        if name not in cells:
            raise StudyError(f"{path}: no column {name}; found {', '.join(cells.columns)}")
    days: dict[str, float] = {}
    for row, label, text in zip(cells.index, cells["session_id"], cells["days"], strict=True):
        day = pd.to_numeric(text, errors="coerce")
        if not math.isfinite(day):
            raise StudyError(f"{path}, row {row}: days is {text!r}; expected a number of days")
        if label in days or float(day) in days.values():
            raise StudyError(
                f"{path}, row {row}: {label} on day {day:g} is there already; a session stands "
                "once, and a subject has one session a day"
            )
        days[label] = float(day)
    return days
