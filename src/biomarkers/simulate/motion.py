"""A head that moved: an image resampled where its tissue has gone."""

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import affine_transform
from scipy.spatial.transform import Rotation

from biomarkers.arrays import FloatArray


def moved(
    image: FloatArray,
    shift_mm: Sequence[float] | FloatArray,
    turn_deg: Sequence[float] | FloatArray,
    *,
    voxel_mm: Sequence[float],
) -> FloatArray:
    """Return an image (x, y, z) of a head shifted, and turned about the middle.

    Interpolation is cubic, and what comes from outside is as the edge. An image with corners, as
    noise-free ones have, overshoots there a little.

    Parameters
    ----------
    image
        Before noise, (x, y, z).
    shift_mm
        Along x, y and z.
    turn_deg
        About x, y and z.
    voxel_mm
        Size of voxels along x, y and z.

    """
    edge = np.asarray(voxel_mm, dtype=float)
    turn = Rotation.from_euler("xyz", turn_deg, degrees=True).as_matrix()
    # A voxel of the result shows what was at R^T (x - shift), all about the middle and in mm.
    back = turn.T
    middle = 0.5 * (np.array(image.shape) - 1.0)
    matrix = back * edge[None, :] / edge[:, None]
    offset = middle - matrix @ middle - back @ np.asarray(shift_mm, dtype=float) / edge
    return np.asarray(affine_transform(image, matrix, offset, order=3, mode="nearest"))


def drifted(series: FloatArray, shifts_mm: FloatArray, *, voxel_mm: Sequence[float]) -> FloatArray:
    """Return a series of a head that drifts by far less than a voxel, to first order.

    Parameters
    ----------
    series
        Before noise, (x, y, z, time).
    shifts_mm
        Along x, y and z, (time, 3).
    voxel_mm
        Size of voxels along x, y and z.

    """
    result = series.copy()
    for axis, edge in enumerate(voxel_mm):
        result -= shifts_mm[:, axis] * np.gradient(series, edge, axis=axis)
    return result
