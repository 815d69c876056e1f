"""MRI intensities, whose unit differs by scan: brought to a common scale, or warned of."""

from pathlib import Path

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.bids import parse_name
from biomarkers.errors import AssumptionWarning, InputError, warn
from biomarkers.images.intensities import foreground_scale
from biomarkers.quantities import quantity
from biomarkers.radiomics.settings import Normalise

# Images whose intensities mean the same on every scanner; maps are such, too.
_CALIBRATED = ("ct", "pet", "suv")
UNDECLARED = (
    "intensities of MRI have no unit and were not normalised; declare normalise='zscore' or, "
    "where they are comparable as they are, 'none'"
)


def normalised(image: FloatArray, how: Normalise | None) -> FloatArray:
    """Return intensities as they are measured.

    `zscore` takes off the mean of the foreground and divides by its standard deviation; foreground
    is what is brighter than the mean of the whole image, so that air does not count.

    Raises
    ------
    InputError
        If all of an image is of one intensity.

    """
    if how != "zscore":
        return image
    try:
        mean, sd = foreground_scale(image)
    except InputError as error:
        raise InputError(f"normalise='zscore' {error}") from None
    return np.asarray((image - mean) / sd)


def is_arbitrary(path: Path) -> bool:
    """Tell whether intensities have no unit, by what the end of a file's name says it is."""
    file = parse_name(path)
    suffix = file.suffix if file else ""
    known = suffix.endswith("map") or quantity(suffix) is not None
    return not known and suffix.lower() not in _CALIBRATED


def undeclared(path: Path, how: Normalise | None) -> str:
    """Warn of intensities that nothing makes comparable; return the warning, or an empty text."""
    if how is not None or not is_arbitrary(path):
        return ""
    warn(AssumptionWarning(f"{UNDECLARED} ({path.name})"), stacklevel=3)
    return UNDECLARED
