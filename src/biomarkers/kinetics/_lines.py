"""Compiled multilinear regressions: one short linear fit per curve."""

from typing import NamedTuple

import numpy as np

from biomarkers.compiling import compiled
from biomarkers.kinetics._lanes import LANES, integrate, turn
from biomarkers.kinetics._linear import BoolArray, FloatArray, normalise, sweep


class Lanes(NamedTuple):
    """Working arrays of some curves; p regressors, T points of which the last n are used."""

    curve: FloatArray  # (T, LANES)
    running: FloatArray  # (LANES,)
    integral: FloatArray  # (n, LANES)
    row: FloatArray  # (p + 1, LANES): one point's regressors and ordinate, weighted
    normal: FloatArray  # (p + 1, p + 1, LANES): products of regressors and ordinate
    unit: FloatArray  # (p + 1, LANES)
    slope: FloatArray  # (p, LANES): the coefficients
    inverse: FloatArray  # (LANES,)
    mean: FloatArray  # (LANES,): of the ordinate
    whole: BoolArray  # (p + 1, LANES): true
    quality: FloatArray  # (3, LANES); see `fit_lines`


@compiled
def _new_lanes(points: int, used: int, size: int) -> Lanes:
    """Allocate the working arrays."""
    return Lanes(
        np.zeros((points, LANES)),
        np.zeros(LANES),
        np.zeros((used, LANES)),
        np.zeros((size + 1, LANES)),
        np.zeros((size + 1, size + 1, LANES)),
        np.zeros((size + 1, LANES)),
        np.zeros((size, LANES)),
        np.zeros(LANES),
        np.zeros(LANES),
        np.ones((size + 1, LANES), dtype=np.bool_),
        np.zeros((3, LANES)),
    )


@compiled
def _point(i: int, weight: float, shared: FloatArray, work: Lanes) -> None:
    """Fill regressors and ordinate of used point i."""
    row, curve, integral = work.row, work.curve, work.integral
    last, t = row.shape[0] - 1, curve.shape[0] - integral.shape[0] + i
    for k in range(last - 1):
        for b in range(LANES):
            row[k, b] = weight * shared[k, t]
    for b in range(LANES):
        row[last - 1, b] = weight * integral[i, b]
        row[last, b] = weight * curve[t, b]


@compiled
def _solve(shared: FloatArray, root_weights: FloatArray, work: Lanes) -> None:
    """Least squares: the coefficients in `slope`, their covariance at unit length in `normal`."""
    row, normal, mean, slope, unit = work.row, work.normal, work.mean, work.slope, work.unit
    size, heavy = row.shape[0], 0.0
    normal[:] = 0.0
    mean[:] = 0.0
    for i in range(root_weights.size):
        weight = root_weights[i]
        if weight == 0.0:
            continue
        heavy += weight * weight
        _point(i, weight, shared, work)
        for k in range(size):
            for j in range(k + 1):
                for b in range(LANES):
                    normal[k, j, b] += row[k, b] * row[j, b]
        for b in range(LANES):
            mean[b] += weight * row[size - 1, b]
    for b in range(LANES):
        mean[b] /= heavy
    normalise(normal, work.whole, unit)
    for k in range(size - 1):
        sweep(normal, k, work.inverse)
    for k in range(size - 1):
        for b in range(LANES):
            slope[k, b] = normal[size - 1, k, b] * unit[k, b] / unit[size - 1, b]


@compiled
def _judge(shared: FloatArray, root_weights: FloatArray, work: Lanes) -> None:
    """Residual and total sum of squares, and the largest deviation relative to the line."""
    line, quality, row, slope, mean = work.inverse, work.quality, work.row, work.slope, work.mean
    last = row.shape[0] - 1
    quality[:] = 0.0
    for i in range(root_weights.size):
        weight = root_weights[i]
        if weight == 0.0:
            continue
        _point(i, weight, shared, work)
        for b in range(LANES):
            line[b] = 0.0
        for k in range(last):
            for b in range(LANES):
                line[b] += slope[k, b] * row[k, b]
        for b in range(LANES):
            rest = row[last, b] - line[b]
            about = row[last, b] - mean[b] * weight
            quality[0, b] += rest * rest
            quality[1, b] += about * about
            off = abs(rest / line[b])
            quality[2, b] = quality[2, b] if off <= quality[2, b] else off


@compiled
def fit_lines(
    curves: FloatArray,
    shared: FloatArray,
    steps: FloatArray,
    weights: FloatArray,
    coefficients: FloatArray,
    covariance: FloatArray,
    quality: FloatArray,
) -> None:
    """Regress the last n points of every curve (V, T) on `shared` (p - 1, T) and its integral.

    `steps` (2, T) integrates a curve: its integral grows by ``steps[0, i] * c[i-1] +
    steps[1, i] * c[i]``. `weights` (n,) weigh the squared deviations. Fills coefficients (p, V),
    their covariance (p, p, V) for unit variance, and quality (3, V): residual and total sum of
    squares, and the largest deviation of an ordinate from the line, relative to the line. NaN
    where the regression is singular or the curve zero throughout.
    """
    size, root_weights = coefficients.shape[0], np.sqrt(weights)
    work = _new_lanes(curves.shape[1], weights.size, size)
    for first in range(0, curves.shape[0], LANES):
        count = turn(curves, first, work.curve)
        integrate(work.curve, steps, work.running, work.integral)
        _solve(shared, root_weights, work)
        _judge(shared, root_weights, work)
        for k in range(size):
            for b in range(count):
                coefficients[k, first + b] = work.slope[k, b]
            for j in range(size):
                for b in range(count):
                    scale = -work.unit[k, b] * work.unit[j, b]
                    covariance[k, j, first + b] = scale * work.normal[k, j, b]
        for k in range(3):
            for b in range(count):
                quality[k, first + b] = work.quality[k, b]
