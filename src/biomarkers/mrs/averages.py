"""Averages of one voxel: brought to one frequency and phase, those unlike the rest left out."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d

from biomarkers.arrays import BoolArray, ComplexArray, FloatArray
from biomarkers.mrs.scan import AVERAGE, SPACE, ProcessingStep, Scan, spectrum_of

# Where metabolites lie whose place does not change from average to average, unlike residual water.
STEADY_PPM = (1.8, 4.2)
_EDGE_PPM = 0.1  # over which the band's edges rise
_WIDEST_PPM = 0.2  # a shift is sought up to
# Energy of an average over the variance of noise, below which a peak of noise may be taken for that
# of its correlation: at 25 one in 5000 averages among 50 independent shifts (exp(-25/2) each).
_CLEAR = 25.0
_ENOUGH_HZ = 1.0  # standard error of a shift by metabolites alone; if larger, water helps
# Of the signal of a band, the share that ringing from its start does not reach around its end; a
# trace of that would tie shifts to multiples of 1 / duration.
_CLEAN = 0.75
_CUTS, _ROUNDS, _NEWTON = 3, 3, 4
_SMOOTH = 15  # samples over which the power of the mean is smoothed
# An average is left out beyond so many robust standard deviations (Iglewicz & Hoaglin 1993).
UNLIKE = 3.5
_COMPARED = 0.4  # s, of the signals that are compared, as in FID-A
_FEWEST = 5  # averages of which one can be told to be unlike the rest

_REGISTER = (
    "spectral registration (Near 2015, doi:10.1002/mrm.25094), maximum likelihood, against the "
    "mean of those aligned, in a band of metabolites or, where that does not tell, whole"
)
_REJECT = (
    "distance from the median signal up to 0.4 s (FID-A, Simpson 2017, doi:10.1002/mrm.26091), "
    "modified z-score above 3.5 (Iglewicz & Hoaglin 1993)"
)


@dataclass(frozen=True, eq=False)
class Alignment:
    """By how much signals lie above their middle: `shift` (N,) Hz, `phase` (N,) rad, `se_hz`.

    `ppm` is the band that tells it.
    """

    shift: FloatArray
    phase: FloatArray
    se_hz: float
    ppm: tuple[float, float] = (np.nan, np.nan)


def register(scan: Scan, *, ppm: tuple[float, float] | None = STEADY_PPM) -> Scan:
    """Bring the averages of each voxel, and of each condition of editing, to one frequency.

    Shift and phase of an average are those of highest likelihood: the peak of its correlation with
    the mean of those aligned so far. Metabolites of 1.8–4.2 ppm decide where they tell a shift to
    1 Hz, as residual water has a phase of its own in each average; else the whole signal does.

    Parameters
    ----------
    scan
        Coils combined. With one average, or where noise hides the shifts, it is returned as it is.
    ppm
        The band that decides, ppm; None is the whole signal.

    Returns
    -------
    Scan
        The step's values: `shift_hz` and `phase` (..., N), rad, that were taken out, `se_hz` (the
        bound of Cramér and Rao), and `ppm` (..., 2), the band that told them.

    References
    ----------
    Near J, Edden R, Evans CJ, et al. Magn Reson Med 2015;73:44. doi:10.1002/mrm.25094

    """
    averages = _averages(scan)
    if averages is None:
        return scan
    groups = averages.reshape(-1, *averages.shape[-2:])
    bands = [_band(scan, ppm), np.ones(scan.points)]
    alignments = [_align_in_bands(group, scan, bands) for group in groups]
    clear = np.isfinite([each.se_hz for each in alignments])[:, None]
    if not clear.any():
        return scan
    shift, phase = (
        np.where(clear, np.stack(rows), 0.0).reshape(averages.shape[:-1])
        for rows in ([each.shift for each in alignments], [each.phase for each in alignments])
    )
    aligned = _still(averages, scan.time, shift, phase)
    kinds = averages.shape[:-2]
    step = ProcessingStep(
        "registration of averages",
        _REGISTER,
        {
            "shift_hz": shift,
            "phase": phase,
            "se_hz": np.reshape([each.se_hz for each in alignments], kinds),
            "ppm": np.reshape([each.ppm for each in alignments], (*kinds, 2)),
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


def _align_in_bands(signals: ComplexArray, scan: Scan, bands: list[FloatArray]) -> Alignment:
    """Align signals, (N, T), by the first band that tells shifts well enough, else the last."""
    nothing = np.zeros(len(signals))
    alignment = Alignment(nothing, nothing, np.inf)
    if not np.isfinite(signals).all(axis=-1).any():
        return alignment
    for band in bands:
        alignment = _align_in_band(signals, scan, band)
        if alignment.se_hz <= _ENOUGH_HZ:
            break
    return alignment


def _align_in_band(signals: ComplexArray, scan: Scan, band: FloatArray) -> Alignment:
    """Align signals, (N, T), by a band of their spectra, as signals of fewer samples.

    Lines that move across the band's edges would draw the shifts: what has been aligned is cut
    anew, until nothing moves.
    """
    inside = np.flatnonzero(band)
    cut = slice(inside[0], inside[-1] + 1)
    dwell = scan.dwell * scan.points / inside.size
    shift, phase = np.zeros(len(signals)), np.zeros(len(signals))
    for _ in range(_CUTS):
        still = _still(signals, scan.time, shift, phase)
        chosen = spectrum_of(still)[:, cut] * band[cut]
        narrow = np.fft.ifft(np.fft.ifftshift(chosen, axes=-1), axis=-1)
        narrow = narrow[:, : int(_CLEAN * inside.size)] * inside.size / scan.points
        more = align(narrow, dwell, _WIDEST_PPM * scan.frequency_mhz)
        shift, phase = shift + more.shift, phase + more.phase
    used = scan.ppm[inside[[0, -1]]]
    turned = np.asarray(np.angle(np.exp(1j * phase)))
    return Alignment(shift, turned, more.se_hz, (float(used[0]), float(used[1])))


def _still(
    signals: ComplexArray, time: FloatArray, shift: FloatArray, phase: FloatArray
) -> ComplexArray:
    """Return signals, (..., N, T), less shifts, Hz, and phases, rad, (..., N)."""
    turn = 2 * np.pi * shift[..., None] * time + phase[..., None]
    return np.asarray(signals * np.exp(-1j * turn))


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
    time = np.asarray(np.arange(signals.shape[-1]) * dwell, dtype=float)
    targets = _common(signals)
    for _ in range(_ROUNDS):
        shift, phase = _most_likely(signals, targets, time, widest)
        still = _still(signals, time, shift, phase)
        kept = _unlikeness(still, np.ones(time.size, dtype=bool)) <= UNLIKE
        targets, power, noise = _others_mean(still, kept)
    turn = np.angle(np.sum(np.exp(1j * phase[kept])))
    # the bound of Cramér and Rao for a shift beside an unknown phase
    centre = np.average(time, weights=power) if power.any() else 0.0
    spread = np.sum(power * (time - centre) ** 2)
    clear = power[time > 0.5 / widest].sum() > _CLEAR * noise  # earlier, shifts look alike
    se = float(np.sqrt(noise / 2 / spread) / (2 * np.pi)) if clear and spread > 0 else np.inf
    phase = np.asarray(np.angle(np.exp(1j * (phase - turn))))
    return Alignment(shift - np.median(shift), phase, se)


def _common(signals: ComplexArray) -> ComplexArray:
    """Return what signals, (N, T), have most in common, (1, T), whatever their phases."""
    norm = np.linalg.norm(signals, axis=-1, keepdims=True)
    alike = np.where(norm > 0, np.nan_to_num(signals) / np.where(norm > 0, norm, 1.0), 0.0)
    return np.asarray(np.linalg.svd(alike, full_matrices=False)[2][:1])


def _others_mean(signals: ComplexArray, kept: BoolArray) -> tuple[ComplexArray, FloatArray, float]:
    """Return for each signal, (N, T), the mean of the others kept; its power, (T,); noise.

    A signal compared with a mean that it is part of stays where it is. The mean is shrunk where
    noise rules it (Wiener); what is returned last is the noise's variance, of complex samples.
    """
    count = max(int(kept.sum()), 2)
    total = signals[kept].sum(axis=0)
    noise = float(np.mean(np.abs(signals[kept] - total / count) ** 2)) * count / (count - 1)
    smooth = uniform_filter1d(np.abs(total / count) ** 2, _SMOOTH, mode="nearest")
    clear = smooth > (1 + 3 / np.sqrt(_SMOOTH)) * noise / count
    power = np.where(clear, smooth - noise / count, 0.0)
    gain = power / np.where(smooth > 0, smooth, 1.0)
    others = (total - kept[:, None] * signals) / (count - kept[:, None])
    return np.asarray(gain * others), power, noise


def _most_likely(
    signals: ComplexArray, targets: ComplexArray, time: FloatArray, widest: float
) -> tuple[FloatArray, FloatArray]:
    """Return shift, Hz, and phase, rad, of each signal where it correlates best with its target.

    The peak of ``|sum_t target* signal exp(-2 pi i f t)|``: by FFT, then Newton's steps.
    """
    product = signals * targets.conj()
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
    known = np.isfinite(signals).any(axis=(-1, -2), keepdims=True)
    signals = np.where(known, signals, 0.0)
    middle = np.nanmedian(signals.real, axis=-2) + 1j * np.nanmedian(signals.imag, axis=-2)
    distance = np.sqrt(np.mean(np.abs(signals - middle[..., None, :]) ** 2, axis=-1))
    centre = np.nanmedian(distance, axis=-1, keepdims=True)
    spread = np.nanmedian(np.abs(distance - centre), axis=-1, keepdims=True)
    # equal to rounding: nothing is unlike
    least = 1e-9 * np.abs(centre) + np.finfo(float).tiny
    return np.asarray(0.6745 * (distance - centre) / np.maximum(spread, least))
