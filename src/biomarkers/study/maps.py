"""Parameter maps: what they are, and those that are given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.estimates import Estimates
from biomarkers.images import Image, read_image
from biomarkers.study.acquisition import Source
from biomarkers.study.settings import GIVEN
from biomarkers.study.sources import GivenMap
from biomarkers.units import conversion_factor

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


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
    se
        Standard error of each voxel's value, independent of its neighbours'; None if not known.
    shared_se
        Relative standard error that neighbouring voxels share: one for all, or one for each.
    shared_fwhm_mm
        Width of the Gaussian by which neighbours came to share it; infinite if all voxels do.

    """

    biomarker: str
    image: Image
    origin: str
    flags: BoolArray | None = None
    inputs: tuple[Path, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    se: FloatArray | None = None
    shared_se: FloatArray | float = 0.0
    shared_fwhm_mm: float = np.inf

    @property
    def sound(self) -> BoolArray:
        """Voxels whose fit can be trusted; of a map without flags, those that have a value.

        A sound fit may still say that a parameter cannot be known, as ve where nothing leaks.
        """
        if self.flags is not None:
            return np.logical_not(self.flags)
        return np.asarray(np.isfinite(np.asarray(self.image.data, dtype=float)))

    def values(self, unit: str) -> FloatArray:
        """Return the values in another unit.

        Raises
        ------
        InputError
            If the unit of the map cannot be converted.

        """
        return np.asarray(self.image.data, dtype=float) * conversion_factor(self.image.unit, unit)


def parted_errors(found: Estimates, name: str) -> dict[str, Any]:
    """Return the errors of a quantity in parts: `se`, voxels' own, and `shared_se`, relative."""
    se = found.se.get(name)
    if se is None or name not in found.shared:
        return {"se": se}
    common = found.shared[name].se
    own = np.sqrt(np.maximum(se**2 - common**2, 0.0))
    return {"se": own, "shared_se": common / np.abs(found[name])}


def given_map(given: GivenMap) -> ParameterMap:
    """Read a map as it is."""
    path = given.source.file.path
    return ParameterMap(given.biomarker, read_image(path, unit=given.unit), GIVEN, inputs=(path,))


def paths(sources: tuple[Source, ...]) -> tuple[Path, ...]:
    """Return the files of images."""
    return tuple(source.file.path for source in sources)
