"""The rows that one region of an image of uptake gives."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from biomarkers.images import Image
from biomarkers.pet.heterogeneity import heterogeneity
from biomarkers.pet.peak import ONE_CM3_RADIUS, peak
from biomarkers.pet.suv import Kind
from biomarkers.pet.volumes import metabolic_volumes
from biomarkers.quantities import PERCENTILES

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Row = tuple[str, float, str]

# The sphere of 1 cm^3 is twice as wide as the 6 mm to which clinical scanners resolve. Scanners for
# small animals resolve 1.5 mm: the same ratio.
RODENT_RADIUS = 1.5
_STATISTICS = ("mean", "median", "sd")


@dataclass(frozen=True, eq=False)
class RegionUptake:
    """One region of an image of uptake.

    Parameters
    ----------
    image
        Uptake, (x, y, z).
    mask
        Voxels of the region.
    kind
        What the uptake was normalised by.
    background
        Mean of the region that it is compared with; None if there is none.

    """

    image: Image
    mask: BoolArray
    kind: Kind
    background: float | None = None

    @cached_property
    def sample(self) -> FloatArray:
        """Values of the voxels that have one."""
        values = np.asarray(self.image.data, dtype=float)[self.mask]
        return np.asarray(values[np.isfinite(values)])

    def rows(
        self, summary: "pd.Series[float]", *, rodent: bool, fixed: float | None
    ) -> Iterator[Row]:
        """Yield biomarker, value and unit of everything that is measured; see `pet.uptake`."""
        prefix, unit, sample = self.kind.prefix, self.kind.unit, self.sample
        highest = float(sample.max()) if sample.size else np.nan
        for name in _STATISTICS:
            yield f"{prefix}{name}", float(summary[name]), unit
        for percent in PERCENTILES:
            yield f"{prefix}_p{percent}", float(summary[f"p{percent}"]), unit
        yield f"{prefix}max", highest, unit
        compared = {"": float(summary["mean"]), "max": highest}
        for name, radius in self._spheres(rodent=rodent):
            found = peak(self.image, self.mask, radius_mm=radius)
            compared[name] = found.value
            yield f"{prefix}{name}", found.value, unit
            yield f"{prefix}{name}_covered", found.covered, ""
            yield f"{prefix}{name}_inside", found.inside, ""
        whole = peak(self.image, self.mask, whole_voxels=True)
        yield f"{prefix}peak_ibsi", whole.value, unit
        yield from self._volumes(fixed)
        for name, value in heterogeneity(sample).items():
            yield f"{prefix}{name}", value, ""
        if self.background is not None:
            below = self.background if self.background > 0.0 else np.nan
            for name, value in compared.items():
                yield f"TBR{name}", value / below, ""

    @staticmethod
    def _spheres(*, rodent: bool) -> Iterator[tuple[str, float]]:
        yield "peak", ONE_CM3_RADIUS
        if rodent:
            yield "peak_rodent", RODENT_RADIUS

    def _volumes(self, fixed: float | None) -> Iterator[Row]:
        # TLG without more is of SUV by body weight, as everywhere.
        tail = "" if self.kind.prefix == "SUV" else f"_{self.kind.prefix}"
        per_ml, unit = self.kind.unit.removesuffix("/mL"), self.kind.unit
        total_unit = per_ml if per_ml != unit else f"{unit} mL"
        voxel = self.image.voxel_volume
        for each in metabolic_volumes(self.sample, voxel, fixed=fixed, background=self.background):
            yield f"MTV{each.suffix}", each.volume, "mm^3"
            yield f"TLG{each.suffix}{tail}", each.total, total_unit
