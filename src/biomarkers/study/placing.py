"""Labels on the grids of a session's images: as drawn, resampled, or brought by transforms."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from biomarkers.errors import InputError
from biomarkers.estimates.regions import with_remark
from biomarkers.images import (
    Fractions,
    LabelMap,
    Transform,
    place_labels,
    read_labels,
    same_grid,
)
from biomarkers.images.grid import Grid
from biomarkers.study.cards import Card
from biomarkers.study.cohort import Session
from biomarkers.study.labelling import Placed, labels_on
from biomarkers.study.legs import Leg, Target, Walked, legs_to, save_leg, walk_leg
from biomarkers.study.registering import Registration
from biomarkers.study.registration_card import registration_card


@dataclass
class Placing:
    """Brings the labels of a session to the grids of its images, each once.

    Parameters
    ----------
    session
        Whose.
    drawn
        Its own label maps.
    registration
        How others are reached; None where that was not asked for.
    targets
        The images there are; of those on one grid, the first is registered.
    out
        Folder of the results.

    """

    session: Session
    drawn: tuple[LabelMap, ...]
    registration: Registration | None
    targets: Sequence[Target]
    out: Path
    placed: list[Placed] = field(default_factory=list)
    walked: dict[str, Walked] = field(default_factory=dict)
    cards: list[Card] = field(default_factory=list)
    written: list[Path] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def on(self, grid: Grid) -> LabelMap | Fractions | None:
        """Return the labels on a grid; None if there are none, or they cannot be brought there."""
        return self._on(grid).labels

    def on_rows(self, grid: Grid, rows: pd.DataFrame) -> pd.DataFrame:
        """Return rows that say how their regions came to a grid, and warn if that is doubtful."""
        placed = self._on(grid)
        if not placed.words or "qc" not in rows:
            return rows
        rows = with_remark(rows, placed.doubt)
        before = rows["reason"].fillna("") if "reason" in rows else pd.Series("", rows.index)
        return rows.assign(reason=before.mask(before == "", placed.words))

    def in_space(self) -> tuple[LabelMap, ...]:
        """Return the label maps of the session where the scanner sees them, on any grid.

        Those of another day lie on the grid of this day's image of the same kind.
        """
        how = self.registration
        if self.drawn or how is None or how.anatomy is None:
            return self.drawn
        target = Target.of(how.anatomy, how.settings.image, "anat")
        labels = self._on(target.grid, target).labels
        return () if labels is None else (whole_voxels(labels),)

    def between(self, start: Grid, end: Grid) -> Transform | None:
        """Return the transform that brings images from one grid to another; None without one."""
        if self.registration is None:
            return None
        back, way = self._way(start), self._way(end)
        if back is None or way is None:
            self.failures.append(
                f"no map brought from {start.source} to {end.source}: how both lie to the image "
                f"of {self.registration.labels.file.path} is not known"
            )
            return None
        return way.onto(end) @ replace(back, moving=self.registration.labels.header).inverse()

    def _way(self, grid: Grid) -> Transform | None:
        """Return where points of a grid lie in the image that is registered; None if not known."""
        how, placed = self.registration, self._on(grid)
        if placed.way is None and how is not None and same_grid(grid, how.labels.header):
            return Transform(np.eye(4), fixed=grid)
        return placed.way

    def _on(self, grid: Grid, target: Target | None = None) -> Placed:
        for each in self.placed:
            if same_grid(each.grid, grid):
                return each
        self.placed.append(self._new(grid, target))
        return self.placed[-1]

    def _new(self, grid: Grid, target: Target | None) -> Placed:
        how = self.registration
        if how is None or any(same_grid(each, grid) for each in self.drawn):
            return Placed(grid, labels_on(grid, self.drawn))
        if target is None:
            target = next(each for each in self.targets if same_grid(each.grid, grid))
        try:
            return self._registered(target, how)
        except InputError as error:
            self.failures.append(f"labels not brought to {target.file.name}: {error}")
            return Placed(grid, None)

    def _registered(self, target: Target, how: Registration) -> Placed:
        walked = [self._walk(leg, how) for leg in legs_to(target, how)]
        total = Transform(np.eye(4), fixed=target.grid)
        for each in reversed(walked):
            total = total @ each.transform
        drawn = read_labels(how.labels.file.path, names=how.labels.names)
        here = place_labels(drawn, target.grid, through=total)
        words = " and ".join(each.words for each in walked) or "by the positions in the headers"
        said, doubt = f"regions of {how.space} {words}", _doubt(walked, how)
        placed = Placed(target.grid, here, drawn.volumes(), said, doubt, total)
        self.cards.append(registration_card(self.session, target, placed, how, walked, total))
        return placed

    def _walk(self, leg: Leg, how: Registration) -> Walked:
        if leg.name not in self.walked:
            self.walked[leg.name] = walked = walk_leg(leg, how, self.session)
            if walked.is_new:
                self.written.append(save_leg(walked, self.session, self.out))
        return self.walked[leg.name]


def whole_voxels(labels: LabelMap | Fractions) -> LabelMap:
    """Return labels of which each voxel is of one region."""
    return labels.labels if isinstance(labels, Fractions) else labels


def _doubt(walked: Sequence[Walked], how: Registration) -> str:
    """Return where images overlap too little; empty if they do."""
    low = [
        f"{each.leg.name}: Dice {each.transform.quality['dice']:.2f}, below "
        f"{how.settings.least_dice:g}"
        for each in walked
        if each.transform.quality.get("dice", 1.0) < how.settings.least_dice
    ]
    return "; ".join(low)
