"""Images as arrays that know where they lie and where they came from."""

import gzip
from dataclasses import dataclass, replace
from pathlib import Path

import nibabel as nib
import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.checks import as_numbers
from biomarkers.errors import GeometryError, ImageError
from biomarkers.files import replacing
from biomarkers.images.grid import Grid, voxel_size
from biomarkers.images.header import decompress, is_compressed, open_nifti, with_dimensions
from biomarkers.images.scaled import ScaledArray, Series


@dataclass(frozen=True, eq=False)
class Image:
    """Values on a grid.

    Parameters
    ----------
    data
        Values, (x, y, z) or (x, y, z, time); an array or, of a series from a file, maybe a
        `ScaledArray`.
    affine
        Voxel indices to mm, (4, 4).
    source
        Path of the file, or what else the values came from; named in messages.
    unit
        Unit of the values in ASCII; empty if unknown or a plain number.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Image
    >>> adc = Image(np.full((4, 4, 2), 8e-4), np.diag([0.5, 0.5, 1.0, 1.0]), "adc.nii.gz", "mm^2/s")
    >>> adc.shape, adc.voxel_size.tolist(), adc.voxel_volume
    ((4, 4, 2), [0.5, 0.5, 1.0], 0.25)

    """

    data: Series
    affine: FloatArray
    source: str
    unit: str = ""

    def __array__(
        self, dtype: npt.DTypeLike | None = None, copy: bool | None = None
    ) -> npt.NDArray[np.generic]:
        """Return the values, so that an image can be given wherever an array can."""
        return np.array(self.data, dtype=dtype, copy=copy)

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of voxels along each axis."""
        return self.data.shape

    @property
    def voxel_size(self) -> FloatArray:
        """Edge lengths of a voxel, (3,), mm."""
        return voxel_size(self.affine)

    @property
    def voxel_volume(self) -> float:
        """Volume of a voxel, mm^3 (also where the axes are skewed)."""
        return float(abs(np.linalg.det(self.affine[:3, :3])))

    def with_data(
        self, data: npt.ArrayLike | ScaledArray, *, source: str, unit: str = ""
    ) -> "Image":
        """Return other values on the same grid, for instance a map computed from this image.

        Raises
        ------
        GeometryError
            If `data` has another spatial shape.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.images import Image
        >>> t1w = Image(np.ones((4, 4, 2)), np.diag([0.5, 0.5, 1.0, 1.0]), "T1w.nii.gz")
        >>> t1 = t1w.with_data(np.full((4, 4, 2), 1.8), source="T1 map", unit="s")
        >>> t1.source, t1.unit, t1.voxel_volume
        ('T1 map', 's', 0.25)

        """
        data = data if isinstance(data, np.ndarray | ScaledArray) else as_numbers("data", data)
        if data.shape[:3] != self.shape[:3]:
            raise GeometryError(
                f"{source} has shape {data.shape}, which does not fit the grid of "
                f"{self.source}, {self.shape[:3]}"
            )
        return replace(self, data=data, source=source, unit=unit)


def read_image(path: Path | str, *, ndim: int = 3, unit: str = "") -> Image:
    """Read a NIfTI image as float64, its scale factors applied.

    Parameters
    ----------
    path
        A `.nii` or `.nii.gz` file.
    ndim
        Number of axes needed. Trailing axes of length 1 are dropped or, for the third axis of a
        single slice, added.
    unit
        Unit of the values, as the sidecar states it; NIfTI has no field for it.

    Raises
    ------
    FileError
        If the file is missing, truncated or damaged.
    ImageError
        If it is not a NIfTI image of real numbers, has another number of dimensions, or its
        voxels cannot be placed in space.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Image, read_image, write_image
    >>> grid = Image(np.zeros((4, 4, 2)), np.diag([0.5, 0.5, 1.0, 1.0]), "grid")
    >>> path = write_image("sub-01_ADC.nii.gz", np.full((4, 4, 2), 0.75), grid)
    >>> adc = read_image(path, unit="um^2/ms")
    >>> adc.data[0, 0].tolist(), adc.unit, adc.voxel_volume
    ([0.75, 0.75], 'um^2/ms', 0.25)

    """
    path = Path(path)
    nifti = open_nifti(path)
    shape = with_dimensions(nifti.shape, ndim, path)
    if is_compressed(path):
        # Decompressed to the end, because only there the checksum is compared.
        nifti = type(nifti).from_bytes(decompress(nifti, path))
    data = np.asarray(nifti.get_fdata(dtype=np.float64, caching="unchanged"))
    return Image(data.reshape(shape), np.array(nifti.affine, dtype=float), str(path), unit)


def require_values(image: Image) -> Image:
    """Return an acquired image; `ImageError` if it has no value, or none but 0: nothing was seen.

    For labels and maps, of which 0 may be the answer, `read_image` is enough.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Image, require_values
    >>> require_values(Image(np.zeros((4, 4, 2)), np.eye(4), "sub-01_T2w.nii.gz"))
    Traceback (most recent call last):
    biomarkers.errors.ImageError: sub-01_T2w.nii.gz holds no value but 0 and NaN; export it again

    """
    # Slice by slice: a series fills much of the memory, and the first slice mostly tells.
    if not any((np.isfinite(part) & (part != 0)).any() for part in image.data):
        raise ImageError(f"{image.source} holds no value but 0 and NaN; export it again")
    return image


def write_image(
    path: Path | str,
    data: npt.ArrayLike,
    like: Grid,
    *,
    dtype: npt.DTypeLike = np.float32,
    time_step: float | None = None,
) -> Path:
    """Write values as NIfTI on the grid of another image.

    The file appears whole or not at all, and the same values give the same bytes.

    Parameters
    ----------
    path
        Ends in `.nii` or `.nii.gz`; missing folders are made.
    data
        Values, (x, y, z) or (x, y, z, time); booleans are written as 0 and 1.
    like
        An image or header whose affine is taken.
    dtype
        Type of the values in the file.
    time_step
        Time from one volume of a series to the next, s, for the header.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    GeometryError
        If the spatial shapes of `data` and `like` differ.
    ImageError
        If the name ends in something else, or integers are asked for and the values are none.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Image, read_image, write_image
    >>> grid = Image(np.zeros((2, 2, 2)), np.eye(4), "grid")
    >>> path = write_image("maps/T1.nii.gz", np.full((2, 2, 2), 1.5), grid)
    >>> path.name, float(read_image(path).data.mean())
    ('T1.nii.gz', 1.5)

    """
    path = Path(path)
    values = np.asarray(data)
    if values.shape[:3] != tuple(like.shape[:3]):
        raise GeometryError(
            f"{path}: values of shape {values.shape} do not fit the grid of {like.source}, "
            f"{tuple(like.shape[:3])}"
        )
    if not path.name.endswith((".nii", ".nii.gz")):
        raise ImageError(f"{path} cannot be written: the name must end in .nii or .nii.gz")
    image = nib.Nifti1Image(_as_type(values, np.dtype(dtype), path), like.affine)
    image.header.set_xyzt_units("mm", None if time_step is None else "sec")
    if time_step is not None:
        image.header["pixdim"][4] = time_step
    content = image.to_bytes()
    if path.name.endswith(".gz"):
        content = gzip.compress(content, mtime=0)
    with replacing(path) as temporary:
        temporary.write_bytes(content)
    return path


def _as_type(
    values: npt.NDArray[np.generic], dtype: np.dtype[np.generic], path: Path
) -> npt.NDArray[np.generic]:
    with np.errstate(invalid="ignore", over="ignore"):
        written = values.astype(dtype)
    if dtype.kind in "iu" and not np.array_equal(written, values):
        raise ImageError(f"{path} cannot be written as {dtype}: some values do not fit that type")
    return written
