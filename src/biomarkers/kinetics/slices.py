"""Slices that are taken one after the other: each has instants of its own."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_numbers
from biomarkers.errors import BiomarkersError, InputError
from biomarkers.estimates import Chosen
from biomarkers.kinetics.input import Input, moved_at

FloatArray = npt.NDArray[np.float64]

_ROUNDING = 1e-3  # share of a volume by which sidecars may be off
_CLOSE = 1e-6  # s: knots of an input that lie so close are one
_FAR, _THOUSAND = 10.0, 1e3


def slice_offsets(
    given: npt.ArrayLike | None,
    shape: tuple[int, ...],
    time: FloatArray | None,
    *,
    source: str = "slice_timing",
    error: type[BiomarkersError] = InputError,
) -> FloatArray | None:
    """Return how much later than its volume each voxel is taken, s, (N,); None if not given.

    Parameters
    ----------
    given
        Offsets of slices, s, that broadcast to the voxels: (Z,) for slices along the last axis,
        (X, 1, 1) for those along the first of three.
    shape
        Of the voxels.
    time
        Onsets of the volumes, (T,), s; None if they are not known.
    source, error
        What to name, and to raise.

    Raises
    ------
    BiomarkersError
        If offsets do not fit the voxels, or are not within the time from volume to volume.

    """
    if given is None:
        return None
    offsets = as_numbers(source, given)
    try:
        every = np.broadcast_to(offsets, shape)
    except ValueError as fault:
        raise error(
            f"{source} of shape {offsets.shape} does not fit voxels {shape}; expected one offset "
            "for each slice, along the slices' axis"
        ) from fault
    first, last = float(offsets.min()), float(offsets.max())
    step = np.inf if time is None or time.size < 2 else float(np.diff(time).min())
    if not (first >= 0.0 and last <= step * (1.0 + _ROUNDING)):
        in_ms = first >= 0.0 and _FAR * step < last <= _THOUSAND * step
        likely = "; it looks like ms" if in_ms else ""
        raise error(
            f"{source} goes from {first:g} to {last:g}; expected s within a volume, 0 to "
            f"{step:g}{likely}"
        )
    return np.array(every, dtype=float).reshape(-1)


def as_listed(given: npt.ArrayLike | None) -> list[float]:
    """Return offsets for a sidecar: one for each slice; the different ones of a map of them."""
    offsets = np.squeeze(np.asarray(0.0 if given is None else given, dtype=float))
    return np.atleast_1d(offsets if offsets.ndim < 2 else np.unique(offsets)).tolist()  # type: ignore[no-any-return]


def by_offset(offsets: FloatArray | None, chosen: Chosen) -> Iterator[tuple[float, Chosen]]:
    """Yield the chosen voxels that are taken together, and how much later than the volume, s."""
    if offsets is None:
        yield 0.0, chosen
        return
    own = offsets[chosen.index]
    for each in np.unique(own):
        yield float(each), Chosen(chosen.shape, chosen.index[own == each])


def seen_at(input: Input, offsets: FloatArray) -> Input:
    """Return what feeds a mean curve whose parts are taken at different offsets, (V,), s.

    Tissue answers to its input in the same way at all times, and a mean of answers is the answer
    to the mean: of the input as each part sees it.
    """
    each, count = np.unique(offsets, return_counts=True)
    if each.size == 1:
        return input.shifted(-float(each[0])) if each[0] else input
    knots = np.sort((input.time - each[:, None]).ravel())
    knots = knots[np.append(np.diff(knots) > _CLOSE, True)]
    share = count / count.sum()

    def mean(values: FloatArray | None) -> FloatArray | None:
        if values is None:
            return None
        seen = [np.interp(knots + late, input.time, values, left=0.0) for late in each]
        return np.asarray(share @ np.array(seen))

    blood, plasma = mean(input.blood), mean(input.plasma)
    errors = moved_at(input, knots)
    return replace(input, time=knots, blood=blood, plasma=plasma, errors=errors, hct=None)


def on_one_clock(
    curves: FloatArray, time: FloatArray, offsets: FloatArray | None
) -> tuple[FloatArray, FloatArray]:
    """Return curves (V, T) of different offsets (V,), s, at the instants (T,) of their middle.

    Between its samples a curve is taken as in `smooth_between_samples`; at its ends it holds.
    """
    if offsets is None or not len(curves):
        return curves, time
    middle = time + offsets.mean()
    if np.ptp(offsets) == 0.0:
        return curves, middle
    moved, sound = np.full(curves.shape, np.nan), np.isfinite(curves).all(axis=1)
    for each in np.unique(offsets):
        rows = np.flatnonzero(sound & (offsets == each))
        moved[rows] = read_at(curves[rows], time + each, middle)
    return moved, middle


def read_at(curves: FloatArray, time: FloatArray, instants: FloatArray) -> FloatArray:
    """Return curves (..., T) of finite values at other instants, s, as `on_one_clock` does."""
    from scipy.interpolate import PchipInterpolator  # noqa: PLC0415  (slow to import)

    at = np.clip(instants, time[0], time[-1])
    return np.asarray(PchipInterpolator(time, curves, axis=-1)(at))
