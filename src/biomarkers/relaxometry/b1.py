"""Transmit field maps: actual over nominal flip angle."""

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.relaxometry.spgr import checked_flip, require_positive

FloatArray = npt.NDArray[np.float64]


def b1_afi(
    signal_tr1: npt.ArrayLike,
    signal_tr2: npt.ArrayLike,
    *,
    flip_deg: float,
    tr1: float,
    tr2: float,
) -> FloatArray:
    r"""Return the transmit field from actual flip-angle imaging.

    .. math:: \cos α = \frac{r n - 1}{n - r}, \quad r = S_2/S_1, \quad n = TR_2/TR_1

    holds where both repetition times are much shorter than T1. Noise makes the voxelwise map
    rough; `smooth_pair` brings both signals together over a neighbourhood first.

    Parameters
    ----------
    signal_tr1
        Signal after the short repetition time, any shape.
    signal_tr2
        Signal after the long one, same shape.
    flip_deg
        Nominal flip angle, degrees.
    tr1, tr2
        Short and long repetition time, s.

    Returns
    -------
    ndarray
        Actual over nominal flip angle. NaN where a signal is missing, zero or negative, and
        where noise puts the ratio out of the range that a flip angle can explain (r >= 1).

    Raises
    ------
    InputError
        If the shapes differ, a setting is not positive or `tr2` is not the longer time.

    References
    ----------
    Yarnykh VL. Magn Reson Med 2007;57:192-200. doi:10.1002/mrm.21120

    """
    ratio, _, n = _checked(signal_tr1, signal_tr2, tr1, tr2)
    return np.asarray(np.arccos((ratio * n - 1.0) / (n - ratio)) / float(checked_flip(flip_deg)))


def b1_afi_se(
    signal_tr1: npt.ArrayLike,
    signal_tr2: npt.ArrayLike,
    *,
    flip_deg: float,
    tr1: float,
    tr2: float,
    noise: npt.ArrayLike,
) -> FloatArray:
    """Return the standard error of `b1_afi`, to first order in the noise.

    It is that of the voxelwise map; of smoothed signals, give `smoothed_noise` as their noise.

    Parameters
    ----------
    signal_tr1, signal_tr2, flip_deg, tr1, tr2
        As for `b1_afi`.
    noise
        Standard deviation of the noise in either signal, broadcast to the voxels.

    Returns
    -------
    ndarray
        Standard error of actual over nominal flip angle, NaN where that is.

    Raises
    ------
    InputError
        As for `b1_afi`, and if the noise is not positive.

    """
    ratio, first, n = _checked(signal_tr1, signal_tr2, tr1, tr2)
    cosine = (ratio * n - 1.0) / (n - ratio)
    slope = (n * n - 1.0) / (n - ratio) ** 2
    return angle_error(cosine, slope, ratio, first, noise) / float(checked_flip(flip_deg))


def angle_error(
    cosine: FloatArray,
    slope: FloatArray,
    ratio: FloatArray,
    first: FloatArray,
    noise: npt.ArrayLike,
) -> FloatArray:
    """Return the standard error, rad, of an angle whose cosine answers to a ratio by `slope`.

    The ratio is of a second signal over `first`, both with the same `noise`.
    """
    sd = np.asarray(noise, dtype=float)
    if not (np.isfinite(sd) & (sd > 0)).all():
        raise InputError(f"noise is {noise!r}; expected positive standard deviations")
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = sd / first * np.sqrt(1.0 + ratio**2)
        error = np.abs(slope) * spread / np.sqrt(1.0 - cosine**2)
    return np.asarray(np.where(np.isfinite(error), error, np.nan))


def _checked(
    signal_tr1: npt.ArrayLike, signal_tr2: npt.ArrayLike, tr1: float, tr2: float
) -> tuple[FloatArray, FloatArray, float]:
    """Return the ratio of the signals (NaN where of no use), the first of them, and TR2/TR1."""
    first, second = np.asarray(signal_tr1, dtype=float), np.asarray(signal_tr2, dtype=float)
    if first.shape != second.shape:
        raise InputError(
            f"signal_tr1 {first.shape} and signal_tr2 {second.shape} must have the same shape"
        )
    require_positive("tr1", tr1, "s")
    require_positive("tr2", tr2, "s")
    if tr2 <= tr1:
        raise InputError(f"tr2 ({tr2} s) must be longer than tr1 ({tr1} s); swap the two images?")
    usable = (first > 0) & (second > 0) & (second < first)
    ratio = np.divide(second, first, out=np.full(first.shape, np.nan), where=usable)
    return ratio, first, tr2 / tr1
