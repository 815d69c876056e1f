"""T1 from spoiled gradient echoes at several flip angles."""

from dataclasses import replace
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.relaxometry._estimates import Estimates, no_estimates
from biomarkers.relaxometry._rician import information_table
from biomarkers.relaxometry._vfa_curve import FlipAngles, fit_angles
from biomarkers.relaxometry._vfa_line import fit_line
from biomarkers.relaxometry.engine import as_map, over_threads, t1_points
from biomarkers.relaxometry.problem import (
    T1_BOUNDS,
    Bounds,
    FloatArray,
    Voxels,
    check_bounds,
    check_voxels,
)
from biomarkers.relaxometry.result import T1Map, in_shape
from biomarkers.relaxometry.spgr import checked_flip, require_positive

Method = Literal["nonlinear", "linear"]

# B1 is moved by this share of itself to see how T1 answers: far above the rounding of T1, and so
# small that the answer is a straight line.
_B1_MOVE = 1e-3


def t1_vfa(  # noqa: PLR0913  (the settings of a scan, each with its own name)
    signal: npt.ArrayLike,
    *,
    flip_deg: npt.ArrayLike,
    tr: float,
    b1: npt.ArrayLike | None = None,
    b1_se: npt.ArrayLike | None = None,
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
    b1_se
        Standard error of `b1`, broadcast to the voxels, for instance from `b1_afi_se`: then that of
        T1 holds it too, to first order. It is taken as independent of the noise of `signal`; where
        it is NaN, the standard error of T1 is not known. Takes a second fit.
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
        `.t1` (s), `.se` (s), `.m0` and flags; `.se_of_b1` (s) with `b1_se`.

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

    def fitted(field: npt.ArrayLike | None) -> T1Map:
        voxels = check_voxels(signal, flip.size, "flip angles", b1=field, noise=noise, mask=mask)
        fit = fit_line if method == "linear" else _fit_curve
        return in_shape(fit(voxels, flip, tr, bounds), voxels.chosen, voxels.shape)

    found = fitted(b1)
    if b1_se is None:
        return found
    if b1 is None:
        raise InputError("b1_se is the standard error of b1; give b1 too")
    field = np.asarray(b1, dtype=float)
    moved = fitted((1.0 + _B1_MOVE) * field)
    return _with_error_of_b1(found, moved, field, b1_se)


def _fit_curve(voxels: Voxels, flip: FloatArray, tr: float, bounds: Bounds) -> T1Map:
    """Fit rows of voxels by least squares, or by the likelihood of magnitudes in known noise."""
    log_t1 = t1_points(bounds)
    with np.errstate(over="ignore"):
        g = 1.0 / np.expm1(tr / np.exp(log_t1))
    scan = FlipAngles(flip, float(tr), log_t1, g, information_table(), voxels.noise_known)
    out = no_estimates(len(voxels.signals), amplitudes=1)

    def work(part: slice) -> None:
        signals, b1, noise = voxels.signals[part], voxels.b1[part], voxels.noise[part]
        fit_angles(scan, signals, b1, noise, Estimates._make(each[part] for each in out))

    over_threads(work, len(voxels.signals))
    return as_map(out, voxels, unknowns=1)


def _with_error_of_b1(found: T1Map, moved: T1Map, b1: FloatArray, b1_se: npt.ArrayLike) -> T1Map:
    """Add the standard error of B1 by the slope of T1; flag where it is too much."""
    error = np.asarray(b1_se, dtype=float)
    try:
        b1, error = (np.broadcast_to(each, found.t1.shape) for each in (b1, error))
    except ValueError as problem:
        raise InputError(
            f"b1_se of shape {error.shape} does not fit voxels {found.t1.shape}"
        ) from problem
    if (error < 0).any():
        raise InputError(f"b1_se is as low as {np.nanmin(error):g}; expected 0 or more")
    slope = (moved.t1 - found.t1) / (_B1_MOVE * b1)
    part = np.abs(slope) * error
    se = np.hypot(found.se, part)
    lost = 2.0 * se >= found.t1
    return replace(
        found,
        t1=np.where(lost, np.nan, found.t1),
        se=np.where(lost, np.nan, se),
        m0=np.where(lost, np.nan, found.m0),
        residual_sd=np.where(lost, np.nan, found.residual_sd),
        identifiable=found.identifiable & ~lost,
        se_of_b1=np.where(lost, np.nan, part),
    )


def _check(flip: FloatArray, method: str, noise: bool) -> None:
    if flip.ndim != 1 or np.unique(flip).size < 2:
        raise InputError(
            f"flip_deg holds {np.degrees(flip).tolist()}; expected two different angles at least"
        )
    if method not in get_args(Method):
        raise InputError(f"method is {method!r}; expected one of {', '.join(get_args(Method))}")
    if noise and method == "linear":
        raise InputError("the line cannot allow for noise; use method='nonlinear' with noise")
