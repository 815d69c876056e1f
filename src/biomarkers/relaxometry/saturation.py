"""T1 from saturation recovery."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.relaxometry._sequences import Recovery
from biomarkers.relaxometry.engine import fit_t1
from biomarkers.relaxometry.problem import (
    T1_BOUNDS,
    Bounds,
    check_bounds,
    check_times,
    check_voxels,
)
from biomarkers.relaxometry.result import T1Map


def t1_saturation_recovery(
    signal: npt.ArrayLike,
    *,
    delay: npt.ArrayLike,
    efficiency: float | Literal["fitted"] = 1.0,
    t1_bounds: Bounds = T1_BOUNDS,
    noise: npt.ArrayLike | None = None,
    mask: npt.ArrayLike | None = None,
) -> T1Map:
    r"""Fit T1 to signals after saturation.

    .. math:: S = M_0 (1 - η e^{-t/T_1})

    With η fitted, T1 is right whatever the saturation leaves and however the readout weighs the
    magnetisation, if both are the same at every delay. A spin echo at several repetition times is
    saturation recovery with TR - TE as delay.

    Parameters
    ----------
    signal
        (..., n_delay), any unit.
    delay
        Times from saturation to readout, (n_delay,), s.
    efficiency
        η: 1 if saturation is complete, or "fitted".
    t1_bounds
        Shortest and longest T1 looked for, s; beyond them a voxel is flagged.
    noise
        Standard deviation of the noise in one channel, broadcast to the voxels. Signals are then
        magnitudes with Rician noise, fitted by their likelihood, which the noise floor does not
        bias; standard errors come from the noise.
    mask
        Voxels to fit; all if not given. The others are NaN and not converged.

    Returns
    -------
    T1Map
        `.t1` (s), `.se` (s), `.m0`, flags, and `.efficiency` where it was fitted.

    Raises
    ------
    InputError
        If shapes do not fit, delays are too few or a setting is not physical.

    References
    ----------
    Pykett IL, Mansfield P. Phys Med Biol 1978;23:961-967.

    """
    times = check_times("delay", delay)
    fitted = efficiency == "fitted"
    # A preparation that leaves 1 - efficiency is an inversion by efficiency - 1.
    sequence = Recovery(times, np.inf, 0.0 if fitted else _checked(efficiency) - 1.0)
    voxels = check_voxels(signal, times.size, "delays", noise=noise, mask=mask)
    found = fit_t1(
        sequence,
        voxels,
        t1_bounds=check_bounds("t1_bounds", t1_bounds),
        amplitudes=2 if fitted else 1,
    )
    if found.efficiency is not None:
        found.efficiency[...] += 1.0
    return found


def _checked(efficiency: float | str) -> float:
    if isinstance(efficiency, str) or not 0.5 <= efficiency <= 1.5:
        raise InputError(
            f"efficiency is {efficiency!r}; expected 'fitted' or a number between 0.5 and 1.5"
        )
    return float(efficiency)
