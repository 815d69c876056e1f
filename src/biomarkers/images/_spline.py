"""Compiled interpolation by cubic B-splines."""

import numpy as np
import numpy.typing as npt

from biomarkers.compiling import compiled, compiled_inline

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

# How far beyond half an edge a point still belongs to the outermost voxel: rounding.
_ROUNDING = 1e-6


@compiled_inline
def _place(x: float, size: int, axis: int, index: IntArray, weight: FloatArray) -> bool:
    """Find the four knots around a coordinate and their weights; False outside the grid.

    Beyond the ends the coefficients are mirrored about the centre of the outermost voxel.
    """
    # Not the opposite comparison: NaN is outside.
    if not (-0.5 - _ROUNDING <= x <= size - 0.5 + _ROUNDING):
        return False
    first = int(np.floor(x)) - 1
    t = x - np.floor(x)
    u = 1.0 - t
    weight[axis, 0] = u * u * u / 6.0
    weight[axis, 1] = 2.0 / 3.0 - 0.5 * t * t * (2.0 - t)
    weight[axis, 2] = 2.0 / 3.0 - 0.5 * u * u * (2.0 - u)
    weight[axis, 3] = t * t * t / 6.0
    for k in range(4):
        i = first + k
        if size == 1:
            i = 0
        else:
            i = abs(i) % (2 * size - 2)
            if i >= size:
                i = 2 * size - 2 - i
        index[axis, k] = i
    return True


@compiled
def sample(coefficients: FloatArray, points: FloatArray) -> FloatArray:
    """Return the spline at points, (N,); NaN further than half a voxel outside the grid.

    Parameters
    ----------
    coefficients
        Of the cubic B-spline that passes through the voxels, (x, y, z).
    points
        Voxel coordinates, (N, 3).

    """
    values = np.empty(points.shape[0])
    index = np.zeros((3, 4), dtype=np.int64)
    weight = np.zeros((3, 4))
    nx, ny, nz = coefficients.shape
    for n in range(points.shape[0]):
        inside = _place(points[n, 0], nx, 0, index, weight)
        inside = inside and _place(points[n, 1], ny, 1, index, weight)
        inside = inside and _place(points[n, 2], nz, 2, index, weight)
        if not inside:
            values[n] = np.nan
            continue
        total = 0.0
        for i in range(4):
            for j in range(4):
                row = 0.0
                for k in range(4):
                    row += weight[2, k] * coefficients[index[0, i], index[1, j], index[2, k]]
                total += weight[0, i] * weight[1, j] * row
        values[n] = total
    return values
