"""What a bolus looks like, measured on many curves at once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_FOOT = 0.2  # of the peak: where a curve counts as arrived
_FEWEST_STEPS = 3


@dataclass(frozen=True, eq=False)
class Bolus:
    """Features of each curve, (V,); times in s, areas in mM·s."""

    peak: FloatArray
    arrival: FloatArray  # where the rise to the peak passes a fifth of it
    time_to_peak: FloatArray  # from arrival
    width: FloatArray  # between the half heights around the peak; infinite if it never falls
    first_moment: FloatArray  # of the curve from its arrival on
    area: FloatArray
    settled: FloatArray  # what remains two widths after the peak, over the peak


def describe(curves: FloatArray, time: FloatArray) -> Bolus:
    """Measure every curve, (V, T), finite and 0 before contrast."""
    top = curves.argmax(axis=1)
    peak = curves[np.arange(len(curves)), top]
    arrival = _crossing(curves, time, top, _FOOT * peak, before=True)
    rise = _crossing(curves, time, top, 0.5 * peak, before=True)
    fall = _crossing(curves, time, top, 0.5 * peak, before=False)
    since = np.maximum(time - arrival[:, None], 0.0)
    area = np.asarray(np.trapezoid(curves, time, axis=1))
    moment = np.trapezoid(curves * since, time, axis=1)
    after = np.trapezoid(curves * (since > 0), time, axis=1)
    positive = after > 0
    return Bolus(
        peak,
        arrival,
        time[top] - arrival,
        fall - rise,
        np.divide(moment, after, out=np.full(len(curves), np.nan), where=positive),
        area,
        _settled(curves, time, time[top] + 2.0 * (fall - rise)) / np.where(peak > 0, peak, np.nan),
    )


def _settled(curves: FloatArray, time: FloatArray, start: FloatArray) -> FloatArray:
    """Return the mean of each curve from its `start` on; NaN where it is not that long."""
    late = time >= start[:, None]
    count = late.sum(axis=1)
    return np.asarray((curves * late).sum(axis=1) / np.where(count > 0, count, np.nan))


def noise(curves: FloatArray, time: FloatArray, bolus: Bolus) -> FloatArray:
    """Return each curve's noise away from its bolus, (V,): the scatter from sample to sample.

    It is a mean square, not a median: where concentration is made of next to no signal it has
    spikes that no median sees, and the bolus is one of them. Curves without three steps away
    from their bolus have the median of all steps.
    """
    steps = np.diff(curves, axis=1)
    start, end = bolus.arrival, bolus.arrival + bolus.time_to_peak + 2.0 * bolus.width
    away = (time[1:] < start[:, None]) | (time[:-1] > end[:, None])
    count = away.sum(axis=1)
    square = (steps**2 * away).sum(axis=1) / np.maximum(count, 1)
    typical = 1.4826 * np.median(np.abs(steps), axis=1)
    return np.asarray(np.where(count >= _FEWEST_STEPS, np.sqrt(square), typical) / np.sqrt(2.0))


def _crossing(
    curves: FloatArray, time: FloatArray, top: IntArray, level: FloatArray, *, before: bool
) -> FloatArray:
    """Return when each curve last is at `level` before its peak, or first after it.

    Between samples a straight line is taken. The first time where the curve starts above;
    infinite where it never comes down.
    """
    samples = np.arange(time.size)
    side = samples <= top[:, None] if before else samples >= top[:, None]
    low = side & (curves < level[:, None])
    if before:
        outer = time.size - 1 - low[:, ::-1].argmax(axis=1)
        inner = np.minimum(outer + 1, time.size - 1)
    else:
        outer = low.argmax(axis=1)
        inner = np.maximum(outer - 1, 0)
    rows = np.arange(len(curves))
    a, b = curves[rows, outer], curves[rows, inner]
    share = np.divide(level - a, b - a, out=np.zeros_like(level), where=b > a)
    crossing = time[outer] + share * (time[inner] - time[outer])
    return np.where(low.any(axis=1), crossing, time[0] if before else np.inf)
