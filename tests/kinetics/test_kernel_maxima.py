"""The choice of starts: summits against exhaustive search, peaks against exact paraboloids."""

from types import SimpleNamespace

import numpy as np
import pytest

from biomarkers.kinetics._grid_search import STARTS
from biomarkers.kinetics._maxima import (
    _count_maxima,
    _is_maximum,
    _keep,
    _peak,
    _pick_single,
    _shift,
)


def test_the_best_starts_are_kept_in_order():
    random = np.random.default_rng(0)
    for _ in range(20):
        values = random.permutation(9).astype(float)
        starts, gains, count = np.zeros((STARTS, 1)), np.zeros(STARTS), 0
        for value in values:
            place = _keep(starts, gains, count, value)
            if place < STARTS:
                starts[place, 0] = 10.0 * value
                count = min(count + 1, STARTS)
        np.testing.assert_array_equal(gains, np.sort(values)[::-1][:STARTS])
        np.testing.assert_array_equal(starts[:, 0], 10.0 * gains)


def test_of_equal_starts_the_first_comes_first():
    starts, gains = np.zeros((STARTS, 1)), np.zeros(STARTS)
    places = [_keep(starts, gains, count, 5.0) for count in range(STARTS + 1)]
    assert places == [0, 1, 2, 3, STARTS]


@pytest.mark.parametrize("values", [(1.0, 3.0, 2.5), (2.0, 2.1, 2.0), (0.0, 1.0, 0.9)])
def test_a_parabolas_peak(values):
    a, b, _ = np.polyfit([-1.0, 0.0, 1.0], values, 2)
    assert _shift(*values) == pytest.approx(-b / (2.0 * a))


@pytest.mark.parametrize(
    ("values", "shift"),
    [
        ((1.0, 1.0, 1.0), 0.0),  # flat
        ((3.0, 1.0, 2.0), 0.0),  # curved upwards
        ((-1.0, 3.0, 2.0), 0.0),  # beside a pair whose signs fail
        ((1.0, 3.0, -1.0), 0.0),
        ((0.0, 1.0, 1.9), 0.5),  # peaks beyond the neighbour
        ((1.9, 1.0, 0.0), -0.5),
    ],
)
def test_a_peak_out_of_reach_is_not_followed(values, shift):
    assert _shift(*values) == shift


@pytest.mark.parametrize(
    ("best", "place"),
    [
        ([1.0, 2.0, 9.0, 7.0, 0.0], 2 + 2.5 / 9),  # the parabola's peak, towards the higher side
        ([1.0, 7.0, 9.0, 2.0, 0.0], 2 - 2.5 / 9),
        ([9.0, 2.0, 1.0, 0.0, 0.0], 0.0),
        ([0.0, 2.0, 1.0, 0.0, 9.0], 4.0),
    ],
)
def test_the_best_rate_alone_starts_at_the_peak_with_the_other_as_large_as_may_be(best, place):
    nodes, starts, gains = 0.5 * np.arange(5), np.full((STARTS, 2), 9.0), np.zeros(STARTS)
    grid, scan = SimpleNamespace(nodes=nodes), SimpleNamespace(best=np.array(best))
    _pick_single.py_func(grid, scan, starts, gains)
    assert starts[0] == pytest.approx([0.5 * place, 2.0])
    assert gains[0] == 9.0


def landscape(seed):
    """Whole numbers, so that equal neighbours occur, within a border that loses."""
    inside = np.random.default_rng(seed).integers(0, 6, (8, 8)).astype(float)
    return np.pad(inside, 1, constant_values=-1.0)


def is_summit(pairs, i, j):
    """Above all that come before in reading order, and not below what comes after."""
    for k in range(i - 1, i + 2):
        for m in range(j - 1, j + 2):
            if (k, m) != (i, j):
                before = k < i or (k == i and m < j)
                if pairs[k, m] > pairs[i, j] or (before and pairs[k, m] == pairs[i, j]):
                    return False
    return True


@pytest.mark.parametrize("seed", range(4))
def test_summits_exceed_all_their_neighbours(seed):
    pairs, summits = landscape(seed), 0
    for i in range(1, 9):
        for j in range(1, 9):
            assert _is_maximum(pairs, i, j) == is_summit(pairs, i, j)
            summits += is_summit(pairs, i, j)
    assert summits > 0


@pytest.mark.parametrize("worth", [-1.0, 2.0, 4.0])
def test_rows_without_a_summit_are_passed_over_and_no_others(worth):
    pairs = landscape(7)
    for i in range(1, 9):
        expected = 0
        for j in range(1, 7):
            here = pairs[i, j]
            crosses = here > pairs[i, j - 1] and here >= pairs[i, j + 1]
            crosses = crosses and here > pairs[i - 1, j] and here >= pairs[i + 1, j]
            expected += crosses and here > worth
        assert _count_maxima(pairs, i, 6, worth) == expected


def paraboloid(down, across, bend, curl, twist, top=10.0):
    """Values around the middle of a paraboloid with its peak at a shift."""
    k, m = np.meshgrid(np.arange(-1, 2) - down, np.arange(-1, 2) - across, indexing="ij")
    return top - 0.5 * (bend * k**2 + 2.0 * twist * k * m + curl * m**2)


@pytest.mark.parametrize("twist", [-0.8, 0.0, 0.5])
@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.4, -0.3), (-0.2, 0.9)])
def test_a_paraboloids_peak(twist, shift):
    down, across, gain = _peak(paraboloid(*shift, 2.0, 1.5, twist), 1, 1)
    np.testing.assert_allclose([down, across], shift, atol=1e-12)
    assert gain == pytest.approx(10.0)


def test_a_peak_beyond_the_neighbours_is_followed_to_them():
    values = paraboloid(3.0, 1.5, 2.0, 1.5, 0.3)
    down, across, gain = _peak(values + 20.0, 1, 1)
    assert (down, across) == pytest.approx((1.0, 0.5))
    at = paraboloid(3.0 - down, 1.5 - across, 2.0, 1.5, 0.3)[1, 1]
    assert gain == pytest.approx(at + 20.0)


def test_a_ridge_or_a_refused_neighbour_gives_the_point_itself():
    ridge = paraboloid(0.2, 0.2, 1.0, 1.0, 0.999)
    assert _peak(ridge, 1, 1) == (0.0, 0.0, ridge[1, 1])
    for place in [(0, 0), (0, 1), (2, 2), (1, 0)]:
        refused = paraboloid(0.2, 0.2, 1.0, 1.0, 0.0)
        refused[place] = -1.0
        assert _peak(refused, 1, 1) == (0.0, 0.0, refused[1, 1])
