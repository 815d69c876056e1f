"""Bounds of the AUC, whatever the missing values are."""

import numpy as np
import pytest

from biomarkers import stats
from biomarkers.errors import InputError
from biomarkers.stats.missingness.scenarios import placed


def test_bounds_worked_by_hand():
    # Positives 3, 4, ?, negatives 1, 2: the missing one loses both pairs, or wins both.
    found = stats.auc_bounds([3, 4, np.nan, 1, 2], [1, 1, 1, 0, 0])
    assert (found.auc, found.lowest, found.highest) == (1, pytest.approx(4 / 6), 1)
    assert (found.measured, found.missing) == ((2, 2), (1, 0))
    assert "between 0.667 and 1.000" in found.headline


def test_bounds_hold_the_truth_however_values_went_missing():
    random = np.random.default_rng(1)
    for _ in range(200):
        truth = np.arange(30) % 2 == 0
        values = random.integers(0, 6, 30).astype(float)  # with ties
        seen = np.where(random.uniform(size=30) < 0.1 + 0.12 * values, np.nan, values)
        if min(np.isfinite(seen[truth]).sum(), np.isfinite(seen[~truth]).sum()) == 0:
            continue
        whole = stats.roc(values, truth, positive=True, direction="higher").auc
        found = stats.auc_bounds(seen, truth, positive=True, direction="higher")
        assert found.lowest <= whole + 1e-12
        assert whole <= found.highest + 1e-12


def test_a_strongest_decrease_is_beaten_by_a_missing_one_at_its_worst():
    # A log ratio of −∞ is a measurement; the missing negative may lie above or below it.
    found = stats.auc_bounds([1.0, 2.0, -np.inf, np.nan], [1, 1, 0, 0], direction="higher")
    assert (found.lowest, found.highest) == (0.5, 1)
    assert placed(np.array([-np.inf, 5, np.nan]), *np.eye(3, dtype=bool)[[2, 0]]).tolist() == [
        1, 2, 0,
    ]  # fmt: skip


def test_direction_and_edges():
    lower = stats.auc_bounds([1, 2, np.nan, 3, 4], [1, 1, 1, 0, 0])
    assert (lower.direction, lower.auc) == ("lower", 1)
    nobody = stats.auc_bounds([np.nan, np.nan, 3, 4], [1, 1, 0, 0], direction="higher")
    assert (nobody.lowest, nobody.highest) == (0, 1)
    assert np.isnan(nobody.auc)
    (bar,) = lower.plot().collections
    assert bar.get_segments()[0][:, 0].tolist() == [lower.lowest, lower.highest]
    assert lower.table["missing_positive"].item() == 1
    with pytest.raises(InputError, match="nobody of a class was measured"):
        stats.auc_bounds([np.nan, np.nan, 3, 4], [1, 1, 0, 0])
    with pytest.raises(InputError, match="expected a marker of numbers"):
        stats.auc_bounds(["a", "b"], [1, 0])
