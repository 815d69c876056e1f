"""A patient on one day: the head in each scanner, and what is true in it.

The grid is finer than that of an image: a voxel holds 2 × 2 × 2 of these, so that at a border it
holds several tissues.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import BoolArray, FloatArray
from biomarkers.images import Image
from biomarkers.simulate.partial_volume import block_mean, centred_grid, centres
from biomarkers.simulate.studies import patient_head as head

FACTORS = (2, 2, 2)
REGIONS: Mapping[str, int] = MappingProxyType({"tumor": 1, "contralateral": 2, "artery": 3})
# Share of a voxel from which on somebody draws it: the tumour to its border, others well inside.
_DRAWN: Mapping[str, float] = MappingProxyType(
    {"contralateral": 0.95, "artery": 0.95, "tumor": 0.5}
)
# Who draws an artery keeps clear of its wall.
_CLEAR_MM = 1.0

# T1 of arterial blood of adults at 3 T in vivo: 1.841 s (Li et al., PMC5250597).
BLOOD_T1 = 1.841
_NORMAL_SUV = 0.09
# Proton density (relative), T1 (s) at 3 T, Ktrans (1/min), ve, vp, SUV an hour after an RGD
# peptide: chosen, of the usual order. Of normal brain the SUV is what the day's truth says. The
# intact barrier of brain lets next to nothing through.
PROPERTIES = ("m0", "T1", "Ktrans", "ve", "vp", "SUVmean")
_TISSUES: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "air": (0.0, 1.0, 0.0, 0.0, 0.0, 0.0),
        "scalp": (0.70, 1.10, 0.03, 0.12, 0.010, 0.8),
        "bone": (0.05, 1.00, 0.0, 0.0, 0.0, 0.2),
        "grey": (0.82, 1.45, 0.0005, 0.15, 0.025, 0.10),
        "white": (0.72, 0.90, 0.0005, 0.15, 0.012, _NORMAL_SUV),
        "blood": (0.86, BLOOD_T1, 0.0, 0.0, 0.0, 0.6),
        "tumour": (0.84, 1.0, 0.0, 0.0, 0.0, 0.0),
    }
)
# Spread of properties of the tumour from place to place, of their logarithm; chosen.
_TEXTURE: Mapping[str, float] = MappingProxyType(
    {"Ktrans": 0.30, "ve": 0.12, "vp": 0.20, "T1": 0.04, "SUVmean": 0.20}
)


@dataclass(frozen=True)
class Scanner:
    """The grid of a scanner, its middle at the origin.

    Parameters
    ----------
    shape, voxel_mm
        Of its images.

    """

    shape: tuple[int, int, int]
    voxel_mm: tuple[float, float, float]

    @property
    def grid(self) -> Image:
        """An empty image."""
        return centred_grid(self.shape, self.voxel_mm)

    @property
    def fine_shape(self) -> tuple[int, int, int]:
        """Shape of the finer grid."""
        x, y, z = (size * factor for size, factor in zip(self.shape, FACTORS, strict=True))
        return x, y, z

    @property
    def fine_mm(self) -> tuple[float, float, float]:
        """Edges of the finer voxels, mm."""
        x, y, z = (edge / factor for edge, factor in zip(self.voxel_mm, FACTORS, strict=True))
        return x, y, z

    def points(self) -> FloatArray:
        """Return the middles of the finer voxels, (x, y, z, 3), mm."""
        return np.stack(centres(self.fine_shape, self.fine_mm), axis=-1)


@dataclass(frozen=True, eq=False)
class Placed:
    """A head in a scanner.

    Parameters
    ----------
    scanner
        Which.
    anatomy
        Of the head.
    places
        Where the finer voxels lie in the head, (x, y, z, 3), mm.
    size
        Of the tumour, as of `patient_head.growth`.
    values
        What is true of the tumour on this day.

    """

    scanner: Scanner
    anatomy: head.Anatomy
    places: FloatArray
    size: float
    values: Mapping[str, float]

    @cached_property
    def tissue(self) -> npt.NDArray[np.int8]:
        """Index in `patient_head.TISSUES` of every finer voxel."""
        return head.tissues(self.anatomy, self.places, self.size)

    def within(self, tissue: str) -> BoolArray:
        """Return the finer voxels of a tissue."""
        return np.asarray(self.tissue == head.TISSUES.index(tissue))

    def map(self, name: str) -> FloatArray:
        """Return one of `PROPERTIES` in every finer voxel.

        Over the tumour its median is the value it is said to have; the mean, of a mean.
        """
        column = PROPERTIES.index(name)
        full = np.array([_TISSUES[each][column] for each in head.TISSUES])[self.tissue]
        if name == "SUVmean":
            normal = self.within("grey") | self.within("white")
            full[normal] *= self.values["SUVmean_contralateral"] / _NORMAL_SUV
        if name in _TEXTURE:
            tumour = self.within("tumour")
            uneven = np.exp(_TEXTURE[name] * self.anatomy.field(name, self.places[tumour]))
            usual = uneven.mean() if name == "SUVmean" else np.median(uneven)
            full[tumour] = self.values[name] * uneven / usual
        return np.asarray(full)

    @cached_property
    def labels(self) -> npt.NDArray[np.int16]:
        """`REGIONS` as somebody drew them on the images of that day, (x, y, z)."""
        masks = {
            "contralateral": head.in_contralateral(self.places) & self.within("white"),
            "artery": head.in_artery(self.places, clear_mm=_CLEAR_MM),
            "tumor": self.within("tumour"),
        }
        drawn = np.zeros(self.scanner.shape, dtype=np.int16)
        # Of voxels that are just half a tumour every other one is drawn.
        odd = np.indices(drawn.shape).sum(axis=0) % 2 / 100.0
        for name, mask in masks.items():
            drawn[block_mean(mask, FACTORS) - odd >= _DRAWN[name]] = REGIONS[name]
        return drawn
