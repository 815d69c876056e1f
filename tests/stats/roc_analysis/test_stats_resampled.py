"""Many areas under many weights against one at a time."""

import numpy as np
import pytest

from biomarkers.stats.labels import drawn_weights
from biomarkers.stats.roc_analysis.auc import FLOOR, area, delong_variance, structural_components
from biomarkers.stats.roc_analysis.resampled import resampled_areas, resampled_errors


def panel(subjects=18, tests=4):
    random = np.random.default_rng(5)
    values = random.normal(size=(subjects, tests)).round(1)
    values[random.random(values.shape) < 0.15] = np.nan
    values[:3, 0] = -np.inf
    return values, np.arange(subjects) % 2 == 0


def test_areas_and_errors_are_those_of_repeated_subjects():
    values, positive = panel()
    weights = drawn_weights(positive, draws=12, seed=1)
    areas = resampled_areas(values, positive, weights)
    errors = resampled_errors(values, positive, weights)
    for draw, times in enumerate(weights.astype(int)):
        for test, column in enumerate(values.T):
            there = ~np.isnan(column)
            x, y = (
                np.repeat(column[there & named], times[there & named])
                for named in (positive, ~positive)
            )
            assert areas[draw, test] == pytest.approx(area(x, y), abs=1e-6)
            null = (len(x) + len(y) + 1) / (12 * len(x) * len(y))
            variance = max(delong_variance(*structural_components(x, y)), FLOOR**2 * null)
            assert errors[draw, test] == pytest.approx(np.sqrt(variance), abs=1e-6)


def test_an_absent_class_has_no_area():
    values, positive = panel()
    weights = np.where(positive, 1.0, 0.0)[None, :]
    assert np.isnan(resampled_areas(values, positive, weights)).all()


def test_weights_that_are_no_whole_numbers_weight_the_pairs():
    random = np.random.default_rng(9)
    values, positive = panel()
    weights = random.uniform(0.2, 3, size=(5, len(positive)))
    areas = resampled_areas(values, positive, weights)
    for draw, weight in enumerate(weights):
        for test, column in enumerate(values.T):
            x, y = (np.flatnonzero(kind & ~np.isnan(column)) for kind in (positive, ~positive))
            pairs = weight[x][:, None] * weight[y]
            won = (column[x][:, None] > column[y]) + (column[x][:, None] == column[y]) / 2
            assert areas[draw, test] == pytest.approx((pairs * won).sum() / pairs.sum(), abs=1e-6)


def test_a_small_sample_by_hand():
    # Positives 1, 3, 3; negatives 1, 2: won are ½, 2 and 2 of 6 pairs.
    values = np.array([[1.0], [3.0], [3.0], [1.0], [2.0]])
    positive = np.array([True, True, True, False, False])
    once = np.ones((1, 5))
    assert resampled_areas(values, positive, once)[0, 0] == pytest.approx(4.5 / 6)
    # V10 = (¼, 1, 1), V01 = (5/6, 2/3): variances 3/16 and 1/72.
    variance = 3 / 16 / 3 + 1 / 72 / 2
    assert variance > FLOOR**2 * 6 / (12 * 6)
    assert resampled_errors(values, positive, once)[0, 0] == pytest.approx(np.sqrt(variance))
    # The first negative twice, the second not at all: 2 × (½, 1, 1) of 6 pairs.
    twice = np.array([[1.0, 1, 1, 2, 0]])
    assert resampled_areas(values, positive, twice)[0, 0] == pytest.approx(5 / 6)


@pytest.mark.parametrize("times", [[1, 0, 3, 2, 2], [2, 2, 1, 0, 1], [1, 0, 0, 0, 1]])
def test_one_subject_of_a_class_takes_the_null_error(times):
    values = np.array([[1.0], [3.0], [4.0], [2.0], [5.0]])
    positive = np.array([True, True, False, False, False])
    times = np.array(times) * np.where(np.arange(5) < 2, [1, 1, 0, 0, 0], [0, 0, 1, 1, 1])
    m, n = times[positive].sum(), times[~positive].sum()
    error = resampled_errors(values, positive, times[None, :].astype(float))[0, 0]
    x, y = (np.repeat(values[kind, 0], times[kind]) for kind in (positive, ~positive))
    null = (m + n + 1) / (12 * m * n)
    variance = null if min(m, n) < 2 else delong_variance(*structural_components(x, y))
    assert error == pytest.approx(np.sqrt(max(variance, FLOOR**2 * null)))


def test_the_error_is_floored_where_the_classes_are_separated():
    values, positive = np.arange(8.0)[:, None], np.arange(8) >= 4
    error = resampled_errors(values, positive, np.ones((1, 8)))[0, 0]
    assert error == pytest.approx(FLOOR * np.sqrt(9 / (12 * 16)))
