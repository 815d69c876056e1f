"""Siemens RDA: a header of lines, then double-precision numbers.

The Fourier transform of the signals falls with the chemical shift (water-referenced spectra of two
scanners show N-acetylaspartate at the mirrored place), so they are conjugated here.
"""

import re
from pathlib import Path

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.errors import FileError, InputError
from biomarkers.files import read_bytes
from biomarkers.mrs.reading.recording import (
    Recording,
    header_count,
    header_number,
    require_length,
)
from biomarkers.mrs.reading.voxels import voxel_of_cosines

_END = re.compile(rb">>> End of header <<<[ \t]*\r?\n")


def read_rda(path: Path) -> Recording:
    """Read a Siemens RDA file of a single voxel.

    Raises
    ------
    FileError
        If it is not one, or too short.
    InputError
        If its header lacks something, or it is of spectroscopic imaging.

    """
    content = read_bytes(path, "a Siemens RDA file")
    end = _END.search(content)
    if not content.startswith(b">>> Begin of header <<<") or end is None:
        raise FileError(f"{path} has no '>>> Begin of header <<<'; expected a Siemens RDA file")
    header = _header(content[: end.start()].decode("latin-1"))
    grid = [header.get(f"CSIMatrixSize[{axis}]", "1") for axis in range(3)]
    if any(count.strip() not in ("0", "1") for count in grid):
        raise InputError(
            f"{path} is of spectroscopic imaging, {' x '.join(grid)} voxels; expected a single "
            "voxel. Convert it to NIfTI-MRS with spec2nii"
        )
    points = header_count(header.get("VectorSize"), "VectorSize", path)
    data = content[end.end() :]
    require_length(len(data), 16 * points, path, "bytes of VectorSize complex numbers")
    return Recording(
        np.frombuffer(data, "<c16").conj().reshape(1, 1, 1, points),
        dwell=header_number(header.get("DwellTime"), "DwellTime", path, 1e-6),
        frequency_mhz=header_number(header.get("MRFrequency"), "MRFrequency", path),
        te=header_number(header.get("TE"), "TE", path, 1e-3),
        tr=header_number(header.get("TR"), "TR", path, 1e-3),
        affine=_affine(header, path),
        nucleus=header.get("Nucleus") or "1H",
        sequence=header.get("SequenceName", ""),
        header={"Manufacturer": "Siemens", **header},
    )


def _header(text: str) -> dict[str, str]:
    pairs = (line.split(":", 1) for line in text.splitlines() if ":" in line)
    return {key.strip(): value.strip() for key, value in pairs}


def _affine(header: dict[str, str], path: Path) -> FloatArray | None:
    """Return the voxel's place from direction cosines; None where something of it is absent."""

    def numbers(keys: tuple[str, ...]) -> list[float | None]:
        return [header_number(header.get(key), key, path) for key in keys]

    row, column = (
        numbers(tuple(f"{name}Vector[{axis}]" for axis in range(3))) for name in ("Row", "Column")
    )
    # Spacings are named for what they lie between: columns follow each other along a row.
    sizes = numbers(("PixelSpacingCol", "PixelSpacingRow", "SliceThickness"))
    centre = numbers(("VOIPositionSag", "VOIPositionCor", "VOIPositionTra"))
    if None in centre:
        centre = numbers(tuple(f"PositionVector[{axis}]" for axis in range(3)))
    if any(value is None for value in (*row, *column, *sizes, *centre)):
        return None
    return voxel_of_cosines(*(np.array(each, dtype=float) for each in (row, column, sizes, centre)))
