"""T1 from spoiled gradient echoes at several flip angles."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from biomarkers.checks import positive_number
from biomarkers.errors import InputError
from biomarkers.estimates import Estimates, SharedError, noted
from biomarkers.ranges import check_possible
from biomarkers.relaxometry._rician import information_table
from biomarkers.relaxometry._vfa_curve import FlipAngles, fit_angles
from biomarkers.relaxometry.engine import identifiable, t1_map, t1_points
from biomarkers.relaxometry.maps import T1Map, residual_sd
from biomarkers.relaxometry.outcome import (
    AT_BOUND,
    FITTED,
    NO_SIGNAL,
    NOT_CONVERGED,
    VoxelFits,
    no_fits,
)
from biomarkers.relaxometry.problem import (
    T1_BOUNDS,
    Bounds,
    FloatArray,
    Voxels,
    check_bounds,
    check_voxels,
    fit_rows,
)
from biomarkers.relaxometry.spgr import checked_flip

BoolArray = npt.NDArray[np.bool_]
Kept = Callable[[BoolArray, FloatArray], float]
Method = Literal["nonlinear", "linear"]

# B1 is moved by this share of itself to see how T1 answers: far above the rounding of T1, and so
# small that the answer is a straight line.
_B1_MOVE = 1e-3


@noted
def t1_vfa(  # noqa: PLR0913  (the settings of a scan, each with its own name)
    signal: npt.ArrayLike,
    *,
    flip_deg: npt.ArrayLike,
    tr: float,
    b1: npt.ArrayLike | Estimates | None = None,
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
        is not a positive number are flagged. A record, as `afi_map` gives it, brings its errors.
    b1_se
        Standard error of `b1`, broadcast to the voxels, shared by all of them: then that of
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
        Voxels to fit; all if not given. The others are NaN.

    Returns
    -------
    T1Map
        `.t1` (s), `.se["T1"]` (s), `.m0`, `.flags`, `.reasons`; ``.shared["T1"]`` with errors of
        B1.

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

    Examples
    --------
    >>> from biomarkers.relaxometry import spgr_signal, t1_vfa
    >>> angles = [2.0, 5.0, 10.0, 20.0]
    >>> signal = spgr_signal(1000.0, 1.4, flip_deg=angles, tr=0.015, b1=0.9)
    >>> t1 = t1_vfa(signal, flip_deg=angles, tr=0.015, b1=0.9)
    >>> print(f"T1 {t1.t1:.3f} s")
    T1 1.400 s
    >>> wrong = t1_vfa(signal, flip_deg=angles, tr=0.015)
    >>> print(f"{wrong.t1:.2f} s if B1 is taken as 1")
    1.13 s if B1 is taken as 1

    """
    flip, repetition = checked_flip(flip_deg), positive_number("tr", tr, "s")
    check_possible("tr", repetition, source="tr")
    _check(flip, method, noise is not None)
    bounds = check_bounds(t1_bounds)
    field, error, kept = _of_b1(b1, b1_se)
    voxels = check_voxels(signal, flip.size, "flip angles", b1=field, noise=noise, mask=mask)

    def fit(rows: Voxels) -> VoxelFits:
        how = _fit_line if method == "linear" else _fit_curve
        return how(rows, flip, repetition, bounds)

    fits, of_b1 = fit(voxels), None
    if error is not None:
        part = _error_by_b1(fit, fits, voxels, voxels.chosen.take("b1_se", error))
        of_b1 = SharedError(part, kept)
    settings = {
        "FlipAngle": np.asarray(flip_deg, dtype=float).tolist(),
        "RepetitionTime": repetition,
        "Method": method,
        "ErrorsInclude": ["residuals" if noise is None else "noise"] + ["B1"] * (error is not None),
    }
    return t1_map("variable flip angle", fits, voxels, settings=settings, of_b1=of_b1)


def _fit_curve(voxels: Voxels, flip: FloatArray, tr: float, bounds: Bounds) -> VoxelFits:
    """Fit rows of voxels by least squares, or by the likelihood of magnitudes in known noise."""
    log_t1 = t1_points(bounds)
    with np.errstate(over="ignore"):
        g = 1.0 / np.expm1(tr / np.exp(log_t1))
    protocol = FlipAngles(flip, tr, log_t1, g, information_table(), voxels.noise_known)

    def fit(rows: Voxels, out: VoxelFits) -> None:
        fit_angles(protocol, rows.signals, rows.b1, rows.noise, out)

    return fit_rows(voxels, fit)


def _fit_line(voxels: Voxels, flip: FloatArray, tr: float, bounds: Bounds) -> VoxelFits:
    """Fit rows of voxels by the straight line S/sin α = E1 S/tan α + M0 (1 - E1)."""
    s, b1 = voxels.signals, voxels.b1
    usable = np.isfinite(s).all(axis=1) & s.any(axis=1) & np.isfinite(b1) & (b1 > 0)
    freedom = flip.size - 2
    with np.errstate(all="ignore"):
        angle = b1[:, None] * flip
        x, y = s / np.tan(angle), s / np.sin(angle)
        dx = x - x.mean(axis=1, keepdims=True)
        dy = y - y.mean(axis=1, keepdims=True)
        sxx = (dx * dx).sum(axis=1)
        e1 = (dx * dy).sum(axis=1) / sxx
        t1 = np.where(e1 > 0, -tr / np.log(e1), 0.0)
        intercept = y.mean(axis=1) - e1 * x.mean(axis=1)
        # First order: how E1 answers to noise in each signal, which is in x and y at once.
        effect = (dy / np.tan(angle) + dx / np.sin(angle)) - 2 * e1[:, None] * dx / np.tan(angle)
        effect /= sxx[:, None]
        model = intercept[:, None] * np.sin(angle) / (1.0 - e1[:, None] * np.cos(angle))
        rss = ((s - model) ** 2).sum(axis=1)
        spread = residual_sd(rss, freedom)
        error = t1 / tr / e1 * spread * np.sqrt((effect**2).sum(axis=1))
        m0 = intercept / (1.0 - e1)
        log_t1 = np.log(t1)
    # E1 of 1 or more is a T1 without end; of 0 or less, one too short to tell.
    inside = (e1 < 1) & (t1 > bounds[0]) & (t1 < bounds[1])
    converged = usable & np.isfinite(e1) & ((m0 > 0) | ~inside)
    out = no_fits(len(s), amplitudes=1)
    out.x[:, 0], out.error[:, 0], out.amplitude[:, 0], out.rss[:] = log_t1, error, m0, rss
    out.reasons[:] = np.select(
        [~usable, ~converged, ~inside], [NO_SIGNAL, NOT_CONVERGED, AT_BOUND], FITTED
    )
    return out


def _of_b1(
    b1: npt.ArrayLike | Estimates | None, b1_se: npt.ArrayLike | None
) -> tuple[npt.ArrayLike | None, npt.ArrayLike | None, Kept]:
    """Return B1, its error, and how much of that the mean over a region keeps."""
    if not isinstance(b1, Estimates):
        if b1_se is not None and b1 is None:
            raise InputError("b1_se is the standard error of b1; give b1 too")
        return b1, b1_se, SharedError.kept
    if b1_se is not None:
        raise InputError("b1 is a record with its errors; leave b1_se out")
    shared = b1.shared.get("B1")
    return b1["B1"], b1.se.get("B1"), _averaged_out if shared is None else shared.kept


def _averaged_out(region: BoolArray, voxel_size: FloatArray) -> float:
    """Return what a mean keeps of errors that voxels have on their own."""
    return 1.0 / float(np.sqrt(np.count_nonzero(region)))


def _error_by_b1(
    fit: Callable[[Voxels], VoxelFits], fits: VoxelFits, voxels: Voxels, error: FloatArray
) -> FloatArray:
    """Return what an error of B1 makes of T1, (V,), s, by the slope of T1."""
    if (error < 0).any():
        raise InputError(f"b1_se is as low as {np.nanmin(error):g}; expected 0 or more")
    moved = fit(replace(voxels, b1=(1.0 + _B1_MOVE) * voxels.b1))
    t1, there = (
        np.where((each.reasons == 0) & identifiable(each), np.exp(each.x[:, 0]), np.nan)
        for each in (fits, moved)
    )
    return np.asarray(np.abs((there - t1) / (_B1_MOVE * voxels.b1)) * error)


def _check(flip: FloatArray, method: str, noise: bool) -> None:
    if flip.ndim != 1 or np.unique(flip).size < 2:
        raise InputError(
            f"flip_deg holds {np.degrees(flip).tolist()}; expected two different angles at least"
        )
    if method not in get_args(Method):
        raise InputError(f"method is {method!r}; expected one of {', '.join(get_args(Method))}")
    if noise and method == "linear":
        raise InputError("the line cannot allow for noise; use method='nonlinear' with noise")
