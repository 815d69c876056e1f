"""Axial slices through a region, all of one size, as networks and pictures take them."""

import operator
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy import ndimage

from biomarkers.arrays import FloatArray
from biomarkers.checks import positive_number
from biomarkers.errors import ImageError, InputError
from biomarkers.images.image import Image, read_image, require_values
from biomarkers.images.intensities import foreground_scale
from biomarkers.images.interpolation import interpolate
from biomarkers.images.kinds import as_image
from biomarkers.images.labels import LabelMap, read_named_labels
from biomarkers.images.regions import Regions, as_label_map

# Axes of the result as axes of space (x to the right, y forward, z up), and which way they run:
# from the feet up, from front to back, from the patient's right to the left.
_AXES = ((2, 1.0), (1, -1.0), (0, -1.0))
# Beyond so many voxels the coefficients of a cubic spline know nothing of each other (0.27^12).
_SPLINE_REACH = 12
# Standard deviation of a Gaussian of full width 1 at half maximum, and where it is cut off.
_SD, _CUT = 1.0 / np.sqrt(8.0 * np.log(2.0)), 4.0


def slices(
    image: Path | str | Image,
    labels: "Path | str | Regions",
    *,
    count: int = 9,
    size: int = 64,
    label: str | int | None = None,
    spacing_mm: float = 1.0,
) -> FloatArray:
    """Return axial slices through a region, of one number, size and scale for every image.

    The slices lie along that axis of the image that runs nearest to the head, at the middles of
    `count` equal parts of the region's extent: one slice is the middle. They are planes of the
    image, so that an oblique scan gives oblique slices. In plane the region's extent is centred.
    Values are those of a cubic B-spline, where the image is finer than `spacing_mm` after a
    Gaussian that leaves a voxel of the new size [1]_; then the mean of the image's foreground
    (what is brighter than its mean) is taken off, and they are divided by its standard deviation.

    Parameters
    ----------
    image
        NIfTI or `Image`, (x, y, z).
    labels
        On the grid of the image: a label map or its file, named by the table beside it
        (`*_dseg.tsv`), or regions of any kind that `as_label_map` takes.
    count
        How many slices.
    size
        Of a slice, pixels each way.
    label
        Region by its name or number; all of them together if not given.
    spacing_mm
        Edge of a pixel, mm.

    Returns
    -------
    ndarray
        (count, size, size): from the feet up, from front to back, and from the patient's right to
        the left, as radiologists look at them, whatever the order in the file. NaN beyond the
        volume, and where the nearest voxel is missing.

    Raises
    ------
    FileError, ImageError
        If a file cannot be read, the image is no volume, or shows nothing.
    GeometryError
        If the labels lie on another grid.
    InputError
        If the region is not drawn, or a number is impossible.

    References
    ----------
    .. [1] Cardoso MJ, Modat M, Vercauteren T, Ourselin S. MICCAI 2015:81-88 (scale factor point
       spread function matching). doi:10.1007/978-3-319-24571-3_10

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import images
    >>> x, y, z = np.indices((40, 40, 20))
    >>> head = (x - 20) ** 2 + (y - 20) ** 2 < 250
    >>> t1w = images.Image(100.0 * head + z, np.diag([1.0, 1, 2, 1]), "T1w")
    >>> lesion = (x - 15) ** 2 + (y - 22) ** 2 + 4 * (z - 8) ** 2 < 50  # 7 slices
    >>> stack = images.slices(t1w, {"lesion": lesion}, count=7, size=16)
    >>> stack.shape, np.diff(stack[:, 8, 8]).round(3).tolist()
    ((7, 16, 16), [0.173, 0.173, 0.173, 0.173, 0.173, 0.173])

    """
    count, size = _whole("count", count), _whole("size", size)
    spacing = positive_number("spacing_mm", spacing_mm, "mm")
    volume = _volume(image)
    low, high = _extent(_labels(labels, volume), label)
    at = _places(volume, low, high, (count, size, size), spacing)
    part, offset = _around(volume, at, spacing)
    points = np.stack(np.meshgrid(*at, indexing="ij"), axis=-1) - offset
    values = interpolate(part, points.reshape(-1, 3)).reshape(points.shape[:-1])
    try:
        mean, sd = foreground_scale(np.asarray(volume.data, dtype=float))
    except InputError as error:
        raise ImageError(f"{volume.source}: a common scale {error}") from None
    return np.ascontiguousarray(((values - mean) / sd).transpose(_order(volume.affine)))


def _whole(name: str, given: int) -> int:
    try:
        number = 0 if isinstance(given, bool) else operator.index(given)
    except TypeError:
        number = 0
    if number < 1:
        raise InputError(f"{name} is {given!r}; expected a whole number from 1")
    return number


def _volume(given: Path | str | Image) -> Image:
    """Return an image of three axes that shows something."""
    if isinstance(given, Path | str):
        return require_values(read_image(given))
    image = as_image("image", given)
    if len(image.shape) != 3:
        raise ImageError(f"{image.source} has shape {image.shape}; expected (x, y, z)")
    return require_values(image)


def _labels(given: "Path | str | Regions", image: Image) -> LabelMap:
    regions = read_named_labels(given) if isinstance(given, Path | str) else given
    return as_label_map(regions, image)


def _extent(labels: LabelMap, label: str | int | None) -> tuple[FloatArray, FloatArray]:
    """Return the outer faces of the box around a region, or around all, (3,), voxels."""
    data = labels.image.data
    if label is None:
        mask = np.isin(np.asarray(data), list(labels.names))
    elif isinstance(label, str):
        mask = labels.mask(label)
    else:
        mask = np.asarray(data == _whole("label", label))
    axes = [tuple({0, 1, 2} - {axis}) for axis in range(3)]
    there = [np.flatnonzero(mask.any(axis=others)) for others in axes]
    if not there[0].size:
        wanted = "any region" if label is None else f"region {label!r}"
        raise InputError(
            f"{labels.source} has no voxel of {wanted}; it has {', '.join(labels.regions)}"
        )
    return (
        np.array([float(each[0]) - 0.5 for each in there]),
        np.array([float(each[-1]) + 0.5 for each in there]),
    )


def _order(affine: FloatArray) -> tuple[int, ...]:
    """Return the axis of an image for each axis of the result."""
    world = nib.io_orientation(affine)[:, 0].astype(int).tolist()
    return tuple(world.index(axis) for axis, _ in _AXES)


def _places(
    image: Image, low: FloatArray, high: FloatArray, shape: tuple[int, ...], spacing: float
) -> list[FloatArray]:
    """Return where the slices' pixels lie along each axis of the image, voxels."""
    order, signs = _order(image.affine), nib.io_orientation(image.affine)[:, 1]
    step = spacing / image.voxel_size
    step[order[0]] = (high - low)[order[0]] / shape[0]  # from slice to slice
    at = dict[int, FloatArray]()
    for axis, (_, way), number in zip(order, _AXES, shape, strict=True):
        middles = np.arange(number) - (number - 1) / 2.0
        at[axis] = (low + high)[axis] / 2.0 + way * signs[axis] * step[axis] * middles
    return [at[axis] for axis in range(3)]


def _around(image: Image, at: list[FloatArray], spacing: float) -> tuple[FloatArray, FloatArray]:
    """Return the part of an image that pixels need, smoothed in plane, and its first voxel."""
    ratio = spacing / image.voxel_size
    ratio[_order(image.affine)[0]] = 1.0  # slices stay as thick as they are
    sd = _SD * np.sqrt(np.maximum(ratio**2 - 1.0, 0.0))
    reach, ends = _SPLINE_REACH + _CUT * sd, np.array(image.shape) - 1
    first = np.clip(np.floor([place.min() for place in at] - reach), 0, ends).astype(int)
    last = np.clip(np.ceil([place.max() for place in at] + reach), first, ends).astype(int)
    part = image.data[tuple(slice(a, b + 1) for a, b in zip(first, last, strict=True))]
    return _smoothed(np.asarray(part, dtype=float), sd), first.astype(float)


def _smoothed(values: FloatArray, sd: FloatArray) -> FloatArray:
    """Return values after a Gaussian, voxels; what is missing takes no part, and stays missing."""
    if not sd.any():
        return values
    known = np.isfinite(values)
    if known.all():
        return np.asarray(ndimage.gaussian_filter(values, sd, truncate=_CUT))
    total, share = (
        ndimage.gaussian_filter(each, sd, truncate=_CUT)
        for each in (np.where(known, values, 0.0), known.astype(float))
    )
    return np.where(known, total / np.where(known, share, 1.0), np.nan)
