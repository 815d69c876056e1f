"""The residue of each curve: what tissue would still hold of an instant of contrast."""

from dataclasses import dataclass

import numpy as np

from biomarkers.arrays import FloatArray, IntArray
from biomarkers.cbv.bolus.regularisation import Regularisation, left_over

_FEWEST_FREE = 1.0  # degrees of freedom left, below which the noise is not known


@dataclass(frozen=True, eq=False)
class Residue:
    """Residues of a chunk of curves, read at their highest sample.

    Parameters
    ----------
    regularisation
        Of the deconvolution.
    level, top
        Which one each curve took, and where its residue is highest, (V,).
    height, lag
        Of the residue there, (V,), 1/s and s.
    left
        Variance of what the deconvolution leaves, per degree of freedom, (V,).

    """

    regularisation: Regularisation
    level: IntArray
    top: IntArray
    height: FloatArray
    lag: FloatArray
    left: FloatArray

    @classmethod
    def of(cls, regularisation: Regularisation, curves: FloatArray) -> "Residue":
        """Deconvolve curves (V, N)."""
        operator = regularisation.operator
        coefficients = operator.project(curves)
        level = regularisation.choose(coefficients)
        residues = (coefficients * regularisation.inverse[level]) @ operator.right
        top = residues.argmax(axis=1)
        height = residues[np.arange(len(top)), top]
        missed = (coefficients**2 * ((1.0 - regularisation.filters) ** 2)[level]).sum(axis=1)
        free = left_over(operator, regularisation.filters, power=2)[level]
        left = np.where(free >= _FEWEST_FREE, missed / np.maximum(free, _FEWEST_FREE), np.nan)
        return cls(regularisation, level, top, height, operator.lags[top], left)

    def weights(self) -> FloatArray:
        """Return the weights (V, N) of each curve in the height of its residue."""
        operator = self.regularisation.operator
        read = self.regularisation.inverse[self.level] * operator.right.T[self.top]
        return np.asarray(read @ operator.left.T)
