"""T1 from inversion recovery."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.relaxometry._sequences import Recovery
from biomarkers.relaxometry.engine import fit_t1
from biomarkers.relaxometry.problem import (
    T1_BOUNDS,
    Bounds,
    FloatArray,
    check_bounds,
    check_times,
    check_voxels,
)
from biomarkers.relaxometry.result import T1Map
from biomarkers.relaxometry.spgr import require_positive


def t1_inversion_recovery(
    signal: npt.ArrayLike,
    *,
    ti: npt.ArrayLike,
    tr: float | None = None,
    efficiency: float | Literal["fitted"] = "fitted",
    signed: bool = False,
    t1_bounds: Bounds = T1_BOUNDS,
    noise: npt.ArrayLike | None = None,
    mask: npt.ArrayLike | None = None,
) -> T1Map:
    r"""Fit T1 to signals after inversion, each read out by 90 degrees.

    .. math:: S = M_0 [(1 - e^{-TI/T_1}) + κ (e^{-TR/T_1} - e^{-TI/T_1})]

    is the steady state of inversion (efficiency κ), TI, 90°, TR - TI. It is linear in M0 and κ M0;
    fitting both, T1 is right whatever TR, pulse angles and readout are, as they all only change
    the level and the height of one exponential.

    Parameters
    ----------
    signal
        (..., n_ti), any unit.
    ti
        Inversion times, (n_ti,), s.
    tr
        Time between inversions, s; None if magnetisation recovers fully. Of a spin echo give
        TR - TE: the refocusing pulse turns over what had recovered since the excitation.
    efficiency
        Of the inversion: 1 if perfect, or "fitted".
    signed
        Whether signals carry their sign. Magnitudes get it from the fit: signals before a certain
        time are negative, the time being the one that leaves the smallest residual.
    t1_bounds
        Shortest and longest T1 looked for, s; beyond them a voxel is flagged.
    noise
        Standard deviation of the noise in one channel, broadcast to the voxels. Magnitudes are
        then fitted by their Rician likelihood, which the noise floor does not bias; standard
        errors come from the noise.
    mask
        Voxels to fit; all if not given. The others are NaN and not converged.

    Returns
    -------
    T1Map
        `.t1` (s), `.se` (s), `.m0`, flags, and `.efficiency` where it was fitted (with the other
        pulse angles as stated).

    Raises
    ------
    InputError
        If shapes do not fit, inversion times are too few or a setting is not physical.

    References
    ----------
    Barral JK et al. Magn Reson Med 2010;64:1057-1067. doi:10.1002/mrm.22497

    """
    times = check_times("ti", ti)
    fitted = efficiency == "fitted"
    sequence = Recovery(times, _repetition(tr, times), 1.0 if fitted else _checked(efficiency))
    voxels = check_voxels(signal, times.size, "inversion times", noise=noise, mask=mask)
    order = np.argsort(times, kind="stable").astype(np.int64)
    return fit_t1(
        sequence,
        voxels,
        t1_bounds=check_bounds("t1_bounds", t1_bounds),
        amplitudes=2 if fitted else 1,
        turn=order[:0] if signed else order,
        magnitude=not signed,
    )


def _repetition(tr: float | None, times: FloatArray) -> float:
    if tr is None:
        return float(np.inf)
    require_positive("tr", tr, "s")
    if tr < times.max(initial=0.0):
        raise InputError(f"tr is {tr} s, shorter than the longest inversion time {times.max()} s")
    return float(tr)


def _checked(efficiency: float | str) -> float:
    if isinstance(efficiency, str) or not 0.0 < efficiency <= 1.0:
        raise InputError(
            f"efficiency is {efficiency!r}; expected 'fitted' or a number above 0, up to 1"
        )
    return float(efficiency)
