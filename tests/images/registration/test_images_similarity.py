"""Measures of how well two images agree, by hand."""

import numpy as np
import pytest

from biomarkers.images.registration.similarity import (
    foreground_dice,
    mutual_information,
    otsu_threshold,
)


def test_otsu_parts_two_classes():
    values = np.r_[np.random.default_rng(0).normal(1, 0.1, 500), np.full(100, 5.0), np.nan]
    assert values[:500].max() <= otsu_threshold(values) < 5.0


def test_dice_of_two_boxes():
    a, b = np.zeros(100), np.zeros(100)
    a[10:30], b[20:40] = 7.0, 1.0
    assert foreground_dice(a, b) == pytest.approx(2 * 10 / 40)
    b[90:] = np.nan
    assert foreground_dice(a, b) == pytest.approx(0.5)
    assert np.isnan(foreground_dice(a, np.full(100, np.nan)))


def test_mutual_information_of_like_and_unlike_images():
    rng = np.random.default_rng(0)
    levels = rng.integers(0, 4, 100_000).astype(float)
    assert mutual_information(levels, -2 * levels) == pytest.approx(np.log(4), abs=1e-3)
    assert mutual_information(levels, rng.permutation(levels)) == pytest.approx(0.0, abs=1e-3)
    assert np.isnan(mutual_information(levels, np.full(levels.size, np.nan)))
