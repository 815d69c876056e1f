"""Grids: where the voxels of an image lie, and whether two images share them."""

import itertools
from typing import Protocol

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.errors import GeometryError

# The largest shift of a corner of the volume, in voxel edges, between grids that count as one.
# Headers hold single precision, and a rotation kept as a quaternion loses another digit: real
# files of one scan differ by up to a few thousandths. A twentieth changes no nearest voxel.
CORNER_TOLERANCE = 0.05


class Grid(Protocol):
    """Anything that lies on a grid: an image, its header, a label map."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of voxels along each axis; the first three are space."""

    @property
    def affine(self) -> FloatArray:
        """Voxel indices to mm, (4, 4)."""

    @property
    def source(self) -> str:
        """The file, or what else it came from."""


def voxel_size(affine: FloatArray) -> FloatArray:
    """Return the edge lengths of a voxel, (3,), mm."""
    return np.asarray(np.sqrt((affine[:3, :3] ** 2).sum(axis=0)), dtype=np.float64)


def corner_shift(a: Grid, b: Grid) -> float:
    """Return how far the corners of volume `a` move under the affine of `b`, mm, at most."""
    ends = [(0, size - 1) for size in a.shape[:3]]
    corners = np.array([(*corner, 1) for corner in itertools.product(*ends)], dtype=float)
    shift = corners @ (a.affine - b.affine).T
    return float(np.sqrt((shift[:, :3] ** 2).sum(axis=1)).max())


def same_grid(a: Grid, b: Grid) -> bool:
    """Tell whether two images have their voxels in the same places.

    True where the first three axes have the same lengths and no corner of the volume moves by
    more than a twentieth of the shortest voxel edge from one affine to the other.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Image, same_grid
    >>> one, other = (Image(np.zeros((64, 64, 8)), np.eye(4), name) for name in ("T1w", "T2w"))
    >>> shifted = np.eye(4)
    >>> shifted[0, 3] = 0.5  # mm
    >>> same_grid(one, other), same_grid(one, Image(one.data, shifted, "moved"))
    (True, False)

    """
    if a.shape[:3] != b.shape[:3]:
        return False
    edge = min(voxel_size(a.affine).min(), voxel_size(b.affine).min())
    return bool(corner_shift(a, b) <= CORNER_TOLERANCE * edge)


def require_same_grid(a: Grid, b: Grid) -> None:
    """Raise unless two images share a grid.

    Raises
    ------
    GeometryError
        Naming both images, both grids, and what can be done.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Image, require_same_grid
    >>> t1w = Image(np.zeros((4, 4, 4)), np.eye(4), "T1w")
    >>> require_same_grid(t1w, t1w)
    >>> require_same_grid(t1w, Image(np.zeros((2, 2, 2)), np.eye(4), "pet"))
    Traceback (most recent call last):
    biomarkers.errors.GeometryError: two images that must share a grid do not: ...

    """
    if same_grid(a, b):
        return
    lines = [
        f"two images that must share a grid do not:\n  {describe_grid(a)}\n  {describe_grid(b)}"
    ]
    if a.shape[:3] == b.shape[:3]:
        lines.append(f"  (corners of the volume lie up to {corner_shift(a, b):.3g} mm apart)")
    lines.append(
        "  Give a file drawn on the first image's grid, or ask for resampling "
        "(for label maps: images.resample_labels)."
    )
    raise GeometryError("\n".join(lines))


def describe_grid(grid: Grid) -> str:
    """Return file, shape, voxel size and origin in one line, for messages.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Image, describe_grid
    >>> describe_grid(Image(np.zeros((64, 64, 8)), np.diag([0.5, 0.5, 1, 1]), "T2w.nii.gz"))
    'T2w.nii.gz: 64 × 64 × 8 voxels of 0.5 × 0.5 × 1 mm, origin (0, 0, 0) mm'

    """
    shape = " × ".join(str(size) for size in grid.shape[:3])
    size = " × ".join(f"{edge:.4g}" for edge in voxel_size(grid.affine))
    origin = ", ".join(f"{value + 0.0:.4g}" for value in grid.affine[:3, 3])
    return f"{grid.source}: {shape} voxels of {size} mm, origin ({origin}) mm"
