"""Where to start: the best point of a grid, for every way the signs of magnitudes may fall."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from biomarkers.relaxometry._compile import compiled, compiled_sums
from biomarkers.relaxometry._refine import orthonormal
from biomarkers.relaxometry._sequences import FloatArray, Sequence, fill_columns

IntArray = npt.NDArray[np.int64]


class Grid(NamedTuple):
    """Orthonormal columns at every point of a grid of B1 and T1."""

    log_t1: FloatArray  # (a,)
    b1: FloatArray  # (b,)
    q: FloatArray  # (b, a, p, n)


class Starts(NamedTuple):
    """The best grid points with the first 0, 1, ... m of the signals in question negative."""

    most: FloatArray  # (m + 1,): sum of squares explained
    where: IntArray  # (m + 1, 2): indices of B1 and T1


@compiled
def make_grid(sequence: Sequence, log_t1: FloatArray, b1: FloatArray, amplitudes: int,
              size: int) -> Grid:  # fmt: skip
    """Tabulate the columns."""
    q = np.empty((b1.size, log_t1.size, amplitudes, size))
    f, df = np.zeros((amplitudes, size)), np.zeros((1, amplitudes, size))
    x = np.empty(2)
    for b in range(b1.size):
        for a in range(log_t1.size):
            x[0], x[1] = log_t1[a], b1[b]
            fill_columns(sequence, x, f, df)
            orthonormal(f, q[b, a])
    return Grid(log_t1, b1, q)


@compiled_sums
def _along(q: FloatArray, j: int, signal: FloatArray) -> float:
    total = 0.0
    for i in range(signal.size):
        total += q[j, i] * signal[i]
    return total


@compiled
def scan(
    grid: Grid,
    low: int,
    high: int,
    signal: FloatArray,
    turn: IntArray,
    starts: Starts,
) -> None:
    """Find the best grid point of B1 rows [low, high) for each number of negative signals.

    The signals listed in `turn` come up through zero in that order, so those before one of them
    are negative. Only positive M0 counts.
    """
    most, where, terms = starts.most, starts.where, grid.q.shape[2]
    inner = np.empty(terms)
    most[:] = -1.0
    for b in range(low, high):
        for a in range(grid.log_t1.size):
            q = grid.q[b, a]
            for j in range(terms):
                inner[j] = _along(q, j, signal)
            for count in range(turn.size + 1):
                explained = 0.0
                for j in range(terms):
                    if count:
                        i = turn[count - 1]
                        inner[j] -= 2.0 * q[j, i] * signal[i]
                    explained += inner[j] * inner[j]
                if inner[terms - 1] > 0.0 and explained > most[count]:
                    most[count] = explained
                    where[count, 0], where[count, 1] = b, a
