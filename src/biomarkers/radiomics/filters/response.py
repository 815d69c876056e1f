"""The response of an image to a filter."""

import math

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.ibsi import ORIGINAL, Planes
from biomarkers.radiomics.arguments import checked_spacing, checked_volume
from biomarkers.radiomics.filters.naming import parse_filter


def reach_of(name: str, spacing: tuple[float, ...], planes: str) -> float:
    """Return how far beyond a region a filter sees, mm; infinite for all of the image."""
    if name == ORIGINAL:
        return 0.0
    made = parse_filter(name, planes)
    return math.inf if getattr(made, "boundary", "") == "periodic" else made.reach(spacing)


def filtered(
    volume: npt.ArrayLike,
    name: str,
    *,
    spacing_mm: tuple[float, float, float],
    planes: Planes = "3d",
) -> FloatArray:
    """Return the response of an image to a filter.

    Parameters
    ----------
    volume
        Intensities, (z, y, x); where one is missing (NaN), the mean of the others stands for it.
    name
        Of the filter, such as `log_3mm` (`biomarkers.radiomics.filters`).
    spacing_mm
        Edges of a voxel, mm, (z, y, x).
    planes
        `2d` for a filter of slices, `3d` for one of space.

    Returns
    -------
    array
        The response, (z, y, x).

    Raises
    ------
    InputError
        If the name spells no filter, or an extra is lacking that it needs.

    Examples
    --------
    The mean over 27 voxels spreads the one that is lit:

    >>> import numpy as np
    >>> from biomarkers.radiomics import filtered
    >>> lit = np.zeros((5, 5, 5)); lit[2, 2, 2] = 27.0
    >>> print(f"{filtered(lit, 'mean_3', spacing_mm=(1, 1, 1))[1, 1, 1]:.2f}")
    1.00

    """
    image = checked_volume(volume)
    spacing = checked_spacing(spacing_mm)
    made = parse_filter(name, planes)
    known = np.isfinite(image)
    if not known.all():
        image = np.where(known, image, image[known].mean() if known.any() else 0.0)
    return made.respond(image, spacing, planes == "2d")
