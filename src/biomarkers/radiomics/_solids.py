"""Compiled search for the smallest box and the smallest ellipsoid around a convex hull."""

import numpy as np
import numpy.typing as npt

from biomarkers.compiling import compiled, compiled_inline

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_FLUSH = 1e-9  # the cosine that still counts as that of a right angle


@compiled
def smallest_box(
    points: FloatArray, normals: FloatArray, faces: IntArray, neighbours: IntArray
) -> FloatArray:
    """Return the edges of the smallest box that has a side flush with a face of a convex hull.

    Seen along a face, the hull is a polygon, whose smallest rectangle has a side flush with one of
    its edges. These are the edges between a face turned to the viewer and one turned away.

    Parameters
    ----------
    points
        Of the hull, (points, 3).
    normals
        Outward, of the triangles of the hull, (triangles, 3).
    faces, neighbours
        Corners of the triangles, and what is opposite each corner, (triangles, 3).

    """
    best = np.empty(3)
    best[0], best[1], best[2] = np.inf, np.inf, np.inf
    corners = np.empty((3 * faces.shape[0], 3))
    sides = np.empty((3 * faces.shape[0], 3))
    for f in range(normals.shape[0]):
        low, high = np.inf, -np.inf
        for p in range(points.shape[0]):
            along = _dot(normals, f, points, p)
            low, high = min(low, along), max(high, along)
        count = _outline(points, normals, faces, neighbours, f, corners, sides)
        for e in range(count):
            wide, tall = _rectangle(normals, f, sides, e, corners, count)
            if wide * tall * (high - low) < best[0] * best[1] * best[2]:
                best[0], best[1], best[2] = wide, tall, high - low
    return best


@compiled_inline
def _dot(a: FloatArray, i: int, b: FloatArray, j: int) -> float:
    return float(a[i, 0] * b[j, 0] + a[i, 1] * b[j, 1] + a[i, 2] * b[j, 2])


@compiled
def _outline(
    points: FloatArray,
    normals: FloatArray,
    faces: IntArray,
    neighbours: IntArray,
    viewed: int,
    corners: FloatArray,
    sides: FloatArray,
) -> int:
    """Find the edges that bound a hull as it is seen along a face; return how many there are."""
    count = 0
    for t in range(normals.shape[0]):
        if _dot(normals, viewed, normals, t) <= _FLUSH:
            continue
        for k in range(3):
            if _dot(normals, viewed, normals, neighbours[t, k]) > _FLUSH:
                continue
            a, b = faces[t, (k + 1) % 3], faces[t, (k + 2) % 3]
            for axis in range(3):
                corners[count, axis] = points[a, axis]
                sides[count, axis] = points[b, axis] - points[a, axis]
            count += 1
    return count


@compiled
def _rectangle(
    normals: FloatArray, f: int, sides: FloatArray, e: int, corners: FloatArray, count: int
) -> tuple[float, float]:
    """Return the edges of the rectangle around an outline that is flush with one of its sides."""
    nx, ny, nz = normals[f, 0], normals[f, 1], normals[f, 2]
    along = _dot(normals, f, sides, e)
    ux, uy, uz = sides[e, 0] - along * nx, sides[e, 1] - along * ny, sides[e, 2] - along * nz
    length = np.sqrt(ux * ux + uy * uy + uz * uz)
    if length == 0.0:
        return np.inf, np.inf
    ux, uy, uz = ux / length, uy / length, uz / length
    vx, vy, vz = ny * uz - nz * uy, nz * ux - nx * uz, nx * uy - ny * ux
    left, right, down, up = np.inf, -np.inf, np.inf, -np.inf
    for c in range(count):
        s = ux * corners[c, 0] + uy * corners[c, 1] + uz * corners[c, 2]
        t = vx * corners[c, 0] + vy * corners[c, 1] + vz * corners[c, 2]
        left, right, down, up = min(left, s), max(right, s), min(down, t), max(up, t)
    return right - left, up - down


@compiled
def ellipsoid_weights(
    lifted: FloatArray, inverse: FloatArray, outside: float, steps: int
) -> FloatArray:
    """Return the weights of points whose spread is that of the smallest ellipsoid around them.

    Steps of Khachiyan towards the furthest point or away from the nearest that has weight (Todd
    and Yildirim 2007, doi:10.1016/j.dam.2007.02.013), inverse and distances updated by rank one.

    Parameters
    ----------
    lifted
        Points, and a last column of ones, (points, d + 1), spread about evenly over all axes.
    inverse
        Of their mean outer product, (d + 1, d + 1); it is changed.
    outside
        How much further than the mean a point may remain.
    steps
        After how many steps the search ends at the latest.

    """
    count, full = lifted.shape
    weight = np.empty(count)
    far = np.empty(count)
    for p in range(count):
        weight[p] = 1.0 / count
        far[p] = _length(lifted, p, inverse)
    turned = np.empty(full)
    for _ in range(steps):
        chosen, excess = _furthest(weight, far, full)
        if excess <= outside:
            break
        size = far[chosen]
        least = -weight[chosen] / (1.0 - weight[chosen])
        step = max((size - full) / (full * (size - 1.0)), least) if size > 1.0 else least
        for p in range(count):
            weight[p] *= 1.0 - step
        weight[chosen] += step
        _update(lifted, chosen, step, inverse, far, turned)
    return weight


@compiled
def _length(lifted: FloatArray, p: int, inverse: FloatArray) -> float:
    total = 0.0
    for a in range(inverse.shape[0]):
        for b in range(inverse.shape[0]):
            total += lifted[p, a] * inverse[a, b] * lifted[p, b]
    return total


@compiled
def _furthest(weight: FloatArray, far: FloatArray, full: int) -> tuple[int, float]:
    """Return the point whose weight is the most wrong, and by how much."""
    out, into = 0, -1
    for p in range(far.size):
        if far[p] > far[out]:
            out = p
        if weight[p] > 1e-12 and (into < 0 or far[p] < far[into]):
            into = p
    above, below = far[out] / full - 1.0, 1.0 - far[into] / full
    return (out, above) if above >= below else (into, below)


@compiled
def _update(
    lifted: FloatArray,
    chosen: int,
    step: float,
    inverse: FloatArray,
    far: FloatArray,
    turned: FloatArray,
) -> None:
    """Bring inverse and distances up to date with a step of the weight of one point."""
    full = inverse.shape[0]
    share = step / (1.0 - step + step * far[chosen])
    for a in range(full):
        turned[a] = 0.0
        for b in range(full):
            turned[a] += inverse[a, b] * lifted[chosen, b]
    for a in range(full):
        for b in range(full):
            inverse[a, b] = (inverse[a, b] - share * turned[a] * turned[b]) / (1.0 - step)
    for p in range(far.size):
        along = 0.0
        for a in range(full):
            along += lifted[p, a] * turned[a]
        far[p] = (far[p] - share * along * along) / (1.0 - step)
