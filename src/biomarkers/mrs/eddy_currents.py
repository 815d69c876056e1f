"""Eddy currents corrected by the phase of the water (Klose)."""

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.ndimage import uniform_filter1d

from biomarkers.arrays import ComplexArray, FloatArray
from biomarkers.mrs.damped import spread_of_noise
from biomarkers.mrs.scan import COIL, ProcessingStep, Scan

_METHOD = (
    "phase of the water (Klose 1990, doi:10.1002/mrm.1910140104), smoothed where noise rules it, "
    "carried on at its last frequency where there is no water"
)
# A phase is taken from so many samples that its standard error is below this, rad.
_PHASE_SE = 0.01
_WIDEST = 64  # samples it is taken from at most
_RELIABLE = 0.03  # rad; beyond, the phase is carried on


def correct_eddy_currents(scan: Scan) -> Scan:
    """Subtract the phase of the water, sample by sample, from a scan and from its water.

    Eddy currents shift the frequencies of water and metabolites alike; on water, one line, they
    are seen as its phase. Subtracting it also takes the water to frequency 0 and phase 0.

    Parameters
    ----------
    scan
        Coils combined. Without water, with coils left, or where the phase is 0 to 0.01 rad, it is
        returned as it is.

    Returns
    -------
    Scan
        The step's values: `phase` that was subtracted, (..., T), rad, `source` of the water.

    References
    ----------
    Klose U. Magn Reson Med 1990;14:26. doi:10.1002/mrm.1910140104

    """
    water = scan.water
    if water is None or COIL in (*scan.axes, *water.axes):
        return scan
    signal = _like(scan, water)
    own = _phases(signal)
    if _size(own, np.nan_to_num(signal)) < _PHASE_SE:
        return scan
    phase = _resampled(own, water.dwell, scan.time)
    step = ProcessingStep(
        "eddy-current correction", _METHOD, {"phase": phase, "source": water.source}
    )
    corrected = water.with_fid(water.fid * np.exp(-1j * _phases(water.fid)), step)
    return scan.with_fid(scan.fid * np.exp(-1j * phase), step, water=corrected)


def _phases(water: ComplexArray) -> FloatArray:
    """Return the phases of waters, (..., T); 0 of voxels without water, or without values."""
    signals = water.reshape(-1, water.shape[-1])
    known = np.isfinite(signals).all(axis=-1) & signals.any(axis=-1)
    phase = np.zeros(signals.shape)
    for k in np.flatnonzero(known):
        phase[k] = smooth_phase(signals[k])
    return phase.reshape(water.shape)


def _size(phase: FloatArray, water: ComplexArray) -> float:
    """Return the root mean square of a phase, weighted by the water's energy, rad."""
    energy = np.abs(water) ** 2
    return float(np.sqrt(np.average(phase**2, weights=energy))) if energy.any() else 0.0


def smooth_phase(water: ComplexArray) -> FloatArray:
    """Return the phase of a water signal, (T,), without jumps, rad.

    Each sample's is that of the mean of its neighbours, turned to frequency 0: of none where the
    water is strong, of more as it decays.
    """
    carrier = _carrier(water)
    still = water * np.exp(-1j * carrier)
    strength = np.maximum(np.abs(_mean(still, 9)), np.finfo(float).tiny)
    noise = spread_of_noise(still) / strength
    phase = np.angle(still)
    size = 3
    while size <= _WIDEST:  # a mean of n samples has an error of noise / sqrt(n)
        needed = noise > _PHASE_SE * np.sqrt(size / 2)
        phase = np.where(needed, np.angle(_mean(still, size)), phase)
        size *= 2
    last = _last_reliable(noise / np.sqrt(_WIDEST))
    known = np.unwrap(phase[: last + 1])
    turn = _turn(known, strength[: last + 1])
    beyond = known[-1] + turn * np.arange(1, water.size - known.size + 1)
    return np.asarray(carrier + np.concatenate([known, beyond]))


def _carrier(water: ComplexArray) -> FloatArray:
    """Return the phase of a steady turn at the water's mean frequency, (T,), rad."""
    turn = np.angle(np.sum(water[1:] * water[:-1].conj()))
    return np.asarray(turn * np.arange(water.size))


def _mean(signal: ComplexArray, size: int) -> ComplexArray:
    real = uniform_filter1d(signal.real, size, mode="nearest")
    return np.asarray(real + 1j * uniform_filter1d(signal.imag, size, mode="nearest"))


def _last_reliable(phase_se: FloatArray) -> int:
    """Return the sample before the first whose phase cannot be told."""
    lost = np.flatnonzero(phase_se > _RELIABLE)
    return int(lost[0]) - 1 if lost.size and lost[0] > 1 else phase_se.size - 1


def _turn(phase: FloatArray, strength: FloatArray) -> float:
    """Return the steady turn of the later half of a phase, weighted by the signal, rad a sample."""
    half = phase.size // 2
    if phase.size - half < 2:
        return 0.0
    at = np.arange(phase.size - half)
    return float(np.polyfit(at, phase[half:], 1, w=strength[half:])[0])


def _like(scan: Scan, water: Scan) -> ComplexArray:
    """Return the water's signals with axes as those of the scan, averaged over what it lacks."""
    signal = water.fid
    if water.axes == scan.axes and water.fid.shape[:-1] == scan.fid.shape[:-1]:
        return signal
    if water.axes:
        signal = signal.mean(axis=tuple(range(3, signal.ndim - 1)))
    return np.asarray(signal.reshape(*signal.shape[:3], *(1 for _ in scan.axes), -1))


def _resampled(phase: FloatArray, dwell: float, time: FloatArray) -> FloatArray:
    """Return phases at other times; after the end they turn on as they did last."""
    own = np.arange(phase.shape[-1]) * dwell
    if own.size == time.size and np.allclose(own, time):
        return phase
    half = own.size // 2
    turn = (phase[..., -1] - phase[..., half]) / (own[-1] - own[half])
    beyond = np.maximum(time - own[-1], 0.0)
    within = CubicSpline(own, phase, axis=-1)(np.minimum(time, own[-1]))
    return np.asarray(within + turn[..., None] * beyond)
