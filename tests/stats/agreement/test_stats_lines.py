"""Deming's and Passing and Bablok's lines."""

import numpy as np
import pytest

from biomarkers import stats
from biomarkers.errors import InputError


def methods(random, count=40, sd=(1.0, 1.0)):
    truth = random.uniform(5, 30, count)
    return (
        truth + random.normal(0, sd[0], count),
        2 + 1.1 * truth + random.normal(0, sd[1], count),
    )


@pytest.mark.parametrize(
    ("fit", "ratio"), [("deming", 1.0), ("deming", 4.0), ("passing_bablok", None)]
)
def test_the_intervals_cover_the_truth(fit, ratio):
    random = np.random.default_rng(1)
    # Passing and Bablok assume errors in proportion to the slope.
    sd = (1.0, 1.1) if ratio is None else (1.0, np.sqrt(ratio))
    options = {} if ratio is None else {"variance_ratio": ratio}
    covered = np.zeros(2)
    for _ in range(150):
        found = getattr(stats, fit)(*methods(random, sd=sd), **options)
        covered += [
            found.slope_low <= 1.1 <= found.slope_high,
            found.intercept_low <= 2 <= found.intercept_high,
        ]
    assert np.all((covered / 150 >= 0.9) & (covered / 150 <= 0.99)), covered / 150


def test_orthogonal_deming_is_the_first_principal_axis():
    first, second = methods(np.random.default_rng(2))
    axis = np.linalg.eigh(np.cov(first, second))[1][:, -1]
    assert stats.deming(first, second).slope == pytest.approx(axis[1] / axis[0])


@pytest.mark.parametrize("fit", ["deming", "passing_bablok"])
def test_exchanging_the_methods_turns_the_line_round(fit):
    first, second = methods(np.random.default_rng(3))
    there, back = getattr(stats, fit)(first, second), getattr(stats, fit)(second, first)
    tolerance = 1e-9 if fit == "deming" else 0.01  # a median of an even number is not inverted
    assert there.slope * back.slope == pytest.approx(1, rel=tolerance)


def test_an_outlier_moves_deming_and_not_passing_bablok():
    first, second = methods(np.random.default_rng(4))
    spoiled = second.copy()
    spoiled[np.argmax(first)] += 60
    moved = [
        abs(fit(first, spoiled).slope - fit(first, second).slope)
        for fit in (stats.deming, stats.passing_bablok)
    ]
    assert moved[1] < 0.05 < 0.2 < moved[0]


def test_a_perfect_line_is_found():
    x = np.arange(5, 25.0)
    for fit in (stats.deming, stats.passing_bablok):
        found = fit(x, 3 + 2 * x)
        assert (found.slope, found.intercept) == (pytest.approx(2), pytest.approx(3))
        assert found.table["low"].to_numpy() == pytest.approx(found.table["estimate"].to_numpy())


def test_lines_can_be_drawn_and_refuse_what_they_cannot_use():
    found = stats.deming([1, 2, 3, 4, np.nan], [1, 2, 4, 4, 3])
    assert len(found.plot().lines) == 3
    assert "left out" in found.headline
    falling = np.arange(9.0)
    for call, message in (
        (lambda: stats.deming([1, 2, 3, 4], [1, 2, 4, 4], variance_ratio=0), "above 0"),
        (lambda: stats.deming([1, 2, 3, 4], [1, 1, 1, 1]), "there is no line"),
        (lambda: stats.passing_bablok(falling, -2 * falling), "do not rise together"),
        (lambda: stats.passing_bablok([1, 2, 3, 4], [1, 2, 4, 4]), "expected 5 or more"),
        (lambda: stats.passing_bablok([1, 2, 3, 4, 5], [1, 2, 4, 3, 5], level=0.9999), "too few"),
    ):
        with pytest.raises(InputError, match=message):
            call()
