"""Bringing an image and its mask to voxels of another size, about the same centre (IBSI 2.4)."""

from typing import Literal, NamedTuple

import numpy as np
from scipy import ndimage

from biomarkers.arrays import BoolArray, FloatArray
from biomarkers.radiomics.region import Spacing

# A mask is kept where half of a voxel or more is in it, rounding aside.
_HALF = 0.5 - 1e-6
# A grid is not enlarged for the rounding of its spacing (single precision in NIfTI headers).
_ROUNDING = 1e-6
# Beyond so many voxels the coefficients of a cubic spline know nothing of each other (0.27^16).
_SPLINE_REACH = 16


class Grid(NamedTuple):
    """Voxels of another size over the same image: how many, of what edge, where the first lies.

    `step` and `first` are in voxels of the image.
    """

    shape: tuple[int, ...]
    spacing: Spacing
    step: tuple[float, ...]
    first: tuple[float, ...]


def grid_over(shape: tuple[int, ...], spacing: Spacing, wanted: tuple[float | None, ...]) -> Grid:
    """Return the grid of a voxel size that has its centre in common with the image."""
    edges = [old if new is None else new for old, new in zip(spacing, wanted, strict=True)]
    step = [new / old for old, new in zip(spacing, edges, strict=True)]
    count = [
        max(1, int(np.ceil(n / ratio * (1.0 - _ROUNDING))))
        for n, ratio in zip(shape, step, strict=True)
    ]
    first = [
        (n - 1) / 2.0 - (m - 1) / 2.0 * ratio
        for n, m, ratio in zip(shape, count, step, strict=True)
    ]
    return Grid(tuple(count), (edges[0], edges[1], edges[2]), tuple(step), tuple(first))


def part_of(grid: Grid, low: FloatArray, high: FloatArray) -> Grid:
    """Return the part of a grid that lies between two points, in voxels of the image."""
    step, first = np.array(grid.step), np.array(grid.first)
    start = np.clip(np.floor((low - first) / step).astype(int), 0, np.array(grid.shape) - 1)
    stop = np.clip(np.ceil((high - first) / step).astype(int) + 1, start + 1, np.array(grid.shape))
    return grid._replace(
        shape=tuple(int(n) for n in stop - start), first=tuple((first + start * step).tolist())
    )


def resample_intensities(volume: FloatArray, grid: Grid, interpolation: str) -> FloatArray:
    """Return intensities on a grid; NaN where one that is missing takes part."""
    known = np.isfinite(volume)
    if known.all():
        return _onto(volume, grid, interpolation)
    filled = np.where(known, volume, volume[known].mean() if known.any() else 0.0)
    lacking = _onto((~known).astype(float), grid, "linear") > _ROUNDING
    values = _onto(filled, grid, interpolation)
    values[lacking] = np.nan
    return values


def resample_mask(mask: BoolArray, grid: Grid) -> BoolArray:
    """Return a mask on a grid, interpolated linearly."""
    return np.asarray(_onto(mask.astype(float), grid, "linear") >= _HALF)


def _onto(volume: FloatArray, grid: Grid, interpolation: str) -> FloatArray:
    """Return a volume on a grid; beyond the outermost voxels it stays as these are."""
    if all(step == 1.0 and at.is_integer() for step, at in zip(grid.step, grid.first, strict=True)):
        # As scanned: a spline would bring rounding, which may cost an intensity its level.
        start = [int(at) for at in grid.first]
        return volume[tuple(slice(at, at + n) for at, n in zip(start, grid.shape, strict=True))]
    low = np.floor(np.array(grid.first)) - _SPLINE_REACH
    last = np.array(grid.first) + (np.array(grid.shape) - 1) * np.array(grid.step)
    start = np.clip(low, 0, np.array(volume.shape) - 1).astype(int)
    stop = np.clip(np.ceil(last) + _SPLINE_REACH + 1, start + 1, volume.shape).astype(int)
    part = volume[tuple(slice(a, b) for a, b in zip(start, stop, strict=True))]
    offset = np.array(grid.first) - start
    return interpolated(part, np.array(grid.step), offset, grid.shape, interpolation)


def interpolated(
    volume: FloatArray,
    matrix: FloatArray,
    offset: FloatArray,
    shape: tuple[int, ...],
    interpolation: str,
) -> FloatArray:
    """Return a volume at points, `matrix` times their index and `offset`, in voxels."""
    order: Literal[1, 3] = 1 if interpolation == "linear" else 3
    numbers = np.asarray(volume, dtype=np.float64)
    return np.asarray(
        ndimage.affine_transform(
            numbers, matrix, offset, output_shape=shape, order=order, mode="nearest"
        )
    )
