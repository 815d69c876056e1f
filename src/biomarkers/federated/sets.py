"""The training sets that a federation trains on at once, and the folds of a site."""

import zlib
from dataclasses import dataclass

import numpy as np

from biomarkers.federated.messages import Message
from biomarkers.federated.sums import FEWEST
from biomarkers.predict.cases import Cases
from biomarkers.stats.arrays import Bools, Whole
from biomarkers.stats.combination.folds import make_folds
from biomarkers.stats.labels import make_units

_WITHOUT = "without/"


@dataclass(frozen=True)
class Sets:
    """All cases; then, for the judgement, all but a fold of every site, and all but a site.

    Parameters
    ----------
    folds
        How many folds are held out in turn.
    left_out
        The sites that are left out in turn.

    """

    folds: int = 0
    left_out: tuple[str, ...] = ()

    def __len__(self) -> int:
        return 1 + self.folds + len(self.left_out)

    @property
    def of_a_site(self) -> int:
        """How many sets hold cases of a site: all but that without it."""
        return len(self) - bool(self.left_out)

    @property
    def of_two_sites(self) -> bool:
        """Whether the set without a site is that of one other site."""
        return len(self.left_out) == 2

    def without(self, site: str) -> int | None:
        """Return the place of the set without a site; None where there is none."""
        return 1 + self.folds + self.left_out.index(site) if site in self.left_out else None

    def training_folds(self, site: str) -> Bools:
        """Return which folds of a site are in each set, sets × folds."""
        inside = np.ones((len(self), max(self.folds, 1)), dtype=bool)
        for fold in range(self.folds):
            inside[1 + fold, fold] = False
        place = self.without(site)
        if place is not None:
            inside[place] = False
        return inside

    def message(self) -> Message:
        """Return the sets as numbers: how many folds, and which set is without a site."""
        return {"folds": np.array(float(self.folds))} | {
            f"{_WITHOUT}{site}": np.array(float(place))
            for place, site in enumerate(self.left_out, 1 + self.folds)
        }


def read_sets(message: Message) -> Sets:
    """Return the sets that a server told of."""
    places = {name: float(value) for name, value in message.items() if name.startswith(_WITHOUT)}
    order = sorted(places, key=places.__getitem__)
    return Sets(int(message["folds"]), tuple(name.removeprefix(_WITHOUT) for name in order))


def folds_of(cases: Cases, folds: int, seed: int, site: str) -> Whole:
    """Return the fold of each case: subjects whole, classes alike, no fold of fewer than five.

    A site of few subjects has fewer folds, down to one; the other folds hold none of it.
    """
    random = np.random.default_rng([seed, zlib.crc32(site.encode())])
    units = make_units(len(cases), clusters=cases.subject)
    for parts in range(min(folds, len(units.block) // FEWEST), 1, -1):
        held_out = make_folds(cases.positive, units, folds=parts, repeats=1, random=random).held_out
        fold = np.asarray(held_out.argmax(axis=0))
        of_subject = fold[np.unique(units.member, return_index=True)[1]]
        if np.bincount(of_subject).min() >= FEWEST:
            return fold
    return np.zeros(len(cases), dtype=np.intp)
