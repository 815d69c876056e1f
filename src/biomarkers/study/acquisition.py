"""An image with its metadata, and how it was acquired, as its sidecar says."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from biomarkers.bids import BidsFile, Sidecar

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Source:
    """An image with its metadata."""

    file: BidsFile
    sidecar: Sidecar


def flip_angle(source: Source) -> float:
    """Return the nominal flip angle, degrees."""
    return source.sidecar.number("FlipAngle", below=180.0)


def repetition_time(source: Source) -> float:
    """Return the time between excitations, s."""
    return source.sidecar.number("RepetitionTimeExcitation", "RepetitionTime")


def echo_time(source: Source) -> float:
    """Return the echo time, s."""
    return source.sidecar.number("EchoTime", below=1.0)


def volume_times(source: Source, volumes: int) -> FloatArray:
    """Return the onset of each volume of a dynamic series, s, from its key `VolumeTiming`.

    Raises
    ------
    StudyError
        If the key is absent, does not rise, or does not have one onset for each volume.

    """
    onsets = source.sidecar.numbers("VolumeTiming", of="the onset of each volume, s", count=volumes)
    if not all(a < b for a, b in pairwise(onsets)):
        raise source.sidecar.wrong("VolumeTiming", f"{volumes} rising onsets in s")
    return np.array(onsets)
