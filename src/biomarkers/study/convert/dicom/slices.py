"""The slices of a series, sorted into images and volumes, and what is missing of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from biomarkers.study.convert.dicom.header import Header, frame_count, read_dataset

_EPOCH = datetime(1970, 1, 1)  # of clocks without a zone
_SAME_PLACE = 0.01  # mm along the normal
_PARTS = ("mag", "phase", "real", "imag")
_COMPONENTS = {"M": "mag", "P": "phase", "R": "real", "I": "imag"}
_MOMENTS = (
    ("FrameAcquisitionDateTime", "AcquisitionDateTime"),
    (("AcquisitionDate", "AcquisitionTime"), ("SeriesDate", "AcquisitionTime")),
)


@dataclass(frozen=True)
class Slice:
    """One slice: where it lies, and what tells it from the others at its place.

    Parameters
    ----------
    path, frame
        File, and frame of it.
    series, uid
        Identifiers of the series and of the slice.
    instance
        Number in the series.
    corner, normal, place
        Position of the first pixel, mm; unit normal of the slice; position along it, mm.
    acquired
        When it was acquired.
    temporal, trigger
        Number of the volume; time after the trigger, ms; 0 where headers do not tell.
    echo, flip, tr
        ms and degrees; 0 where headers do not tell.
    part
        `mag`, `phase`, `real` or `imag`.
    b_value
        s/mm^2; 0 where nothing was weighted by diffusion.
    duration, decay
        Of a frame of PET: how long it lasted, ms, and what its decay was corrected by.
    whole_volume
        Whether the slice is a mosaic of all slices of a volume.
    cut
        What was found of its pixels and what was expected, where some are missing.

    """

    path: Path
    frame: int
    series: str
    uid: str
    instance: int
    corner: tuple[float, ...]
    normal: tuple[float, ...]
    place: float
    acquired: datetime | None
    temporal: float
    trigger: float
    echo: float
    flip: float
    tr: float
    part: str
    b_value: float
    duration: float
    decay: float | None
    whole_volume: bool
    cut: str

    @property
    def order(self) -> tuple[float, float, float, int]:
        """By which the slices at one place are sorted into volumes."""
        when = (self.acquired - _EPOCH).total_seconds() if self.acquired else 0.0
        return self.temporal, when, self.trigger, self.instance


@dataclass(frozen=True)
class Stack:
    """An image of the series: its volumes, each the slices along the normal."""

    volumes: tuple[tuple[Slice, ...], ...]
    entities: Mapping[str, str]

    @cached_property
    def header(self) -> Header:
        """The whole header of the first slice, read when it is asked for."""
        first = self.volumes[0][0]
        return Header(read_dataset(first.path), first.frame)

    @property
    def slices(self) -> tuple[Slice, ...]:
        """Every slice, volume by volume."""
        return tuple(each for volume in self.volumes for each in volume)


def slices_of(path: Path, dataset: Any, cut: str) -> list[Slice]:
    """Return every slice of a file; `cut` says which of its pixels are missing."""
    return [
        _slice(path, Header(dataset, frame), frame, cut) for frame in range(frame_count(dataset))
    ]


def _slice(path: Path, header: Header, frame: int, cut: str) -> Slice:
    corner = header.numbers("ImagePositionPatient") or (0.0, 0.0, 0.0)
    axes = header.numbers("ImageOrientationPatient") or (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    normal = np.cross(axes[:3], axes[3:])

    def number(*keywords: str) -> float:
        return header.number(*keywords) or 0.0

    return Slice(
        path=path,
        frame=frame,
        series=header.text("SeriesInstanceUID"),
        uid=f"{header.text('SOPInstanceUID') or path} {frame}",
        instance=int(number("InstanceNumber")) + frame,
        corner=corner,
        normal=tuple(map(float, np.round(normal, 3))),
        place=float(np.dot(normal, corner)),
        acquired=header.moment(*_MOMENTS),
        temporal=number("TemporalPositionIndex", "TemporalPositionIdentifier"),
        trigger=number("TriggerTime", "NominalCardiacTriggerDelayTime"),
        echo=number("EffectiveEchoTime", "EchoTime"),
        flip=number("FlipAngle"),
        tr=number("RepetitionTime"),
        part=component(header),
        b_value=number("DiffusionBValue"),
        duration=number("ActualFrameDuration"),
        decay=header.number("DecayFactor"),
        whole_volume="MOSAIC" in header.text("ImageType"),
        cut=cut,
    )


def component(header: Header) -> str:
    """Return which part of the signal an image shows: `mag`, `phase`, `real` or `imag`."""
    stated = header.text("ComplexImageComponent").lower()
    if stated in ("magnitude", "phase", "real", "imaginary"):
        return {"magnitude": "mag", "imaginary": "imag"}.get(stated, stated)
    kinds = [word for word in header.text("ImageType").split("\\")[2:] if word in _COMPONENTS]
    return _COMPONENTS[kinds[0]] if kinds else "mag"


def stacks(slices: Sequence[Slice]) -> list[Stack]:
    """Sort the slices of a series into images, and these into volumes.

    Images differ in echo time, flip angle, TR, part of the signal or direction of the slices. The
    slices at one place, sorted by time, belong to one volume after the other.
    """
    groups: dict[tuple[tuple[float, ...], ...], list[Slice]] = {}
    for each in slices:
        groups.setdefault(_image_key(each), []).append(each)
    ordered = sorted(groups)
    names = _entities(ordered)
    return [Stack(_volumes(groups[key]), name) for key, name in zip(ordered, names, strict=True)]


def _image_key(each: Slice) -> tuple[tuple[float, ...], ...]:
    """Return echo time, flip angle, TR, part of the signal and direction of the slices."""
    part = float(_PARTS.index(each.part))
    return (each.echo,), (each.flip,), (each.tr,), (part,), each.normal


def _entities(keys: Sequence[tuple[tuple[float, ...], ...]]) -> list[dict[str, str]]:
    """Return the entities of each image: those in whose values the images differ."""
    names: list[dict[str, str]] = [{} for _ in keys]
    for entity, *values in zip(("echo", "flip", "acq", "part", "chunk"), *keys, strict=True):
        ordered = sorted(set(values))
        for name, value in zip(names, values, strict=True):
            label = str(ordered.index(value) + 1)
            if entity == "part":
                label = _PARTS[int(value[0])]
            if len(ordered) > 1 or label in _PARTS[1:]:
                name[entity] = f"tr{label}" if entity == "acq" else label
    return names


def _volumes(group: Sequence[Slice]) -> tuple[tuple[Slice, ...], ...]:
    """Return volumes; those at the end lack the slices that the series lacks."""
    places = by_place(group)
    count = max(map(len, places))
    return tuple(
        tuple(place[number] for place in places if number < len(place)) for number in range(count)
    )


def by_place(group: Iterable[Slice]) -> list[list[Slice]]:
    """Return slices by where they lie along the normal, those at one place in order of time."""
    places: list[list[Slice]] = []
    for each in sorted(group, key=lambda each: each.place):
        if places and abs(each.place - places[-1][0].place) < _SAME_PLACE:
            places[-1].append(each)
        else:
            places.append([each])
    return [sorted(place, key=lambda each: each.order) for place in places]
