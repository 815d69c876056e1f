"""Smoothing of transmit field maps, whose truth varies slowly over the body."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from biomarkers.checks import positive_number
from biomarkers.errors import InputError

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

_FWHM_PER_SIGMA = 2.0 * np.sqrt(2.0 * np.log(2.0))
# Wavelength in tissue, mm, at 1 T: light speed over 42.577 MHz and the root of a relative
# permittivity of 60 (muscle, 100 to 400 MHz: Gabriel 1996, doi:10.1088/0031-9155/41/11/003).
_WAVELENGTH_AT_1T = 299_792.458 / 42.577 / np.sqrt(60.0)
_WAVELENGTH_FRACTION = 1.0 / 40.0
# Where the Gaussian is cut off, in standard deviations.
TRUNCATE = 4.0
# The second pass smooths what the first has left over, and so gives curvature back.
_PASSES = 2


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

    """
    field = positive_number("field_tesla", field_tesla, "T")
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
    five times the noise would be 3 % low. A second pass smooths what the first left over: it
    gives back what a Gaussian takes from a curved field.

    Parameters
    ----------
    first, second
        Signals (x, y, z); voxels where either is not finite do not count.
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

    """
    a, b = np.array(first, dtype=float), np.array(second, dtype=float)
    if a.shape != b.shape:
        raise InputError(f"both signals need the same shape; found {a.shape} and {b.shape}")
    sigma = kernel_sigma(a, voxel_size, fwhm_mm)
    usable = np.isfinite(a) & np.isfinite(b)
    a[~usable] = b[~usable] = 0.0
    angle = np.zeros(a.shape)
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
    reach = gaussian(usable.astype(float), sigma)
    uu, vv, uv = (gaussian(product, sigma) for product in (u * u, v * v, u * v))
    # A magnitude with noise of variance s has mean A + s / 2A: the moments of (a, b) grow by
    # about s each, which is the outer product of (1, 1), turned back here like the signals.
    noise = quotient(_axes(uu, vv, uv)[1], reach)
    lift = np.where(usable, cosine + sine, 0.0), np.where(usable, cosine - sine, 0.0)
    uu -= noise * gaussian(lift[0] * lift[0], sigma)
    vv -= noise * gaussian(lift[1] * lift[1], sigma)
    uv -= noise * gaussian(lift[0] * lift[1], sigma)
    largest = _axes(uu, vv, uv)[0]
    size = np.sqrt(quotient(largest, np.where(largest > 0, reach, 0.0)))
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
    weights: npt.ArrayLike | None = None,
) -> FloatArray:
    """Smooth a transmit field map, leaving voxels without a value out of the average.

    For a map that is given, or another quantity that varies slowly. For a pair of signals
    `smooth_pair` before `b1_afi` is the better way.

    Parameters
    ----------
    b1
        The map (x, y, z); NaN marks voxels without a value.
    voxel_size
        Edge lengths, (3,), mm.
    fwhm_mm
        Full width at half maximum of the Gaussian, mm, the same in every direction.
    weights
        How much each voxel counts, same shape, 0 or more; equally if not given. Do not compute
        them from `b1` itself: weights that share its noise bias the average.

    Returns
    -------
    ndarray
        The smoothed map; NaN where no voxel with a value is in reach (four sigma).

    Raises
    ------
    InputError
        If the shapes differ, a weight is negative or a size is not positive.

    """
    values = np.asarray(b1, dtype=float)
    weight = np.ones(values.shape) if weights is None else np.array(weights, dtype=float)
    if weight.shape != values.shape:
        raise InputError(f"weights {weight.shape} must have the shape of b1, {values.shape}")
    sigma = kernel_sigma(values, voxel_size, fwhm_mm)
    usable = np.isfinite(values) & np.isfinite(weight)
    weight[~usable] = 0.0
    if (weight < 0).any():
        raise InputError(f"weights must be 0 or more; found {weight.min():g}")
    total = gaussian(weight * np.where(usable, values, 0.0), sigma)
    return quotient(total, gaussian(weight, sigma))


def kernel_sigma(values: FloatArray, voxel_size: npt.ArrayLike, fwhm_mm: float) -> FloatArray:
    """Return the standard deviations of a Gaussian along the axes, voxels; 0 across one slice."""
    edges = np.asarray(voxel_size, dtype=float)
    positive_number("fwhm_mm", fwhm_mm, "mm")
    if edges.shape != (values.ndim,) or not (edges > 0).all():
        raise InputError(
            f"voxel_size is {voxel_size!r}; expected {values.ndim} positive edge lengths (mm) "
            f"for an image of shape {values.shape}"
        )
    return np.where(np.array(values.shape) > 1, fwhm_mm / _FWHM_PER_SIGMA / edges, 0.0)


def gaussian(values: FloatArray, sigma: FloatArray) -> FloatArray:
    """Return values smoothed, with nothing around them."""
    return np.asarray(ndimage.gaussian_filter(values, sigma, mode="constant", truncate=TRUNCATE))


def quotient(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Return a quotient, NaN where the denominator is not positive."""
    nowhere = np.full(numerator.shape, np.nan)
    return np.asarray(np.divide(numerator, denominator, out=nowhere, where=denominator > 0))
