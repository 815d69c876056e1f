"""Step-down maxT: many tests on the same subjects, one family-wise error.

Labels are permuted jointly over subjects, so every correlation between visits and markers is
kept, and so is who was missing when: a test uses the subjects measured for it.
Westfall & Young 1993, Resampling-based multiple testing; Ge, Dudoit & Speed 2003,
doi:10.1007/BF02595811.

Statsmodels' `multipletests` adjusts p-values one by one: it cannot use their correlation.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from biomarkers.stats.arrays import Bools, Floats, Whole
from biomarkers.stats.labels import permuted_labels
from biomarkers.stats.roc_analysis.auc import FLOOR
from biomarkers.stats.separation.paired_labels import (
    MOST_SUBJECTS,
    Counts,
    pair_tests,
    without_ties,
)

Studentise = Literal["delong", "null"]


_CHUNK = 2048  # permutations at a time: keeps the working arrays in cache
_COLUMNS = 512  # labellings of a whole family at a time: no second copy of all statistics
_ROUNDING = 1e-9
_EQUAL = 1 - _ROUNDING  # statistics equal but for rounding count as equal


@dataclass(frozen=True, eq=False)
class MaxT:
    """The permutation test of each column of the values.

    Parameters
    ----------
    statistic
        |AUC − ½| in standard errors; NaN where a class was absent.
    p_value
        Permutation p of the test by itself, (b + 1)/(B + 1).
    p_single_step, p_adjusted
        Adjusted for the family: against the maximum over all tests, and step-down.

    """

    statistic: Floats
    p_value: Floats
    p_single_step: Floats
    p_adjusted: Floats


def max_t(
    values: Floats,
    positive: Bools,
    *,
    permutations: int = 9999,
    seed: int = 1,
    studentise: Studentise = "delong",
) -> MaxT:
    """Test every column of `values` for separating positives from negatives.

    Parameters
    ----------
    values
        Subjects × tests; NaN where a subject was not measured.
    positive
        The class of each subject.
    permutations, seed
        Number of random relabellings, and the seed that makes them the same ones every time.
    studentise
        `delong`: by the DeLong standard error of the AUC, floored at `FLOOR` of its null value;
        `null`: by the permutation standard error, as the standardised rank sum.

    """
    labels = permuted_labels(positive, permutations=permutations, seed=seed)
    statistics = permutation_statistics(values, labels, studentise=studentise)
    return step_down(statistics, statistics[:, 0])


def permutation_statistics(
    values: Floats, labels: Bools, *, studentise: Studentise = "delong"
) -> Floats:
    """Return the statistic of every test (rows) under every labelling (columns).

    A test whose first labelling, the observed one, lacks a class is all NaN.
    """
    statistics = np.full((values.shape[1], labels.shape[1]), np.nan)
    measured, positive = ~np.isnan(values), labels[:, [0]]
    tested = (measured & positive).any(axis=0) & (measured & ~positive).any(axis=0)
    paired = tested & without_ties(values) & (len(values) <= MOST_SUBJECTS)
    for test in np.flatnonzero(tested & ~paired):
        statistics[test] = separation_statistic(values[:, test], labels, studentise=studentise)
    places = np.flatnonzero(paired)
    for rows, columns, counts in pair_tests(values[:, paired]).counts(labels):
        statistics[places[rows], columns] = _studentised(counts, 0.0, studentise, FLOOR)
    return statistics


def separation_statistic(
    values: Floats, labels: Bools, *, studentise: Studentise = "delong", floor: float = FLOOR
) -> Floats:
    """Return |AUC − ½| in standard errors for every labelling of the subjects.

    Parameters
    ----------
    values
        One value per subject, NaN where not measured.
    labels
        Subjects × labellings, true for positives.
    studentise, floor
        See `max_t`.

    Returns
    -------
    array (labellings,)
        0 where a labelling leaves no positive or no negative among the measured.

    """
    subjects, starts, ends = _ranking(values)
    tied = _tie_correction(starts, ends)
    chunks = []
    for first in range(0, labels.shape[1], _CHUNK):
        ranked = labels[subjects, first : first + _CHUNK].astype(float)
        chunks.append(_studentised(_counts(ranked, starts, ends), tied, studentise, floor))
    return np.concatenate(chunks)


def _studentised(counts: Counts, tied: float, studentise: Studentise, floor: float) -> Floats:
    auc, delong, null = _moments(counts, tied)
    if studentise == "delong":
        # Fewer than two in a class: no DeLong variance, the null one stands in.
        few = (counts.m < 2) | (counts.total - counts.m < 2)
        error = np.sqrt(np.where(few, null, np.maximum(delong, floor**2 * null)))
    else:
        error = np.sqrt(null)
    usable = np.isfinite(error) & (error > 0)
    return np.divide(np.abs(auc - 0.5), error, out=np.zeros_like(auc), where=usable)


def _ranking(values: Floats) -> tuple[Whole, Whole, Whole]:
    """Measured subjects in ascending order; where each one's group of ties starts and ends."""
    measured = np.flatnonzero(~np.isnan(values))
    subjects = measured[np.argsort(values[measured], kind="stable")]
    ordered = values[subjects]
    starts = np.searchsorted(ordered, ordered, side="left")
    return subjects, starts, np.searchsorted(ordered, ordered, side="right")


def _tie_correction(starts: Whole, ends: Whole) -> float:
    """Σ(t³ − t)/(N(N − 1)) over groups of t tied values."""
    size = (ends - starts).astype(float)
    total = len(size)
    return float(np.sum(size**2 - 1) / (total * (total - 1))) if total > 1 else 0.0


def _counts(ranked: Floats, starts: Whole, ends: Whole) -> Counts:
    """Count the pairs of one test by walking up its values, ties and all.

    Everything is summed in doubled counts, which are whole numbers: two labellings that are
    mirror images of each other therefore tie exactly.
    """
    total = len(ranked)
    counts = np.zeros((total + 1, ranked.shape[1]))
    np.cumsum(ranked, axis=0, out=counts[1:])
    positives_below = counts[starts] + counts[ends]
    negatives_below = (starts + ends)[:, None] - positives_below
    by_positive = ranked * negatives_below
    by_negative = positives_below - ranked * positives_below
    return Counts(
        wins=by_positive.sum(axis=0),
        losses=by_negative.sum(axis=0),
        square_wins=np.einsum("kb,kb->b", by_positive, negatives_below),
        square_losses=np.einsum("kb,kb->b", by_negative, positives_below),
        m=counts[-1],
        total=np.full(1, float(total)),
    )


def _moments(counts: Counts, tied: float) -> tuple[Floats, Floats, Floats]:
    """Return the AUC, its DeLong and its null variance, per labelling."""
    wins, losses, square_wins, square_losses, m, total = counts
    n = total - m
    with np.errstate(divide="ignore", invalid="ignore"):
        auc = wins / (2 * m * n)
        delong = (m * square_wins - wins**2) / (4 * m**2 * (m - 1) * n**2)
        delong += (n * square_losses - losses**2) / (4 * n**2 * (n - 1) * m**2)
        null = (total + 1 - tied) / (12 * m * n)
    return auc, delong, null


def step_down(statistics: Floats, observed: Floats) -> MaxT:
    """Return raw, single-step and step-down p-values of observed statistics.

    Parameters
    ----------
    statistics
        Tests × labellings; the observed labelling counts as one of them. A row of NaN is no test.
    observed
        What is held against them, one per test.

    """
    return _stepped_down(lambda columns: statistics[:, columns], observed, statistics.shape[1])


def step_down_with(statistics: Floats, rows: Sequence[int], others: Floats) -> MaxT:
    """Step down where some rows of the statistics are others; no second copy of all is made."""

    def columns_of(columns: slice) -> Floats:
        block = statistics[:, columns].copy()
        block[rows] = others[:, columns]
        return block

    observed = statistics[:, 0].copy()
    observed[rows] = others[:, 0]
    return _stepped_down(columns_of, observed, statistics.shape[1])


def _stepped_down(columns_of: Callable[[slice], Floats], observed: Floats, labellings: int) -> MaxT:
    """Step down from statistics that are given some columns at a time."""
    tested = np.flatnonzero(~np.isnan(columns_of(slice(0, 1))[:, 0]))
    result = MaxT(observed, *(np.full(len(observed), np.nan) for _ in range(3)))
    if not len(tested):
        return result
    # The strongest test first; each is held against the largest of itself and all weaker ones.
    order = tested[np.argsort(-observed[tested], kind="stable")]
    reached = observed[order, None] * _EQUAL
    alone, anywhere, rivals = np.zeros((3, len(order)))
    for start in range(0, labellings, _COLUMNS):
        family = columns_of(slice(start, start + _COLUMNS))[order]
        alone += (family >= reached).sum(axis=1)
        np.maximum.accumulate(family[::-1], axis=0, out=family[::-1])
        anywhere += (family[0] >= reached).sum(axis=1)
        rivals += (family >= reached).sum(axis=1)
    result.p_value[order] = alone / labellings
    result.p_single_step[order] = anywhere / labellings
    result.p_adjusted[order] = np.maximum.accumulate(rivals / labellings)
    return result


def step_down_rejects(statistics: Floats, observed: Floats, *, alpha: float) -> Bools:
    """Say which tests the step-down procedure rejects, for many sets of observed statistics.

    The same decisions as `step_down` and p ≤ alpha, by critical values: each step rejects what
    exceeds the critical value of the tests not yet rejected.

    Parameters
    ----------
    statistics
        Tests × labellings. A row of NaN is no test, and never rejected.
    observed
        Sets × tests.
    alpha
        Family-wise error rate.

    """
    tested = ~np.isnan(statistics[:, 0])
    rejected = np.zeros(observed.shape, dtype=bool)
    active = np.full(len(observed), tested.any())
    largest = _Largest(statistics, tested)
    while active.any():
        left, group = np.unique(tested & ~rejected[active], axis=0, return_inverse=True)
        critical = np.array([_exceeded_by(largest.of(mask), alpha=alpha) for mask in left])
        critical = critical[group.ravel()]
        exceed = left[group.ravel()] & (observed[active] * _EQUAL > critical[:, None])
        rejected[active] |= exceed
        active[active] = exceed.any(axis=1)
    return rejected


class _Largest:
    """The largest statistic of a part of the family under each labelling, for many parts.

    A part lacks but the few tests that were rejected: the largest of all that are not among those
    are soon found where the first few of each labelling are known.
    """

    _FEW = 32

    def __init__(self, statistics: Floats, tested: Bools) -> None:
        self.statistics = statistics
        family, few = np.flatnonzero(tested), min(self._FEW, int(tested.sum()))
        self.tests = np.empty((few, statistics.shape[1]), dtype=np.intp)
        for start in range(0, statistics.shape[1], _COLUMNS):
            columns = slice(start, start + _COLUMNS)
            block = statistics[family, columns]
            top = np.argpartition(block, len(block) - few, axis=0)[len(block) - few :]
            falling = np.argsort(-np.take_along_axis(block, top, axis=0), axis=0)
            self.tests[:, columns] = family[np.take_along_axis(top, falling, axis=0)]

    def of(self, part: Bools) -> Floats:
        """Return the largest statistic of a part; −∞ under every labelling if it is empty."""
        labellings = self.statistics.shape[1]
        if not part.any():
            return np.full(labellings, -np.inf)
        largest, open_ = np.empty(labellings), np.arange(labellings)
        for tests in self.tests:
            here = part[tests[open_]]
            done = open_[here]
            largest[done] = self.statistics[tests[done], done]
            open_ = open_[~here]
            if not len(open_):
                return largest
        largest[open_] = self.statistics[np.ix_(np.flatnonzero(part), open_)].max(axis=0)
        return largest


def critical_value(statistics: Floats, *, alpha: float) -> float:
    """Return what a statistic must exceed to be among a share alpha of the largest of a family."""
    if not len(statistics):
        return np.inf
    return _exceeded_by(statistics.max(axis=0), alpha=alpha)


def _exceeded_by(largest: Floats, *, alpha: float) -> float:
    """Return what at most a share alpha of the largest exceeds; ∞ where there is no family."""
    if np.isneginf(largest[0]):
        return np.inf
    allowed = int(np.floor(alpha * len(largest) + _ROUNDING))
    return float(np.partition(largest, -allowed - 1)[-allowed - 1])


def backward_sequence(statistics: Floats, observed: Floats, visits: Whole) -> tuple[Floats, Floats]:
    """Test visit by visit, from the last backward, whether any test of the visit separates.

    Valid when a sustained effect was declared beforehand: each visit is tested at the full level,
    but only while all later ones were rejected, so the adjusted p of a visit is the largest from
    there on (fixed sequence; Maurer, Hothorn & Lehmacher 1995). What is claimed is the visit,
    not the marker.

    Parameters
    ----------
    statistics
        Tests × labellings, the observed first. A row of NaN is no test.
    observed
        What is held against them, one per test.
    visits
        The place of each test's visit in time, 0 to V − 1.

    Returns
    -------
    p_value, p_adjusted : array (V,)
        NaN where no test of the visit has both classes; nothing earlier is claimed then.

    """
    p_value = np.full(int(visits.max()) + 1, np.nan)
    for visit in range(len(p_value)):
        rows = (visits == visit) & ~np.isnan(statistics[:, 0])
        if rows.any():
            reached = observed[rows].max() * _EQUAL
            p_value[visit] = (statistics[rows].max(axis=0) >= reached).mean()
    return p_value, np.maximum.accumulate(p_value[::-1])[::-1]
