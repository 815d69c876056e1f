"""Dynamic contrast-enhanced series of one session: maps, curves, and what to look at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from biomarkers import dce
from biomarkers.errors import StudyError
from biomarkers.estimates import Estimates
from biomarkers.images import (
    Image,
    ImageHeader,
    LabelMap,
    probe,
    read_series,
    require_same_grid,
    same_grid,
)
from biomarkers.kinetics import Input
from biomarkers.study.acquisition import (
    Source,
    dynamic_settings,
    is_turboflash,
    volume_times,
)
from biomarkers.study.cards import Card
from biomarkers.study.cohort import Session
from biomarkers.study.labelling import ARTERY
from biomarkers.study.maps import ParameterMap
from biomarkers.study.recipe import Draft, Recipe
from biomarkers.study.scans.dce_pictures import curve_panels, quality_panels
from biomarkers.study.scans.dce_quality import DynamicQuality, dynamic_quality
from biomarkers.study.scans.region_curves import RegionCurve, curve_rows, region_curves
from biomarkers.study.scans.scan import Maps, Part, Scan
from biomarkers.study.settings import COMPUTED
from biomarkers.study.sources import Sources
from biomarkers.units import canonical_unit

FloatArray = npt.NDArray[np.float64]
MODEL = "extended_tofts"


_MAPS = ("Ktrans", "kep", "ve", "vp")
# What a series gives without a model; measured, but not drawn.
_SHAPE_MAPS = (
    *("BAT", "IAUC60", "IAUC90", "nIAUC60", "nIAUC90"),
    *("TTP_arrival", "peak_enhancement", "wash_in", "wash_out", "SER"),
)


def _files(sources: Sources) -> tuple[Source, ...]:
    return (sources.dce,) if sources.dce else ()


def _plan(draft: Draft) -> None:
    (source,) = _files(draft.sources)
    header = probe(source.file.path, ndim=4)
    volume_times(source, header.shape[3])
    dynamic_settings(source)
    source.sidecar.number("ContrastAgentRelaxivity")
    source.sidecar.number("BloodT1")
    source.sidecar.number("Hematocrit", below=1.0)
    lacking = _lacking(header, draft)
    if lacking:
        draft.notes.append(f"{source.file.path.name} not fitted: {lacking}")
    else:
        draft.compute(DCE.name, header, DCE.maps)


def _lacking(header: ImageHeader, draft: Draft) -> str:
    """Return what a series needs and does not have; empty if it has all."""
    t1 = draft.grids.get("T1")
    if t1 is None:
        return "no T1 (a VFA series or a given T1map)"
    require_same_grid(t1, header)
    on_grid = [label for label in draft.labels if same_grid(label.header, header)]
    if not any(ARTERY in label.regions for label in on_grid):
        return f"no voxel labelled {ARTERY} on its grid"
    return ""


def _measure(recipe: Recipe, maps: Maps, label_maps: Sequence[LabelMap]) -> Part:
    (source,) = _files(recipe.sources)
    found = fit_dynamic(source, maps["T1"], maps.get("B1"), label_maps)
    rows = curve_rows(found.curves) if found.curves else pd.DataFrame()
    return Part(found.maps, tuple(_cards(recipe.sources.session, found)), rows)


@dataclass(frozen=True, eq=False)
class DynamicFit:
    """What a dynamic series gave.

    Parameters
    ----------
    maps
        By biomarker.
    plasma
        The arterial input.
    curves
        The mean curve of every tissue region.
    quality
        How far it can be believed; None without tissue.

    """

    maps: dict[str, ParameterMap]
    plasma: Input
    curves: list[RegionCurve]
    quality: DynamicQuality | None


def fit_dynamic(
    source: Source, t1: ParameterMap, b1: ParameterMap | None, label_maps: Sequence[LabelMap]
) -> DynamicFit:
    """Fit a dynamic series voxel by voxel, with the input measured in the artery.

    Parameters
    ----------
    source
        The series and its metadata: those of the sequence, `ContrastAgentRelaxivity`,
        `Hematocrit`, `BloodT1` and `VolumeTiming`.
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
        "sequence": _sequence(source),
        "r1": source.sidecar.number("ContrastAgentRelaxivity"),
        "b1": _on_grid(b1, series),
    }
    blood_t1, hct = (source.sidecar.number(key) for key in ("BloodT1", "Hematocrit"))
    plasma = dce.measured_input(
        series.data, time, labels.mask(ARTERY), t10_blood=blood_t1, hct=hct, **scan
    )
    t10 = np.where(t1.flags, np.nan, t1.values("s")) if t1.flags is not None else t1.values("s")
    found = dce.maps(series.data, time, t10=t10, input=plasma, model=MODEL, **scan)
    shape = dce.semiquantitative(series.data, time, t10=t10, input=plasma, **scan)
    inputs = (source.file.path, *t1.inputs, Path(labels.source))
    origin = {"BloodT1": blood_t1, "Hematocrit": hct}
    maps = {
        **_parameter_maps(found, series, inputs, {"Model": MODEL, **origin}),
        **_parameter_maps(shape, series, inputs, origin),
    }
    values = np.asarray(series.data)
    curves = region_curves(values, time, plasma, labels, t10=t10, scan=scan, model=MODEL)
    looked = dynamic_quality(values, time, plasma, labels, t10=t10, scan=scan, maps=(found, shape))
    return DynamicFit(maps, plasma, curves, looked)


def _sequence(source: Source) -> dce.GradientEcho | dce.TurboFlash:
    settings: dict[str, Any] = dynamic_settings(source)
    return dce.TurboFlash(**settings) if is_turboflash(source) else dce.GradientEcho(**settings)


def _parameter_maps(
    found: Estimates, series: Image, inputs: tuple[Path, ...], settings: dict[str, Any]
) -> dict[str, ParameterMap]:
    """Return the maps that have a value anywhere: a short scan has no late areas."""
    maps = {}
    for name, unit in ((each.name, canonical_unit(each.unit)) for each in found.quantities):
        if np.isfinite(found[name]).any():
            image = series.with_data(found[name], source=name, unit=unit)
            said = {**settings, **found.settings}
            maps[name] = ParameterMap(name, image, COMPUTED, found.flags, inputs, said)
    return maps


def _on_grid(b1: ParameterMap | None, series: Image) -> FloatArray | None:
    return b1.values("") if b1 and same_grid(b1.image, series) else None


def _cards(session: Session, found: DynamicFit) -> Iterator[Card]:
    if found.curves:
        curve = found.curves[0]
        caption = f"Arterial input, and the {curve.caption}."
        picture = curve_panels(found.plasma, curve)
        yield Card(session, "dce", "DCE-MRI", caption, "ok", picture)
    if found.quality:
        looked = found.quality
        yield Card(
            session,
            "dce-quality",
            "DCE-MRI, how far to believe it",
            looked.caption,
            looked.status,
            quality_panels(looked),
            looked.values,
        )


DCE = Scan("DCE", (*_MAPS, *_SHAPE_MAPS), _MAPS, _files, _plan, _measure)
