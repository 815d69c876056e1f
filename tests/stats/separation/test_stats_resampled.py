"""Many areas under many weights against one at a time."""

import numpy as np
import pytest

from biomarkers.stats.labels import drawn_weights
from biomarkers.stats.roc_analysis.auc import area, delong_variance, structural_components
from biomarkers.stats.separation.maxt import FLOOR
from biomarkers.stats.separation.resampled import resampled_areas, resampled_errors


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
