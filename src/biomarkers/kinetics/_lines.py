"""Compiled regressions of the graphical methods: one short linear fit per curve.

Curves are taken a few dozen at a time and turned, so that each operation runs over curves and
fills whole vector registers. No operation may be reordered: a curve's neighbours would otherwise
show in the last digit.
"""

from typing import NamedTuple

import numpy as np

from biomarkers.compiling import compiled
from biomarkers.kinetics._linear import BoolArray, FloatArray
from biomarkers.kinetics._spread import normalise, sweep

OVER_INPUT, OVER_TISSUE, MULTILINEAR = range(3)
LANES = 64


class Lanes(NamedTuple):
    """Working arrays of some curves; p regressors, T points of which the last n are used."""

    curve: FloatArray  # (T, LANES)
    integral: FloatArray  # (T, LANES)
    row: FloatArray  # (p + 1, LANES): one point's regressors and ordinate, weighted
    normal: FloatArray  # (p + 1, p + 1, LANES): products of regressors and ordinate
    unit: FloatArray  # (p + 1, LANES)
    slope: FloatArray  # (p, LANES): the coefficients
    inverse: FloatArray  # (LANES,)
    mean: FloatArray  # (LANES,): of the ordinate
    whole: BoolArray  # (p + 1, LANES): true


@compiled
def _new_lanes(points: int, size: int) -> Lanes:
    """Allocate the working arrays."""
    return Lanes(
        np.zeros((points, LANES)),
        np.zeros((points, LANES)),
        np.zeros((size + 1, LANES)),
        np.zeros((size + 1, size + 1, LANES)),
        np.zeros((size + 1, LANES)),
        np.zeros((size, LANES)),
        np.zeros(LANES),
        np.zeros(LANES),
        np.ones((size + 1, LANES), dtype=np.bool_),
    )


@compiled
def _take(curves: FloatArray, first: int, steps: FloatArray, work: Lanes) -> int:
    """Turn the curves from `first` on and integrate them; returns how many there are."""
    count = min(LANES, curves.shape[0] - first)
    for b in range(count):
        for t in range(curves.shape[1]):
            work.curve[t, b] = curves[first + b, t]
    for b in range(LANES):
        work.integral[0, b] = steps[1, 0] * work.curve[0, b]
    for t in range(1, curves.shape[1]):
        before, here = steps[0, t], steps[1, t]
        for b in range(LANES):
            grown = before * work.curve[t - 1, b] + here * work.curve[t, b]
            work.integral[t, b] = work.integral[t - 1, b] + grown
    return int(count)


@compiled
def _point(rule: int, t: int, weight: float, shared: FloatArray, work: Lanes) -> None:
    """Fill regressors and ordinate of point t."""
    row, last = work.row, work.row.shape[0] - 1
    if rule == OVER_INPUT:
        level = weight / shared[1, t]
        for b in range(LANES):
            row[0, b] = level * shared[0, t]
            row[1, b] = weight
            row[2, b] = level * work.curve[t, b]
    elif rule == OVER_TISSUE:
        for b in range(LANES):
            here = work.curve[t, b]
            # a share of the tissue's concentration, which must be some
            level = weight / here if here > 0.0 else np.nan
            row[0, b] = level * shared[0, t]
            row[1, b] = weight
            row[2, b] = level * work.integral[t, b]
    else:
        for k in range(last - 1):
            for b in range(LANES):
                row[k, b] = weight * shared[k, t]
        for b in range(LANES):
            row[last - 1, b] = weight * work.integral[t, b]
            row[last, b] = weight * work.curve[t, b]


@compiled
def _solve(rule: int, shared: FloatArray, root_weights: FloatArray, work: Lanes) -> None:
    """Least squares: the coefficients in `slope`, their covariance at unit length in `normal`."""
    size, first = work.row.shape[0], work.curve.shape[0] - root_weights.size
    work.normal[:] = 0.0
    work.mean[:] = 0.0
    heavy = 0.0
    for i in range(root_weights.size):
        weight = root_weights[i]
        if weight == 0.0:
            continue
        heavy += weight * weight
        _point(rule, first + i, weight, shared, work)
        for k in range(size):
            for j in range(k + 1):
                for b in range(LANES):
                    work.normal[k, j, b] += work.row[k, b] * work.row[j, b]
        for b in range(LANES):
            work.mean[b] += weight * work.row[size - 1, b]
    for b in range(LANES):
        work.mean[b] /= heavy
    normalise(work.normal, work.whole, work.unit)
    for k in range(size - 1):
        sweep(work.normal, k, work.inverse)
    for k in range(size - 1):
        for b in range(LANES):
            work.slope[k, b] = (
                work.normal[size - 1, k, b] * work.unit[k, b] / work.unit[size - 1, b]
            )


@compiled
def _judge(
    rule: int, shared: FloatArray, root_weights: FloatArray, work: Lanes, quality: FloatArray
) -> None:
    """Residual and total sum of squares, and the largest deviation relative to the line."""
    last, first = work.row.shape[0] - 1, work.curve.shape[0] - root_weights.size
    line = work.inverse
    quality[:] = 0.0
    for i in range(root_weights.size):
        weight = root_weights[i]
        if weight == 0.0:
            continue
        _point(rule, first + i, weight, shared, work)
        for b in range(LANES):
            line[b] = 0.0
        for k in range(last):
            for b in range(LANES):
                line[b] += work.slope[k, b] * work.row[k, b]
        for b in range(LANES):
            rest = work.row[last, b] - line[b]
            about = work.row[last, b] - work.mean[b] * weight
            quality[0, b] += rest * rest
            quality[1, b] += about * about
            off = abs(rest / line[b])
            quality[2, b] = quality[2, b] if off <= quality[2, b] else off


@compiled
def fit_lines(
    curves: FloatArray,
    shared: FloatArray,
    rule: int,
    steps: FloatArray,
    root_weights: FloatArray,
    coefficients: FloatArray,
    covariance: FloatArray,
    quality: FloatArray,
) -> None:
    """Regress every curve (V, T) on its last n points.

    `steps` (2, T) integrates a curve: its integral grows by ``steps[0, i] * c[i-1] +
    steps[1, i] * c[i]``. `root_weights` (n,) weigh the ordinates. Fills coefficients (p, V),
    their covariance (p, p, V) for unit variance, and quality (3, V): residual and total sum of
    squares, and the largest deviation of an ordinate from the line, relative to the line. NaN
    where the regression is singular, the curve zero throughout, or a point of it that divides
    not above zero.
    """
    size = coefficients.shape[0]
    work, found = _new_lanes(curves.shape[1], size), np.zeros((3, LANES))
    for first in range(0, curves.shape[0], LANES):
        count = _take(curves, first, steps, work)
        _solve(rule, shared, root_weights, work)
        _judge(rule, shared, root_weights, work, found)
        for k in range(size):
            for b in range(count):
                coefficients[k, first + b] = work.slope[k, b]
            for j in range(size):
                for b in range(count):
                    scale = -work.unit[k, b] * work.unit[j, b]
                    covariance[k, j, first + b] = scale * work.normal[k, j, b]
        for k in range(3):
            for b in range(count):
                quality[k, first + b] = found[k, b]
