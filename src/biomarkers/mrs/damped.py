"""A signal as a sum of damped exponentials: state-space analysis of its Hankel matrix (HSVD)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from scipy.fft import fft, ifft, next_fast_len
from scipy.linalg import hankel, lstsq, qr, solve_triangular, svd
from scipy.linalg.lapack import zgetrf, zlaswp

from biomarkers.arrays import BoolArray, ComplexArray, FloatArray

_Product = Callable[[ComplexArray], ComplexArray]

_DENSE = 384  # samples up to which a whole decomposition is as fast as iterations
_SAMPLES = 2048  # that are analysed at most: what is left after them is noise
_SPARE, _ITERATIONS = 10, 4  # vectors beyond those sought, and rounds of the power iteration
_VANISHED = 1e-30
_STRIDE = 64  # samples
_SPARE_SHARE = 0.1


@dataclass(frozen=True, eq=False)
class DampedSum:
    """A sum of damped exponentials, ``sum_k amplitude_k pole_k^n`` at sample n.

    Parameters
    ----------
    amplitude
        Of each at sample 0, (K,).
    pole
        Factor from sample to sample, (K,), none larger than 1 in modulus.
    noise
        Standard deviation of what is left, of its real or imaginary part.
    covariance
        Of the amplitudes for unit noise and these poles, (K, K).

    """

    amplitude: ComplexArray
    pole: ComplexArray
    noise: float
    covariance: ComplexArray

    def frequency(self, dwell: float) -> FloatArray:
        """Return the frequencies, (K,), Hz."""
        return np.asarray(np.angle(self.pole) / (2 * np.pi * dwell))

    def signal(self, points: int, chosen: BoolArray | None = None) -> ComplexArray:
        """Return the sum at the first samples, (points,), of those that are chosen, (K,)."""
        take = slice(None) if chosen is None else chosen
        return np.asarray(_powers(self.pole[take], 0, points) @ self.amplitude[take])

    @property
    def start(self) -> complex:
        """The sum at sample 0."""
        return complex(self.amplitude.sum())

    @property
    def start_se(self) -> float:
        """Standard error of the modulus of `start`: noise through the amplitudes."""
        return float(self.noise * np.sqrt(abs(self.covariance.sum())))


def damped_sum(fid: ComplexArray, order: int, *, first: int = 1) -> DampedSum:
    """Describe a signal, (T,), by `order` damped exponentials.

    Samples before `first` take no part: the first of a signal is often halved, or bent by the
    receiver's filter; the sum is carried back to it.

    References
    ----------
    Barkhuijsen H, de Beer R, van Ormondt D. J Magn Reson 1987;73:553.
    doi:10.1016/0022-2364(87)90023-0
    Halko N, Martinsson PG, Tropp JA. SIAM Rev 2011;53:217. doi:10.1137/090771806

    """
    used: ComplexArray = np.asarray(fid[first : first + _SAMPLES], dtype=complex)
    scale = float(np.abs(used).max(initial=0.0))
    if not (np.isfinite(scale) and scale > 0):
        nothing = np.zeros(0, dtype=complex)
        return DampedSum(nothing, nothing, np.nan, np.zeros((0, 0), dtype=complex))
    pole = _poles(np.asarray(used / scale), min(order, used.size // 3))
    basis = _powers(pole, first, used.size)
    orthogonal, triangle = qr(basis, mode="economic", check_finite=False)
    inverse = solve_triangular(triangle, np.eye(pole.size))
    amplitude = inverse @ (orthogonal.conj().T @ used)
    left = used - basis @ amplitude
    freedom = max(2 * used.size - 4 * pole.size, 1)
    noise = float(np.sqrt(np.vdot(left, left).real / freedom))
    return DampedSum(amplitude, pole, noise, np.asarray(inverse @ inverse.conj().T))


def _poles(signal: ComplexArray, order: int) -> ComplexArray:
    """Return the poles, (order,) or less: what takes the signal space from sample to sample."""
    space = _signal_space(signal, order)
    step = _step(space)
    pole = np.linalg.eigvals(step)
    return np.asarray(pole / np.maximum(np.abs(pole), 1.0))


def _step(space: ComplexArray) -> ComplexArray:
    """Return what takes orthonormal vectors, less their last row, to those less their first.

    Without the last row r their products are ``1 - r* r``, whose inverse is
    ``1 + r* r / (1 - |r|^2)`` (Sherman & Morrison 1950); where that is near singular, by QR.
    """
    last = space[-1:]
    spare = 1.0 - float(np.vdot(last, last).real)
    if spare < _SPARE_SHARE:
        return np.asarray(lstsq(space[:-1], space[1:], lapack_driver="gelsy")[0])
    products = space[:-1].conj().T @ space[1:]
    return np.asarray(products + last.conj().T @ (last @ products) / spare)


def _signal_space(signal: ComplexArray, order: int) -> ComplexArray:
    """Return left singular vectors of the Hankel matrix of a signal, (rows, order) or fewer.

    Power iterations of a random block with a fixed seed: products with the matrix are convolutions
    by FFT, what stands out of noise converges in few, and what does not is left out: the largest
    singular value of a Hankel matrix of noise is near that of a circulant one, its spectrum's peak.
    """
    rows = signal.size // 2
    columns = signal.size - rows + 1
    if signal.size <= _DENSE:
        left, values, _ = svd(hankel(signal[:rows], signal[rows - 1 :]), full_matrices=False)
    else:
        hankel_times, adjoint_times = _products(signal, rows, order + _SPARE)
        block = _random_block(columns, order + _SPARE)
        for _ in range(_ITERATIONS - 1):
            block = _spanning(adjoint_times(_spanning(hankel_times(block))))
        block = adjoint_times(_spanning(hankel_times(block)))
        image, triangle = _orthonormal(hankel_times(_orthonormal(block)[0]))
        turned, values, _ = svd(triangle)
        left = image @ turned[:, :order]
    least = spread_of_noise(signal) * np.sqrt(signal.size * np.log(signal.size))
    kept = max(int((values[:order] > least).sum()), 1)
    return np.asarray(left[:, :kept])


def _orthonormal(block: ComplexArray) -> tuple[ComplexArray, ComplexArray]:
    """Return orthonormal vectors that span the same, and what gives the block from them."""
    vectors, triangle = qr(block, mode="economic", check_finite=False)
    return np.asarray(vectors, dtype=complex), np.asarray(triangle, dtype=complex)


@lru_cache(maxsize=8)
def _random_block(columns: int, width: int) -> ComplexArray:
    """Return the vectors that iterations begin with, the same every time."""
    return np.random.default_rng(0).normal(size=(columns, width)).astype(complex)


def _spanning(block: ComplexArray) -> ComplexArray:
    """Return vectors of like size, (rows, columns), that span the same: the lower factor of LU.

    That takes a quarter of the time of QR; those of `scipy.linalg.lu` are copied several times.
    """
    lower, swapped, _ = zgetrf(block)
    top = lower[: lower.shape[1]]
    top[:] = np.tril(top, -1)
    np.fill_diagonal(top, 1.0)
    return np.asarray(zlaswp(lower, swapped, inc=-1, overwrite_a=True))


def spread_of_noise(signal: ComplexArray) -> float:
    """Return the standard deviation of the real (or imaginary) part of noise in a signal, (T,).

    From the median of its spectrum's modulus, as most of a spectrum is noise; the window keeps
    lines that have not decayed from leaking everywhere.
    """
    window = np.hanning(signal.size)
    middle = np.median(np.abs(fft(signal * window)))
    return float(middle / np.sqrt(np.sum(window**2)) / np.sqrt(2 * np.log(2)))


def _products(signal: ComplexArray, rows: int, width: int) -> tuple[_Product, _Product]:
    """Return what multiplies blocks of so many vectors by a signal's Hankel matrix, and adjoint.

    A product is a convolution; of its transform no more than the signal's size is needed, as what
    wraps around lies outside what is taken. A row holds a vector, as transforms along columns take
    three times as long. The next product takes the place of the last: both share the memory.
    """
    columns = signal.size - rows + 1
    size = next_fast_len(signal.size)
    room = np.empty((width, size), dtype=complex)

    def product(spectrum: ComplexArray, skip: int, count: int, block: ComplexArray) -> ComplexArray:
        room[:, : len(block)] = block.T[:, ::-1]
        room[:, len(block) :] = 0.0
        made = fft(room, overwrite_x=True)
        made *= spectrum
        made = ifft(made, overwrite_x=True)
        return np.asarray(made[:, skip - 1 : skip - 1 + count].T)

    return (
        partial(product, fft(signal, size), columns, rows),
        partial(product, fft(signal.conj(), size), rows, columns),
    )


def _powers(pole: ComplexArray, first: int, points: int) -> ComplexArray:
    """Return the exponentials, (points, K), 0 where they have vanished (denormals are slow).

    A power is that of whole strides times that of the rest: far fewer exponentials are taken.
    """
    logarithm = np.log(np.where(pole == 0, _VANISHED, pole))
    strides = np.arange(first, first + points, _STRIDE)[:, None, None]
    whole, rest = np.exp(logarithm * strides), np.exp(logarithm * np.arange(_STRIDE)[:, None])
    powers = (whole * rest).reshape(-1, pole.size)[:points]
    at = np.arange(first, first + points)[:, None]
    return np.where(logarithm.real * at > np.log(_VANISHED), powers, 0.0)
