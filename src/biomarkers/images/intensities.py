"""Intensities without a unit, those of most MRI, on a scale of their own image."""

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.errors import InputError


def foreground_scale(image: FloatArray) -> tuple[float, float]:
    """Return mean and standard deviation of the foreground of an image, of any shape.

    Foreground is what is brighter than the mean of all finite values, so that air does not count.

    Raises
    ------
    InputError
        If there are not two intensities in it.

    """
    known = image[np.isfinite(image)]
    bright = known[known > known.mean()] if known.size else known
    if bright.size < 2 or np.ptp(bright) == 0.0:
        raise InputError(f"needs a foreground of several intensities; {_seen(known, bright)}")
    return float(bright.mean()), float(bright.std())


def _seen(known: FloatArray, bright: FloatArray) -> str:
    """Say what an image has in place of a foreground."""
    if not known.size:
        return "no voxel has a value"
    if not bright.size:
        return f"all {known.size} voxels are {known[0]:g}"
    if bright.size == 1:
        return (
            f"only 1 of {known.size} voxels is brighter than their mean, {known.mean():.4g}: it is "
            f"{bright[0]:g}, maybe a spike; mend it or make it NaN"
        )
    return (
        f"the {bright.size} of {known.size} voxels brighter than their mean are all {bright[0]:g}, "
        "as in a mask, or where intensities are cut off"
    )
