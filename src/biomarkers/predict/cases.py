"""The cases of a cohort as arrays: what every step of a recipe, and its model, is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from biomarkers.plan import level
from biomarkers.stats.arrays import Bools, Floats, Whole
from biomarkers.stats.labels import Units, make_units

Names = NDArray[np.str_]

# How the indicator of a missing value is named.
MISSING = "missing: "


def subject_names(column: "pd.Series[Any]") -> "pd.Series[str]":
    """Return subjects as text: numbers as `level` spells them, text with its leading zeros."""
    text = column.map(lambda name: name.strip() if isinstance(name, str) else level(name))
    return text.astype(str).str.removeprefix("sub-")


def lesion_names(column: "pd.Series[Any]") -> "pd.Series[str]":
    """Return lesions as text, as `level` spells them: 1, 1.0 and "01" are one; blank is none."""
    return column.astype(object).map(level).where(column.notna(), "").astype(str)


@dataclass(frozen=True, eq=False)
class Cases:
    """Cases by features, with their outcome and whose they are.

    Parameters
    ----------
    features
        Cases × features; NaN is missing until it is imputed.
    names
        Of the features.
    positive
        The class of each case; where `time` is given, whether it ended in the event.
    time
        Of the event or of the last observation; None for a class.
    subject, site
        Whose each case is, and where it was measured; empty text where sites are not told.
    blocks
        Names of features by block.
    everyone
        The subjects of the whole cohort, of which these may be a part.
    facts
        Names of the features that came from participants.
    arrays
        Images, spectra or courses by name, each cases × whatever; NaN is missing.
    labels
        With several classes the place of each case's class in `classes`, and `positive` is the
        first against the rest; else None.
    classes
        Names of several classes, in their order; none with two or with a time.

    """

    features: Floats
    names: tuple[str, ...]
    positive: Bools
    time: Floats | None
    subject: Names
    site: Names
    blocks: Mapping[str, tuple[str, ...]]
    everyone: frozenset[str]
    facts: tuple[str, ...] = ()
    arrays: Mapping[str, Floats] = field(default_factory=dict)
    labels: Whole | None = None
    classes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.positive)

    def take(self, rows: Bools | Whole) -> "Cases":
        """Return some of the cases."""
        return replace(
            self,
            features=self.features[rows],
            positive=self.positive[rows],
            time=None if self.time is None else self.time[rows],
            subject=self.subject[rows],
            site=self.site[rows],
            arrays={name: array[rows] for name, array in self.arrays.items()},
            labels=None if self.labels is None else self.labels[rows],
        )

    def with_features(self, features: Floats, names: Sequence[str]) -> "Cases":
        """Return the cases with other features."""
        return replace(self, features=features, names=tuple(names))

    def with_outcome_of(self, order: Whole) -> "Cases":
        """Return the cases with the outcomes of others, as a permutation gives them."""
        time = None if self.time is None else self.time[order]
        labels = None if self.labels is None else self.labels[order]
        return replace(self, positive=self.positive[order], time=time, labels=labels)

    def against(self, place: int) -> "Cases":
        """Return the cases with one of several classes against the rest."""
        assert self.labels is not None
        return replace(self, positive=self.labels == place, labels=None, classes=())

    def of_blocks(self, blocks: Sequence[str]) -> "Cases":
        """Return the cases with the features of some blocks only; with all where none is named."""
        if not blocks:
            return self
        wanted = {name for block in blocks for name in self.blocks[block]}
        return self.of_names([name for name in self.names if name in wanted])

    def of_names(self, names: Sequence[str]) -> "Cases":
        """Return the cases with some features, in the order of their names."""
        places = {name: place for place, name in enumerate(self.names)}
        return self.with_features(self.features[:, [places[name] for name in names]], names)

    @property
    def indicators(self) -> Bools:
        """Which features say that a value is missing."""
        return np.array([name.startswith(MISSING) for name in self.names], dtype=bool)

    @property
    def images(self) -> Bools:
        """Which features are image values: neither clinical, of participants, nor an indicator."""
        clinical = {*self.blocks.get("clinical", ()), *self.facts}
        others = np.array([name in clinical for name in self.names], dtype=bool)
        return np.asarray(~(others | self.indicators))

    @property
    def has_sites(self) -> bool:
        """Whether there are two sites or more."""
        return len(np.unique(self.site)) > 1

    @property
    def units(self) -> Units:
        """Subjects, which are held out and permuted whole, within their sites."""
        return make_units(len(self), clusters=self.subject, blocks=self.site)

    @property
    def class_sizes(self) -> Whole:
        """How many cases are of each of several classes."""
        assert self.labels is not None
        return np.bincount(self.labels, minlength=len(self.classes))

    @property
    def labelled(self) -> Units:
        """What has one outcome: a subject; with several classes its cases of one class."""
        if self.labels is None:
            return self.units
        names = np.char.add(np.char.add(self.subject, "\0"), self.labels.astype(str))
        return make_units(len(self), clusters=names, blocks=self.site)

    @property
    def response(self) -> Floats:
        """What a filter looks at, with mean 0.

        The class; with a time the martingale residual without covariates, the event minus Nelson
        and Aalen's cumulative hazard.
        """
        if self.time is None:
            return np.asarray(self.positive - self.positive.mean())
        at_risk = (self.time[:, None] >= self.time).sum(axis=0)
        happened = self.positive / at_risk
        hazard = (self.time[None, :] <= self.time[:, None]) @ happened
        residual = self.positive - hazard
        return np.asarray(residual - residual.mean())
