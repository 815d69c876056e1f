"""What one file holds, before anything of it is checked or given by hand."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from biomarkers.arrays import ComplexArray, FloatArray
from biomarkers.checks import parse_number, positive_number
from biomarkers.errors import FileError, InputError
from biomarkers.mrs.scan import WATER_PPM
from biomarkers.ranges import check_possible

# What an argument is called in the register of possible values.
QUANTITIES = {"te": "mrs_te", "tr": "mrs_tr", "dwell": "dwell", "frequency_mhz": "frequency_mhz"}
_NEEDED = {
    "dwell": "dwell time; give dwell= in s, the inverse of the spectral width",
    "frequency_mhz": "frequency of the spectrometer; give frequency_mhz=",
}


@dataclass(frozen=True, eq=False)
class Recording:
    """Signals and header of one file; fields as in `Scan`, None where the file does not say."""

    fid: ComplexArray
    dwell: float | None = None
    frequency_mhz: float | None = None
    te: float | None = None
    tr: float | None = None
    axes: tuple[str, ...] = ()
    affine: FloatArray | None = None
    nucleus: str = "1H"
    sequence: str = ""
    ppm_reference: float = WATER_PPM
    header: Mapping[str, Any] = field(default_factory=dict)


def header_number(text: object, key: str, path: Path, scale: float = 1.0) -> float | None:
    """Return a number of a header times `scale`; None where it is empty or absent.

    A decimal comma counts as a point: scanners write by the language of their console.

    Raises
    ------
    InputError
        If there is something else than a number.

    """
    if text is None or text == "":
        return None
    # Fortran writes exponents of double precision with D.
    value = parse_number(str(text).replace(",", ".").upper().replace("D", "E"))
    if not math.isfinite(value):
        raise InputError(f"{path}: {key} is {text!r}; expected a number")
    return value * scale


def header_count(text: object, key: str, path: Path) -> int:
    """Return a whole number from 1 of a header; `InputError` if there is none."""
    value = header_number(text, key, path)
    if value is None or not value.is_integer() or value < 1:
        raise InputError(f"{path}: {key} is {text!r}; expected a whole number from 1")
    return int(value)


def require_length(present: int, needed: int, path: Path, promised: str) -> None:
    """Raise `FileError` unless a file holds as many bytes (or numbers) as its header promises."""
    if present < needed:
        raise FileError(f"{path} is truncated: {present} of the {needed} {promised}; copy it again")
    if present > needed:
        raise FileError(
            f"{path} holds more than its header says: {present} for {needed} {promised}; "
            "export it again"
        )


def possible_value(
    name: str, given: float | None, stated: float | None, path: Path
) -> float | None:
    """Return what is given for an argument, else what the file states, if that can be.

    Raises
    ------
    InputError
        Naming argument and file, if the value is not possible.

    """
    if given is None and stated is None:
        return None
    if given is None:
        value, source = stated, f"{path}: {name} of its header"
    else:
        value, source = given, f"{name} (given for {path})"
        if name != "te" or given != 0:  # an FID has no echo
            positive_number(source, given)
    check_possible(QUANTITIES[name], value, source=source)  # type: ignore[arg-type]
    return value


def needed_value(name: str, given: float | None, stated: float | None, path: Path) -> float:
    """Return as `possible_value`; `InputError` if nothing is given, nor stated."""
    value = possible_value(name, given, stated, path)
    if value is None:
        raise InputError(f"{path} states no {_NEEDED[name]}")
    return value
