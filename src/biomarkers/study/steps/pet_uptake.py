"""Static uptake of PET: a map of SUV, and its rows."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from biomarkers import pet
from biomarkers.errors import InputError
from biomarkers.estimates import Estimates, FitFlag, reasons_of
from biomarkers.images import probe
from biomarkers.quantities import QUANTITIES
from biomarkers.study.acquisition import Source
from biomarkers.study.labelling import Placement, first_drawn
from biomarkers.study.motion import MotionSettings
from biomarkers.study.step import Files, Step
from biomarkers.study.work import Outcome, Plan, View, Work

Window = tuple[float, float]
_INSIDE_ENOUGH = 0.5


@dataclass(frozen=True)
class UptakeSettings(MotionSettings):
    """What may be chosen of the uptake.

    Parameters
    ----------
    window
        Which frames are averaged: from and to, s after the start of injection, the middle of a
        frame counting. Not given: all of a scan that began ten minutes after the injection or
        later, or has one frame; none of another.
    reference
        Regions that the others are compared with; the first that is drawn is taken.

    """

    window: Window | None = None
    reference: tuple[str, ...] = ("contralateral",)

    def __post_init__(self) -> None:
        if self.window is not None and not self.window[0] < self.window[1]:
            raise InputError(f"window is {list(self.window)} s; expected it to rise")


def plan(view: View) -> Plan:
    """Check times, dose and body weight, and that regions are drawn on the scan."""
    (source,) = view.images("pet")
    note, grid = _lacking(source, view.settings.window), probe(source.file.path)
    if not note and not view.is_drawn_on(grid):
        note = f"{source.file.path.name} not measured: no label map lies on its grid"
    return Plan(None, (note,)) if note else Plan(grid)


def _lacking(source: Source, window: Window | None) -> str:
    """Return why a scan cannot be measured, empty if it can.

    Raises
    ------
    StudyError
        If its metadata is missing, ambiguous or contradicts itself.

    """
    name = source.file.path.name
    known = pet.read_metadata(source.file.path)
    if known.body.weight_g is None:
        where = "weight_g in sub-*_sessions.tsv or participants.tsv"
        why = known.body.unread.get("weight", where)
        return f"{name} not measured: body weight is not known ({why})"
    try:
        if window is None:
            pet.static_window(known.frames, source=name)
        else:
            pet.frames_within(known.frames, window, source=name)
    except InputError as error:
        return f"{error} (not measured; --pet-window FROM TO)"
    return ""


def measure(work: Work) -> Outcome:
    """Measure the uptake of every region, against that of a reference where one is drawn."""
    (source,) = work.images("pet")
    scan = still_scan(work, source)
    window = work.settings.window or pet.static_window(scan.frames, source=scan.source)
    start, end = _span(scan, window)
    weight = float(scan.weight_g or 0.0)
    values = np.asarray(pet.suv(scan, window=window).data, dtype=float)
    settings = {
        "method": "SUV by body weight",
        "tracer": scan.tracer,
        "dose_mbq": scan.dose_mbq,
        "weight_g": weight,
        "from_s": start,
        "to_s": end,
    }
    uptake = Estimates(
        "SUV by body weight",
        (QUANTITIES["SUV"],),
        {"SUV": values},
        {},
        reasons_of(values.shape, {FitFlag.NO_SIGNAL: ~np.isfinite(values)}),
        settings=settings,
    )
    regions, tissue = work.placing.on(work.grid), work.shares
    rows = pd.DataFrame()
    if regions is not None and tissue is not None:
        rows = _rows(scan, regions, tissue, work.settings, window)
    doubts = _doubts(rows)
    decay = "not corrected" if scan.decay_corrected_to is None else "corrected"
    caption = (
        f"{scan.tracer or scan.nuclide.name}: {scan.dose_mbq:.3g} MBq in {weight:g} g, frames from "
        f"{start / 60:.3g} to {end / 60:.3g} min after the injection, decay {decay} by the scanner."
    )
    numbers = {key: value for key, value in settings.items() if isinstance(value, float)}
    status = "warn" if doubts else "ok"
    card = work.card("pet", "PET", " ".join([caption, *doubts]), status, values=numbers)
    return Outcome((uptake,), (card,), rows, measured=False)


def still_scan(work: Work, source: Source) -> pet.Scan:
    """Read a scan, its frames at rest if the settings ask for it."""
    scan = pet.load(source.file.path)
    still = work.still(scan.image, source)
    return scan if still is scan.image else replace(scan, image=still)


def _span(scan: pet.Scan, window: Window | None) -> tuple[float, float]:
    """Return where the frames that are used begin and end, s."""
    if window is None:
        return float(scan.frames.start[0]), float(scan.frames.end[-1])
    inside = pet.frames_within(scan.frames, window, source=scan.source)
    return float(scan.frames.start[inside][0]), float(scan.frames.end[inside][-1])


def _rows(
    scan: pet.Scan,
    regions: Placement,
    tissue: Placement,
    settings: UptakeSettings,
    window: Window | None,
) -> pd.DataFrame:
    reference = first_drawn(regions.regions, settings.reference) or None
    table = pet.uptake(scan, regions, reference=reference, window=window)
    return table[table["region"].isin(tissue.regions)]


def _doubts(rows: pd.DataFrame) -> list[str]:
    """Say where the sphere of the peak is mostly something else than the region."""
    if rows.empty:
        return []
    names = set(rows["biomarker"])
    peak = "SUVpeak_rodent" if "SUVpeak_rodent" in names else "SUVpeak"
    inside = rows[rows["biomarker"] == f"{peak}_inside"]
    return [
        f"Only {share:.0%} of the sphere of {peak} is in {region}."
        for region, share in zip(inside["region"], inside["value"].astype(float), strict=True)
        if share < _INSIDE_ENOUGH
    ]


UPTAKE = Step(
    "pet_uptake",
    "PET uptake",
    (Files("pet"),),
    ("SUV",),
    measure,
    plan,
    settings=UptakeSettings,
    folder="pet",
)
