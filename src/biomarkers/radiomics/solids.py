"""Solids around a region: ellipsoids, boxes, and how large they are."""

import math

import numpy as np
from scipy.spatial import ConvexHull

from biomarkers.arrays import FloatArray
from biomarkers.radiomics._solids import ellipsoid_weights, smallest_box

# Terms of the series of the area of an ellipsoid, as in the manual.
_TERMS = 20
# The smallest ellipsoid is taken when no point is further out than this, relative to its size.
_OUTSIDE = 1e-3
_MOST_STEPS = 1000


def box_volume_and_area(edges: FloatArray) -> tuple[float, float]:
    """Return volume and surface area of a box."""
    a, b, c = (float(edge) for edge in edges)
    return a * b * c, 2.0 * (a * b + b * c + a * c)


def ellipsoid_volume_and_area(axes: FloatArray) -> tuple[float, float]:
    """Return volume and surface area of an ellipsoid of three half axes, longest first.

    The area is the series of the IBSI manual, of Legendre polynomials P_v of
    (alpha^2 + beta^2) / (2 alpha beta) times (alpha beta)^v / (1 - 4 v^2), with terms up to v = 20;
    the product of polynomial and power comes by its own recurrence, which divides by nothing. The
    manual's beta is of the least and the longest axis. That of the least and the middle one would
    give the true area (4 % larger for the digital phantom), but not the published values.
    """
    a, b, c = (float(axis) for axis in axes)
    alpha2, beta2 = 1.0 - (b / a) ** 2, 1.0 - (c / a) ** 2
    half, product2 = 0.5 * (alpha2 + beta2), alpha2 * beta2
    before, term, total = 1.0, half, 1.0 - half / 3.0
    for v in range(1, _TERMS):
        before, term = term, ((2 * v + 1) * half * term - v * product2 * before) / (v + 1)
        total += term / (1.0 - 4.0 * (v + 1) ** 2)
    return 4.0 / 3.0 * math.pi * a * b * c, 4.0 * math.pi * a * b * total


def oriented_box(hull: ConvexHull) -> FloatArray:
    """Return the edges of the smallest box with a side flush with the hull."""
    place = np.full(len(hull.points), -1)
    place[hull.vertices] = np.arange(len(hull.vertices))
    return smallest_box(
        np.ascontiguousarray(hull.points[hull.vertices], dtype=float),
        np.ascontiguousarray(hull.equations[:, :3]),
        place[hull.simplices].astype(np.int64),
        hull.neighbors.astype(np.int64),
    )


def enclosing_ellipsoid(points: FloatArray) -> FloatArray:
    """Return the half axes of the smallest ellipsoid around points, longest first."""
    scale = points.std(axis=0)
    lifted = np.column_stack([(points - points.mean(axis=0)) / scale, np.ones(len(points))])
    inverse = np.linalg.inv(lifted.T @ lifted / len(lifted))
    weight = ellipsoid_weights(lifted, inverse, _OUTSIDE, _MOST_STEPS)
    away = points - weight @ points
    spread = away.T @ (away * weight[:, None])
    # Enlarged so that the furthest point lies on it.
    furthest = (away @ np.linalg.inv(spread) * away).sum(axis=1).max()
    return np.asarray(np.sqrt(np.linalg.eigvalsh(spread)[::-1] * furthest))
