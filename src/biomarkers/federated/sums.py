"""Sums of values that leave a site: by fold and feature, of no fewer than five subjects.

A value is a cell, too: Σx of a column that is 0 but for one patient is that patient's value, and Σx
of a column of 0 and 1 counts the ones.
"""

from dataclasses import dataclass, replace

import numpy as np

from biomarkers.federated.messages import Message
from biomarkers.stats.arrays import Bools, Floats, Whole

# Subjects: what is counted of fewer does not leave a site.
FEWEST = 5
NAMES = ("cases", "count", "total", "squares", "shown")
# Values of a column whose counts follow from n, Σx and Σx².
_SOLVED = 3


@dataclass(frozen=True, eq=False)
class Sums:
    """How many cases and values, and sums of the values and of their squares about a centre.

    Parameters
    ----------
    cases
        (...): of each cell.
    count, total, squares
        (..., features).
    shown
        (..., features): the cases of which the feature is told, whether they have a value or not;
        0 where it is withheld.

    """

    cases: Floats
    count: Floats
    total: Floats
    squares: Floats
    shown: Floats

    @property
    def _parts(self) -> tuple[Floats, ...]:
        return tuple(getattr(self, name) for name in NAMES)

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(*(one + two for one, two in zip(self._parts, other._parts, strict=True)))

    def over(self, folds: Bools) -> "Sums":
        """Return the sums over some of the folds."""
        return Sums(*(np.asarray(part[folds].sum(axis=0)) for part in self._parts))

    @property
    def missing(self) -> Floats:
        """How many cases lack the feature, of those of which it is told."""
        return self.shown - self.count

    def filled(self, offset: Floats) -> "Sums":
        """Return the sums after every missing value was filled, `offset` above the centre."""
        return replace(
            self,
            count=self.shown,
            total=self.total + self.missing * offset,
            squares=self.squares + self.missing * offset**2,
        )

    def moved(self, factor: Floats, shift: Floats) -> "Sums":
        """Return the sums of values whose distances d from the centre became factor · d + shift."""
        squares = factor**2 * self.squares + 2 * factor * shift * self.total
        return replace(
            self,
            total=factor * self.total + self.count * shift,
            squares=squares + self.count * shift**2,
        )

    @property
    def mean(self) -> Floats:
        """The mean above the centre; 0 where there is no value."""
        return self.total / np.maximum(self.count, 1)

    @property
    def within(self) -> Floats:
        """The sum of squares about the mean."""
        return np.maximum(self.squares - self.total * self.mean, 0.0)

    def message(self, prefix: str = "") -> Message:
        """Return the sums as they leave a site."""
        return {f"{prefix}{name}": getattr(self, name) for name in NAMES}


def sums_of(
    features: Floats,
    fold: Whole,
    folds: int,
    centre: Floats,
    subject: Whole | None = None,
    *,
    may_leave: tuple[Bools, Bools] | None = None,
) -> Sums:
    """Return the sums of each fold, as a site tells them.

    Gaps of fewer than five subjects are filled first (`few_gaps_filled`). A feature that may not
    leave by fold (`leaving`) is told of the site as a whole, shared among the folds by their cases;
    one that may not leave at all is told by zeros.

    Parameters
    ----------
    features
        Cases × features; NaN is missing.
    fold
        Of each case; a fold has five subjects or more, or none.
    folds
        How many there are in the federation.
    centre
        What values are measured from, lest squares of large values swallow small differences.
    subject
        Of each case, numbered from 0; None: each is of its own.
    may_leave
        What `leaving` said of the features, where it was asked already.

    """
    subject = np.arange(len(fold)) if subject is None else subject
    features = few_gaps_filled(features, subject)
    by_fold, as_a_whole = may_leave or leaving(features, fold, subject)
    member = np.equal.outer(np.arange(folds), fold).astype(float)
    known = ~np.isnan(features)
    values = np.where(known, features - centre, 0.0)
    cases = member.sum(axis=1)
    share = (cases / len(fold))[:, None]
    parts = (np.ones(features.shape), known.astype(float), values, values**2)
    shown, count, total, squares = (
        np.where(by_fold, member @ part, np.where(as_a_whole, share * part.sum(axis=0), 0.0))
        for part in parts
    )
    return Sums(cases, count, total, squares, shown)


def leaving(features: Floats, fold: Whole, subject: Whole) -> tuple[Bools, Bools]:
    """Return which features may leave by fold, and which of the site as a whole.

    Never both of one feature: the difference would be a fold that may not.
    """
    as_a_whole = _may_leave(features, subject)
    by_fold = as_a_whole.copy()
    for each in np.unique(fold):
        by_fold &= _may_leave(features[fold == each], subject[fold == each])
    return by_fold, as_a_whole


def few_gaps_filled(features: Floats, subject: Whole) -> Floats:
    """Return values without the gaps of features that fewer than five subjects lack.

    The known value nearest to the mean stands for them: a mean would tell how many they are, since
    sums of whole numbers are whole.
    """
    missing = np.isnan(features)
    lacking = _subjects(missing, subject)
    few = (lacking > 0) & (lacking < FEWEST) & ~missing.all(axis=0)
    filled = features.copy()
    for place in np.flatnonzero(few):
        known = features[~missing[:, place], place]
        nearest = known[np.abs(known - known.mean()).argmin()]
        filled[missing[:, place], place] = nearest
    return filled


def _may_leave(features: Floats, subject: Whole) -> Bools:
    """Return of which features no sum over some cases tells of fewer than five subjects.

    As many, or none, have a value, lack one, and differ from the commonest; of three values or
    fewer, as many have each.
    """
    known = ~np.isnan(features)
    common, distinct = _commonest(features)
    cells = (known, ~known, known & (features != common))
    may = np.all([_enough(_subjects(each, subject)) for each in cells], axis=0)
    for place in np.flatnonzero(may & (distinct <= _SOLVED)):
        column = features[:, place]
        which = np.equal.outer(column, np.unique(column[known[:, place]]))
        may[place] = _enough(_subjects(which, subject)).all()
    return np.asarray(may)


def _enough(subjects: Whole) -> Bools:
    return np.asarray((subjects == 0) | (subjects >= FEWEST))


def _commonest(features: Floats) -> tuple[Floats, Whole]:
    """Return the commonest value of each feature (NaN: none comes twice), and how many differ."""
    ordered = np.sort(features, axis=0)
    again = ordered[1:] == ordered[:-1]
    common = np.full(features.shape[1], np.nan)
    run, longest = np.zeros(len(common)), np.zeros(len(common))
    for values, same in zip(ordered[1:], again, strict=True):
        run = (run + 1) * same
        common = np.where(run > longest, values, common)
        longest = np.maximum(longest, run)
    return common, 1 + (~again & ~np.isnan(ordered[1:])).sum(axis=0)


def _subjects(which: Bools, subject: Whole) -> Whole:
    """Return of how many subjects some values are, by feature."""
    order = np.argsort(subject, kind="stable")
    starts = np.flatnonzero(np.diff(subject[order], prepend=-1))
    return np.asarray(np.logical_or.reduceat(which[order], starts, axis=0).sum(axis=0))


def read_sums(message: Message, prefix: str = "") -> Sums:
    """Return the sums that a site told."""
    return Sums(*(message[f"{prefix}{name}"] for name in NAMES))
