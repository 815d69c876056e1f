"""Compiled features of how often a grey level goes with a run, a zone or a count of neighbours.

Matrices of run lengths (TP0I), zone sizes (9SAK), zone distances (VMDZ) and dependences (REK0)
differ in what is counted and share these formulas; codes beside them are of the matrix of runs.
"""

import numpy as np
import numpy.typing as npt

from biomarkers.compiling import compiled

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

FEATURES = 17


@compiled
def level_features(counts: IntArray, sizes: IntArray, voxels: float) -> FloatArray:
    """Return the features of a matrix, in the order of the manual; the last is the energy.

    Parameters
    ----------
    counts
        By grey level, from 1, and by size, (levels, sizes).
    sizes
        What the columns stand for, (sizes,), from 1.
    voxels
        In how many voxels it was counted.

    """
    out = np.empty(FEATURES)
    for k in range(FEATURES):
        out[k] = np.nan
    n, m = counts.shape
    total, level_mean, size_mean = 0.0, 0.0, 0.0
    by_size = np.zeros(m)
    by_level = np.zeros(n)
    for a in range(n):
        for b in range(m):
            by_level[a] += counts[a, b]
            by_size[b] += counts[a, b]
        total += by_level[a]
    if total == 0.0:
        return out
    for k in range(FEATURES):
        out[k] = 0.0
    for a in range(n):
        i2 = (a + 1.0) ** 2
        level_mean += (a + 1.0) * by_level[a] / total
        out[2] += by_level[a] / total / i2  # V3SW
        out[3] += by_level[a] / total * i2  # G3QZ
        out[8] += by_level[a] ** 2 / total  # R5YN
        out[9] += (by_level[a] / total) ** 2  # OVBL
    for b in range(m):
        j2 = float(sizes[b]) ** 2
        size_mean += sizes[b] * by_size[b] / total
        out[0] += by_size[b] / total / j2  # 22OV
        out[1] += by_size[b] / total * j2  # W4KF
        out[10] += by_size[b] ** 2 / total  # W92Y
        out[11] += (by_size[b] / total) ** 2  # IC23
    out[12] = total / voxels  # 9ZK5
    for a in range(n):
        out[13] += (a + 1.0 - level_mean) ** 2 * by_level[a] / total  # 8CE5
        for b in range(m):
            if counts[a, b] > 0:
                p, i2, j2 = counts[a, b] / total, (a + 1.0) ** 2, float(sizes[b]) ** 2
                out[4] += p / (i2 * j2)  # HTZT
                out[5] += p * i2 / j2  # GD3A
                out[6] += p * j2 / i2  # IVPO
                out[7] += p * i2 * j2  # 3KUM
                out[15] -= p * np.log2(p)  # HJ9O
                out[16] += p * p  # CAS9
    for b in range(m):
        out[14] += (sizes[b] - size_mean) ** 2 * by_size[b] / total  # SXLW
    return out
