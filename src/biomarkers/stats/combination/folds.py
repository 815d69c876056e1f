"""Splits of subjects into folds: stratified by class, clusters whole, blocks spread evenly."""

from dataclasses import dataclass

import numpy as np

from biomarkers.stats.arrays import Bools, Whole
from biomarkers.stats.labels import Units


@dataclass(frozen=True, eq=False)
class Folds:
    """Repeated splits, and splits of every training set in which the penalty is chosen.

    Parameters
    ----------
    held_out
        Sets × subjects: who is held out of each outer training set. In each repeat everybody
        is held out once.
    inner
        Sets × inner folds × subjects: who of a training set is held out in turn.

    """

    held_out: Bools
    inner: Bools

    @property
    def training(self) -> Bools:
        """Who is in each outer training set."""
        return ~self.held_out

    @property
    def inner_training(self) -> Bools:
        """Who is in each inner training set, sets × inner folds × subjects."""
        return ~self.held_out[:, None] & ~self.inner


def make_folds(
    positive: Bools, units: Units, *, folds: int, repeats: int, random: np.random.Generator
) -> Folds:
    """Split subjects `repeats` times into `folds`, and every training set again.

    Parameters
    ----------
    positive
        The class of each subject; each class has at least 3 units.
    units
        Kept whole; their blocks are spread over the folds.
    folds, repeats
        Number of folds, outer and inner, and of repeats. A class of fewer units gets no more
        folds than it has units, so that every fold and every training set holds both classes.
    random
        Draws the splits.

    """
    labels = units.labels_of(positive)
    parts = min(folds, _fewest(labels, np.ones((1, len(labels)), dtype=bool)))
    everyone = np.ones((repeats, len(labels)), dtype=bool)
    held_out = _dealt(everyone, labels, units.block, parts, random)
    held_out = held_out.reshape(-1, len(labels))
    inner_parts = min(folds, _fewest(labels, ~held_out))
    inner = _dealt(~held_out, labels, units.block, inner_parts, random)
    return Folds(held_out[:, units.member], inner[:, :, units.member])


def _fewest(labels: Bools, included: Bools) -> int:
    """Return the smallest number of units of a class in any set."""
    return int(min((included & kind).sum(axis=1).min() for kind in (labels, ~labels)))


def _dealt(
    included: Bools, labels: Bools, block: Whole, folds: int, random: np.random.Generator
) -> Bools:
    """Deal the included units of each set to folds: sets × folds × units.

    They are lined up by class, within it by block, within that at random, and dealt in turn.
    """
    sets, count = included.shape
    keys = labels * (block.max() + 1.0) + block + random.random((sets, count))
    order = np.argsort(np.where(included, keys, np.inf), axis=1)
    place = np.empty((sets, count), dtype=np.intp)
    np.put_along_axis(place, order, np.broadcast_to(np.arange(count), order.shape), axis=1)
    place -= np.where(labels, (included & ~labels).sum(axis=1, keepdims=True), 0)
    # Where dealing begins is drawn too, lest the first folds always be the larger ones.
    start = random.integers(folds, size=(2, sets, 1))
    fold = (place + np.where(labels, start[1], start[0])) % folds
    return np.asarray((fold[:, None] == np.arange(folds)[:, None]) & included[:, None])
