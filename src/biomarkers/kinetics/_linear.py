"""Compiled linear algebra on a handful of unknowns: factors, solutions, sign-bound amplitudes.

The matrices are normal matrices of two to six columns; numpy's routines would spend their time
on the call. Those of many curves end in the curves' axis V, the innermost loop, so that they fill
whole vector registers.
"""

import numpy as np
import numpy.typing as npt

from biomarkers.compiling import compiled, compiled_sums

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

# A pivot this small beside its column's own square means that the column is, to rounding,
# a combination of the others.
COLLINEAR = 1e-13


@compiled_sums
def dot(a: FloatArray, b: FloatArray) -> float:
    """Inner product of two vectors."""
    total = 0.0
    for i in range(a.size):
        total += a[i] * b[i]
    return total


@compiled
def copy(source: FloatArray, out: FloatArray) -> None:
    """Copy a vector; `out[:] = source` would do, but takes numba a second to compile."""
    for i in range(source.size):
        out[i] = source[i]


@compiled_sums
def subtract(
    target: FloatArray, columns: FloatArray, coefficients: FloatArray, residual: FloatArray
) -> float:
    """Take columns, times their coefficients, off a target; returns the rest, squared."""
    for i in range(target.size):
        residual[i] = target[i]
    for c in range(coefficients.size):
        amplitude = coefficients[c]
        for i in range(target.size):
            residual[i] -= amplitude * columns[c, i]
    total = 0.0
    for i in range(target.size):
        total += residual[i] * residual[i]
    return total


@compiled_sums
def axpys(weights: FloatArray, rows: FloatArray, out: FloatArray) -> None:
    """Sum of the rows, each times its weight: four at a time, so that sums stay in registers."""
    out[:] = 0.0
    even = weights.size - weights.size % 4
    for t in range(0, even, 4):
        a, b, c, d = weights[t], weights[t + 1], weights[t + 2], weights[t + 3]
        for k in range(out.size):
            out[k] += a * rows[t, k] + b * rows[t + 1, k] + c * rows[t + 2, k] + d * rows[t + 3, k]
    for t in range(even, weights.size):
        for k in range(out.size):
            out[k] += weights[t] * rows[t, k]


@compiled
def factorise(matrix: FloatArray, size: int) -> bool:
    """Turn the leading block into L D L^T in place; False where it is singular.

    Below the diagonal comes L, on it the inverse of D, above it L D: no roots, and one division
    a column.
    """
    for j in range(size):
        pivot = matrix[j, j]
        floor = COLLINEAR * pivot
        for k in range(j):
            pivot -= matrix[j, k] * matrix[k, j]
        if not pivot > floor:
            return False
        inverse = 1.0 / pivot
        matrix[j, j] = inverse
        for i in range(j + 1, size):
            value = matrix[i, j]
            for k in range(j):
                value -= matrix[i, k] * matrix[k, j]
            matrix[j, i] = value
            matrix[i, j] = value * inverse
    return True


@compiled
def substitute(factor: FloatArray, size: int, vector: FloatArray) -> None:
    """Solve ``L D L^T x = vector`` in place."""
    for i in range(1, size):
        for k in range(i):
            vector[i] -= factor[i, k] * vector[k]
    for i in range(size):
        vector[i] *= factor[i, i]
    for i in range(size - 2, -1, -1):
        for k in range(i + 1, size):
            vector[i] -= factor[k, i] * vector[k]


@compiled
def _solve_support(
    gram: FloatArray,
    rhs: FloatArray,
    support: int,
    nonnegative: BoolArray,
    work: FloatArray,
    trial: FloatArray,
) -> float:
    """Least squares on the columns of a bit mask: the gain, or -1 where a sign is broken."""
    size = 0
    for i in range(rhs.size):
        if support >> i & 1:
            column = 0
            for j in range(i + 1):
                if support >> j & 1:
                    work[size, column] = gram[i, j]
                    column += 1
            trial[size] = rhs[i]
            size += 1
    if not factorise(work, size):
        return -1.0
    substitute(work, size, trial)
    gain = 0.0
    place = size - 1
    for i in range(rhs.size - 1, -1, -1):
        value = 0.0
        if support >> i & 1:
            value = trial[place]
            place -= 1
            if nonnegative[i] and value < 0.0:
                return -1.0
            gain += value * rhs[i]
        trial[i] = value
    return gain


@compiled
def amplitudes(
    gram: FloatArray,
    rhs: FloatArray,
    nonnegative: BoolArray,
    work: FloatArray,
    trial: FloatArray,
    best: FloatArray,
) -> float:
    """Least-squares amplitudes under their sign constraints, exactly.

    The constrained optimum is the unconstrained one of some subset of the columns, and every
    subset whose signs are right is a candidate; with at most a few columns, all are tried.
    Fills `best` (p,) and returns the reduction of the residual sum of squares.
    """
    everything = (1 << rhs.size) - 1
    gain = _solve_support(gram, rhs, everything, nonnegative, work, trial)
    if gain >= 0.0:
        copy(trial, best)
        return gain
    best[:] = 0.0
    top = 0.0
    for support in range(1, everything):
        gain = _solve_support(gram, rhs, support, nonnegative, work, trial)
        if gain > top:
            top = gain
            copy(trial, best)
    return top


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
