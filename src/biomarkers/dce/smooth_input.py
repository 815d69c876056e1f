"""An input as coarse as the images, taken as smooth between its samples."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

import numpy as np
import numpy.typing as npt
from scipy.interpolate import PchipInterpolator

from biomarkers.kinetics import Input

FloatArray = npt.NDArray[np.float64]

# Straight lines may leave the curve by this share of its peak.
_ERROR = 2e-4
_MOST = 8  # pieces a step between samples is cut into


def smooth_between_samples(input: Input, time: npt.ArrayLike) -> Input:
    """Return the input with more knots, on a curve through its samples that does not overshoot.

    Kinetics take an input as straight lines between its samples. One measured in the images
    themselves is no finer than they are: lines cut off its peak, and tissue reached half a sample
    later than the artery sees another input than was measured. A monotone cubic comes much closer
    (Fritsch & Carlson, SIAM J Numer Anal 1980;17:238. doi:10.1137/0717021). An input finer than
    the series is returned as it is.

    Parameters
    ----------
    input
        As measured.
    time
        Instants of the series, (T,), s.

    """
    instants = np.asarray(time, dtype=float)
    if instants.ndim != 1 or instants.size < 3 or input.time.size < 3:
        return input
    # Compared where the input moves most, at the median step of each.
    if np.median(np.diff(input.time)) < 0.9 * np.median(np.diff(instants)):
        return input
    blood, plasma = (
        None if values is None else PchipInterpolator(input.time, values)
        for values in (input.blood, input.plasma)
    )
    knots = _knots(input.time, [curve for curve in (blood, plasma) if curve is not None])
    return Input(
        knots,
        blood=None if blood is None else np.asarray(blood(knots), dtype=float),
        plasma=None if plasma is None else np.asarray(plasma(knots), dtype=float),
    )


def _knots(time: FloatArray, curves: list[PchipInterpolator]) -> FloatArray:
    """Cut every step into as many pieces as straight lines need to follow the curves."""
    bow = np.zeros(time.size - 1)
    for curve in curves:
        values = curve(time)
        for share in (0.25, 0.5, 0.75):
            line = values[:-1] + share * np.diff(values)
            away = np.abs(curve(time[:-1] + share * np.diff(time)) - line)
            bow = np.maximum(bow, away / np.abs(values).max())
    # The bow of a parabola shrinks with the square of the number of pieces.
    pieces = np.clip(np.ceil(np.sqrt(bow / _ERROR)), 1, _MOST).astype(int)
    steps = [
        np.linspace(start, end, count, endpoint=False)
        for start, end, count in zip(time[:-1], time[1:], pieces, strict=True)
    ]
    return np.concatenate([*steps, time[-1:]])
