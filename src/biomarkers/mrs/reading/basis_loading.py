"""The one door for bases: LCModel, jMRUI, FSL-MRS."""

from pathlib import Path

import numpy as np

from biomarkers.arrays import ComplexArray
from biomarkers.errors import FileError, InputError
from biomarkers.files import entries, read_json, require_file
from biomarkers.mrs.basis import Basis
from biomarkers.mrs.reading.jmrui import is_jmrui, read_jmrui
from biomarkers.mrs.reading.lcmodel import read_raw
from biomarkers.mrs.reading.lcmodel_basis import BasisFile, read_lcmodel_basis
from biomarkers.mrs.reading.recording import Recording, header_number, needed_value, possible_value
from biomarkers.mrs.reading.reference_peak import without_reference
from biomarkers.mrs.scan import WATER_PPM, ppm_axis, spectrum_of

_EXPECTED = (
    "an LCModel .BASIS file, a text file of jMRUI, or a folder of .RAW (LCModel), .txt (jMRUI) or "
    ".json (FSL-MRS) files"
)
_FSL_KEYS = ("basis_re", "basis_im", "basis_dwell", "basis_centre")
# Of metabolites nearly all resonances lie between here and water, ppm.
_LOWEST_PPM = 0.3
# How many times more energy on the other side of water shows a mirrored basis.
_MIRRORED = 4.0


def load_basis(
    path: Path | str,
    *,
    dwell: float | None = None,
    frequency_mhz: float | None = None,
    te: float | None = None,
    keep_reference: bool = False,
) -> Basis:
    """Read what metabolites look like.

    Parameters
    ----------
    path
        An LCModel `.BASIS` file, a text file of jMRUI, or a folder of `.RAW` (LCModel), `.txt`
        (jMRUI) or `.json` (FSL-MRS) files of one metabolite each, which give it their name.
    dwell, te
        Time from sample to sample, and echo time, s: instead of what the file says. `.RAW` files
        say neither dwell time nor frequency.
    frequency_mhz
        Of the spectrometer, MHz, likewise.
    keep_reference
        Whether to keep the singlet that simulated bases have at 0 ppm, a mark for LCModel's
        MakeBasis, which would be fitted to the data's lipids.

    Returns
    -------
    Basis
        Names in this package's spelling (`names.canonical_name`), unknown ones as they are; signals
        whose Fourier transform rises with the chemical shift. Where the basis is that of protons
        and mirrored, it is turned.

    Raises
    ------
    FileError
        If the file or folder is missing, damaged or of another kind.
    InputError
        If dwell time or frequency are not known, a value is not possible, or two signals have
        one name.

    Examples
    --------
    >>> import json
    >>> from pathlib import Path
    >>> from biomarkers.mrs import load_basis, simulate_basis
    >>> fid = simulate_basis(field_t=3.0, metabolites="Cr", points=256)["Cr"]
    >>> values = {"basis_re": fid.real.tolist(), "basis_im": fid.imag.tolist()}
    >>> values |= {"basis_name": "Cr", "basis_dwell": 2.5e-4, "basis_centre": 127.7}
    >>> _ = Path("Cr.json").write_text(json.dumps({"basis": values}))  # as FSL-MRS has them
    >>> basis = load_basis(".")
    >>> basis.names, basis.frequency_mhz, round(abs(basis["Cr"][0]).item(), 6)
    (('Cr',), 127.7, 6.0)

    """
    path = Path(path)
    content = _read(path)
    if not np.isfinite(content.fid).all():
        raise FileError(f"{path} holds numbers that are not finite; export it again")
    basis = Basis(
        content.names,
        content.fid,
        needed_value("dwell", dwell, content.dwell, path),
        needed_value("frequency_mhz", frequency_mhz, content.frequency_mhz, path),
        te=possible_value("te", te, content.te, path),
        sequence=content.sequence,
        source=str(path),
    )
    basis = _turned(basis)
    return basis if keep_reference else without_reference(basis)


def _read(path: Path) -> BasisFile:
    if path.is_dir():
        return _read_folder(path)
    path = require_file(path, _EXPECTED)
    if path.suffix.lower() == ".basis":
        return read_lcmodel_basis(path)
    if path.suffix.lower() == ".txt":
        return _of_recordings({path: read_jmrui(path)})
    raise FileError(f"{path} is no basis; expected {_EXPECTED}")


def _read_folder(folder: Path) -> BasisFile:
    files = [each for each in entries(folder) if each.is_file()]
    by_kind = {kind: [f for f in files if f.suffix.lower() == kind] for kind in (".json", ".raw")}
    texts = [each for each in files if each.suffix.lower() == ".txt" and is_jmrui(each)]
    if by_kind[".json"]:
        return _joined([_read_fsl(each) for each in by_kind[".json"]], folder)
    if by_kind[".raw"]:
        return _of_recordings({each: read_raw(each) for each in by_kind[".raw"]})
    if texts:
        return _of_recordings({each: read_jmrui(each) for each in texts})
    raise FileError(f"{folder} holds no basis; expected {_EXPECTED}")


def _of_recordings(recordings: dict[Path, Recording]) -> BasisFile:
    """Return a basis of files; the metabolites' names are in the header, else the files' own."""
    parts = []
    for path, recording in recordings.items():
        fid = recording.fid.reshape(-1, recording.fid.shape[-1])
        listed = str(recording.header.get("SignalNames", "")).rstrip(";").split(";")
        names = [Path(name.strip()).stem for name in listed] if len(fid) > 1 else [path.stem]
        if len(names) != len(fid):
            raise InputError(f"{path} names {len(names)} of its {len(fid)} signals (SignalNames)")
        parts.append(
            BasisFile(
                tuple(names), fid, recording.dwell, recording.frequency_mhz, recording.te,
                recording.sequence,
            )
        )  # fmt: skip
    return _joined(parts, next(iter(recordings)).parent)


def _read_fsl(path: Path) -> BasisFile:
    """Read one metabolite of FSL-MRS: real and imaginary parts by keys of `basis`."""
    content = read_json(path, "a metabolite of FSL-MRS")
    basis = content.get("basis") if isinstance(content, dict) else None
    lacking = [key for key in _FSL_KEYS if key not in (basis or {})]
    if basis is None or lacking:
        raise FileError(
            f"{path} lacks {', '.join(lacking)} of its basis; expected a metabolite of FSL-MRS"
        )
    try:
        real, imaginary = (np.array(basis[key], dtype=np.float64) for key in _FSL_KEYS[:2])
        fid = np.array([real, 1j * imaginary]).sum(axis=0)
    except ValueError as error:
        raise FileError(f"{path}: basis_re and basis_im do not fit ({error})") from error
    dwell, frequency = (header_number(basis[key], key, path) for key in _FSL_KEYS[2:])
    return BasisFile((str(basis.get("basis_name") or path.stem),), fid[None], dwell, frequency)


def _joined(parts: list[BasisFile], folder: Path) -> BasisFile:
    first = parts[0]
    for part in parts:
        for name in ("dwell", "frequency_mhz"):
            if getattr(part, name) != getattr(first, name):
                raise InputError(
                    f"{folder}: {name} of {part.names[0]} is {getattr(part, name)}, that of "
                    f"{first.names[0]} {getattr(first, name)}; expected one"
                )
        if part.fid.shape[-1] != first.fid.shape[-1]:
            raise InputError(
                f"{folder}: {part.names[0]} has {part.fid.shape[-1]} samples, {first.names[0]} "
                f"{first.fid.shape[-1]}; expected as many"
            )
    names = tuple(name for part in parts for name in part.names)
    fid = np.concatenate([part.fid for part in parts])
    return BasisFile(names, fid, first.dwell, first.frequency_mhz, first.te, first.sequence)


def _turned(basis: Basis) -> Basis:
    """Return the basis, conjugated if what should lie above 0 ppm and below water lies beyond it.

    Programs differ: of files of FSL-MRS and jMRUI either kind exists.
    """
    below, beyond = (_energy(basis, fid) for fid in (basis.fid, basis.fid.conj()))
    return basis.with_fid(basis.fid.conj()) if beyond > _MIRRORED * below else basis


def _energy(basis: Basis, fid: ComplexArray) -> float:
    ppm = ppm_axis(fid.shape[-1], basis.dwell, basis.frequency_mhz, WATER_PPM)
    inside = (ppm > _LOWEST_PPM) & (ppm < WATER_PPM - _LOWEST_PPM)
    return float((np.abs(spectrum_of(fid)[:, inside]) ** 2).sum())
