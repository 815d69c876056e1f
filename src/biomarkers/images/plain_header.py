"""The header of a plain NIfTI file, read without an image being built for it.

Planning looks at every file of a study, and nearly all are what scanners' converters write:
little-endian NIfTI-1 in one file, placed by its sform. What is unusual in any way, faulty files
above all, is left to `header`, which has every check and message.
"""

import math
import os
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from nibabel.nifti1 import data_type_codes, header_dtype

_LENGTH = 348  # bytes, then four that say whether extensions follow
_WITH_FLAG = _LENGTH + 4
_HEADER = header_dtype.newbyteorder("<")
_READ = 8192  # bytes of which damage is seen, as by nibabel, whose streams read as many
_GZIP = 31  # of zlib: a gzip stream, its checksum included
_SPACE, _TIME = 0x07, 0xF8  # bits of xyzt_units, those without a meaning in the second
_UNKNOWN, _MM = 0, 2
_SECONDS = {0: math.nan, 8: 1.0, 16: 1e-3, 24: 1e-6}  # of a unit of time
_XFORMS = range(6)
_OF_SURFACES = (27307, 1, 6)  # which FreeSurfer writes for 163842 vertices


class PlainHeader(NamedTuple):
    """Shape, affine (4, 4) in mm, and from volume to volume in s (None if it is not said)."""

    shape: tuple[int, ...]
    affine: npt.NDArray[np.float64]
    time_step: float | None


def plain_header(path: Path, kinds: str) -> PlainHeader | None:
    """Return the header of a whole file; None for one that must be looked at more closely.

    Parameters
    ----------
    path
        A file.
    kinds
        Kinds of numpy's types that its values may have.

    """
    start, length = _start_and_length(path)
    if len(start) < _WITH_FLAG or start[_LENGTH] != 0:
        return None
    header = np.frombuffer(start[:_LENGTH], _HEADER)[0]
    dim = header["dim"].tolist()
    shape = tuple(dim[1 : dim[0] + 1])
    dtype = data_type_codes.dtype.get(int(header["datatype"]))
    if not 1 <= dim[0] <= 7 or min(shape) < 1 or shape[:3] == _OF_SURFACES:
        return None
    if dtype is None or dtype.kind not in kinds:
        return None
    units = int(header["xyzt_units"])
    if not (_is_sound(header, 8 * dtype.itemsize) and units & _SPACE in (_UNKNOWN, _MM)):
        return None
    needed = int(header["vox_offset"]) + dtype.itemsize * math.prod(shape)
    affine = np.eye(4)
    affine[:3] = [header["srow_x"], header["srow_y"], header["srow_z"]]
    placed = np.isfinite(affine).all() and np.linalg.det(affine[:3, :3]) != 0.0
    if needed % 2**32 != length or not placed or units & _TIME not in _SECONDS:
        return None
    step = float(header["pixdim"][4]) * _SECONDS[units & _TIME]
    return PlainHeader(shape, affine, step if dim[0] > 3 and 0 < step < math.inf else None)


def _start_and_length(path: Path) -> tuple[bytes, int]:
    """Return the first bytes of a file, and how many it says it has, modulo 2^32 if compressed."""
    with path.open("rb") as stream:
        start = stream.read(_READ)
        size = os.fstat(stream.fileno()).st_size
        if not path.name.endswith(".gz"):
            return start if path.name.endswith(".nii") else b"", size
        if not path.name.endswith(".nii.gz"):
            return b"", 0
        stream.seek(max(size - 4, 0))
        length = int.from_bytes(stream.read(4), "little")
    try:
        return zlib.decompressobj(_GZIP).decompress(start, _READ), length
    except zlib.error:
        return b"", 0


def _is_sound(header: np.void, bits: int) -> bool:
    """Whether all that is stated is as it must be, and nothing is left for nibabel to amend."""
    start, slope, intercept = (float(header[name]) for name in
                               ("vox_offset", "scl_slope", "scl_inter"))  # fmt: skip
    return bool(
        header["sizeof_hdr"] == _LENGTH
        and header["magic"] == b"n+1"
        and header["bitpix"] == bits
        and _WITH_FLAG <= start < math.inf
        and start.is_integer()
        and (math.isfinite(slope) and math.isfinite(intercept))
        | (math.isnan(slope) and math.isnan(intercept))
        and header["qform_code"] in _XFORMS
        and header["sform_code"] in _XFORMS[1:]
    )
