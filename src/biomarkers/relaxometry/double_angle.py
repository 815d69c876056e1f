"""Transmit field from two flip angles, one twice the other."""

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_numbers, positive_number
from biomarkers.errors import InputError
from biomarkers.relaxometry.b1 import Angle, FloatArray

Echo = Literal["gradient", "spin"]


def b1_double_angle(
    signal_alpha: npt.ArrayLike,
    signal_2alpha: npt.ArrayLike,
    *,
    flip_deg: float,
    tr: float | None = None,
    t1: npt.ArrayLike | None = None,
    echo: Echo = "gradient",
) -> FloatArray:
    r"""Return the transmit field from signals at a flip angle and at twice that angle.

    .. math:: \cos α = S_{2α} / (2 S_α), \qquad \cos α = \sqrt[3]{S_{2α} / (8 S_α)}

    for gradient echoes and for spin echoes whose refocusing pulse is twice the excitation, where
    TR is long (5 T1). At a shorter TR gradient echoes need T1:

    .. math:: 2 E_1 (1 - r) \cos^2 α - 2 \cos α + r (1 + E_1) = 0, \quad r = S_{2α} / S_α

    Parameters
    ----------
    signal_alpha, signal_2alpha
        Signals at the smaller angle and at twice it, the same shape. The second may be negative,
        if signals carry their sign: beyond 90 degrees magnitudes mislead.
    flip_deg
        The smaller nominal flip angle, degrees.
    tr
        Repetition time, s; None if magnetisation recovers fully.
    t1
        Longitudinal relaxation time, s, broadcast to the voxels; needed with `tr`.
    echo
        `gradient`, or `spin` (full recovery only).

    Returns
    -------
    ndarray
        Actual over nominal flip angle. NaN where a signal is missing or not positive at the
        smaller angle, and where no flip angle explains the ratio.

    Raises
    ------
    InputError
        If the shapes differ, a setting is not physical or only one of `tr` and `t1` is given.

    References
    ----------
    Insko EK, Bolinger L. J Magn Reson A 1993;103:82-85. doi:10.1006/jmra.1993.1133
    Stollberger R, Wach P. Magn Reson Med 1996;35:246-251. doi:10.1002/mrm.1910350217 (spin echo)

    """
    return double_angle(signal_alpha, signal_2alpha, tr, t1, echo).over(flip_deg)


def double_angle(
    signal_alpha: npt.ArrayLike,
    signal_2alpha: npt.ArrayLike,
    tr: float | None,
    t1: npt.ArrayLike | None,
    echo: str,
) -> Angle:
    """Return the smaller flip angle of a pair, as `b1_double_angle` takes it."""
    first, second = np.asarray(signal_alpha, dtype=float), np.asarray(signal_2alpha, dtype=float)
    if first.shape != second.shape:
        raise InputError(
            f"signal_alpha {first.shape} and signal_2alpha {second.shape} must have the same shape"
        )
    if echo not in get_args(Echo):
        raise InputError(f"echo is {echo!r}; expected one of {', '.join(get_args(Echo))}")
    if echo == "spin" and tr is not None:
        raise InputError("spin echoes are solved for full recovery only; leave tr out")
    e1 = _remaining(tr, t1, first.shape)
    usable = np.isfinite(first) & np.isfinite(second) & (first > 0)
    ratio = np.divide(second, first, out=np.full(first.shape, np.nan), where=usable)
    with np.errstate(invalid="ignore", divide="ignore"):
        if echo == "spin":
            cosine = np.cbrt(ratio / 8.0)
            return Angle(cosine, cosine / (3.0 * ratio), ratio, first)
        # The root of the quadratic that tends to half the ratio as E1 goes to 0.
        root = np.sqrt(1.0 - 2.0 * e1 * (1.0 - ratio) * ratio * (1.0 + e1))
        cosine = ratio * (1.0 + e1) / (1.0 + root)
        slope = (1.0 + e1 - 2.0 * e1 * cosine**2) / (2.0 * root)
    return Angle(cosine, slope, ratio, first)


def _remaining(tr: float | None, t1: npt.ArrayLike | None, shape: tuple[int, ...]) -> FloatArray:
    """Return E1 of each voxel, 0 where magnetisation recovers fully."""
    if (tr is None) != (t1 is None):
        raise InputError("give both tr and t1, or neither if magnetisation recovers fully")
    if tr is None or t1 is None:
        return np.zeros(shape)
    times, repetition = as_numbers("t1", t1), positive_number("tr", tr, "s")
    try:
        times = np.broadcast_to(times, shape)
    except ValueError as error:
        raise InputError(f"t1 of shape {times.shape} does not fit voxels {shape}") from error
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(times > 0, np.exp(-repetition / times), np.nan))
