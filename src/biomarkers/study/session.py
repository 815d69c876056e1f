"""Measure one session: its maps, its regions, its quality cards."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from biomarkers.errors import InputError
from biomarkers.images import LabelMap, read_labels
from biomarkers.study.cards import Card
from biomarkers.study.cohort import Session
from biomarkers.study.labelling import labels_on
from biomarkers.study.maps import ParameterMap, given_map
from biomarkers.study.outputs import write_map
from biomarkers.study.pictures import map_panels
from biomarkers.study.recipe import Recipe
from biomarkers.study.relaxation import b1_map, t1_map
from biomarkers.study.rows import map_rows, soundness, volume_rows, worst
from biomarkers.study.scans import SCANS, Part
from biomarkers.study.settings import COMPUTED

_DRAWN = {name for scan in SCANS for name in scan.drawn}
_UNDRAWN = {name for scan in SCANS for name in scan.maps} - _DRAWN


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
    parts, failures = _parts(recipe, maps, label_maps)
    for part in parts:
        maps = {**part.maps, **maps}
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
    apart = frozenset().union(*(part.apart for part in parts))
    rows = pd.concat(
        [
            *(
                volume_rows(labels, name=_volume_name(labels, by_space=volumes_by_space))
                for labels in label_maps
            ),
            *(map_rows(*pair) for pair in measured if pair[0].biomarker not in apart),
            *(part.rows for part in parts if len(part.rows)),
        ]
        or [pd.DataFrame()],
        ignore_index=True,
    )
    cards = [*_maps_card(session, rows, measured), *(card for part in parts for card in part.cards)]
    if recipe.notes:
        cards.append(Card(session, "notes", "Assumptions", "; ".join(recipe.notes), "warn"))
    failure = "; ".join(failures)
    if failure:
        cards.append(Card(session, "failure", "Not measured", failure, "fail"))
    return Measured(rows, tuple(cards), tuple(written), failure)


def _parts(
    recipe: Recipe, maps: dict[str, ParameterMap], label_maps: list[LabelMap]
) -> tuple[list[Part], list[str]]:
    """Measure every scan; what cannot be measured must not cost the session its other maps."""
    parts: list[Part] = []
    failures = []
    for scan in SCANS:
        if scan.name not in recipe.computed:
            continue
        try:
            parts.append(scan.measure(recipe, maps, label_maps))
        except InputError as error:
            path = scan.files(recipe.sources)[0].file.path
            failures.append(f"{path} could not be measured: {error}")
    return parts, failures


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


def _maps_card(
    session: Session, rows: pd.DataFrame, measured: list[tuple[ParameterMap, LabelMap]]
) -> list[Card]:
    """Draw what a look at the session needs: given maps, and of each scan the most important."""
    shown = [pair for pair in measured if pair[0].biomarker not in _UNDRAWN]
    if not shown:
        return []
    panels = [(parameter.biomarker, parameter.image, labels) for parameter, labels in shown]
    grade = worst(soundness(parameter, labels) for parameter, labels in shown)
    values = rows[rows["biomarker"].isin([biomarker for biomarker, _, _ in panels])]
    said = [
        f"{row.biomarker} is known in {row.n} voxels of {row.region} only."
        for row in values[values["qc"] != "ok"].itertuples()
    ]
    caption = " ".join(["Maps with the outlines of their regions.", *said])
    return [Card(session, "maps", "Maps", caption, grade, map_panels(panels))]
