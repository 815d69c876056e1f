"""Compiled errors of amplitudes and rates, and of what is derived from them.

The curves of a chunk are the innermost loop throughout, so that small matrices fill whole vector
registers: every array ends in the curves' axis V. No operation may be reordered or fused here:
a curve's place in its chunk would otherwise show in the last digit.
"""

import numpy as np

from biomarkers.compiling import compiled
from biomarkers.kinetics._convolve import DECAY, IntArray
from biomarkers.kinetics._linear import COLLINEAR, BoolArray, FloatArray

NEGLIGIBLE = 1e-20  # share of a curve's squared length that is rounding
NO_EFFECT = 1e-9  # relative change of a parameter with something, below which it hangs not on it


@compiled
def column_scale(kind: int, tau: float, u: float) -> float:
    """Give the factor of a column: theta + 1/tau for a decay (an integral has theta = 0)."""
    return float(np.exp(u) / tau) if kind == DECAY else 1.0


@compiled
def mark_active(
    coefficients: FloatArray,
    normal: FloatArray,
    length: FloatArray,
    rates: int,
    active: BoolArray,
) -> None:
    """Mark what curves of squared length `length` speak about.

    An amplitude that contributes less than rounding leaves its rate without meaning: neither is.
    """
    terms = coefficients.shape[0]
    for i in range(active.shape[0]):
        for v in range(length.size):
            active[i, v] = normal[i, i, v] > 0.0
    for k in range(rates):
        c, row = terms - rates + k, terms + k
        for v in range(length.size):
            speaks = coefficients[c, v] ** 2 * normal[c, c, v] > NEGLIGIBLE * length[v]
            active[c, v] &= speaks
            active[row, v] &= speaks


@compiled
def normalise(matrix: FloatArray, active: BoolArray, unit: FloatArray) -> None:
    """Scale to a unit diagonal; what is not active is cut off from the rest."""
    size = unit.shape[0]
    for i in range(size):
        for v in range(unit.shape[1]):
            inside = active[i, v]
            unit[i, v] = 1.0 / np.sqrt(matrix[i, i, v]) if inside else 0.0
            matrix[i, i, v] = 1.0
    for i in range(size):
        for j in range(i):
            for v in range(unit.shape[1]):
                matrix[i, j, v] *= unit[i, v] * unit[j, v]
                matrix[j, i, v] = matrix[i, j, v]


@compiled
def sweep(matrix: FloatArray, k: int, inverse: FloatArray) -> None:
    """Sweep one row (Beaton 1964); NaN in a matrix whose pivot has vanished."""
    size = matrix.shape[0]
    for v in range(inverse.size):
        pivot = matrix[k, k, v]
        inverse[v] = 1.0 / pivot if pivot > COLLINEAR else np.nan
    for i in range(size):
        for j in range(i + 1):
            if k not in (i, j):
                for v in range(inverse.size):
                    matrix[i, j, v] -= matrix[i, k, v] * matrix[j, k, v] * inverse[v]
                    matrix[j, i, v] = matrix[i, j, v]
    for i in range(size):
        if i != k:
            for v in range(inverse.size):
                matrix[i, k, v] *= inverse[v]
                matrix[k, i, v] = matrix[i, k, v]
    for v in range(inverse.size):
        matrix[k, k, v] = -inverse[v]


@compiled
def invert_normal(matrix: FloatArray, active: BoolArray) -> None:
    """Turn normal matrices (n, n, V) into their inverses over what is active, 0 elsewhere.

    Only the lower half is read; NaN where a matrix is singular.
    """
    size, count = active.shape
    unit, inverse = np.empty((size, count)), np.empty(count)
    normalise(matrix, active, unit)
    for k in range(size):
        sweep(matrix, k, inverse)
    for i in range(size):
        for j in range(size):
            for v in range(count):
                matrix[i, j, v] *= -unit[i, v] * unit[j, v]


@compiled
def to_physical(
    kind: IntArray,
    tau: float,
    coefficients: FloatArray,
    unknowns: FloatArray,
    rates: int,
    covariance: FloatArray,
) -> None:
    """Change amplitudes of scaled columns, and the covariance with u, to 1/s.

    Amplitudes are A = S(u) a with the column's scale S, rates theta = expm1(u)/tau.
    """
    terms, size = coefficients.shape[0], covariance.shape[0]
    fixed = terms - rates
    for c in range(terms):
        row = terms + c - fixed
        for v in range(coefficients.shape[1]):
            u = unknowns[c - fixed, v] if c >= fixed else 0.0
            scale, speed = column_scale(kind[c], tau, u), np.exp(u) / tau
            share = coefficients[c, v] * speed if kind[c] == DECAY else 0.0
            coefficients[c, v] *= scale
            for j in range(size):
                covariance[c, j, v] *= scale
                if c >= fixed:
                    covariance[c, j, v] += share * covariance[row, j, v]
                    covariance[row, j, v] *= speed
            for j in range(size):
                covariance[j, c, v] *= scale
                if c >= fixed:
                    covariance[j, c, v] += share * covariance[j, row, v]
                    covariance[j, row, v] *= speed


@compiled
def fill_variances(
    slopes: FloatArray, covariance: FloatArray, active: BoolArray, variance: FloatArray
) -> None:
    """Fill variances of a parameter with derivatives `slopes` (n, V), by the delta method."""
    variance[:] = 0.0
    for i in range(slopes.shape[0]):
        if not slopes[i].any():
            continue
        for j in range(slopes.shape[0]):
            for v in range(variance.size):
                both = active[i, v] and active[j, v]
                part = slopes[i, v] * slopes[j, v] * covariance[i, j, v]
                variance[v] += part if both else 0.0


@compiled
def propagate(
    slopes: FloatArray,
    covariance: FloatArray,
    active: BoolArray,
    terms: int,
    value: FloatArray,
    error: FloatArray,
) -> None:
    """Fill standard errors for unit noise of one parameter with derivatives `slopes` (n, V).

    A parameter that depends on a rate without amplitude becomes NaN; one that is fixed by
    amplitudes at their bound alone has a value but no error.
    """
    size = slopes.shape[0]
    fill_variances(slopes, covariance, active, error)
    for v in range(value.size):
        some, every, silent = False, True, 0.0
        for i in range(size):
            here = active[i, v]
            every &= here
            some |= here and slopes[i, v] != 0.0
            silent += abs(slopes[i, v]) if i >= terms and not here else 0.0
        if silent > NO_EFFECT * (1.0 + abs(value[v])):
            value[v] = np.nan
        held = not some and not every
        error[v] = np.nan if held or np.isnan(error[v]) else np.sqrt(max(error[v], 0.0))
