"""Write imported images: all of them beside the study first, then moved into it."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.bids.dataset import DESCRIPTION
from biomarkers.errors import FileError, ProblemsError, StudyError
from biomarkers.files import require_writable, walk, write_json, write_text
from biomarkers.images import write_image
from biomarkers.study.convert.names import Target
from biomarkers.study.convert.series import Converted, Series

_ENDINGS = (".nii.gz", ".nii")
# Tables and documents of the study, which are extended; everything else must not be there.
_EXTENDED = (".tsv", ".bidsignore", DESCRIPTION)


@contextmanager
def staging(root: Path) -> Iterator[Path]:
    """Give a folder on the disk of the study, which is gone afterwards."""
    standing = next(each for each in (root, *root.absolute().parents) if each.is_dir())
    require_writable(root)
    staged = Path(tempfile.mkdtemp(prefix=".importing-", dir=standing))
    try:
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def require_new(root: Path, mapped: Iterable[tuple[Series, Target]]) -> None:
    """Refuse what would write over a file, or two series that would become one image.

    Raises
    ------
    ProblemsError
        Naming every series concerned.

    """
    problems, taken = list[str](), dict[Path, Series]()
    for series, target in mapped:
        stem = target.stem({})
        first = taken.setdefault(stem, series)
        if first is not series:
            problems.append(
                f"{series} and {first} both become {stem.name}; tell them apart by entities "
                f"(run-1, run-2), or leave one out with the suffix skip"
            )
        problems += [
            f"{series}: {root / stem}{ending} is there already; move it, or leave the series out"
            for ending in _ENDINGS
            if (root / f"{stem}{ending}").exists()
        ]
    if problems:
        raise ProblemsError(problems, str(root))


def stage(staged: Path, series: Series, target: Target, images: Sequence[Converted]) -> None:
    """Write the images of a series, their sidecars and b-values below a folder.

    Raises
    ------
    StudyError
        If two images of the series have one name.

    """
    for image in images:
        stem = staged / target.stem(image.entities)
        if Path(f"{stem}.nii.gz").exists():
            raise StudyError(f"{series}: several of its images become {stem.name}")
        write_image(
            f"{stem}.nii.gz", image.data, image, dtype=image.data.dtype, time_step=_time_step(image)
        )
        write_json(f"{stem}.json", image.sidecar)
        if image.bvals is not None:
            write_text(f"{stem}.bval", _line(image.bvals))
        if image.bvecs is not None:
            write_text(f"{stem}.bvec", "".join(map(_line, image.bvecs.T)))


def _time_step(image: Converted) -> float | None:
    """Return the spacing of volumes, s, where they are evenly spaced: a header has but one."""
    steps = np.diff(image.sidecar.get("FrameTimesStart", []))
    even = len(steps) > 0 and np.allclose(steps, steps[0], rtol=1e-3)
    return float(np.median(steps)) if even else None


def _line(values: FloatArray) -> str:
    return " ".join(f"{value:.10g}" for value in values) + "\n"


def move(staged: Path, root: Path) -> tuple[Path, ...]:
    """Move every file below `staged` to its place below `root`; all of them or none.

    Raises
    ------
    FileError
        If a file came there in the meantime.

    """
    files = sorted(walk(staged), key=lambda path: (path.name.endswith(_EXTENDED), path))
    # Made now: once moved, a file is no longer below the folder.
    places = tuple(sorted(root / path.relative_to(staged) for path in files))
    try:
        for path in files:
            place = root / path.relative_to(staged)
            place.parent.mkdir(parents=True, exist_ok=True)
            if place.exists() and not path.name.endswith(_EXTENDED):
                raise FileError(f"{place} is there already; nothing was imported")
            path.replace(place)
    except BaseException:
        _take_back(files, staged, root)
        raise
    return places


def _take_back(files: Iterable[Path], staged: Path, root: Path) -> None:
    """Remove what was moved, and the folders that were made for it; tables keep their new rows."""
    for path in files:
        place = root / path.relative_to(staged)
        if not path.exists() and not path.name.endswith(_EXTENDED):
            place.unlink(missing_ok=True)
        for folder in place.parents:
            if folder == root or not folder.is_dir() or any(folder.iterdir()):
                break
            folder.rmdir()
