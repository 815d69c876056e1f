"""Which volumes of a series are used, and whether times and input are what they should be."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_mask
from biomarkers.errors import InputError
from biomarkers.kinetics import Input
from biomarkers.kinetics.volumes import Unusable, unusable_volumes
from biomarkers.ranges import check_possible

FloatArray = npt.NDArray[np.float64]
LeftOut = Sequence[int] | Literal["none"]

_SAMPLED = 1000  # voxels
_AIR = 0.1  # of the brightest: what is darker is not looked at
_MANY = 10  # voxels: what fewer show may be their own, and no fault of the volume
# The first pass lies between samples if one step of the input is so long, s, and makes so much of
# its peak: vp then depends on where the samples happened to lie (by 15 % and more).
_LONG, _STEEP = 8.0, 0.75


def find_unusable(series: FloatArray, mask: npt.ArrayLike | None, before: slice | None) -> Unusable:
    """Find volumes before the steady state and corrupt ones.

    Parameters
    ----------
    series
        Signal, (..., T).
    mask
        Voxels to look at, (...); all that have signal without one.
    before
        Samples before contrast, where they were given: if none of them were left, they stay.

    """
    rows = series.reshape(-1, series.shape[-1])
    if mask is not None:
        rows = rows[as_mask("mask", mask, series.shape[:-1]).reshape(-1)]
    rows = np.asarray(rows[:: max(1, len(rows) // _SAMPLED)], dtype=float)
    there = np.isfinite(rows) & (rows > 0)
    rows, there = (each[2 * there.sum(axis=1) > rows.shape[1]] for each in (rows, there))
    if not len(rows):
        return Unusable()
    usual = np.nanmedian(np.where(there, rows, np.nan), axis=1)
    bright = usual >= _AIR * np.quantile(usual, 0.95)
    level = np.where(there, rows, np.nan)[bright] / usual[bright, None]
    blank = 2 * there.sum(axis=0) < len(rows)
    level = level[np.isfinite(level[:, ~blank]).all(axis=1)]
    if not len(level):
        return Unusable()
    curve = np.full(len(blank), np.nan)
    curve[~blank] = np.log(np.median(level[:, ~blank], axis=0))
    found = unusable_volumes(curve, brightens=True)
    if len(rows) < _MANY:
        found = Unusable(found.unsteady)
    own = set() if before is None else set(range(before.start, before.stop))
    if own and own <= set(found.indices):
        parts = (found.unsteady, found.corrupt)
        return Unusable(*(tuple(each for each in part if each not in own) for part in parts))
    return found


def kept_volumes(
    left_out: LeftOut, found: Unusable, count: int
) -> tuple[npt.NDArray[np.int64], tuple[int, ...]]:
    """Return the indices of the volumes that are used, and of those that are not.

    Raises
    ------
    InputError
        If an index is none of the series, or fewer than two volumes are left.

    """
    given = np.asarray(() if left_out == "none" else left_out, dtype=np.int64).reshape(-1)
    gone = np.union1d(given, found.indices).astype(np.int64)
    kept = np.setdiff1d(np.arange(count), gone)
    if given.size and (given.min() < 0 or given.max() >= count or kept.size < 2):
        raise InputError(
            f"left_out is {given.tolist()}; expected indices within 0 to {count - 1} that leave "
            "at least two volumes"
        )
    return kept, tuple(int(each) for each in gone)


def checked_times(time: FloatArray) -> list[str]:
    """Return what is unusual about the times of a series, in words; see `check_possible`."""
    if time.size < 2:
        return []
    spacing, span = float(np.median(np.diff(time))), float(time[-1] - time[0])
    return [
        check_possible("series_spacing", spacing, source="time, from volume to volume,"),
        check_possible("series_span", span, source="time, from first to last,"),
    ]


def checked_input(input: Input) -> list[str]:
    """Return what is unusual about an input, in words; see `check_possible`."""
    peak = max(float(np.max(each)) for each in (input.blood, input.plasma) if each is not None)
    words = [check_possible("plasma_peak", peak, source="input, at its peak,")]
    words += [COARSE] if is_coarse(input) else []
    return [each for each in words if each]


COARSE = (
    "the first pass of the input lies between its samples: vp, and where there is much of it "
    "Ktrans, depend on when they were taken"
)


def is_coarse(input: Input) -> bool:
    """Whether a step between samples makes most of an input's peak, and takes long."""
    curve = np.asarray(input.plasma if input.blood is None else input.blood)
    step = np.abs(np.diff(curve)) >= _STEEP * curve.max()
    return bool((step & (np.diff(input.time) >= _LONG)).any())


def checked_map(name: str, values: npt.ArrayLike, *, source: str) -> str:
    """Return what is unusual about a map that has no value where it is not positive."""
    given = np.asarray(values, dtype=float)
    return check_possible(name, np.where(given > 0, given, np.nan), source=source)
