"""Dynamic contrast-enhanced series: maps, curves of regions, and the quality of the fits."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from biomarkers import dce
from biomarkers.arrays import BoolArray, FloatArray
from biomarkers.errors import InputError, StudyError
from biomarkers.estimates import Estimates
from biomarkers.images import LabelMap
from biomarkers.kinetics import MODELS, Input, respond
from biomarkers.study.acquisition import (
    Source,
    dynamic_settings,
    is_turboflash,
    one_grid,
    planned_times,
    possible,
    sequence_notes,
    slice_times,
    volume_times,
)
from biomarkers.study.cards import Card
from biomarkers.study.labelling import ARTERY, first_drawn
from biomarkers.study.motion import MotionSettings
from biomarkers.study.step import Files, Step
from biomarkers.study.steps.dce_pictures import curve_panels, quality_panels
from biomarkers.study.steps.dce_quality import dynamic_quality
from biomarkers.study.steps.region_curves import RegionCurve
from biomarkers.study.work import Outcome, Plan, View, Work
from biomarkers.table.cells import read_cells
from biomarkers.timing import Frames

MODEL = "extended_tofts"
# What models may give, and what is read off curves without one.
_DRAWN = ("Ktrans", "kep", "ve", "vp", "Fp", "PS")
_SHAPE = (
    *("BAT", "IAUC60", "IAUC90", "nIAUC60", "nIAUC90"),
    *("TTP_arrival", "peak_enhancement", "wash_in", "wash_out", "SER"),
)
_MODELS = tuple(name for name, model in MODELS.items() if set(model.names) <= set(_DRAWN))
# Where a delay that all voxels share is looked for, s.
SHARED = (0.0, 20.0)
_FINE = 1.0  # s between the samples of a population input


@dataclass(frozen=True)
class DCESettings(MotionSettings):
    """What may be chosen of a dynamic series.

    Parameters
    ----------
    model
        `tofts`, `extended_tofts`, `patlak`, `2cum` or `2cxm`; or several, of which each voxel
        takes the best.
    input
        `artery`: the mean of the region `artery`; a name in `dce.POPULATION_INPUTS`, which arrives
        with the agent in the series; or a table (.tsv, .csv) below the study, with the columns
        `time` (s, on the clock of the series) and `plasma` (mM).
    artery
        Name of the region of the artery.
    baseline
        Half-open range of the volumes before contrast; `auto` finds it.
    left_out
        Indices of volumes that are left out, for instance where the animal moved.
    delay
        How much later than in the input the tissue is reached, s: a number, [low, high] to fit it
        in every voxel, or `shared` to find one between 0 and 20 s that suits all of them.
    water_lifetime
        Mean lifetime of water in cells, s, or [low, high] to fit it; 0 is fast exchange.

    """

    model: str | tuple[str, ...] = MODEL
    input: str = ARTERY
    artery: str = ARTERY
    baseline: tuple[int, int] | Literal["auto"] = "auto"
    left_out: tuple[int, ...] = ()
    delay: float | tuple[float, float] | Literal["shared"] | None = None
    water_lifetime: float | tuple[float, float] = 0.0

    def __post_init__(self) -> None:
        if not self.models or not set(self.models) <= set(_MODELS):
            named = ", ".join(map(repr, self.models)) or "[]"
            raise InputError(f"model is {named}; expected of {', '.join(_MODELS)}")
        if not (self.measures_input or self.is_table or self.input in dce.POPULATION_INPUTS):
            raise InputError(
                f"input is {self.input!r}; expected {ARTERY}, a table (.tsv, .csv), or one of "
                f"{', '.join(dce.POPULATION_INPUTS)}"
            )

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models."""
        return (self.model,) if isinstance(self.model, str) else self.model

    @property
    def measures_input(self) -> bool:
        """Whether the input is that of a region."""
        return self.input == ARTERY

    @property
    def is_table(self) -> bool:
        """Whether the input is read from a file."""
        return self.input.endswith((".tsv", ".csv"))

    @property
    def lag(self) -> Any:
        """The delay as `dce.Scan.maps` takes it."""
        return dce.SharedDelay(*SHARED) if self.delay == "shared" else self.delay


def plan(view: View) -> Plan:
    """Check sidecar and grid, and that there is an input."""
    (source,) = view.images("dce")
    grid, chosen = one_grid([source], ndim=4), view.settings
    slice_times(source, grid.shape, planned_times(source, grid))
    dynamic_settings(source)
    possible("r1", source, "ContrastAgentRelaxivity")
    possible("haematocrit", source, "Hematocrit")
    notes = () if is_turboflash(source) else sequence_notes([source])
    if chosen.is_table:
        _table(chosen.input, view.session.raw.root)
    if not chosen.measures_input:
        return Plan(grid, notes)
    possible("blood_t1", source, "BloodT1")
    if not first_drawn(view.regions_on(grid), [chosen.artery]):
        lacking = f"no voxel labelled {chosen.artery} on its grid"
        return Plan(None, (f"{source.file.path.name} not fitted: {lacking}",))
    return Plan(grid, notes)


def measure(work: Work) -> Outcome:
    """Fit a dynamic series voxel by voxel, and the mean curve of every region."""
    (source,), chosen = work.images("dce"), work.settings
    scan = dynamic_scan(work)
    plasma = _input(work, source, scan)
    kinetic = scan.maps(
        plasma, model=chosen.model, delay=chosen.lag, water_lifetime=chosen.water_lifetime
    )
    shape = scan.semiquantitative(plasma)
    said = {"Input": chosen.input, "Hematocrit": possible("haematocrit", source, "Hematocrit")}
    if chosen.measures_input:
        said["BloodT1"] = possible("blood_t1", source, "BloodT1")
    maps = tuple(replace(each, settings={**each.settings, **said}) for each in (kinetic, shape))
    cards, rows = _of_curves(work, scan, plasma, kinetic, shape)
    return Outcome(maps, cards, rows)


def dynamic_scan(work: Work) -> dce.Scan:
    """Return the series with its sequence, and T1 and B1 where they were measured."""
    (source,), chosen, b1 = work.images("dce"), work.settings, work.map_here("B1")
    series = work.still(source.read(ndim=4), source)
    settings: dict[str, Any] = dynamic_settings(source)
    sequence = dce.TurboFlash if is_turboflash(source) else dce.GradientEcho
    time = volume_times(source, series.shape[3])
    return dce.Scan(
        series,
        time,
        t10=work.maps["T1"].in_unit("T1", "s"),
        r1=possible("r1", source, "ContrastAgentRelaxivity"),
        b1=b1.in_unit("B1", "") if b1 else None,
        baseline=chosen.baseline,
        left_out=chosen.left_out,
        sequence=sequence(**settings),
        slice_timing=slice_times(source, series.shape, time),
    )


def _input(work: Work, source: Source, scan: dce.Scan) -> Input:
    chosen, hct = work.settings, possible("haematocrit", source, "Hematocrit")
    if chosen.is_table:
        time, plasma = _table(chosen.input, work.session.raw.root)
        return Input(time, plasma=plasma, hct=hct)
    if not chosen.measures_input:
        arrival = scan.arrival(np.ones(scan.shape))
        fine = np.arange(scan.time[0], scan.time[-1] + _FINE, _FINE)
        return dce.population_input(chosen.input, fine, delay=arrival, hct=hct)
    artery = work.region(chosen.artery)
    if artery is None:
        raise StudyError(f"{source.file.path}: no voxel is labelled {chosen.artery}")
    return scan.input(artery.mask, t10_blood=possible("blood_t1", source, "BloodT1"), hct=hct)


def _table(name: str, root: Path) -> tuple[FloatArray, FloatArray]:
    """Return times, s, and concentrations in plasma, mM, of a file."""
    path = root / name
    cells = read_cells(path, "an input with columns time (s) and plasma (mM)")
    lacking = [column for column in ("time", "plasma") if column not in cells]
    if lacking:
        raise StudyError(f"{path}: no column {', '.join(lacking)}")
    time, plasma = (
        pd.to_numeric(cells[column], errors="coerce").to_numpy(float)
        for column in ("time", "plasma")
    )
    if not (np.isfinite(time) & np.isfinite(plasma)).all() or not (np.diff(time) > 0).all():
        raise StudyError(f"{path}: expected numbers, and times that rise")
    return time, plasma


def _of_curves(
    work: Work, scan: dce.Scan, plasma: Input, kinetic: dce.DCEMaps, shape: Estimates
) -> tuple[tuple[Card, ...], pd.DataFrame]:
    """Return what the curves of regions and voxels show; rows only of fast water exchange."""
    chosen, tissue = work.settings, work.tissue
    if tissue is None or not tissue.regions or chosen.water_lifetime != 0.0:
        return (), pd.DataFrame()
    fits, cards = _region_fits(scan, plasma, tissue, kinetic, chosen), []
    if fits:
        caption = f"Arterial input, and the {fits[0].caption}."
        picture = curve_panels(plasma, fits[0], scan.time)
        cards.append(work.card("dce", "DCE-MRI", caption, picture=picture))
    inside = work.tissue_mask(kinetic.flags)
    lag, model = _lag(chosen, kinetic), _prevailing(kinetic, inside)
    quality = dynamic_quality(scan, plasma, inside, (kinetic, shape), model=model, delay=lag)
    cards.append(
        work.card(
            "dce-quality",
            "DCE-MRI: quality of the fits",
            quality.caption,
            quality.status,
            quality_panels(quality),
            quality.values,
        )
    )
    rows = [fit.rows for fit in fits]
    return tuple(cards), pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()


def _region_fits(
    scan: dce.Scan, plasma: Input, tissue: LabelMap, kinetic: dce.DCEMaps, chosen: DCESettings
) -> list[RegionCurve]:
    """Fit the mean curve of every region that has a voxel with a concentration throughout."""
    fits = []
    for region in tissue.regions:
        inside = tissue.mask(region)
        try:
            model = _prevailing(kinetic, inside)
            fit = scan.fit(inside, plasma, model=model, delay=_lag(chosen, kinetic))
        except InputError:
            continue
        fits.append(RegionCurve(region, int(inside.sum()), fit))
    return fits


def _prevailing(kinetic: dce.DCEMaps, inside: BoolArray) -> str:
    """Return the model that most of some voxels take."""
    models = kinetic.model.split(" | ")
    if kinetic.choice is None:
        return models[0]
    taken = kinetic.choice[inside]
    return models[int(np.bincount(taken[taken >= 0], minlength=len(models)).argmax())]


def _lag(chosen: DCESettings, kinetic: dce.DCEMaps) -> float | tuple[float, float] | None:
    """Return the delay of a mean curve: that which all voxels share has been found."""
    if chosen.delay == "shared":
        return float(np.nanmedian(kinetic["delay"]))
    return chosen.delay


def warm_up() -> None:
    """Fit one made-up curve, and convolve it by itself as intervals do."""
    time = np.arange(0.0, 120.0, 2.0)
    plasma = time * np.exp(-time / 20.0)
    curve = 0.1 * plasma + 0.01 * np.cumsum(plasma)
    MODELS[MODEL].fit(curve[None], time, Input(time, plasma=plasma)).predicted()
    respond(0.01, time, plasma, Frames.instants(time))


DCE = Step(
    "dce",
    "DCE-MRI",
    (Files("dce"),),
    (*_DRAWN, "delay", "tau_i", *_SHAPE),
    measure,
    plan,
    requires=("T1",),
    uses=("B1",),
    drawn=_DRAWN,
    settings=DCESettings,
    inputs=("artery",),
    warm_up=warm_up,
)
