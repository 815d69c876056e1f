"""Intensities without a unit, those of most MRI, on a scale of their own image."""

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError

FloatArray = npt.NDArray[np.float64]


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
        raise InputError("needs a foreground of several intensities; the image has none")
    return float(bright.mean()), float(bright.std())
