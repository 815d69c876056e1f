"""A signal as a sum of damped exponentials: state-space analysis of its Hankel matrix (HSVD)."""

from dataclasses import dataclass

import numpy as np
from scipy.fft import fft, ifft, next_fast_len
from scipy.linalg import hankel, lstsq, qr, solve_triangular, svd

from biomarkers.arrays import BoolArray, ComplexArray, FloatArray

_DENSE = 384  # samples up to which a whole decomposition is as fast as iterations
_SAMPLES = 2048  # that are analysed at most: what is left after them is noise
_SPARE, _ITERATIONS = 10, 4  # vectors beyond those sought, and rounds of the power iteration
_VANISHED = 1e-30


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
    orthogonal, triangle = qr(basis, mode="economic")
    inverse = solve_triangular(triangle, np.eye(pole.size))
    amplitude = inverse @ (orthogonal.conj().T @ used)
    left = used - basis @ amplitude
    freedom = max(2 * used.size - 4 * pole.size, 1)
    noise = float(np.sqrt(np.vdot(left, left).real / freedom))
    return DampedSum(amplitude, pole, noise, np.asarray(inverse @ inverse.conj().T))


def _poles(signal: ComplexArray, order: int) -> ComplexArray:
    """Return the poles, (order,) or less: what takes the signal space from sample to sample."""
    space = _signal_space(signal, order)
    step = lstsq(space[:-1], space[1:], lapack_driver="gelsy")[0]
    pole = np.linalg.eigvals(step)
    return np.asarray(pole / np.maximum(np.abs(pole), 1.0))


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
        size = next_fast_len(signal.size + rows)
        forward, backward = fft(signal, size)[:, None], fft(signal.conj(), size)[:, None]
        block = np.random.default_rng(0).normal(size=(columns, order + _SPARE)).astype(complex)
        for _ in range(_ITERATIONS):
            image = _orthonormal(_slide(forward, block, columns, rows))
            block = _orthonormal(_slide(backward, image, rows, columns))
        left, values, _ = svd(_slide(forward, block, columns, rows), full_matrices=False)
    least = spread_of_noise(signal) * np.sqrt(signal.size * np.log(signal.size))
    kept = max(int((values[:order] > least).sum()), 1)
    return np.asarray(left[:, :kept])


def _orthonormal(block: ComplexArray) -> ComplexArray:
    return np.asarray(qr(block, mode="economic")[0], dtype=complex)


def spread_of_noise(signal: ComplexArray) -> float:
    """Return the standard deviation of the real (or imaginary) part of noise in a signal, (T,).

    From the median of its spectrum's modulus, as most of a spectrum is noise; the window keeps
    lines that have not decayed from leaking everywhere.
    """
    window = np.hanning(signal.size)
    middle = np.median(np.abs(fft(signal * window)))
    return float(middle / np.sqrt(np.sum(window**2)) / np.sqrt(2 * np.log(2)))


def _slide(spectrum: ComplexArray, block: ComplexArray, skip: int, count: int) -> ComplexArray:
    """Return the Hankel matrix of a signal, by its spectrum, times a block of vectors."""
    size = spectrum.shape[0]
    product = ifft(spectrum * fft(block[::-1], size, axis=0), axis=0)
    return np.asarray(product[skip - 1 : skip - 1 + count])


def _powers(pole: ComplexArray, first: int, points: int) -> ComplexArray:
    """Return the exponentials, (points, K), 0 where they have vanished (denormals are slow)."""
    at = np.arange(first, first + points)[:, None]
    exponent = np.log(np.where(pole == 0, _VANISHED, pole)) * at
    lasts = exponent.real > np.log(_VANISHED)
    return np.asarray(np.exp(np.where(lasts, exponent, 0.0)) * lasts)
