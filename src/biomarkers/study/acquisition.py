"""An image with its metadata, and how it was acquired, as its sidecar says."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.bids import BidsFile, Sidecar
from biomarkers.errors import StudyError
from biomarkers.images import (
    Image,
    ImageHeader,
    probe,
    read_image,
    read_series,
    require_same_grid,
    require_values,
)
from biomarkers.kinetics.slices import slice_offsets
from biomarkers.ranges import require_possible

_R2STAR = "ContrastAgentRelaxivityR2star"
_LARGEST_OF_A_TRAIN = 90.0  # degrees
_AXES = ("i", "j", "k")
_ROUNDED = 0.02  # of the ratio of two times


@dataclass(frozen=True)
class Source:
    """An image with its metadata."""

    file: BidsFile
    sidecar: Sidecar

    def read(self, *, ndim: int = 3, unit: str = "") -> Image:
        """Read the image; `ImageError` if there is no value in it, or none but 0."""
        read = read_series if ndim == 4 else read_image
        return require_values(read(self.file.path, unit=unit))


def one_grid(images: Sequence[Source], *, ndim: int = 3) -> ImageHeader:
    """Return the grid that images share, by their headers.

    Raises
    ------
    FileError, ImageError, GeometryError
        If a file is damaged, has another number of axes, or lies on another grid.

    """
    headers = [probe(image.file.path, ndim=ndim) for image in images]
    for first, second in pairwise(headers):
        require_same_grid(first, second)
    return headers[0]


def sequence_notes(images: Iterable[Source]) -> tuple[str, ...]:
    """Say so where no sidecar tells that a sequence is a spoiled gradient echo."""
    if all("PulseSequenceType" in image.sidecar.values for image in images):
        return ()
    return ("PulseSequenceType is absent: taken as spoiled gradient echo",)


def possible(quantity: str, source: Source, *keys: str, below: float = math.inf) -> float:
    """Return the first key of a sidecar that is there, in the unit of a quantity of `ranges`.

    Raises
    ------
    StudyError
        Naming file, key and the unit it looks like, if it is no number or cannot be.

    """
    sidecar = source.sidecar
    value = sidecar.number(*keys, below=below)
    key = next(key for key in keys if key in sidecar.values)
    _require(quantity, value, source, key)
    return value


def _require(quantity: str, value: float, source: Source, what: str) -> None:
    require_possible(quantity, value, source=f"{source.sidecar.source}: {what}", error=StudyError)


def flip_angle(source: Source) -> float:
    """Return the nominal flip angle, degrees."""
    return possible("flip_deg", source, "FlipAngle", below=180.0)


def repetition_time(source: Source) -> float:
    """Return the time between excitations, s."""
    return possible("tr", source, "RepetitionTimeExcitation", "RepetitionTime")


def dynamic_settings(source: Source) -> dict[str, float]:
    """Return how a dynamic series was scanned, by the names of `dce.GradientEcho`.

    With the key `SaturationDelay` it is saturation-recovery turboFLASH, and the names are those
    of `dce.TurboFlash`.

    Raises
    ------
    StudyError
        Naming the file and key, if one that is needed is missing or makes no sense.

    """
    sidecar = source.sidecar
    settings = {"flip_deg": flip_angle(source)}
    if is_turboflash(source):
        if settings["flip_deg"] > _LARGEST_OF_A_TRAIN:
            raise sidecar.wrong("FlipAngle", "up to 90 degrees in a train after saturation")
        settings["prep_time"] = possible("saturation_delay", source, "SaturationDelay")
        # `RepetitionTime` is from image to image in such a sequence.
        settings["tr"] = possible("train_tr", source, "RepetitionTimeExcitation")
        settings["pulses_to_centre"] = _pulses_to_centre(sidecar)
    else:
        settings["tr"] = repetition_time(source)
    if _R2STAR in sidecar.values:
        settings |= {"te": echo_time(source), "r2s": possible("r2", source, _R2STAR)}
    return settings


def is_turboflash(source: Source) -> bool:
    """Whether a dynamic series is read after saturation pulses."""
    return "SaturationDelay" in source.sidecar.values


def _pulses_to_centre(sidecar: Sidecar) -> int:
    pulses = sidecar.offset("PulsesToCenter")
    if pulses < 0 or pulses != int(pulses):
        raise sidecar.wrong("PulsesToCenter", "a whole number of pulses, 0 or more")
    return int(pulses)


def echo_time(source: Source) -> float:
    """Return the echo time, s."""
    quantity = "spin_te" if source.file.suffix == "MESE" else "te"
    return possible(quantity, source, "EchoTime", below=1.0)


def slice_times(source: Source, shape: Sequence[int], time: FloatArray) -> FloatArray | None:
    """Return how much later than its volume each slice is taken, s, as voxels broadcast.

    Parameters
    ----------
    source
        A dynamic series; `SliceTiming` has one offset for each slice along its
        `SliceEncodingDirection` (`k` without one).
    shape
        (x, y, z, T).
    time
        Onsets of the volumes, (T,), s.

    Returns
    -------
    ndarray or None
        (Z,), (Y, 1) or (X, 1, 1); None where the key is absent, or the sequence is 3-D.

    Raises
    ------
    StudyError
        If offsets do not fit the slices, or are longer than a volume takes.

    """
    sidecar = source.sidecar
    if "SliceTiming" not in sidecar.values or sidecar.text("MRAcquisitionType") == "3D":
        return None
    direction = sidecar.text("SliceEncodingDirection") or "k"
    if direction.rstrip("-") not in _AXES:
        raise sidecar.wrong("SliceEncodingDirection", "i, j or k, or one of them with -")
    axis = _AXES.index(direction.rstrip("-"))
    offsets = np.array(
        sidecar.numbers("SliceTiming", of="the offset of each slice, s", count=shape[axis])
    )
    offsets = offsets[::-1] if direction.endswith("-") else offsets
    along = offsets.reshape(-1, *[1] * (2 - axis))
    named = f"{sidecar.source}: SliceTiming"
    slice_offsets(along, tuple(shape[:3]), time, source=named, error=StudyError)
    return along


def planned_times(source: Source, grid: ImageHeader, kind: str = "series") -> FloatArray:
    """Return `volume_times`, held against the header of the image as well.

    Raises
    ------
    StudyError
        As `volume_times`, or if sidecar and header differ by what minutes or milliseconds make.

    """
    onsets = volume_times(source, grid.shape[3], kind)
    if grid.time_step is None or len(onsets) < 2:
        return onsets
    spacing = float(np.median(np.diff(onsets)))
    ratio = spacing / grid.time_step
    for factor in (60.0, 1000.0):
        if math.isclose(max(ratio, 1.0 / ratio), factor, rel_tol=_ROUNDED):
            raise StudyError(
                f"{source.sidecar.source}: VolumeTiming rises by {spacing:g} s from volume to "
                f"volume, the header of {source.file.path.name} says {grid.time_step:g} s: "
                f"{factor:g} times {'less' if ratio > 1 else 'more'}. One of them is in another "
                "unit; mend it (NIfTI pixdim[4] with xyzt_units, or 0 where it is not known)"
            )
    return onsets


def volume_times(source: Source, volumes: int, kind: str = "series") -> FloatArray:
    """Return the onset of each volume of a dynamic series, s, from its key `VolumeTiming`.

    `kind` is `series`, or `bolus`, which is faster.

    Raises
    ------
    StudyError
        If the key is absent, does not rise, cannot be in s, or does not have one onset for each
        volume.

    """
    onsets = source.sidecar.numbers("VolumeTiming", of="the onset of each volume, s", count=volumes)
    if not all(a < b for a, b in pairwise(onsets)):
        raise source.sidecar.wrong("VolumeTiming", f"{volumes} rising onsets in s")
    if volumes > 1:
        span, spacing = onsets[-1] - onsets[0], float(np.median(np.diff(onsets)))
        _require(f"{kind}_span", span, source, "VolumeTiming, from first to last,")
        _require(f"{kind}_spacing", spacing, source, "VolumeTiming, from volume to volume,")
    return np.array(onsets)
