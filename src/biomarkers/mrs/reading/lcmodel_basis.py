"""LCModel .BASIS: namelists, and spectra of metabolites as text.

Each spectrum is the Fourier transform, over sqrt(N), of a signal in LCModel's convention, in the
order of the transform, filled with zeros to twice the signal's length. To put its reference right
it is moved ISHIFT points to the left; it counts TRAMP / (VOLUME CONC) times. With a negative
BADELT every number is masked by a known series. Source: LCModel 6.3 (subroutine MYBASI).
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from biomarkers.arrays import ComplexArray, FloatArray
from biomarkers.errors import FileError, InputError
from biomarkers.mrs.reading.lcmodel import echo_time, relative_scale
from biomarkers.mrs.reading.namelist import Group, complex_numbers, read_groups
from biomarkers.mrs.reading.recording import header_count, header_number, require_length

_EXPECTED = "an LCModel .BASIS file"
# Of the energy of a signal, what may lie in the half that zeros fill: numbers have six digits.
_ZERO_FILLED = 1e-8


@dataclass(frozen=True, eq=False)
class BasisFile:
    """What basis files hold, names as there; fields as in `Basis`, None where they do not say."""

    names: tuple[str, ...]
    fid: ComplexArray
    dwell: float | None = None
    frequency_mhz: float | None = None
    te: float | None = None
    sequence: str = ""


def read_lcmodel_basis(path: Path) -> BasisFile:
    """Read an LCModel .BASIS file; `FileError` or `InputError` if something of it is wrong."""
    groups = read_groups(path, _EXPECTED)
    general = {
        key: value
        for group in groups
        if group.name in ("SEQPAR", "BASIS1")
        for key, value in group.values.items()
    }
    metabolites = [group for group in groups if group.name == "BASIS"]
    if not metabolites:
        raise FileError(f"{path} has no group $BASIS; expected {_EXPECTED}")
    points = header_count(general.get("NDATAB"), "NDATAB", path)
    dwell = header_number(general.get("BADELT"), "BADELT", path)
    mask = masking(points) if dwell is not None and dwell < 0 else np.ones(points)
    spectra = np.array(
        [_spectrum(group, points, general.get("FMTBAS", ""), path) for group in metabolites]
    )
    frequency = header_number(general.get("HZPPPM"), "HZPPPM", path)
    return BasisFile(
        tuple(group.values.get("METABO", "") for group in metabolites),
        _without_zeros(np.fft.ifft(spectra * mask, norm="ortho").conj()),
        dwell=abs(dwell) if dwell else None,
        frequency_mhz=frequency if frequency is None or frequency > 0 else None,
        te=echo_time(general, path),
        sequence=general.get("SEQ", "").strip(),
    )


def _spectrum(group: Group, points: int, fortran_format: str, path: Path) -> ComplexArray:
    """Return the spectrum of one metabolite, in its place and of concentration 1."""
    name = group.values.get("METABO", "")
    numbers = complex_numbers(group.after, fortran_format, path)
    require_length(numbers.size, points, path, f"numbers (NDATAB) of {name}")
    shift = header_number(group.values.get("ISHIFT") or "0", "ISHIFT", path) or 0.0
    if not shift.is_integer():
        raise InputError(f"{path}: ISHIFT of {name} is {shift}; expected a whole number")
    return np.asarray(np.roll(numbers, -int(shift)) * relative_scale(group.values, path))


def masking(points: int) -> FloatArray:
    """Return what masked spectra are to be multiplied by: -exp(10 - 20 r).

    r are the numbers of the generator d → 16807 d mod (2^31 - 1), from 1499, over 2^31.
    """
    values, state = np.empty(points), 1499
    for index in range(points):
        state = 16807 * state % (2**31 - 1)
        values[index] = state * 4.656612875e-10
    return np.asarray(-np.exp(10.0 - 20.0 * values))


def _without_zeros(fid: ComplexArray) -> ComplexArray:
    """Return signals less the half that zeros fill; whole, if it is signal."""
    half = fid.shape[-1] // 2
    energy = np.abs(fid) ** 2
    filled = energy[:, half:].sum() <= _ZERO_FILLED * energy.sum()
    return fid[:, :half] if filled else fid
