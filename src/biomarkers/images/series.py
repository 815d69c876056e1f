"""A dynamic series from a file to memory: some volumes at a time, as compact as the file is."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.images.header import (
    content,
    is_compressed,
    open_nifti,
    require_memory,
    truncated,
    with_dimensions,
)
from biomarkers.images.image import Image
from biomarkers.images.scaled import ScaledArray, Series

_BLOCK = 8 << 20  # bytes of volumes that are brought into order together


def read_series(path: Path | str, *, unit: str = "") -> Image:
    """Read a dynamic NIfTI series (x, y, z, time); errors as in `read_image`.

    Its values take no more memory than in the file, whatever their type: they are of single
    precision where that holds them exactly, else a `ScaledArray`, which is of double precision
    wherever some of it is looked at. The samples of a voxel lie side by side.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Image, read_series, write_image
    >>> grid = Image(np.zeros((4, 4, 2)), np.eye(4), "grid")
    >>> path = write_image("sub-01_dce.nii.gz", np.ones((4, 4, 2, 60)), grid, time_step=2.0)
    >>> series = read_series(path)
    >>> series.shape, series.data.dtype.name
    ((4, 4, 2, 60), 'float32')

    """
    path = Path(path)
    nifti = open_nifti(path)
    shape = with_dimensions(nifti.shape, 4, path)
    kind, scale = nifti.get_data_dtype(), (float(nifti.dataobj.slope), float(nifti.dataobj.inter))
    kept = _kept_type(kind, plain=scale == (1.0, 0.0))
    require_memory(nifti, path, kept.itemsize)
    stored = np.empty(shape, dtype=kept)
    for first, block in _blocks(nifti, path, shape):
        part = stored[..., first : first + block.shape[-1]]
        np.copyto(part, ScaledArray(block, *scale)[...] if kept == np.float64 else block)
    data: Series = stored
    if kept.kind != "f" or (kept != np.float64 and scale != (1.0, 0.0)):
        data = ScaledArray(stored, *scale)
    return Image(data, np.array(nifti.affine, dtype=float), str(path), unit)


def _kept_type(kind: np.dtype[Any], *, plain: bool) -> np.dtype[Any]:
    """Return in which type numbers of a file are kept; float64 where the file's takes as much."""
    if kind.itemsize > 4:
        return np.dtype(np.float64)
    exact = kind.kind == "f" or kind.itemsize <= 2
    return np.dtype(np.float32) if plain and exact else kind.newbyteorder("=")


def _blocks(
    nifti: Any, path: Path, shape: tuple[int, ...]
) -> Iterator[tuple[int, npt.NDArray[Any]]]:
    """Yield volumes as they are stored, (x, y, z, n), each time with the index of the first."""
    kind, voxels = nifti.get_data_dtype(), math.prod(shape[:3])
    count = max(1, min(shape[3], _BLOCK // (voxels * kind.itemsize)))
    pieces = content(nifti, path)
    left = _filled(memoryview(bytearray(int(nifti.dataobj.offset))), b"", pieces, path)
    buffer = np.empty(count * voxels, dtype=kind)
    for first in range(0, shape[3], count):
        volumes = min(count, shape[3] - first)
        block = buffer[: volumes * voxels]
        left = _filled(block.view(np.uint8).data, left, pieces, path)
        yield first, block.reshape((*shape[:3], volumes), order="F")
    if is_compressed(path):
        for _ in pieces:  # to the end, because only there the checksum is compared
            pass


def _filled(into: memoryview, left: bytes, pieces: Iterator[bytes], path: Path) -> bytes:
    """Fill memory with what was left of the last piece, and the next ones; return the rest."""
    at = 0
    while at < len(into):
        piece = left or next(pieces, b"")
        if not piece:
            raise truncated(path)
        taken = min(len(piece), len(into) - at)
        into[at : at + taken], left = piece[:taken], piece[taken:]
        at += taken
    return left
