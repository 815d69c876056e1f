"""Measure one session: its maps, its regions, its quality cards."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from biomarkers.errors import InputError
from biomarkers.images import LabelMap, read_labels
from biomarkers.study.bolus import measure_bolus
from biomarkers.study.cards import Card
from biomarkers.study.cohort import Session
from biomarkers.study.dynamic import DynamicFit, fit_dynamic
from biomarkers.study.echoes import injection_of, pair_of
from biomarkers.study.iron_oxide import measure_iron_oxide
from biomarkers.study.labelling import labels_on
from biomarkers.study.maps import ParameterMap, Part, b1_map, given_map, t1_map
from biomarkers.study.outputs import write_map
from biomarkers.study.pictures import curve_panels, map_panels, quality_panels
from biomarkers.study.recipe import CBV, DSC, SUV, UNDRAWN, Recipe
from biomarkers.study.rows import curve_rows, map_rows, soundness, volume_rows, worst
from biomarkers.study.settings import COMPUTED
from biomarkers.study.uptake import SessionUptake, measure_uptake


@dataclass(frozen=True)
class Measured:
    """What one session gave.

    Parameters
    ----------
    rows
        Measurement rows without subject, day and session.
    cards
        Quality cards.
    maps
        Images written.
    failure
        Why a part of the session could not be measured; empty if all of it was.

    """

    rows: pd.DataFrame
    cards: tuple[Card, ...]
    maps: tuple[Path, ...]
    failure: str = ""


def measure_session(recipe: Recipe, out: Path, *, volumes_by_space: bool) -> Measured:
    """Compute what is to be computed, measure every region and write the maps.

    Parameters
    ----------
    recipe
        As planned and checked.
    out
        Folder of the results; computed maps go below it.
    volumes_by_space
        Whether volumes are named by the grid they were drawn on.

    """
    session = recipe.sources.session
    label_maps = [read_labels(plan.file.path, names=plan.names) for plan in recipe.labels]
    maps = _relaxation(recipe)
    failures: list[str] = []
    dynamic = _dynamic(recipe, maps, label_maps, failures)
    if dynamic:
        maps = {**dynamic.maps, **maps}
    uptake = _uptake(recipe, label_maps, failures)
    if uptake:
        maps = {**maps, SUV: uptake.map}
    iron = _iron_oxide(recipe, maps, label_maps, failures)
    if iron:
        maps = {**iron.maps, **maps}
    bolus = _bolus(recipe, label_maps, failures)
    if bolus:
        maps = {**bolus.maps, **maps}
    failure = "; ".join(failures)
    written = [
        write_map(parameter, session, out)
        for parameter in maps.values()
        if parameter.origin == COMPUTED
    ]
    measured = [
        (parameter, labels)
        for parameter in maps.values()
        if (labels := labels_on(parameter.image, label_maps)) is not None
    ]
    rows = pd.concat(
        [
            *(
                volume_rows(labels, name=_volume_name(labels, by_space=volumes_by_space))
                for labels in label_maps
            ),
            *(
                map_rows(parameter, labels)
                for parameter, labels in measured
                if not (uptake and parameter is uptake.map)
            ),
            *([curve_rows(dynamic.curves)] if dynamic and dynamic.curves else []),
            *([uptake.rows] if uptake else []),
        ]
        or [pd.DataFrame()],
        ignore_index=True,
    )
    cards = _cards(recipe, rows, measured, dynamic, uptake)
    cards += _blood_cards(session, iron, bolus)
    if failure:
        cards.append(Card(session, "failure", "Not measured", failure, "fail"))
    return Measured(rows, tuple(cards), tuple(written), failure)


def _dynamic(
    recipe: Recipe,
    maps: dict[str, ParameterMap],
    label_maps: list[LabelMap],
    failures: list[str],
) -> DynamicFit | None:
    """Fit the dynamic series; what cannot be fitted must not cost the session its other maps."""
    if "DCE" not in recipe.computed or not recipe.sources.dce:
        return None
    try:
        return fit_dynamic(recipe.sources.dce, maps["T1"], maps.get("B1"), label_maps)
    except InputError as error:
        failures.append(f"{recipe.sources.dce.file.path} could not be fitted: {error}")
        return None


def _uptake(
    recipe: Recipe, label_maps: list[LabelMap], failures: list[str]
) -> SessionUptake | None:
    """Measure the PET scan, likewise."""
    if SUV not in recipe.computed or not recipe.sources.pet:
        return None
    try:
        return measure_uptake(recipe.sources.pet, label_maps, recipe.pet_window)
    except InputError as error:
        failures.append(f"{recipe.sources.pet.file.path} could not be measured: {error}")
        return None


def _iron_oxide(
    recipe: Recipe,
    maps: dict[str, ParameterMap],
    label_maps: list[LabelMap],
    failures: list[str],
) -> Part | None:
    """Measure the echoes before and after an iron oxide, likewise."""
    if CBV not in recipe.computed:
        return None
    sources = recipe.sources
    gradient = pair_of(sources.megre)
    spin = pair_of(sources.mese) if sources.mese else None
    injection = injection_of(gradient, sources.session.species)
    try:
        return measure_iron_oxide(gradient, spin, injection, label_maps, maps.get("ADC"))
    except InputError as error:
        failures.append(f"{gradient.pre[0].file.path} could not be measured: {error}")
        return None


def _bolus(recipe: Recipe, label_maps: list[LabelMap], failures: list[str]) -> Part | None:
    """Measure the series with a bolus, likewise."""
    if DSC not in recipe.computed:
        return None
    try:
        return measure_bolus(recipe.sources.dsc, label_maps)
    except InputError as error:
        failures.append(f"{recipe.sources.dsc[0].file.path} could not be measured: {error}")
        return None


def _relaxation(recipe: Recipe) -> dict[str, ParameterMap]:
    """Return given and relaxometry maps; B1 first, because T1 needs it."""
    sources = recipe.sources
    maps = {name: given_map(sources.given[name]) for name in recipe.given}
    if "B1" in recipe.computed:
        maps["B1"] = b1_map(sources.afi)
    if "T1" in recipe.computed:
        maps["T1"] = t1_map(sources.vfa, maps.get("B1"))
    return maps


def _volume_name(labels: LabelMap, *, by_space: bool) -> str:
    return f"volume_{labels.space}" if by_space and labels.space else "volume"


def _cards(
    recipe: Recipe,
    rows: pd.DataFrame,
    measured: list[tuple[ParameterMap, LabelMap]],
    dynamic: DynamicFit | None,
    uptake: SessionUptake | None,
) -> list[Card]:
    session = recipe.sources.session
    cards = []
    shown = [pair for pair in measured if pair[0].biomarker not in UNDRAWN]
    if shown:
        panels = [(parameter.biomarker, parameter.image, labels) for parameter, labels in shown]
        grade = worst(soundness(parameter, labels) for parameter, labels in shown)
        values = rows[rows["biomarker"].isin([biomarker for biomarker, _, _ in panels])]
        said = [
            f"{row.biomarker} is known in {row.n} voxels of {row.region} only."
            for row in values[values["qc"] != "ok"].itertuples()
        ]
        caption = " ".join(["Maps with the outlines of their regions.", *said])
        cards.append(Card(session, "maps", "Maps", caption, grade, map_panels(panels)))
    if dynamic:
        cards += _dynamic_cards(session, dynamic)
    if uptake:
        looked = Card(session, "pet", "PET", uptake.caption, uptake.status, values=uptake.numbers)
        cards.append(looked)
    if recipe.notes:
        text = "; ".join(recipe.notes)
        cards.append(Card(session, "notes", "Assumptions", text, "warn"))
    return cards


def _blood_cards(session: Session, iron: Part | None, bolus: Part | None) -> list[Card]:
    found = (
        ("cbv", "Blood volume from iron oxide", iron),
        ("dsc", "Perfusion from a bolus (DSC)", bolus),
    )
    return [
        Card(session, kind, title, each.caption, each.status, values=each.values)
        for kind, title, each in found
        if each
    ]


def _dynamic_cards(session: Session, dynamic: DynamicFit) -> list[Card]:
    cards = []
    if dynamic.curves:
        curve = dynamic.curves[0]
        caption = f"Arterial input, and the {curve.caption}."
        picture = curve_panels(dynamic.plasma, curve)
        cards.append(Card(session, "dce", "DCE-MRI", caption, "ok", picture))
    if dynamic.quality:
        looked = dynamic.quality
        cards.append(
            Card(
                session,
                "dce-quality",
                "DCE-MRI, how far to believe it",
                looked.caption,
                looked.status,
                quality_panels(looked),
                looked.values,
            )
        )
    return cards
