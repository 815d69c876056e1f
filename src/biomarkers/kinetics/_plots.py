"""Compiled regressions of the plots: a straight line through the last points of every curve."""

from typing import NamedTuple

import numpy as np

from biomarkers.compiling import compiled
from biomarkers.kinetics._lanes import LANES, integrate, turn
from biomarkers.kinetics._linear import COLLINEAR, FloatArray


class Plot(NamedTuple):
    """Some curves' plots and their lines; T points of which the last n are used."""

    curve: FloatArray  # (T, LANES)
    running: FloatArray  # (LANES,)
    x: FloatArray  # (n, LANES): abscissa
    y: FloatArray  # (n, LANES): ordinate
    middle: FloatArray  # (2, LANES): means of both
    products: FloatArray  # (3, LANES): xx, xy and yy about the means
    line: FloatArray  # (2, LANES): slope and intercept
    quality: FloatArray  # (5, LANES); see `fit_plots`
    sums: FloatArray  # (2, LANES): of a curve, weighted, and of its square


@compiled
def _new_plot(points: int, used: int) -> Plot:
    """Allocate the working arrays."""
    return Plot(
        np.zeros((points, LANES)),
        np.zeros(LANES),
        np.zeros((used, LANES)),
        np.zeros((used, LANES)),
        np.zeros((2, LANES)),
        np.zeros((3, LANES)),
        np.zeros((2, LANES)),
        np.zeros((5, LANES)),
        np.zeros((2, LANES)),
    )


@compiled
def _over_input(shared: FloatArray, weights: FloatArray, plot: Plot) -> None:
    """C over Cp, and the sums of C and of its square; `_abscissa` holds for all curves."""
    curve, y, sums = plot.curve, plot.y, plot.sums
    first = curve.shape[0] - y.shape[0]
    sums[:] = 0.0
    for i in range(y.shape[0]):
        level, weight = 1.0 / shared[1, first + i], weights[i]
        for b in range(LANES):
            here = curve[first + i, b]
            y[i, b] = level * here
            sums[0, b] += weight * here
            sums[1, b] += weight * here * here


@compiled
def _abscissa(shared: FloatArray, plot: Plot) -> None:
    """Fill in the integral of Cp over Cp."""
    x = plot.x
    first = shared.shape[1] - x.shape[0]
    for i in range(x.shape[0]):
        x[i, :] = shared[0, first + i] / shared[1, first + i]


@compiled
def _over_tissue(shared: FloatArray, steps: FloatArray, plot: Plot) -> None:
    """Integral of C over C against that of Cp over C, of which there must be some."""
    curve, x, y = plot.curve, plot.x, plot.y
    first = curve.shape[0] - x.shape[0]
    integrate(curve, steps, plot.running, y)
    for i in range(x.shape[0]):
        for b in range(LANES):
            here = curve[first + i, b]
            level = 1.0 / here if here > 0.0 else np.nan
            x[i, b] = level * shared[0, first + i]
            y[i, b] = level * y[i, b]


@compiled
def _lay(weights: FloatArray, total: float, plot: Plot) -> None:
    """Find the weighted least-squares lines."""
    x, y, middle, products, line = plot.x, plot.y, plot.middle, plot.products, plot.line
    middle[:] = 0.0
    for i in range(weights.size):
        share = weights[i] / total
        if share > 0.0:
            for b in range(LANES):
                middle[0, b] += share * x[i, b]
                middle[1, b] += share * y[i, b]
    products[:] = 0.0
    for i in range(weights.size):
        weight = weights[i]
        if weight > 0.0:
            for b in range(LANES):
                dx, dy = x[i, b] - middle[0, b], y[i, b] - middle[1, b]
                products[0, b] += weight * dx * dx
                products[1, b] += weight * dx * dy
                products[2, b] += weight * dy * dy
    for b in range(LANES):
        spread = products[0, b] > COLLINEAR * total * middle[0, b] ** 2
        some = spread and (products[2, b] > 0.0 or middle[1, b] != 0.0)
        slope = products[1, b] / products[0, b] if some else np.nan
        line[0, b] = slope
        line[1, b] = middle[1, b] - slope * middle[0, b]


@compiled
def _judge(weights: FloatArray, plot: Plot) -> None:
    """Residual and total sum of squares, and the largest deviation relative to the line."""
    quality, products, lines, x, y = plot.quality, plot.products, plot.line, plot.x, plot.y
    for b in range(LANES):
        quality[0, b], quality[1, b], quality[2, b] = 0.0, products[2, b], 0.0
    for i in range(weights.size):
        weight = weights[i]
        if weight > 0.0:
            for b in range(LANES):
                line = lines[0, b] * x[i, b] + lines[1, b]
                rest = y[i, b] - line
                quality[0, b] += weight * rest * rest
                off = abs(rest / line)
                quality[2, b] = quality[2, b] if off <= quality[2, b] else off


@compiled
def _judge_curves(shared: FloatArray, weights: FloatArray, total: float, plot: Plot) -> None:
    """As `_judge`, and the sums of squares of the curves themselves, of plots over the input."""
    quality, products, lines, x, y = plot.quality, plot.products, plot.line, plot.x, plot.y
    sums, first = plot.sums, shared.shape[1] - weights.size
    for b in range(LANES):
        quality[0, b], quality[1, b], quality[2, b] = 0.0, products[2, b], 0.0
        quality[3, b], quality[4, b] = 0.0, sums[1, b] - sums[0, b] ** 2 / total
    for i in range(weights.size):
        weight, square = weights[i], shared[1, first + i] ** 2
        if weight > 0.0:
            for b in range(LANES):
                line = lines[0, b] * x[i, b] + lines[1, b]
                rest = y[i, b] - line
                left = weight * rest * rest
                quality[0, b] += left
                quality[3, b] += square * left
                off = abs(rest / line)
                quality[2, b] = quality[2, b] if off <= quality[2, b] else off


@compiled
def _hand_over(
    plot: Plot,
    total: float,
    first: int,
    count: int,
    coefficients: FloatArray,
    covariance: FloatArray,
    quality: FloatArray,
) -> None:
    """Write the results of `count` curves from `first` on; array by array, which is quicker."""
    for k in range(2):
        for b in range(count):
            coefficients[k, first + b] = plot.line[k, b]
    for b in range(count):
        covariance[0, 0, first + b] = 1.0 / plot.products[0, b]
    for b in range(count):
        covariance[1, 0, first + b] = -plot.middle[0, b] / plot.products[0, b]
    for b in range(count):
        covariance[0, 1, first + b] = covariance[1, 0, first + b]
    for b in range(count):
        spread = plot.middle[0, b] ** 2 / plot.products[0, b]
        covariance[1, 1, first + b] = 1.0 / total + spread
    for k in range(quality.shape[0]):
        for b in range(count):
            quality[k, first + b] = plot.quality[k, b]


@compiled
def fit_plots(
    curves: FloatArray,
    shared: FloatArray,
    over_tissue: bool,
    steps: FloatArray,
    weights: FloatArray,
    coefficients: FloatArray,
    covariance: FloatArray,
    quality: FloatArray,
) -> None:
    """Lay a line through the last n points of every curve's plot.

    It is over the tissue's curve, or the input's, which is then the second of the `shared`
    series. The other arguments are those of `fit_lines`; the coefficients are slope and
    intercept. NaN, too, where a point of the curve that divides is not above zero. Of a plot over
    the input `quality` is (5, V): sums of squares of the curves, not of the plot, come last.
    """
    plot, total = _new_plot(curves.shape[1], weights.size), weights.sum()
    if not over_tissue:
        _abscissa(shared, plot)
    for first in range(0, curves.shape[0], LANES):
        count = turn(curves, first, plot.curve)
        if over_tissue:
            _over_tissue(shared, steps, plot)
        else:
            _over_input(shared, weights, plot)
        _lay(weights, total, plot)
        if over_tissue:
            _judge(weights, plot)
        else:
            _judge_curves(shared, weights, total, plot)
        _hand_over(plot, total, first, count, coefficients, covariance, quality)
