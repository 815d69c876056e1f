"""Compiled search along one rate: where the objective of a one-exponential model is lowest.

With the amplitudes eliminated the objective is a function of the rate alone. Off the fixed
columns the rate's column is a known curve q(u) of the reduced space, so what it explains of a
measured curve y is b(u)²/m(u), b = <y, q>, m = <q, q>. Within a panel of the table both are
polynomials: m the same for all curves, b from eight inner products. A step of Newton's method
on the slope of b/sqrt(m) then costs a few dozen multiplications, whatever the number of points.

The same holds for any choice of fixed columns, each present or left out at zero. Signs are left
to the caller (`_one_rate`): where no amplitude has the wrong sign at the maximum with all fixed
columns, it is also the maximum under the sign constraints, which can only lower the objective.
"""

from typing import NamedTuple

import numpy as np

from biomarkers.compiling import ZERO, compiled, compiled_inline, compiled_sums
from biomarkers.kinetics._linear import FloatArray, axpys

MAX_STEPS = 60
CLOSE = 1e-8  # a Newton step this short in u, once taken, leaves nothing
# A maximum of the grid cannot overtake the best one from farther behind than this share of what
# the best leaves over, and this many times what the search gained the best.
BEHIND = 0.05
MARGIN = 6.0
WHOLE = ZERO  # the choice of all fixed columns
COARSE = 1e-4  # relative error of a score, whose basis is cut short


class Profile(NamedTuple):
    """One rate's column off the fixed ones; G grid points, filled up with zeros to G'.

    There are C choices of fixed columns, of which the first has them all.
    """

    nodes: FloatArray  # (G,): u
    scan: FloatArray  # (C, s, G'): unit columns in the leading coordinates of the reduced space
    panels: FloatArray  # (C, P, degree + 1, r): q as polynomials
    squares: FloatArray  # (C, P, 2 degree + 1): m as polynomials
    width: float  # of a panel
    solvers: FloatArray  # (C, nf, nf): inverse products of the fixed columns present


class Peak(NamedTuple):
    """Where the objective is lowest."""

    u: float
    amplitude: float  # of the rate's column
    explained: float  # of the curve's squared length
    found: bool


class Climb(NamedTuple):
    """Working arrays of one search."""

    scores: FloatArray  # (G',): what a grid point explains is its square
    products: FloatArray  # (degree + 1,): b as a polynomial of the panel at hand


@compiled
def new_climb(profile: Profile) -> Climb:
    """Allocate the working arrays."""
    return Climb(np.zeros(profile.scan.shape[2]), np.zeros(profile.panels.shape[2]))


@compiled_sums
def _polynomial(coefficients: FloatArray, s: float) -> tuple[float, float, float]:
    """Polynomial in s with its first and second derivative (Horner)."""
    value, slope, bend = 0.0, 0.0, 0.0
    for k in range(coefficients.size - 1, -1, -1):
        bend = bend * s + slope
        slope = slope * s + value
        value = value * s + coefficients[k]
    return value, slope, 2.0 * bend


@compiled_sums
def _square(squares: FloatArray, choice: int, panel: int, s: float) -> tuple[float, float, float]:
    """Evaluate one panel's squared length with its first and second derivative."""
    value, slope, bend = 0.0, 0.0, 0.0
    for k in range(squares.shape[2] - 1, -1, -1):
        bend = bend * s + slope
        slope = slope * s + value
        value = value * s + squares[choice, panel, k]
    return value, slope, 2.0 * bend


@compiled_sums
def _project_panel(
    panels: FloatArray, choice: int, panel: int, target: FloatArray, products: FloatArray
) -> None:
    """Inner products of the curve with a panel's polynomial coefficients."""
    for k in range(products.size):
        total = 0.0
        for i in range(target.size):
            total += panels[choice, panel, k, i] * target[i]
        products[k] = total


@compiled
def _first_guess(profile: Profile, scores: FloatArray, g: int) -> float:
    """Peak of the parabola through a grid maximum and its neighbours."""
    last = profile.nodes.size - 1
    if g in (0, last):
        return float(profile.nodes[g])
    left, right = abs(scores[g - 1]), abs(scores[g + 1])
    bend = 2.0 * abs(scores[g]) - left - right
    shift = 0.5 * (right - left) / bend if bend > 0.0 else 0.0
    return float(profile.nodes[g] + min(max(shift, -0.5), 0.5) * profile.nodes[1])


@compiled
def climb(profile: Profile, choice: int, target: FloatArray, g: int, work: Climb) -> Peak:
    """Search the maximum around grid point `g`, by Newton's method within its neighbours."""
    nodes, panels, squares, width = profile.nodes, profile.panels, profile.squares, profile.width
    scores, products = work.scores, work.products
    low, high = nodes[max(g - 1, 0)], nodes[min(g + 1, nodes.size - 1)]
    u = _first_guess(profile, scores, g)
    sign = -1.0 if scores[g] < 0.0 else 1.0
    scale, at = 2.0 / width, -1
    settled = False
    for _ in range(MAX_STEPS):
        panel = min(int(u / width), panels.shape[1] - 1)
        if panel != at:
            _project_panel(panels, choice, panel, target, products)
            at = panel
        s = scale * (u - panel * width) - 1.0
        b, b1, b2 = _polynomial(products, s)
        m, m1, m2 = _square(squares, choice, panel, s)
        if not (m > 0.0 and sign * b > 0.0):
            break
        if settled:
            return Peak(u, b / m, b * b / m, True)
        # The slope of b / sqrt(m), times m sqrt(m), and the slope of that, in s.
        rise = sign * (b1 * m - 0.5 * b * m1)
        fall = sign * (b2 * m + 0.5 * (b1 * m1 - b * m2))
        if rise > 0.0:
            low = u
        else:
            high = u
        moved = u - rise / fall / scale if fall < 0.0 else np.inf
        if not low <= moved <= high:
            moved = 0.5 * (low + high)
        settled = abs(moved - u) < CLOSE
        u = moved
    return Peak(u, 0.0, 0.0, False)


@compiled_inline
def score(
    profile: Profile, choice: int, target: FloatArray, either_sign: bool, work: Climb
) -> None:
    """Score every grid point: the square is what it explains; a wrong sign scores nothing."""
    leading, scores = profile.scan.shape[1], work.scores
    axpys(target[:leading], profile.scan[choice], scores)
    if not either_sign:
        for g in range(scores.size):
            scores[g] = max(scores[g], 0.0)


@compiled
def is_maximum(scores: FloatArray, size: int, g: int) -> bool:
    """Whether a grid point exceeds its neighbours, or equals them, with its own sign."""
    here = abs(scores[g])
    sign = -1.0 if scores[g] < 0.0 else 1.0
    before = sign * scores[g - 1] if g > 0 else 0.0
    after = sign * scores[g + 1] if g < size - 1 else 0.0
    return bool(here > 0.0 and before <= here and after <= here)


@compiled
def highest_point(
    profile: Profile, target: FloatArray, either_sign: bool, total: float, work: Climb
) -> Peak:
    """Find the rate that, with all fixed columns, explains most of a curve.

    `total` is the curve's squared length. Nothing is found where the column helps nowhere, nor
    where the steps did not settle.
    """
    score(profile, WHOLE, target, either_sign, work)
    scores, size = work.scores, profile.nodes.size
    top, start = 0.0, ZERO - 1
    for g in range(size):
        if abs(scores[g]) > top:
            top, start = abs(scores[g]), g
    if start < 0:
        return Peak(0.0, 0.0, 0.0, False)
    best = climb(profile, WHOLE, target, start, work)
    if best.explained < (1.0 - COARSE) * top * top:
        return Peak(0.0, 0.0, 0.0, False)
    ahead = MARGIN * max(best.explained - top * top, 0.0)
    worth = best.explained - BEHIND * max(total - best.explained, 0.0) - ahead
    for g in range(size):
        if scores[g] ** 2 < worth or g == start or not is_maximum(scores, size, g):
            continue
        rival = climb(profile, WHOLE, target, g, work)
        if rival.explained > best.explained:
            best = rival
    return best
