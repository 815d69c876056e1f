"""What a fit leaves of a dynamic series: frames that fit badly, and voxels that do."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray, IntArray
from biomarkers.dce.volumes import checked_input, checked_times
from biomarkers.errors import InputError
from biomarkers.kinetics import MODELS, Input
from biomarkers.kinetics.input import smooth_between_samples

_VOXELS = 2000


@dataclass(frozen=True, eq=False)
class Misfit:
    """What a fit leaves of the curves of a sample of voxels.

    Parameters
    ----------
    voxels
        Index of each sampled curve among those given, (S,).
    measured, fitted
        Concentrations, (S, T), mM.
    of_voxel
        Root mean square of what the fit leaves after the baseline, over the scatter before
        contrast, (S,): about 1 where noise is all there is.
    of_frame
        Root mean square over the voxels of what the fit leaves in each frame, each voxel in units
        of its own, over the median of all frames, (T,).

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.dce import Misfit
    >>> fitted = np.zeros((2, 4))
    >>> of_frame = np.array([1.0, 1.0, 6.0, 1.0])
    >>> left = Misfit(np.arange(2), fitted, fitted, np.array([1.1, 4.0]), of_frame)
    >>> print(left.motion_score)
    6.0

    """

    voxels: IntArray
    measured: FloatArray
    fitted: FloatArray
    of_voxel: FloatArray
    of_frame: FloatArray

    @property
    def motion_score(self) -> float:
        """The largest of the frames: 1 where all fit alike, more where one is out of place.

        A head that jerks is out of place for a frame or two, and every edge in it misfits there.
        Slow drift and a shift before contrast do not show.
        """
        return float(self.of_frame.max())

    def worst(self, count: int) -> IntArray:
        """Return the sampled voxels that fit worst, the worst first: rows of `measured`.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.dce import Misfit
        >>> fitted = np.zeros((3, 4))
        >>> left = Misfit(np.arange(3), fitted, fitted, np.array([1.1, 4.0, 2.0]), np.ones(4))
        >>> left.worst(2)
        array([1, 2])

        """
        return np.argsort(-self.of_voxel, kind="stable")[:count]


def evenly(index: IntArray) -> IntArray:
    """Return up to 2000 of some indices, evenly chosen."""
    if not index.size:
        return index
    return np.asarray(index[np.unique(np.linspace(0, index.size - 1, _VOXELS).astype(int))])


def misfit(
    curves: npt.ArrayLike,
    time: npt.ArrayLike,
    input: Input,
    *,
    baseline: tuple[int, int],
    model: str = "extended_tofts",
    delay: float | tuple[float, float] | None = None,
    later: npt.ArrayLike = 0.0,
) -> Misfit:
    """Fit up to 2000 curves, evenly chosen, and measure what is left of them.

    Parameters
    ----------
    curves
        Concentrations, (V, T), mM; those that are not finite do not count.
    time, input, model, delay
        As in `fit_region`.
    baseline
        Samples before contrast, at least three.
    later
        How much later than `time` each curve is taken, s, (V,) or one number.

    Raises
    ------
    InputError
        If no curve can be fitted, or the baseline is too short to know the noise.

    Examples
    --------
    The subject moved in one frame:

    >>> import numpy as np
    >>> from biomarkers import dce, sample_data
    >>> from biomarkers.kinetics import Input
    >>> curve = sample_data.dce_curve()
    >>> noise = np.random.default_rng(1).standard_normal((50, 180))
    >>> curves = curve.tissue.to_numpy() + 0.01 * noise
    >>> curves[:, 90] += 0.2
    >>> aif = Input(curve.time, plasma=curve.plasma)
    >>> left = dce.misfit(curves, curve.time, aif, baseline=(0, 10))
    >>> print(left.of_frame.argmax(), left.motion_score > 5)
    90 True

    """
    checked_times(np.asarray(time, dtype=float))
    checked_input(input)
    rows = np.asarray(curves, dtype=float)
    first, stop = baseline
    if stop - first < 3:
        raise InputError(f"baseline is {baseline!r}; three samples tell the noise, fewer do not")
    sound = np.flatnonzero(np.isfinite(rows).all(axis=1))
    if not sound.size:
        raise InputError("no curve is finite; nothing can be said of the fit")
    sample = evenly(sound)
    measured = rows[sample]
    source = smooth_between_samples(input, time)
    instants = np.asarray(time, dtype=float)
    shifts = np.broadcast_to(np.asarray(later, dtype=float), len(rows))[sample]
    fitted = np.full(measured.shape, np.nan)
    for shift in np.unique(shifts):
        own = shifts == shift
        fit = MODELS[model].fit(measured[own], instants + shift, source, delay=delay)
        fitted[own] = np.where(fit.converged[:, None], fit.predicted(), np.nan)
    kept = np.flatnonzero(np.isfinite(fitted).all(axis=1))
    if not kept.size:
        raise InputError("no curve could be fitted; nothing can be said of the fit")
    fitted, measured = fitted[kept], measured[kept]
    left = measured - fitted
    noise = np.maximum(measured[:, first:stop].std(axis=1, ddof=1), 1e-12)
    own = np.maximum(np.sqrt((left**2).mean(axis=1, keepdims=True)), 1e-12)
    frames = np.sqrt(((left / own) ** 2).mean(axis=0))
    return Misfit(
        sample[kept],
        measured,
        fitted,
        np.sqrt((left[:, stop:] ** 2).mean(axis=1)) / noise,
        frames / np.maximum(np.median(frames), 1e-12),
    )
