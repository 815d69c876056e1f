"""Compiled grey level run length matrices (TP0I)."""

import numpy as np
import numpy.typing as npt

from biomarkers.compiling import compiled, compiled_inline

IntArray = npt.NDArray[np.int64]


@compiled_inline
def _level(levels: IntArray, start: int, stop: int, z: int, y: int, x: int) -> int:
    """Return the grey level of a voxel, 0 outside."""
    if start <= z < stop and 0 <= y < levels.shape[1] and 0 <= x < levels.shape[2]:
        return int(levels[z, y, x])
    return 0


@compiled
def count_runs(levels: IntArray, start: int, stop: int, offsets: IntArray, out: IntArray) -> None:
    """Add to `out`, (offsets, levels, lengths), runs of one level; parameters as `count_pairs`."""
    for d in range(offsets.shape[0]):
        dz, dy, dx = offsets[d, 0], offsets[d, 1], offsets[d, 2]
        for z in range(start, stop):
            for y in range(levels.shape[1]):
                for x in range(levels.shape[2]):
                    i = levels[z, y, x]
                    # A run is counted at the voxel that it begins with.
                    if i == 0 or _level(levels, start, stop, z - dz, y - dy, x - dx) == i:
                        continue
                    length = 1
                    a, b, c = z + dz, y + dy, x + dx
                    while _level(levels, start, stop, a, b, c) == i:
                        length += 1
                        a, b, c = a + dz, b + dy, c + dx
                    out[d, i - 1, length - 1] += 1
