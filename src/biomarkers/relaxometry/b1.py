"""Transmit field from actual flip-angle imaging."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from biomarkers.checks import positive_number
from biomarkers.errors import InputError
from biomarkers.relaxometry.spgr import checked_flip

FloatArray = npt.NDArray[np.float64]


class Angle(NamedTuple):
    """The cosine of a flip angle, from the ratio of a second signal over a first."""

    cosine: FloatArray
    slope: FloatArray  # how the cosine answers to the ratio
    ratio: FloatArray  # NaN where signals are of no use
    first: FloatArray

    def over(self, flip_deg: float) -> FloatArray:
        """Return the angle over a nominal one; NaN where no angle explains the ratio."""
        with np.errstate(invalid="ignore"):
            return np.asarray(np.arccos(self.cosine) / float(checked_flip(flip_deg)))

    def error(self) -> FloatArray:
        """Return the standard error of the angle, rad, for noise of 1 in both signals."""
        with np.errstate(divide="ignore", invalid="ignore"):
            spread = np.sqrt(1.0 + self.ratio**2) / self.first
            error = np.abs(self.slope) * spread / np.sqrt(1.0 - self.cosine**2)
        return np.asarray(np.where(np.isfinite(error), error, np.nan))


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
    return afi_angle(signal_tr1, signal_tr2, tr1, tr2).over(flip_deg)


def afi_angle(
    signal_tr1: npt.ArrayLike, signal_tr2: npt.ArrayLike, tr1: float, tr2: float
) -> Angle:
    """Return the actual flip angle of a pair, as `b1_afi` takes it."""
    first, second = np.asarray(signal_tr1, dtype=float), np.asarray(signal_tr2, dtype=float)
    if first.shape != second.shape:
        raise InputError(
            f"signal_tr1 {first.shape} and signal_tr2 {second.shape} must have the same shape"
        )
    if positive_number("tr2", tr2, "s") <= positive_number("tr1", tr1, "s"):
        raise InputError(f"tr2 ({tr2} s) must be longer than tr1 ({tr1} s); swap the two images?")
    n = tr2 / tr1
    usable = (first > 0) & (second > 0) & (second < first)
    ratio = np.divide(second, first, out=np.full(first.shape, np.nan), where=usable)
    cosine, slope = (ratio * n - 1.0) / (n - ratio), (n * n - 1.0) / (n - ratio) ** 2
    return Angle(cosine, slope, ratio, first)
