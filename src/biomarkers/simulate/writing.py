"""A study from its declaration to the files on disk."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.blas import one_blas_thread
from biomarkers.errors import InputError
from biomarkers.files import write_json
from biomarkers.images import Image, write_image
from biomarkers.processes import Lost, Processes
from biomarkers.simulate.cohort import State, Subject, draw_cohort, stream
from biomarkers.simulate.declaration import Declaration, unit_of
from biomarkers.simulate.documents import write_documents
from biomarkers.simulate.truth import Row, write_truth

Progress = Callable[[int, int, str], None]
_MANUFACTURER = {"Manufacturer": "simulated"}


class Session:
    """One subject on one visit: what is true, random numbers, and where files go.

    Parameters
    ----------
    root
        Folder of the study.
    declaration
        What the study is.
    subject, state
        Who is examined, and what is true of the lesion on this visit.
    seed
        Of the cohort.

    """

    def __init__(
        self, root: Path, declaration: Declaration, subject: Subject, state: State, seed: int
    ) -> None:
        self.root = root
        self.declaration = declaration
        self.subject = subject
        self.state = state
        self._seed = seed
        session = f"ses-{state.visit.label}"
        self.place = Path(f"sub-{subject.label}") / session
        self.stem = f"sub-{subject.label}_{session}"

    def stream(self, purpose: str) -> np.random.Generator:
        """Return random numbers of this subject on this visit for one purpose."""
        return stream(self._seed, purpose, self.subject.number, self.state.visit.label)

    def lasting(self, purpose: str) -> np.random.Generator:
        """Return random numbers of this subject, the same on every visit."""
        return stream(self._seed, purpose, self.subject.number)

    def path(self, folder: str, suffix: str, pipeline: str = "") -> Path:
        """Return where a file goes, without its ending; below `derivatives` for a pipeline."""
        root = self.root / "derivatives" / pipeline if pipeline else self.root
        return root / self.place / folder / f"{self.stem}_{suffix}"

    def image(
        self,
        folder: str,
        suffix: str,
        data: npt.NDArray[Any],
        grid: Image,
        sidecar: Mapping[str, Any],
        *,
        dtype: npt.DTypeLike = np.int16,
        time_step: float | None = None,
    ) -> None:
        """Write an image as it came from the scanner, with its sidecar."""
        path = self.path(folder, suffix)
        write_image(path.with_suffix(".nii.gz"), data, grid, dtype=dtype, time_step=time_step)
        write_json(path.with_suffix(".json"), _MANUFACTURER | dict(sidecar))

    def derived(
        self,
        pipeline: str,
        folder: str,
        suffix: str,
        data: npt.NDArray[Any],
        grid: Image,
        *,
        sidecar: Mapping[str, Any] | None = None,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        """Write a map or a label map as another program would have left it."""
        path = self.path(folder, suffix, pipeline)
        write_image(path.with_suffix(".nii.gz"), data, grid, dtype=dtype)
        if sidecar is not None:
            write_json(path.with_suffix(".json"), dict(sidecar))


@dataclass(frozen=True)
class _Part:
    """What is written of a study for one subject; `study` is a declaration, or the name of ours."""

    root: Path
    study: Declaration | str
    subject: Subject
    seed: int
    scans: tuple[str, ...]


def write_study(
    declaration: Declaration,
    folder: Path | str,
    *,
    subjects: int | None = None,
    seed: int = 1,
    scans: Iterable[str] | None = None,
    progress: Progress | None = None,
    jobs: int = 1,
) -> Path:
    """Write a simulated study as a BIDS folder, with its truth and a plan for its analysis.

    Parameters
    ----------
    declaration
        What the study is: one of `STUDIES`, or your own.
    folder
        Where to write; must not exist or be empty.
    subjects
        How many take part, 2 or more; groups take turns and both outcomes occur. The number
        declared, unless said otherwise.
    seed
        0 or more. The same seed gives the same bytes, and a subject is the same in a cohort of
        any size.
    scans
        Which of the declared scans; all but the optional ones, unless said otherwise.
    progress
        Called after each subject with how many are done, how many there are, and its name.
    jobs
        Processes that write; the bytes are the same with any number. Your own declaration can be
        handed to others only if it pickles, as functions at the top of a module do.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    InputError
        If the folder holds something, `subjects` is below 2, `seed` is negative or a scan is not
        declared; or if a subject cannot be written by another process.

    Examples
    --------
    >>> import pandas as pd
    >>> from biomarkers.simulate import Course, Declaration, Group, Outcome, Visit, write_study
    >>> study = Declaration(
    ...     name="pilot", title="A simulated pilot study", subjects=4,
    ...     groups={"treated": Group(description="drug", response=(0.6, 0.2))},
    ...     visits=(Visit(label="day00", day=0), Visit(label="day03", day=3)),
    ...     courses={"ADC": Course(start=8e-4, between=0.1, within=0.05, effect={0: 0, 3: 0.3})},
    ...     outcome=Outcome(without_response=25.0, gain=0.7, luck=0.2, horizon=35, end=60))
    >>> folder = write_study(study, "study", seed=1)
    >>> len(pd.read_table(folder / "sourcedata" / "truth" / "truth.tsv"))  # 4 on 2 days
    8

    """
    if jobs < 1:
        raise InputError(f"jobs is {jobs}; expected 1 or more")
    root, chosen = Path(folder), _chosen(declaration, scans)
    _require_empty(root)
    number = declaration.subjects if subjects is None else subjects
    cohort = draw_cohort(declaration, subjects=number, seed=seed)
    study = _named(declaration) if jobs > 1 else declaration
    parts = [_Part(root, study, subject, seed, chosen) for subject in cohort]
    rows: dict[int, list[Row]] = {}
    for index, of_subject in _written(parts, jobs):
        rows[index] = of_subject
        if progress:
            progress(len(rows), number, f"sub-{cohort[index].label}")
    write_truth(root, declaration, cohort, [row for index in sorted(rows) for row in rows[index]])
    write_documents(root, declaration, cohort, seed=seed, scans=chosen)
    return root


def _chosen(declaration: Declaration, scans: Iterable[str] | None) -> tuple[str, ...]:
    usual = [name for name in declaration.scans if name not in declaration.optional]
    wanted = usual if scans is None else list(scans)
    for name in wanted:
        if name not in declaration.scans:
            raise InputError(
                f"scans names {name!r}, which {declaration.name} does not have; "
                f"expected any of {', '.join(declaration.scans)}"
            )
    return tuple(name for name in declaration.scans if name in wanted)


def _require_empty(root: Path) -> None:
    if root.exists() and not root.is_dir():
        raise InputError(f"{root} is a file; expected a new or an empty folder")
    if root.is_dir() and any(root.iterdir()):
        raise InputError(
            f"{root} is not empty and nothing in it is overwritten; "
            "name a new folder or delete this one"
        )


def _named(declaration: Declaration) -> Declaration | str:
    """Return the name of a study of ours: functions without a name do not pickle."""
    from biomarkers.simulate import STUDIES  # noqa: PLC0415  (which imports this module)

    own = STUDIES.get(declaration.name) is declaration
    return declaration.name if own else declaration


def _written(parts: Sequence[_Part], jobs: int) -> Iterator[tuple[int, list[Row]]]:
    """Write subjects; yield the index of each, and what is true of it, as they are done."""
    if jobs == 1:
        yield from enumerate(map(_write_subject, parts))
        return
    with Processes(min(jobs, len(parts))) as processes:
        for index, rows in processes.results(_write_subject, parts):
            if isinstance(rows, Lost):
                name = parts[index].subject.label
                raise InputError(f"sub-{name} was not written: {rows.how}; or take jobs=1")
            yield index, rows


@one_blas_thread()
def _write_subject(part: _Part) -> list[Row]:
    from biomarkers.simulate import STUDIES  # noqa: PLC0415  (which imports this module)

    study = STUDIES[part.study] if isinstance(part.study, str) else part.study
    sessions = [
        Session(part.root, study, part.subject, state, part.seed) for state in part.subject.states
    ]
    return [row for session in sessions for row in _write_session(session, part.scans)]


def _write_session(session: Session, scans: tuple[str, ...]) -> Iterable[Row]:
    """Write every scan of a session and yield what is true of it."""
    declaration = session.declaration
    scene = declaration.scene(session)
    for name in scans:
        declaration.scans[name](session, scene)
    label, day = session.subject.label, session.state.visit.day
    for region, biomarker, value in declaration.truth(session, scene, scans):
        yield label, day, region, biomarker, value, unit_of(biomarker)
