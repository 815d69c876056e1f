"""Smoothing of transmit field maps, whose truth varies slowly, and the noise that it leaves."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from biomarkers.checks import as_numbers, positive_number
from biomarkers.errors import InputError
from biomarkers.ranges import check_possible
from biomarkers.relaxometry.trend import evenly_spread, parabola, terms

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_FWHM_PER_SIGMA = 2.0 * np.sqrt(2.0 * np.log(2.0))
# A kernel over more voxels than this is of other units than its image.
_FINEST = 1000.0
# Wavelength in tissue, mm, at 1 T: light speed over 42.577 MHz and the root of a relative
# permittivity of 60 (muscle, 100 to 400 MHz: Gabriel 1996, doi:10.1088/0031-9155/41/11/003).
_WAVELENGTH_AT_1T = 299_792.458 / 42.577 / np.sqrt(60.0)
_WAVELENGTH_FRACTION = 1.0 / 40.0
# Where the Gaussian is cut off, in standard deviations.
_TRUNCATE = 4.0
# The second pass smooths what the first has left over, and so gives curvature back.
_PASSES = 2
# Share of the noise that has to show in what lies off the smoothed ratio.
_LEAST_VISIBLE = 0.5
Pair = tuple[npt.ArrayLike, npt.ArrayLike]


def b1_smoothing_fwhm(field_tesla: float) -> float:
    """Return the default width for smoothing a transmit field: a 40th of the wavelength in tissue.

    Away from its coil the field varies no faster than interference of that wavelength allows,
    which is what makes smoothing right and what scales it from mouse to human: 2.4 mm at 9.4 T,
    3.2 mm at 7 T, 7.6 mm at 3 T. A Gaussian of that width damps a standing pattern of half the
    wavelength by 0.9 %; the two passes of `smooth_pair` by 0.01 %. Close to a small surface coil
    the field falls faster: give a width well below the coil's radius there.

    Parameters
    ----------
    field_tesla
        Static magnetic field, T.

    Returns
    -------
    float
        Full width at half maximum, mm.

    Examples
    --------
    >>> from biomarkers.relaxometry import b1_smoothing_fwhm
    >>> print(f"{b1_smoothing_fwhm(7.0):.1f} mm")
    3.2 mm

    """
    field = positive_number("field_tesla", field_tesla, "T")
    check_possible("field_t", field, source="field_tesla")
    return float(_WAVELENGTH_AT_1T / field * _WAVELENGTH_FRACTION)


def smooth_pair(
    first: npt.ArrayLike, second: npt.ArrayLike, *, voxel_size: npt.ArrayLike, fwhm_mm: float
) -> tuple[FloatArray, FloatArray]:
    """Smooth two magnitude signals so that their ratio is the best one for the neighbourhood.

    Around every voxel the ratio is found by total least squares through the origin, weighted by
    a Gaussian: the maximum-likelihood ratio when both signals carry the same noise, each voxel
    having a brightness of its own. Bright voxels count more, as they should. Averaging a noisy
    ratio, or a field computed from it, is biased instead: voxels that noise pushes out of range
    drop out on one side only. The spread across the line is the variance of the noise, which
    lifts both magnitudes; that lift is taken off to first order, or a field found from a signal
    five times the noise would be 3 % low. What is smoothed is how the field departs from a
    polynomial of second order: a Gaussian flattens a curved field, and at the edge of a thin slab,
    where it has neighbours on one side only, even a sloping one. A second pass smooths what the
    first left over: it gives back what is taken from a field that is curved otherwise.

    Parameters
    ----------
    first, second
        Signals (x, y, z); voxels where either is not finite, or both are 0, do not count.
    voxel_size
        Edge lengths, (3,), mm.
    fwhm_mm
        Full width at half maximum of the Gaussian, mm, the same in every direction.

    Returns
    -------
    first, second : ndarray
        Root mean squares of what the signals have in common; NaN where no voxel is in reach.

    Raises
    ------
    InputError
        If the shapes differ or a size is not positive.

    Examples
    --------
    Noise of 5 % in either signal of a pair for actual flip-angle imaging, B1 0.9:

    >>> import numpy as np
    >>> from biomarkers.relaxometry import b1_afi, smooth_pair
    >>> noise = 5.0 * np.random.default_rng(1).standard_normal((2, 32, 32, 8))
    >>> pair = np.array([100.0, 70.4]).reshape(2, 1, 1, 1) + noise
    >>> smooth = smooth_pair(*pair, voxel_size=(1.0, 1.0, 1.0), fwhm_mm=6.0)
    >>> rough, b1 = (b1_afi(*each, flip_deg=60.0, tr1=0.02, tr2=0.1) for each in (pair, smooth))
    >>> print(f"{np.nanstd(rough):.2f} voxel by voxel; {b1.mean():.2f} ± {b1.std():.2f} smoothed")
    0.10 voxel by voxel; 0.90 ± 0.01 smoothed

    """
    a, b = as_numbers("first", first).copy(), as_numbers("second", second).copy()
    if a.shape != b.shape:
        raise InputError(f"both signals need the same shape; found {a.shape} and {b.shape}")
    sigma = _kernel_sigma(a, voxel_size, fwhm_mm)
    usable = np.isfinite(a) & np.isfinite(b) & ((a != 0) | (b != 0))
    a[~usable] = b[~usable] = 0.0
    angle = parabola(a, b, usable)
    for _ in range(_PASSES):
        turn, size = _common_direction(a, b, usable, angle, sigma)
        angle += turn
    return size * np.cos(angle), size * np.sin(angle)


def _common_direction(
    a: FloatArray, b: FloatArray, usable: BoolArray, angle: FloatArray, sigma: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return by how much neighbours turn further than their `angle`, and their root mean square.

    Signals are seen as vectors (a, b), turned back by the angle known so far. Their principal
    axis then points along the first coordinate but for what is left to find.
    """
    cosine, sine = np.cos(angle), np.sin(angle)
    u, v = cosine * a + sine * b, cosine * b - sine * a
    reach = _gaussian(usable.astype(float), sigma)
    uu, vv, uv = (_gaussian(product, sigma) for product in (u * u, v * v, u * v))
    # A magnitude with noise of variance s has mean A + s / 2A: the moments of (a, b) grow by
    # about s each, which is the outer product of (1, 1), turned back here like the signals.
    noise = _quotient(_axes(uu, vv, uv)[1], reach)
    lift = np.where(usable, cosine + sine, 0.0), np.where(usable, cosine - sine, 0.0)
    uu -= noise * _gaussian(lift[0] * lift[0], sigma)
    vv -= noise * _gaussian(lift[1] * lift[1], sigma)
    uv -= noise * _gaussian(lift[0] * lift[1], sigma)
    largest = _axes(uu, vv, uv)[0]
    size = np.sqrt(_quotient(largest, np.where(largest > 0, reach, 0.0)))
    return np.where(np.isfinite(size), 0.5 * np.arctan2(2.0 * uv, uu - vv), 0.0), size


def _axes(aa: FloatArray, bb: FloatArray, ab: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the larger and the smaller eigenvalue of [[aa, ab], [ab, bb]]."""
    middle, half = 0.5 * (aa + bb), np.hypot(0.5 * (aa - bb), ab)
    return middle + half, middle - half


def smooth_b1(
    b1: npt.ArrayLike,
    *,
    voxel_size: npt.ArrayLike,
    fwhm_mm: float,
) -> FloatArray:
    """Smooth a transmit field map, leaving voxels without a value out of the average.

    For a map that is given, or another quantity that varies slowly. For a pair of signals
    `smooth_pair` before `b1_afi` is the better way.

    Parameters
    ----------
    b1
        The map (x, y, z). Voxels without a positive value (NaN, 0) were not measured.
    voxel_size
        Edge lengths, (3,), mm.
    fwhm_mm
        Full width at half maximum of the Gaussian, mm, the same in every direction.

    Returns
    -------
    ndarray
        The smoothed map; NaN where no voxel with a value is in reach (four sigma).

    Raises
    ------
    InputError
        If a size is not positive.

    Examples
    --------
    A hole in the map is filled from around it:

    >>> import numpy as np
    >>> from biomarkers.relaxometry import smooth_b1
    >>> b1 = np.full((9, 9, 9), 0.9)
    >>> b1[4, 4, 4] = np.nan
    >>> smooth = smooth_b1(b1, voxel_size=(1.0, 1.0, 1.0), fwhm_mm=3.0)
    >>> print(smooth[4, 4, 4].round(3))
    0.9

    """
    values = as_numbers("b1", b1)
    sigma = _kernel_sigma(values, voxel_size, fwhm_mm)
    usable = np.isfinite(values) & (values > 0)
    total = _gaussian(np.where(usable, values, 0.0), sigma)
    return _quotient(total, _gaussian(usable.astype(float), sigma))


def _kernel_sigma(values: FloatArray, voxel_size: npt.ArrayLike, fwhm_mm: float) -> FloatArray:
    """Return the standard deviations of a Gaussian along the axes, voxels; 0 across one slice."""
    edges = as_numbers("voxel_size", voxel_size)
    positive_number("fwhm_mm", fwhm_mm, "mm")
    if edges.shape != (values.ndim,) or not (edges > 0).all():
        raise InputError(
            f"voxel_size is {voxel_size!r}; expected {values.ndim} positive edge lengths (mm) "
            f"for an image of shape {values.shape}"
        )
    if (edges < fwhm_mm / _FINEST).any():
        raise InputError(
            f"voxel_size is {voxel_size!r} and fwhm_mm {fwhm_mm:g}: are both in mm? Expected edges "
            f"of at least a {_FINEST:g}th of the width"
        )
    return np.where(np.array(values.shape) > 1, fwhm_mm / _FWHM_PER_SIGMA / edges, 0.0)


def _gaussian(values: FloatArray, sigma: FloatArray) -> FloatArray:
    """Return values smoothed, with nothing around them."""
    return np.asarray(ndimage.gaussian_filter(values, sigma, mode="constant", truncate=_TRUNCATE))


def _quotient(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Return a quotient, NaN where the denominator is not positive."""
    nowhere = np.full(numerator.shape, np.nan)
    return np.asarray(np.divide(numerator, denominator, out=nowhere, where=denominator > 0))


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

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.relaxometry import smooth_pair, smoothed_noise
    >>> size = {"voxel_size": (1.0, 1.0, 1.0), "fwhm_mm": 3.0}
    >>> noise = np.random.default_rng(1).standard_normal((2, 24, 24, 24))
    >>> pair = np.array([100.0, 70.0]).reshape(2, 1, 1, 1) + noise
    >>> left = smoothed_noise(pair, smooth_pair(*pair, **size), **size)
    >>> print(f"of a noise of 1 smoothing leaves {np.median(left):.2f}")
    of a noise of 1 smoothing leaves 0.16

    """
    parts = noise_parts(signals, smoothed, voxel_size=voxel_size, fwhm_mm=fwhm_mm)
    return np.asarray(np.hypot(parts.near, parts.trend))


class NoiseParts(NamedTuple):
    """The noise of `smoothed_noise` that neighbours share, and that of the trend."""

    near: FloatArray
    trend: FloatArray
    factors: FloatArray  # covariance of the trend's factors over the variance of the noise


def noise_parts(
    signals: Pair, smoothed: Pair, *, voxel_size: npt.ArrayLike, fwhm_mm: float
) -> NoiseParts:
    """Return the noise that `smooth_pair` leaves, by who shares it."""
    a, b, smooth_a, smooth_b = (np.array(each, dtype=float) for each in (*signals, *smoothed))
    if not a.shape == b.shape == smooth_a.shape == smooth_b.shape:
        raise InputError(
            "the signals before and after smoothing need one shape; found "
            f"{a.shape}, {b.shape}, {smooth_a.shape} and {smooth_b.shape}"
        )
    sigma = _kernel_sigma(a, voxel_size, fwhm_mm)
    size = np.hypot(smooth_a, smooth_b)
    usable = np.isfinite(a) & np.isfinite(b) & ((a != 0) | (b != 0)) & (size > 0)
    for each in (a, b, smooth_a, smooth_b):
        each[~usable] = 0.0
    size[~usable] = 1.0
    along = (smooth_a * a + smooth_b * b) / size
    across = (smooth_a * b - smooth_b * a) / size
    weight = along**2
    variance = _quotient(_gaussian(weight * across**2, sigma), _gaussian(weight, sigma))
    own, squares = _kernel(sigma)
    # A voxel's own noise draws the ratio after it, and hides to that extent.
    visible = 1.0 - 2.0 * own + squares
    if visible < _LEAST_VISIBLE:
        unknown = np.full(a.shape, np.nan)
        return NoiseParts(unknown, unknown, np.zeros((0, 0)))
    variance = np.where(usable, variance / visible, np.nan)
    near = np.sqrt(_quotient(variance * squares, _gaussian(usable.astype(float), sigma)))
    added, factors = _left_by_trend(weight, sigma)
    return NoiseParts(near, size * np.sqrt(variance * added), factors)


def _left_by_trend(weight: FloatArray, sigma: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return what the trend adds to the squares of the weights that make a smoothed angle, and M.

    With P its terms, W the weights and K both passes, an angle is made by K + (1 - K) H of those
    measured, H = P M P'W and M = (P'WP)^-1. Their variances are 1/W, so that the second part adds
    P M P' - KP M (KP)'.
    """
    reach = _gaussian(weight, sigma)

    def smooth(term: FloatArray) -> FloatArray:
        return np.nan_to_num(_quotient(_gaussian(weight * term, sigma), reach))

    before = [np.broadcast_to(each, weight.shape) for each in terms(weight.shape)]
    once = [smooth(each) for each in before]
    after = [s + smooth(each - s) for each, s in zip(before, once, strict=True)]
    some = evenly_spread(weight.shape)  # those that the trend was fitted to
    rows = np.stack([each[some].ravel() for each in before])
    gram = (rows * weight[some].ravel()) @ rows.T
    inverse: FloatArray = np.asarray(np.linalg.pinv(gram), dtype=float)
    added = np.zeros(weight.shape)
    for row, column in np.ndindex(inverse.shape):
        products = before[row] * before[column] - after[row] * after[column]
        added += inverse[row, column] * products
    return np.maximum(added, 0.0), inverse


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

    Examples
    --------
    Of what neighbours share, the mean of a wide region keeps little:

    >>> import numpy as np
    >>> from biomarkers.relaxometry import share_kept_by_mean
    >>> small, large = np.zeros((2, 40, 40, 40))
    >>> small[20, 20, 20] = large[5:35, 5:35, 5:35] = 1
    >>> share = [share_kept_by_mean(each, (1.0, 1.0, 1.0), fwhm_mm=4.0) for each in (small, large)]
    >>> print(np.round(share, 2))
    [1.   0.06]

    """
    inside = as_numbers("region", region)
    sigma = _kernel_sigma(inside, voxel_size, fwhm_mm)
    once = _gaussian(inside, sigma)
    weights = 2.0 * once - _gaussian(once, sigma)
    count = inside.sum()
    return float(np.sqrt((weights**2).sum() / _kernel(sigma)[1]) / count) if count else np.nan


def _kernel(sigma: FloatArray) -> tuple[float, float]:
    """Return the weight of a voxel itself, and the sum of squares, of both passes: 2 G - G G.

    `sigma` is 0 along an axis that is not smoothed.
    """
    own, squares = np.ones(2), np.ones(3)
    for width in sigma[sigma > 0]:
        half = int(_TRUNCATE * width + 0.5)
        impulse = np.zeros(4 * half + 1)
        impulse[2 * half] = 1.0
        once = ndimage.gaussian_filter1d(impulse, width, mode="constant", truncate=_TRUNCATE)
        twice = ndimage.gaussian_filter1d(once, width, mode="constant", truncate=_TRUNCATE)
        own *= once[2 * half], twice[2 * half]
        squares *= once @ once, once @ twice, twice @ twice
    return float(2.0 * own[0] - own[1]), float(squares @ [4.0, -4.0, 1.0])
