"""Compiled zones of one grey level: how large each is, and how near to the edge of the region."""

import numpy as np
import numpy.typing as npt

from biomarkers.compiling import compiled

IntArray = npt.NDArray[np.int64]


@compiled
def find_zones(
    levels: IntArray,
    start: int,
    stop: int,
    depth: IntArray,
    zones: IntArray,
    waiting: IntArray,
) -> int:
    """Find level, size and distance of every zone of slices; return how many there are.

    Voxels of a zone touch at a face, an edge or a corner (26, within a slice 8).

    Parameters
    ----------
    levels
        Discretised intensities from 1, 0 outside the region, (z, y, x).
    start, stop
        Slices.
    depth
        Distance of each voxel from the edge of the region, 1 at the edge, (z, y, x).
    zones
        Gets them, (voxels, 3).
    waiting
        Room for the voxels of a zone, (voxels, 3).

    """
    _, rows, columns = levels.shape
    seen = np.zeros(levels.shape, dtype=np.uint8)
    count = 0
    for z in range(start, stop):
        for y in range(rows):
            for x in range(columns):
                level = levels[z, y, x]
                if level == 0 or seen[z, y, x]:
                    continue
                seen[z, y, x] = 1
                waiting[0, 0], waiting[0, 1], waiting[0, 2] = z, y, x
                left, size, nearest = 1, 0, depth[z, y, x]
                while left > 0:
                    left -= 1
                    a, b, c = waiting[left, 0], waiting[left, 1], waiting[left, 2]
                    size += 1
                    nearest = min(nearest, depth[a, b, c])
                    for u in range(max(a - 1, start), min(a + 2, stop)):
                        for v in range(max(b - 1, 0), min(b + 2, rows)):
                            for w in range(max(c - 1, 0), min(c + 2, columns)):
                                if levels[u, v, w] == level and not seen[u, v, w]:
                                    seen[u, v, w] = 1
                                    waiting[left, 0] = u
                                    waiting[left, 1] = v
                                    waiting[left, 2] = w
                                    left += 1
                zones[count, 0], zones[count, 1], zones[count, 2] = level, size, nearest
                count += 1
    return count
