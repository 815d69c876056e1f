"""What noise leaves in a pair of signals that was smoothed."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from biomarkers.errors import InputError
from biomarkers.relaxometry.smoothing import TRUNCATE, gaussian, kernel_sigma, quotient

FloatArray = npt.NDArray[np.float64]
# Share of the noise that has to show in what lies off the smoothed ratio.
_LEAST_VISIBLE = 0.5
Pair = tuple[npt.ArrayLike, npt.ArrayLike]


def smoothed_noise(
    signals: Pair, smoothed: Pair, *, voxel_size: npt.ArrayLike, fwhm_mm: float
) -> FloatArray:
    """Return the noise that `smooth_pair` leaves in the ratio of two signals.

    The noise of the voxels shows in how far their signals lie off the smoothed ratio, each
    counting by its brightness; smoothing makes it smaller by the weights that it gives to
    neighbours. What is left is alike over a neighbourhood; `share_kept_by_mean` says how much of it
    stays in the mean of a region. A field that bends faster than smoothing allows for counts as
    noise where it shows, but its bias does not.

    Parameters
    ----------
    signals, smoothed
        Both signals (x, y, z) before and after `smooth_pair`.
    voxel_size, fwhm_mm
        As there.

    Returns
    -------
    ndarray
        Standard deviation in the unit of the signals. NaN where no signal is in reach, and
        everywhere if the Gaussian is so narrow that little of the noise shows.

    Raises
    ------
    InputError
        If the shapes differ or a size is not positive.

    """
    a, b, smooth_a, smooth_b = (np.array(each, dtype=float) for each in (*signals, *smoothed))
    if not a.shape == b.shape == smooth_a.shape == smooth_b.shape:
        raise InputError(
            "the signals before and after smoothing need one shape; found "
            f"{a.shape}, {b.shape}, {smooth_a.shape} and {smooth_b.shape}"
        )
    sigma = kernel_sigma(a, voxel_size, fwhm_mm)
    size = np.hypot(smooth_a, smooth_b)
    usable = np.isfinite(a) & np.isfinite(b) & (size > 0)
    for each in (a, b, smooth_a, smooth_b):
        each[~usable] = 0.0
    size[~usable] = 1.0
    along = (smooth_a * a + smooth_b * b) / size
    across = (smooth_a * b - smooth_b * a) / size
    weight = along**2
    variance = quotient(gaussian(weight * across**2, sigma), gaussian(weight, sigma))
    own, squares = _kernel(sigma)
    # A voxel's own noise draws the ratio after it, and hides to that extent.
    visible = 1.0 - 2.0 * own + squares
    if visible < _LEAST_VISIBLE:
        return np.full(a.shape, np.nan)
    left = quotient(variance * squares / visible, gaussian(usable.astype(float), sigma))
    return np.asarray(np.sqrt(np.where(usable, left, np.nan)))


def share_kept_by_mean(
    region: npt.ArrayLike, voxel_size: npt.ArrayLike, *, fwhm_mm: float
) -> float:
    """Return how much of the error of a smoothed voxel stays in the mean over a region.

    All of it in a region far smaller than the Gaussian, by and by less in one that is wider. The
    noise is taken to be as strong everywhere.

    Parameters
    ----------
    region
        Its voxels, (x, y, z).
    voxel_size, fwhm_mm
        Of the smoothing, as for `smooth_pair`.

    Raises
    ------
    InputError
        If a size is not positive.

    """
    inside = np.asarray(region, dtype=float)
    sigma = kernel_sigma(inside, voxel_size, fwhm_mm)
    once = gaussian(inside, sigma)
    weights = 2.0 * once - gaussian(once, sigma)
    count = inside.sum()
    return float(np.sqrt((weights**2).sum() / _kernel(sigma)[1]) / count) if count else np.nan


def _kernel(sigma: FloatArray) -> tuple[float, float]:
    """Return the weight of a voxel itself, and the sum of squares, of both passes: 2 G - G G.

    `sigma` is 0 along an axis that is not smoothed.
    """
    own, squares = np.ones(2), np.ones(3)
    for width in sigma[sigma > 0]:
        half = int(TRUNCATE * width + 0.5)
        impulse = np.zeros(4 * half + 1)
        impulse[2 * half] = 1.0
        once = ndimage.gaussian_filter1d(impulse, width, mode="constant", truncate=TRUNCATE)
        twice = ndimage.gaussian_filter1d(once, width, mode="constant", truncate=TRUNCATE)
        own *= once[2 * half], twice[2 * half]
        squares *= once @ once, once @ twice, twice @ twice
    return float(2.0 * own[0] - own[1]), float(squares @ [4.0, -4.0, 1.0])
