"""The voxel of a spectroscopy scan on the grid of an image: how much of each voxel lies in it."""

import itertools

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.errors import GeometryError, InputError
from biomarkers.images import Image
from biomarkers.images.grid import Grid
from biomarkers.mrs.scan import Scan

# Points along each edge of a voxel that the box's surface cuts.
_FINE = 8
# Of the box, what may lie outside the image: a rim that its own voxels' edges cut off.
_OUTSIDE = 0.01
# Of the box's own voxels: surfaces so close are one.
_ROUNDING = 1e-9


def voxel_mask(scan: Scan, like: Grid, *, voxel: tuple[int, int, int] | None = None) -> Image:
    """Return the voxel of a scan on the grid of an image.

    Parameters
    ----------
    scan
        With the place of its voxel (`affine`).
    like
        An image of the same anatomy, or its header.
    voxel
        Index of a voxel of a grid; the whole grid, if not given.

    Returns
    -------
    Image
        Shape of `like`; of each voxel the fraction inside, 0 to 1 (exact where axes are parallel;
        else of 8 x 8 x 8 parts, each cut along the axes of the voxel). The mean of a tissue's
        probabilities weighted by it is the tissue's fraction.

    Raises
    ------
    GeometryError
        If more than 1 % of the voxel lies outside the image.
    InputError
        If the scan does not say where its voxel lies, or there is no such voxel.

    Examples
    --------
    >>> from biomarkers.mrs import Scan, voxel_mask
    >>> import numpy as np
    >>> from biomarkers.images import Image
    >>> fid = np.ones((1, 1, 1, 64), dtype=complex)
    >>> scan = Scan(fid, 2.5e-4, 123.2, affine=np.diag([20.0, 20.0, 20.0, 1.0]))
    >>> anatomy = Image(np.zeros((40, 40, 40)), np.array(
    ...     [[1.0, 0, 0, -19.5], [0, 1.0, 0, -19.5], [0, 0, 1.0, -19.5], [0, 0, 0, 1.0]]), "T1w")
    >>> float(voxel_mask(scan, anatomy).data.sum())
    8000.0

    """
    low, high = _box(scan, voxel)
    if scan.affine is None:
        raise InputError(
            f"{scan.source} does not say where its voxel lies; give its place, (4, 4) to mm: "
            "dataclasses.replace(scan, affine=…)"
        )
    to_box: FloatArray = np.linalg.inv(scan.affine) @ like.affine
    shape = like.shape[:3]
    first, last = _range(np.asarray(np.linalg.inv(to_box), dtype=float), low, high, shape)
    fractions = np.zeros(shape)
    if (first <= last).all():
        part = tuple(slice(a, b + 1) for a, b in zip(first, last, strict=True))
        fractions[part] = _fractions(to_box, low, high, first, last)
    _require_inside(fractions, to_box, float(np.prod(high - low)), scan, like)
    return Image(fractions, like.affine, f"voxel of {scan.source}")


def _box(scan: Scan, voxel: tuple[int, int, int] | None) -> tuple[FloatArray, FloatArray]:
    """Return the lowest and highest indices of the box, on its surface."""
    shape = scan.fid.shape[:3]
    if voxel is None:
        return np.full(3, -0.5), np.array(shape) - 0.5
    index = np.array(voxel)
    if index.shape != (3,) or (index < 0).any() or (index >= shape).any():
        raise InputError(f"voxel is {voxel}; {scan.source} has {shape} voxels")
    return index - 0.5, index + 0.5


def _range(
    to_image: FloatArray, low: FloatArray, high: FloatArray, shape: tuple[int, ...]
) -> tuple[FloatArray, FloatArray]:
    """Return the first and last indices of the image that may touch the box, (3,) each."""
    corners = np.array(list(itertools.product(*zip(low, high, strict=True))))
    indices = corners @ to_image[:3, :3].T + to_image[:3, 3]
    first = np.maximum(np.rint(indices.min(axis=0)), 0).astype(int)
    last = np.minimum(np.rint(indices.max(axis=0)), np.array(shape) - 1).astype(int)
    return first, last


def _fractions(
    to_box: FloatArray, low: FloatArray, high: FloatArray, first: FloatArray, last: FloatArray
) -> FloatArray:
    """Return the fraction inside the box of each voxel of a part of the image."""
    axes = [np.arange(a, b + 1) for a, b in zip(first, last, strict=True)]
    centres = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1) @ to_box[:3, :3].T
    centres = centres + to_box[:3, 3]
    reach = np.abs(to_box[:3, :3]).sum(axis=1) / 2
    inner = reach - _ROUNDING
    inside = ((centres - inner >= low) & (centres + inner <= high)).all(axis=-1)
    touched = ((centres + inner > low) & (centres - inner < high)).all(axis=-1)
    offsets = (np.arange(_FINE) + 0.5) / _FINE - 0.5
    points = np.stack(np.meshgrid(offsets, offsets, offsets, indexing="ij"), axis=-1).reshape(-1, 3)
    points = points @ to_box[:3, :3].T
    half = reach / _FINE  # of what a point stands for, along the axes of the box
    fractions = inside.astype(float)
    cut = touched & ~inside
    on_surface = centres[cut]
    sums = np.zeros(len(on_surface))
    for point in points:
        at = on_surface + point
        length = np.minimum(at + half, high) - np.maximum(at - half, low)
        sums += np.clip(length / (2.0 * half), 0.0, 1.0).prod(axis=-1)
    fractions[cut] = sums / len(points)
    return np.asarray(fractions)


def _require_inside(
    fractions: FloatArray, to_box: FloatArray, volume: float, scan: Scan, like: Grid
) -> None:
    """Raise `GeometryError` if the box, `volume` in its own voxels, is not all in the image."""
    missing = 1.0 - float(fractions.sum() * abs(np.linalg.det(to_box[:3, :3])) / volume)
    if missing > _OUTSIDE:
        centre = ", ".join(f"{value:.1f}" for value in scan.affine[:3, 3])  # type: ignore[index]
        raise GeometryError(
            f"{missing:.0%} of the voxel of {scan.source}, around ({centre}) mm, lies outside "
            f"{like.source}; expected an image of the same session that holds all of it"
        )
