"""Deconvolution of tissue by its artery: what the tissue would answer to an instant of contrast.

The change of R2* in tissue is the artery's convolved with CBF·R(t), where the residue R is what is
still there after a time t. Artery and residue are taken as straight lines between samples, which
gives the weights (1, 4, 1)/6 of Ostergaard et al. (Magn Reson Med 1996;36:715,
doi:10.1002/mrm.1910360510) where the artery is known at the samples, and their exact integrals
where it is known more finely.

Every method is a matrix of singular vectors and levels of regularisation: each voxel takes one.
Given its level, the residue is linear in the curve, and so are its errors.
"""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.interpolate import make_interp_spline
from scipy.linalg import circulant, toeplitz

from biomarkers.arrays import FloatArray
from biomarkers.kinetics import Input


@dataclass(frozen=True, eq=False)
class Operator:
    """The singular value decomposition of a convolution, the same for all voxels.

    Parameters
    ----------
    left
        Singular vectors of the curves, (T, n).
    values
        Singular values, (n,), 1: the largest first.
    right
        Singular vectors of the residue, (n, L).
    lags
        Time of each sample of the residue, (L,), s; negative where tissue comes first.

    """

    left: FloatArray
    values: FloatArray
    right: FloatArray
    lags: FloatArray

    @property
    def within(self) -> FloatArray:
        """Share of each singular vector that lies within the curve, (n,)."""
        return np.asarray((self.left**2).sum(axis=0))

    def project(self, curves: FloatArray) -> FloatArray:
        """Return the coefficients (V, n) of curves (V, T)."""
        return np.asarray(curves @ self.left)


def kernel(input: Input, start: float, step: float, count: int) -> FloatArray:
    """Integrate the artery against the hat of every lag, -1 to `count`, (count + 2,).

    A hat is 1 at its lag and falls to 0 within one step on either side.
    """
    blood = np.asarray(input.blood, dtype=float)
    late = max(start + step * (count + 3), input.time[-1] + step)
    curve = make_interp_spline(
        np.append(input.time, late), np.append(blood, blood[-1]), k=1
    ).antiderivative(2)
    nodes = np.maximum(start + step * np.arange(-2, count + 2), input.time[0])
    twice = np.asarray(curve(nodes), dtype=float)
    return np.asarray((twice[2:] - 2.0 * twice[1:-1] + twice[:-2]) / step)


def area(input: Input, start: float, stop: float) -> float:
    """Integrate the artery, 1/s·s, from `start` to `stop`."""
    if stop <= input.time[0]:
        return 0.0
    blood = np.asarray(input.blood, dtype=float)
    late = max(stop, input.time[-1]) + 1.0
    knots, values = np.append(input.time, late), np.append(blood, blood[-1])
    total = make_interp_spline(knots, values, k=1).antiderivative()
    return float(total(stop) - total(max(start, input.time[0])))


def causal(input: Input, start: float, step: float, count: int) -> Operator:
    """Decompose the convolution of a residue that starts with the artery: a lower triangle."""
    weights = kernel(input, start, step, count)[1:-1]
    return _decompose(toeplitz(weights, np.zeros(count)), count, step * np.arange(count))


def cyclic(input: Input, start: float, step: float, count: int) -> Operator:
    """Decompose the convolution around a clock of twice the samples (Wu et al. 2003).

    Curves are filled up with zeros. Tissue that comes before its artery has its residue at the
    end of the clock, so that the residue does not hang on the arrival.
    """
    weights = kernel(input, start, step, count)
    around = np.zeros(2 * count)
    around[: count + 1] = weights[1:]
    around[-1] = weights[0]
    lags = np.arange(2 * count)
    return _decompose(
        circulant(around), count, step * np.where(lags < count, lags, lags - 2.0 * count)
    )


def _decompose(matrix: FloatArray, count: int, lags: npt.NDArray[Any]) -> Operator:
    left, values, right = np.linalg.svd(matrix)
    return Operator(np.ascontiguousarray(left[:count]), values, right, lags)
