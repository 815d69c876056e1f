"""Compiled search for the smallest box and the smallest ellipsoid around a convex hull."""

import numpy as np
import numpy.typing as npt

from biomarkers.compiling import compiled

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


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
    best = np.full(3, np.inf)
    outline = np.empty((points.shape[0], 3))
    sides = np.empty((2 * points.shape[0] + 8, 3))
    for f in range(normals.shape[0]):
        nx, ny, nz = normals[f, 0], normals[f, 1], normals[f, 2]
        low, high = np.inf, -np.inf
        for p in range(points.shape[0]):
            along = nx * points[p, 0] + ny * points[p, 1] + nz * points[p, 2]
            low, high = min(low, along), max(high, along)
        edges, corners = 0, 0
        for t in range(normals.shape[0]):
            if nx * normals[t, 0] + ny * normals[t, 1] + nz * normals[t, 2] <= 1e-9:
                continue
            for k in range(3):
                u = neighbours[t, k]
                if nx * normals[u, 0] + ny * normals[u, 1] + nz * normals[u, 2] > 1e-9:
                    continue
                a, b = faces[t, (k + 1) % 3], faces[t, (k + 2) % 3]
                if edges < sides.shape[0] and corners < outline.shape[0]:
                    for axis in range(3):
                        sides[edges, axis] = points[b, axis] - points[a, axis]
                        outline[corners, axis] = points[a, axis]
                    edges += 1
                    corners += 1
        for e in range(edges):
            along = nx * sides[e, 0] + ny * sides[e, 1] + nz * sides[e, 2]
            ux, uy, uz = sides[e, 0] - along * nx, sides[e, 1] - along * ny, sides[e, 2] - along * nz
            length = np.sqrt(ux * ux + uy * uy + uz * uz)
            if length < 1e-12:
                continue
            ux, uy, uz = ux / length, uy / length, uz / length
            vx, vy, vz = ny * uz - nz * uy, nz * ux - nx * uz, nx * uy - ny * ux
            left, right, down, up = np.inf, -np.inf, np.inf, -np.inf
            for c in range(corners):
                s = ux * outline[c, 0] + uy * outline[c, 1] + uz * outline[c, 2]
                t = vx * outline[c, 0] + vy * outline[c, 1] + vz * outline[c, 2]
                left, right, down, up = min(left, s), max(right, s), min(down, t), max(up, t)
            if (right - left) * (up - down) * (high - low) < best[0] * best[1] * best[2]:
                best[0], best[1], best[2] = right - left, up - down, high - low
    return best


@compiled
def ellipsoid_weights(lifted: FloatArray, outside: float, steps: int) -> FloatArray:
    """Return the weights of points whose spread is that of the smallest ellipsoid around them.

    Steps of Khachiyan towards the furthest point or away from the nearest that has weight (Todd
    and Yildirim 2007, doi:10.1016/j.dam.2007.02.013), inverse and distances updated by rank one.

    Parameters
    ----------
    lifted
        Points, and a last column of ones, (points, d + 1), spread about evenly over all axes.
    outside
        How much further than the mean a point may remain.
    steps
        After how many steps the search ends at the latest.

    """
    count, full = lifted.shape
    weight = np.full(count, 1.0 / count)
    spread = np.zeros((full, full))
    for p in range(count):
        for a in range(full):
            for b in range(full):
                spread[a, b] += lifted[p, a] * lifted[p, b] / count
    inverse = np.linalg.inv(spread)
    far, turned = np.zeros(count), np.zeros(full)
    for p in range(count):
        for a in range(full):
            for b in range(full):
                far[p] += lifted[p, a] * inverse[a, b] * lifted[p, b]
    for _ in range(steps):
        out, into = 0, -1
        for p in range(count):
            if far[p] > far[out]:
                out = p
            if weight[p] > 1e-12 and (into < 0 or far[p] < far[into]):
                into = p
        above, below = far[out] / full - 1.0, 1.0 - far[into] / full
        if max(above, below) <= outside:
            break
        chosen = out if above >= below else into
        size = far[chosen]
        least = -weight[chosen] / (1.0 - weight[chosen])
        step = max((size - full) / (full * (size - 1.0)), least) if size > 1.0 else least
        for p in range(count):
            weight[p] *= 1.0 - step
        weight[chosen] += step
        for a in range(full):
            turned[a] = 0.0
            for b in range(full):
                turned[a] += inverse[a, b] * lifted[chosen, b]
        share = step / (1.0 - step + step * size)
        for a in range(full):
            for b in range(full):
                inverse[a, b] = (inverse[a, b] - share * turned[a] * turned[b]) / (1.0 - step)
        for p in range(count):
            along = 0.0
            for a in range(full):
                along += lifted[p, a] * turned[a]
            far[p] = (far[p] - share * along * along) / (1.0 - step)
    return weight
