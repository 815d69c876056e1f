"""Transverse relaxation rates from several echoes: R2 of spin echoes, R2* of gradient echoes."""

from enum import IntFlag

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.estimates import in_chunks, noted, reasons_of
from biomarkers.relaxometry._decay import Decays, fit_decays
from biomarkers.relaxometry._rician import FLOOR_ODDS, information_table
from biomarkers.relaxometry.b1 import Echo
from biomarkers.relaxometry.maps import RateMap, record, residual_sd
from biomarkers.relaxometry.outcome import RelaxationFlag
from biomarkers.relaxometry.problem import CHUNK, FloatArray, Voxels, check_times, check_voxels

BoolArray = npt.NDArray[np.bool_]


@noted
def r2_multi_echo(
    signal: npt.ArrayLike,
    *,
    te: npt.ArrayLike,
    echo: Echo = "spin",
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
    echo
        `spin` names the rate R2, `gradient` R2star; the fit is the same.
    noise
        Standard deviation of the noise in one channel, broadcast to the voxels.
    mask
        Voxels to fit; all if not given.

    Returns
    -------
    RateMap
        `R2` or `R2star` (1/s), which is `.rate`, with its `se`; `S0`; `.flags`, `.reasons`.

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
    # What does not exceed the noise is not fitted, and is flagged for that alone.
    fits = _fit(voxels, times, usable & above)
    holds: dict[IntFlag, BoolArray] = {
        RelaxationFlag.NO_SIGNAL: ~usable,
        RelaxationFlag.BELOW_NOISE: ~above,
        RelaxationFlag.NOT_CONVERGED: usable & above & (fits.converged != 1.0),
    }
    freedom = times.size - 2
    name = "R2" if echo == "spin" else "R2star"
    return record(
        RateMap,
        f"exponential decay of {echo} echoes",
        voxels.chosen,
        {name: fits.rate, "S0": fits.amplitude},
        {name: fits.error},
        reasons_of(usable.shape, holds).bits,
        residual_sd=residual_sd(fits.rss, freedom),
        settings={
            "EchoTime": times.tolist(),
            "DegreesOfFreedom": None if voxels.noise_known else freedom,
        },
    )


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

    in_chunks(work, len(signals), size=CHUNK)
    whole = Decays(*(np.full(len(usable), np.nan) for _ in range(5)))
    for here, there in zip(part, whole, strict=True):
        there[usable] = here
    return whole


def _above_noise(voxels: Voxels) -> BoolArray:
    """Whether two echoes or more stand out of the noise; true where that is not known."""
    floor = noise_floor(voxels.noise, voxels.signals.shape[1])[:, None]
    return np.asarray((np.isnan(floor) | (voxels.signals > floor)).sum(axis=1) >= 2)
