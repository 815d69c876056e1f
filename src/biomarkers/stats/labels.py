"""Relabelling and resampling of subjects: within blocks, and by whole patients.

Scipy's `permutation_test` and `bootstrap` know neither blocks nor clusters.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from biomarkers.errors import InputError
from biomarkers.stats.arrays import Bools, Floats, Whole

Names = NDArray[np.generic]


@dataclass(frozen=True, eq=False)
class Units:
    """What is relabelled or drawn as one, and within what.

    Parameters
    ----------
    member
        The unit (patient) of each subject (lesion), numbered from 0 without gaps.
    block
        The block (batch, site, sex) of each unit; labels are permuted within it.

    """

    member: Whole
    block: Whole

    @property
    def are_clusters(self) -> bool:
        """Whether some unit has more than one subject."""
        return len(self.block) < len(self.member)

    def labels_of(self, positive: Bools) -> Bools:
        """Return the class of each unit.

        Raises
        ------
        InputError
            If a unit has subjects of both classes: it cannot be relabelled as one.

        """
        size = np.bincount(self.member)
        positives = np.bincount(self.member, weights=positive)
        if np.any((positives > 0) & (positives < size)):
            raise InputError("a cluster holds positives and negatives; it cannot be permuted whole")
        return positives > 0


def make_units(count: int, *, clusters: Names | None = None, blocks: Names | None = None) -> Units:
    """Return the units of `count` subjects from the names of their clusters and blocks.

    Raises
    ------
    InputError
        If a cluster lies in two blocks.

    """
    names = np.arange(count) if clusters is None else clusters
    _, first, member = np.unique(names, return_index=True, return_inverse=True)
    _, block = np.unique(np.zeros(count) if blocks is None else blocks, return_inverse=True)
    if np.any(block[first][member] != block):
        raise InputError("a cluster lies in more than one block")
    return Units(member, block[first])


def permuted_labels(
    positive: Bools, *, permutations: int, seed: int, units: Units | None = None
) -> Bools:
    """Return the labels of subjects × (1 + permutations); the first column is the observed one."""
    units = make_units(len(positive)) if units is None else units
    order = permuted_units(units, permutations=permutations, seed=seed)
    return units.labels_of(positive)[order][units.member]


def permuted_units(units: Units, *, permutations: int, seed: int) -> Whole:
    """Return whose outcome each unit is given, within blocks: units × (1 + permutations).

    In the first column each has its own.
    """
    random = np.random.default_rng(seed)
    order = np.repeat(np.arange(len(units.block))[:, None], permutations + 1, axis=1)
    for block in range(units.block.max() + 1):
        rows = units.block == block
        order[rows, 1:] = random.permuted(order[rows, 1:], axis=0)
    return order


def relabellings(positive: Bools, units: Units) -> float:
    """Return how many different relabellings there are."""
    labels = units.labels_of(positive)
    counts = [
        special.comb(len(mine), mine.sum())
        for mine in (labels[units.block == block] for block in range(units.block.max() + 1))
    ]
    return float(np.prod(counts))


def drawn_weights(positive: Bools, *, draws: int, seed: int, units: Units | None = None) -> Floats:
    """Return how often each subject is drawn: draws × subjects, stratified by class.

    Whole units are drawn; their subjects come along.

    Raises
    ------
    InputError
        If there is nothing to draw.

    """
    if draws < 1:
        raise InputError(f"draws: found {draws}, expected 1 or more")
    units = make_units(len(positive)) if units is None else units
    labels = units.labels_of(positive)
    random = np.random.default_rng(seed)
    weights = np.empty((draws, len(labels)))
    for name in (True, False):
        rows = labels == name
        size = int(rows.sum())
        weights[:, rows] = random.multinomial(size, np.full(size, 1 / size), size=draws)
    return weights[:, units.member]


def canonical_order(*columns: ArrayLike) -> Whole:
    """Return an order of subjects that does not hang on the one in which they were given.

    What is drawn by a seed is drawn for places; so subjects take their places by what is known
    of them, in `columns`, the first counting most. Those alike in all are exchangeable.
    """
    return np.lexsort([np.asarray(column) for column in reversed(columns)])
