"""What can be read off a curve without a model: areas, times, slopes, ratios.

Pure functions of curves (..., T) and times (T,), s. `arrival`, s, is one number or one for each
curve; where it is NaN, so is the result.
"""

import numpy as np
import numpy.typing as npt
from scipy.special import erfc

from biomarkers.arrays import FloatArray
from biomarkers.errors import InputError

SECONDS = 60.0  # slopes are given per minute
_FEWEST = 3  # samples for a slope


def initial_area(
    curves: npt.ArrayLike, time: npt.ArrayLike, *, arrival: npt.ArrayLike, window: float
) -> FloatArray:
    """Return the area under curves from arrival on, straight lines between their samples.

    Parameters
    ----------
    curves
        (..., T), for instance concentrations, mM.
    time
        (T,), s.
    arrival
        Where the area begins, s.
    window
        How long it goes on, s; 60 and 90 are usual.

    Returns
    -------
    ndarray
        Unit of the curves times s; NaN where arrival is unknown or the curve ends before.

    Raises
    ------
    InputError
        If the shapes do not fit or the window is not positive.

    References
    ----------
    Evelhoch JL. J Magn Reson Imaging 1999;10:254.
    doi:10.1002/(SICI)1522-2586(199909)10:3<254::AID-JMRI5>3.0.CO;2-9

    """
    values, t = _checked(curves, time)
    if not window > 0:
        raise InputError(f"window is {window:g} s; expected more than 0")
    weights = area_weights(t, np.asarray(arrival, dtype=float), window)
    return np.asarray(np.einsum("...t,...t->...", values, weights))


def area_weights(time: FloatArray, arrival: FloatArray, window: float) -> FloatArray:
    """Return the weights (..., T) with which samples make up the area; NaN where it ends late."""
    ends = _integral_weights(time, arrival + window) - _integral_weights(time, arrival)
    known = (arrival >= time[0]) & (arrival + window <= time[-1])
    return np.where(known[..., None], ends, np.nan)


def _integral_weights(time: FloatArray, end: FloatArray) -> FloatArray:
    """Weights of the samples in the integral of a broken line from the first sample to `end`."""
    steps = np.diff(time)
    covered = np.clip(end[..., None] - time[:-1], 0.0, steps)
    right = 0.5 * covered**2 / steps
    weights = np.zeros((*end.shape, time.size))
    weights[..., :-1] += covered - right
    weights[..., 1:] += right
    return weights


def peak_enhancement(enhancement: npt.ArrayLike) -> FloatArray:
    """Return the largest value of curves of relative enhancement (..., T)."""
    return np.asarray(np.max(np.asarray(enhancement, dtype=float), axis=-1))


def time_to_peak(
    curves: npt.ArrayLike, time: npt.ArrayLike, *, arrival: npt.ArrayLike
) -> FloatArray:
    """Return the time from arrival to the highest sample, s."""
    values, t = _checked(curves, time)
    peak = t[values.argmax(axis=-1)]
    return _unless_nan(values, peak - np.asarray(arrival, dtype=float))


def peak_time_error(values: FloatArray, time: FloatArray, noise: FloatArray) -> FloatArray:
    """Return the standard error of the time of the highest sample, (V,), s.

    Noise may lift any sample above the true peak. Each of curves (V, T) counts by how likely two
    samples of the same height, with noise (V,), differ by as much as it and the highest do; the
    error is their root mean square distance from the highest, and that a peak lies between samples.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        below = (values.max(axis=-1, keepdims=True) - values) / (2.0 * noise[..., None])
    as_likely = erfc(np.where(np.isfinite(below), below, np.nan))
    away = time - time[values.argmax(axis=-1)][..., None]
    spread = (as_likely * away**2).sum(axis=-1) / as_likely.sum(axis=-1)
    return np.asarray(np.sqrt(spread + np.median(np.diff(time)) ** 2 / 12.0))


def wash_in(curves: npt.ArrayLike, time: npt.ArrayLike, *, arrival: npt.ArrayLike) -> FloatArray:
    """Return the mean slope from arrival, where curves are zero, to the peak, per minute."""
    values, _ = _checked(curves, time)
    taken = time_to_peak(values, time, arrival=arrival)
    taken = np.where(taken > 0, taken, np.nan)
    return np.asarray(SECONDS * values.max(axis=-1) / taken)


def wash_out(curves: npt.ArrayLike, time: npt.ArrayLike) -> FloatArray:
    """Return the slope of the straight line through the samples from the peak on, per minute.

    Negative where the agent leaves; NaN where the peak is among the last two samples.
    """
    return slope_after_peak(*_checked(curves, time))[0]


def slope_after_peak(values: FloatArray, time: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return what `wash_out` does, and its standard error for samples whose noise is 1."""
    top = values.argmax(axis=-1)
    after = np.arange(time.size) >= top[..., None]
    count = time.size - top
    lever = after * (time - ((after * time).sum(axis=-1) / count)[..., None])
    length = np.where(count >= _FEWEST, (lever**2).sum(axis=-1), np.nan)
    slope = SECONDS * (lever * values).sum(axis=-1) / length
    return np.asarray(slope), np.asarray(SECONDS / np.sqrt(length))


def signal_enhancement_ratio(
    enhancement: npt.ArrayLike,
    time: npt.ArrayLike,
    *,
    arrival: npt.ArrayLike,
    early: float,
    late: float | None = None,
) -> FloatArray:
    """Return the enhancement early after arrival over that late; above 1 the agent leaves.

    Parameters
    ----------
    enhancement
        Signal over baseline less 1, (..., T).
    time
        (T,), s.
    arrival
        s.
    early, late
        When, s after arrival, read off straight lines between samples; the last sample if
        `late` is not given.

    Returns
    -------
    ndarray
        NaN where there is no late enhancement, or the curve ends before.

    References
    ----------
    Hylton NM, et al. Radiology 2012;263:663. doi:10.1148/radiol.12110748

    """
    values, t = _checked(enhancement, time)
    if not early > 0 or (late is not None and not late > early):
        raise InputError(f"early is {early!r} s and late {late!r} s; expected 0 < early < late")
    start = np.asarray(arrival, dtype=float)
    first = _read(values, t, start + early)
    last = values[..., -1] if late is None else _read(values, t, start + late)
    if late is None:
        last = np.where(start + early < t[-1], last, np.nan)
    return np.asarray(first / np.where(last > 0, last, np.nan))


def reading_weight(time: FloatArray, at: FloatArray) -> FloatArray:
    """Return the variance of a broken line at one time each, for samples whose noise is 1."""
    _, share = _between(time, at)
    return np.asarray((1.0 - share) ** 2 + share**2)


def _between(time: FloatArray, at: FloatArray) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """Return the sample before each time, and how far on the way to the next one it is."""
    left = np.clip(np.searchsorted(time, at, side="right") - 1, 0, time.size - 2)
    return left, (at - time[left]) / (time[left + 1] - time[left])


def _read(values: FloatArray, time: FloatArray, at: FloatArray) -> FloatArray:
    """Return broken lines (..., T) at one time each."""
    place = np.broadcast_to(at, values.shape[:-1])
    left, share = _between(time, place)
    low = np.take_along_axis(values, left[..., None], axis=-1)[..., 0]
    high = np.take_along_axis(values, left[..., None] + 1, axis=-1)[..., 0]
    inside = (place >= time[0]) & (place <= time[-1])
    return np.where(inside, low + share * (high - low), np.nan)


def _unless_nan(values: FloatArray, result: FloatArray) -> FloatArray:
    return np.where(np.isnan(values).any(axis=-1), np.nan, result)


def _checked(curves: npt.ArrayLike, time: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    values, t = np.asarray(curves, dtype=float), np.asarray(time, dtype=float)
    if t.ndim != 1 or t.size < 2 or not (np.diff(t) > 0).all():
        raise InputError(f"time of shape {t.shape} is not two or more rising instants")
    if values.ndim == 0 or values.shape[-1] != t.size:
        raise InputError(f"curves of shape {values.shape} do not have {t.size} samples")
    return values, t
