"""Pixels, geometry and b-values of an image, by dcm2niix."""

import importlib.util
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.errors import InputError, StudyError
from biomarkers.files import read_json
from biomarkers.study.convert.dicom.frames import single_frames
from biomarkers.study.convert.dicom.header import read_dataset
from biomarkers.study.convert.dicom.slices import Stack

_MISSING = "converting DICOM needs dcm2niix: pip install 'biomarkers[dicom]'"
# Not compressed; merged; neither cropped nor turned (as 3-D images would be, away from the grid of
# others); trigger times split nothing; no defaults of the user's.
_OPTIONS = (
    *("-z", "n", "-b", "y", "-ba", "y", "-m", "y", "-x", "i", "-g", "i", "-w", "2"),
    *("--ignore_trigger_times", "y", "-f", "image"),
)
# How far from whole slices positions of headers may lie in the image, in slices.
_OFF_SLICE = 0.05
# From the patient's axes of DICOM (left, posterior, head) to those of NIfTI.
_TO_RAS = np.array([-1.0, -1.0, 1.0])


@dataclass(frozen=True)
class Pixels:
    """What dcm2niix makes of an image.

    Parameters
    ----------
    data, affine
        As in `Converted`.
    order
        Where each slice of a volume lies along the third axis; empty if headers do not tell.
    sidecar
        The sidecar that dcm2niix wrote.
    bvals, bvecs
        As in `Converted`.

    """

    data: npt.NDArray[np.generic]
    affine: FloatArray
    order: tuple[int, ...]
    sidecar: dict[str, Any]
    bvals: FloatArray | None
    bvecs: FloatArray | None


def executable() -> Path:
    """Return where dcm2niix is: in its package, on the path, or beside the interpreter.

    Raises
    ------
    InputError
        If it is nowhere.

    """
    package = importlib.util.find_spec("dcm2niix")
    folders = [Path(each) for each in (package.submodule_search_locations or [])] if package else []
    for name in ("dcm2niix", "dcm2niix.exe"):
        for folder in (*folders, Path(sys.executable).parent):
            if (folder / name).is_file():
                return folder / name
    found = shutil.which("dcm2niix")
    if found is None:
        raise InputError(_MISSING)
    return Path(found)


def convert(image: Stack, scratch: Path) -> Pixels:
    """Convert an image with dcm2niix.

    It is given copies of the files, numbered in the order of `image`, so that neither their names
    nor their numbers decide what becomes of them.

    Raises
    ------
    StudyError
        If dcm2niix fails, or makes something else of it than one image of those slices.

    """
    source, made = scratch / "dicom", scratch / "nifti"
    source.mkdir(parents=True)
    made.mkdir()
    _copy_numbered(image, source)
    command = [str(executable()), *_OPTIONS, "-o", str(made), str(source)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    files = sorted(made.glob("*.nii"))
    if ran.returncode or len(files) != 1:
        raise StudyError(
            f"dcm2niix made {len(files)} images (exit status {ran.returncode}), expected 1; it "
            f"says: {_complaints(ran.stdout + ran.stderr)}"
        )
    return _read(files[0], image)


def _copy_numbered(image: Stack, folder: Path) -> None:
    numbers: dict[Path, dict[int, int]] = {}
    for number, each in enumerate(image.slices, start=1):
        numbers.setdefault(each.path, {})[each.frame] = number
    for path, own in numbers.items():
        dataset = read_dataset(path, pixels=True)
        is_enhanced = "PerFrameFunctionalGroupsSequence" in dataset
        singles = single_frames(dataset, list(own)) if is_enhanced else [dataset]
        for single, number in zip(singles, own.values(), strict=True):
            single.InstanceNumber, single.PatientName, single.PatientID = number, "", ""
            # Of several series that are joined, dcm2niix would make as many images.
            single.SeriesInstanceUID, single.SeriesNumber = image.slices[0].series, 1
            single.save_as(folder / f"{number:06}.dcm")


def _complaints(output: str) -> str:
    lines = [line for line in output.splitlines() if "rror" in line or "arning" in line]
    return "; ".join(lines[-3:]) or "nothing"


def _read(path: Path, image: Stack) -> Pixels:
    nifti = nib.load(path)
    affine = np.array(nifti.affine, dtype=float)
    order = _order(image, affine)
    depth = nifti.shape[2] if len(nifti.shape) > 2 else 1
    volumes = nifti.shape[3] if len(nifti.shape) > 3 else 1
    if volumes != len(image.volumes) or (order and sorted(order) != list(range(depth))):
        raise StudyError(
            f"dcm2niix made {depth} slices and {volumes} volumes; expected "
            f"{len(image.volumes[0])} and {len(image.volumes)}, by the headers"
        )
    sidecar = path.with_suffix(".json")
    bvals, bvecs = (_numbers(path.with_suffix(ending)) for ending in (".bval", ".bvec"))
    return Pixels(
        _values(nifti),
        affine,
        order,
        read_json(sidecar, "a sidecar of dcm2niix") if sidecar.is_file() else {},
        None if bvals is None else bvals.ravel(),
        None if bvecs is None else bvecs.T,
    )


def _order(image: Stack, affine: FloatArray) -> tuple[int, ...]:
    """Return where the slices of the first volume lie along the third axis of the image."""
    first = image.volumes[0]
    if first[0].whole_volume:
        return ()
    corners = np.array([each.corner for each in first]) * _TO_RAS
    # The corner of a slice may be any corner of the image, but the slice stays the same.
    inverse = np.linalg.inv(affine)
    along = corners @ inverse[2, :3] + inverse[2, 3]
    if np.abs(along - np.round(along)).max() > _OFF_SLICE:
        raise StudyError("the slices that dcm2niix made do not lie where the headers have them")
    return tuple(int(each) for each in np.round(along))


def _values(nifti: Any) -> npt.NDArray[np.generic]:
    """Return values as stored if nothing scales them, else scaled, in single precision."""
    if (nifti.dataobj.slope, nifti.dataobj.inter) == (1.0, 0.0):
        return np.asarray(nifti.dataobj.get_unscaled())
    return np.asarray(nifti.dataobj, dtype=np.float32)


def _numbers(path: Path) -> FloatArray | None:
    return np.loadtxt(path, ndmin=2) if path.is_file() else None
