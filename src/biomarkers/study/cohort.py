"""A cohort on disk: subjects, sessions with days, and the files of each session."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from biomarkers.bids import BidsFile, Sidecar, find_images, read_sidecar, unnamed_images
from biomarkers.checks import parse_number
from biomarkers.errors import StudyError
from biomarkers.files import folders, require_folder
from biomarkers.study.matching import PARTICIPANTS, match_subjects, warn_of_unmatched
from biomarkers.table import read_participants
from biomarkers.table.cells import read_cells

HUMAN = "homo sapiens"
# Where maps, transforms and tables of motion are written, below the results.
DATASET = "derivatives/biomarkers"


@dataclass(frozen=True)
class Dataset:
    """A BIDS folder: the raw study or one of its derivatives.

    Examples
    --------
    >>> from biomarkers import sample_data, study
    >>> cohort = study.open_study(sample_data.write_study("rats"))
    >>> [dataset.name for dataset in cohort.sessions[0].derivatives]
    ['maps']

    """

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

    Examples
    --------
    >>> from biomarkers import sample_data, study
    >>> session = study.open_study(sample_data.write_study("rats")).sessions[1]
    >>> str(session), session.day
    ('sub-01 ses-day03', 3.0)

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
        """Return the raw images of a suffix, sorted by name.

        Examples
        --------
        >>> from pathlib import Path
        >>> from biomarkers import sample_data, study
        >>> rats = sample_data.write_study("rats")
        >>> given = next(rats.rglob("sub-01_ses-day00_Ktrans.nii.gz"))
        >>> raw = rats / "sub-01" / "ses-day00" / "anat" / "sub-01_ses-day00_T1w.nii.gz"
        >>> raw.parent.mkdir(parents=True)
        >>> _ = raw.write_bytes(given.read_bytes())
        >>> [image.path.name for image in study.open_study(rats).sessions[0].images("T1w")]
        ['sub-01_ses-day00_T1w.nii.gz']

        """
        return [image for image in self._images(self.raw) if image.suffix == suffix]

    def unnamed(self) -> tuple[Path, ...]:
        """Return the images of the session whose names are none of BIDS.

        Examples
        --------
        >>> from biomarkers import sample_data, study
        >>> rats = sample_data.write_study("rats")
        >>> given = next(rats.rglob("sub-01_ses-day00_Ktrans.nii.gz"))
        >>> _ = given.rename(given.with_name("map of rat 1.nii.gz"))
        >>> [path.name for path in study.open_study(rats).sessions[0].unnamed()]
        ['map of rat 1.nii.gz']

        """
        places = [dataset.root / self.place for dataset in (self.raw, *self.derivatives)]
        return tuple(path for place in places for path in unnamed_images(place))

    def derived(self) -> Iterator[tuple[Dataset, BidsFile]]:
        """Yield every image that the derivatives hold of this session.

        Examples
        --------
        >>> from biomarkers import sample_data, study
        >>> session = study.open_study(sample_data.write_study("rats")).sessions[0]
        >>> sorted(image.suffix for dataset, image in session.derived())
        ['Ktrans', 'dseg']

        """
        for dataset in self.derivatives:
            for image in self._images(dataset):
                yield dataset, image

    def _images(self, dataset: Dataset) -> list[BidsFile]:
        """Return the images in the folder of the session, all of which its name must be on."""
        images = find_images(dataset.root / self.place)
        for image in images:
            subject = image.entities.get("sub", self.subject)
            label = image.entities.get("ses", self.label)
            if (subject, label) != (self.subject, self.label):
                raise StudyError(f"{image.path} lies in the folder of {self}; rename or move it")
        return images

    def below(self, path: Path) -> Path:
        """Return a path relative to its dataset: results are compared across machines.

        Examples
        --------
        >>> from biomarkers import sample_data, study
        >>> session = study.open_study(sample_data.write_study("rats")).sessions[0]
        >>> dataset, image = next(session.derived())
        >>> session.below(image.path).as_posix()
        'derivatives/maps/sub-01/ses-day00/dce/sub-01_ses-day00_Ktrans.nii.gz'

        """
        for dataset in (self.raw, *self.derivatives):
            if path.is_relative_to(dataset.root):
                return path.relative_to(dataset.root)
        return path

    def sidecar(self, image: BidsFile, dataset: Dataset | None = None) -> Sidecar:
        """Return the metadata of an image of this session.

        Examples
        --------
        >>> from biomarkers import sample_data, study
        >>> session = study.open_study(sample_data.write_study("rats")).sessions[0]
        >>> dataset, image = next(each for each in session.derived() if each[1].suffix == "Ktrans")
        >>> session.sidecar(image, dataset).values["Units"]
        '1/min'

        """
        return read_sidecar(image, (dataset or self.raw).root)


@dataclass(frozen=True)
class Study:
    """A longitudinal cohort in BIDS form; see `open_study`.

    Parameters
    ----------
    root
        Folder.
    sessions
        By subject and day.
    participants
        What `participants.tsv` says; None without it.
    notes
        Who is named in one place only, a sentence each.

    Examples
    --------
    >>> from biomarkers import sample_data, study
    >>> cohort = study.open_study(sample_data.write_study("rats"))
    >>> cohort.subjects, len(cohort.sessions), cohort.participants["responder"].tolist()
    (('01', '09'), 6, [1, 0])

    """

    root: Path
    sessions: tuple[Session, ...]
    participants: pd.DataFrame | None = None
    notes: tuple[str, ...] = ()

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
        Nothing but names and tables has been read. Subjects and sessions that are named in one
        place only are said in an `UnmatchedWarning`.

    Raises
    ------
    FileError
        If a folder or a sessions table is missing.
    StudyError
        If there is no subject or session, a session has no day, or a subject is spelled in two
        ways.
    TableError
        If a table breaks the rules of its columns.

    Examples
    --------
    >>> from biomarkers import sample_data, study
    >>> cohort = study.open_study(sample_data.write_study("rats"))
    >>> [(session.subject, session.day) for session in cohort.sessions][:4]
    [('01', 0.0), ('01', 3.0), ('01', 10.0), ('09', 0.0)]

    """
    root = require_folder(folder, "a BIDS study (folders sub-<subject>/ses-<session>)")
    datasets = tuple(Dataset(path) for path in _derivatives_of(root, derivatives))
    listed = root / PARTICIPANTS
    participants = read_participants(listed) if listed.exists() else None
    species = _species(participants)
    absent: list[str] = []
    sessions = [
        replace(session, species=species.get(session.subject, HUMAN))
        for path in folders(root, "sub-")
        for session in _sessions(path, Dataset(root), datasets, absent)
    ]
    if not sessions:
        raise StudyError(f"{root}: no folder sub-<subject>/ses-<session> in it")
    named = {str(each.root): _subjects_in(each.root) for each in datasets}
    if participants is not None:
        named[PARTICIPANTS] = list(participants["subject"])
    notes = warn_of_unmatched("*_sessions.tsv name", absent, "without a folder", "session")
    notes += match_subjects(_subjects_in(root), named)
    return Study(root, tuple(sessions), participants, tuple(notes))


def _subjects_in(dataset: Path) -> list[str]:
    return [path.name.removeprefix("sub-") for path in folders(dataset, "sub-")]


def _species(participants: pd.DataFrame | None) -> dict[str, str]:
    """Return the species of each subject, where the table says it."""
    if participants is None or "species" not in participants:
        return {}
    known = participants[participants["species"].notna()]
    return dict(zip(known["subject"], known["species"].astype(str), strict=True))


def _derivatives_of(root: Path, asked: Sequence[Path | str] | None) -> list[Path]:
    if asked is None:
        return [path for path in folders(root / "derivatives") if not path.name.startswith(".")]
    # The same folder named twice is one.
    places = dict.fromkeys(Path(path).resolve() for path in asked)
    return [require_folder(path, "a derivatives dataset (folders sub-*/ses-*)") for path in places]


def _sessions(
    folder: Path, raw: Dataset, derivatives: tuple[Dataset, ...], absent: list[str]
) -> list[Session]:
    """Return the sessions of a subject; those without a folder are added to `absent`."""
    subject = folder.name.removeprefix("sub-")
    places = [folder, *(dataset.root / folder.name for dataset in derivatives)]
    present = {path.name for place in places for path in folders(place, "ses-")}
    if not present:
        raise StudyError(f"{folder}: no folder ses-<session> in it; every visit is a session")
    table = folder / f"{folder.name}_sessions.tsv"
    days = _days(table)
    unlisted = sorted(present - days.keys())
    if unlisted:
        raise StudyError(f"{table}: no row for {', '.join(unlisted)}; every session needs its day")
    absent += [f"{folder.name} {name}" for name in days if name not in present]
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
        day = parse_number(text)
        if not math.isfinite(day):
            raise StudyError(f"{path}, row {row}: days is {text!r}; expected a number of days")
        if label in days or day in days.values():
            raise StudyError(
                f"{path}, row {row}: {label} on day {day:g} is there already; a session stands "
                "once, and a subject has one session a day"
            )
        days[label] = day
    return days
