"""What a step is given of a session, planned or measured, and what it gives back."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from biomarkers.arrays import BoolArray, FloatArray
from biomarkers.estimates import Estimates
from biomarkers.images import Image, ImageHeader, LabelMap, same_grid
from biomarkers.images.grid import Grid
from biomarkers.study.acquisition import Source
from biomarkers.study.cards import Card
from biomarkers.study.cohort import Session
from biomarkers.study.labelling import LabelPlan, Placement, drawn_on, first_drawn, tissue
from biomarkers.study.maps import Maps
from biomarkers.study.motion import Motions
from biomarkers.study.placing import Placing, whole_voxels
from biomarkers.study.registering import Registration, names_of


@dataclass(frozen=True)
class Offer:
    """What a session offers a step.

    Parameters
    ----------
    session
        Whose.
    settings
        Those of the step.
    files
        Its images, by suffix; empty if there are none.

    """

    session: Session
    settings: Any
    files: Mapping[str, tuple[Source, ...]]

    def images(self, suffix: str) -> tuple[Source, ...]:
        """Return the images of a suffix, sorted by name."""
        return self.files[suffix]

    @property
    def every_image(self) -> tuple[Source, ...]:
        """All images of the step."""
        return tuple(image for images in self.files.values() for image in images)


@dataclass(frozen=True)
class View(Offer):
    """A session before any pixel is read.

    Parameters
    ----------
    grids
        Of every map that will be there: given ones, and those of earlier steps, by quantity.
    labels
        Label maps.
    resample
        Whether a single label map may be brought to another grid.
    registration
        How labels reach images on other grids; None where that is not asked for.

    """

    grids: Mapping[str, ImageHeader]
    labels: tuple[LabelPlan, ...]
    resample: bool
    registration: Registration | None = None

    def is_drawn_on(self, grid: Grid) -> bool:
        """Whether a label map can measure an image; without any, nothing is to be measured."""
        return self._is_reached or drawn_on(grid, self.labels, resample=self.resample)

    def regions_on(self, grid: Grid) -> tuple[str, ...]:
        """Return the regions that are drawn on a grid, or will be brought to it."""
        alike = [each for each in self.labels if same_grid(each.header, grid)]
        if not alike and self.registration is not None and self._is_reached:
            alike = [self.registration.labels]
        return tuple(region for each in alike for region in each.regions)

    @property
    def _is_reached(self) -> bool:
        """Whether labels can be brought to the images of the step."""
        how = self.registration
        return how is not None and how.reaches(names_of(self.every_image))


@dataclass(frozen=True)
class Plan:
    """What a step will do in a session.

    Parameters
    ----------
    grid
        Of its maps; None if it cannot be done.
    notes
        What is lacking or was assumed, a sentence each.

    """

    grid: ImageHeader | None
    notes: tuple[str, ...] = ()


class Region(NamedTuple):
    """A region by name, and its voxels, (x, y, z)."""

    name: str
    mask: BoolArray


@dataclass(frozen=True)
class Work(Offer):
    """A session while it is measured.

    Parameters
    ----------
    grid
        Of the images, and so of the maps.
    maps
        Given maps, and those of earlier steps, by quantity.
    placing
        Label maps, and what brings them to the grid of the images.
    inputs
        Names of regions that are inputs and no tissue, in small letters.
    motions
        What brings series to rest.

    """

    grid: ImageHeader
    maps: Mapping[str, Maps]
    placing: Placing
    inputs: frozenset[str]
    motions: Motions

    @property
    def labels(self) -> tuple[LabelMap, ...]:
        """Label maps where the scanner sees them, on whatever grids."""
        return self.placing.in_space()

    @property
    def regions(self) -> LabelMap | None:
        """Every region on the grid of the images; None if there is no label map."""
        placed = self.placing.on(self.grid)
        return None if placed is None else whole_voxels(placed)

    @property
    def tissue(self) -> LabelMap | None:
        """The regions of tissue on the grid of the images; None if there is no label map."""
        return tissue(self.regions, self.inputs)

    @property
    def shares(self) -> Placement | None:
        """The regions of tissue, as fractions of voxels where these are larger than those drawn."""
        return tissue(self.placing.on(self.grid), self.inputs)

    def still(self, series: Image, source: Source) -> Image:
        """Return a series at rest if the settings ask for it (`motion`); see `Motions.still`."""
        return self.motions.still(series, source, self.settings.motion)

    def region(self, *wanted: str) -> Region | None:
        """Return the first of some regions that is drawn on the grid, names in any case."""
        labels = self.regions
        name = first_drawn(labels.regions, wanted) if labels else ""
        return Region(name, labels.mask(name)) if labels and name else None

    def tissue_mask(self, otherwise: BoolArray) -> BoolArray:
        """Return the voxels of all regions of tissue; `otherwise` if there is none."""
        labels = self.shares
        if labels is None or not labels.regions:
            return otherwise
        return np.asarray(
            np.any([labels.weights(region) > 0.0 for region in labels.regions], axis=0)
        )

    def map_here(self, name: str) -> Maps | None:
        """Return a map that lies on the grid of the images; None if there is none."""
        maps = self.maps.get(name)
        return maps if maps and same_grid(maps.grid, self.grid) else None

    def values_here(self, name: str, unit: str) -> FloatArray | None:
        """Return the values of a map on the grid of the images, in a unit; None without any.

        A map on another grid is brought here where the settings ask for registration.
        """
        maps = self.maps.get(name)
        if maps is None:
            return None
        values = maps.in_unit(name, unit)[name]
        if same_grid(maps.grid, self.grid):
            return values
        way = self.placing.between(maps.grid, self.grid)
        known = np.where(maps.estimates.flags, np.nan, values)
        image = Image(known, maps.grid.affine, maps.grid.source)
        return None if way is None else np.asarray(way.apply(image), dtype=float)

    def card(
        self,
        kind: str,
        title: str,
        caption: str,
        status: str = "ok",
        picture: bytes | None = None,
        values: Mapping[str, float] | None = None,
    ) -> Card:
        """Return a quality card of the session; parameters as in `Card`."""
        return Card(self.session, kind, title, caption, status, picture, values or {})


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a step gave in a session.

    Parameters
    ----------
    estimates
        Of every voxel of the grid that was planned; their flags are of one kind.
    cards
        Quality cards.
    rows
        Measurement rows beside those that maps give: region, biomarker, value, unit and more.
    inputs
        Files that estimates came from; if not said, the images of the step and whatever the maps
        came from that it requires and uses.
    measured
        Whether every region of the maps is measured (`Estimates.by_region`); False where `rows`
        hold all there is to say.

    """

    estimates: tuple[Estimates, ...]
    cards: tuple[Card, ...] = ()
    rows: pd.DataFrame = field(default_factory=pd.DataFrame)
    inputs: tuple[Path, ...] | None = None
    measured: bool = True
