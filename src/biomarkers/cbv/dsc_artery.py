"""The artery of a dynamic susceptibility series: drawn, or found by what a bolus looks like."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from biomarkers.cbv.dsc_signal import (
    checked_echoes,
    checked_signal,
    checked_time,
    find_baseline,
    relaxation_change,
)
from biomarkers.cbv.signals import Signals
from biomarkers.errors import ArteryError, InputError
from biomarkers.images.voxels import chosen_voxels
from biomarkers.kinetics import Artery, Input, find_artery
from biomarkers.kinetics.arrival import Baseline
from biomarkers.kinetics.bolus import describe

FloatArray = npt.NDArray[np.float64]

# Of the middle voxel's peak: blood volume there is a few percent, and vessels have many times
# that even where they fill a part of a voxel.
_ABOVE_TISSUE = 5.0
# Of the third highest peak: below it a voxel is partly tissue.
_OF_HIGHEST = 0.4


def dsc_input(
    signal: Signals,
    time: npt.ArrayLike,
    *,
    te: npt.ArrayLike,
    artery: npt.ArrayLike,
    baseline: Baseline | Literal["auto"] = "auto",
) -> Input:
    """Take the input from the voxels of an artery that was drawn: the mean of their curves.

    Parameters
    ----------
    signal, time, te, baseline
        As in `dsc`.
    artery
        Voxels of the artery, (...).

    Returns
    -------
    kinetics.Input
        Change of R2*, 1/s. Voxels whose signal sinks into the noise at the bolus are left out.

    Raises
    ------
    InputError
        If shapes do not fit, the artery has no voxel, or none can be read.

    """
    instants, echoes = checked_time(time), checked_echoes(te)
    series = checked_signal(signal, instants.size, echoes.times.size)
    chosen = np.asarray(artery, dtype=bool)
    if chosen.shape != series.shape[:-2]:
        raise InputError(f"artery of shape {chosen.shape} does not fit a series {series.shape}")
    if not chosen.any():
        raise InputError("the artery has no voxel; check the label it was taken from")
    voxels = series[chosen]
    window = find_baseline(voxels, echoes) if baseline == "auto" else baseline
    change = relaxation_change(voxels, echoes, window)
    sound = change.flags == 0
    if not sound.any():
        raise InputError(
            f"all {sound.size} voxels of the artery sink into the noise at the bolus, or have no "
            "signal; draw it where fewer voxels are pure blood, or beside the vessel"
        )
    return Input(instants, blood=change.curves[sound].mean(axis=0))


def dsc_artery(
    signal: Signals,
    time: npt.ArrayLike,
    *,
    te: npt.ArrayLike,
    baseline: Baseline | Literal["auto"] = "auto",
    mask: npt.ArrayLike | None = None,
    longest_width: float = 20.0,
) -> Artery:
    """Find the artery by what a first pass looks like in it.

    A voxel is taken if its peak is five times that of the middle voxel and four tenths of the
    highest, stands out of the noise, is no wider at half its height than `longest_width` and the
    mean of all voxels, which the way through tissue has widened, encloses the area of the others,
    arrives with the first, and touches others like it. Look at `plot()`.

    Parameters
    ----------
    signal, time, te, baseline, mask
        As in `dsc`.
    longest_width
        Longest full width at half maximum, s.

    Returns
    -------
    kinetics.Artery
        `.input`, `.mask`, `.curve` (1/s), `.reasons`, `.plot()`.

    Raises
    ------
    ArteryError
        If nothing looks like an artery; the message says at which tests voxels failed.
    InputError
        If shapes or settings do not fit.

    """
    instants, echoes = checked_time(time), checked_echoes(te)
    series = checked_signal(signal, instants.size, echoes.times.size)
    inside = chosen_voxels(series.reshape(*series.shape[:-2], -1), mask)
    voxels = series[inside]
    window = find_baseline(voxels, echoes) if baseline == "auto" else baseline
    change = relaxation_change(voxels, echoes, window)
    change.curves[change.flags != 0] = np.nan
    curves = np.full((*inside.shape, instants.size), np.nan)
    curves[inside] = change.curves
    return artery_among(curves, instants, inside, longest_width=longest_width)


def artery_among(
    curves: FloatArray,
    time: FloatArray,
    mask: npt.NDArray[np.bool_],
    *,
    longest_width: float = 20.0,
) -> Artery:
    """Find the artery among changes of R2*, (..., T), NaN where there is none."""
    inside = curves[mask]
    inside = inside[np.isfinite(inside).all(axis=1)]
    peaks = np.sort(inside.max(axis=1, initial=-np.inf))
    if peaks.size < 3:
        raise ArteryError(f"no artery: {peaks.size} voxels have signal throughout; give input=")
    width = min(longest_width, float(describe(inside.mean(axis=0)[None], time).width[0]))
    lowest = max(_ABOVE_TISSUE * float(np.median(peaks)), _OF_HIGHEST * float(peaks[-3]))
    try:
        return find_artery(curves, time, mask=mask, lowest_peak=lowest, longest_width=width)
    except ArteryError as error:
        raise ArteryError(
            f"{error}. Peaks had to reach {lowest:.3g} 1/s; the middle voxel has "
            f"{np.median(peaks):.3g} and the highest {peaks[-1]:.3g} 1/s"
        ) from error
