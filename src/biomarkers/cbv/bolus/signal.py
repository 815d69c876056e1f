"""From a dynamic T2*-weighted signal to the change of R2*, and what is wrong with a voxel."""

from dataclasses import dataclass
from enum import IntFlag
from typing import TypeAlias, cast

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray, IntArray
from biomarkers.cbv.signals import Signals, echo_times, unusual_values
from biomarkers.checks import as_numbers
from biomarkers.errors import InputError
from biomarkers.images import Image
from biomarkers.images.scaled import ScaledArray, Series
from biomarkers.kinetics.arrival import Baseline, baseline_before_arrival, checked_baseline

FlagArray = npt.NDArray[np.uint16]
Rows: TypeAlias = "slice | npt.NDArray[np.int64]"

_FEWEST_SAMPLES = 8
_FEWEST_FOR_NOISE = 4
# Voxels worked on at a time: few enough that what is made of them takes little memory.
CHUNK = 4096
# A signal this many standard deviations of the noise high, or lower, is no longer read as signal:
# a magnitude is 14 % too high at 2 and 6 % at 3 (Gudbjartsson & Patz, Magn Reson Med 1995;34:910).
_FLOOR = 3.0


class DSCFlag(IntFlag):
    """What is wrong with a voxel; 0 is nothing.

    Examples
    --------
    A voxel without a bolus:

    >>> import numpy as np
    >>> from biomarkers import cbv
    >>> time = 1.5 * np.arange(40)
    >>> bolus = np.where(time > 15, (time - 15) * np.exp(-(time - 15) / 4), 0)
    >>> signal = 100 * np.exp(-0.03 * np.outer([9, 1], bolus))
    >>> signal[1] = 100 + np.sin(np.arange(40))
    >>> artery = cbv.dsc_input(signal, time, te=0.03, artery=[True, False])
    >>> maps = cbv.dsc(signal, time, te=0.03, input=artery, baseline=(0, 10))
    >>> print(maps.reasons.has(cbv.DSCFlag.NO_BOLUS))
    [False  True]

    """

    MISSING = 1
    """A sample is not finite, or no signal is above zero."""
    NOISE_FLOOR = 2
    """At the bolus the signal sinks into the noise; the change of R2* is larger than measured."""
    NO_BOLUS = 4
    """No bolus stands out of the noise, or the curve encloses no area: flow cannot be known."""
    NO_LEAKAGE_FIT = 8
    """The leakage model could not be fitted."""
    NO_FIRST_PASS = 16
    """No first pass could be fitted, or it does not end within the series."""
    IMPLAUSIBLE = 32
    """Volume or transit time is beyond what can be, by more than the noise."""
    CUT_SHORT = 64
    """The series ends before the bolus has left: more than a twentieth of its area is missing."""
    FLOW_BIASED = 128
    """More than a tenth is the bias to be expected of flow and transit; a remark."""
    TAIL_REMAINS = 256
    """The curve ends higher than tissue of its volume and transit: leakage that is not corrected,
    or a signal that drifts or jumps."""


# Said of values that are there; by how much they are off is in the settings and notes.
REMARKS = DSCFlag.CUT_SHORT | DSCFlag.FLOW_BIASED | DSCFlag.TAIL_REMAINS


@dataclass(frozen=True, eq=False)
class Echoes:
    """How ln(signal) at each echo time makes R2*.

    Parameters
    ----------
    times
        Echo times, (E,), s.

    """

    times: FloatArray

    @property
    def weights(self) -> FloatArray:
        """What ln(signal) of each echo is multiplied with, (E,), 1/s.

        One echo takes the signal before contrast as unchanged by T1; the slope over two or more
        does not see T1 at all (Vonken et al., Magn Reson Med 2000;43:820).
        """
        if self.times.size == 1:
            return np.asarray(-1.0 / self.times)
        away = self.times - self.times.mean()
        return np.asarray(-away / (away @ away))


@dataclass(frozen=True, eq=False)
class Change:
    """The change of R2* of some voxels.

    Parameters
    ----------
    curves
        (V, T), 1/s; NaN throughout a voxel with a sample that has none.
    spread
        Variance of each sample for a signal before contrast with unit noise over itself, (V, T),
        1/s^2: noise weighs more where the bolus has taken the signal away.
    flags
        `DSCFlag` of each voxel, (V,).

    """

    curves: FloatArray
    spread: FloatArray
    flags: FlagArray


def checked_echoes(te: npt.ArrayLike) -> Echoes:
    """Return the echo times; `InputError` unless they are positive and differ."""
    return Echoes(echo_times(te))


def checked_time(time: npt.ArrayLike) -> FloatArray:
    """Return sample times, (T,); `InputError` unless there are enough and they increase."""
    instants = as_numbers("time", time)
    if instants.ndim != 1 or instants.size < _FEWEST_SAMPLES:
        raise InputError(
            f"time of shape {instants.shape}; expected a vector of at least {_FEWEST_SAMPLES} "
            "samples"
        )
    if not (np.isfinite(instants).all() and (np.diff(instants) > 0).all()):
        raise InputError("time must be finite and increase from sample to sample, in s")
    return instants


def unusual_sampling(time: FloatArray, echoes: Echoes) -> tuple[str, ...]:
    """Return what is unusual about sample and echo times, in words; `InputError` if impossible."""
    return unusual_values(
        ("bolus_te", echoes.times, "te"),
        ("bolus_span", np.ptp(time), "time, from first to last,"),
        ("bolus_spacing", np.median(np.diff(time)), "time, from sample to sample,"),
    )


def checked_signal(signal: Signals, samples: int, echoes: int) -> Series:
    """Return signals as (..., E, T), floating-point.

    Taken are (..., T) of one echo, a list of one series per echo, (..., E, T) and (..., T, E).
    """
    values = _values(signal, echoes)
    # Single precision is kept: a series fills much of the memory.
    if not np.issubdtype(values.dtype, np.floating):
        values = as_numbers("signal", values)
    if echoes == 1 and values.ndim and values.shape[-1] == samples:
        return values.reshape(*values.shape[:-1], 1, samples)
    if values.ndim > 1 and values.shape[-2:] == (echoes, samples):
        return values
    if values.ndim > 1 and values.shape[-2:] == (samples, echoes):
        return np.swapaxes(np.asarray(values), -1, -2)
    raise InputError(
        f"signal of shape {values.shape} does not fit {samples} sample times and {echoes} echo "
        "times; expected (..., T), for several echoes (..., E, T), (..., T, E) or a list of series"
    )


def _values(signal: Signals, echoes: int) -> Series:
    """Return an array or image as it is, and one series per echo as (..., E, T)."""
    if isinstance(signal, Image):
        return signal.data
    if isinstance(signal, ScaledArray):
        return signal
    if not isinstance(signal, list | tuple) or len(signal) != echoes:
        given = cast(npt.ArrayLike, signal)
        return given if isinstance(given, np.ndarray) else as_numbers("signal", given)
    if echoes == 1:  # a list of one series, or of one curve
        whole = isinstance(signal[0], Image) or np.ndim(signal[0]) > 1
        return _values(signal[0], 1) if whole else as_numbers("signal", signal)
    return np.stack([np.asarray(_values(each, 1)) for each in signal], axis=-2)


def find_baseline(rows: Series, echoes: Echoes, index: IntArray | None = None) -> Baseline:
    """Find the samples before contrast of signals (N, E, T), or some, at steady state already.

    Raises
    ------
    InputError
        If no bolus stands out of the mean curve.

    """
    total, count = np.zeros(rows.shape[-1]), 0
    which = np.arange(len(rows)) if index is None else index
    for some in np.array_split(which, which.size // (2 * CHUNK) + 1):
        part = np.asarray(rows[some], dtype=float)
        with np.errstate(divide="ignore", invalid="ignore"):
            rise = np.einsum("e,vet->vt", echoes.weights, np.log(part))
        sound = np.isfinite(rise).all(axis=1)
        total, count = total + rise[sound].sum(axis=0), count + int(sound.sum())
    if not count:
        raise InputError("no voxel has signal above zero at every sample; look at the series")
    mean = total / count
    return baseline_before_arrival(mean)


def relaxation_change(signal: FloatArray, echoes: Echoes, window: Baseline) -> Change:
    """Turn signals (V, E, T) into the change of R2* from the baseline's mean signal."""
    baseline = checked_baseline(window, signal.shape[-1])
    values = np.asarray(signal, dtype=float)
    flags = np.zeros(len(values), dtype=np.uint16)
    before = values[:, :, baseline]
    level = before.mean(axis=2, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(level > 0, values / level, np.nan)
        curves = np.einsum("e,vet->vt", echoes.weights, np.log(ratio))
        spread = np.einsum("e,vet->vt", echoes.weights**2, ratio**-2.0)
    missing = ~np.isfinite(curves).all(axis=1)
    curves[missing], spread[missing] = np.nan, np.nan
    flags[missing] |= np.uint16(DSCFlag.MISSING)
    if before.shape[2] >= _FEWEST_FOR_NOISE:
        lowest = (0.5 * (values[:, :, 1:] + values[:, :, :-1])).min(axis=2)
        sunk = (lowest < _FLOOR * before.std(axis=2, ddof=1)).any(axis=1)
        flags[sunk & ~missing] |= np.uint16(DSCFlag.NOISE_FLOOR)
    return Change(curves, spread, flags)
