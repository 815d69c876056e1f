"""Compiled regressions of the graphical methods: one short linear fit per curve."""

import numpy as np

from biomarkers.kinetics._compile import compiled
from biomarkers.kinetics._linear import FloatArray, dot, factorise, row_dot, substitute

OVER_INPUT, OVER_TISSUE, MULTILINEAR = range(3)


@compiled
def _ordinates(
    rule: int,
    curve: FloatArray,
    integral: FloatArray,
    shared: FloatArray,
    rows: FloatArray,
    y: FloatArray,
) -> None:
    """Regressors (p, n) and ordinates (n,) of one curve's last n points."""
    first = curve.size - y.size
    count = shared.shape[0]
    for i in range(y.size):
        t = first + i
        if rule == OVER_INPUT:
            y[i] = curve[t] / shared[1, t]
            rows[0, i], rows[1, i] = shared[0, t] / shared[1, t], 1.0
        elif rule == OVER_TISSUE:
            y[i] = integral[t] / curve[t]
            rows[0, i], rows[1, i] = shared[0, t] / curve[t], 1.0
        else:
            y[i] = curve[t]
            for k in range(count):
                rows[k, i] = shared[k, t]
            rows[count, i] = integral[t]


@compiled
def _solve(
    rows: FloatArray, y: FloatArray, normal: FloatArray, answer: FloatArray, inverse: FloatArray
) -> bool:
    """Least squares; fills the coefficients and the inverse normal matrix."""
    size = answer.size
    for i in range(size):
        for j in range(i + 1):
            normal[i, j] = row_dot(rows, i, rows, j)
        answer[i] = dot(rows[i], y)
    if not factorise(normal, size):
        return False
    substitute(normal, size, answer)
    for i in range(size):
        inverse[i] = 0.0
        inverse[i, i] = 1.0
        substitute(normal, size, inverse[i])
    return True


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
    steps[1, i] * c[i]``. `root_weights` (n,) weigh the ordinates. Fills coefficients (V, p),
    their covariance (V, p, p) for unit variance, and quality (3, V): residual and total sum of
    squares, and the largest deviation of an ordinate from the line, relative to the line. NaN
    where the regression is singular.
    """
    size, count = coefficients.shape[1], root_weights.size
    rows, y, measured = np.zeros((size, count)), np.zeros(count), np.zeros(count)
    integral = np.zeros(curves.shape[1])
    normal = np.zeros((size, size))
    for v in range(curves.shape[0]):
        curve = curves[v]
        integral[0] = steps[1, 0] * curve[0]
        for t in range(1, curve.size):
            integral[t] = integral[t - 1] + steps[0, t] * curve[t - 1] + steps[1, t] * curve[t]
        _ordinates(rule, curve, integral, shared, rows, measured)
        for i in range(count):
            y[i] = measured[i] * root_weights[i]
            for k in range(size):
                rows[k, i] *= root_weights[i]
        if not _solve(rows, y, normal, coefficients[v], covariance[v]):
            coefficients[v] = np.nan
            quality[:, v] = np.nan
            continue
        mean = dot(y, root_weights) / dot(root_weights, root_weights)
        quality[:, v] = 0.0
        for i in range(count):
            line = 0.0
            for k in range(size):
                line += coefficients[v, k] * rows[k, i]
            rest = y[i] - line
            quality[0, v] += rest * rest
            quality[1, v] += (y[i] - mean * root_weights[i]) ** 2
            if root_weights[i] > 0.0:
                quality[2, v] = max(quality[2, v], abs(rest / line))
