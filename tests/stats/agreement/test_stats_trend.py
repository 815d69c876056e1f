"""Limits of agreement that move with the mean."""

import numpy as np
import pytest

from biomarkers import stats
from biomarkers.errors import InputError


def growing(random, count):
    """Differences 1 + 0.1 x, with a standard deviation of 0.5 + 0.2 x, at means x."""
    means = random.uniform(1, 20, count)
    differences = 1 + 0.1 * means + random.normal(0, 0.5 + 0.2 * means)
    return means - differences / 2, means + differences / 2


def test_the_lines_are_found():
    found = stats.regression_limits(*growing(np.random.default_rng(1), 20000), draws=50)
    lines = found.table.set_index("line")
    assert lines.loc["bias", "slope"] == pytest.approx(0.1, abs=0.01)
    assert lines.loc["spread", "slope"] == pytest.approx(0.2, abs=0.01)
    at = found.at(10).iloc[0]
    assert at["upper"] == pytest.approx(2 + 1.96 * 2.5, abs=0.1)
    assert at["lower"] == pytest.approx(2 - 1.96 * 2.5, abs=0.1)


def test_the_interval_of_a_limit_covers_it():
    random = np.random.default_rng(4)
    covered = 0
    for seed in range(150):
        found = stats.regression_limits(*growing(random, 60), draws=300, seed=seed)
        row = found.at(10).iloc[0]
        covered += row["upper_low"] <= 2 + 1.959964 * 2.5 <= row["upper_high"]
    assert 0.88 <= covered / 150 <= 0.99


def test_a_constant_spread_is_the_residual_of_the_regression():
    random = np.random.default_rng(3)
    first = random.normal(10, 3, 40)
    second = first * 1.1 + random.normal(0, 1, 40)
    found = stats.regression_limits(first, second, spread="constant")
    means, differences = (first + second) / 2, second - first
    slope, intercept = np.polyfit(means, differences, 1)
    sd = np.sqrt(np.sum((differences - intercept - slope * means) ** 2) / 38)
    at = found.at([5, 15])
    np.testing.assert_allclose(at["upper"] - at["bias"], 1.959964 * sd, rtol=1e-6)
    assert np.isnan(found.table.set_index("line").loc["spread", "p_value"])
    assert "spread is taken as constant" in found.headline


def test_beyond_where_the_spread_line_ends_nothing_is_known():
    found = stats.regression_limits(*growing(np.random.default_rng(6), 400), draws=50)
    row = found.at(-50).iloc[0]
    assert np.isfinite(row["bias"])
    assert row[["lower", "lower_low", "upper", "upper_high"]].isna().all()


def test_it_can_be_drawn_and_refuses_what_it_cannot_use():
    found = stats.regression_limits(*growing(np.random.default_rng(6), 30), draws=50)
    assert len(found.plot().lines) == 4
    assert "Per unit of the mean" in found.summary()
    with pytest.raises(InputError, match="expected 5 or more"):
        stats.regression_limits([1, 2, 3], [1, 2, 4])
    with pytest.raises(InputError, match="same mean"):
        stats.regression_limits([1, 2, 3, 4, 5], [5, 4, 3, 2, 1])
    with pytest.raises(InputError, match="spread: found 'square'"):
        stats.regression_limits([1, 2, 3, 4, 5], [5, 4, 3, 2, 2], spread="square")
