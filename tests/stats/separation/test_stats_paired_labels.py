"""Counts by matrix products are those of walking up the values, to the last digit."""

import numpy as np
import pytest

from biomarkers.stats.labels import permuted_labels
from biomarkers.stats.separation import maxt
from biomarkers.stats.separation.paired_labels import MOST_SUBJECTS, pair_tests, without_ties


@pytest.mark.parametrize("subjects", [5, 24, MOST_SUBJECTS])
@pytest.mark.parametrize("studentise", ["delong", "null"])
def test_statistics_are_those_of_one_test_at_a_time(subjects, studentise):
    random = np.random.default_rng(subjects)
    values = random.normal(size=(subjects, 7))
    values[random.random(values.shape) < 0.2] = np.nan
    values[:, 1] = np.arange(subjects)
    values[0, 2], values[1, 2] = -np.inf, np.inf
    labels = permuted_labels(np.arange(subjects) % 3 == 0, permutations=1500, seed=4)
    assert without_ties(values).all()
    together = maxt.permutation_statistics(values, labels, studentise=studentise)
    for row, column in zip(together, values.T, strict=True):
        measured = labels[~np.isnan(column), 0]
        if 0 < measured.sum() < len(measured):
            alone = maxt.separation_statistic(column, labels, studentise=studentise)
            assert np.array_equal(row, alone)
        else:
            assert np.isnan(row).all()


def test_ties_are_seen():
    values = np.array([[1.0, 1.0, np.nan], [2.0, 1.0, np.nan], [np.nan, 3.0, 3.0]])
    assert without_ties(values).tolist() == [True, False, True]


def test_counts_of_a_small_case_by_hand():
    labels = np.array([[False], [True], [True]])
    ((_, _, counts),) = pair_tests(np.array([[1.0], [2.0], [3.0]])).counts(labels)
    assert counts.wins.item() == 4  # doubled: both positives lie above the negative
    assert counts.losses.item() == 0
    assert (counts.square_wins.item(), counts.square_losses.item()) == (8, 0)


def test_rejections_are_those_of_the_p_values_with_many_rejected():
    random = np.random.default_rng(5)
    values = random.normal(size=(24, 60))
    positive = np.arange(24) < 12
    values[:12, ::2] += 3
    labels = permuted_labels(positive, permutations=999, seed=1)
    statistics = maxt.permutation_statistics(values, labels)
    observed = np.abs(random.normal(5, 2, size=(40, 60)))
    rejected = maxt.step_down_rejects(statistics, observed, alpha=0.05)
    for row, mine in zip(observed, rejected, strict=True):
        expected = maxt.step_down(statistics, row).p_adjusted <= 0.05
        assert np.array_equal(mine, expected)
    assert rejected.sum(axis=1).max() > 30


def test_rows_replaced_are_stepped_down_as_a_whole_copy_would_be():
    random = np.random.default_rng(7)
    labels = permuted_labels(np.arange(20) < 9, permutations=700, seed=1)
    statistics = maxt.permutation_statistics(random.normal(size=(20, 6)), labels)
    others = maxt.permutation_statistics(random.normal(size=(20, 2)), labels)
    whole = statistics.copy()
    whole[[1, 4]] = others
    expected = maxt.step_down(whole, whole[:, 0])
    found = maxt.step_down_with(statistics, [1, 4], others)
    for name in ("statistic", "p_value", "p_single_step", "p_adjusted"):
        assert np.array_equal(getattr(found, name), getattr(expected, name))
