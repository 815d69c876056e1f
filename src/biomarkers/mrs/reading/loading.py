"""The one door for scans: which reader a file needs, and what of it can be."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from biomarkers.arrays import ComplexArray
from biomarkers.errors import FileError, InputError
from biomarkers.files import require_file
from biomarkers.mrs.reading.bruker import is_bruker, read_bruker
from biomarkers.mrs.reading.jmrui import read_jmrui
from biomarkers.mrs.reading.lcmodel import read_raw
from biomarkers.mrs.reading.nifti_mrs import read_nifti_mrs
from biomarkers.mrs.reading.philips import read_sdat
from biomarkers.mrs.reading.recording import Recording, needed_value, possible_value
from biomarkers.mrs.reading.siemens import read_rda
from biomarkers.mrs.reading.varian import read_varian
from biomarkers.mrs.scan import EDIT, SPACE, Scan

Edit = int | Literal["all"] | None

_READERS: dict[str, Callable[[Path], Recording]] = {
    ".nii": read_nifti_mrs,
    ".sdat": read_sdat,
    ".spar": read_sdat,
    ".rda": read_rda,
    ".raw": read_raw,
    ".h2o": read_raw,
    ".txt": read_jmrui,
}
_TO_CONVERT = {
    ".dat": "a twix file of Siemens",
    ".7": "a P-file of GE",
    ".dcm": "a DICOM file",
    ".ima": "a DICOM file",
    ".data": "a raw-data file of Philips",
    ".list": "a raw-data file of Philips",
    ".mrui": "a binary file of jMRUI",
}
_FORMATS = (
    "NIfTI-MRS (.nii, .nii.gz), Philips (.sdat, .spar), Siemens (.rda), LCModel (.raw, .h2o), "
    "jMRUI (.txt), or a folder of Varian (fid, procpar) or Bruker (fid, method)"
)
# Keys of headers that name a person.
_PERSONAL = re.compile(r"(patient|subject).*(name|id$|birth|dob)|^private_", re.IGNORECASE)
# Fewer samples are no signal in time: images and tables are mistaken for one.
_FEWEST_POINTS = 32
# Frequencies of one scanner on one day, relative.
_SAME_FREQUENCY = 0.005


def load(
    path: Path | str,
    *,
    water: "Path | str | Scan | None" = None,
    te: float | None = None,
    tr: float | None = None,
    dwell: float | None = None,
    frequency_mhz: float | None = None,
    edit: Edit = None,
) -> Scan:
    """Read a spectroscopy scan, whatever wrote it.

    Parameters
    ----------
    path
        NIfTI-MRS (`.nii`, `.nii.gz`), Philips `.sdat`/`.spar`, Siemens `.rda`, LCModel `.raw` or
        `.h2o`, text of jMRUI (`.txt`), or the folder of a Varian or Bruker scan (the latter needs
        `pip install biomarkers[bruker]`). Other files: convert with spec2nii.
    water
        The scan without water suppression: a path, or a `Scan`. What its file does not say is
        taken from the metabolites' scan.
    te, tr, dwell
        Echo time, repetition time, time from sample to sample, s: instead of what the file says,
        and of what a water file says.
    frequency_mhz
        Of the spectrometer, MHz, likewise.
    edit
        Edited data (an axis `DIM_EDIT`): the number of the condition to take, from 0, or `"all"` to
        keep the axis.

    Returns
    -------
    Scan
        Signals whose Fourier transform rises with the chemical shift, as each format defines it.

    Raises
    ------
    FileError, ImageError
        If the file is missing, damaged, of another kind, or holds NaN or nothing but 0.
    InputError
        If dwell time or frequency are in no header and not given; if a value is not possible (TE
        over 1 s, TR over 30 s: it looks like ms); if the data are edited and `edit` is not given;
        if the water is of another scanner or grid.

    Examples
    --------
    >>> from biomarkers.mrs import load
    >>> load("meas_MID00021.dat")
    Traceback (most recent call last):
    biomarkers.errors.FileError: meas_MID00021.dat is a twix file of Siemens, which is not read; \
convert it to NIfTI-MRS with spec2nii and load that

    """
    given = {"te": te, "tr": tr, "dwell": dwell, "frequency_mhz": frequency_mhz}
    path = Path(path)
    recording = _read(path)
    if edit is not None and EDIT not in recording.axes:
        raise InputError(f"edit is {edit!r}, but {path} has no axis {EDIT}; leave edit out")
    scan = _checked(recording, path, given, edit)
    if water is None:
        return scan
    if not isinstance(water, Scan):
        water_path, inherited = Path(water), {name: getattr(scan, name) for name in given}
        water = _checked(_with_defaults(_read(water_path), inherited), water_path, given, edit)
    _require_same_scanner(water, scan)
    return replace(scan, water=water)


def _read(path: Path) -> Recording:
    if path.is_dir():
        return _read_folder(path)
    name = path.name.lower().removesuffix(".gz")
    suffix = Path(name).suffix
    if suffix in _TO_CONVERT:
        raise _to_convert(path, _TO_CONVERT[suffix])
    path = require_file(path, _FORMATS)
    if name in ("fid", "procpar", "2dseq", "rawdata.job0"):
        return _read_folder(path.parent)
    if suffix in _READERS:
        return _READERS[suffix](path)
    with path.open("rb") as stream:
        if stream.read(132).endswith(b"DICM"):
            raise _to_convert(path, "a DICOM file")
    raise FileError(f"{path} is of no kind that is read; expected {_FORMATS}")


def _to_convert(path: Path, kind: str) -> FileError:
    return FileError(
        f"{path} is {kind}, which is not read; convert it to NIfTI-MRS with spec2nii and load that"
    )


def _read_folder(folder: Path) -> Recording:
    if (folder / "procpar").is_file():
        return read_varian(folder)
    if is_bruker(folder):
        return read_bruker(folder)
    raise FileError(f"{folder} holds no scan; expected {_FORMATS}")


def _with_defaults(recording: Recording, values: dict[str, float | None]) -> Recording:
    lacking = {name: value for name, value in values.items() if getattr(recording, name) is None}
    return replace(recording, **lacking)  # type: ignore[arg-type]


def _checked(recording: Recording, path: Path, given: dict[str, float | None], edit: Edit) -> Scan:
    """Return the scan of a recording, every value of which is possible."""
    _require_signal(recording.fid, path)
    dwell, frequency = (
        needed_value(name, given[name], getattr(recording, name), path)
        for name in ("dwell", "frequency_mhz")
    )
    te, tr = (possible_value(k, given[k], getattr(recording, k), path) for k in ("te", "tr"))
    recording = _one_condition(recording, path, edit)
    return Scan(
        np.ascontiguousarray(recording.fid, dtype=complex),
        dwell=dwell,
        frequency_mhz=frequency,
        te=te,
        tr=tr,
        axes=recording.axes,
        affine=recording.affine,
        nucleus=recording.nucleus,
        sequence=recording.sequence,
        ppm_reference=recording.ppm_reference,
        header={k: v for k, v in recording.header.items() if not _PERSONAL.search(k)},
        source=str(path),
    )


def _require_signal(fid: ComplexArray, path: Path) -> None:
    wrong = int(fid.size - np.isfinite(fid).sum())
    if wrong:
        raise FileError(
            f"{path} holds {wrong} of {fid.size} samples that are no finite number (NaN); export "
            "it again"
        )
    if not fid.any():
        raise FileError(f"{path} holds no sample but 0; export it again")
    if fid.shape[-1] < _FEWEST_POINTS:
        raise FileError(
            f"{path} holds signals of {fid.shape[-1]} samples; expected {_FEWEST_POINTS} or more"
        )


def _one_condition(recording: Recording, path: Path, edit: Edit) -> Recording:
    """Return edited data of one condition; `InputError` where none is chosen."""
    if EDIT not in recording.axes or edit == "all":
        return recording
    axis = len(SPACE) + recording.axes.index(EDIT)
    count = recording.fid.shape[axis]
    if isinstance(edit, bool) or not isinstance(edit, int) or not 0 <= edit < count:
        what = f"{path} is edited, {count} conditions ({EDIT})"
        raise InputError(
            f"{what}; give edit= a number from 0 to {count - 1} for one of them, or 'all' to "
            f"keep the axis{'' if edit is None else f', not {edit!r}'}"
        )
    axes = tuple(each for each in recording.axes if each != EDIT)
    return replace(
        recording, fid=np.take(recording.fid, [edit], axis=axis).squeeze(axis), axes=axes
    )


def _require_same_scanner(water: Scan, scan: Scan) -> None:
    if abs(water.frequency_mhz / scan.frequency_mhz - 1.0) > _SAME_FREQUENCY:
        raise InputError(
            f"water: {water.source} was acquired at {water.frequency_mhz:.6g} MHz, {scan.source} "
            f"at {scan.frequency_mhz:.6g} MHz; expected one scanner"
        )
    if water.fid.shape[:3] != scan.fid.shape[:3]:
        raise InputError(
            f"water: {water.source} has {water.fid.shape[:3]} voxels, {scan.source} "
            f"{scan.fid.shape[:3]}; expected the same"
        )
