"""Transverse relaxation rates from several echoes: R2 of spin echoes, R2* of gradient echoes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.relaxometry._decay import Decays, fit_decays
from biomarkers.relaxometry._rician import FLOOR_ODDS, information_table
from biomarkers.relaxometry.engine import over_threads, residual_sd
from biomarkers.relaxometry.problem import FloatArray, Voxels, check_times, check_voxels

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False, repr=False)
class RateMap:
    """A relaxation rate and how well it is known, each array of the shape of the voxels.

    Where a voxel is flagged, every value is NaN.

    Parameters
    ----------
    rate, se
        Relaxation rate and its standard error, 1/s. The error comes from the noise where that
        was given, else from the residuals; NaN where two echoes leave none.
    s0
        Signal at an echo time of 0, in the unit of the signal.
    residual_sd
        Standard deviation of what least squares leaves over; NaN for two echoes.
    converged
        Whether there was signal at every echo, and the fit came to rest at a positive rate.
    above_noise
        Whether two echoes or more exceed the level above which one voxel of mere noise in twenty
        has one; True wherever the noise was not given.

    """

    rate: FloatArray
    se: FloatArray
    s0: FloatArray
    residual_sd: FloatArray
    converged: BoolArray
    above_noise: BoolArray

    @property
    def flags(self) -> BoolArray:
        """Voxels without a trustworthy rate; it is NaN there."""
        return ~(self.converged & self.above_noise)

    def __repr__(self) -> str:
        known = self.rate[~self.flags]
        span = "no rate known"
        if known.size:
            low, middle, high = np.percentile(known, [25, 50, 75])
            span = f"{middle:.4g} 1/s ({low:.4g} to {high:.4g})"
        return f"<RateMap of shape {self.rate.shape}: {span}; {int(self.flags.sum())} flagged>"


def r2_multi_echo(
    signal: npt.ArrayLike,
    *,
    te: npt.ArrayLike,
    noise: npt.ArrayLike | None = None,
    mask: npt.ArrayLike | None = None,
) -> RateMap:
    """Fit one exponential decay to magnitudes at several echo times.

    Spin echoes give R2, gradient echoes R2*. Least squares on the signal, from the straight line
    through its logarithms; with `noise`, the maximum of the Rician likelihood, which the noise
    floor does not bias.

    Parameters
    ----------
    signal
        Magnitudes, (..., n_echo), any unit. Voxels with a value that is not finite or not
        positive are flagged.
    te
        Echo times, (n_echo,), s; two different ones at least.
    noise
        Standard deviation of the noise in one channel, broadcast to the voxels.
    mask
        Voxels to fit; all if not given.

    Returns
    -------
    RateMap
        `.rate`, `.se` (1/s), `.s0` and flags.

    Raises
    ------
    InputError
        If shapes do not fit, there are not two different echo times, or the noise is not positive.

    References
    ----------
    Golub G, Pereyra V. Inverse Problems 2003;19:R1. doi:10.1088/0266-5611/19/2/201 (projection)
    Sijbers J et al. IEEE Trans Med Imaging 1998;17:357-361. doi:10.1109/42.712125 (Rician noise)

    """
    times = check_times("te", te)
    if np.unique(times).size < 2 or not times.min() > 0:
        raise InputError(f"te is {te!r}; expected two different positive echo times (s) at least")
    voxels = check_voxels(signal, times.size, "echo times", noise=noise, mask=mask)
    usable = np.asarray((np.isfinite(voxels.signals) & (voxels.signals > 0)).all(axis=1))
    above = _above_noise(voxels)
    found = _fit(voxels, times, usable & above)
    # What drowns in noise is not fitted, and is flagged for that alone.
    converged = usable & (~above | (found.converged == 1.0))
    return _as_map(found, voxels, converged, above)


def noise_floor(noise: npt.ArrayLike, values: int) -> FloatArray:
    """Return the level that one voxel in twenty of mere noise exceeds in any of its `values`.

    Parameters
    ----------
    noise
        Standard deviation of the noise in one channel.
    values
        How many magnitudes a voxel has.

    """
    return np.asarray(np.asarray(noise, dtype=float) * np.sqrt(2.0 * np.log(FLOOR_ODDS * values)))


def _fit(voxels: Voxels, te: FloatArray, usable: BoolArray) -> Decays:
    """Fit the usable voxels; the others are NaN and not converged."""
    signals, noise = voxels.signals[usable], voxels.noise[usable]
    part = Decays(*(np.full(len(signals), np.nan) for _ in range(5)))

    def work(chunk: slice) -> None:
        fit_decays(
            signals[chunk],
            te,
            noise[chunk],
            information_table(),
            Decays._make(each[chunk] for each in part),
        )

    over_threads(work, len(signals))
    whole = Decays(*(np.full(len(usable), np.nan) for _ in range(5)))
    for here, there in zip(part, whole, strict=True):
        there[usable] = here
    return whole


def _above_noise(voxels: Voxels) -> BoolArray:
    """Whether two echoes or more stand out of the noise; true where that is not known."""
    floor = noise_floor(voxels.noise, voxels.signals.shape[1])[:, None]
    return np.asarray((np.isnan(floor) | (voxels.signals > floor)).sum(axis=1) >= 2)


def _as_map(found: Decays, voxels: Voxels, converged: BoolArray, above: BoolArray) -> RateMap:
    known = converged & above

    def place(values: FloatArray) -> FloatArray:
        image = np.full(int(np.prod(voxels.shape)), np.nan)
        image[voxels.chosen] = np.where(known, values, np.nan)
        return image.reshape(voxels.shape)

    def mark(flags: BoolArray, outside: bool) -> BoolArray:
        image = np.full(int(np.prod(voxels.shape)), outside)
        image[voxels.chosen] = flags
        return image.reshape(voxels.shape)

    return RateMap(
        place(found.rate),
        place(found.error),
        place(found.amplitude),
        place(residual_sd(found.rss, voxels.signals.shape[1] - 2)),
        mark(converged, False),
        mark(above, True),
    )
