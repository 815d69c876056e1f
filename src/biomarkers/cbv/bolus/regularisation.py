"""Regularisation of a deconvolution: the levels of each method, and which one a curve takes.

Thresholds are shares of the largest singular value. The defaults of sSVD and cSVD, 0.2 and 0.1,
and the oscillation index 0.035 are those in use since Wu et al. (Magn Reson Med 2003;50:164,
doi:10.1002/mrm.10522), for instance in github.com/FAIR-Unipd/dsc-mri-toolbox (at 1.5 T).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from biomarkers.arrays import FloatArray, IntArray
from biomarkers.cbv.bolus._oscillation import last_smooth_level
from biomarkers.cbv.bolus.deconvolution import Operator, causal, cyclic
from biomarkers.errors import InputError
from biomarkers.kinetics import Input

Method = Literal["sSVD", "cSVD", "oSVD", "tikhonov"]
DEFAULTS: dict[str, float | str] = {
    "sSVD": 0.2,
    "cSVD": 0.1,
    "oSVD": 0.035,
    "tikhonov": "l_curve",
}
_CRITERIA = ("l_curve", "gcv")
# Singular values below this share of the largest are rounding.
_ROUNDING = 1e-8
# A circulant has its singular values in pairs; they are not torn apart.
_SAME = 1e-6
_PENALTIES = np.geomspace(1e-3, 1.0, 61)


@dataclass(frozen=True, eq=False)
class Regularisation:
    """Levels of regularisation of an operator, and how one is chosen for each curve.

    Parameters
    ----------
    operator
        The decomposed convolution.
    filters
        What each level keeps of each singular vector, (M, n), 0 to 1.
    choose
        Gives the level of curves from their coefficients: (V, n) to (V,).

    """

    operator: Operator
    filters: FloatArray
    choose: Callable[[FloatArray], IntArray]

    @property
    def inverse(self) -> FloatArray:
        """Filters over singular values, (M, n)."""
        values = self.operator.values
        return np.asarray(self.filters / np.where(values > _ROUNDING * values[0], values, np.inf))


def truncated(operator: Operator, threshold: float) -> Regularisation:
    """Keep singular values of at least a share of the largest."""
    kept = operator.values >= threshold * operator.values[0]
    return Regularisation(operator, kept[None].astype(float), _first)


def oscillating(operator: Operator, index: float) -> Regularisation:
    """Keep, in each voxel, as many singular values as the oscillation of its residue allows."""
    values = operator.values
    steps = np.flatnonzero(values[:-1] - values[1:] > _SAME * values[0]) + 1
    counts = np.append(steps, values.size)
    counts = counts[values[counts - 1] > _ROUNDING * values[0]]
    filters = (np.arange(values.size) < counts[:, None]).astype(float)

    def choose(coefficients: FloatArray) -> IntArray:
        scaled = coefficients[:, : counts[-1]] / values[: counts[-1]]
        return np.asarray(last_smooth_level(scaled, operator.right[: counts[-1]], counts, index))

    return Regularisation(operator, filters, choose)


def tikhonov(operator: Operator, criterion: str) -> Regularisation:
    """Damp singular values by a penalty on the size of the residue, chosen in each voxel.

    `l_curve` takes the first corner of the curve of log size against log misfit (Hansen &
    O'Leary, SIAM J Sci Comput 1993;14:1487), `gcv` the first minimum of generalised
    cross-validation (Golub, Heath & Wahba, Technometrics 1979;21:215). For perfusion: Calamante
    et al., Magn Reson Med 2003;50:1237.
    """
    penalties = _PENALTIES * operator.values[0]
    squares = operator.values**2
    filters = squares / (squares + penalties[:, None] ** 2)
    plain = Regularisation(operator, filters, _first)
    misfit, size = (1.0 - filters) ** 2, plain.inverse**2
    if criterion == "gcv":
        left = left_over(operator, filters, power=1)

        def choose(coefficients: FloatArray) -> IntArray:
            return _first_peak(-(coefficients**2 @ misfit.T) / left**2)

        return Regularisation(operator, filters, choose)
    slope = -4.0 * penalties[:, None] * squares / (squares + penalties[:, None] ** 2) ** 3

    def corner(coefficients: FloatArray) -> IntArray:
        power = coefficients**2
        bend = curvature(penalties, power @ misfit.T, power @ size.T, power @ slope.T)
        return _first_peak(np.where(bend > 0.0, bend, -np.inf))

    return Regularisation(operator, filters, corner)


def curvature(
    penalty: FloatArray, misfit: FloatArray, size: FloatArray, slope: FloatArray
) -> FloatArray:
    """Return the curvature of the L-curve at each penalty (M,); the others are (V, M).

    Parameters
    ----------
    penalty
        Penalties.
    misfit, size
        Squared norms of the residual and of the solution.
    slope
        Derivative of `size` by the penalty.

    """
    square = penalty**2
    with np.errstate(divide="ignore", invalid="ignore"):
        top = square * slope * misfit + 2.0 * penalty * size * misfit + square**2 * size * slope
        bottom = (square * size**2 * square + misfit**2) ** 1.5
        bend = -2.0 * size * misfit / slope * top / bottom
    return np.where(np.isfinite(bend), bend, -np.inf)


def _first_peak(score: FloatArray) -> IntArray:
    """Return the peak at the largest penalty of scores (V, M); the highest value if there is none.

    Towards small penalties, where singular values run out and all noise is fitted, curvature and
    cross-validation have peaks again, which noise makes the highest in some voxels.
    """
    inner = score[:, 1:-1]
    peak = (inner >= score[:, :-2]) & (inner > score[:, 2:])
    last = inner.shape[1] - 1 - peak[:, ::-1].argmax(axis=1)
    return np.asarray(np.where(peak.any(axis=1), last, inner.argmax(axis=1)) + 1)


def left_over(operator: Operator, filters: FloatArray, *, power: int) -> FloatArray:
    """Return what filters (M, n) leave of the degrees of freedom of white noise, (M,)."""
    lost = 1.0 - (1.0 - filters) ** power
    return np.asarray(len(operator.left) - lost @ operator.within)


def _first(coefficients: FloatArray) -> IntArray:
    return np.zeros(len(coefficients), dtype=np.int64)


# Makes one of an artery, the time of the first sample, the step (s) and the number of samples.
Regulariser: TypeAlias = "Callable[[Input, float, float, int], Regularisation]"


def regulariser(method: str, setting: float | str) -> Regulariser:
    """Return how a method regularises; `InputError` if it or its setting is unknown."""
    if method not in DEFAULTS:
        raise InputError(f"method is {method!r}; expected {' or '.join(map(repr, DEFAULTS))}")
    if method == "tikhonov":
        if setting not in _CRITERIA:
            raise InputError(
                f"regularisation is {setting!r}; expected {' or '.join(map(repr, _CRITERIA))}"
            )
        return lambda *at: tikhonov(causal(*at), str(setting))
    if isinstance(setting, str) or not 0.0 < setting < 1.0:
        raise InputError(f"regularisation is {setting!r}; {method} takes a number between 0 and 1")
    level = float(setting)
    if method == "sSVD":
        return lambda *at: truncated(causal(*at), level)
    if method == "cSVD":
        return lambda *at: truncated(cyclic(*at), level)
    return lambda *at: oscillating(cyclic(*at), level)
