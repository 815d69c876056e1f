"""When each volume and each slice of a series was acquired, by its headers."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.study.convert.dicom.slices import Slice, Stack

# Slices of a volume that differ by less were read together, s.
_TOGETHER = 1e-3
# Offsets of a slice from its volume are those of a sequence if they repeat within this, s.
_REPEATS = 0.05


def volume_times(image: Stack) -> FloatArray | None:
    """Return the onset of each volume, s after the first: that of its earliest slice.

    Acquisition times are taken; where they do not tell volumes apart, trigger times, or the
    temporal position and its resolution. None where nothing tells.
    """
    for clock in (_acquired, _triggered, _temporal):
        times = clock(image)
        if times is not None and all(a < b for a, b in pairwise(times)):
            return np.asarray(np.round(times - times[0], 6))
    return None


def _acquired(image: Stack) -> FloatArray | None:
    if any(each.acquired is None for each in image.slices):
        return None
    return np.array([min(_seconds(volume)) for volume in image.volumes])


def _triggered(image: Stack) -> FloatArray:
    return np.array([min(each.trigger for each in volume) / 1e3 for volume in image.volumes])


def _temporal(image: Stack) -> FloatArray | None:
    step = image.header.number("TemporalResolution", scale=1e-3)
    return None if not step else step * np.array([each[0].temporal for each in image.volumes])


def _seconds(slices: Sequence[Slice]) -> list[float]:
    return [each.order[1] for each in slices]


def frame_times(image: Stack) -> dict[str, Any]:
    """Return the keys of a dynamic series: onsets and lengths of its volumes, s; none if unknown.

    A volume lasts until the next one, the last as long as most.
    """
    times = volume_times(image) if len(image.volumes) > 1 else None
    if times is None:
        return {}
    lengths = np.diff(times)
    lengths = np.round([*lengths, np.median(lengths)], 6)
    return {
        "VolumeTiming": times.tolist(),
        "FrameTimesStart": times.tolist(),
        "FrameDuration": lengths.tolist(),
    }


def slice_timing(image: Stack, order: Sequence[int]) -> dict[str, Any]:
    """Return the keys of slices acquired one after another, s after the onset of their volume.

    Nothing is returned where slices were read together or their order changes.

    Parameters
    ----------
    image
        A series of a 2-D sequence.
    order
        Where each slice of a volume lies along the third axis of the converted image; empty if
        that is not known.

    """
    if not order or _acquired(image) is None or image.header.text("MRAcquisitionType") == "3D":
        return {}
    times = np.array([_seconds(volume) for volume in image.volumes])
    offsets = times - times.min(axis=1, keepdims=True)
    if offsets.max() < _TOGETHER or np.ptp(offsets, axis=0).max() > _REPEATS:
        return {}
    placed = np.empty(len(order))
    placed[list(order)] = np.round(np.median(offsets, axis=0), 6)
    return {"SliceTiming": placed.tolist(), "SliceEncodingDirection": "k"}
