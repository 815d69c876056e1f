"""What every rate and every pair of rates of the grid explains, against least squares for each."""

from itertools import combinations

import numpy as np
import pytest
from kernel_cases import TISSUE, TISSUE_INPUT, TWO, lay

from biomarkers.kinetics._grid_search import (
    FAR,
    _pair_gains,
    _raise_pairs,
    _refuse,
    new_grid_search,
    scan_choices,
)
from biomarkers.kinetics._linear import axpys
from biomarkers.kinetics._maxima import find_starts


@pytest.fixture(scope="module", params=[(TWO, None), (TISSUE, TISSUE_INPUT)])
def laid(request):
    name, source = request.param
    return lay(name) if source is None else lay(name, source)


def scanned(laid, target, outside, signs=None):
    grid = laid.reduced.search
    scan = new_grid_search(grid)
    worth = _scan(grid, target, outside, laid.signs if signs is None else signs, scan)
    return grid, scan, worth


def _scan(grid, target, outside, signs, scan):
    """As `find_starts` prepares it."""
    scan.on_fixed[:] = grid.fixed @ target
    for k in range(2):
        axpys(target, grid.columns[k], scan.on_rates[k])
    return scan_choices(grid, target, outside, signs, scan)


def gain_of(laid, target, columns, signs):
    """The most that some of the columns with right signs explain; the rates are always present."""
    fixed = len(laid.columns())
    most = -1.0
    for count in range(fixed, -1, -1):
        for some in combinations(range(fixed), count):
            rows = [*some, *range(fixed, len(columns))]
            found = np.linalg.lstsq(columns[rows].T, target, rcond=None)[0]
            if not (found[np.asarray(signs)[rows]] < 0.0).any():
                left = ((target - found @ columns[rows]) ** 2).sum()
                most = max(most, target @ target - left)
    return most


def expected_pair(laid, target, u, signs):
    return gain_of(laid, target, laid.columns(*u), signs)


def pair_of(grid, i, j):
    """Rates of a place in the table of pairs; the second runs from the largest down."""
    return grid.nodes[i], grid.nodes[grid.nodes.size - 1 - j]


def test_pairs_gain_what_least_squares_with_right_signs_explains(laid):
    targets, outside = laid.targets(2, noise=0.05)
    for target, rest in zip(targets, outside, strict=True):
        grid, scan, worth = scanned(laid, target, rest)
        right = wrong = 0
        for i in range(0, grid.nodes.size, 5):
            for j in range(0, grid.nodes.size, 5):
                first, second = pair_of(grid, i, j)
                usable = second > first if grid.shared else first != second
                usable = usable and grid.inverse_sine[0, i, j] < 1e5
                if not usable:
                    continue
                gain = expected_pair(laid, target, (first, second), laid.signs)
                if gain > max(worth, 0.0):
                    right += 1
                    assert scan.pairs[i + 1, j + 1] == pytest.approx(gain, rel=1e-6)
                elif gain < 0.0:
                    wrong += 1
                    assert scan.pairs[i + 1, j + 1] == -1.0
        assert right > 0
        assert wrong > 0


def test_free_signs_refuse_no_pair(laid):
    target, outside = (each[0] for each in laid.targets(1, noise=0.3))
    free = np.zeros_like(laid.signs)
    grid, scan, _ = scanned(laid, target, outside, free)
    for i, j in ((3, 4), (8, 20), (15, 2)):
        first, second = pair_of(grid, i, j)
        if grid.inverse_sine[0, i, j] > 0.0:
            gain = expected_pair(laid, target, (first, second), free)
            assert scan.pairs[i + 1, j + 1] == pytest.approx(gain, rel=1e-6)


def test_one_rate_alone_gains_what_least_squares_explains(laid):
    targets, outside = laid.targets(3, noise=0.05)
    signs = laid.signs[:-1]
    for target, rest in zip(targets, outside, strict=True):
        grid, scan, _ = scanned(laid, target, rest)
        for g in range(0, grid.nodes.size, 4):
            u = grid.nodes[g]
            columns = laid.columns(u, u)[:-1]
            fixed = len(columns) - 1
            if not signs[fixed] or np.dot(columns[-1], target) <= 0.0:
                continue
            gain = gain_of(laid, target, columns, signs)
            if gain >= 0.0:
                assert scan.best[g] == pytest.approx(gain, rel=1e-6)


def test_what_is_worth_a_look_leaves_less_than_twice_the_best(laid):
    target, outside = (each[0] for each in laid.targets(1, noise=0.2))
    _, scan, worth = scanned(laid, target, outside)
    total = target @ target + outside
    best = scan.pairs.max()
    assert scan.highest.max() == best
    assert worth == pytest.approx(max(best - FAR * (total - best), 0.0))


def of_pairs():
    random = np.random.default_rng(3)
    cosine = random.uniform(-0.9, 0.9, (6, 6))
    inverse = 1.0 / (1.0 - cosine**2)
    inverse[2, 3] = 0.0
    return random.normal(size=(2, 6)), cosine, inverse


@pytest.mark.parametrize("lowest", [(0.0, 0.0), (-np.inf, 0.0), (0.0, -np.inf), (-np.inf, -np.inf)])
def test_pairs_of_a_row(lowest):
    scaled, cosine, inverse = of_pairs()
    for i in range(6):
        gains = np.full(6, 9.0)
        _pair_gains((scaled, cosine, inverse), i, 5, lowest, gains)
        assert gains[5] == 9.0
        for j in range(5):
            products = np.array([scaled[0, i], scaled[1, j]])
            gram = np.array([[1.0, cosine[i, j]], [cosine[i, j], 1.0]])
            amplitudes = np.linalg.solve(gram, products) * (inverse[i, j] > 0.0)
            right = (amplitudes > lowest).all()
            expected = amplitudes @ products if right else -1.0
            assert gains[j] == pytest.approx(expected)


def test_pairs_with_a_negative_fixed_amplitude_are_refused_and_what_they_gain_is_kept():
    scaled, cosine, inverse = pairs = of_pairs()
    random = np.random.default_rng(9)
    alone, slopes = np.array([0.3, 0.1]), random.normal(size=(2, 2, 6))
    i, f, lowest = 1, 1, (-np.inf, -np.inf)
    gains, lost = np.empty(6), np.full(6, -1.0)
    lost[0] = 50.0
    _pair_gains(pairs, i, 6, lowest, gains)
    before = gains.copy()
    _refuse(pairs, i, 6, f, alone, slopes, gains, lost)
    for j in range(6):
        gram = np.array([[1.0, cosine[i, j]], [cosine[i, j], 1.0]])
        a, b = np.linalg.solve(gram, [scaled[0, i], scaled[1, j]]) * (inverse[i, j] > 0.0)
        negative = alone[f] - slopes[0, f, i] * a - slopes[1, f, j] * b < 0.0
        assert gains[j] == (-1.0 if negative else before[j])
        kept = before[j] if negative else -1.0
        assert lost[j] == (50.0 if j == 0 else kept)
    assert (gains == -1.0).any()
    assert (gains != -1.0).any()


def test_pairs_are_raised_where_another_choice_gains_more():
    pairs, highest = np.full((5, 5), -1.0), np.array([0.0, 9.0, 0.0])
    gains = np.array([1.0, 0.0, -1.0])
    _raise_pairs(gains, 1, 3, 2.0, True, pairs, highest)
    np.testing.assert_array_equal(pairs[2, 1:4], [3.0, -1.0, -1.0])
    np.testing.assert_array_equal(highest, [3.0, 9.0, 0.0])
    _raise_pairs(np.array([0.5, 4.0, 4.0]), 1, 2, 1.0, False, pairs, highest)
    np.testing.assert_array_equal(pairs[2, 1:4], [3.0, 5.0, -1.0])
    assert (np.delete(pairs, 2, axis=0) == -1.0).all()


def test_the_best_start_lies_beside_the_best_pair_of_the_grid(laid):
    for target, outside in zip(*laid.targets(5, noise=0.02), strict=True):
        grid, scan, _ = scanned(laid, target, outside)
        count = find_starts(grid, target, outside, laid.signs, scan)
        assert count > 0
        gains = scan.start_gains[1:count] if count > 1 else scan.start_gains[:1]
        assert (np.diff(gains) <= 0.0).all()
        i, j = np.unravel_index(scan.pairs.argmax(), scan.pairs.shape)
        best = pair_of(grid, i - 1, j - 1)
        distance = np.abs(scan.starts[:count] - best).max(axis=1).min()
        assert distance <= grid.nodes[1] * 1.001
