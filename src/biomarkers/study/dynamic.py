"""Dynamic contrast-enhanced series of one session: parameter maps, and what to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers import dce
from biomarkers.errors import StudyError
from biomarkers.images import Image, LabelMap, read_series, same_grid
from biomarkers.kinetics import MODELS, Fit, Input
from biomarkers.study.maps import ParameterMap
from biomarkers.study.recipe import ARTERY, volume_times
from biomarkers.study.rows import tissue_regions
from biomarkers.study.settings import COMPUTED
from biomarkers.study.sources import Source, flip_angle, repetition_time
from biomarkers.units import canonical_unit

FloatArray = npt.NDArray[np.float64]
MODEL = "extended_tofts"


@dataclass(frozen=True, eq=False)
class RegionCurve:
    """The mean curve of one region and its fit, for a picture.

    Parameters
    ----------
    region
        Name of the region.
    time
        (T,), s.
    plasma, tissue, fitted
        Concentrations, (T,), mM.
    caption
        The fit in words.

    """

    region: str
    time: FloatArray
    plasma: FloatArray
    tissue: FloatArray
    fitted: FloatArray
    caption: str


@dataclass(frozen=True, eq=False)
class DynamicFit:
    """Maps of a dynamic series by biomarker, and the curve of one region if there is one."""

    maps: dict[str, ParameterMap]
    curve: RegionCurve | None


def fit_dynamic(
    source: Source, t1: ParameterMap, b1: ParameterMap | None, label_maps: Sequence[LabelMap]
) -> DynamicFit:
    """Fit a dynamic series voxel by voxel, with the input measured in the artery.

    Parameters
    ----------
    source
        The series and its metadata: TR, flip angle, `ContrastAgentRelaxivity`, `Hematocrit`,
        `BloodT1` and `VolumeTiming`.
    t1, b1
        Maps on the grid of the series; flips are nominal without a B1 map.
    label_maps
        The one on the grid of the series names the artery.

    Raises
    ------
    StudyError
        If no voxel of the artery is drawn, or the times do not fit the series.
    InputError
        If the artery or the tissue shows no arrival of contrast agent.

    """
    series = read_series(source.file.path)
    time = volume_times(source, series.shape[3])
    labels = next(labels for labels in label_maps if same_grid(labels, series))
    if ARTERY not in labels.regions:
        raise StudyError(f"{labels.source}: no voxel is labelled {ARTERY}")
    scan: dict[str, Any] = {
        "tr": repetition_time(source),
        "flip_deg": flip_angle(source),
        "r1": source.sidecar.number("ContrastAgentRelaxivity"),
        "b1": _on_grid(b1, series),
    }
    blood_t1, hct = (source.sidecar.number(key) for key in ("BloodT1", "Hematocrit"))
    plasma = dce.measured_input(
        series.data, time, labels.mask(ARTERY), t10_blood=blood_t1, hct=hct, **scan
    )
    t10 = np.where(t1.flags, np.nan, t1.values("s")) if t1.flags is not None else t1.values("s")
    found = dce.maps(series.data, time, t10=t10, input=plasma, model=MODEL, **scan)
    inputs = (source.file.path, *t1.inputs, Path(labels.source))
    settings = {"Model": MODEL, "BloodT1": blood_t1, "Hematocrit": hct, **found.settings}
    maps = {}
    for name, unit in ((each.name, canonical_unit(each.unit)) for each in found.parameters):
        image = series.with_data(found[name], source=name, unit=unit)
        maps[name] = ParameterMap(name, image, COMPUTED, found.flags, inputs, settings)
    return DynamicFit(maps, _region_curve(series, time, plasma, t10, labels, scan))


def _on_grid(b1: ParameterMap | None, series: Image) -> FloatArray | None:
    return b1.values("") if b1 and same_grid(b1.image, series) else None


def _region_curve(
    series: Image,
    time: FloatArray,
    plasma: Input,
    t10: FloatArray,
    labels: LabelMap,
    scan: dict[str, Any],
) -> RegionCurve | None:
    """Fit the mean curve of the first region that is no artery."""
    if not tissue_regions(labels):
        return None
    region = tissue_regions(labels)[0]
    inside = labels.mask(region)
    b1 = scan["b1"]
    curves = dce.concentration(
        np.asarray(series.data)[inside],
        t10=t10[inside],
        **(scan | {"b1": None if b1 is None else b1[inside]}),
    )
    sound = np.isfinite(curves).all(axis=1)
    if not sound.any():
        return None
    tissue = curves[sound].mean(axis=0)
    fit = MODELS[MODEL].fit(tissue, time, plasma)
    return RegionCurve(
        region,
        time,
        np.asarray(plasma.plasma),
        tissue,
        fit.predicted(),
        f"Arterial input, and the mean curve of {region} ({int(sound.sum())} of "
        f"{int(inside.sum())} voxels) with its fit: {_in_words(fit)}.",
    )


def _in_words(fit: Fit) -> str:
    return ", ".join(
        f"{each.name} {float(fit[each.name]):.3g} ± {float(fit.se[each.name]):.2g} "
        f"{canonical_unit(each.unit)}".strip()
        for each in fit.parameters
        if np.isfinite(fit[each.name])
    )
