"""T1 from spoiled gradient echoes at several flip angles."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.relaxometry import _vfa_fit
from biomarkers.relaxometry.spgr import checked_flip, require_positive

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Method = Literal["nonlinear", "linear"]

# Shortest and longest T1 looked for, s: from blood full of contrast agent to beyond pure water.
T1_BOUNDS = (0.01, 20.0)


@dataclass(frozen=True, eq=False)
class T1Map:
    """T1 and how well it is known, each array of the shape of the voxels.

    Parameters
    ----------
    t1
        Longitudinal relaxation time, s; NaN where it is not known.
    se
        Its standard error, s; NaN where two flip angles leave no residual to judge by.
    m0
        Signal of full magnetisation, in the unit of the signal.
    converged
        Whether the voxel had signal to fit and the fit came to rest.
    at_bound
        Whether T1 would lie outside `T1_BOUNDS`.
    identifiable
        Whether twice the standard error is less than T1.

    """

    t1: FloatArray
    se: FloatArray
    m0: FloatArray
    converged: BoolArray
    at_bound: BoolArray
    identifiable: BoolArray

    @property
    def flags(self) -> BoolArray:
        """Voxels without a trustworthy T1; it is NaN there."""
        return ~self.converged | self.at_bound | ~self.identifiable


def t1_vfa(
    signal: npt.ArrayLike,
    *,
    flip_deg: npt.ArrayLike,
    tr: float,
    b1: npt.ArrayLike | None = None,
    method: Method = "nonlinear",
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
        `nonlinear`: least squares on the signal, at its global minimum within `T1_BOUNDS`.
        `linear`: the straight line through S/sin α against S/tan α; quicker, and biased by noise.

    Returns
    -------
    T1Map
        `.t1` (s), `.se` (s), `.m0` and flags. Standard errors come from the residuals to first
        order.

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

    """
    values = np.asarray(signal, dtype=float)
    flip = checked_flip(flip_deg)
    require_positive("tr", tr, "s")
    _check(values, flip, method)
    voxels = values.shape[:-1]
    rows = np.ascontiguousarray(values.reshape(-1, flip.size))
    factor = np.ascontiguousarray(_field(b1, voxels).ravel())
    fit = _vfa_fit.nonlinear if method == "nonlinear" else _vfa_fit.linear
    t1, se, m0, code = fit(rows, flip, tr, factor, *T1_BOUNDS)
    known = code == _vfa_fit.FITTED
    identifiable = ~(2.0 * se >= t1)
    for estimate in (t1, se, m0):
        estimate[~known | ~identifiable] = np.nan
    return T1Map(
        t1=t1.reshape(voxels),
        se=se.reshape(voxels),
        m0=m0.reshape(voxels),
        converged=(code != _vfa_fit.NOT_FITTED).reshape(voxels),
        at_bound=(code == _vfa_fit.AT_BOUND).reshape(voxels),
        identifiable=(known & identifiable).reshape(voxels),
    )


def _check(signal: FloatArray, flip: FloatArray, method: str) -> None:
    if flip.ndim != 1 or np.unique(flip).size < 2:
        raise InputError(
            f"flip_deg holds {np.degrees(flip).tolist()}; expected two different angles at least"
        )
    if signal.ndim == 0 or signal.shape[-1] != flip.size:
        raise InputError(
            f"signal of shape {signal.shape} must end in one value for each of the "
            f"{flip.size} flip angles"
        )
    if method not in get_args(Method):
        raise InputError(f"method is {method!r}; expected one of {', '.join(get_args(Method))}")


def _field(b1: npt.ArrayLike | None, voxels: tuple[int, ...]) -> FloatArray:
    factor = np.asarray(1.0 if b1 is None else b1, dtype=float)
    try:
        return np.broadcast_to(factor, voxels)
    except ValueError as error:
        raise InputError(f"b1 of shape {factor.shape} does not fit voxels {voxels}") from error
