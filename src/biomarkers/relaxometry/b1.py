"""Transmit field: actual over nominal flip angle, from pairs of signals."""

from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_numbers, positive_number
from biomarkers.errors import AssumptionWarning, InputError, warn
from biomarkers.ranges import check_possible
from biomarkers.relaxometry.spgr import checked_flip

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Echo = Literal["gradient", "spin"]

# Signals are in the wrong order if most of those voxels say so that are not dark, and not very few.
_DARK, _MOST, _FEWEST = 0.1, 0.8, 4
# Or if the middle voxel's B1 is outside the first range, and in the second the other way round:
# coils give about the nominal angle in the middle of what they excite.
_STRANGE, _USUAL = (0.65, 1.3), (0.75, 1.25)


class Angle(NamedTuple):
    """The cosine of a flip angle, from the ratio of a second signal over a first."""

    cosine: FloatArray
    slope: FloatArray  # how the cosine answers to the ratio
    ratio: FloatArray  # NaN where signals are of no use
    first: FloatArray
    exchanged: FloatArray | None = None  # the cosine if the signals are in the other order

    def over(self, flip_deg: float, *, source: str) -> FloatArray:
        """Return the angle over a nominal one; NaN where no angle explains the ratio.

        Most voxels have an angle that can be, or something was exchanged: the two signals, or
        units. `source` is what to call it in the warning.
        """
        nominal = float(checked_flip(flip_deg))
        with np.errstate(invalid="ignore"):
            b1 = np.asarray(np.arccos(self.cosine) / nominal)
            other = None if self.exchanged is None else np.arccos(self.exchanged) / nominal
        doubt = "" if other is None else _doubt(b1, other, self.first)
        made = f"what {source} makes of these signals and settings{doubt}"
        if not check_possible("B1", b1, source=made) and doubt:
            words = f"{made} is {np.nanmedian(b1):.2f}; are the two images swapped?"
            warn(AssumptionWarning(words), stacklevel=3)
        return b1

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
    t1: npt.ArrayLike | None = None,
) -> FloatArray:
    r"""Return the transmit field from actual flip-angle imaging.

    .. math:: \cos α = \frac{r n - 1}{n - r}, \quad r = S_2/S_1, \quad n = TR_2/TR_1

    holds where both repetition times are much shorter than T1. Where T1 is known, if only nearly,
    the steady state is solved as it is:

    .. math::

        \cos α = \frac{r n - 1}{n E_1 - r E_2}, \quad n = \frac{1 - E_2}{1 - E_1},
        \quad E_i = e^{-TR_i/T_1}

    Noise makes the voxelwise map rough; `smooth_pair` brings both signals together over a
    neighbourhood first.

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
    t1
        Longitudinal relaxation time, s, broadcast to the voxels; None if both repetition times
        are taken to be much shorter.

    Returns
    -------
    ndarray
        Actual over nominal flip angle. NaN where a signal is missing, zero or negative, where T1
        is not a positive number, and where noise puts the ratio out of the range that a flip
        angle can explain (r >= 1).

    Raises
    ------
    InputError
        If the shapes differ, a setting is not positive or `tr2` is not the longer time.

    References
    ----------
    Yarnykh VL. Magn Reson Med 2007;57:192-200. doi:10.1002/mrm.21120

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.relaxometry import b1_afi
    >>> n, actual = 5.0, np.radians(54.0)  # 60 degrees asked for: B1 is 0.9
    >>> ratio = (1 + n * np.cos(actual)) / (n + np.cos(actual))  # TR much shorter than T1
    >>> print(f"{b1_afi(100.0, 100.0 * ratio, flip_deg=60.0, tr1=0.02, tr2=0.1):.3f}")
    0.900

    """
    return afi_angle(signal_tr1, signal_tr2, tr1, tr2, t1).over(flip_deg, source="b1_afi")


def afi_angle(
    signal_tr1: npt.ArrayLike,
    signal_tr2: npt.ArrayLike,
    tr1: float,
    tr2: float,
    t1: npt.ArrayLike | None,
) -> Angle:
    """Return the actual flip angle of a pair, as `b1_afi` takes it."""
    first, second = as_numbers("signal_tr1", signal_tr1), as_numbers("signal_tr2", signal_tr2)
    if first.shape != second.shape:
        raise InputError(
            f"signal_tr1 {first.shape} and signal_tr2 {second.shape} must have the same shape"
        )
    if positive_number("tr2", tr2, "s") <= positive_number("tr1", tr1, "s"):
        raise InputError(f"tr2 ({tr2} s) must be longer than tr1 ({tr1} s); swap the two images?")
    check_possible("tr", tr1, source="tr1")
    check_possible("tr", tr2, source="tr2")
    _check_order(second, first, "signal_tr2 is larger than signal_tr1")
    n, e1, e2 = _recovering(tr1, tr2, t1, first.shape)
    usable = (first > 0) & (second > 0) & (second < first)
    ratio = np.divide(second, first, out=np.full(first.shape, np.nan), where=usable)
    below = n * e1 - ratio * e2
    return Angle((ratio * n - 1.0) / below, (n * n * e1 - e2) / below**2, ratio, first)


def _recovering(
    tr1: float, tr2: float, t1: npt.ArrayLike | None, shape: tuple[int, ...]
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return (1 - E2) / (1 - E1), E1 and E2 of each voxel: TR2 / TR1, 1 and 1 without T1."""
    if t1 is None:
        return np.asarray(tr2 / tr1), np.ones(()), np.ones(())
    e1, e2 = (_left(tr, t1, shape) for tr in (tr1, tr2))
    return (1.0 - e2) / (1.0 - e1), e1, e2


def _doubt(b1: FloatArray, exchanged: FloatArray, signal: FloatArray) -> str:
    """Say so where the middle field is strange, and usual with the images exchanged."""
    known = _bright(signal) & np.isfinite(b1) & np.isfinite(exchanged)
    if np.count_nonzero(known) < _FEWEST:
        return ""
    middle, other = float(np.median(b1[known])), float(np.median(exchanged[known]))
    strange = not _STRANGE[0] <= middle <= _STRANGE[1]
    usual = _USUAL[0] <= other <= _USUAL[1]
    return f" ({other:.2f} with the two images exchanged)" if strange and usual else ""


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

    Warns
    -----
    AssumptionWarning
        If the two signals seem to be in the wrong order: most voxels have more than twice the
        signal at twice the angle, or the middle voxel has a field far from 1 as given and one near
        1 the other way round. About 60 degrees nothing tells: exchanged signals make about 2 - B1.

    Raises
    ------
    InputError
        If the shapes differ, a setting is not physical or only one of `tr` and `t1` is given.

    References
    ----------
    Insko EK, Bolinger L. J Magn Reson A 1993;103:82-85. doi:10.1006/jmra.1993.1133
    Stollberger R, Wach P. Magn Reson Med 1996;35:246-251. doi:10.1002/mrm.1910350217 (spin echo)

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.relaxometry import b1_double_angle
    >>> actual = np.radians(0.9 * 60.0)
    >>> b1 = b1_double_angle(np.sin(actual), np.sin(2 * actual), flip_deg=60.0)
    >>> print(f"{b1:.3f}")
    0.900

    """
    angle = double_angle(signal_alpha, signal_2alpha, tr, t1, echo)
    return angle.over(flip_deg, source="b1_double_angle")


def double_angle(
    signal_alpha: npt.ArrayLike,
    signal_2alpha: npt.ArrayLike,
    tr: float | None,
    t1: npt.ArrayLike | None,
    echo: str,
) -> Angle:
    """Return the smaller flip angle of a pair, as `b1_double_angle` takes it."""
    first = as_numbers("signal_alpha", signal_alpha)
    second = as_numbers("signal_2alpha", signal_2alpha)
    if first.shape != second.shape:
        raise InputError(
            f"signal_alpha {first.shape} and signal_2alpha {second.shape} must have the same shape"
        )
    if echo not in get_args(Echo):
        raise InputError(f"echo is {echo!r}; expected one of {', '.join(get_args(Echo))}")
    if echo == "spin" and tr is not None:
        raise InputError("spin echoes are solved for full recovery only; leave tr out")
    times = 2.0 if echo == "gradient" else 8.0
    named = f"signal_2alpha is more than {times:g} times signal_alpha"
    _check_order(second, times * np.abs(first), named)
    e1 = _remaining(tr, t1, first.shape)
    usable = np.isfinite(first) & np.isfinite(second) & (first > 0)
    ratio = np.divide(second, first, out=np.full(first.shape, np.nan), where=usable)
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine, slope = _cosine(ratio, e1, echo)
        return Angle(cosine, slope, ratio, first, _cosine(1.0 / ratio, e1, echo)[0])


def _cosine(ratio: FloatArray, e1: FloatArray, echo: str) -> tuple[FloatArray, FloatArray]:
    """Return the cosine of the smaller angle from the ratio of signals, and its slope."""
    if echo == "spin":
        cosine = np.cbrt(ratio / 8.0)
        return cosine, cosine / (3.0 * ratio)
    # The root of the quadratic that tends to half the ratio as E1 goes to 0.
    root = np.sqrt(1.0 - 2.0 * e1 * (1.0 - ratio) * ratio * (1.0 + e1))
    cosine = ratio * (1.0 + e1) / (1.0 + root)
    return cosine, (1.0 + e1 - 2.0 * e1 * cosine**2) / (2.0 * root)


def _remaining(tr: float | None, t1: npt.ArrayLike | None, shape: tuple[int, ...]) -> FloatArray:
    """Return E1 of each voxel, 0 where magnetisation recovers fully."""
    if (tr is None) != (t1 is None):
        raise InputError("give both tr and t1, or neither if magnetisation recovers fully")
    if tr is None or t1 is None:
        return np.zeros(shape)
    repetition = positive_number("tr", tr, "s")
    check_possible("recovery", repetition, source="tr")
    return _left(repetition, t1, shape)


def _left(tr: float, t1: npt.ArrayLike, shape: tuple[int, ...]) -> FloatArray:
    """Return the share of a disturbance that is left after a repetition time; NaN without T1."""
    times = as_numbers("t1", t1)
    check_possible("T1", np.where(times > 0, times, np.nan), source="t1")
    try:
        times = np.broadcast_to(times, shape)
    except ValueError as error:
        raise InputError(f"t1 of shape {times.shape} does not fit voxels {shape}") from error
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(times > 0, np.exp(-tr / times), np.nan))


def _bright(signal: FloatArray) -> BoolArray:
    """Return which voxels are not dark."""
    size = np.where(np.isfinite(signal), signal, 0.0)
    return np.asarray(size > _DARK * size.max(initial=0.0))


def _check_order(larger: FloatArray, than: FloatArray, what: str) -> None:
    """Warn if what no flip angle explains holds in most voxels of all but the darkest."""
    bright = _bright(larger + than)
    if np.count_nonzero(bright) >= _FEWEST and np.mean((larger > than)[bright]) > _MOST:
        words = f"{what} in most voxels, which no flip angle explains; are the two images swapped?"
        warn(AssumptionWarning(words), stacklevel=4)
