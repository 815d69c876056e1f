"""Measure one session: its maps, its regions, its quality cards."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from biomarkers.errors import FileError, ImageError, InputError
from biomarkers.estimates import Estimates
from biomarkers.estimates.regions import doubt_unusual, quality, worst
from biomarkers.images import Image, LabelMap, probe, read_image, read_labels
from biomarkers.images.grid import Grid
from biomarkers.study.cards import Card
from biomarkers.study.events import Stages
from biomarkers.study.labelling import Placement, tissue
from biomarkers.study.legs import Target
from biomarkers.study.maps import GivenMap, Maps, only
from biomarkers.study.motion import Motion, Motions, mean_volume
from biomarkers.study.outputs import write_maps
from biomarkers.study.pictures import MapPanel, map_panels
from biomarkers.study.placing import Placing, whole_voxels
from biomarkers.study.recipe import Recipe, Task
from biomarkers.study.registering import names_of
from biomarkers.study.remarks import Remarks, remarks_of_a_step
from biomarkers.study.work import Outcome, Work

_COLUMNS = ["region", "biomarker", "value", "unit", "n", "qc", "reason"]


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


def measure_session(
    recipe: Recipe, out: Path, *, volumes_by_space: bool, stages: Stages
) -> Measured:
    """Compute what is to be computed, measure every region and write the maps.

    Parameters
    ----------
    recipe
        As planned and checked.
    out
        Folder of the results; computed maps go below it.
    volumes_by_space
        Whether volumes are named by the grid they were drawn on.
    stages
        Told what takes how long, and what is remarked on.

    Raises
    ------
    FileError
        If a file turns out to be damaged.

    """
    with stages.of("labels"):
        measuring = _Measuring(recipe, out, stages)
    for task in recipe.tasks:
        with stages.of(task.step.name):
            measuring.run(task)
    stages.warn("plan", *recipe.notes)
    with stages.of("regions"):
        return measuring.result(volumes_by_space=volumes_by_space)


@dataclass
class _Measuring:
    """A session on its way, with what its steps have given so far."""

    recipe: Recipe
    out: Path
    stages: Stages
    maps: dict[str, Maps] = field(default_factory=dict)
    rows: list[pd.DataFrame] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    written: list[Path] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        recipe = self.recipe
        self.labels = tuple(read_labels(plan.file.path, names=plan.names) for plan in recipe.labels)
        self.motions = Motions(recipe.session)
        targets = [
            *(_task_target(task, self.motions) for task in recipe.tasks),
            *map(_given_target, recipe.given),
        ]
        self.placing = Placing(recipe.session, self.labels, recipe.registration, targets, self.out)
        for given in self.recipe.given:
            try:
                maps = given.read()
            except ImageError as error:
                self.failures.append(f"{given.biomarker} not measured: {error}")
                continue
            self.maps[given.biomarker] = maps
            self._measure_regions(maps)

    def run(self, task: Task) -> None:
        """Do a step; what cannot be measured must not cost the session its other maps."""
        recipe, first = self.recipe, next(each for each in task.files.values() if each)[0]
        planned = {name for each in recipe.tasks for name in each.gives}
        planned |= {given.biomarker for given in recipe.given}
        # What a step may do without must not be missing unsaid where it was acquired.
        needed = (*task.step.requires, *(name for name in task.step.uses if name in planned))
        missing = [name for name in needed if name not in self.maps]
        if missing:
            self.failures.append(f"{first.file.path} not measured: no {', '.join(missing)}")
            return
        work = Work(
            recipe.session, task.settings, task.files,
            task.grid, dict(self.maps), self.placing, recipe.inputs, self.motions,
        )  # fmt: skip
        with remarks_of_a_step(recipe.session.raw.root) as remarks:
            try:
                outcome = task.step.measure(work)
            except FileError:
                raise
            except InputError as error:
                outcome, failure = None, str(error)
        if outcome is None:
            why = "; ".join((failure, *remarks.texts))
            self.failures.append(f"{first.file.path} could not be measured: {why}")
            return
        remarks.add(*(note for each in outcome.estimates for note in each.notes))
        remarks.leave_out(getattr(task.settings, "left_out", ()))
        self._take(task, outcome, remarks)

    def _take(self, task: Task, outcome: Outcome, remarks: Remarks) -> None:
        inputs = self._inputs(task) if outcome.inputs is None else outcome.inputs
        maps = [
            Maps(only(each, _known(each, task.gives)), task.grid, inputs)
            for each in outcome.estimates
        ]
        if outcome.estimates and not any(each.estimates.names for each in maps):
            why = "; ".join(("no voxel has a value", *remarks.texts))
            self.failures.append(f"{', '.join(task.gives)} not measured: {why}")
        self.written += write_maps(maps, task, self.recipe.session, self.out)
        before = len(self.rows)
        for each in maps:
            self.maps |= dict.fromkeys(each.estimates.names, each)
            if outcome.measured:
                self._measure_regions(each)
        rows = outcome.rows
        self.rows.append(self.placing.on_rows(task.grid, rows) if task.step.labelled else rows)
        self.rows[before:] = map(remarks.on_rows, self.rows[before:])
        new = Card(self.recipe.session, task.step.name, task.step.title, "", "warn")
        self.cards += remarks.on_cards(outcome.cards, new)
        self.stages.warn(task.step.name, *remarks.texts)

    def _inputs(self, task: Task) -> tuple[Path, ...]:
        """Return the files of a step's images, and those behind the maps it takes."""
        taken = [name for name in (*task.step.requires, *task.step.uses) if name in self.maps]
        images = [image.file.path for images in task.files.values() for image in images]
        return tuple(
            dict.fromkeys([*images, *(path for name in taken for path in self.maps[name].inputs)])
        )

    def _measure_regions(self, maps: Maps) -> None:
        labels = self._tissue_on(maps.grid)
        if labels is not None and maps.estimates.names:
            rows = maps.estimates.by_region(labels)
            self.rows.append(self.placing.on_rows(maps.grid, rows))

    def _tissue_on(self, grid: Grid) -> Placement | None:
        return tissue(self.placing.on(grid), self.recipe.inputs)

    def result(self, *, volumes_by_space: bool) -> Measured:
        """Return everything, with the cards of the whole session."""
        session, notes = self.recipe.session, self.recipe.notes
        volumes = [self._volumes(labels, by_space=volumes_by_space) for labels in self.labels]
        parts = [part for part in (*volumes, *self.rows) if len(part)]
        rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=_COLUMNS)
        rows = doubt_unusual(rows)
        empty = [labels.source for labels in self.labels if not labels.regions]
        self.failures += [
            f"no region of {source} measured: no voxel is labelled" for source in empty
        ]
        self.failures += self.placing.failures
        failure = "; ".join(self.failures)
        if len(rows) and "reason" in rows:
            rows["reason"] = rows["reason"].fillna("")
        moved = [*self.placing.cards, *self.motions.cards()]
        cards = [*self._maps_card(rows), *self.cards, *moved]
        self.written += [*self.placing.written, *self.motions.write(self.out)]
        if notes:
            cards.append(Card(session, "notes", "Assumptions", "; ".join(notes), "warn"))
        if failure:
            cards.append(Card(session, "failure", "Not measured", failure, "fail"))
        return Measured(rows, tuple(cards), tuple(self.written), failure)

    def _volumes(self, labels: LabelMap, *, by_space: bool) -> pd.DataFrame:
        """Return the volume of every region of tissue as it was drawn, mm^3."""
        drawn = tissue(labels, self.recipe.inputs)
        name = f"volume_{labels.space}" if by_space and labels.space else "volume"
        rows = [
            (region, name, volume, "mm^3", round(volume / labels.image.voxel_volume), "ok", "")
            for region, volume in drawn.volumes().items()
        ]
        return pd.DataFrame(rows, columns=_COLUMNS)

    def _maps_card(self, rows: pd.DataFrame) -> list[Card]:
        """Draw given maps, and of each step those that it shows."""
        hidden = {
            name for task in self.recipe.tasks for name in {*task.step.gives} - {*task.step.shown}
        }
        panels, grades = [], []
        for name, maps in self.maps.items():
            placed = self._tissue_on(maps.grid)
            if placed is None or name in hidden:
                continue
            labels = whole_voxels(placed)
            panels.append(MapPanel(name, _image(maps, name), labels, maps.estimates.flags))
            grades.append(soundness(maps, labels))
        if not panels:
            return []
        lacking = rows[rows["biomarker"].isin([panel.biomarker for panel in panels])]
        said = [
            f"{row.biomarker} is known in {row.n} voxels of {row.region} only."
            for row in lacking[lacking["qc"] != "ok"].itertuples()
        ]
        caption = " ".join(["Maps in slices through their regions, outlined.", *said])
        picture = map_panels(panels)
        return [Card(self.recipe.session, "maps", "Maps", caption, worst(grades), picture)]


def _task_target(task: Task, motions: Motions) -> Target:
    """Return the image of a step that labels are brought to: its first, at rest, averaged."""
    images = [image for each in task.files.values() for image in each]
    first = images[0]

    def read() -> Image:
        chosen: Motion = getattr(task.settings, "motion", "none")
        image = first.read(ndim=len(task.grid.shape))
        return mean_volume(motions.still(image, first, chosen))

    return Target(names_of(images), task.grid, read, task.step.folder, first.file.path)


def _given_target(given: GivenMap) -> Target:
    file = given.source.file
    grid = probe(file.path, ndim=3)
    return Target(
        given.names, grid, lambda: read_image(file.path), file.path.parent.name, file.path
    )


def _known(estimates: Estimates, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return which of some quantities have a value anywhere: a short scan has no late areas."""
    return tuple(name for name in estimates.names if name in names and estimates.has(name).any())


def soundness(maps: Maps, labels: LabelMap) -> str:
    """Grade a map by the region with the fewest voxels that are not flagged."""
    known = [maps.estimates.has(name) for name in maps.estimates.names]
    sound = ~maps.estimates.flags & np.any(known, axis=0)
    return worst(quality(float(sound[labels.mask(region)].mean())) for region in labels.regions)


def _image(maps: Maps, name: str) -> Image:
    (quantity,) = (each for each in maps.estimates.quantities if each.name == name)
    values = np.where(maps.estimates.flags, np.nan, maps.estimates[name])
    return Image(values, maps.grid.affine, maps.grid.source, quantity.unit)
