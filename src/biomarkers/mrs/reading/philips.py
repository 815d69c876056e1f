"""Philips SDAT and SPAR: VAX floating-point numbers, and a text that says what they are.

The Fourier transform of the signals rises with the chemical shift, as in `Scan`: against NIfTI-MRS
they are conjugated.
"""

import re
from pathlib import Path

import numpy as np

from biomarkers.arrays import ComplexArray, FloatArray
from biomarkers.errors import FileError, InputError
from biomarkers.files import read_bytes, read_text, require_file
from biomarkers.mrs.reading.recording import (
    Recording,
    header_count,
    header_number,
    require_length,
)
from biomarkers.mrs.reading.voxels import voxel_of_angles
from biomarkers.mrs.scan import AVERAGE

# Names of edited sequences; a SPAR has no field for it.
_EDITED = re.compile(r"mega|hermes|hercules|hyper|edit", re.IGNORECASE)
_SIDES = ("lr", "ap", "cc")


def read_sdat(path: Path) -> Recording:
    """Read a pair of SDAT and SPAR, either of which is named.

    Several rows are taken for single averages.

    Raises
    ------
    FileError
        If one of the pair is missing or too short.
    InputError
        If the SPAR lacks something, or the data are an image (MRSI) or edited.

    """
    spar_path = _partner(path, "spar")
    spar = _read_spar(spar_path)
    if _text(spar, "phase_encoding_enable") == "yes":
        raise InputError(
            f"{spar_path} is of spectroscopic imaging; expected a single voxel. Convert the "
            "DICOM files of the scan to NIfTI-MRS with spec2nii"
        )
    sequence = _text(spar, "scan_id")
    samples, rows = (header_count(spar.get(key), key, spar_path) for key in ("samples", "rows"))
    if rows > 1 and _EDITED.search(sequence):
        raise InputError(
            f"{spar_path} looks edited (scan_id is {sequence}), and does not say which of its "
            f"{rows} rows are of which condition; convert the scan with spec2nii"
        )
    fid = _signals(_partner(path, "sdat"), samples, rows)
    width = header_number(spar.get("sample_frequency"), "sample_frequency", spar_path)
    return Recording(
        fid.reshape((1, 1, 1, rows, samples) if rows > 1 else (1, 1, 1, samples)),
        dwell=1.0 / width if width else None,
        frequency_mhz=header_number(
            spar.get("synthesizer_frequency"), "synthesizer_frequency", spar_path, 1e-6
        ),
        te=header_number(spar.get("echo_time"), "echo_time", spar_path, 1e-3),
        tr=header_number(spar.get("repetition_time"), "repetition_time", spar_path, 1e-3),
        axes=(AVERAGE,) if rows > 1 else (),
        affine=_affine(spar, spar_path),
        nucleus=_text(spar, "nucleus") or "1H",
        sequence=sequence,
        header={"Manufacturer": "Philips", **spar},
    )


def _partner(path: Path, ending: str) -> Path:
    """Return the file of the pair that ends in `ending`, of any case."""
    if path.suffix.lower() == f".{ending}":
        return require_file(path, f"a Philips {ending.upper()} file")
    named = (path.with_suffix(f".{each}") for each in (ending, ending.upper()))
    partner = next((each for each in named if each.is_file()), None)
    if partner is None:
        raise FileError(f"{path} has no .{ending} file beside it; a Philips scan has both")
    return partner


def _read_spar(path: Path) -> dict[str, str]:
    lines = read_text(path, "a Philips SPAR file", encoding="latin-1").splitlines()
    pairs = (line.split(":", 1) for line in lines if ":" in line and not line.startswith("!"))
    return {key.strip(): value.strip() for key, value in pairs}


def _text(spar: dict[str, str], key: str) -> str:
    return spar.get(key, "").strip('" ')


def _signals(path: Path, samples: int, rows: int) -> ComplexArray:
    content = read_bytes(path, "a Philips SDAT file")
    require_length(len(content), 8 * samples * rows, path, "bytes of its SPAR")
    values = vax_floats(content)
    return np.asarray(values[0::2] + 1j * values[1::2])


def vax_floats(content: bytes) -> FloatArray:
    """Return the numbers of VAX single precision (F_floating).

    Two words of 16 bits, low byte first: sign, 8 bits of exponent e, 7 and 16 bits of fraction f.
    The value is (-1)^sign 2^(e - 129) (1 + f / 2^23); with e = 0 it is 0, or NaN with the sign set.
    """
    words = np.frombuffer(content, "<u2").astype(np.int64).reshape(-1, 2)
    exponent = (words[:, 0] >> 7) & 0xFF
    fraction = ((words[:, 0] & 0x7F) << 16) | words[:, 1]
    sign = np.where(words[:, 0] & 0x8000, -1.0, 1.0)
    values = sign * np.ldexp(1.0 + fraction / 2**23, (exponent - 129).astype(np.int32))
    values[exponent == 0] = np.where(sign[exponent == 0] < 0, np.nan, 0.0)
    return np.asarray(values)


def _affine(spar: dict[str, str], path: Path) -> FloatArray | None:
    """Return the voxel's place from sizes, offsets and angulations; None without a voxel."""
    if _text(spar, "volume_selection_enable") != "yes":
        return None
    columns = [
        [header_number(spar.get(f"{side}_{key}"), f"{side}_{key}", path) for side in _SIDES]
        for key in ("size", "off_center", "angulation")
    ]
    if any(value is None for column in columns for value in column):
        return None
    sizes, shifts, angles = np.array(columns, dtype=float)
    # Positive is left and posterior at Philips, right and anterior in NIfTI.
    return voxel_of_angles(angles * (-1, -1, 1), sizes, shifts * (-1, -1, 1))
