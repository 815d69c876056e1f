"""The mean curve of a region of a dynamic series, its fit, and its rows."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from biomarkers import dce
from biomarkers.estimates.regions import quality
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
            f"{each.name} {self.fit[each.name].value:.3g} ± {self.fit[each.name].se:.2g} "
            f"{canonical_unit(each.unit)}".strip()
            for each in self.fit.parameters
            if np.isfinite(self.fit[each.name].value)
        )
        return (
            f"mean curve of {self.region} ({self.fit.voxels} of {self.voxels} voxels) with its "
            f"fit: {estimates}"
        )


def curve_rows(curves: Iterable[RegionCurve]) -> pd.DataFrame:
    """Return what the mean curve of every region gave, `<biomarker>_curve`.

    `se` is the standard error, `low` and `high` the ends of the 95 % interval where it is known.

    Returns
    -------
    DataFrame
        Columns region, biomarker, value, unit, se, low, high, n, qc, reason.

    """
    rows = [
        (
            curve.region,
            f"{each.name}_{CURVE}",
            interval.value,
            canonical_unit(each.unit),
            interval.se,
            interval.low,
            interval.high,
            curve.fit.voxels,
            quality(curve.fit.voxels / curve.voxels),
            _reason(interval),
        )
        for curve in curves
        for each in curve.fit.parameters
        for interval in (curve.fit[each.name],)
    ]
    columns = ["region", "biomarker", "value", "unit", "se", "low", "high", "n", "qc", "reason"]
    return pd.DataFrame(rows, columns=columns)


def _reason(interval: dce.Interval) -> str:
    if np.isfinite(interval.se):
        return ""
    known = np.isfinite(interval.value)
    return "standard error not known: at a bound" if known else "not identifiable"
