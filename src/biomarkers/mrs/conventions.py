"""What files leave open, told from the signals: orientation, offset, first sample, water.

Inside the package the first sample of a signal is whole, the signal at time 0. Files that halve
it, so that its Fourier transform has no offset, are told by `first_point` and mended: a model
whose first sample is whole, fitted to data whose is halved, lies off by a constant.
"""

from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from biomarkers.arrays import ComplexArray, FloatArray
from biomarkers.checks import as_numbers
from biomarkers.errors import InputError
from biomarkers.mrs.basis import Basis
from biomarkers.mrs.damped import damped_sum
from biomarkers.mrs.matching import Match, best_match, match_both_ways
from biomarkers.mrs.scan import WATER_PPM, ProcessingStep, Scan

# Samples and exponentials by which a signal is carried back to its first sample.
_EARLY, _ORDERS = 512, (16, 8)
# Half is told from whole at the middle between them; below the least it is neither.
_LEAST, _MIDDLE, _LARGEST_SE = 0.25, 0.75, 0.1
_POOLED = 32  # signals, the strongest, that decide for all of a scan

# Water is described by so few exponentials that the ringing of a receiver's filter, which lasts
# some samples, is not taken for decay; lines of it lie this near, and are this wide at most, ppm;
# fits of other samples, from the third or fourth on, for so many s, say how sure its start is.
_WATER_ORDER, _WATER_PPM = 6, 1.0
_FITTED = tuple(product((2, 3), (0.03, 0.06, 0.12)))

# An offset is taken from the water where the basis tells it no better than this, ppm.
_LARGEST_OFFSET_SE = 0.01


@dataclass(frozen=True)
class FirstPoint:
    """The first sample against the later ones carried back to it.

    Parameters
    ----------
    ratio
        First sample over what the others say; its real part is near 1, or near 0.5.
    se
        Standard error of its modulus.
    halved
        Whether it is half of what it should be.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.mrs import first_point
    >>> signal = np.exp((-20 + 300j) * np.arange(512) * 0.5e-3)
    >>> signal[0] *= 0.5
    >>> point = first_point(signal)
    >>> point.halved, round(point.ratio.real, 3)
    (True, 0.5)

    """

    ratio: complex
    se: float
    halved: bool


@dataclass(frozen=True)
class Orientation:
    """Whether signals are mirrored, by a quick linear fit of the basis to both readings.

    Parameters
    ----------
    conjugated
        Whether the signals' conjugate fits the basis better: the spectrum is mirrored.
    unexplained, unexplained_conjugated
        Share of the energy in the bands of the basis (and their mirror image) that it leaves, of
        the signals as given and of their conjugates; what is noise counts as unexplained.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import mrs
    >>> basis = mrs.simulate_basis(field_t=3.0, metabolites=("NAA", "Cr"), points=1024)
    >>> fid = [3.0, 2.0] @ basis.fid * np.exp(-15.0 * basis.time)
    >>> scan = mrs.Scan(fid.reshape(1, 1, 1, -1), basis.dwell, basis.frequency_mhz)
    >>> seen = mrs.orientation(scan, basis)
    >>> seen.conjugated, seen.unexplained < 0.01 < seen.unexplained_conjugated
    (False, True)

    """

    conjugated: bool
    unexplained: float
    unexplained_conjugated: float


@dataclass(frozen=True, eq=False)
class FrequencyOffset:
    """How far the signals of a scan lie above those of the basis.

    Parameters
    ----------
    ppm
        Offset, ppm; shape () for one voxel, (x, y, z) for a grid. NaN where neither the basis nor
        a water tells it.
    se
        Its standard error, ppm; NaN where it is not known, as that of the water.
    by_water
        Whether it is the water's, as the basis does not tell it.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import mrs
    >>> basis = mrs.simulate_basis(field_t=3.0, metabolites=("NAA", "Cr"), points=1024)
    >>> fid = [3.0, 2.0] @ basis.fid * np.exp(-15.0 * basis.time)
    >>> scan = mrs.Scan(fid.reshape(1, 1, 1, -1), basis.dwell, basis.frequency_mhz)
    >>> offset = mrs.frequency_offset(scan, basis)
    >>> print(f"{abs(offset.ppm):.2f} ppm, by the water: {offset.by_water}")
    0.00 ppm, by the water: False

    """

    ppm: FloatArray
    se: FloatArray
    by_water: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]


@dataclass(frozen=True, eq=False)
class WaterAmplitude:
    """Signal of the water at time 0, shape () for one voxel, (x, y, z) for a grid.

    Parameters
    ----------
    value
        Modulus, in the unit of the signals.
    se
        Standard error: noise, and the spread over fits of other samples.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.mrs import Scan, water_amplitude
    >>> signal = 5e4 * np.exp((-20 + 30j) * np.arange(512) * 5e-4).reshape(1, 1, 1, -1)
    >>> water = Scan(signal, 5e-4, 127.7)
    >>> amplitude = water_amplitude(Scan(0.001 * signal, 5e-4, 127.7, water=water))
    >>> round(float(amplitude.value), 3), bool(amplitude.se < 1)
    (50000.0, True)

    """

    value: FloatArray
    se: FloatArray


def first_point(fid: ComplexArray) -> FirstPoint:
    """Tell whether the first sample of a signal, (T,), is halved.

    Damped exponentials fitted to the samples after it are carried back to time 0.

    Examples
    --------
    >>> from biomarkers.mrs import first_point
    >>> import numpy as np
    >>> signal = np.exp((-20 + 300j) * np.arange(512) * 0.5e-3)
    >>> signal[0] *= 0.5
    >>> first_point(signal).halved
    True

    """
    fid = fid if isinstance(fid, np.ndarray) else as_numbers("fid", fid)
    if fid.ndim != 1 or fid.dtype.kind not in "iufc" or not np.isfinite(fid).all():
        raise InputError(f"fid of shape {fid.shape} and type {fid.dtype}; expected finite samples")
    if not np.abs(fid).max(initial=0.0) > np.finfo(float).tiny:
        return FirstPoint(complex(np.nan), np.inf, False)
    best = FirstPoint(complex(np.nan), np.inf, False)
    for order in _ORDERS:
        parts = damped_sum(fid[: _EARLY + 1], order)
        size = abs(parts.start)
        if not size > 0:
            continue
        ratio, se = complex(fid[0] / parts.start), parts.start_se / size
        if se < best.se:
            halved = _LEAST < ratio.real < _MIDDLE and se < _LARGEST_SE
            best = FirstPoint(ratio, se, halved)
    return best


def whole_first_point(scan: Scan) -> Scan:
    """Return a scan, and its water, whose first samples are whole; each is judged on its own.

    The strongest signals decide for all; those of a mended scan are twice as large at time 0.
    """
    water = None if scan.water is None else whole_first_point(scan.water)
    signals = scan.fid.reshape(-1, scan.points)
    signals = signals[np.isfinite(signals).all(axis=-1)]
    energy = np.sum(np.abs(signals) ** 2, axis=-1)
    judged = [first_point(signals[k]) for k in np.argsort(-energy)[:_POOLED]]
    clear = [each for each in judged if each.se < _LARGEST_SE]
    if 2 * sum(each.halved for each in clear) <= len(clear):
        return replace(scan, water=water)
    ratio = float(np.median([each.ratio.real for each in clear]))
    step = ProcessingStep(
        "first sample",
        "doubled, as it is half of what the decay after it says",
        {"ratio": ratio},
    )
    return scan.with_fid(_doubled(scan.fid), step, water=water)


def orientation(scan: Scan, basis: Basis) -> Orientation:
    """Tell whether the signals of a scan are mirrored against a basis.

    The basis, free in amplitude and phase, shifted up to 0.35 ppm and broadened, is fitted to the
    signals and to their conjugates.

    Parameters
    ----------
    scan
        Coils and averages combined; of a grid the strongest voxels decide.
    basis
        Of the same field and sequence.

    Raises
    ------
    InputError
        If the signals are 0, or have no finite value.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import mrs
    >>> basis = mrs.simulate_basis(field_t=3.0, metabolites=("NAA", "Cr"), points=1024)
    >>> fid = [3.0, 2.0] @ basis.fid * np.exp(-15.0 * basis.time)
    >>> scan = mrs.Scan(fid.reshape(1, 1, 1, -1), basis.dwell, basis.frequency_mhz)
    >>> mirrored = scan.with_fid(scan.fid.conj())
    >>> mrs.orientation(scan, basis).conjugated, mrs.orientation(mirrored, basis).conjugated
    (False, True)

    """
    signals = _strongest(scan)
    left = [_unexplained(match) for match in match_both_ways(signals, scan, basis)]
    return Orientation(left[1] < left[0], *left)


def frequency_offset(scan: Scan, basis: Basis) -> FrequencyOffset:
    """Tell by how much the signals of a scan lie above those of a basis, up to 0.35 ppm.

    The offset at which the whole basis, free in amplitude and phase, explains most of the signal;
    where that is not told to 0.01 ppm and the scan has water, how far that lies from 4.65 ppm.

    Parameters
    ----------
    scan
        Coils and averages combined, not mirrored.
    basis
        Of the same field and sequence.

    Raises
    ------
    InputError
        If the signals are 0, or have no finite value.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import mrs
    >>> basis = mrs.simulate_basis(field_t=3.0, metabolites=("NAA", "Cr"), points=1024)
    >>> fid = [3.0, 2.0] @ basis.fid * np.exp(-15.0 * basis.time)
    >>> scan = mrs.Scan(fid.reshape(1, 1, 1, -1), basis.dwell, basis.frequency_mhz)
    >>> turn = np.exp(2j * np.pi * 0.1 * scan.frequency_mhz * scan.time)  # 0.1 ppm up
    >>> print(f"{mrs.frequency_offset(scan.with_fid(scan.fid * turn), basis).ppm:.2f}")
    0.10

    """
    match = best_match(_voxels(scan), scan, basis)
    ppm, se = np.where(np.isnan(match.se), np.nan, match.ppm), match.se
    by_water = np.zeros(ppm.shape, dtype=bool)
    if scan.water is not None:
        by_water = ~(se <= _LARGEST_OFFSET_SE)
        ppm = np.where(by_water, _water_offset(scan.water), ppm)
        se = np.where(by_water, np.nan, se)
    shape = scan.fid.shape[:3] if scan.is_grid else ()
    return FrequencyOffset(ppm.reshape(shape), se.reshape(shape), by_water.reshape(shape))


def water_amplitude(scan: Scan) -> WaterAmplitude:
    """Return the signal of a scan's water at time 0, from its fitted decay.

    Damped exponentials within 1 ppm of the water, carried back to time 0: the first samples, often
    halved or bent by the receiver's filter, do not count.

    Parameters
    ----------
    scan
        With `water`, coils and averages combined.

    Raises
    ------
    InputError
        If it has no water.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.mrs import Scan, water_amplitude
    >>> signal = 5e4 * np.exp((-20 + 30j) * np.arange(512) * 5e-4).reshape(1, 1, 1, -1)
    >>> signal[..., 0] *= 0.5  # as files have it that halve the first sample
    >>> scan = Scan(0.001 * signal, 5e-4, 127.7, water=Scan(signal, 5e-4, 127.7))
    >>> round(float(water_amplitude(scan).value), 3)
    50000.0

    """
    if scan.water is None:
        raise InputError(
            f"{scan.source} has no water reference; give it as mrs.load(..., water=...)"
        )
    fitted = np.array([_decay(signal, scan.water) for signal in _voxels(scan.water)])
    shape = scan.water.fid.shape[:3] if scan.water.is_grid else ()
    return WaterAmplitude(fitted[:, 0].reshape(shape), fitted[:, 1].reshape(shape))


def _decay(signal: ComplexArray, scan: Scan) -> tuple[float, float]:
    """Return modulus of a water signal at time 0, and its standard error."""
    values, errors = [], []
    for first, lasts in _FITTED:
        early = signal[: max(int(lasts / scan.dwell), 8 * _WATER_ORDER)]
        parts = damped_sum(early, _WATER_ORDER, first=first)
        if parts.pole.size == 0:
            return np.nan, np.nan
        rate = np.log(parts.pole) / (2 * np.pi * scan.dwell * scan.frequency_mhz)
        main = rate.imag[np.abs(parts.amplitude).argmax()]
        near = (np.abs(rate.imag - main) <= _WATER_PPM) & (-2 * rate.real <= _WATER_PPM)
        values.append(abs(parts.amplitude[near].sum()))
        errors.append(parts.noise * np.sqrt(abs(parts.covariance[np.ix_(near, near)].sum())))
    return float(np.median(values)), float(np.hypot(np.median(errors), np.std(values, ddof=1)))


def _water_offset(water: Scan) -> FloatArray:
    """Return how far the mean frequency of water lies above 4.65 ppm, (voxels,), ppm."""
    signals = _voxels(water)[:, 1:]
    turn = np.angle(np.sum(signals[:, 1:] * signals[:, :-1].conj(), axis=-1))
    place = turn / (2 * np.pi * water.dwell * water.frequency_mhz)
    return np.asarray(water.ppm_reference + place - WATER_PPM)


def _voxels(scan: Scan) -> ComplexArray:
    """Return the signals of a scan's voxels, (voxels, T); `InputError` if axes are left."""
    if scan.axes:
        raise InputError(
            f"{scan.source} has {', '.join(scan.axes)}; combine them first with mrs.preprocess"
        )
    return np.asarray(scan.fid.reshape(-1, scan.points))


def _strongest(scan: Scan) -> ComplexArray:
    signals = _voxels(scan)
    energy = np.nan_to_num(np.sum(np.abs(signals) ** 2, axis=-1))
    if not energy.any():
        raise InputError(f"{scan.source}: no signal; every sample is 0 or missing (NaN)")
    return np.asarray(signals[np.argsort(-energy)[:_POOLED]])


def _unexplained(match: Match) -> float:
    return float(1.0 - np.nansum(match.explained) / np.nansum(match.energy))


def _doubled(fid: ComplexArray) -> ComplexArray:
    out = fid.copy()
    out[..., 0] *= 2.0
    return out
