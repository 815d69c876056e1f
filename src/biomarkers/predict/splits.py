"""Splits of subjects that may have cases of several classes: whole, every class spread evenly.

`stats.combination.folds` deals subjects of one class each; where a subject has several, classes
cannot be dealt one after the other. Each subject goes to the fold that lacks its rarest class most
(iterative stratification, Sechidis, Tsoumakas & Vlahavas 2011, doi:10.1007/978-3-642-23808-6_10).
"""

import numpy as np

from biomarkers.predict.cases import Cases
from biomarkers.stats.arrays import Bools, Whole
from biomarkers.stats.combination.folds import Folds, make_folds

# What a subject in a fold counts against another of its rarest class, of its other classes, of
# its site, and of any: each outweighs all that follow.
_RAREST, _CLASSES, _SITE, _ANY = 1e8, 1e4, 1.0, 1e-4
_TIES = 1e-5


def folds_of(cases: Cases, *, folds: int, repeats: int, random: np.random.Generator) -> Folds:
    """Split the subjects of any cases: of two classes or with a time, or of several classes."""
    split = {"folds": folds, "repeats": repeats}
    if cases.classes:
        return class_folds(cases, **split, random=random)
    return make_folds(cases.positive, cases.units, **split, random=random)


def class_folds(cases: Cases, *, folds: int, repeats: int, random: np.random.Generator) -> Folds:
    """Split subjects `repeats` times into `folds`, and every training set again.

    Parameters
    ----------
    cases
        Of several classes.
    folds, repeats
        Number of folds, outer and inner, and of repeats; as many folds at most as subjects have
        the rarest class.
    random
        Draws the splits.

    """
    units = cases.units
    marks = _marks(cases)
    everyone = np.ones((repeats, len(units.block)), dtype=bool)
    held_out = _dealt(everyone, marks, cases, folds, random).reshape(-1, len(units.block))
    inner = _dealt(~held_out, marks, cases, folds, random)
    return Folds(held_out[:, units.member], inner[:, :, units.member])


def _marks(cases: Cases) -> Whole:
    """Return subjects × (classes, sites, 1): 1 for what each has."""
    units = cases.units
    assert cases.labels is not None
    marks = np.zeros((len(units.block), len(cases.classes) + units.block.max() + 2), dtype=np.intp)
    marks[units.member, cases.labels] = 1
    marks[np.arange(len(marks)), len(cases.classes) + units.block] = 1
    marks[:, -1] = 1
    return marks


def _weights(marks: Whole, classes: int) -> tuple[Whole, np.ndarray]:
    """Return how rare the rarest class of each subject is, and what each of its marks counts."""
    rarity = np.argsort(np.argsort(marks[:, :classes].sum(axis=0), kind="stable"))
    ranks = np.where(marks[:, :classes] > 0, rarity, classes)
    weights = np.full(marks.shape, _SITE)
    weights[:, :classes], weights[:, -1] = _CLASSES, _ANY
    weights[np.arange(len(marks)), ranks.argmin(axis=1)] = _RAREST
    return ranks.min(axis=1), weights * marks


def _dealt(
    included: Bools, marks: Whole, cases: Cases, folds: int, random: np.random.Generator
) -> Bools:
    """Deal the included subjects of each set to folds: sets × folds × subjects."""
    classes, units = len(cases.classes), cases.units
    fewest = (included.astype(int) @ marks[:, :classes]).min(axis=0)
    parts = max(min(folds, int(fewest.min())), 1)
    rank, weights = _weights(marks, classes)
    sets, count = included.shape
    # The rarest class first, within it site by site, those not included last.
    lined_up = rank * (units.block.max() + 1.0) + units.block + random.random((sets, count))
    order = np.argsort(np.where(included, lined_up, np.inf), axis=1)
    have = np.zeros((sets, parts, marks.shape[1]))
    fold, rows = np.empty((sets, count), dtype=np.intp), np.arange(sets)
    for unit in order.T:
        cost = np.einsum("spm,sm->sp", have, weights[unit]) + _TIES * random.random((sets, parts))
        fold[rows, unit] = chosen = cost.argmin(axis=1)
        have[rows, chosen] += marks[unit]
    return np.asarray((fold[:, None] == np.arange(parts)[:, None]) & included[:, None])
