"""Images of every kind that callers have, as ours, and back in the kind that was given."""

from typing import Any, TypeAlias

import nibabel as nib
import numpy as np
import numpy.typing as npt
from nibabel.spatialimages import SpatialImage

from biomarkers.errors import GeometryError, ImageError
from biomarkers.images.grid import Grid
from biomarkers.images.header import ImageHeader
from biomarkers.images.image import Image
from biomarkers.images.labels import LabelMap, label_map

# An `Image`, a `LabelMap`, or an image of nibabel, which has no types.
AnyImage: TypeAlias = Image | LabelMap | Any


def as_image(name: str, given: AnyImage) -> Image:
    """Return an image of any kind as an `Image`.

    Raises
    ------
    GeometryError
        If what is given does not say where its voxels lie.
    ImageError
        If it has fewer than three axes or more than four.

    """
    image = _unpacked(name, given)
    affine = image.affine
    if affine.shape != (4, 4) or not np.isfinite(affine).all() or np.linalg.det(affine) == 0.0:
        raise GeometryError(
            f"{name} ({image.source}) has an affine that places no voxel in space: "
            f"{affine.tolist()}; mend its header"
        )
    if len(image.shape) not in (3, 4):
        raise ImageError(f"{name} ({image.source}) has shape {image.shape}; expected 3 or 4 axes")
    return image


def like_given(given: AnyImage, image: Image) -> AnyImage:
    """Return an image in the kind of another one."""
    if isinstance(given, LabelMap):
        return label_map(image, names=given.names)
    if isinstance(given, Image):
        return image
    kind = type(given) if isinstance(given, nib.Nifti1Image) else nib.Nifti1Image
    data = image.data if image.data.dtype.kind == "f" else np.asarray(image.data, dtype=np.int32)
    out = kind(data, image.affine, given.header if kind is type(given) else None)
    # The type of an acquired image, whole numbers, would lose what is missing (NaN).
    out.set_data_dtype(np.float32 if data.dtype.kind == "f" else np.int32)
    out.header["cal_min"] = out.header["cal_max"] = 0
    return out


def grid_of(name: str, grid: Grid | AnyImage) -> ImageHeader:
    """Return where the voxels of an image lie, without its values."""
    if isinstance(grid, ImageHeader):
        return ImageHeader(tuple(grid.shape[:3]), grid.affine, grid.source)
    image = as_image(name, grid)
    return ImageHeader(tuple(image.shape[:3]), image.affine, image.source)


def _unpacked(name: str, given: AnyImage) -> Image:
    if isinstance(given, LabelMap):
        return given.image
    if isinstance(given, Image):
        return given
    if not isinstance(given, SpatialImage):
        raise GeometryError(
            f"{name} is of type {type(given).__name__}, which has no affine: nobody knows where "
            "its voxels lie; give an images.Image or an image of nibabel"
        )
    if given.affine is None or _unplaced(given):
        raise GeometryError(
            f"{name} ({given.get_filename() or 'nibabel image'}) has no affine (neither sform nor "
            "qform); set one, in mm"
        )
    data: npt.NDArray[np.generic] = np.asanyarray(given.dataobj)
    affine = np.asarray(given.affine, dtype=np.float64)
    return Image(data, affine, given.get_filename() or f"{name} (nibabel image)")


def _unplaced(given: Any) -> bool:
    header = given.header
    return isinstance(given, nib.Nifti1Pair) and not (header["sform_code"] or header["qform_code"])
