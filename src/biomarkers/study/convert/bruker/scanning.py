"""From a folder of ParaVision studies to series that can be converted."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from biomarkers.errors import FileError, InputError
from biomarkers.files import folders, require_folder
from biomarkers.study.convert.bruker.diffusion import diffusion
from biomarkers.study.convert.bruker.images import counts, frames, groups, placed
from biomarkers.study.convert.bruker.parameters import Parameters, open_scan
from biomarkers.study.convert.bruker.sidecar import sequence, sidecar
from biomarkers.study.convert.series import Contents, Converted, Series, Traits

_IMAGES, _VISU = "2dseq", "visu_pars"
_FIRST = "1"
_DIFFUSION = "FG_DIFFUSION"


def find_series(source: Path | str, *, keep: Sequence[str] = ()) -> Contents:
    """Return the scans of ParaVision below a folder, and those that cannot be read, a line each.

    Raises
    ------
    FileError
        If there is no such folder.
    InputError
        If there is no scan in it, or brukerapi is not installed.

    """
    root = require_folder(source, "a folder of ParaVision studies")
    series, unreadable = list[Series](), list[str]()
    for scan in _scans(root):
        for reconstruction in _reconstructions(scan):
            key = _key(root, scan, reconstruction)
            try:
                series.append(_series(reconstruction, root, key, tuple(keep)))
            except FileError as error:
                unreadable.append(f"{key}: {error}")
    if not series and not unreadable:
        raise InputError(
            f"{root} holds no scan of ParaVision (folders with acqp, method and pdata)"
        )
    return Contents(tuple(series), tuple(unreadable))


def _scans(folder: Path) -> Iterator[Path]:
    """Yield the folders of scans, in the order of their numbers."""
    if (folder / "acqp").is_file() or (folder / "method").is_file():
        yield folder
        return
    for path in sorted(folders(folder), key=lambda path: (path.name.zfill(8), path.name)):
        yield from _scans(path)


def _reconstructions(scan: Path) -> list[Path]:
    """Return the reconstructions of a scan; where there is none, the one that is missing."""
    made = sorted(folders(scan / "pdata"), key=lambda path: path.name.zfill(8))
    return made or [scan / "pdata" / _FIRST]


def _key(root: Path, scan: Path, reconstruction: Path) -> str:
    """Return how a mapping names a scan: its path, and its reconstruction if not the first."""
    place = scan.relative_to(root).as_posix() if scan != root else scan.name
    return place if reconstruction.name == _FIRST else f"{place}/pdata/{reconstruction.name}"


def _series(folder: Path, root: Path, key: str, keep: tuple[str, ...]) -> Series:
    for name in (_IMAGES, _VISU):
        if not (folder / name).is_file():
            raise FileError(f"no {name} in pdata/{folder.name}: aborted, or not copied whole")
    scan = open_scan(folder / _IMAGES)
    if scan.text("ACQ_completed") == "No":
        raise FileError("aborted: ACQ_completed is No")
    if any(name != "spatial" for name in np.atleast_1d(scan.value("VisuCoreDimDesc"))):
        raise FileError("spectra, no images: mrs.load reads them")
    _require_whole(folder / _IMAGES, scan)
    slices, volumes, echoes = counts(scan)
    return Series(
        key=key,
        description=scan.text("ACQ_scan_name", "VisuAcquisitionProtocol"),
        protocol=scan.text("VisuAcquisitionProtocol", "ACQ_protocol_name"),
        patient=scan.text("VisuSubjectId", "VisuSubjectName"),
        folder=folder.parents[2].relative_to(root).as_posix() if folder.parents[1] != root else ".",
        date=scan.date(),
        traits=Traits(
            slices=slices,
            volumes=volumes,
            echoes=echoes,
            sequence=sequence(scan),
            tr=scan.number("VisuAcqRepetitionTime", scale=1e-3),
            te=scan.number("VisuAcqEchoTime", scale=1e-3),
            flip_deg=scan.number("VisuAcqFlipAngle"),
            diffusion=_DIFFUSION in groups(scan),
        ),
        convert=partial(_convert, folder / _IMAGES, keep),
        identifying=scan.identifying() - set(keep),
        notes=_notes(scan),
    )


def _notes(scan: Parameters) -> tuple[str, ...]:
    packs = range(len(scan.dataset.slice_packages_index()))
    if all(placed(scan, pack)[1] for pack in packs):
        return ()
    return (
        "VisuCorePosition moves within the slices that VisuCoreOrientation describes; slices are "
        "taken to follow along their normal",
    )


def _require_whole(image: Path, scan: Parameters) -> None:
    """Refuse images that are shorter than their parameters promise, as of an aborted scan."""
    expected = scan.dataset.numpy_dtype.itemsize
    for size in scan.dataset.shape_storage:
        expected *= int(size)
    found = image.stat().st_size
    if found != expected:
        raise FileError(f"{_IMAGES} has {found} bytes, expected {expected}: aborted or cut off")


def _convert(image: Path, keep: tuple[str, ...], scratch: Path) -> list[Converted]:
    """Return the images of a scan; `scratch` is not needed."""
    scan = open_scan(image, data=True)
    asked = {name: scan.text(name) for name in keep if scan.text(name)}
    result = []
    for each in frames(scan):
        volumes = each.data.shape[3] if each.data.ndim > 3 else 1
        weighted = diffusion(scan, each.affine, volumes)
        known = sidecar(scan, echo=each.echo, volumes=volumes) | asked
        result.append(Converted(each.data, each.affine, known, each.entities, *weighted))
    return result
