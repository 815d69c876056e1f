"""Step-down maxT: many tests on the same subjects, one family-wise error.

Labels are permuted jointly over subjects, so every correlation between visits and markers is
kept, and so is who was missing when: a test uses the subjects measured for it.
Westfall & Young 1993, Resampling-based multiple testing, algorithm 4.1.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Studentise = Literal["delong", "null"]

# Smallest standard error a DeLong-studentised AUC is divided by, as a fraction of its standard
# error under the null. Without a floor, perfect separation divides by zero; with a low one, the
# heavy tail of small samples costs power (benchmarks/earliest.py tabulates the choice).
FLOOR = 0.5

_CHUNK = 2048  # permutations at a time: keeps the working arrays in cache
_EQUAL = 1 - 1e-9  # statistics equal but for rounding count as equal


@dataclass(frozen=True, eq=False)
class MaxT:
    """What the permutation test found for each test (column of the values).

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
    blocks: NDArray[np.int_] | None = None,
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
    blocks
        Labels of batches, sites or sexes within which the classes are permuted.

    """
    labels = permuted_labels(positive, permutations=permutations, seed=seed, blocks=blocks)
    tested = np.array([_both_classes(column, positive) for column in values.T], dtype=bool)
    statistics = np.empty((int(tested.sum()), permutations + 1))
    for row, column in zip(statistics, values.T[tested], strict=True):
        row[:] = separation_statistic(column, labels, studentise=studentise)
    found = [np.full(len(tested), np.nan) for _ in range(4)]
    if tested.any():
        for whole, part in zip(found, _p_values(statistics), strict=True):
            whole[tested] = part
    return MaxT(*found)


def permuted_labels(
    positive: Bools,
    *,
    permutations: int,
    seed: int,
    blocks: NDArray[np.int_] | None = None,
) -> Bools:
    """Return the labels of subjects × (1 + permutations); the first column is the observed one."""
    random = np.random.default_rng(seed)
    labels = np.repeat(positive[:, None], permutations + 1, axis=1)
    together = np.zeros(len(positive), dtype=int) if blocks is None else blocks
    for block in (together == name for name in np.unique(together)):
        labels[block, 1:] = random.permuted(labels[block, 1:], axis=0)
    return labels


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
        auc, delong, null, positives = _moments(ranked, starts, ends, tied)
        if studentise == "delong":
            # Fewer than two in a class: no DeLong variance, the null one stands in.
            few = (positives < 2) | (len(subjects) - positives < 2)
            error = np.sqrt(np.where(few, null, np.maximum(delong, floor**2 * null)))
        else:
            error = np.sqrt(null)
        usable = np.isfinite(error) & (error > 0)
        chunks.append(np.divide(np.abs(auc - 0.5), error, out=np.zeros_like(auc), where=usable))
    return np.concatenate(chunks)


def _ranking(values: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Measured subjects in ascending order; where each one's group of ties starts and ends."""
    measured = np.flatnonzero(~np.isnan(values))
    subjects = measured[np.argsort(values[measured], kind="stable")]
    ordered = values[subjects]
    starts = np.searchsorted(ordered, ordered, side="left")
    return subjects, starts, np.searchsorted(ordered, ordered, side="right")


def _tie_correction(starts: NDArray[np.intp], ends: NDArray[np.intp]) -> float:
    """Σ(t³ − t)/(N(N − 1)) over groups of t tied values."""
    size = (ends - starts).astype(float)
    total = len(size)
    return float(np.sum(size**2 - 1) / (total * (total - 1))) if total > 1 else 0.0


def _moments(
    ranked: Floats, starts: NDArray[np.intp], ends: NDArray[np.intp], tied: float
) -> tuple[Floats, Floats, Floats, Floats]:
    """AUC, its DeLong and its null variance, and the number of positives, per labelling.

    Everything is summed in doubled counts, which are whole numbers: two labellings that are
    mirror images of each other therefore tie exactly.
    """
    total = len(ranked)
    counts = np.zeros((total + 1, ranked.shape[1]))
    np.cumsum(ranked, axis=0, out=counts[1:])
    m = counts[-1]
    n = total - m
    positives_below = counts[starts] + counts[ends]
    negatives_below = (starts + ends)[:, None] - positives_below
    by_positive = ranked * negatives_below
    by_negative = positives_below - ranked * positives_below
    wins = by_positive.sum(axis=0)
    losses = by_negative.sum(axis=0)
    square_wins = np.einsum("kb,kb->b", by_positive, negatives_below)
    square_losses = np.einsum("kb,kb->b", by_negative, positives_below)
    with np.errstate(divide="ignore", invalid="ignore"):
        auc = wins / (2 * m * n)
        delong = (m * square_wins - wins**2) / (4 * m**2 * (m - 1) * n**2)
        delong += (n * square_losses - losses**2) / (4 * n**2 * (n - 1) * m**2)
        null = (total + 1 - tied) / (12 * m * n)
    return auc, delong, null, m


def _both_classes(column: Floats, positive: Bools) -> bool:
    measured = ~np.isnan(column)
    return bool(positive[measured].any() and (~positive[measured]).any())


def _p_values(statistics: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Observed statistics with raw, single-step and step-down p; the observed labels count."""
    observed = statistics[:, 0]
    reached = observed[:, None] * _EQUAL
    raw = (statistics >= reached).mean(axis=1)
    single = (statistics.max(axis=0) >= reached).mean(axis=1)
    order = np.argsort(-observed, kind="stable")
    # Each test is held against the largest statistic of itself and all weaker ones.
    rivals = np.maximum.accumulate(statistics[order][::-1], axis=0)[::-1]
    adjusted = np.empty(len(observed))
    adjusted[order] = np.maximum.accumulate((rivals >= reached[order]).mean(axis=1))
    return observed, raw, single, adjusted
