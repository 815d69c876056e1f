"""What callers give of an image: intensities on three axes, and the edges of a voxel."""

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.checks import as_numbers
from biomarkers.errors import InputError


def checked_volume(volume: npt.ArrayLike) -> FloatArray:
    """Return intensities, (z, y, x); `InputError` if they are not."""
    image = np.ascontiguousarray(as_numbers("volume", volume))
    if image.ndim != 3 or image.size == 0:
        raise InputError(f"volume has shape {image.shape}; expected three axes (z, y, x)")
    return image


def checked_spacing(spacing_mm: npt.ArrayLike) -> tuple[float, float, float]:
    """Return the edges of a voxel, mm; `InputError` if they are not."""
    edges = as_numbers("spacing_mm", spacing_mm)
    if edges.shape != (3,) or not (np.isfinite(edges) & (edges > 0.0)).all():
        raise InputError(
            f"spacing_mm is {spacing_mm!r}; expected three positive edges, mm (z, y, x)"
        )
    z, y, x = edges.tolist()
    return z, y, x
