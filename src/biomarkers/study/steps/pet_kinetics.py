"""Kinetics of dynamic PET, with arterial blood or a reference region."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from biomarkers import pet
from biomarkers.errors import InputError
from biomarkers.estimates.regions import with_remark
from biomarkers.images import probe
from biomarkers.kinetics import Input
from biomarkers.pet.region_uptake import DELIVERY_S
from biomarkers.quantities import CURVE
from biomarkers.study.acquisition import Source
from biomarkers.study.labelling import first_drawn, tissue
from biomarkers.study.motion import MotionSettings
from biomarkers.study.step import Files, Step
from biomarkers.study.steps.pet_uptake import still_scan
from biomarkers.study.work import Outcome, Plan, View, Work

BLOOD = "blood"
# A scan of fewer frames shows no kinetics.
_FEWEST_FRAMES = 6


@dataclass(frozen=True)
class KineticsSettings(MotionSettings):
    """What may be chosen of PET kinetics.

    Parameters
    ----------
    model
        One of `pet.METHODS`; `auto` is `logan` with blood and `srtm` with a reference region.
    input
        `blood`: the samples of `*_recording-*_blood.tsv` beside the image; or the name of a
        reference region.
    ratio, parent
        Plasma-to-blood ratio and parent fraction, as in `pet.arterial_input`.
    t_star, k2_reference, delay
        As in `pet.fit`.
    weights
        Of squared residuals: `equal`, or by the counts of the `scan`.

    """

    model: str = "auto"
    input: str = BLOOD
    ratio: str | float = "exponential"
    parent: str | float = "hill"
    t_star: float | None = None
    k2_reference: float | None = None
    delay: float | tuple[float, float] | None = None
    weights: Literal["equal", "scan"] = "equal"

    def __post_init__(self) -> None:
        if self.model not in ("auto", *pet.METHODS):
            raise InputError(f"model is {self.model!r}; expected auto or {', '.join(pet.METHODS)}")

    @property
    def method(self) -> str:
        """Name of the model."""
        usual = "logan" if self.input == BLOOD else "srtm"
        return usual if self.model == "auto" else self.model


def plan(view: View) -> Plan:
    """Check frames and input; a static scan is left out without a word."""
    (source,) = view.images("pet")
    known = pet.read_metadata(source.file.path)
    dynamic = len(known.frames) >= _FEWEST_FRAMES and known.frames.start[0] < DELIVERY_S
    if not dynamic:
        return Plan(None)
    grid = probe(source.file.path, ndim=4)
    lacking = _lacking(view, source, known.injection_start)
    if lacking:
        return Plan(None, (f"{source.file.path.name}: kinetics not fitted: {lacking}",))
    return Plan(grid)


def _lacking(view: View, source: Source, injection_start: float) -> str:
    """Return what the fit needs and does not have, empty if it has all."""
    chosen: KineticsSettings = view.settings
    if not view.is_drawn_on(probe(source.file.path, ndim=4)):
        return "no label map lies on its grid"
    if chosen.input != BLOOD:
        drawn = view.regions_on(probe(source.file.path, ndim=4))
        return "" if first_drawn(drawn, [chosen.input]) else f"no region {chosen.input} is drawn"
    tables = sorted(source.file.path.parent.glob("*_recording-*_blood.tsv"))
    if not tables:
        return "no *_recording-*_blood.tsv lies beside it, and no reference region is named"
    blood = pet.read_blood(tables, injection_start=injection_start)
    try:
        pet.arterial_input(blood, ratio=chosen.ratio, parent=chosen.parent)
    except InputError as error:
        return str(error)
    return ""


def measure(work: Work) -> Outcome:
    """Fit the model in every voxel, and to the mean curve of every region."""
    (source,), chosen = work.images("pet"), work.settings
    scan = still_scan(work, source)
    plasma = _input(work, scan)
    how = {
        "model": chosen.method,
        "t_star": chosen.t_star,
        "k2_reference": chosen.k2_reference,
        "delay": chosen.delay,
        "weights": pet.scan_weights(scan) if chosen.weights == "scan" else None,
    }
    maps = pet.maps(scan, plasma, **how)
    rows = _region_rows(work, scan, plasma, how)
    flagged = float(maps.flags[work.tissue_mask(np.isfinite(maps[maps.names[0]]))].mean())
    caption = (
        f"{scan.tracer or scan.nuclide.name}: {chosen.method} with {chosen.input} as input, "
        f"{len(scan.frames)} frames to {scan.frames.end[-1] / 60:.3g} min after the injection; "
        f"{100.0 * flagged:.1f} % of the tissue voxels flagged."
    )
    card = work.card(
        "pet-kinetics",
        PET_KINETICS.title,
        caption,
        values={"flagged": flagged, "frames": float(len(scan.frames))},
    )
    return Outcome((maps,), (card,), rows, inputs=_inputs(work, source))


def _input(work: Work, scan: pet.Scan) -> Input:
    chosen = work.settings
    if chosen.input == BLOOD:
        blood = pet.load_blood(scan)
        return pet.arterial_input(blood, ratio=chosen.ratio, parent=chosen.parent)
    placed = work.placing.on(work.grid)
    name = first_drawn(placed.regions, [chosen.input]) if placed else ""
    if placed is None or not name:
        raise InputError(f"{scan.source}: no region {chosen.input} on its grid")
    return pet.tacs(scan, placed.only((name,))).reference(name)


def _region_rows(work: Work, scan: pet.Scan, plasma: Input, how: dict[str, Any]) -> pd.DataFrame:
    """Return rows of the mean curves, `<quantity>_curve`."""
    regions = tissue(work.shares, frozenset({work.settings.input.lower()}))
    if regions is None or not regions.regions:
        return pd.DataFrame()
    curves = pet.tacs(scan, regions)
    table = pet.fit(curves, scan.frames, plasma, **how).table
    table = with_remark(table, [regions.doubt(region) for region in table["region"]])
    return table.assign(biomarker=table["biomarker"] + f"_{CURVE}")


def _inputs(work: Work, source: Source) -> tuple[Any, ...]:
    path = source.file.path
    if work.settings.input != BLOOD:
        return (path,)
    return (path, *sorted(path.parent.glob("*_recording-*_blood.tsv")))


_MAIN = ("VT", "Ki", "Kiref", "BPND", "DVR")
PET_KINETICS = Step(
    "pet_kinetics",
    "PET kinetics",
    (Files("pet"),),
    (
        *_MAIN,
        *("K1", "k2", "k3", "k4", "vB", "V0", "V0ref", "R1", "k2a", "k2_reference"),
        *("intercept", "delay"),
    ),
    measure,
    plan,
    drawn=_MAIN,
    after=("dce",),
    settings=KineticsSettings,
    folder="pet",
)
