"""Compiled sums of the Gauss–Newton steps."""

import numpy as np
import numpy.typing as npt

from biomarkers.compiling import compiled, compiled_inline

FloatArray = npt.NDArray[np.float64]


@compiled
def residuals(seen: FloatArray, place: FloatArray, curve: FloatArray) -> FloatArray:
    """Return what intensities differ from their conditional mean by, (N,)."""
    left = np.empty(seen.size)
    for n in range(seen.size):
        k = min(int(place[n]), curve.size - 2)
        t = place[n] - k
        left[n] = seen[n] - (curve[k] * (1.0 - t) + curve[k + 1] * t)
    return left


@compiled_inline
def _motion_row(slope: FloatArray, arm: FloatArray, n: int, factor: float, row: FloatArray) -> None:
    """Fill the change with each parameter of motion: shifts, then a turn or a matrix."""
    for i in range(3):
        row[i] = factor * slope[n, i]
    if row.size == 6:
        # slope · (turn × arm) = turn · (arm × slope)
        row[3] = factor * (arm[n, 1] * slope[n, 2] - arm[n, 2] * slope[n, 1])
        row[4] = factor * (arm[n, 2] * slope[n, 0] - arm[n, 0] * slope[n, 2])
        row[5] = factor * (arm[n, 0] * slope[n, 1] - arm[n, 1] * slope[n, 0])
    else:
        for i in range(3):
            for j in range(3):
                row[3 + 3 * i + j] = factor * slope[n, i] * arm[n, j]


@compiled
def normal_equations(
    seen: FloatArray,
    weight: FloatArray,
    place: FloatArray,
    curve: FloatArray,
    slope: FloatArray,
    arm: FloatArray,
    normal: FloatArray,
    right: FloatArray,
) -> None:
    """Sum the weighted normal equations of one step, of motion and curve together.

    seen = (curve[k + 1] - curve[k]) slope · (shift + turn × arm)
           + (1 - t) new[k] + t new[k + 1],  place = k + t.

    Parameters
    ----------
    seen
        Intensities of the other image at the points of this one, (N,).
    weight
        Of each point, (N,); where it is 0, nothing else is looked at.
    place
        Where each of this image's intensities lies on the curve, in knots, (N,).
    curve
        Conditional mean of the other image at each knot, (K,).
    slope
        Of this image, in knots an edge, (N, 3).
    arm
        From the centre to the points, in radii, (N, 3).
    normal, right
        Filled: (P + K, P + K) and (P + K,), for P parameters of motion: 6, 12, or 0 for the curve
        alone.

    """
    size = right.size
    motion = size - curve.size
    normal[:, :] = 0.0
    right[:] = 0.0
    row = np.empty(motion)
    for n in range(seen.size):
        w = weight[n]
        if w == 0.0:
            continue
        knot = min(int(place[n]), curve.size - 2)
        value, k, t = seen[n], motion + knot, place[n] - knot
        if motion > 0:
            _motion_row(slope, arm, n, curve[knot + 1] - curve[knot], row)
        for i in range(motion):
            right[i] += w * row[i] * value
            for j in range(i + 1):
                normal[i, j] += w * row[i] * row[j]
            normal[k, i] += w * row[i] * (1.0 - t)
            normal[k + 1, i] += w * row[i] * t
        right[k] += w * (1.0 - t) * value
        right[k + 1] += w * t * value
        normal[k, k] += w * (1.0 - t) * (1.0 - t)
        normal[k + 1, k] += w * t * (1.0 - t)
        normal[k + 1, k + 1] += w * t * t
    for i in range(size):
        for j in range(i):
            normal[j, i] = normal[i, j]
