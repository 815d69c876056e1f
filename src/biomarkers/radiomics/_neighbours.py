"""Compiled sums over the neighbours of each voxel: grey tone differences, dependences."""

import numpy as np
import numpy.typing as npt

from biomarkers.compiling import compiled

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

MOST_DEPENDENT = 27
_COARSEST = 1e6  # as the manual has it


@compiled
def count_neighbours(
    levels: IntArray, start: int, stop: int, tones: FloatArray, dependences: IntArray
) -> None:
    """Add to both matrices what the voxels of slices give; neighbours are at most 1 away.

    Parameters
    ----------
    levels
        Discretised intensities from 1, 0 outside the region, (z, y, x).
    start, stop
        Slices.
    tones
        Grey tone differences (IPET), (levels, 2): voxels with a neighbour, and the sum of their
        distances from the mean of their neighbours.
    dependences
        Neighbouring grey level dependence (REK0), (levels, 27): voxels by how many, they
        included, have their level.

    """
    _, rows, columns = levels.shape
    for z in range(start, stop):
        for y in range(rows):
            for x in range(columns):
                i = levels[z, y, x]
                if i == 0:
                    continue
                total, known, alike = 0, 0, 0
                for u in range(max(z - 1, start), min(z + 2, stop)):
                    for v in range(max(y - 1, 0), min(y + 2, rows)):
                        for w in range(max(x - 1, 0), min(x + 2, columns)):
                            j = levels[u, v, w]
                            total += j
                            known += j > 0
                            alike += j == i
                dependences[i - 1, alike - 1] += 1
                if known > 1:
                    tones[i - 1, 0] += 1.0
                    tones[i - 1, 1] += abs(i - (total - i) / (known - 1.0))


@compiled
def tone_features(tones: FloatArray) -> FloatArray:
    """Return the features of grey tone differences; NaN if no voxel has a neighbour.

    What they are of one level, and where no tone differs from its neighbours, is as the manual
    has it.
    """
    out = np.empty(5)
    n = tones.shape[0]
    voxels, levels, away = 0.0, 0, 0.0
    for i in range(n):
        voxels += tones[i, 0]
        levels += tones[i, 0] > 0.0
        away += tones[i, 1]
    if voxels == 0.0:
        out[:] = np.nan
        return out
    weighted, contrast, busy, complexity, strength = 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(n):
        p = tones[i, 0] / voxels
        weighted += p * tones[i, 1]
        for j in range(n):
            q = tones[j, 0] / voxels
            if p == 0.0 or q == 0.0:
                continue
            k = abs(i - j)
            contrast += p * q * k * k
            busy += abs((i + 1.0) * p - (j + 1.0) * q)
            complexity += k * (p * tones[i, 1] + q * tones[j, 1]) / (p + q)
            strength += (p + q) * k * k
    out[0] = min(1.0 / weighted, _COARSEST) if weighted > 0.0 else _COARSEST  # QCDE 1 / sum p s
    several = max(levels * (levels - 1.0), 1.0)  # of one level the contrast is 0
    out[1] = contrast / several * away / voxels  # 65HE
    out[2] = weighted / busy if busy > 0.0 else np.nan if levels > 1 else 0.0  # NQ30
    out[3] = complexity / voxels  # HDEZ
    out[4] = strength / away if away > 0.0 else 0.0  # 1X9X
    return out
