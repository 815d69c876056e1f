"""Where the whole basis lies in a signal: a quick linear fit at every offset at once."""

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy.fft import fft, fftfreq, fftshift, ifft, ifftshift, next_fast_len
from scipy.linalg import cholesky, qr
from scipy.linalg.lapack import dtrtrs
from scipy.optimize import nnls

from biomarkers.arrays import BoolArray, ComplexArray, FloatArray
from biomarkers.blas import one_blas_thread
from biomarkers.mrs.basis import Basis
from biomarkers.mrs.damped import damped_sum
from biomarkers.mrs.scan import Scan, ppm_axis

# Offsets up to here are sought, ppm; broadening of the basis that is tried, Hz.
LARGEST_PPM = 0.35
_BROADENING_HZ = (1.0, 4.0, 10.0)
# What is compared: the spectrum of metabolites, and its mirror image, without water.
_BAND_PPM, _WATER_PPM = (0.2, 4.2), (4.2, 5.1)
_CLEAR_PPM = 4.0  # beyond, a line counts as water's where that is strong
_LASTS, _CLEAN = 0.2, 0.75  # s; later is noise; share that the band's ringing does not reach
_DEPENDENT = 1e-3  # of the basis, signals that others make up so closely are left out
# Humps that stand for baseline, macromolecules, lipids and tails of water: spacing and width, ppm.
_HUMPS_PPM, _HUMP_WIDTH_PPM = np.arange(0.0, 5.0, 0.4), 0.5
# Peaks of the energy explained that rise this share of the highest above the least are judged by
# a fit with amplitudes that are not negative, of one phase; at most so many.
_RIVAL, _RIVALS = 0.5, 6
_APART = 0.05  # of the offsets sought, by which peaks that are no ripple lie from a higher one
# Rise of the highest peak above the middle of all, over the variance of noise, below which noise
# may have made it: the energy explained by some 30 signals varies by 6 of it.
_CLEAR = 30.0
_TURNS, _ROUNDS = 4, 4
# Water that has more energy than so many times that of the bands is taken off first.
_STRONG_WATER, _ORDER = 1.0, 40


@dataclass(frozen=True, eq=False)
class Match:
    """Best match of a basis with each of some signals, (N,).

    Parameters
    ----------
    ppm, se
        Offset of the signal above the basis, and its standard error, ppm.
    explained, energy
        Energy that the basis explains there, and in all.

    """

    ppm: FloatArray
    se: FloatArray
    explained: FloatArray
    energy: FloatArray


@dataclass(frozen=True)
class _Sampling:
    """When and around which frequency signals are sampled, and what is compared of them."""

    points: int
    dwell: float
    frequency_mhz: float
    ppm_reference: float
    both_sides: bool

    @cached_property
    def band(self) -> slice:
        """The part of a spectrum that holds metabolites, water and their mirror image."""
        step = 1 / (self.points * self.dwell * self.frequency_mhz)
        reach = max(abs(ppm - self.ppm_reference) for ppm in (*_BAND_PPM, _WATER_PPM[1]))
        half = min(int(reach / step) + 1, self.points // 2)
        return slice(self.points // 2 - half, self.points // 2 + half)

    @cached_property
    def narrow(self) -> int:
        """Number of points of that band, and of signals made of it."""
        return int(self.band.stop - self.band.start)

    @cached_property
    def narrow_dwell(self) -> float:
        """From sample to sample of signals made of that band, s."""
        return self.dwell * self.points / self.narrow

    @cached_property
    def samples(self) -> int:
        """Number of their samples that are compared."""
        return min(int(_LASTS / self.narrow_dwell), int(_CLEAN * self.narrow))

    @cached_property
    def ppm(self) -> FloatArray:
        """Of the points of the band, rising."""
        return ppm_axis(self.narrow, self.narrow_dwell, self.frequency_mhz, self.ppm_reference)

    def within(self, low: float, high: float, ppm: FloatArray | None = None) -> BoolArray:
        """Tell which points, or chemical shifts, lie between two, or in the mirror image."""
        ppm = self.ppm if ppm is None else ppm
        sides = [ppm, 2 * self.ppm_reference - ppm][: 1 + self.both_sides]
        return np.asarray(np.any([(side >= low) & (side <= high) for side in sides], axis=0))

    @cached_property
    def compared(self) -> BoolArray:
        """Points of the band that are compared: of metabolites, less those of water."""
        return self.within(*_BAND_PPM) & ~self.within(*_WATER_PPM)


_sampling = lru_cache(maxsize=8)(_Sampling)  # kept with what follows from it, as scans share it


@dataclass(frozen=True, eq=False)
class _Bases:
    """A basis, (K, n), at one broadening, less its humps, and an orthonormal one of both."""

    signals: ComplexArray
    orthonormal: ComplexArray
    humps: ComplexArray

    @cached_property
    def gram(self) -> FloatArray:
        """Real parts of the products of all signals, (K, K)."""
        return np.asarray((self.signals.conj() @ self.signals.T).real)

    @cached_property
    def root(self) -> FloatArray:
        """Its upper triangular root, (K, K), as LAPACK lays it out."""
        regular = self.gram + 1e-9 * np.eye(len(self.gram))
        return np.asfortranarray(cholesky(regular, lower=False))


def best_match(signals: ComplexArray, scan: Scan, basis: Basis) -> Match:
    """Match signals, (N, T), sampled as those of a scan, with a basis, at 0.2–4.2 ppm.

    For an orthonormal basis q_k the energy explained at an offset f is
    ``sum_k |sum_t q_k(t)* s(t) exp(-2 pi i f t)|^2``: a Fourier transform gives it at all offsets.
    Where peaks rival, the one wins that amplitudes >= 0 of one phase explain best.
    """
    return _matches(signals, scan, basis, both_sides=False)[0]


def match_both_ways(signals: ComplexArray, scan: Scan, basis: Basis) -> tuple[Match, Match]:
    """Match signals and their conjugates, in the band of metabolites and its mirror image."""
    as_given, mirrored = _matches(signals, scan, basis, both_sides=True)
    return as_given, mirrored


@one_blas_thread()
def common_phase(signal: ComplexArray, scan: Scan, basis: Basis) -> float:
    """Return the one phase, rad, at which amplitudes >= 0 of a basis explain a signal best.

    The signal, (T,), is sampled as those of the scan, and lies where the basis does.
    """
    sampling = _sampling(
        scan.points, scan.dwell, scan.frequency_mhz, scan.ppm_reference, both_sides=False
    )
    compared = _compared(signal, sampling)
    tried = [_of_one_phase(compared, each) for each in _bases(basis, sampling)]
    return max(tried)[1]


@one_blas_thread()
def _matches(signals: ComplexArray, scan: Scan, basis: Basis, *, both_sides: bool) -> list[Match]:
    sampling = _sampling(
        scan.points, scan.dwell, scan.frequency_mhz, scan.ppm_reference, both_sides=both_sides
    )
    bases = _bases(basis, sampling)
    compared = [_compared(signal, sampling) for signal in signals]
    readings = [compared, [signal.conj() for signal in compared]][: 1 + both_sides]
    rows = [[_match(signal, bases, sampling) for signal in reading] for reading in readings]
    return [Match(*np.array(each).T) for each in rows]


def _match(
    signal: ComplexArray, bases: tuple[_Bases, ...], sampling: _Sampling
) -> tuple[float, float, float, float]:
    """Return offset and its standard error, ppm, and energies explained and whole."""
    energy = float(np.vdot(signal, signal).real)
    if not (np.isfinite(energy) and energy > 0):
        return np.nan, np.nan, 0.0, 0.0
    size = next_fast_len(6 * signal.size)
    hz = fftfreq(size, sampling.narrow_dwell)
    near = np.flatnonzero(np.abs(hz) <= LARGEST_PPM * sampling.frequency_mhz)
    near = near[np.argsort(hz[near])]
    curves = np.array(
        [
            np.sum(
                np.abs(fft(each.orthonormal.conj() * signal, size, axis=-1)[:, near]) ** 2, axis=0
            )
            for each in bases
        ]
    )
    width, top = _judged(curves, signal, bases, hz[near] * sampling.narrow_dwell)
    below, peak, above = curves[width, top - 1 : top + 2]
    bend = 2 * peak - below - above
    step = hz[near[1]] - hz[near[0]]
    at = hz[near[top]] + (step * 0.5 * (above - below) / bend if bend > 0 else 0.0)
    # the likelihood of an offset is exp(explained / 2 sigma^2): its curvature is 1 / variance
    noise = (energy - peak) / (2 * signal.size)
    clear = bend > 0 and peak - np.median(curves[width]) > 2 * _CLEAR * noise
    se = step * np.sqrt(2 * noise / bend) if clear else np.nan
    mhz = sampling.frequency_mhz
    return float(at / mhz), float(se / mhz), float(peak), energy


def _judged(
    curves: FloatArray, signal: ComplexArray, bases: tuple[_Bases, ...], turns: FloatArray
) -> tuple[int, int]:
    """Return broadening and offset, as indices, of the best of the peaks of energy explained."""
    curve = curves.max(axis=0)
    inner = curve[1:-1]
    peaks = 1 + np.flatnonzero((inner >= curve[:-2]) & (inner >= curve[2:]))
    if peaks.size == 0:
        peaks = np.array([int(np.clip(curve.argmax(), 1, curve.size - 2))])
    peaks = peaks[np.argsort(-curve[peaks])][:_RIVALS]
    rise = curve - curve.min()
    peaks = peaks[rise[peaks] >= _RIVAL * rise[peaks[0]]]
    apart = np.abs(np.subtract.outer(turns[peaks], turns[peaks])) >= _APART * np.ptp(turns)
    peaks = peaks[[bool(apart[k, :k].all()) for k in range(peaks.size)]]
    widths = curves[:, peaks].argmax(axis=0)
    if peaks.size == 1:
        return int(widths[0]), int(peaks[0])
    at = np.arange(signal.size)
    explained = [
        _of_one_phase(signal * np.exp(-2j * np.pi * turns[peak] * at), bases[width])[0]
        for peak, width in zip(peaks, widths, strict=True)
    ]
    best = int(np.argmax(explained))
    return int(widths[best]), int(peaks[best])


def _of_one_phase(signal: ComplexArray, bases: _Bases) -> tuple[float, float]:
    """Return the energy that humps, then amplitudes >= 0 of one phase, explain; and that phase."""
    humps = bases.humps.conj() @ signal
    products = bases.signals.conj() @ signal
    gram, root = bases.gram, bases.root
    most, best = 0.0, 0.0
    for turn in np.arange(_TURNS) * 2 * np.pi / _TURNS:
        phase = turn
        for _ in range(_ROUNDS):
            turned = (products * np.exp(-1j * phase)).real
            amplitude, _norm = nnls(root, dtrtrs(root, turned, trans=1)[0])
            if not amplitude.any():
                break
            total = complex(amplitude @ products)
            phase = math.atan2(total.imag, total.real)
        explained = 2 * (amplitude @ turned) - amplitude @ gram @ amplitude
        if explained > most:
            most, best = float(explained), phase
    return most + float(np.vdot(humps, humps).real), best


def _compared(signal: ComplexArray, sampling: _Sampling) -> ComplexArray:
    """Return a signal, (T,), in what is compared, (n,)."""
    band = fftshift(fft(signal))[sampling.band]
    power = np.abs(band) ** 2
    water = sampling.within(_CLEAR_PPM, _WATER_PPM[1])
    clear = sampling.within(_BAND_PPM[0], _CLEAR_PPM) & ~water
    if np.isfinite(power).all() and power[water].sum() > _STRONG_WATER * power[clear].sum():
        band = band - fftshift(fft(_water(ifft(ifftshift(band)), sampling)))
    return _narrowed(np.where(sampling.compared, band, 0.0), sampling)


def _water(signal: ComplexArray, sampling: _Sampling) -> ComplexArray:
    """Return the damped exponentials of a signal of the band that are water, or artefacts of it."""
    parts = damped_sum(signal, _ORDER)
    hz = parts.frequency(sampling.narrow_dwell)
    ppm = sampling.ppm_reference + hz / sampling.frequency_mhz
    clear = sampling.within(_BAND_PPM[0], _CLEAR_PPM, ppm)
    return parts.signal(sampling.narrow, ~clear)


def _narrowed(band: ComplexArray, sampling: _Sampling) -> ComplexArray:
    """Return the signals, (..., n), of a band of spectra."""
    signals = ifft(ifftshift(band, axes=-1), axis=-1)
    return np.asarray(signals[..., : sampling.samples])


@lru_cache(maxsize=8)
def _bases(basis: Basis, sampling: _Sampling) -> tuple[_Bases, ...]:
    """Return the basis in the sampling of a scan at every broadening; kept, as scans share it."""
    time = np.arange(sampling.points) * sampling.dwell
    fid = basis.resampled(sampling.dwell, sampling.points, sampling.frequency_mhz).fid
    turn = 2 * np.pi * (basis.ppm_reference - sampling.ppm_reference) * sampling.frequency_mhz
    fid = fid * np.exp(1j * turn * time)
    humps = np.asarray(qr(_humps(sampling).T, mode="economic")[0].T, dtype=complex)
    return tuple(_broadened(fid, humps, width, sampling) for width in _BROADENING_HZ)


def _broadened(fid: ComplexArray, humps: ComplexArray, width: float, sampling: _Sampling) -> _Bases:
    """Return a basis, (M, T), broadened, in the bands compared, less what its humps explain."""
    time = np.arange(sampling.points) * sampling.dwell
    spectra = fftshift(fft(fid * np.exp(-np.pi * width * time), axis=-1), axes=-1)
    signals = _narrowed(spectra[..., sampling.band], sampling)
    norm = np.linalg.norm(signals, axis=-1)
    signals = signals[norm > 1e-6 * norm.max()] / norm[norm > 1e-6 * norm.max(), None]
    signals = signals - (signals @ humps.conj().T) @ humps
    vectors, triangle, _ = qr(signals.T, mode="economic", pivoting=True)
    kept = np.abs(np.diag(triangle)) > _DEPENDENT
    return _Bases(signals, np.concatenate([humps, vectors.T[kept]]), humps)


def _humps(sampling: _Sampling) -> ComplexArray:
    """Return broad lines all over the band, (H, n)."""
    hz = (_HUMPS_PPM - sampling.ppm_reference) * sampling.frequency_mhz
    decay = np.pi * _HUMP_WIDTH_PPM * sampling.frequency_mhz
    time = np.arange(sampling.samples) * sampling.narrow_dwell
    return np.asarray(np.exp((2j * np.pi * hz[:, None] - decay) * time))
