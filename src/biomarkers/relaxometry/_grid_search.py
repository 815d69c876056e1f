"""Where to start: the best point of a grid, for every way the signs of magnitudes may fall."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from biomarkers.compiling import compiled, vector_dot
from biomarkers.relaxometry._refine import orthonormal
from biomarkers.relaxometry._sequences import FloatArray, Sequence, fill_columns

IntArray = npt.NDArray[np.int64]


class Grid(NamedTuple):
    """Orthonormal columns at every point of a grid of B1 (or another unknown) and T1."""

    log_t1: FloatArray  # (a,)
    b1: FloatArray  # (b,)
    q: FloatArray  # (b, a, p, n)
    negative: IntArray  # (b, a): how many signals in `turn` the point itself has negative


@compiled
def make_grid(
    sequence: Sequence,
    log_t1: FloatArray,
    b1: FloatArray,
    amplitudes: int,
    size: int,
    turn: IntArray,
) -> Grid:
    """Tabulate the columns of `size` signals, those in `turn` coming up through zero in order."""
    q = np.empty((b1.size, log_t1.size, amplitudes, size))
    negative = np.zeros((b1.size, log_t1.size), dtype=np.int64)
    f, df = np.zeros((amplitudes, size)), np.zeros((1, amplitudes, size))
    x = np.empty(2)
    for b in range(b1.size):
        for a in range(log_t1.size):
            x[0], x[1] = log_t1[a], b1[b]
            fill_columns(sequence, x, f, df)
            orthonormal(f, q[b, a])
            for i in turn:
                negative[b, a] += f[0, i] < 0.0
    return Grid(log_t1, b1, q, negative)


@compiled
def best_start(
    grid: Grid, low: int, high: int, signal: FloatArray, turn: IntArray
) -> tuple[float, int, int, int]:
    """Find the best grid point of B1 rows [low, high), with the best signs.

    Returns the sum of squares explained, indices of B1 and T1, and how many signals in `turn` are
    negative. One column has signs of its own, which are the best for its point. With two, every
    number is tried. Only positive M0 counts.
    """
    most, at_b, at_a, negative = -1.0, 0, 0, 0
    for b in range(low, high):
        for a in range(grid.log_t1.size):
            if grid.q.shape[2] == 1:
                count = grid.negative[b, a]
                inner = vector_dot(grid.q[b, a], 0, signal)
                for k in range(count):
                    inner -= 2.0 * grid.q[b, a, 0, turn[k]] * signal[turn[k]]
                explained = inner * inner if inner > 0.0 else 0.0
            else:
                explained, count = _best_of_two(grid.q[b, a], signal, turn)
            if explained > most:
                most, at_b, at_a, negative = explained, b, a, count
    return most, at_b, at_a, negative


@compiled
def _best_of_two(q: FloatArray, signal: FloatArray, turn: IntArray) -> tuple[float, int]:
    """Return what two columns explain with the best number of negative signals, and that."""
    first, last = vector_dot(q, 0, signal), vector_dot(q, 1, signal)
    most, negative = 0.0, 0
    for count in range(turn.size + 1):
        if count:
            i = turn[count - 1]
            first -= 2.0 * q[0, i] * signal[i]
            last -= 2.0 * q[1, i] * signal[i]
        explained = first * first + last * last
        if last > 0.0 and explained > most:
            most, negative = explained, count
    return most, negative
