"""The scanner's blur, and how much of a region's activity it leaves in it."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from biomarkers.errors import InputError
from biomarkers.images import LabelMap

FloatArray = npt.NDArray[np.float64]

# Full width at half maximum of a Gaussian, in standard deviations: 2 sqrt(2 ln 2).
FWHM = float(2.0 * np.sqrt(2.0 * np.log(2.0)))

Width = float | tuple[float, float, float]


def blurred(values: npt.ArrayLike, voxel_size: npt.ArrayLike, fwhm_mm: Width) -> FloatArray:
    """Return a volume (x, y, z) convolved with a Gaussian.

    Parameters
    ----------
    values
        The volume; beyond its border it goes on as at the border.
    voxel_size
        (3,), mm.
    fwhm_mm
        Full width at half maximum, one for all axes or one each.

    """
    widths = np.broadcast_to(np.asarray(fwhm_mm, dtype=float), (3,))
    if not (np.isfinite(widths).all() and (widths > 0).all()):
        raise InputError(f"fwhm_mm is {fwhm_mm!r}; expected mm above 0, one or three")
    sigma = widths / FWHM / np.asarray(voxel_size, dtype=float)
    volume = np.asarray(values, dtype=float)
    return np.asarray(ndimage.gaussian_filter(volume, sigma, mode="nearest"))


def recovery_coefficient(regions: LabelMap, region: str, *, fwhm_mm: Width) -> float:
    """Return the share of its activity that a region keeps under the scanner's blur.

    Parameters
    ----------
    regions
        Label map.
    region
        Which region; of one activity, without error in its outline.
    fwhm_mm
        Full width at half maximum of the blur in the image, mm; one for all axes or one each.

    Raises
    ------
    InputError
        If the region is missing or a width is not above 0.

    """
    mask = regions.mask(region)
    return float(blurred(mask, regions.image.voxel_size, fwhm_mm)[mask].mean())
