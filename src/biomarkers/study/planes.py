"""Slices of a map for a picture: which ones, and how large."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

AnyArray = npt.NDArray[Any]

_MOST = 3  # slices of a map


@dataclass(frozen=True)
class Plane:
    """Slice `z`, drawn `width` by `height` pixels."""

    z: int
    width: int
    height: int

    def sized(self, rows: AnyArray) -> AnyArray:
        """Return rows of pixels, (height, width, ...), each taken from the nearest voxel."""
        down, across = (
            (np.arange(count) * voxels) // count
            for count, voxels in zip((self.height, self.width), rows.shape, strict=False)
        )
        return np.ascontiguousarray(rows[down][:, across])


def planes_of(
    labels: AnyArray, edges: npt.NDArray[np.float64], *, height: int
) -> tuple[Plane, ...]:
    """Return up to three slices that show every region, from the lowest up.

    Parameters
    ----------
    labels
        Regions, (x, y, z), 0 outside of them.
    edges
        Of a voxel in the slice, (2,).
    height
        About that of a slice, pixels: square voxels become a whole number of pixels.

    """
    width, tall = labels.shape[:2]
    pixels = max(round(height / tall), 1) * tall if tall <= height else height
    across = max(round(pixels * width * edges[0] / (tall * edges[1])), 1)
    return tuple(Plane(z, across, pixels) for z in _chosen(labels))


def upright(plane: AnyArray) -> AnyArray:
    """Turn (x, y) into rows from top to bottom."""
    return np.ascontiguousarray(plane.T[::-1])


def _chosen(labels: AnyArray) -> list[int]:
    """Return the largest slice of each region, then those through the parts between."""
    counts = np.stack([(labels == label).sum(axis=(0, 1)) for label in _present(labels)] or [()])
    if not counts.size:
        return [labels.shape[2] // 2]
    whole = counts.sum(axis=0)
    wanted = [int(np.argmax(whole))]
    for region in counts:
        if not region[wanted].any():
            wanted.append(int(np.argmax(region)))
    reached = np.cumsum(whole) / whole.sum()
    wanted += [int(np.searchsorted(reached, share)) for share in (1 / 6, 5 / 6, 1 / 2)]
    return sorted(list(dict.fromkeys(wanted))[:_MOST])


def _present(labels: AnyArray) -> list[int]:
    return [int(label) for label in np.unique(labels) if label != 0]
