"""The diffusion tensor, and the kurtosis that departs from it."""

import math
from functools import cache
from itertools import combinations_with_replacement

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.dwi._curves import Exponent
from biomarkers.dwi.engine import (
    PER_MM2,
    BitArray,
    DiffusionMap,
    Method,
    Problem,
    fit_series,
    series_of,
)
from biomarkers.dwi.gradients import check_bvalues, check_gradients
from biomarkers.errors import InputError
from biomarkers.estimates import FitFlag, noted

# Elements of the tensors, each once, and how often each stands in the sum over all indices.
_SECOND = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
_FOURTH = tuple(combinations_with_replacement(range(3), 4))
TRACE = np.array([1.0, 1.0, 1.0, 0.0, 0.0, 0.0]) / 3.0
_POLAR, _AZIMUTH = 12, 24  # of the mean over the sphere: exact for polynomials of degree 23


@noted
def tensor(
    signal: npt.ArrayLike,
    bvals: npt.ArrayLike,
    bvecs: npt.ArrayLike,
    *,
    mask: npt.ArrayLike | None = None,
    method: Method = "nonlinear",
    noise: npt.ArrayLike | None = None,
) -> DiffusionMap:
    r"""Fit the diffusion tensor.

    .. math::
        S = S_0 e^{-b \, g^T D g}

    Parameters
    ----------
    signal, bvals, mask, method, noise
        As of `dwi.adc`.
    bvecs
        Direction of each volume's gradient, (n, 3) or (3, n), of unit length, six different ones at
        least. Turning them all alike changes no result.

    Returns
    -------
    DiffusionMap
        `MD`, mean diffusivity (mm^2/s), and `FA`, fractional anisotropy, with their `se`; `S0`. A
        voxel of which an eigenvalue is negative is flagged. Noise raises FA where it is low: within
        two or three errors of 0 it says no more than that.

    Raises
    ------
    InputError
        As `dwi.adc`, or if the gradients do not determine a tensor.

    References
    ----------
    Basser PJ et al. J Magn Reson B 1994;103:247. doi:10.1006/jmrb.1994.1037
    Koay CG et al. J Magn Reson 2007;184:1. doi:10.1016/j.jmr.2006.09.012 (errors)

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.dwi import tensor
    >>> g = np.vstack([np.zeros(3), np.eye(3), 0.5**0.5 * (1 - np.eye(3))])
    >>> b = np.array([0.0, *[1000] * 6])
    >>> signal = np.exp(-b * np.einsum("ni,ij,nj->n", g, np.diag([2e-3, 1e-3, 1e-3]), g))
    >>> fit = tensor(signal, b, g)
    >>> round(float(fit["MD"]), 6), round(float(fit["FA"]), 4)
    (0.001333, 0.4082)

    """
    series = series_of(signal)
    b = check_bvalues(bvals, series.shape[-1])
    gradients = check_gradients(bvecs, b)
    design = np.column_stack([np.ones(b.size), tensor_columns(b, gradients)])
    require_determined(design, "b = 0 and six directions, not all on one cone")
    return fit_series(
        Problem("diffusion tensor", Exponent(design), 7, ("MD", "FA", "S0"), _of_tensor),
        series,
        mask=mask,
        method=method,
        noise=noise,
        settings={"BValues": b.tolist(), "Gradients": gradients.tolist()},
    )


@noted
def kurtosis(
    signal: npt.ArrayLike,
    bvals: npt.ArrayLike,
    bvecs: npt.ArrayLike,
    *,
    mask: npt.ArrayLike | None = None,
    method: Method = "nonlinear",
    noise: npt.ArrayLike | None = None,
) -> DiffusionMap:
    r"""Fit the tensors of diffusion and kurtosis.

    .. math::
        \ln S = \ln S_0 - b \, D(g) + b^2 \, V(g) / 6, \quad
        MK = \langle V(g) / D(g)^2 \rangle

    with V(g) the sum over g_i g_j g_k g_l V_ijkl, V = MD² W, and the mean over all directions g.

    Parameters
    ----------
    signal, bvals, mask, method, noise
        As of `dwi.adc`; two b-values at least besides 0, of which the largest is usually 2000 to
        2500 s/mm^2: beyond 3000 the series in b no longer holds.
    bvecs
        As of `dwi.tensor`; fifteen different ones at least.

    Returns
    -------
    DiffusionMap
        `MK`, mean kurtosis; `MD` (mm^2/s) and `FA`, free of kurtosis; `S0`. Flagged where MK or an
        eigenvalue of the diffusion tensor is negative.

    Raises
    ------
    InputError
        As `dwi.adc`, or if b-values and gradients do not determine both tensors.

    References
    ----------
    Jensen JH et al. Magn Reson Med 2005;53:1432. doi:10.1002/mrm.20508
    Tabesh A et al. Magn Reson Med 2011;65:823. doi:10.1002/mrm.22655

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.dwi import kurtosis
    >>> z, turn = np.linspace(0.025, 0.975, 20), 2.4 * np.arange(20)
    >>> g = np.column_stack([(1 - z**2) ** 0.5 * np.cos(turn), (1 - z**2) ** 0.5 * np.sin(turn), z])
    >>> b, g = np.repeat([0.0, 1000, 2000], [1, 20, 20]), np.vstack([np.zeros((1, 3)), g, g])
    >>> signal = np.exp(-b * 1e-3 + 0.8 * (b * 1e-3) ** 2 / 6)  # MD 0.001 mm^2/s, MK 0.8
    >>> fit = kurtosis(signal, b, g)
    >>> round(float(fit["MK"]), 4), round(float(fit["MD"]), 6)
    (0.8, 0.001)

    """
    series = series_of(signal)
    b = check_bvalues(bvals, series.shape[-1])
    gradients = check_gradients(bvecs, b)
    bend = (PER_MM2 * b[:, None]) ** 2 / 6.0 * _products(gradients, _FOURTH)
    design = np.column_stack([np.ones(b.size), tensor_columns(b, gradients), bend])
    require_determined(design, "b = 0, two further b-values, and fifteen directions")
    names = ("MK", "MD", "FA", "S0")
    return fit_series(
        Problem("diffusion kurtosis", Exponent(design), 22, names, _of_kurtosis),
        series,
        mask=mask,
        method=method,
        noise=noise,
        settings={"BValues": b.tolist(), "Gradients": gradients.tolist()},
    )


def tensor_columns(b: FloatArray, gradients: FloatArray) -> FloatArray:
    """Return how log S answers to the six elements of the tensor, (n, 6)."""
    return -PER_MM2 * b[:, None] * _products(gradients, _SECOND)


def require_determined(design: FloatArray, needed: str) -> None:
    """Raise `InputError` unless a design, (n, p), determines its p unknowns."""
    rank, unknowns = int(np.linalg.matrix_rank(design)), design.shape[1]
    if rank < unknowns:
        raise InputError(
            f"these b-values and gradients determine {rank} of {unknowns} unknowns; expected "
            f"{needed}"
        )


def _products(vectors: FloatArray, elements: tuple[tuple[int, ...], ...]) -> FloatArray:
    """Return what each element of a symmetric tensor is multiplied by along each vector, (n, k)."""
    columns = []
    for indices in elements:
        often = math.factorial(len(indices))
        for axis in range(3):
            often //= math.factorial(indices.count(axis))
        columns.append(often * np.prod(vectors[:, indices], axis=1))
    return np.stack(columns, axis=1)


def _of_tensor(x: FloatArray, covariance: FloatArray) -> tuple[FloatArray, FloatArray, BitArray]:
    elements, variances = x[:, 1:7], covariance[:, 1:7, 1:7]
    md, fa = elements @ TRACE, _anisotropy(elements)
    slopes = np.stack([np.broadcast_to(TRACE, elements.shape), _slope_of_fa(elements)], 1)
    variance = np.einsum("vqi,vij,vqj->vq", slopes, variances, slopes) * [PER_MM2**2, 1.0]
    values = np.stack([PER_MM2 * md, fa, np.exp(x[:, 0])], 1)
    negative = np.linalg.eigvalsh(_matrices(elements))[:, 0] < 0.0
    unknown = np.full((len(x), 1), np.nan)
    return values, np.hstack([variance, unknown]), _flagged(negative)


def _of_kurtosis(x: FloatArray, covariance: FloatArray) -> tuple[FloatArray, FloatArray, BitArray]:
    values, variance, reasons = _of_tensor(x[:, :7], covariance[:, :7, :7])
    second, fourth, weights = _sphere()
    along = 1.0 / (x[:, 1:7] @ second.T)  # (V, directions): 1 / D(g)
    bend = x[:, 7:] @ fourth.T
    mk = (bend * along**2) @ weights
    of_d = -2.0 * (weights * bend * along**3) @ second
    slopes = np.hstack([of_d, (weights * along**2) @ fourth])
    errors = np.einsum("vi,vij,vj->v", slopes, covariance[:, 1:, 1:], slopes)
    reasons |= _flagged(mk < 0.0)
    return np.column_stack([mk, values]), np.column_stack([errors, variance]), reasons


def _flagged(negative: npt.NDArray[np.bool_]) -> BitArray:
    return np.where(negative, FitFlag.NEGATIVE, 0).astype(np.uint16)


def _matrices(elements: FloatArray) -> FloatArray:
    """Return tensors (V, 3, 3) from their elements (V, 6)."""
    rows = [[0, 3, 4], [3, 1, 5], [4, 5, 2]]
    return np.nan_to_num(elements)[:, np.array(rows)]


# How often each element stands in the sum of all squares.
_TWICE = np.array([1.0, 1.0, 1.0, 2.0, 2.0, 2.0])


def _deviation(elements: FloatArray) -> FloatArray:
    """Return the elements of the tensor less its mean."""
    return elements - np.where(TRACE > 0, (elements @ TRACE)[:, None], 0.0)


def _anisotropy(elements: FloatArray) -> FloatArray:
    """Return FA = sqrt(3/2) |D - MD| / |D|."""
    part, whole = ((_TWICE * each**2).sum(axis=1) for each in (_deviation(elements), elements))
    share = np.divide(part, whole, out=np.zeros_like(part), where=whole > 0.0)
    return np.asarray(np.sqrt(1.5 * share))


def _slope_of_fa(elements: FloatArray) -> FloatArray:
    """Return the derivative of FA in each element, (V, 6): of log FA^2, times FA / 2."""
    part, whole = _TWICE * _deviation(elements), _TWICE * elements
    of_part = part / (part * _deviation(elements)).sum(axis=1)[:, None]
    of_whole = whole / (whole * elements).sum(axis=1)[:, None]
    return np.asarray(_anisotropy(elements)[:, None] * (of_part - of_whole))


@cache
def _sphere() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return products of directions over half the sphere, (m, 6) and (m, 15), and weights (m,)."""
    height, weight = np.polynomial.legendre.leggauss(2 * _POLAR)
    upper = height > 0.0
    turn = 2.0 * np.pi * np.arange(_AZIMUTH) / _AZIMUTH
    z, angle = np.meshgrid(height[upper], turn, indexing="ij")
    radius = np.sqrt(1.0 - z**2)
    unit = np.stack([radius * np.cos(angle), radius * np.sin(angle), z], -1).reshape(-1, 3)
    weights = np.repeat(weight[upper], _AZIMUTH) / _AZIMUTH
    return _products(unit, _SECOND), _products(unit, _FOURTH), weights
