"""The mean curve of each tissue region of a dynamic series, and its fit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from biomarkers import dce
from biomarkers.images import LabelMap
from biomarkers.kinetics import Input
from biomarkers.quantities import CURVE
from biomarkers.study.labelling import tissue_regions
from biomarkers.study.rows import quality
from biomarkers.units import canonical_unit

FloatArray = npt.NDArray[np.float64]


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
        found = ", ".join(
            f"{each.name} {float(self.fit[each.name]):.3g} ± {float(self.fit.se[each.name]):.2g} "
            f"{canonical_unit(each.unit)}".strip()
            for each in self.fit.parameters
            if np.isfinite(self.fit[each.name])
        )
        return (
            f"mean curve of {self.region} ({self.fit.voxels} of {self.voxels} voxels) with its "
            f"fit: {found}"
        )


def concentrations(
    series: FloatArray, inside: npt.NDArray[np.bool_], t10: FloatArray, scan: Mapping[str, Any]
) -> FloatArray:
    """Return the concentrations of some voxels of a series, (voxels, T), mM.

    Parameters
    ----------
    series
        Signal, (x, y, z, T).
    inside
        Which voxels, (x, y, z).
    t10
        T1 before contrast, s, (x, y, z).
    scan
        The other arguments of `dce.concentration`; `b1` is None or (x, y, z).

    """
    b1 = scan["b1"]
    chosen = {**scan, "b1": None if b1 is None else b1[inside]}
    return dce.concentration(series[inside], t10=t10[inside], **chosen)


def region_curves(
    series: FloatArray,
    time: FloatArray,
    plasma: Input,
    labels: LabelMap,
    *,
    t10: FloatArray,
    scan: Mapping[str, Any],
    model: str,
) -> list[RegionCurve]:
    """Fit the mean curve of every tissue region that has a voxel with a concentration throughout.

    Parameters
    ----------
    series, t10, scan
        As in `concentrations`.
    time, plasma
        Instants, s, and the arterial input.
    labels
        On the grid of the series.
    model
        Name of the model.

    """
    found = []
    for region in tissue_regions(labels):
        inside = labels.mask(region)
        curves = concentrations(series, inside, t10, scan)
        if np.isfinite(curves).all(axis=1).any():
            fit = dce.fit_region(curves, time, plasma, model=model)
            found.append(RegionCurve(region, int(inside.sum()), fit))
    return found


def curve_rows(curves: Iterable[RegionCurve]) -> pd.DataFrame:
    """Return what the mean curve of every region gave, `<biomarker>_curve`.

    `se` is the standard error, `low` and `high` the ends of the 95 % interval where it is known.

    Returns
    -------
    DataFrame
        Columns region, biomarker, value, unit, se, low, high, n, qc.

    """
    rows = [
        (
            curve.region,
            f"{each.name}_{CURVE}",
            float(curve.fit[each.name]),
            canonical_unit(each.unit),
            float(curve.fit.se[each.name]),
            *curve.fit.ends[each.name],
            curve.fit.voxels,
            quality(curve.fit.voxels / curve.voxels),
        )
        for curve in curves
        for each in curve.fit.parameters
    ]
    columns = ["region", "biomarker", "value", "unit", "se", "low", "high", "n", "qc"]
    return pd.DataFrame(rows, columns=columns)
