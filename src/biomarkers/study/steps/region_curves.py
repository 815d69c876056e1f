"""The mean curve of a region of a dynamic series, its fit, and its rows."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from biomarkers import dce
from biomarkers.estimates.regions import quality, worst
from biomarkers.quantities import CURVE
from biomarkers.units import canonical_unit


@dataclass(frozen=True, eq=False)
class RegionCurve:
    """The mean curve of one region and its fit.

    Parameters
    ----------
    region
        Name of the region.
    voxels
        Number of its voxels, those without concentration too.
    fit
        Mean curve, fit, and intervals.

    """

    region: str
    voxels: int
    fit: dce.RegionFit

    @property
    def caption(self) -> str:
        """The fit in words."""
        estimates = ", ".join(
            f"{each.name} {float(self.fit[each.name]):.3g} ± {float(self.fit.se[each.name]):.2g} "
            f"{canonical_unit(each.unit)}".strip()
            for each in self.fit.quantities
            if np.isfinite(self.fit[each.name])
        )
        return (
            f"mean curve of {self.region} ({self.fit.voxels} of {self.voxels} voxels) with its "
            f"fit: {estimates}"
        )

    @property
    def rows(self) -> pd.DataFrame:
        """What the curve gave, `<biomarker>_curve`, with the 95 % interval where it is known."""
        rows = self.fit.table
        low, high = np.transpose([self.fit.ends[name] for name in rows["biomarker"]])
        known = np.isfinite(rows["se"]) | (rows["reason"] != "")
        graded = quality(self.fit.voxels / self.voxels)
        return rows.assign(
            region=self.region,
            biomarker=rows["biomarker"] + f"_{CURVE}",
            low=low,
            high=high,
            n=self.fit.voxels,
            qc=[worst((graded, each)) for each in rows["qc"]],
            reason=rows["reason"].where(known, "standard error not known"),
        )
