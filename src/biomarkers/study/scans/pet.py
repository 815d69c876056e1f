"""Static uptake of one session: a map of SUV, its rows, and what to look at."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from biomarkers import pet
from biomarkers.errors import InputError
from biomarkers.images import LabelMap, probe
from biomarkers.study.acquisition import Source
from biomarkers.study.cards import Card
from biomarkers.study.labelling import labels_on, tissue_regions
from biomarkers.study.maps import ParameterMap
from biomarkers.study.recipe import Draft, Recipe
from biomarkers.study.rows import quality
from biomarkers.study.scans.scan import Maps, Part, Scan
from biomarkers.study.settings import COMPUTED, Window
from biomarkers.study.sources import Sources

# The region that the others are compared with, if it is drawn.
REFERENCE = "contralateral"
_INSIDE_ENOUGH = 0.5


def _files(sources: Sources) -> tuple[Source, ...]:
    return (sources.pet,) if sources.pet else ()


def _plan(draft: Draft) -> None:
    (source,) = _files(draft.sources)
    reason = _refusal(source, draft.settings.pet_window)
    header = probe(source.file.path)
    if not reason and not draft.drawn_on(header):
        reason = f"{source.file.path.name} not measured: no label map lies on its grid"
    if reason:
        draft.notes.append(reason)
    else:
        draft.compute(PET.name, header, PET.maps)


def _refusal(source: Source, window: Window | None) -> str:
    """Return why a scan cannot be measured, empty if it can.

    Raises
    ------
    StudyError
        If its metadata is missing, ambiguous or contradicts itself.

    """
    name = source.file.path.name
    known = pet.read_metadata(source.file.path)
    if known.body.weight_g is None:
        return (
            f"{name} not measured: body weight is not known (weight_g in sub-*_sessions.tsv or "
            "participants.tsv)"
        )
    try:
        if window is None:
            pet.static_window(known.frames, source=name)
        else:
            pet.frames_within(known.frames, window, source=name)
    except InputError as error:
        return f"{error} (not measured; --pet-window FROM TO)"
    return ""


def _measure(recipe: Recipe, maps: Maps, label_maps: Sequence[LabelMap]) -> Part:
    """Measure the SUV of every tissue region.

    The label map on the grid of the scan is used, else the only one, brought to it. A region
    `contralateral` is the reference of the others.
    """
    (source,), window = _files(recipe.sources), recipe.pet_window
    scan = pet.load(source.file.path)
    window = window or pet.static_window(scan.frames, source=scan.source)
    image = pet.suv(scan, window=window)
    start, end = _span(scan, window)
    weight = float(scan.weight_g or 0.0)
    settings = {
        "method": "SUV by body weight",
        "tracer": scan.tracer,
        "dose_mbq": scan.dose_mbq,
        "weight_g": weight,
        "from_s": start,
        "to_s": end,
    }
    parameter = ParameterMap("SUV", image, COMPUTED, None, (Path(scan.source),), settings)
    labels = labels_on(image, label_maps)
    rows = pd.DataFrame() if labels is None else _rows(scan, labels, window)
    said = _doubts(rows)
    how = "not corrected" if scan.decay_corrected_to is None else "corrected"
    caption = (
        f"{scan.tracer or scan.nuclide.name}: {scan.dose_mbq:.3g} MBq in {weight:g} g, frames from "
        f"{start / 60:.3g} to {end / 60:.3g} min after the injection, decay {how} by the scanner."
    )
    numbers = {key: value for key, value in settings.items() if isinstance(value, float)}
    card = Card(
        recipe.sources.session,
        "pet",
        "PET",
        " ".join([caption, *said]),
        "warn" if said else "ok",
        values=numbers,
    )
    return Part({PET.name: parameter}, (card,), rows, frozenset(PET.maps))


def _span(scan: pet.Scan, window: Window | None) -> tuple[float, float]:
    """Return where the frames that are used begin and end, s."""
    if window is None:
        return float(scan.frames.start[0]), float(scan.frames.end[-1])
    inside = pet.frames_within(scan.frames, window, source=scan.source)
    return float(scan.frames.start[inside][0]), float(scan.frames.end[inside][-1])


def _rows(scan: pet.Scan, labels: LabelMap, window: Window | None) -> pd.DataFrame:
    reference = REFERENCE if REFERENCE in labels.regions else None
    table = pet.uptake(scan, labels, reference=reference, window=window)
    table = table[table["region"].isin(tissue_regions(labels))]
    voxel = labels.image.voxel_volume
    sizes = {region: volume / voxel for region, volume in labels.volumes().items()}
    usable = table["n"] / table["region"].map(sizes)
    return table.assign(qc=[quality(share) for share in usable])


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


PET = Scan("SUV", ("SUV",), ("SUV",), _files, _plan, _measure)
