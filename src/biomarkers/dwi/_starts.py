"""Compiled search for where a fit of two pools of diffusion starts."""

import math

import numpy as np

from biomarkers.compiling import compiled, row_dot, vector_dot
from biomarkers.dwi._curves import FloatArray
from biomarkers.dwi._fit import NO_SIGNAL, Fits


@compiled
def start_two_pools(signals: FloatArray, rates: FloatArray, b: FloatArray, out: Fits) -> None:
    """Fill S0, f, log D and log D* of the best pair of `rates` (k,), rising.

    The amplitudes of a pair solve two equations; what all voxels share of these is made once.
    """
    count = rates.size
    decay = np.empty((count, b.size))
    for k in range(count):
        for i in range(b.size):
            decay[k, i] = math.exp(-b[i] * rates[k])
    shared = np.empty((count, count))
    for k in range(count):
        for j in range(count):
            shared[k, j] = row_dot(decay, k, decay, j)
    inner = np.empty(count)
    for v in range(len(signals)):
        signal = signals[v]
        usable, some = True, False
        for i in range(signal.size):
            usable &= math.isfinite(signal[i])
            some |= signal[i] > 0.0
        if not (usable and some):
            out.reasons[v] = NO_SIGNAL
            continue
        for k in range(count):
            inner[k] = vector_dot(decay, k, signal)
        _best_pair(inner, shared, rates, out.x[v])


@compiled
def _best_pair(inner: FloatArray, shared: FloatArray, rates: FloatArray, x: FloatArray) -> None:
    """Fill the unknowns of the pair that explains most of the sum of squares.

    Blood may be negative, but not by more than a third of tissue: large amplitudes of either sign
    that cancel describe noise.
    """
    most = -1.0
    for slow in range(rates.size):
        for fast in range(slow + 1, rates.size):
            a, c, d = shared[slow, slow], shared[slow, fast], shared[fast, fast]
            determinant = a * d - c * c
            tissue = (d * inner[slow] - c * inner[fast]) / determinant
            blood = (a * inner[fast] - c * inner[slow]) / determinant
            if tissue <= 0.0 or 3.0 * blood < -tissue:
                continue
            explained = tissue * inner[slow] + blood * inner[fast]
            if explained > most:
                most = explained
                x[0], x[1] = tissue + blood, blood / (tissue + blood)
                x[2], x[3] = math.log(rates[slow]), math.log(rates[fast])
