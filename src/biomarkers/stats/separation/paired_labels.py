"""Counts of won pairs for many tests under many labellings, as matrix products.

Without ties, what DeLong's variance is made of is at most quadratic in the labels L (0 or 1).
With T_k = 2·rank − 1 among the measured, and w_jk = 2 where j lies below k, 1 where j = k, else 0,
so that T_k = Σ_j w_jk:

    positives below k, doubled   P_k = Σ_j L_j w_jk
    wins           Σ L_k (T_k − P_k)      = Σ L T − m²
    losses         Σ (1 − L_k) P_k        = 2 N m − Σ L T − m²
    squared wins   Σ L_k (T_k − P_k)²     = Σ L T² − 2 R + m (4 m² − 1)/3
    squared losses Σ (1 − L_k) P_k²       = Σ L T² + 2 Σ L c − 2 R − Σ T² + n (4 n² − 1)/3

where R = Σ_jk L_j L_k T_k w_jk = Σ L T + 2 Σ_{j<k} L_j L_k max(T_j, T_k) and c_j = Σ_k T_k w_jk;
the i-th positive from below has P = 2 i − 1, hence the terms in m and n. Who was not measured has
T = 0. All are whole numbers, exact in any order of summation.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from biomarkers.stats.arrays import Bools, Floats

# Pairs grow with the square of the subjects. Up to here they are cheaper than walking up the
# values, and their sums, at most the cube of the subjects, exact in single precision.
MOST_SUBJECTS = 64

# At a time: little memory, and few calls for large products.
_LABELLINGS, _TESTS = 512, 512


class Counts(NamedTuple):
    """Doubled counts of tests × labellings, and the numbers of positives and of measured."""

    wins: Floats
    losses: Floats
    square_wins: Floats
    square_losses: Floats
    m: Floats
    total: Floats


@dataclass(frozen=True, eq=False)
class PairedTests:
    """The coefficients of tests, (tests, subjects) and (tests, pairs)."""

    measured: Floats
    ranks: Floats
    above: Floats
    larger: NDArray[np.float32]
    first: NDArray[np.intp]
    second: NDArray[np.intp]

    def counts(self, labels: Bools) -> Iterator[tuple[slice, slice, Counts]]:
        """Give the counts of blocks of tests and labellings, with their places."""
        for start in range(0, labels.shape[1], _LABELLINGS):
            columns = slice(start, start + _LABELLINGS)
            chosen = labels[:, columns]
            pairs = (chosen[self.first] & chosen[self.second]).astype(np.float32)
            for begin in range(0, len(self.ranks), _TESTS):
                rows = slice(begin, begin + _TESTS)
                yield rows, columns, self._block(rows, chosen.astype(float), pairs)

    def _block(self, rows: slice, labels: Floats, pairs: NDArray[np.float32]) -> Counts:
        measured, ranks, above = (part[rows] for part in (self.measured, self.ranks, self.above))
        total, all_squares = measured.sum(axis=1)[:, None], (ranks**2).sum(axis=1)[:, None]
        linear = np.concatenate([measured, ranks, ranks**2, above]) @ labels
        m, plain, squares, beyond = np.split(linear, 4)
        n = total - m
        crossed = plain + 2 * (self.larger[rows] @ pairs).astype(float)
        own, others = (size * (4 * size**2 - 1) / 3 for size in (m, n))
        return Counts(
            wins=plain - m**2,
            losses=2 * total * m - plain - m**2,
            square_wins=squares - 2 * crossed + own,
            square_losses=squares + 2 * (beyond - crossed) - all_squares + others,
            m=m,
            total=total,
        )


def pair_tests(values: Floats) -> PairedTests:
    """Return the coefficients of subjects × tests without ties; NaN was not measured."""
    columns = values.T
    measured = ~np.isnan(columns)
    order = np.argsort(np.where(measured, columns, np.inf), axis=1, kind="stable")
    place = np.empty_like(order)
    np.put_along_axis(place, order, np.arange(columns.shape[1])[None, :], axis=1)
    ranks = np.where(measured, 2.0 * place + 1, 0.0)
    ascending = np.take_along_axis(ranks, order, axis=1)
    following = ascending[:, ::-1].cumsum(axis=1)[:, ::-1] - ascending
    above = np.empty_like(ranks)
    np.put_along_axis(above, order, 2 * following + ascending, axis=1)
    first, second = np.triu_indices(columns.shape[1], k=1)
    both = measured[:, first] & measured[:, second]
    larger = np.where(both, np.maximum(ranks[:, first], ranks[:, second]), 0.0)
    return PairedTests(
        measured=measured.astype(float),
        ranks=ranks,
        above=np.where(measured, above, 0.0),
        larger=larger.astype(np.float32),
        first=first,
        second=second,
    )


def without_ties(values: Floats) -> Bools:
    """Say which tests of subjects × tests have no two equal values."""
    ordered = np.sort(values, axis=0)
    return np.asarray(~(ordered[1:] == ordered[:-1]).any(axis=0))
