"""Compiled grey level co-occurrence matrices (LFYI) and their features."""

import numpy as np
import numpy.typing as npt

from biomarkers.compiling import compiled, compiled_inline

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

FEATURES = 25


@compiled
def count_pairs(levels: IntArray, start: int, stop: int, offsets: IntArray, out: IntArray) -> None:
    """Add to `out`, (offsets, levels, levels), pairs of neighbours both ways round.

    Parameters
    ----------
    levels
        Discretised intensities from 1, 0 outside the region, (z, y, x).
    start, stop
        Slices whose voxels are counted, and that neighbours lie in.
    offsets
        Where the neighbour of each direction lies, (offsets, 3).

    """
    _, rows, columns = levels.shape
    for z in range(start, stop):
        for y in range(rows):
            for x in range(columns):
                i = levels[z, y, x]
                if i == 0:
                    continue
                for d in range(offsets.shape[0]):
                    a, b, c = z + offsets[d, 0], y + offsets[d, 1], x + offsets[d, 2]
                    if start <= a < stop and 0 <= b < rows and 0 <= c < columns:
                        j = levels[a, b, c]
                        if j > 0:
                            out[d, i - 1, j - 1] += 1
                            out[d, j - 1, i - 1] += 1


@compiled
def pair_features(counts: IntArray) -> FloatArray:
    """Return the features of a symmetric matrix, (levels, levels), in the order of the manual.

    NaN without any pair; NI2N and R8DG where all pairs are of one level.
    """
    n = counts.shape[0]
    out = np.empty(FEATURES)
    one = np.zeros(n)  # p_i, of the rows
    total = _rows(counts, one)
    for k in range(FEATURES):
        out[k] = 0.0 if total > 0.0 else np.nan
    if total == 0.0:
        return out
    apart, summed = np.zeros(n), np.zeros(2 * n + 1)  # p_{i-j}, p_{i+j}
    mean, variance, entropy = 0.0, 0.0, 0.0
    for i in range(n):
        mean += (i + 1.0) * one[i]  # 60VM
        entropy -= _information(one[i])
    for i in range(n):
        variance += (i + 1.0 - mean) * (i + 1.0 - mean) * one[i]  # UR99
        for j in range(n):
            if counts[i, j] > 0:
                p = counts[i, j] / total
                apart[abs(i - j)] += p
                summed[i + j + 2] += p
                _add_pair(out, p, i, j, float(n), mean)
    out[1], out[2] = mean, variance
    _differences_and_sums(out, apart, summed)
    # HXY1 = HXY2 = 2 HX, the rows being as the columns; of one level all are 0.
    out[24] = np.sqrt(1.0 - np.exp(-2.0 * max(0.0, 2.0 * entropy - out[3])))  # JN9H
    if entropy > 0.0:
        out[18] = (out[19] - mean * mean) / variance  # NI2N
        out[23] = (out[3] - 2.0 * entropy) / entropy  # R8DG (HXY - HXY1) / HX
    else:
        out[18], out[23] = np.nan, np.nan
    return out


@compiled_inline
def _rows(counts: IntArray, one: FloatArray) -> float:
    """Find the share of each row; return the sum of all."""
    total = 0.0
    for i in range(one.size):
        for j in range(one.size):
            one[i] += counts[i, j]
        total += one[i]
    for i in range(one.size):
        one[i] /= total
    return total


@compiled_inline
def _information(p: float) -> float:
    """Return p log2 p, 0 of 0."""
    return float(p * np.log2(p)) if p > 0.0 else 0.0


@compiled_inline
def _add_pair(out: FloatArray, p: float, i: int, j: int, n: float, mean: float) -> None:
    """Add what the pairs of two levels, from 0, give to the features that are sums of them."""
    k = float(abs(i - j))
    both = i + j + 2.0 - 2.0 * mean
    square = both * both
    out[0] = max(out[0], p)  # GYBY max p
    out[3] -= p * np.log2(p)  # TU9B
    out[10] += p * p  # 8ZQL
    out[11] += k * k * p  # ACUI
    out[12] += k * p  # 8S9J
    out[13] += p / (1.0 + k)  # IB1Z
    out[14] += p / (1.0 + k / n)  # NDRX
    out[15] += p / (1.0 + k * k)  # WF0Z
    out[16] += p / (1.0 + k * k / (n * n))  # 1QCO
    if k > 0.0:
        out[17] += p / (k * k)  # E8JP 2 sum_{i<j}, the matrix being symmetric
    out[19] += (i + 1.0) * (j + 1.0) * p  # QWB0
    out[20] += square * p  # DG8W (i + j - 2 mu)^2 p
    out[21] += square * both * p  # 7NFM
    out[22] += square * square * p  # AE86


@compiled_inline
def _differences_and_sums(out: FloatArray, apart: FloatArray, summed: FloatArray) -> None:
    """Add mean, variance and entropy of differences and sums of levels."""
    for k in range(apart.size):
        out[4] += k * apart[k]  # TF7R
        out[6] -= _information(apart[k])  # NTRS
    for k in range(summed.size):
        out[7] += k * summed[k]  # ZGXS
        out[9] -= _information(summed[k])  # P6QZ
    for k in range(apart.size):
        out[5] += (k - out[4]) * (k - out[4]) * apart[k]  # D3YU
    for k in range(summed.size):
        out[8] += (k - out[7]) * (k - out[7]) * summed[k]  # OEEB
