"""Rigid and affine alignment by Gauss–Newton steps, inverse-compositional and symmetric.

What is minimised is the robust spread of one image about its conditional mean: a curve g of the
other's intensities, so that contrasts may differ, or be inverted. Each step linearises the image
that the points lie on (Baker & Matthews, Int J Comput Vis 2004;56:221), whose slopes never change,
and finds motion and curve together:

    moving(T(x)) = g(fixed(x)) + g'(fixed(x)) slope(x) · step(x).

A motion of the fixed image by the step is one of the moving image by its inverse. The same is
done from the points of the moving image, and both sums give one step: the way back is the inverse.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from scipy.spatial.transform import Rotation

from biomarkers.arrays import BoolArray, FloatArray
from biomarkers.images.interpolation import inverted, move_points
from biomarkers.images.registration._kernels import normal_equations, residuals
from biomarkers.images.registration.levels import KNOTS, Frame, Level, Points
from biomarkers.images.registration.similarity import mutual_information

Kind = Literal["rigid", "affine"]

_ROUNDS = 20  # of a level
_REST = 0.004  # edges: a step that ends a level
_LONGEST = 1.5  # edges a step
_CUT = 4.685  # of Tukey's weights, in standard deviations
_SMOOTH = 1e-3  # weight of the curve's bends beside its points
_FEWEST = 0.1  # of the points that must lie within the other image
_VAGUE = 0.2  # edges of standard error: what a level cannot tell
_CLOSE = 1.0  # edges of the finest level: what it finds by itself
_BENDS = np.diff(np.eye(KNOTS), 2, axis=0)


@dataclass(frozen=True, eq=False)
class Alignment:
    """A matrix, and how well it is determined.

    Parameters
    ----------
    matrix
        Fixed mm to moving mm, (4, 4).
    error
        Standard error of where the points of the object lie, mm (root mean square), by the noise;
        infinite where the images do not overlap.
    vague
        Whether the images do not say how they lie; the matrix is then what it was before.

    """

    matrix: FloatArray
    error: float
    vague: bool = False


class _Side(NamedTuple):
    """The points of one image, and what the other one shows there."""

    points: Points
    slope: FloatArray
    arm: FloatArray
    seen: FloatArray
    there: BoolArray


def align(
    fixed: list[Level], moving: list[Level], frame: Frame, start: FloatArray, kind: Kind
) -> Alignment:
    """Align a moving image with a fixed one through all levels, from a start.

    What the finest level cannot tell, a coarser one may. Where contrast changes in a round object,
    the coarsest may turn it: where that moved it far, the finer ones are asked without it, and
    what shows more in common is taken; of rigid motion only, as stretching feigns likeness.
    """
    best = _through(fixed, moving, frame, start, kind)
    if kind != "rigid" or best.vague:
        return best
    if _distance(start, best.matrix, frame) < _CLOSE * fixed[-1].points.edge:
        return best
    direct = _through(fixed[1:], moving[1:], frame, start, kind)
    if direct.vague:
        return best
    return max(best, direct, key=lambda each: likeness(fixed[-1], moving[-1], each))


def _through(
    fixed: list[Level], moving: list[Level], frame: Frame, start: FloatArray, kind: Kind
) -> Alignment:
    best = Alignment(start, np.inf, vague=True)
    for one, other in zip(fixed, moving, strict=True):
        found = align_level(one, other, frame, best.matrix, kind)
        best = best if found.vague and not best.vague else found
    return best


def _distance(one: FloatArray, other: FloatArray, frame: Frame) -> float:
    """Return how far apart two motions take points at the reach of the object, mm."""
    at = frame.centre + frame.radius * np.vstack([np.eye(3), -np.eye(3)])
    return float(np.abs(move_points(one, at) - move_points(other, at)).max())


def likeness(fixed: Level, moving: Level, alignment: Alignment) -> float:
    """Return the mutual information at the points that show motion, by how many are covered."""
    moved = moving.surface.at(move_points(alignment.matrix, fixed.points.at))
    shared = mutual_information(fixed.points.place, moved)
    return -np.inf if np.isnan(shared) else shared * float(np.isfinite(moved).mean())


def align_level(
    fixed: Level,
    moving: Level,
    frame: Frame,
    start: FloatArray,
    kind: Kind,
    *,
    rounds: int = _ROUNDS,
) -> Alignment:
    """Align at one level; where the images do not say how, the start stays."""
    matrix, curves, error = start, None, np.inf
    for _ in range(rounds):
        sides = _sides(fixed, moving, frame, matrix)
        if min(side.there.mean() for side in sides) < _FEWEST:
            return Alignment(start, np.inf, vague=True)
        curves = [_mean_curve(side) for side in sides] if curves is None else curves
        step, curves, error = _step(sides, curves, 6 if kind == "rigid" else 12)
        if not np.isfinite(error):
            break
        longest = float(np.abs(step).max())
        shortened = step * min(1.0, _LONGEST / longest) if longest > 0.0 else step
        matrix = matrix @ _undone(shortened, frame, fixed.points.edge)
        if longest < _REST:
            break
    # Of noise alone the error is above 0.27 edges, of day against day in a mouse below 0.17.
    vague = not error < _VAGUE
    return Alignment(start if vague else matrix, error * fixed.points.edge, vague)


def _sides(fixed: Level, moving: Level, frame: Frame, matrix: FloatArray) -> list[_Side]:
    """Return both images' points, all moved as the step moves the fixed image's."""
    forth, back = fixed.points, moving.points
    there, here = move_points(matrix, forth.at), move_points(inverted(matrix), back.at)
    arms = [(points - frame.centre) / frame.radius for points in (forth.at, here)]
    return [
        _side(forth, forth.slope, arms[0], moving.surface.at(there)),
        _side(back, -back.slope @ matrix[:3, :3], arms[1], fixed.surface.at(here)),
    ]


def _side(points: Points, slope: FloatArray, arm: FloatArray, seen: FloatArray) -> _Side:
    there = np.isfinite(seen)
    return _Side(points, slope, arm, np.where(there, seen, 0.0), there)


def _mean_curve(side: _Side) -> FloatArray:
    """Return the conditional mean of what is seen, at the knots, before any step."""
    normal, right = _equations(side, side.there.astype(np.float64), np.zeros(KNOTS), 0)
    return np.asarray(np.linalg.solve(normal + 1e-9 * np.eye(KNOTS) * normal.max(), right))


def _step(
    sides: list[_Side], curves: list[FloatArray], motion: int
) -> tuple[FloatArray, list[FloatArray], float]:
    """Return the next step, the curves found with it, and the error of places, in edges."""
    size = motion + len(sides) * KNOTS
    normal, right = np.zeros((size, size)), np.zeros(size)
    for number, (side, curve) in enumerate(zip(sides, curves, strict=True)):
        first = motion + number * KNOTS
        at = np.r_[0:motion, first : first + KNOTS]
        one, other = _equations(side, _weights(side, curve), curve, motion)
        normal[np.ix_(at, at)] += one
        right[at] += other
    # What nothing depends on (a turn out of a single slice) stays where it is, and has no error.
    diagonal = np.diag(normal).copy()
    steepest = np.where(np.arange(size) < motion, diagonal[:motion].max(), diagonal.max())
    normal[np.diag_indices(size)] += 1e-7 * steepest + 1e-300
    inverse = np.linalg.inv(normal)
    solution = inverse @ right
    # Points lie 1 radius from the centre: a third of its square along each axis.
    reach = np.where(np.arange(motion) < 3, 1.0, 2.0 / 3.0 if motion == 6 else 1.0 / 3.0)
    reach[diagonal[:motion] <= 1e-6 * steepest[:motion]] = 0.0
    # Both sides see the same noise.
    variance = len(sides) * float(reach @ np.diag(inverse)[:motion])
    return solution[:motion], np.split(solution[motion:], len(sides)), float(np.sqrt(variance))


def _weights(side: _Side, curve: FloatArray) -> FloatArray:
    """Return Tukey's weights over the variance, (N,)."""
    left = residuals(side.seen, side.points.place, curve)
    scale = 1.4826 * np.median(np.abs(left[side.there]))
    scale += 1e-9 * np.std(side.seen[side.there]) + 1e-150
    inside = np.maximum(1.0 - (left / (_CUT * scale)) ** 2, 0.0) ** 2
    return np.where(side.there, inside / (scale**2 * side.points.correlated), 0.0)


def _equations(
    side: _Side, weight: FloatArray, curve: FloatArray, motion: int
) -> tuple[FloatArray, FloatArray]:
    """Return the normal equations of one side, the curve kept smooth."""
    size, points = motion + KNOTS, side.points
    normal, right = np.empty((size, size)), np.empty(size)
    normal_equations(side.seen, weight, points.place, curve,
                     side.slope, side.arm, normal, right)  # fmt: skip
    normal[motion:, motion:] += _SMOOTH * weight.sum() * (_BENDS.T @ _BENDS)
    return normal, right


def _undone(step: FloatArray, frame: Frame, edge: float) -> FloatArray:
    """Return the inverse of the motion that a step stands for, (4, 4)."""
    arms = step[3:] * edge / frame.radius
    motion = np.eye(4)
    if step.size == 6:
        motion[:3, :3] = Rotation.from_rotvec(arms).as_matrix()
    else:
        motion[:3, :3] += arms.reshape(3, 3)
    motion[:3, 3] = frame.centre - motion[:3, :3] @ frame.centre + step[:3] * edge
    return inverted(motion)
