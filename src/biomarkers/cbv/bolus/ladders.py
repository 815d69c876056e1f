"""The ladders of filters of each method, and which rung a curve takes.

Thresholds are shares of the largest singular value. The defaults of sSVD and cSVD, 0.2 and 0.1,
and the oscillation index 0.035 are those in use since Wu et al. (Magn Reson Med 2003;50:164,
doi:10.1002/mrm.10522), for instance in github.com/FAIR-Unipd/dsc-mri-toolbox (at 1.5 T).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarkers.cbv.bolus._oscillation import smoothest
from biomarkers.cbv.bolus.deconvolution import Operator

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

SSVD_THRESHOLD = 0.2
CSVD_THRESHOLD = 0.1
OSCILLATION_INDEX = 0.035

# Singular values below this share of the largest are rounding.
_ROUNDING = 1e-8
# A circulant has its singular values in pairs; they are not torn apart.
_SAME = 1e-6
_PENALTIES = np.geomspace(1e-3, 1.0, 61)


@dataclass(frozen=True, eq=False)
class Ladder:
    """Filters of an operator, and how a rung is chosen.

    Parameters
    ----------
    operator
        The decomposed convolution.
    filters
        What each rung keeps of each singular vector, (M, n), 0 to 1.
    choose
        Gives the rung of curves from their coefficients: (V, n) to (V,).

    """

    operator: Operator
    filters: FloatArray
    choose: Callable[[FloatArray], IntArray]

    @property
    def inverse(self) -> FloatArray:
        """Filters over singular values, (M, n)."""
        values = self.operator.values
        return np.asarray(self.filters / np.where(values > _ROUNDING * values[0], values, np.inf))


def truncated(operator: Operator, threshold: float) -> Ladder:
    """Keep singular values of at least a share of the largest."""
    kept = operator.values >= threshold * operator.values[0]
    return Ladder(operator, kept[None].astype(float), _first)


def oscillating(operator: Operator, index: float) -> Ladder:
    """Keep, in each voxel, as many singular values as the oscillation of its residue allows."""
    values = operator.values
    steps = np.flatnonzero(values[:-1] - values[1:] > _SAME * values[0]) + 1
    counts = np.append(steps, values.size)
    counts = counts[values[counts - 1] > _ROUNDING * values[0]]
    filters = (np.arange(values.size) < counts[:, None]).astype(float)

    def choose(coefficients: FloatArray) -> IntArray:
        scaled = coefficients[:, : counts[-1]] / values[: counts[-1]]
        return np.asarray(smoothest(scaled, operator.right[: counts[-1]], counts, index))

    return Ladder(operator, filters, choose)


def tikhonov(operator: Operator, criterion: str) -> Ladder:
    """Damp singular values by a penalty on the size of the residue, chosen in each voxel.

    `l_curve` takes the first corner of the curve of log size against log misfit (Hansen &
    O'Leary, SIAM J Sci Comput 1993;14:1487), `gcv` the first minimum of generalised
    cross-validation (Golub, Heath & Wahba, Technometrics 1979;21:215). For perfusion: Calamante
    et al., Magn Reson Med 2003;50:1237.
    """
    penalties = _PENALTIES * operator.values[0]
    squares = operator.values**2
    filters = squares / (squares + penalties[:, None] ** 2)
    ladder = Ladder(operator, filters, _first)
    misfit, size = (1.0 - filters) ** 2, ladder.inverse**2
    if criterion == "gcv":
        left = left_over(operator, filters, power=1)

        def choose(coefficients: FloatArray) -> IntArray:
            return _first_peak(-(coefficients**2 @ misfit.T) / left**2)

        return Ladder(operator, filters, choose)
    slope = -4.0 * penalties[:, None] * squares / (squares + penalties[:, None] ** 2) ** 3

    def corner(coefficients: FloatArray) -> IntArray:
        power = coefficients**2
        bend = curvature(penalties, power @ misfit.T, power @ size.T, power @ slope.T)
        return _first_peak(np.where(bend > 0.0, bend, -np.inf))

    return Ladder(operator, filters, corner)


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
