"""Which label map measures an image, and what its regions stand for."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import overload

from biomarkers.bids import BidsFile
from biomarkers.images import (
    Fractions,
    ImageHeader,
    LabelMap,
    Transform,
    resample_labels,
    same_grid,
)
from biomarkers.images.grid import Grid

Placement = LabelMap | Fractions

# The region whose signal is the arterial input, if nothing else is said. It is no tissue, so it
# gives no rows.
ARTERY = "artery"


@dataclass(frozen=True)
class LabelPlan:
    """A label map: its grid, the names of its labels, and the regions that have voxels."""

    file: BidsFile
    header: ImageHeader
    names: Mapping[int, str]
    regions: tuple[str, ...]

    @property
    def space(self) -> str:
        """BIDS `space` entity: the images it was drawn on; empty if it has none."""
        return self.file.entities.get("space", "")


@dataclass(frozen=True, eq=False)
class Placed:
    """Labels on a grid.

    Parameters
    ----------
    grid
        Which.
    labels
        None if there are none, or they could not be brought there.
    drawn
        Volume of each region as it was drawn, mm^3.
    words
        How they came there; empty if they were drawn there.
    doubt
        Why that is doubtful; empty if it is not.
    way
        From points of the grid to those of the image that labels were drawn on; None where they
        were drawn here, or nothing was registered.

    """

    grid: Grid
    labels: Placement | None
    drawn: Mapping[str, float] = field(default_factory=dict)
    words: str = ""
    doubt: str = ""
    way: Transform | None = None


def drawn_on(grid: Grid, labels: Sequence[LabelPlan], *, resample: bool) -> bool:
    """Whether a label map can measure an image; without any, nothing is to be measured."""
    if not labels or (resample and len(labels) == 1):
        return True
    return any(same_grid(label.header, grid) for label in labels)


def labels_on(grid: Grid, label_maps: Sequence[LabelMap]) -> LabelMap | None:
    """Return the label map on the grid of an image, else the only one brought to it.

    A label map on another grid comes this far only if resampling was asked for. None if there is
    no label map.
    """
    for labels in label_maps:
        if same_grid(labels, grid):
            return labels
    return resample_labels(label_maps[0], grid) if label_maps else None


@overload
def tissue(labels: LabelMap, inputs: Set[str]) -> LabelMap: ...
@overload
def tissue(labels: LabelMap | None, inputs: Set[str]) -> LabelMap | None: ...
@overload
def tissue(labels: Placement | None, inputs: Set[str]) -> Placement | None: ...
def tissue(labels: Placement | None, inputs: Set[str]) -> Placement | None:
    """Return the regions that are measured, those that are inputs left out.

    Parameters
    ----------
    labels
        Regions drawn on an image, or brought to it; None where there are none.
    inputs
        Names in small letters, such as `artery`; they are compared in any case.

    Returns
    -------
    LabelMap or Placement
        As it was given, of fewer regions; None where none were given.

    """
    if labels is None:
        return None
    return labels.only(tuple(name for name in labels.regions if name.lower() not in inputs))


def first_drawn(regions: Iterable[str], wanted: Iterable[str]) -> str:
    """Return the first of some wanted regions that is drawn, in any case; empty if none is."""
    drawn = {region.lower(): region for region in regions}
    return next((drawn[name.lower()] for name in wanted if name.lower() in drawn), "")
