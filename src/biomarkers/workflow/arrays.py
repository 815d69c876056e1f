"""Arrays of a study on disk joined to the cases of a cohort: slices of images, spectra."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from biomarkers import images, mrs
from biomarkers.errors import InputError
from biomarkers.predict import Cohort
from biomarkers.study import Session, Study, open_study
from biomarkers.study.drawn import drawn_image, voxel_scans

FloatArray = npt.NDArray[np.float64]
Key = tuple[str, str]

_SHOWN = 3  # reasons that an error spells out


def with_slices(
    cohort: Cohort,
    study: Study | Path | str,
    *,
    image: str = "T1w",
    name: str = "slices",
    count: int = 9,
    size: int = 64,
    spacing_mm: float = 1.0,
    day: float | Sequence[float] = 0.0,
) -> Cohort:
    """Return a cohort with axial slices through the lesion of each case.

    Parameters
    ----------
    cohort
        Its lesions are regions of the study's label maps, by the names that measurement rows have;
        a case without one has the slices through all regions (but `artery`) together.
    study
        A folder in BIDS form, or as `study.open_study` gives it.
    image
        How the name of the image ends: `T1w`, `ce-gadolinium_T1w`. A label map lies on its grid.
    name
        Of the array in the cohort.
    count, size, spacing_mm
        As of `images.slices`.
    day
        Of the session. Of several days the slices stand one day after another, (days × count,
        size, size): with ``count=1`` a slice a day. A day that is missing is NaN.

    Returns
    -------
    Cohort
        Of the cases that have slices; its notes name the others, and why.

    Raises
    ------
    InputError
        If no case has any, or an argument is impossible.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import predict, sample_data, workflow
    >>> from biomarkers.images import Image, read_labels, write_image
    >>> rats = sample_data.write_study("rats", subjects=[f"{n:02d}" for n in range(1, 17)])
    >>> for drawn in sorted(rats.rglob("*ses-day00*_dseg.nii.gz")):
    ...     made_up = np.random.default_rng(0).normal(100.0, 9.0, read_labels(drawn).shape)
    ...     name = drawn.name.replace("dseg", "T1w")
    ...     place = rats / name[:6] / "ses-day00" / "anat" / name
    ...     _ = write_image(place, made_up, read_labels(drawn))
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> rows = table[table["day"] == 0]
    >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
    >>> workflow.with_slices(cohort, rats, name="t1w", count=3, size=8).arrays["t1w"].shape
    (16, 3, 8, 8)

    """
    days = np.atleast_1d(np.asarray(day, dtype=float)).tolist()
    walk = _Walk(cohort, study if isinstance(study, Study) else open_study(study), tuple(days))

    def cut(session: Session) -> Callable[[str], FloatArray]:
        volume, labels = drawn_image(session, image)
        return lambda region: images.slices(
            volume, labels, count=count, size=size, label=region or None, spacing_mm=spacing_mm
        )

    made = walk.made(cut)
    missing = np.full((count, size, size), np.nan)
    stacks = {
        key: np.concatenate([by_day.get(each, missing) for each in days])
        for key, by_day in made.items()
    }
    how = f"{image}: {count} slices of {size} x {size} pixels of {spacing_mm:g} mm, days "
    return walk.joined(name, stacks, how + ", ".join(f"{each:g}" for each in days))


def with_spectra(
    cohort: Cohort,
    study: Study | Path | str,
    *,
    name: str = "mrs",
    ppm: tuple[float, float] = (0.2, 4.2),
    points: int = 512,
    scale: Literal["water", "total"] | None = None,
    day: float = 0.0,
) -> Cohort:
    """Return a cohort with the spectrum of each case, (points,), of the single voxels of a study.

    Parameters
    ----------
    cohort
        Its lesions are voxels, by the names that measurement rows have (`voi-` of the file); a
        case without one has the only voxel of its session.
    study
        A folder in BIDS form, or as `study.open_study` gives it.
    name
        Of the array in the cohort.
    ppm, points, scale
        As of `mrs.spectra`, which is given all spectra together.
    day
        Of the session.

    Returns
    -------
    Cohort
        Of the cases that have a spectrum; its notes name the others, and why, and fields and echo
        times where they differ.

    Raises
    ------
    InputError
        If no case has one, or an argument is impossible.

    Examples
    --------
    >>> from biomarkers import predict, sample_data, workflow
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> rows = table[table["day"] == 0]
    >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
    >>> rats = sample_data.write_study("rats")  # of maps alone
    >>> workflow.with_spectra(cohort, rats)
    Traceback (most recent call last):
    biomarkers.errors.InputError: mrs: no case of the cohort has one: ...

    """
    walk = _Walk(cohort, study if isinstance(study, Study) else open_study(study), (float(day),))
    scans = walk.made(_voxels)
    each = {key: by_day[float(day)] for key, by_day in scans.items()}
    spectra = mrs.spectra(each.values(), ppm=ppm, points=points, scale=scale)
    for key, reason in zip(each, spectra.reasons, strict=True):
        if reason:
            walk.reasons.append(f"{_called(key)}: {reason}")
    rows = {
        key: row for key, row in zip(each, spectra.values, strict=True) if np.isfinite(row).any()
    }
    walk.reasons.extend(spectra.notes)
    how = f"{points} points of {ppm[0]:g} to {ppm[1]:g} ppm, scaled to {spectra.scale}"
    return walk.joined(name, rows, f"{how}; {spectra.protocol}")


def _voxels(session: Session) -> Callable[[str], mrs.Scan]:
    scans = voxel_scans(session)

    def of(voxel: str) -> mrs.Scan:
        wanted = voxel or (next(iter(scans)) if len(scans) == 1 else "")
        if wanted not in scans:
            lacking = f"no voxel {voxel!r}" if voxel else "no lesion says which voxel"
            raise InputError(f"{lacking}; the session has {', '.join(scans)}")
        return scans[wanted]

    return of


@dataclass
class _Walk:
    """The sessions of some days of a study, and why cases have nothing there."""

    cohort: Cohort
    study: Study
    days: tuple[float, ...]

    def __post_init__(self) -> None:
        self.reasons: list[str] = []

    def made(
        self, of_session: Callable[[Session], Callable[[str], Any]]
    ) -> Mapping[Key, dict[float, Any]]:
        """Return what is made of each region on each day, by case."""
        sessions = {(each.subject, each.day): each for each in self.study.sessions}
        made: dict[Key, dict[float, Any]] = {}
        for subject, cases in self._cases().items():
            for day in self.days:
                if (subject, day) not in sessions:
                    self.reasons.append(f"{subject}: no session on day {day:g}")
                    continue
                try:
                    of_region = of_session(sessions[subject, day])
                except InputError as error:
                    self.reasons.append(str(error))
                    continue
                for key, region in cases:
                    try:
                        made.setdefault(key, {})[day] = of_region(region)
                    except InputError as error:
                        self.reasons.append(f"{_called(key)}, day {day:g}: {error}")
        return {key: by_day for key, by_day in made.items() if by_day}

    def _cases(self) -> dict[str, list[tuple[Key, str]]]:
        """Return the cases of every folder of the study, each with its region.

        Where lesions have folders of their own, a lesion is folder/region, as `Cohort` names it.
        """
        folders, cases = set(self.study.subjects), dict[str, list[tuple[Key, str]]]()
        for subject, lesion in zip(
            self.cohort.subject.tolist(), self.cohort.lesion.tolist(), strict=True
        ):
            folder, _, region = lesion.partition("/")
            if folder not in folders or subject in folders:
                folder, region = subject, lesion
            cases.setdefault(folder, []).append(((subject, lesion), region))
        return cases

    def joined(self, name: str, arrays: Mapping[Key, FloatArray], made: str) -> Cohort:
        """Return the cohort with arrays, its notes saying what is missing and why."""
        if not arrays:
            raise InputError(
                f"{name}: no case of the cohort has one: {'; '.join(self.reasons[:_SHOWN])}"
            )
        try:
            joined = self.cohort.with_array(name, arrays, made=made)
        except InputError as error:  # what could not be made may well be why
            raise InputError("; ".join([str(error), *self.reasons[:_SHOWN]])) from error
        why = (f"Array {name}: {reason}." for reason in self.reasons)
        return replace(joined, notes=(*joined.notes, *why))


def _called(key: Key) -> str:
    return f"{key[0]}, lesion {key[1]}" if key[1] else key[0]
