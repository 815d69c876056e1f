"""What will be done in a session: drawn up scan by scan, then fixed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from biomarkers.bids import BidsFile
from biomarkers.images import ImageHeader, same_grid
from biomarkers.study.settings import MeasureSettings, Window
from biomarkers.study.sources import Sources


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


@dataclass(frozen=True)
class Recipe:
    """What will be done in one session.

    Parameters
    ----------
    sources
        What the session offers.
    computed
        Which of `B1`, `T1`, `DCE`, `CBV` (iron oxide), `DSC` and `SUV` will be computed.
    given
        Biomarkers whose given map will be measured as it is.
    labels
        Label maps; several only if they lie on different grids.
    notes
        What was left out or assumed, a sentence each.
    pet_window
        Which frames of a PET scan are averaged; see `MeasureSettings`.

    """

    sources: Sources
    computed: tuple[str, ...]
    given: tuple[str, ...]
    labels: tuple[LabelPlan, ...]
    notes: tuple[str, ...]
    pet_window: Window | None = None


@dataclass
class Draft:
    """A recipe while it is drawn up.

    Parameters
    ----------
    sources
        What the session offers.
    settings
        How the study is measured.
    labels
        Label maps.
    kept
        Biomarkers whose given map is preferred to a computed one.
    grids
        Of what will be measured, by name.
    computed, given, notes
        As in `Recipe`.

    """

    sources: Sources
    settings: MeasureSettings
    labels: tuple[LabelPlan, ...]
    kept: frozenset[str]
    grids: dict[str, ImageHeader] = field(default_factory=dict)
    computed: list[str] = field(default_factory=list)
    given: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def compute(self, name: str, grid: ImageHeader, maps: Iterable[str]) -> None:
        """Have a scan measured; given maps of what it gives are left unless they are preferred."""
        self.grids[name] = grid
        self.computed.append(name)
        replaced = set(maps) - self.kept
        self.given = [each for each in self.given if each not in replaced]

    def drawn_on(self, grid: ImageHeader) -> bool:
        """Whether a label map can measure an image; without any, nothing is to be measured."""
        if not self.labels or (self.settings.resample_labels and len(self.labels) == 1):
            return True
        return any(same_grid(label.header, grid) for label in self.labels)

    def recipe(self) -> Recipe:
        """Fix what will be done."""
        measured = [self.grids[name] for name in (*self.computed, *self.given)]
        return Recipe(
            self.sources,
            tuple(self.computed),
            tuple(self.given),
            self.labels,
            (*self.notes, *_emptiness(measured, self.labels)),
            self.settings.pet_window,
        )


def _emptiness(measured: Sequence[ImageHeader], labels: Sequence[LabelPlan]) -> list[str]:
    """Say where nothing comes of a session."""
    if not measured and not labels:
        return ["nothing in this session can be measured"]
    if not any(label.regions for label in labels):
        return ["no labelled voxel: maps are written, no region is measured"]
    return []
