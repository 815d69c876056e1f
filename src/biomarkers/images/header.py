"""A look at a NIfTI file before any work starts: is it one, is it whole, what is its grid."""

import gzip
import math
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from nibabel.filebasedimages import ImageFileError
from nibabel.imageglobals import logger
from nibabel.spatialimages import HeaderDataError

from biomarkers.arrays import FloatArray
from biomarkers.errors import FileError, ImageError
from biomarkers.files import physical_memory, require_file
from biomarkers.images.plain_header import PlainHeader, plain_header

_GZIP_MAGIC = b"\x1f\x8b"
_EXPECTED = "a NIfTI image (.nii or .nii.gz)"
_CHUNK = 1 << 20
_PADDING = 64 << 20  # bytes behind the values of a compressed file
_SECONDS = {"sec": 1.0, "msec": 1e-3, "usec": 1e-6}
_KINDS = {"real": "iuf", "complex": "c"}  # of numpy's types


@dataclass(frozen=True, eq=False)
class ImageHeader:
    """What a NIfTI header says.

    Parameters
    ----------
    shape
        Number of voxels along each axis, as stored.
    affine
        Voxel indices to mm, (4, 4).
    source
        Path of the file.
    time_step
        From volume to volume, s; None where the header does not say it with its unit.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import ImageHeader, describe_grid
    >>> header = ImageHeader((128, 128, 16, 60), np.diag([0.25, 0.25, 1, 1]), "dce.nii.gz", 2.0)
    >>> describe_grid(header)
    'dce.nii.gz: 128 × 128 × 16 voxels of 0.25 × 0.25 × 1 mm, origin (0, 0, 0) mm'

    """

    shape: tuple[int, ...]
    affine: FloatArray
    source: str
    time_step: float | None = None


def probe(path: Path | str, *, ndim: int | None = None, numbers: str = "real") -> ImageHeader:
    """Read the header of a NIfTI file and make sure that the file is whole.

    The length of a compressed file is taken from its last four bytes; only where these do not
    settle the matter is the file decompressed (in pieces, nothing is kept).

    Parameters
    ----------
    path
        A `.nii` or `.nii.gz` file.
    ndim
        Number of axes needed, as in `read_image`; any if not given.
    numbers
        As of `open_nifti`.

    Raises
    ------
    FileError
        If the file is missing or shorter than its header promises.
    ImageError
        If it is not a NIfTI image of such numbers, has another number of dimensions, or its
        voxels cannot be placed in space.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Image, probe, write_image
    >>> grid = Image(np.zeros((4, 4, 2)), np.eye(4), "grid")
    >>> path = write_image("sub-01_dce.nii.gz", np.ones((4, 4, 2, 60)), grid, time_step=2.0)
    >>> header = probe(path)
    >>> header.shape, header.time_step
    ((4, 4, 2, 60), 2.0)

    """
    header = plain_header(require_file(path, _EXPECTED), _KINDS[numbers])
    if header is None:
        nifti = open_nifti(path, numbers=numbers)
        affine = np.array(nifti.affine, dtype=float)
        header = PlainHeader(nifti.shape, affine, _time_step(nifti))
    shape = header.shape if ndim is None else with_dimensions(header.shape, ndim, Path(path))
    return ImageHeader(shape, header.affine, str(path), header.time_step)


def with_dimensions(shape: tuple[int, ...], ndim: int, path: Path) -> tuple[int, ...]:
    """Return a shape with `ndim` axes, of which only axes of length 1 were dropped or added."""
    wanted = shape
    while len(wanted) > ndim and wanted[-1] == 1:
        wanted = wanted[:-1]
    if len(wanted) < 3:
        wanted = wanted + (1,) * (3 - len(wanted))
    if len(wanted) != ndim:
        raise ImageError(
            f"{path} is {len(wanted)}-D (shape {shape}) where {ndim}-D is needed; "
            + ("take one volume of it" if len(wanted) > ndim else "give the whole series")
        )
    return wanted


def open_nifti(path: Path | str, *, numbers: str = "real") -> Any:
    """Return the nibabel image of a file that has passed every check of `probe`.

    `numbers` is `real`, or `complex` for signals.
    """
    path = require_file(path, _EXPECTED)
    try:
        with _quietly():
            nifti = nib.load(path)
    except (ImageFileError, HeaderDataError, EOFError, OSError, ArithmeticError, ValueError,
            MemoryError, zlib.error) as error:  # fmt: skip
        if is_compressed(path):
            next(_pieces(path), b"")  # cut within its header it is truncated rather than foreign
        raise ImageError(f"{path} is not {_EXPECTED}: {error}") from error
    if type(nifti) not in (nib.Nifti1Image, nib.Nifti2Image):
        raise ImageError(f"{path} is a {type(nifti).__name__}; expected {_EXPECTED}")
    stated = _as_stored(nifti, path)
    _check_numbers(nifti, stated, path, numbers)
    _check_space(nifti, stated, path)
    _check_whole(nifti, path)
    return nifti


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep nibabel from telling what it amends in a header: that is refused."""
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def is_compressed(path: Path) -> bool:
    """Tell whether a file is a gzip stream, whatever its name."""
    with path.open("rb") as stream:
        return stream.read(2) == _GZIP_MAGIC


def decompress(nifti: Any, path: Path) -> bytes:
    """Return the content of a compressed image that was opened; read to its end, its checksum.

    Raises
    ------
    FileError, ImageError
        If it is truncated or damaged, or goes on far beyond the values that its header promises.

    """
    require_memory(nifti, path, 8)
    return b"".join(_bounded(nifti, path))


def content(nifti: Any, path: Path) -> Iterator[bytes]:
    """Yield the content of an image that was opened, in pieces; errors as of `decompress`."""
    if not is_compressed(path):
        with path.open("rb") as stream:
            while piece := stream.read(_CHUNK):
                yield piece
        return
    require_memory(nifti, path, int(nifti.get_data_dtype().itemsize))
    yield from _bounded(nifti, path)


def _bounded(nifti: Any, path: Path) -> Iterator[bytes]:
    """Yield the pieces of a file that may be padded, but is not a few bytes that become many."""
    needed, length = _length(nifti), 0
    for piece in _pieces(path):
        length += len(piece)
        if length > needed + _PADDING:
            raise ImageError(
                f"{path} goes on beyond the {needed} bytes of its header, whose shape is "
                f"{nifti.shape}; mend dim, or convert it again"
            )
        yield piece


def _length(nifti: Any) -> int:
    """Return how many bytes a file has up to its last voxel."""
    size = int(nifti.get_data_dtype().itemsize)
    return int(nifti.dataobj.offset) + size * math.prod(map(int, nifti.shape))


def require_memory(nifti: Any, path: Path, size: int) -> None:
    """Refuse an image of which each value takes `size` bytes, if memory cannot hold it."""
    needed, present = size * math.prod(map(int, nifti.shape)), physical_memory()
    if needed > present:
        raise ImageError(
            f"{path} has the shape {nifti.shape}, which takes {needed >> 20} MiB; this machine has "
            f"{present >> 20} MiB of memory. Cut the image, or use another machine"
        )


def _pieces(path: Path, size: int = _CHUNK) -> Iterator[bytes]:
    try:
        with gzip.open(path, "rb") as stream:
            while piece := stream.read(size):
                yield piece
    except EOFError as error:
        raise truncated(path) from error
    except (OSError, zlib.error) as error:
        raise FileError(f"{path} is damaged ({error}); copy or convert it again") from error


def truncated(path: Path) -> FileError:
    """Return the error of a file that ends too early."""
    return FileError(
        f"{path} is truncated: it ends before the data its header promises; copy it again"
    )


def _as_stored(nifti: Any, path: Path) -> Any:
    """Return the header as the file has it; nibabel amends what contradicts itself."""
    kind = type(nifti.header)
    if is_compressed(path):
        # No more of it: whether voxels are damaged is for who reads them, also in small files.
        content = next(_pieces(path, kind.sizeof_hdr), b"")
    else:
        with path.open("rb") as stream:
            content = stream.read(kind.sizeof_hdr)
    return kind(content[: kind.sizeof_hdr], nifti.header.endianness, check=False)


def _check_numbers(nifti: Any, stated: Any, path: Path, numbers: str) -> None:
    dtype = nifti.get_data_dtype()
    if dtype.kind not in _KINDS[numbers]:
        raise ImageError(f"{path} holds values of type {dtype}; expected {numbers} numbers")
    if not nifti.shape or min(nifti.shape) < 1:
        raise ImageError(f"{path} is empty: its shape is {nifti.shape}")
    if stated["sizeof_hdr"] != stated.sizeof_hdr:
        raise _contradiction(path, "sizeof_hdr", stated["sizeof_hdr"], f"{stated.sizeof_hdr}")
    bits = 8 * int(dtype.itemsize)
    if stated["bitpix"] not in (0, bits):
        raise _contradiction(path, "bitpix", stated["bitpix"], f"{bits}, as its type is {dtype}")
    start, first = float(stated["vox_offset"]), int(stated.single_vox_offset)
    if not (math.isfinite(start) and start.is_integer() and start >= first):
        raise _contradiction(path, "vox_offset", start, f"a whole number from {first}")
    if stated["magic"] != stated.single_magic:
        raise _contradiction(path, "magic", stated["magic"], f"{stated.single_magic!r}")
    # NaN and 0 say that the values are not scaled.
    slope, intercept = float(stated["scl_slope"]), float(stated["scl_inter"])
    if math.isinf(slope) or math.isinf(intercept):
        raise _contradiction(path, "scl_slope, scl_inter", (slope, intercept), "finite numbers")


def _contradiction(path: Path, field: str, value: object, expected: str) -> ImageError:
    return ImageError(
        f"{path} has a damaged header: {field} is {value}; expected {expected}. Convert it again"
    )


def _check_space(nifti: Any, stated: Any, path: Path) -> None:
    try:
        unit = nifti.header.get_xyzt_units()[0]
    except KeyError:
        unit = f"a unit of code {int(stated['xyzt_units'])}"
    if unit not in ("mm", "unknown"):
        raise ImageError(
            f"{path} states its voxel size in {unit}; expected mm. Convert the header "
            "(NIfTI xyzt_units and affine) to mm"
        )
    affine = nifti.affine
    if not np.isfinite(affine).all() or np.linalg.det(affine[:3, :3]) == 0.0:
        raise ImageError(
            f"{path} has an affine that places no voxel in space: {affine.tolist()}; "
            "mend the sform or qform of its header"
        )
    sizes = stated["pixdim"][1:4]
    if nifti.header["sform_code"] <= 0 and (sizes[: len(nifti.shape)] == 0).any():
        raise _contradiction(path, "pixdim", sizes.tolist(), "the edges of a voxel, mm")


def _time_step(nifti: Any) -> float | None:
    """Return `pixdim[4]` in s, by `xyzt_units`."""
    unit = _SECONDS.get(nifti.header.get_xyzt_units()[1])
    step = float(nifti.header["pixdim"][4])
    known = unit is not None and len(nifti.shape) > 3 and math.isfinite(step) and step > 0
    return step * unit if known and unit is not None else None


def _check_whole(nifti: Any, path: Path) -> None:
    plane = math.prod(map(int, nifti.shape[:2])) * int(nifti.get_data_dtype().itemsize)
    start, needed = int(nifti.dataobj.offset), _length(nifti)
    if not is_compressed(path):
        present = path.stat().st_size
    elif _stated_length(path) == needed % 2**32:
        return
    else:
        # Several joined streams (bgzip), padding, or a cut: only reading on tells.
        present = sum(map(len, _bounded(nifti, path)))
    if present < start:
        raise _contradiction(path, "vox_offset", start, f"less than the file's {present} bytes")
    if present < needed:
        raise truncated(path)
    if present > needed and (present - needed) % plane == 0:
        raise ImageError(
            f"{path} holds {(present - needed) // plane} more slices than its header says, "
            f"whose shape is {nifti.shape}; mend dim, or convert it again"
        )


def _stated_length(path: Path) -> int:
    """Return the length modulo 2^32 that the trailer of a gzip file states."""
    with path.open("rb") as stream:
        stream.seek(-4, os.SEEK_END)
        return int.from_bytes(stream.read(4), "little")
