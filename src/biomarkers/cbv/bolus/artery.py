"""The artery of a bolus: one that is given, checked; or found by what a first pass looks like."""

from dataclasses import replace

import numpy as np

from biomarkers.arrays import BoolArray, FloatArray
from biomarkers.cbv.signals import unusual_values
from biomarkers.checks import require_type
from biomarkers.errors import ArteryError, InputError
from biomarkers.estimates.voxels import finite_rows, mean_of_finite
from biomarkers.kinetics import Artery, Input, baseline_before_arrival, find_artery, read
from biomarkers.kinetics.arrival import Baseline
from biomarkers.kinetics.bolus import describe
from biomarkers.timing import Frames

# Of the middle voxel's peak: blood volume there is a few percent, and vessels have many times that
# even where they fill a part of a voxel.
_ABOVE_TISSUE = 5.0
# Of the third highest peak: below it a voxel is partly tissue.
_OF_HIGHEST = 0.4
_FEWEST = 3
# Full width at half maximum of a first pass in an artery, s.
_WIDEST = 20.0
# A change of R2* that begins higher than this share of its peak was no change, or not from a
# baseline; an input may end so many samples before the series.
_HIGH, _EARLY = 0.5, 1.5

# Said of the voxels of an artery of which none can be read.
UNREADABLE = (
    "sink into the noise at the bolus, or have no signal; draw it where fewer voxels are pure "
    "blood, or beside the vessel"
)


def checked_input(source: Input, time: FloatArray) -> tuple[str, ...]:
    """Return what is unusual about an artery; `InputError` if it cannot be one of a series (T,)."""
    require_type("input", source, Input, "kinetics.Input(time, blood=change of R2*, 1/s)")
    if source.blood is None:
        raise InputError("the input has no blood curve; give Input(time, blood=change of R2*)")
    if source.blood[0] > _HIGH * source.blood.max():
        raise InputError(
            f"the input begins at {source.blood[0]:.3g} and is at most {source.blood.max():.3g}; "
            "expected a change of R2* (1/s), near 0 before the bolus. Of a signal, dsc_input makes "
            "one"
        )
    missing = time[-1] - source.time[-1]
    if missing > _EARLY * np.diff(time).max():
        raise InputError(
            f"the input ends at {source.time[-1]:g} s, {missing:g} s before the series; give the "
            "artery to the end, or leave late samples out"
        )
    return unusual_values(("bolus_peak", source.blood.max(), "the peak of input"))


def find_input(curves: FloatArray, time: FloatArray, mask: BoolArray) -> Artery:
    """Find the artery among changes of R2*, (..., T), 1/s, in a mask, (...)."""
    rows = curves.reshape(-1, time.size)
    mean, count = mean_of_finite(rows)
    if count < _FEWEST:
        raise ArteryError(f"no artery: {count} voxels have signal throughout; give input=")
    peaks = np.sort(rows.max(axis=1)[finite_rows(rows)])
    width = float(describe(mean[None], time).width[0])
    lowest = max(_ABOVE_TISSUE * float(np.median(peaks)), _OF_HIGHEST * float(peaks[-_FEWEST]))
    try:
        artery = find_artery(
            curves,
            time,
            mask=mask,
            lowest_peak=lowest,
            longest_width=min(_WIDEST, width),
        )
    except ArteryError as error:
        raise ArteryError(
            f"{error}. Peaks had to reach {lowest:.3g} 1/s; the middle voxel has "
            f"{np.median(peaks):.3g} and the highest {peaks[-1]:.3g} 1/s"
        ) from error
    return replace(artery, unit="1/s")


def samples_before(artery: Input, time: FloatArray) -> Baseline:
    """Return the samples, at (T,), s, before the bolus is in the artery."""
    return baseline_before_arrival(
        read(artery.time, np.asarray(artery.blood), Frames.instants(time))
    )
