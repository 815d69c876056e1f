"""Sums of values that leave a site: by fold and feature, of no fewer than five subjects."""

from dataclasses import dataclass

import numpy as np

from biomarkers.federated.messages import Message
from biomarkers.stats.arrays import Bools, Floats, Whole

# Subjects: what is counted of fewer does not leave a site.
FEWEST = 5
NAMES = ("cases", "count", "total", "squares")


@dataclass(frozen=True, eq=False)
class Sums:
    """How many cases and values, and sums of the values and of their squares about a centre.

    Parameters
    ----------
    cases
        (...): of each cell.
    count, total, squares
        (..., features).

    """

    cases: Floats
    count: Floats
    total: Floats
    squares: Floats

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.cases + other.cases,
            self.count + other.count,
            self.total + other.total,
            self.squares + other.squares,
        )

    def over(self, folds: Bools) -> "Sums":
        """Return the sums over some of the folds."""
        parts = (self.cases, self.count, self.total, self.squares)
        return Sums(*(np.asarray(part[folds].sum(axis=0)) for part in parts))

    def filled(self, offset: Floats) -> "Sums":
        """Return the sums after every missing value was filled, `offset` above the centre."""
        missing = self.cases - self.count
        return Sums(
            self.cases,
            np.full_like(self.count, self.cases),
            self.total + missing * offset,
            self.squares + missing * offset**2,
        )

    def moved(self, factor: Floats, shift: Floats) -> "Sums":
        """Return the sums of values whose distances d from the centre became factor · d + shift."""
        return Sums(
            self.cases,
            self.count,
            factor * self.total + self.count * shift,
            factor**2 * self.squares + 2 * factor * shift * self.total + self.count * shift**2,
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
        parts = (self.cases, self.count, self.total, self.squares)
        return {f"{prefix}{name}": part for name, part in zip(NAMES, parts, strict=True)}


def sums_of(
    features: Floats, fold: Whole, folds: int, centre: Floats, subject: Whole | None = None
) -> Sums:
    """Return the sums of each fold, as a site tells them.

    Of a feature with values of fewer than five subjects in a fold nothing is told: the fold counts
    as missing there. Where fewer than five subjects lack it that is not told either: the mean of
    the others in the fold stands for them.

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

    """
    member = np.equal.outer(np.arange(folds), fold).astype(float)
    known = ~np.isnan(features)
    values = np.where(known, features - centre, 0.0)
    cases, count = member.sum(axis=1), member @ known
    total, squares = member @ values, member @ values**2
    there, lacking = (_subjects(member, each, subject) for each in (known, ~known))
    whole = np.where(lacking < FEWEST, cases[:, None], count)
    scale = np.where(there >= FEWEST, whole / np.maximum(count, 1), 0.0)
    return Sums(cases, count * scale, total * scale, squares * scale)


def _subjects(member: Floats, which: Bools, subject: Whole | None) -> Floats:
    """Return of how many subjects some values are, by fold and feature."""
    if subject is None:
        return member @ which
    whose = np.equal.outer(np.arange(subject.max() + 1), subject).astype(float)
    mine = ((whose @ member.T) > 0).astype(float)  # subjects × folds: a subject lies in one
    return mine.T @ ((whose @ which) > 0)


def read_sums(message: Message, prefix: str = "") -> Sums:
    """Return the sums that a site told."""
    return Sums(*(message[f"{prefix}{name}"] for name in NAMES))
