"""Which volumes of a series are used, and whether times and input are what they should be."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.checks import as_numbers
from biomarkers.kinetics import Input
from biomarkers.ranges import check_possible

# The first pass lies between samples if one step of the input is so long, s, and makes so much of
# its peak: vp then depends on where the samples happened to lie (by 15 % and more).
_LONG, _STEEP = 8.0, 0.75


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
    given = as_numbers(name, values)
    return check_possible(name, np.where(given > 0, given, np.nan), source=source)
