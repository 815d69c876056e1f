"""Compiled normal equations of a fit: filled, solved, and held at bounds."""

import math
from typing import NamedTuple

import numpy as np

from biomarkers.compiling import compiled
from biomarkers.dwi._curves import FloatArray

_SINGULAR = 1e-12


class State(NamedTuple):
    """Working arrays of one voxel: p unknowns, n signals."""

    curve: FloatArray  # (n,)
    slopes: FloatArray  # (p, n)
    rest: FloatArray  # (n,)
    weight: FloatArray  # (n,)
    normal: FloatArray  # (p, p)
    root: FloatArray  # (p, p): its Cholesky factor
    gradient: FloatArray  # (p,)
    step: FloatArray  # (p,)
    trial: FloatArray  # (p,)


@compiled
def new_state(unknowns: int, size: int) -> State:
    """Allocate the working arrays."""
    return State(
        np.zeros(size),
        np.zeros((unknowns, size)),
        np.zeros(size),
        np.ones(size),
        np.zeros((unknowns, unknowns)),
        np.zeros((unknowns, unknowns)),
        np.zeros(unknowns),
        np.zeros(unknowns),
        np.zeros(unknowns),
    )


@compiled
def normal_equations(state: State) -> None:
    """Fill gradient and curvature of the weighted sum of squares (half of either)."""
    slopes, rest, weight = state.slopes, state.rest, state.weight
    normal, gradient = state.normal, state.gradient
    for j in range(slopes.shape[0]):
        inner = 0.0
        for i in range(rest.size):
            inner += weight[i] * slopes[j, i] * rest[i]
        gradient[j] = inner
        for k in range(j + 1):
            inner = 0.0
            for i in range(rest.size):
                inner += weight[i] * slopes[j, i] * slopes[k, i]
            normal[j, k] = normal[k, j] = inner


@compiled
def factor(state: State, damping: float) -> bool:
    """Fill the Cholesky factor of the curvature; whether there is one."""
    normal, root = state.normal, state.root
    for j in range(len(normal)):
        for k in range(j + 1):
            total = normal[j, k] * (1.0 + damping if j == k else 1.0)
            for m in range(k):
                total -= root[j, m] * root[k, m]
            if j > k:
                root[j, k] = total / root[k, k]
            elif total > _SINGULAR * normal[j, j]:
                root[j, j] = math.sqrt(total)
            else:
                return False
    return True


@compiled
def solve(state: State, damping: float) -> bool:
    """Fill the step that the normal equations ask for; whether they determine one."""
    if not factor(state, damping):
        return False
    substitute(state)
    return True


@compiled
def substitute(state: State) -> None:
    """Fill the step from the Cholesky factor and the gradient."""
    root, step, size = state.root, state.step, state.step.size
    for j in range(size):
        total = state.gradient[j]
        for k in range(j):
            total -= root[j, k] * step[k]
        step[j] = total / root[j, j]
    for j in range(size - 1, -1, -1):
        total = step[j]
        for k in range(j + 1, size):
            total -= root[k, j] * step[k]
        step[j] = total / root[j, j]


@compiled
def hold(x: FloatArray, bounds: FloatArray, state: State) -> None:
    """Take those unknowns out of the normal equations that a bound keeps from moving on."""
    normal, gradient = state.normal, state.gradient
    for j in range(x.size):
        below = x[j] <= bounds[0, j] and gradient[j] < 0.0
        above = x[j] >= bounds[1, j] and gradient[j] > 0.0
        if below or above:
            gradient[j] = 0.0
            for k in range(x.size):
                normal[j, k] = normal[k, j] = 1.0 if j == k else 0.0
