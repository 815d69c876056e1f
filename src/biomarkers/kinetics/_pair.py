"""Compiled approach along two rates: where the objective of a two-exponential model is lowest.

As with one rate (`_profile`), what two rates explain of a curve needs no pass over its points.
Off the fixed columns their columns are known curves q1(u1) and q2(u2); with b the curve's inner
products with them and M theirs with each other, amplitudes a = M⁻¹b explain F = b·a. Within a
panel each of these numbers is a polynomial, of both rates where it is q1·q2, and so are its
derivatives: Newton's method on F costs a few hundred multiplications a step.

It ends in a start that leaves next to nothing to `refine`, which judges it.
"""

from typing import NamedTuple

import numpy as np

from biomarkers.compiling import compiled, compiled_inline, compiled_sums
from biomarkers.kinetics._linear import BoolArray, FloatArray, dot

MAX_STEPS = 30
FARTHEST = 0.7  # in u, one step
SMALLEST_GAIN = 1e-10  # of what is left over; `refine` stops at a hundred times that
ALIKE = 1e-6  # squared sine between columns, below which too few digits are left


class Pair(NamedTuple):
    """Two rates' columns off the fixed ones, as polynomials; P panels, n coefficients."""

    panels: FloatArray  # (2, P, n, r): q
    squares: FloatArray  # (2, P, 2 n - 1): q·q
    cross: FloatArray  # (P, P, n, n): q1·q2; first panels and then powers, those of u1 last
    overlap: FloatArray  # (2, P, nf, n): the fixed columns' part of a rate's column
    solver: FloatArray  # (nf, nf): inverse products of the fixed columns
    fixed: FloatArray  # (nf, r)
    width: float  # of a panel


class Approach(NamedTuple):
    """Working arrays of one curve."""

    at: FloatArray  # (2,): u
    panel: FloatArray  # (2,): the panel `products` belongs to, -1 for none
    products: FloatArray  # (2, n): <curve, q> as a polynomial of the panel
    alone: FloatArray  # (nf,): fixed amplitudes if the rates are left out
    lanes: FloatArray  # (3, n): a bivariate polynomial and its derivatives in u2, by powers of u1
    amplitudes: FloatArray  # (2,)
    slope: FloatArray  # (2,): of F
    bend: FloatArray  # (3,): second derivatives of F: 11, 12, 22


@compiled
def new_approach(pair: Pair) -> Approach:
    """Allocate the working arrays."""
    degree = pair.panels.shape[2]
    return Approach(
        np.zeros(2),
        np.zeros(2),
        np.zeros((2, degree)),
        np.zeros(pair.fixed.shape[0]),
        np.zeros((3, degree)),
        np.zeros(2),
        np.zeros(2),
        np.zeros(3),
    )


@compiled_sums
def _polynomial(rows: FloatArray, i: int, s: float) -> tuple[float, float, float]:
    """Polynomial of a row in s, with its first and second derivative (Horner)."""
    value, slope, bend = 0.0, 0.0, 0.0
    for k in range(rows.shape[1] - 1, -1, -1):
        bend = bend * s + slope
        slope = slope * s + value
        value = value * s + rows[i, k]
    return value, slope, 2.0 * bend


@compiled_sums
def _project_panel(pair: Pair, rate: int, panel: int, target: FloatArray, work: Approach) -> None:
    """Inner products of the curve with a panel's polynomial coefficients."""
    panels, products = pair.panels, work.products
    for k in range(products.shape[1]):
        total = 0.0
        for i in range(target.size):
            total += panels[rate, panel, k, i] * target[i]
        products[rate, k] = total


@compiled_sums
def _gather_lanes(pair: Pair, first: int, second: int, s: float, work: Approach) -> None:
    """Evaluate q1·q2 in the second rate, with two derivatives, for every power of the first."""
    lanes, cross = work.lanes, pair.cross
    size = lanes.shape[1]
    for i in range(size):
        lanes[0, i], lanes[1, i], lanes[2, i] = 0.0, 0.0, 0.0
    for k in range(size - 1, -1, -1):
        for i in range(size):
            lanes[2, i] = lanes[2, i] * s + lanes[1, i]
            lanes[1, i] = lanes[1, i] * s + lanes[0, i]
            lanes[0, i] = lanes[0, i] * s + cross[first, second, k, i]
    for i in range(size):
        lanes[2, i] *= 2.0


@compiled_inline
def _explain(pair: Pair, target: FloatArray, work: Approach) -> float:
    """Return F at the rates at hand, -1 where the columns are too alike; fills its derivatives."""
    scale = 2.0 / pair.width
    p1 = min(int(work.at[0] / pair.width), pair.panels.shape[1] - 1)
    p2 = min(int(work.at[1] / pair.width), pair.panels.shape[1] - 1)
    for rate, panel in ((0, p1), (1, p2)):
        if panel != work.panel[rate]:
            _project_panel(pair, rate, panel, target, work)
            work.panel[rate] = panel
    s1 = scale * (work.at[0] - p1 * pair.width) - 1.0
    s2 = scale * (work.at[1] - p2 * pair.width) - 1.0
    b1, b1_1, b1_11 = _polynomial(work.products, 0, s1)
    b2, b2_2, b2_22 = _polynomial(work.products, 1, s2)
    m11, m11_1, m11_11 = _polynomial(pair.squares[0], p1, s1)
    m22, m22_2, m22_22 = _polynomial(pair.squares[1], p2, s2)
    _gather_lanes(pair, p1, p2, s2, work)
    m12, m12_1, m12_11 = _polynomial(work.lanes, 0, s1)
    m12_2, m12_12, _ = _polynomial(work.lanes, 1, s1)
    m12_22, _, _ = _polynomial(work.lanes, 2, s1)
    area = m11 * m22 - m12 * m12
    if not area > ALIKE * m11 * m22:
        return -1.0
    a1, a2 = (m22 * b1 - m12 * b2) / area, (m11 * b2 - m12 * b1) / area
    work.amplitudes[0], work.amplitudes[1] = a1, a2
    # F is the maximum over a of G = 2 a·b - a·Ma, so that G's derivatives at a make up F's.
    work.slope[0] = scale * (2.0 * a1 * b1_1 - a1 * a1 * m11_1 - 2.0 * a1 * a2 * m12_1)
    work.slope[1] = scale * (2.0 * a2 * b2_2 - a2 * a2 * m22_2 - 2.0 * a1 * a2 * m12_2)
    c11, c12 = b1_1 - a1 * m11_1 - a2 * m12_1, -a1 * m12_1
    c22, c21 = b2_2 - a2 * m22_2 - a1 * m12_2, -a2 * m12_2
    v11, v12 = (m22 * c11 - m12 * c12) / area, (m11 * c12 - m12 * c11) / area
    v21, v22 = (m22 * c21 - m12 * c22) / area, (m11 * c22 - m12 * c21) / area
    g11 = 2.0 * a1 * b1_11 - a1 * a1 * m11_11 - 2.0 * a1 * a2 * m12_11
    g22 = 2.0 * a2 * b2_22 - a2 * a2 * m22_22 - 2.0 * a1 * a2 * m12_22
    square = scale * scale
    work.bend[0] = square * (g11 + 2.0 * (c11 * v11 + c12 * v12))
    work.bend[1] = square * (-2.0 * a1 * a2 * m12_12 + 2.0 * (c11 * v21 + c12 * v22))
    work.bend[2] = square * (g22 + 2.0 * (c21 * v21 + c22 * v22))
    return a1 * b1 + a2 * b2


@compiled_inline
def _step(work: Approach, lower: FloatArray, upper: FloatArray) -> tuple[float, float, float, bool]:
    """Newton's step within the bounds and what it promises; False where F does not curve down."""
    g1, g2 = work.slope[0], work.slope[1]
    h11, h12, h22 = work.bend[0], work.bend[1], work.bend[2]
    free1 = not ((work.at[0] <= lower[0] and g1 < 0.0) or (work.at[0] >= upper[0] and g1 > 0.0))
    free2 = not ((work.at[1] <= lower[1] and g2 < 0.0) or (work.at[1] >= upper[1] and g2 > 0.0))
    if not free1:
        g1, h11, h12 = 0.0, -1.0, 0.0
    if not free2:
        g2, h22, h12 = 0.0, -1.0, 0.0
    area = h11 * h22 - h12 * h12
    if not (h11 < 0.0 and area > 1e-12 * h11 * h22):
        return 0.0, 0.0, 0.0, False
    d1, d2 = (h12 * g2 - h22 * g1) / area, (h12 * g1 - h11 * g2) / area
    longest = max(abs(d1), abs(d2))
    if longest > FARTHEST:
        d1, d2 = d1 * FARTHEST / longest, d2 * FARTHEST / longest
    return d1, d2, g1 * d1 + g2 * d2, True


@compiled_inline
def _signs_hold(pair: Pair, signs: BoolArray, work: Approach) -> bool:
    """Whether every amplitude bound to be 0 or more is above 0."""
    fixed = work.alone.size
    wrong = 0
    for rate in range(2):
        wrong += signs[fixed + rate] and not work.amplitudes[rate] > 0.0
    for f in range(fixed):
        level = work.alone[f]
        for rate in range(2):
            panel = int(work.panel[rate])
            s = 2.0 / pair.width * (work.at[rate] - panel * pair.width) - 1.0
            level -= work.amplitudes[rate] * _polynomial(pair.overlap[rate, panel], f, s)[0]
        wrong += signs[f] and not level > 0.0
    return wrong == 0


@compiled_inline
def meet_curve(pair: Pair, target: FloatArray, work: Approach) -> float:
    """Take up a curve; returns what the fixed columns explain of it."""
    gain = 0.0
    for f in range(work.alone.size):
        work.alone[f] = 0.0
        for e in range(work.alone.size):
            work.alone[f] += pair.solver[f, e] * dot(pair.fixed[e], target)
        gain += work.alone[f] * dot(pair.fixed[f], target)
    work.panel[:] = -1.0
    return gain


@compiled_inline
def approach(
    pair: Pair,
    target: FloatArray,
    total: float,
    signs: BoolArray,
    lower: FloatArray,
    upper: FloatArray,
    work: Approach,
) -> tuple[float, bool]:
    """Move `work.at` to the maximum of its basin; returns what is explained off the fixed ones.

    It is False that this is a solution where an amplitude of the wrong sign is among the best
    ones, which explain more than those of the right signs, or where there is no maximum: what is
    explained is then without limit. `total` is the curve's squared length off the fixed columns.
    """
    before = 0.0
    for _ in range(MAX_STEPS):
        gain = _explain(pair, target, work)
        if gain < before:
            break
        d1, d2, promised, downwards = _step(work, lower, upper)
        if not downwards:
            break
        if promised < SMALLEST_GAIN * (total - gain):
            return gain, _signs_hold(pair, signs, work)
        work.at[0] = min(max(work.at[0] + d1, lower[0]), upper[0])
        work.at[1] = min(max(work.at[1] + d2, lower[1]), upper[1])
        before = gain
    return np.inf, False
