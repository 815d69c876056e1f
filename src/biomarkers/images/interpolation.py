"""Values of an image between its voxels: cubic for intensities, label-wise for labels."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from biomarkers.arrays import FloatArray, IntArray
from biomarkers.checks import as_numbers
from biomarkers.errors import InputError
from biomarkers.images._spline import sample

_REACH = 3  # voxels around a region in which its interpolated indicator is not 0
_CUBE = np.ones((3, 3, 3), dtype=np.bool_)


def grid_points(shape: tuple[int, ...]) -> FloatArray:
    """Return the voxel coordinates of a grid, (N, 3), in the order of its flat data."""
    return np.indices(shape[:3], dtype=np.float64).reshape(3, -1).T


def as_points(given: npt.ArrayLike) -> FloatArray:
    """Return points, (..., 3); `InputError` if they are none."""
    points = as_numbers("points", given)
    if points.shape[-1:] != (3,):
        raise InputError(f"points of shape {points.shape}; expected three coordinates each")
    return points


def move_points(matrix: FloatArray, points: FloatArray) -> FloatArray:
    """Return points, (..., 3), taken through a 4 × 4 matrix."""
    return np.asarray(points @ matrix[:3, :3].T + matrix[:3, 3])


def inverted(matrix: FloatArray) -> FloatArray:
    """Return the inverse of a matrix."""
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)


def spline_coefficients(data: npt.ArrayLike) -> FloatArray:
    """Return the coefficients of the cubic B-spline through all voxels, (x, y, z)."""
    values = np.ascontiguousarray(data, dtype=np.float64)
    return np.ascontiguousarray(ndimage.spline_filter(values, order=3, mode="mirror"))


def interpolate(data: npt.ArrayLike, points: FloatArray) -> FloatArray:
    """Return the values of a volume at voxel coordinates, by a cubic B-spline.

    Parameters
    ----------
    data
        Volume, (x, y, z).
    points
        Voxel coordinates, (N, 3).

    Returns
    -------
    ndarray
        (N,); NaN beyond the outer faces of the outermost voxels, and where the nearest voxel is
        not finite. Elsewhere a missing voxel counts as its nearest neighbour that is there, so
        that it does not spread.

    """
    values = np.asarray(data, dtype=np.float64)
    known = np.isfinite(values)
    if not known.any():
        return np.full(len(points), np.nan)
    if known.all():
        return sample(spline_coefficients(values), points)
    lent = ndimage.distance_transform_edt(~known, return_distances=False, return_indices=True)
    moved = sample(spline_coefficients(values[tuple(lent)]), points)
    nearest = nearest_voxels(known.shape, points)
    moved[~known.reshape(-1)[nearest]] = np.nan
    return moved


def interpolate_labels(data: npt.ArrayLike, points: FloatArray) -> IntArray:
    """Return the label at voxel coordinates: that whose interpolated indicator is largest.

    Where a small or thin region would shrink by that, as many points as its indicator sums up to
    are taken from outside all regions, those where it is largest first; or given back.

    Parameters
    ----------
    data
        Labels, (x, y, z), whole numbers; 0 is outside every region.
    points
        Voxel coordinates, (N, 3).

    Returns
    -------
    ndarray
        (N,); 0 beyond the outer faces of the outermost voxels.

    """
    labels = np.asarray(data)
    nearest = nearest_voxels(labels.shape, points)
    chosen = np.zeros(len(points), dtype=np.int64)
    largest, rest = np.zeros(len(points)), np.ones(len(points))
    shares = []
    for label in np.unique(labels[labels != 0]):
        region = labels == label
        wide = ndimage.binary_dilation(region, _CUBE, iterations=_REACH)
        near = np.flatnonzero(wide.reshape(-1)[nearest])
        weight = np.nan_to_num(sample(spline_coefficients(region), points[near]))
        rest[near] -= weight
        wins = weight > largest[near]
        largest[near[wins]], chosen[near[wins]] = weight[wins], label
        shares.append((label, near, weight))
    chosen[largest <= rest] = 0
    for label, near, weight in shares:
        _keep_size(chosen, label, near, weight)
    return chosen


def _keep_size(chosen: IntArray, label: int, near: IntArray, weight: FloatArray) -> None:
    """Trade points of a label with those outside all regions until it has its size."""
    mine = chosen[near] == label
    excess = int(np.count_nonzero(mine)) - round(float(weight.sum()))
    if excess > 0:
        there = near[mine]
        chosen[there[np.argsort(weight[mine], kind="stable")[:excess]]] = 0
    elif excess < 0:
        free = (chosen[near] == 0) & (weight > 0.0)
        chosen[near[free][np.argsort(-weight[free], kind="stable")[:-excess]]] = label


def nearest_voxels(shape: tuple[int, ...], points: FloatArray) -> IntArray:
    """Return the flat index of the voxel nearest to each point, (N,)."""
    ends = np.array(shape) - 1
    index = np.clip(np.rint(np.nan_to_num(points)), 0, ends).astype(np.int64)
    return np.asarray(np.ravel_multi_index(tuple(index.T), shape))
