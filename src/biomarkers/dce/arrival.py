"""When the contrast agent arrives, and so which samples come before it."""

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError

FloatArray = npt.NDArray[np.float64]
Baseline = tuple[int, int]

# The rise must exceed the noise of one sample by this factor. Noise alone, whose extremes lie five
# to six standard deviations apart in some hundred samples, then passes for no arrival.
_NOTICEABLE = 8.0
# A sample has begun to rise if it exceeds the baseline by this factor of the noise and by this
# share of the whole rise.
_RISEN, _FOOT = 2.0, 0.005


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
        First sample (0) and the one after the last, as `concentration` takes them.

    Raises
    ------
    InputError
        If no curve is finite, or no rise stands out of the noise with a sample before it.

    References
    ----------
    Cheong LHD, Koh TS, Hou Z. Phys Med Biol 2003;48:N83. doi:10.1088/0031-9155/48/5/403

    """
    curve = _mean_curve(signal)
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


def _mean_curve(signal: npt.ArrayLike) -> FloatArray:
    values = np.asarray(signal, dtype=float)
    curves = values.reshape(-1, values.shape[-1]) if values.ndim else values.reshape(1, 1)
    finite = np.isfinite(curves).all(axis=1)
    if not finite.any():
        raise InputError("baseline='auto' needs a curve whose values are all finite; none is")
    return np.asarray(curves[finite].mean(axis=0))


def _noise(curve: FloatArray) -> float:
    """Return the standard deviation of the noise: most neighbours differ by nothing else."""
    normal = 1.4826 / np.sqrt(2.0)
    return float(normal * np.median(np.abs(np.diff(curve))))


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
