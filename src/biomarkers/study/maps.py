"""Parameter maps of one session: given ones read, missing ones computed."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.images import Image, read_image
from biomarkers.study.sources import (
    GivenMap,
    Source,
    Sources,
    flip_angle,
    repetition_time,
)
from biomarkers.units import QUANTITIES, conversion_factor

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

COMPUTED, GIVEN = "computed", "given"


@dataclass(frozen=True, eq=False)
class ParameterMap:
    """A map to measure.

    Parameters
    ----------
    biomarker
        Name in the measurement table.
    image
        Values and unit.
    origin
        `computed` here or `given`.
    flags
        Voxels whose value is not to be trusted; None if the map has no such record.
    inputs
        Files it came from.
    settings
        How it was computed.

    """

    biomarker: str
    image: Image
    origin: str
    flags: BoolArray | None = None
    inputs: tuple[Path, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    def values(self, unit: str) -> FloatArray:
        """Return the values in another unit.

        Raises
        ------
        InputError
            If the unit of the map cannot be converted.

        """
        return np.asarray(self.image.data, dtype=float) * conversion_factor(self.image.unit, unit)


def relaxation_maps(sources: Sources, *, prefer: str = COMPUTED) -> dict[str, ParameterMap]:
    """Return the B1 and T1 maps of a session, each computed or given.

    Parameters
    ----------
    sources
        What the session offers.
    prefer
        `computed`: a given map only fills a gap. `given`: a given map is used where there is
        one; a given B1 also corrects a T1 that has to be computed.

    """
    maps: dict[str, ParameterMap] = {}
    for biomarker, compute in (("B1", _b1_map), ("T1", _t1_map)):
        given = sources.given.get(biomarker)
        if given and prefer == GIVEN:
            maps[biomarker] = read_given(given)
        elif computed := compute(sources, maps.get("B1")):
            maps[biomarker] = computed
        elif given:
            maps[biomarker] = read_given(given)
    return maps


def read_given(given: GivenMap) -> ParameterMap:
    """Read a map as it is."""
    path = given.source.file.path
    image = read_image(path, unit=given.unit)
    return ParameterMap(given.biomarker, image, GIVEN, inputs=(path,))


def _read(source: Source) -> Image:
    return read_image(source.file.path)


def _paths(sources: tuple[Source, ...]) -> tuple[Path, ...]:
    return tuple(source.file.path for source in sources)
