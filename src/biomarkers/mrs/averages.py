"""Averages of one voxel: brought to one frequency and phase, those unlike the rest left out."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarkers.mrs.scan import (
    AVERAGE,
    SPACE,
    ComplexArray,
    FloatArray,
    ProcessingStep,
    Scan,
    spectrum_of,
)

BoolArray = npt.NDArray[np.bool_]

# Where metabolites lie whose place does not change from average to average, unlike residual water.
STEADY_PPM = (1.8, 4.2)
_EDGE_PPM = 0.1  # over which the band's edges rise
_WIDEST_PPM = 0.2  # a shift is sought up to
_ENOUGH_HZ = 1.0  # standard error of a shift by metabolites alone; if larger, water helps
# Of the signal of a band, the share that ringing from its start does not reach around its end; a
# trace of that would tie shifts to multiples of 1 / duration.
_CLEAN = 0.75
_ROUNDS, _NEWTON = 4, 4
# An average is left out beyond so many robust standard deviations (Iglewicz & Hoaglin 1993).
UNLIKE = 3.5
_COMPARED = 0.4  # s, of the signals that are compared, as in FID-A
_FEWEST = 5  # averages of which one can be told to be unlike the rest

_REGISTER = (
    "spectral registration (Near 2015, doi:10.1002/mrm.25094), maximum likelihood, against the "
    "mean of those aligned, on {band}"
)
_REJECT = (
    "distance from the median signal up to 0.4 s (FID-A, Simpson 2017, doi:10.1002/mrm.26091), "
    "modified z-score above 3.5 (Iglewicz & Hoaglin 1993)"
)


@dataclass(frozen=True, eq=False)
class Alignment:
    """By how much signals lie above their mean: `shift` (N,) Hz, `phase` (N,) rad, `se_hz`."""

    shift: FloatArray
    phase: FloatArray
    se_hz: float


def register(scan: Scan, *, ppm: tuple[float, float] | None = STEADY_PPM) -> Scan:
    """Bring the averages of each voxel, and of each condition of editing, to one frequency.

    Shift and phase of an average are those of highest likelihood: the peak of its correlation with
    the mean of those aligned so far. Metabolites of 1.8–4.2 ppm decide where they tell a shift to
    1 Hz, as residual water has a phase of its own in each average; else the whole signal does.

    Parameters
    ----------
    scan
        Coils combined. With one average, or none, it is returned as it is.
    ppm
        The band that decides, ppm; None is the whole signal.

    Returns
    -------
    Scan
        The step's values: `shift_hz` and `phase` (..., N), rad, that were taken out, `se_hz` (the
        bound of Cramér and Rao), and `ppm`, the band that was used.

    References
    ----------
    Near J, Edden R, Evans CJ, et al. Magn Reson Med 2015;73:44. doi:10.1002/mrm.25094

    """
    averages = _averages(scan)
    if averages is None:
        return scan
    groups = averages.reshape(-1, *averages.shape[-2:])
    band = _band(scan, ppm)
    found = [_align_in_band(group, scan, band) for group in groups]
    if max(each.se_hz for each in found) > _ENOUGH_HZ:
        band = np.ones(scan.points)
        found = [_align_in_band(group, scan, band) for group in groups]
    shift = np.stack([each.shift for each in found]).reshape(averages.shape[:-1])
    phase = np.stack([each.phase for each in found]).reshape(averages.shape[:-1])
    aligned = averages * np.exp(-1j * (2 * np.pi * shift[..., None] * scan.time + phase[..., None]))
    used = (float(scan.ppm[band > 0].min()), float(scan.ppm[band > 0].max()))
    step = ProcessingStep(
        "registration of averages",
        _REGISTER.format(band=f"{used[0]:.1f} to {used[1]:.1f} ppm"),
        {
            "shift_hz": shift,
            "phase": phase,
            "se_hz": np.reshape([each.se_hz for each in found], averages.shape[:-2]),
            "ppm": used,
        },
    )
    return scan.with_fid(_put_back(aligned, scan), step)


def average(scan: Scan, *, reject: bool = True) -> Scan:
    """Average a scan over `DIM_DYN`, less those averages that are unlike the rest.

    Conditions of editing (`DIM_EDIT`) are never averaged.

    Parameters
    ----------
    scan
        With an axis `DIM_DYN`, or without one: then it is returned as it is.
    reject
        Whether to leave out averages; of fewer than 5, none is.

    Returns
    -------
    Scan
        Without that axis. Values of the steps: `rejected` (..., N) and the `score` of each;
        `count` that was averaged, (...).

    References
    ----------
    Simpson R, Devenyi GA, Jezzard P, Hennessy TJ, Near J. Magn Reson Med 2017;77:23.
    doi:10.1002/mrm.26091
    Iglewicz B, Hoaglin DC. How to detect and handle outliers. ASQC Quality Press 1993.

    """
    averages = _averages(scan)
    if averages is None:
        return _without_axis(scan)
    finite = np.isfinite(averages).all(axis=-1)
    score = _unlikeness(averages, scan.time <= _COMPARED) if reject else np.zeros(finite.shape)
    rejected = (score > UNLIKE) | ~finite
    kept = np.where(rejected.all(axis=-1, keepdims=True), True, ~rejected)
    count = kept.sum(axis=-1)
    mean = np.where(kept[..., None], averages, 0.0).sum(axis=-2) / count[..., None]
    steps = [ProcessingStep("averaging", "mean over DIM_DYN", {"count": count})]
    if rejected.any():
        values = {"rejected": rejected, "score": score}
        steps.insert(0, ProcessingStep("outlier rejection", _REJECT, values))
    return scan.with_fid(mean, *steps, axes=tuple(a for a in scan.axes if a != AVERAGE))


def _averages(scan: Scan) -> ComplexArray | None:
    """Return signals as (..., N, T), None if there is one average only."""
    if AVERAGE not in scan.axes:
        return None
    moved = np.moveaxis(scan.fid, len(SPACE) + scan.axes.index(AVERAGE), -2)
    return np.asarray(moved) if moved.shape[-2] > 1 else None


def _put_back(averages: ComplexArray, scan: Scan) -> ComplexArray:
    return np.asarray(np.moveaxis(averages, -2, len(SPACE) + scan.axes.index(AVERAGE)))


def _without_axis(scan: Scan) -> Scan:
    if AVERAGE not in scan.axes:
        return scan
    index = len(SPACE) + scan.axes.index(AVERAGE)
    axes = tuple(axis for axis in scan.axes if axis != AVERAGE)
    return scan.with_fid(scan.fid.squeeze(index), axes=axes)


def _band(scan: Scan, ppm: tuple[float, float] | None) -> FloatArray:
    """Return the weight of each point of a spectrum, (T,): 1 between the band's soft edges."""
    if ppm is None:
        return np.ones(scan.points)
    low, high = ppm
    inside = np.minimum(scan.ppm - low, high - scan.ppm) / _EDGE_PPM
    weight = 0.5 - 0.5 * np.cos(np.pi * np.clip(inside, 0.0, 1.0))
    usable = scan.nucleus == "1H" and (weight > 0).sum() >= 16
    return weight if usable else np.ones(scan.points)


def _align_in_band(signals: ComplexArray, scan: Scan, band: FloatArray) -> Alignment:
    """Align signals, (N, T), by a band of their spectra, as a signal of fewer samples."""
    inside = np.flatnonzero(band)
    chosen = spectrum_of(signals)[:, inside[0] : inside[-1] + 1] * band[inside[0] : inside[-1] + 1]
    narrow = np.fft.ifft(np.fft.ifftshift(chosen, axes=-1), axis=-1) * inside.size / scan.points
    dwell = scan.dwell * scan.points / inside.size
    narrow = narrow[:, : int(_CLEAN * inside.size)]
    return align(narrow, dwell, _WIDEST_PPM * scan.frequency_mhz)


def align(signals: ComplexArray, dwell: float, widest: float) -> Alignment:
    """Return shifts and phases of signals, (N, T), against the mean of those aligned.

    Parameters
    ----------
    signals
        Of one voxel, (N, T).
    dwell
        From sample to sample, s.
    widest
        A shift is at most this, Hz.

    """
    time = np.arange(signals.shape[-1]) * dwell
    energy = np.sum(np.abs(signals) ** 2, axis=-1)
    target = signals[np.argsort(energy)[energy.size // 2]]
    kept = np.ones(energy.size, dtype=bool)
    for _ in range(_ROUNDS):
        shift, phase = _most_likely(signals, target, time, widest)
        still = signals * np.exp(-1j * (2 * np.pi * shift[:, None] * time + phase[:, None]))
        kept = _unlikeness(still, np.ones(time.size, dtype=bool)) <= UNLIKE
        target = still[kept].mean(axis=0) if kept.any() else still.mean(axis=0)
    middle = np.mean(shift[kept]) if kept.any() else 0.0
    turn = np.angle(np.sum(np.exp(1j * phase[kept])))
    # what is left of all but `target` is noise; the bound for a shift beside an unknown phase
    noise = np.mean(np.abs(still[kept] - target) ** 2) / 2 if kept.any() else np.nan
    weight = np.abs(target) ** 2
    centre = np.average(time, weights=weight) if weight.any() else 0.0
    spread = np.sum(weight * (time - centre) ** 2)
    se = float(np.sqrt(noise / spread) / (2 * np.pi)) if spread > 0 else np.inf
    return Alignment(shift - middle, np.asarray(np.angle(np.exp(1j * (phase - turn)))), se)


def _most_likely(
    signals: ComplexArray, target: ComplexArray, time: FloatArray, widest: float
) -> tuple[FloatArray, FloatArray]:
    """Return shift, Hz, and phase, rad, of each signal where it correlates best with `target`.

    The peak of ``|sum_t target* signal exp(-2 pi i f t)|``: by FFT, then Newton's steps.
    """
    product = signals * target.conj()
    size = 4 * time.size
    frequency = np.fft.fftfreq(size, time[1])
    height = np.abs(np.fft.fft(product, size, axis=-1))
    height[:, np.abs(frequency) > widest] = 0.0
    omega = 2 * np.pi * frequency[height.argmax(axis=-1)]
    most = np.pi / (size * time[1])
    for _ in range(_NEWTON):
        turned = product * np.exp(-1j * omega[:, None] * time)
        sums = turned.sum(axis=-1)
        first = -1j * (turned @ time)
        second = -(turned @ time**2)
        slope = (sums.conj() * first).real
        curve = np.abs(first) ** 2 + (sums.conj() * second).real
        step = np.where(curve < 0, -slope / np.where(curve < 0, curve, -1.0), 0.0)
        omega = omega + np.clip(step, -most, most)
    sums = np.sum(product * np.exp(-1j * omega[:, None] * time), axis=-1)
    return omega / (2 * np.pi), np.asarray(np.angle(sums))


def _unlikeness(averages: ComplexArray, compared: BoolArray) -> FloatArray:
    """Return the modified z-score of the distance of each average from their median, (..., N)."""
    if averages.shape[-2] < _FEWEST:
        return np.zeros(averages.shape[:-1])
    signals = averages[..., compared]
    middle = np.nanmedian(signals.real, axis=-2) + 1j * np.nanmedian(signals.imag, axis=-2)
    distance = np.sqrt(np.mean(np.abs(signals - middle[..., None, :]) ** 2, axis=-1))
    centre = np.nanmedian(distance, axis=-1, keepdims=True)
    spread = np.nanmedian(np.abs(distance - centre), axis=-1, keepdims=True)
    # equal to rounding: nothing is unlike
    least = 1e-9 * np.abs(centre) + np.finfo(float).tiny
    return np.asarray(0.6745 * (distance - centre) / np.maximum(spread, least))
