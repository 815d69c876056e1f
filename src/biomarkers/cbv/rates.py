"""By how much an agent raises a transverse relaxation rate: ΔR2* or ΔR2 of a pair of scans."""

from dataclasses import dataclass
from enum import IntFlag
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from biomarkers.cbv.signals import FloatArray, Signals, echo_times, paired_echoes
from biomarkers.checks import as_mask
from biomarkers.errors import InputError
from biomarkers.relaxometry import RateMap, noise_floor, r2_multi_echo

BoolArray = npt.NDArray[np.bool_]
FlagArray = npt.NDArray[np.uint8]
Noise = npt.ArrayLike | Literal["estimate"] | None

# Residuals of so many voxels, at least, make an estimate of the noise.
_ENOUGH = 30


class RateFlag(IntFlag):
    """Why a voxel has no change of rate; 0 is nothing."""

    NO_SIGNAL = 1
    """A signal is missing, zero or negative, or no decay fits it."""
    BELOW_NOISE = 2
    """Before the agent, too few echoes stand out of the noise."""
    SATURATED = 4
    """After the agent, too few echoes stand out of the noise: it is too much to be measured."""


@dataclass(frozen=True, eq=False, repr=False)
class RateChange:
    """A change of R2* or R2, each array of the shape of the voxels.

    Parameters
    ----------
    value, se
        Rate after less rate before, and its standard error, 1/s; NaN where flagged.
    reasons
        Sums of `RateFlag`.
    mask
        Voxels that were looked at.
    noise
        Standard deviation of the noise in one channel that was used, in the unit of the signal;
        NaN if none was.
    s0
        Signals before and after at an echo time of 0; of a single echo, the signals themselves.

    """

    value: FloatArray
    se: FloatArray
    reasons: FlagArray
    mask: BoolArray
    noise: float
    s0: tuple[FloatArray, FloatArray]

    @property
    def flags(self) -> BoolArray:
        """Voxels of the mask without a trustworthy value."""
        return np.asarray(self.reasons > 0)

    def __repr__(self) -> str:
        known = self.value[np.isfinite(self.value)]
        span = "nothing known"
        if known.size:
            low, middle, high = np.percentile(known, [25, 50, 75])
            span = f"{middle:.4g} 1/s ({low:.4g} to {high:.4g})"
        return (
            f"<RateChange: {span}; {int(self.mask.sum())} voxels, {int(self.flags.sum())} flagged>"
        )


def rate_change(
    pre: Signals,
    post: Signals,
    *,
    te: npt.ArrayLike,
    noise: Noise = "estimate",
    mask: npt.ArrayLike | None = None,
) -> RateChange:
    """Measure by how much R2* (gradient echoes) or R2 (spin echoes) has risen.

    Several echoes are fitted before and after, each with an amplitude of its own, so that neither
    receiver gain nor the agent's effect on T1 matters. A single echo gives ln(pre/post)/TE, which
    takes both for unchanged.

    Parameters
    ----------
    pre, post
        Magnitudes before and after: arrays (..., n_echo), images with echoes along the fourth
        axis, or one image per echo; a single echo may lack the axis.
    te
        Echo times of both, (n_echo,) or one number, s.
    noise
        Standard deviation of the noise in one channel, a number or a map; "estimate" takes it
        from what the fits of three echoes or more leave over (30 voxels at least), None ignores
        the noise floor. Where it is known, fits maximise the Rician likelihood, and voxels whose
        echoes drown in it are flagged.
    mask
        Voxels to look at, (...); all if not given.

    Returns
    -------
    RateChange
        `.value`, `.se` (1/s), `.reasons`, `.flags`.

    Raises
    ------
    InputError
        If shapes do not fit, echo times are not positive seconds, or the mask is empty.
    GeometryError
        If images do not share a grid.

    References
    ----------
    Gudbjartsson H, Patz S. Magn Reson Med 1995;34:910. doi:10.1002/mrm.1910340618 (one echo)

    """
    times = echo_times(te)
    before, after = paired_echoes(pre, post, times.size)
    inside = _mask(mask, before.shape[:-1])
    if isinstance(noise, str):
        if noise != "estimate":
            raise InputError(f"noise is {noise!r}; expected a number, a map, 'estimate' or None")
        noise = _estimated_noise((before, after), times, inside)
    if times.size == 1:
        return _from_one_echo(before[..., 0], after[..., 0], float(times[0]), noise, inside)
    first, second = (
        r2_multi_echo(each, te=times, noise=noise, mask=inside) for each in (before, after)
    )
    reasons = np.where(first.converged & second.converged, 0, RateFlag.NO_SIGNAL)
    reasons += np.where(first.above_noise, 0, RateFlag.BELOW_NOISE)
    reasons += np.where(second.above_noise, 0, RateFlag.SATURATED)
    return RateChange(
        second.rate - first.rate,
        np.hypot(first.se, second.se),
        np.where(inside, reasons, 0).astype(np.uint8),
        inside,
        _typical(noise),
        (first.s0, second.s0),
    )


def _mask(mask: npt.ArrayLike | None, shape: tuple[int, ...]) -> BoolArray:
    inside = np.ones(shape, dtype=bool) if mask is None else as_mask("mask", mask, shape)
    if not inside.any():
        raise InputError("there is no voxel to measure: the mask is empty")
    return inside


def _typical(noise: npt.ArrayLike | None) -> float:
    return float("nan") if noise is None else float(np.median(np.asarray(noise, dtype=float)))


def _estimated_noise(
    pair: tuple[FloatArray, FloatArray], te: FloatArray, inside: BoolArray
) -> float | None:
    """Return the noise from what least squares leaves over; None if there is too little to tell.

    Of the brighter half of the voxels, where the noise of a magnitude is that of one channel. The
    median (over that of chi-squared) withstands voxels that do not decay as one exponential.
    """
    freedom = te.size - 2
    if freedom < 1:
        return None
    found = [_residuals(r2_multi_echo(each, te=te, mask=inside)) for each in pair]
    spread = np.concatenate(found)
    if spread.size < _ENOUGH:
        return None
    sd = float(np.sqrt(np.median(spread**2) * freedom / special.chdtri(freedom, 0.5)))
    return sd if sd > 0.0 else None


def _residuals(fit: RateMap) -> FloatArray:
    known = np.isfinite(fit.residual_sd)
    bright = known & (fit.s0 >= np.median(fit.s0[known])) if known.any() else known
    return np.asarray(fit.residual_sd[bright])


def _from_one_echo(
    before: FloatArray,
    after: FloatArray,
    te: float,
    noise: npt.ArrayLike | None,
    inside: BoolArray,
) -> RateChange:
    """Compare a single echo; squares of magnitudes are too large by that of the noise."""
    sd = np.broadcast_to(np.nan if noise is None else np.asarray(noise, float), before.shape)
    present = [np.isfinite(each) & (each > 0) for each in (before, after)]
    floor = noise_floor(np.nan_to_num(sd), 1)
    low = [~(each > floor) for each in (before, after)]
    with np.errstate(invalid="ignore", divide="ignore"):
        one, two = (np.sqrt(each**2 - np.nan_to_num(sd) ** 2) for each in (before, after))
        value = np.log(one / two) / te
        error = sd / te * np.sqrt(1.0 / one**2 + 1.0 / two**2)
    reasons = np.where(present[0] & present[1], 0, RateFlag.NO_SIGNAL)
    reasons += np.where(present[0] & low[0], RateFlag.BELOW_NOISE, 0)
    reasons += np.where(present[1] & low[1], RateFlag.SATURATED, 0)
    known = inside & (reasons == 0)
    return RateChange(
        np.where(known, value, np.nan),
        np.where(known, error, np.nan),
        np.where(inside, reasons, 0).astype(np.uint8),
        inside,
        _typical(noise),
        (before, after),
    )
