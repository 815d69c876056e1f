"""What an import finds: a series as its headers tell it, and the images that it becomes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray

# Lighter than any animal that is scanned: what scanners write where no weight was entered, kg.
_NO_WEIGHT = 0.001


@dataclass(frozen=True)
class Traits:
    """What tells one kind of scan from another.

    Parameters
    ----------
    modality
        `MR` or `PT`, as DICOM has it.
    slices, volumes
        Counts, as headers give them.
    echoes
        How many echo times.
    sequence
        `GR` (gradient echo), `SE` (spin echo) or `EP` (echo planar), as DICOM has it; may be empty.
    tr, te
        s; None if unknown.
    flip_deg
        Degrees; None if unknown.
    diffusion
        Whether it was weighted by diffusion.

    """

    modality: str = "MR"
    slices: int = 0
    volumes: int = 1
    echoes: int = 1
    sequence: str = ""
    tr: float | None = None
    te: float | None = None
    flip_deg: float | None = None
    diffusion: bool = False


@dataclass(frozen=True)
class Converted:
    """An image with its sidecar, ready to be written.

    Parameters
    ----------
    data
        Values, (x, y, z) or (x, y, z, volumes).
    affine
        Voxel indices to mm, (4, 4).
    sidecar
        Keys of BIDS.
    entities
        What tells it from the other images of its series, for instance `{"echo": "2"}`.
    bvals, bvecs
        Of a diffusion-weighted series: s/mm^2, (volumes,), and unit vectors along the axes of the
        image, (volumes, 3).

    """

    data: npt.NDArray[np.generic]
    affine: FloatArray
    sidecar: Mapping[str, Any]
    entities: Mapping[str, str] = field(default_factory=dict)
    bvals: FloatArray | None = None
    bvecs: FloatArray | None = None
    source: str = "imported image"

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of voxels along each axis."""
        return self.data.shape


@dataclass(frozen=True)
class Series:
    """A series that was found, before any pixel is read.

    Parameters
    ----------
    key
        How a mapping names it: the series number of DICOM, the path of a Bruker scan.
    description, protocol
        As the scanner has them.
    patient
        Identifier of the scanned person or animal, as the scanner has it.
    folder
        Where its files lie below the source.
    date
        Of the scan; None if unknown.
    traits
        What tells what kind of scan it is.
    convert
        Makes its images; what it is given is a folder for scratch files.
    problems
        Why it cannot be imported, a sentence each.
    identifying
        Names of its header fields that identify and are not copied.
    notes
        What its headers leave open or contradict, a sentence each.
    join
        Makes one series of this and others that were acquired as one; None where that is not
        possible.
    slices
        What `join` needs of each.

    """

    key: str
    description: str
    protocol: str
    patient: str
    folder: str
    date: date | None
    traits: Traits
    convert: Callable[[Path], Sequence[Converted]]
    problems: tuple[str, ...] = ()
    identifying: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    join: Callable[[Sequence["Series"]], "Series"] | None = None
    slices: Sequence[Any] = field(default=(), repr=False)

    def __str__(self) -> str:
        described = self.description or self.protocol
        return f"series {self.key}" + (f" ({described})" if described else "")


@dataclass(frozen=True)
class Contents:
    """What a source holds.

    Parameters
    ----------
    series
        In the order of patient, date and number.
    unreadable
        Scans that cannot be read, a line each.
    others
        Files that hold no image.

    """

    series: tuple[Series, ...]
    unreadable: tuple[str, ...] = ()
    others: tuple[Path, ...] = ()


def body_weight(kilograms: float | None) -> float | None:
    """Return a weight, kg; None for what scanners write where none was entered."""
    return kilograms if kilograms and kilograms > _NO_WEIGHT else None
