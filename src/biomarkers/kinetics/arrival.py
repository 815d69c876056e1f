"""When the contrast agent arrives, and so which samples come before it."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_numbers
from biomarkers.errors import InputError
from biomarkers.estimates.voxels import mean_of_finite
from biomarkers.images.scaled import ScaledArray, Series

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Baseline = tuple[int, int]

# The rise must exceed the noise of one sample by this factor. Noise alone, whose extremes lie five
# to six standard deviations apart in some hundred samples, then passes for no arrival.
_NOTICEABLE = 8.0
# A sample has begun to rise if it exceeds the baseline by this factor of the noise and by this
# share of the whole rise.
_RISEN, _FOOT = 2.0, 0.005
# The rise of one voxel counts from this many standard errors of its slope on.
_CLEAR = 5.0
# Most neighbouring samples differ by noise alone; from their median difference to its spread.
_SIGMA_OF_DIFFERENCES = 1.4826 / float(np.sqrt(2.0))


def baseline_before_arrival(signal: npt.ArrayLike) -> Baseline:
    """Find the samples before contrast arrives.

    The mean over all curves is taken up to where it has risen half way, and a flat line that
    bends into a rising one is fitted to it by least squares at every sample. The baseline ends
    with the last sample before the best bend that has not begun to rise: the foot of a bolus
    curves upwards and would bend late, and one rising sample in the baseline of an artery costs
    its peak many percent. Slow uptake bends early rather than late. Volumes before the steady
    state are not recognised: give the baseline instead.

    Parameters
    ----------
    signal
        (..., T), any unit, at least one curve of finite values.

    Returns
    -------
    tuple of int
        First sample (0) and the one after the last.

    Raises
    ------
    InputError
        If no curve is finite, or no rise stands out of the noise with a sample before it.

    References
    ----------
    Cheong LHD, Koh TS, Hou Z. Phys Med Biol 2003;48:N83. doi:10.1088/0031-9155/48/5/403

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.dce import baseline_before_arrival
    >>> signal = 100.0 + 5.0 * np.clip(np.arange(30) - 9, 0, 8)
    >>> baseline_before_arrival(signal)
    (0, 10)

    """
    kept = isinstance(signal, np.ndarray | ScaledArray) and signal.dtype.kind == "f"
    values: Series = signal if kept else as_numbers("signal", signal)  # type: ignore[assignment]
    if values.size == 0:
        raise InputError(f"signal of shape {values.shape}; expected a curve, time last")
    return baseline_of_mean(values.reshape(-1, values.shape[-1] if values.ndim else 1))


def baseline_of_mean(rows: Series, index: IntArray | slice = slice(None)) -> Baseline:
    """Find the samples before contrast arrives in the mean of some curves (N, T), as above."""
    curve, count = mean_of_finite(rows, index)
    if not count:
        raise InputError("baseline='auto' needs a curve whose values are all finite; none is")
    top = int(curve.argmax())
    low = curve[: top + 1].min()
    half = int(np.argmax(curve >= 0.5 * (low + curve[top])))
    if half > 1:
        bends = range(1, half)
        stop = bends[int(np.argmin([_bent_line(curve[: half + 1], bend) for bend in bends]))]
        if curve[top] - curve[:stop].mean() > _NOTICEABLE * _noise(curve):
            return 0, _before_the_foot(curve, stop, float(curve[top]))
    raise InputError(
        "no arrival of contrast agent stands out of the signal, or nothing was measured before "
        "it; say which samples are baseline: baseline=(first, one after the last)"
    )


def arrival_times(curves: npt.ArrayLike, time: npt.ArrayLike) -> FloatArray:
    """Find when contrast arrives in every curve.

    As `baseline_before_arrival`, curve by curve and between samples: of the flat lines that bend
    into a rising one at any quarter of a sample, the best one by least squares, up to where the
    curve (a running mean of three samples) has risen half way.

    Parameters
    ----------
    curves
        (..., T): signal, enhancement or concentration.
    time
        (T,), s.

    Returns
    -------
    ndarray
        (...), s, on the clock of `time`; NaN where no rise stands out of the noise (five standard
        errors), the curve is not finite, or it rises from its first samples on.

    Raises
    ------
    InputError
        If the shapes do not fit.

    References
    ----------
    Cheong LHD, Koh TS, Hou Z. Phys Med Biol 2003;48:N83. doi:10.1088/0031-9155/48/5/403

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.dce import arrival_times
    >>> time = np.arange(0.0, 60.0, 2.0)
    >>> enhancement = np.clip(time - np.array([[20.0], [26.0]]), 0.0, 20.0)
    >>> arrival_times(enhancement, time).round(1).tolist()
    [20.0, 26.0]

    """
    return arrivals(curves, time)[0]


def arrivals(curves: npt.ArrayLike, time: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return what `arrival_times` does, and the standard errors that noise makes, s.

    Errors are those of the bend by least squares. Where the rise is so steep that one sample only
    lies between the bend and half the rise, any bend since the sample before would fit as well:
    the error is then that of an even distribution over one step.
    """
    values, t = as_numbers("curves", curves), as_numbers("time", time)
    if t.ndim != 1 or not np.isfinite(t).all() or (np.diff(t) <= 0).any():
        raise InputError(f"time of shape {t.shape}; expected finite times (s) that increase")
    if values.ndim == 0 or values.shape[-1] != t.size or t.size < 4:
        raise InputError(
            f"curves of shape {values.shape} do not fit time of shape {t.shape}; expected the "
            "same number of samples, at least 4"
        )
    rows = values.reshape(-1, t.size)
    arrival, error = np.full((2, len(rows)), np.nan)
    usable = np.flatnonzero(np.isfinite(rows).all(axis=1))
    half = _half_risen(rows[usable])
    for end in np.unique(half[half > 2]):
        group = usable[half == end]
        arrival[group], error[group] = _bends(rows[group], t, int(end))
    shape = values.shape[:-1]
    return arrival.reshape(shape), error.reshape(shape)


def _half_risen(curves: FloatArray) -> npt.NDArray[np.int64]:
    """Return the first sample at which each curve (V, T), smoothed, has risen half way."""
    smooth = curves.copy()
    smooth[:, 1:-1] = (curves[:, :-2] + curves[:, 1:-1] + curves[:, 2:]) / 3.0
    top = smooth.argmax(axis=1)
    rising = np.arange(curves.shape[1]) <= top[:, None]
    low = np.where(rising, smooth, np.inf).min(axis=1)
    middle = 0.5 * (low + smooth.max(axis=1))
    # The last sample below the middle before the peak, so that a stray early one does not count.
    below = rising & (smooth < middle[:, None])
    last = curves.shape[1] - 1 - below[:, ::-1].argmax(axis=1)
    return np.where(below.any(axis=1), np.minimum(last + 1, top), 0)


def _bends(curves: FloatArray, time: FloatArray, end: int) -> tuple[FloatArray, FloatArray]:
    """Return the best bend of each curve (V, T) up to sample `end`, and its standard error.

    NaN where none stands out.
    """
    part = curves[:, : end + 1]
    bends, ramps, by_noise, of_grid = _broken_lines(tuple(time[: end + 1]))
    height = (part - part.mean(axis=1, keepdims=True)) @ ramps.T
    best = height.argmax(axis=1)
    noise = _SIGMA_OF_DIFFERENCES * np.median(np.abs(np.diff(curves, axis=1)), axis=1)
    highest = np.take_along_axis(height, best[:, None], axis=1)[:, 0]
    highest = np.where(highest > _CLEAR * noise, highest, np.nan)
    error = np.hypot(by_noise[best] * noise / highest, of_grid[best])
    return np.where(np.isfinite(highest), bends[best], np.nan), error


@lru_cache(maxsize=256)
def _broken_lines(
    time: tuple[float, ...],
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return what fits flat lines that bend into rising ones at any quarter of a sample.

    Returns
    -------
    bends, ramps
        (B,), s, and (B, samples), of mean 0 and unit length.
    by_noise, of_grid
        The standard error of a bend, (B,), s: times noise over the height of its ramp; and as
        bends are a step apart. A later bend lowers all samples after it alike: what neither the
        level before it nor the slope can make up for of that tells the bend. Where a single sample
        follows, nothing does, and any bend since the sample before is as good.

    """
    t, end = np.array(time), len(time) - 1
    bends = np.interp(np.arange(4, 4 * end - 3) / 4.0, np.arange(end + 1), t)
    ramps = np.maximum(t - bends[:, None], 0.0)
    ramps -= ramps.mean(axis=1, keepdims=True)
    length = np.linalg.norm(ramps, axis=1)
    ramps /= length[:, None]
    steps = (t > bends[:, None]).astype(float)
    steps -= steps.mean(axis=1, keepdims=True)
    steps -= (steps * ramps).sum(axis=1, keepdims=True) * ramps
    first = np.searchsorted(t, bends, side="right")
    told = first < end
    even = (t[first] - t[first - 1]) / np.sqrt(12.0)
    by_noise = np.where(told, length / np.maximum(np.linalg.norm(steps, axis=1), 1e-12), 0.0)
    return bends, ramps, by_noise, np.where(told, 0.25, 1.0) * even


def checked_baseline(baseline: Baseline, samples: int) -> slice:
    """Return the samples of a half-open pair of indices; `InputError` if they are none."""
    try:
        start, stop = (int(index) for index in baseline)
    except (TypeError, ValueError):
        start = stop = -1
    if not 0 <= start < stop <= samples:
        raise InputError(
            f"baseline is {baseline!r}; expected 'auto' or a pair (first, one after the last) of "
            f"sample indices within 0 to {samples}"
        )
    return slice(start, stop)


def _noise(curve: FloatArray) -> float:
    """Return the standard deviation of the noise: most neighbours differ by nothing else."""
    return float(_SIGMA_OF_DIFFERENCES * np.median(np.abs(np.diff(curve))))


def _before_the_foot(curve: FloatArray, stop: int, top: float) -> int:
    """Return `stop` without the samples at the end of the baseline that have begun to rise."""
    noise = _noise(curve)
    while stop > 1:
        level = float(curve[: stop - 1].mean())
        if curve[stop - 1] - level <= max(_RISEN * noise, _FOOT * (top - level)):
            break
        stop -= 1
    return stop


def _bent_line(curve: FloatArray, bend: int) -> float:
    """Return the sum of squares left by a line that is flat up to sample `bend` - 1 and rises."""
    ramp = np.maximum(np.arange(curve.size) - (bend - 1.0), 0.0)
    ramp -= ramp.mean()
    height = curve - curve.mean()
    slope = float(ramp @ height / (ramp @ ramp))
    return float(((height - slope * ramp) ** 2).sum())
