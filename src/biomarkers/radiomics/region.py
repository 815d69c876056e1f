"""A region as it is measured: resampled, re-segmented and discretised."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy import ndimage

from biomarkers.arrays import BoolArray, FloatArray, IntArray

Spacing = tuple[float, float, float]


@dataclass(frozen=True, eq=False)
class Region:
    """A region of an image and what of it is measured.

    Parameters
    ----------
    image
        Intensities, (z, y, x), reaching beyond the region.
    drawn
        The region as drawn, of which shape is taken (the morphological mask).
    kept
        Those of its voxels whose intensity counts (the intensity mask).
    spacing
        Edges of a voxel, mm.
    levels
        Discretised intensities from 1, 0 where none is kept, cut down to the box of what is drawn.
    bins
        The highest level that there can be.
    bounds
        Limits of intensities by which they were kept; infinite where there was none.

    """

    image: FloatArray
    drawn: BoolArray
    kept: BoolArray
    spacing: Spacing
    levels: IntArray
    bins: int
    bounds: tuple[float, float]
    _depths: dict[str, IntArray] = field(default_factory=dict)

    @cached_property
    def box(self) -> tuple[slice, ...]:
        """The smallest box that holds what is drawn."""
        return box_of(self.drawn)

    @cached_property
    def intensities(self) -> FloatArray:
        """Intensities that count, (n,)."""
        return np.asarray(self.image[self.kept])

    @cached_property
    def thickness(self) -> int:
        """The fewest voxels that the intensity mask extends over, of all axes."""
        if not self.kept.any():
            return 0
        return int(min(part.stop - part.start for part in box_of(self.kept)))

    @cached_property
    def present(self) -> IntArray:
        """Levels of the voxels that count, (n,)."""
        return np.asarray(self.levels[self.levels > 0])

    def depth(self, planes: str) -> IntArray:
        """Return how many faces each voxel is from the outside of what is drawn, 1 at the edge.

        Distances go along the axes, within a slice for `2d` (4-connected), else in space (6).
        """
        if planes not in self._depths:
            faces = ndimage.generate_binary_structure(3, 1)
            if planes == "2d":
                faces[[0, 2]] = False
            padded = np.pad(self.drawn[self.box], 1)
            depth = ndimage.distance_transform_cdt(padded, faces)
            self._depths[planes] = depth[1:-1, 1:-1, 1:-1].astype(np.int64)
        return self._depths[planes]


def box_of(mask: BoolArray, margin: tuple[int, ...] = (0, 0, 0)) -> tuple[slice, ...]:
    """Return the smallest box that holds a mask, and a margin where there is image."""
    box = []
    for axis, more in enumerate(margin):
        others = tuple(each for each in range(mask.ndim) if each != axis)
        where = np.flatnonzero(mask.any(axis=others))
        low, high = (int(where[0]), int(where[-1])) if where.size else (0, -1)
        box.append(slice(max(0, low - more), min(mask.shape[axis], high + 1 + more)))
    return tuple(box)
