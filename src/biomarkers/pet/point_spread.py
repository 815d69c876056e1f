"""The scanner's blur, and how much of each region it leaves where it belongs."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from biomarkers.errors import InputError
from biomarkers.images import LabelMap

FloatArray = npt.NDArray[np.float64]

# Full width at half maximum of a Gaussian, in standard deviations: 2 sqrt(2 ln 2).
FWHM = float(2.0 * np.sqrt(2.0 * np.log(2.0)))
OUTSIDE = "outside"

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


def partition(regions: LabelMap) -> dict[str, FloatArray]:
    """Return the masks (x, y, z) of all regions, and of what is outside them if there is any."""
    masks = {name: regions.mask(name).astype(float) for name in regions.regions}
    rest = 1.0 - sum(masks.values(), np.zeros(regions.shape))
    if OUTSIDE in masks:
        raise InputError(f"{regions.source}: a region is called {OUTSIDE!r}; give it another name")
    return masks | ({OUTSIDE: rest} if rest.any() else {})


def transfer(masks: dict[str, FloatArray], spread: dict[str, FloatArray]) -> FloatArray:
    """Return what each region (row) sees of the activity of each (column), (R, R).

    Parameters
    ----------
    masks, spread
        The regions, and the same blurred.

    """
    rows = [[float((mask * blur).sum()) for blur in spread.values()] for mask in masks.values()]
    sizes = np.array([mask.sum() for mask in masks.values()])
    return np.asarray(np.array(rows) / sizes[:, None])
