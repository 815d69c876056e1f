"""T1 from spoiled gradient echoes at several flip angles."""

from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.relaxometry._sequences import Echoes
from biomarkers.relaxometry._vfa_line import fit_line
from biomarkers.relaxometry.engine import fit_t1
from biomarkers.relaxometry.problem import (
    T1_BOUNDS,
    Bounds,
    FloatArray,
    check_bounds,
    check_voxels,
)
from biomarkers.relaxometry.result import T1Map, in_shape
from biomarkers.relaxometry.spgr import checked_flip, require_positive

Method = Literal["nonlinear", "linear"]


def t1_vfa(
    signal: npt.ArrayLike,
    *,
    flip_deg: npt.ArrayLike,
    tr: float,
    b1: npt.ArrayLike | None = None,
    method: Method = "nonlinear",
    t1_bounds: Bounds = T1_BOUNDS,
    noise: npt.ArrayLike | None = None,
    mask: npt.ArrayLike | None = None,
) -> T1Map:
    """Fit T1 to spoiled gradient echoes of several flip angles.

    Parameters
    ----------
    signal
        (..., n_flip), any unit. Voxels with a value that is not finite, or without signal, are
        flagged.
    flip_deg
        Nominal flip angles, (n_flip,), degrees; two different ones at least.
    tr
        Repetition time, s.
    b1
        Actual over nominal flip angle, broadcast to the voxels; 1 if not given. Voxels where it
        is not a positive number are flagged.
    method
        `nonlinear`: least squares on the signal, at its global minimum within `t1_bounds`.
        `linear`: the straight line through S/sin α against S/tan α; biased by noise.
    t1_bounds
        Shortest and longest T1 looked for, s; beyond them a voxel is flagged.
    noise
        Standard deviation of the noise in one channel, broadcast to the voxels. Signals are then
        magnitudes with Rician noise and T1 is that of the greatest likelihood, which the noise
        floor does not bias; standard errors come from the noise. Only with `nonlinear`.
    mask
        Voxels to fit; all if not given. The others are NaN and not converged.

    Returns
    -------
    T1Map
        `.t1` (s), `.se` (s), `.m0` and flags.

    Raises
    ------
    InputError
        If shapes do not fit, there are not two different flip angles, or a setting is not
        physical.

    References
    ----------
    Gupta RK. J Magn Reson 1977;25:231-235. doi:10.1016/0022-2364(77)90138-X (linear)
    Deoni SCL, Rutt BK, Peters TM. Magn Reson Med 2003;49:515-526. doi:10.1002/mrm.10407
    Golub G, Pereyra V. Inverse Problems 2003;19:R1. doi:10.1088/0266-5611/19/2/201 (projection)
    Sijbers J et al. IEEE Trans Med Imaging 1998;17:357-361. doi:10.1109/42.712125 (Rician noise)

    """
    flip = checked_flip(flip_deg)
    require_positive("tr", tr, "s")
    _check(flip, method, noise is not None)
    bounds = check_bounds("t1_bounds", t1_bounds)
    voxels = check_voxels(signal, flip.size, "flip angles", b1=b1, noise=noise, mask=mask)
    if method == "linear":
        return in_shape(fit_line(voxels, flip, tr, bounds), voxels.chosen, voxels.shape)
    return fit_t1(Echoes(flip, float(tr)), voxels, t1_bounds=bounds)


def _check(flip: FloatArray, method: str, noise: bool) -> None:
    if flip.ndim != 1 or np.unique(flip).size < 2:
        raise InputError(
            f"flip_deg holds {np.degrees(flip).tolist()}; expected two different angles at least"
        )
    if method not in get_args(Method):
        raise InputError(f"method is {method!r}; expected one of {', '.join(get_args(Method))}")
    if noise and method == "linear":
        raise InputError("the line cannot allow for noise; use method='nonlinear' with noise")
