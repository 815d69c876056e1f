"""By how much an agent raises a transverse relaxation rate: ΔR2* or ΔR2 of a pair of scans."""

from enum import IntFlag
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import special

from biomarkers.arrays import BoolArray, FloatArray
from biomarkers.cbv.signals import Signals, echo_times, paired_echoes, unusual_values
from biomarkers.checks import as_mask
from biomarkers.errors import InputError
from biomarkers.estimates import Estimates, reasons_of
from biomarkers.quantities import QUANTITIES
from biomarkers.relaxometry import RateMap, RelaxationFlag, noise_floor, r2_multi_echo

Noise = npt.ArrayLike | Literal["estimate"] | None
Where = dict[IntFlag, BoolArray]
S0 = ("S0_pre", "S0_post")

# Residuals of so many voxels, at least, make an estimate of the noise; so many tell a swap.
_ENOUGH = 30
# Standard errors by which a value has to be beyond what is possible.
SURELY = 3.0
# Share of voxels whose rate falls, from which on the scans are not as they are said to be.
_MOST = 0.5


class RateFlag(IntFlag):
    """Why a voxel has no change of rate; 0 is nothing.

    Examples
    --------
    After the agent the first voxel is darker than the noise floor:

    >>> import numpy as np
    >>> from biomarkers.cbv import RateFlag, rate_change
    >>> te = np.array([0.004, 0.008, 0.012])
    >>> before = 100.0 * np.exp(-30.0 * te)
    >>> after = np.array([np.full(3, 2.0), before * np.exp(-50.0 * te)])
    >>> change = rate_change([before, before], after, te=te, noise=2.0)
    >>> print(change.reasons.has(RateFlag.SATURATED))
    [ True False]

    """

    NO_SIGNAL = 1
    """A signal is missing, zero or negative, or no decay fits it."""
    BELOW_NOISE = 2
    """Before the agent, too few echoes stand out of the noise."""
    SATURATED = 4
    """After the agent, too few echoes stand out of the noise: it is too much to be measured."""
    IMPLAUSIBLE = 8
    """The rate falls, or the volume of blood exceeds the voxel's, by more than the noise."""


def rate_change(
    pre: Signals,
    post: Signals,
    *,
    te: npt.ArrayLike,
    echo: Literal["gradient", "spin"] = "gradient",
    noise: Noise = "estimate",
    mask: npt.ArrayLike | None = None,
) -> Estimates:
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
    echo
        `gradient` names the change dR2s, `spin` dR2; the fit is the same.
    noise
        Standard deviation of the noise in one channel, a number or a map; "estimate" takes it
        from what the fits of three echoes or more leave over (30 voxels at least), None ignores
        the noise floor. Where it is known, fits maximise the Rician likelihood, and voxels whose
        echoes do not exceed it are flagged.
    mask
        Voxels to measure, (...); all if not given.

    Returns
    -------
    Estimates
        `dR2s` or `dR2`, rate after less rate before, 1/s; NaN where signal is wanting.
        Reasons are of `RateFlag`; ``settings["NoiseSD"]`` is the noise that was used, None if none
        was;
        `quality` holds the signals before and after at an echo time of 0, of a single echo the
        signals themselves.

    Raises
    ------
    InputError
        If shapes do not fit, echo times are not positive seconds, the mask is empty, or the rate
        falls in most of 30 voxels or more.
    GeometryError
        If images do not share a grid.

    References
    ----------
    Gudbjartsson H, Patz S. Magn Reson Med 1995;34:910. doi:10.1002/mrm.1910340618 (one echo)

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.cbv import rate_change
    >>> te = np.array([0.003, 0.006, 0.009, 0.012])
    >>> before = 100.0 * np.exp(-30.0 * te)
    >>> change = rate_change([before], [1.1 * before * np.exp(-50.0 * te)], te=te, noise=None)
    >>> print(change["dR2s"].round(2))
    [50.]

    """
    times = echo_times(te)
    before, after = paired_echoes(pre, post, times.size)
    inside = _mask(mask, before.shape[:-1])
    if isinstance(noise, str):
        if noise != "estimate":
            raise InputError(f"noise is {noise!r}; expected a number, a map, 'estimate' or None")
        noise = _estimated_noise((before, after), times, inside)
    notes = unusual_values(("te" if echo == "gradient" else "spin_te", times, "te"))
    if times.size == 1:
        starts = [before[..., 0], after[..., 0]]
        value, se, why = _from_one_echo(starts[0], starts[1], float(times[0]), noise)
    else:
        fits = [r2_multi_echo(each, te=times, noise=noise, mask=inside) for each in (before, after)]
        value, se, why = _from_fits(fits[0], fits[1])
        starts = [each["S0"] for each in fits]
    known = inside & ~np.logical_or.reduce([*why.values()])
    why[RateFlag.IMPLAUSIBLE] = known & _falls(value, se, known)
    reasons = reasons_of(
        inside.shape, {flag: inside & each for flag, each in why.items()}, remarks=0
    )
    name = "dR2s" if echo == "gradient" else "dR2"
    return Estimates(
        "change between two scans",
        (QUANTITIES[name],),
        {name: np.where(known, value, np.nan)},
        {name: np.where(known, se, np.nan)},
        reasons,
        mask=inside,
        settings={
            "EchoTime": times.tolist(),
            "NoiseSD": None if noise is None else float(np.median(np.asarray(noise, float))),
        },
        quality=dict(zip(S0, starts, strict=True)),
        notes=notes,
    )


def _falls(value: FloatArray, se: FloatArray, known: BoolArray) -> BoolArray:
    """Return where the rate falls by more than the noise; refuse scans where most of it does."""
    low = value < -SURELY * np.nan_to_num(se)
    share = float(low[known].mean()) if known.sum() >= _ENOUGH else 0.0
    if share > _MOST:
        raise InputError(
            f"the rate falls after the agent in {share:.0%} of the voxels, by more than the noise; "
            "expected a rise: pre and post look swapped"
        )
    return np.asarray(low)


def _mask(mask: npt.ArrayLike | None, shape: tuple[int, ...]) -> BoolArray:
    inside = np.ones(shape, dtype=bool) if mask is None else as_mask("mask", mask, shape)
    if not inside.any():
        raise InputError("there is no voxel to measure: the mask is empty")
    return inside


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
    spread = np.concatenate([_residuals(r2_multi_echo(each, te=te, mask=inside)) for each in pair])
    if spread.size < _ENOUGH:
        return None
    sd = float(np.sqrt(np.median(spread**2) * freedom / special.chdtri(freedom, 0.5)))
    return sd if sd > 0.0 else None


def _residuals(fit: RateMap) -> FloatArray:
    spread, s0 = fit.quality["residual_sd"], fit["S0"]
    known = np.isfinite(spread)
    bright = known & (s0 >= np.median(s0[known])) if known.any() else known
    return np.asarray(spread[bright])


def _from_fits(before: RateMap, after: RateMap) -> tuple[FloatArray, FloatArray, Where]:
    """Return the change between two fits, its error, and where it is flagged."""
    unfit = RelaxationFlag.NO_SIGNAL | RelaxationFlag.NOT_CONVERGED
    where: Where = {
        RateFlag.NO_SIGNAL: before.reasons.has(unfit) | after.reasons.has(unfit),
        RateFlag.BELOW_NOISE: before.reasons.has(RelaxationFlag.BELOW_NOISE),
        RateFlag.SATURATED: after.reasons.has(RelaxationFlag.BELOW_NOISE),
    }
    return after.rate - before.rate, np.hypot(before.se["R2"], after.se["R2"]), where


def _from_one_echo(
    before: FloatArray, after: FloatArray, te: float, noise: npt.ArrayLike | None
) -> tuple[FloatArray, FloatArray, Where]:
    """Compare a single echo; squares of magnitudes are too large by that of the noise."""
    sd = np.broadcast_to(np.nan if noise is None else np.asarray(noise, float), before.shape)
    first, second = (np.isfinite(each) & (each > 0) for each in (before, after))
    floor = noise_floor(np.nan_to_num(sd), 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        one, two = (np.sqrt(each**2 - np.nan_to_num(sd) ** 2) for each in (before, after))
        value = np.log(one / two) / te
        error = sd / te * np.sqrt(1.0 / one**2 + 1.0 / two**2)
    where: Where = {
        RateFlag.NO_SIGNAL: ~(first & second),
        RateFlag.BELOW_NOISE: first & ~(before > floor),
        RateFlag.SATURATED: second & ~(after > floor),
    }
    return value, error, where
