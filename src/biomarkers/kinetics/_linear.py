"""Compiled linear algebra on a handful of unknowns: Cholesky, inverse, sign-bound amplitudes.

The matrices are normal matrices of two to six columns; numpy's routines would spend their time
on the call.
"""

import numpy as np
import numpy.typing as npt

from biomarkers.kinetics._compile import compiled, compiled_sums

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
def factorise(matrix: FloatArray, size: int) -> bool:
    """Turn the leading block into its Cholesky factor in place; False where it is singular."""
    for j in range(size):
        pivot = matrix[j, j]
        floor = COLLINEAR * pivot
        for k in range(j):
            pivot -= matrix[j, k] * matrix[j, k]
        if not pivot > floor:
            return False
        root = np.sqrt(pivot)
        matrix[j, j] = root
        for i in range(j + 1, size):
            value = matrix[i, j]
            for k in range(j):
                value -= matrix[i, k] * matrix[j, k]
            matrix[i, j] = value / root
    return True


@compiled
def substitute(factor: FloatArray, size: int, vector: FloatArray) -> None:
    """Solve ``L L^T x = vector`` in place."""
    for i in range(size):
        for k in range(i):
            vector[i] -= factor[i, k] * vector[k]
        vector[i] /= factor[i, i]
    for i in range(size - 1, -1, -1):
        for k in range(i + 1, size):
            vector[i] -= factor[k, i] * vector[k]
        vector[i] /= factor[i, i]


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
        best[:] = trial
        return gain
    best[:] = 0.0
    top = 0.0
    for support in range(1, everything):
        gain = _solve_support(gram, rhs, support, nonnegative, work, trial)
        if gain > top:
            top = gain
            best[:] = trial
    return top
