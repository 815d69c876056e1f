"""What an image is taken to be beyond its edge, by the names of IBSI."""

from collections.abc import Mapping
from typing import Literal, get_args

import numpy as np

from biomarkers.arrays import FloatArray

Mode = Literal["constant", "nearest", "wrap", "reflect"]
Boundary = Literal["zero", "nearest", "periodic", "mirror"]
BOUNDARIES: tuple[str, ...] = get_args(Boundary)

# What scipy.ndimage and numpy.pad call them; the mirror stands at the edge of the last voxel.
NDIMAGE: Mapping[str, Mode] = {
    "zero": "constant",
    "nearest": "nearest",
    "periodic": "wrap",
    "mirror": "reflect",
}
_PAD = {"zero": "constant", "nearest": "edge", "periodic": "wrap", "mirror": "symmetric"}


def padded(volume: FloatArray, width: tuple[int, ...], boundary: str) -> FloatArray:
    """Return a volume with so many voxels more at either end of each axis."""
    return np.pad(volume, [(n, n) for n in width], mode=_PAD[boundary])  # type: ignore[call-overload,no-any-return]
