"""The search from every basin, against a general optimiser from many starts."""

import numpy as np
import pytest
from kernel_cases import NONE, TISSUE, TISSUE_INPUT, TWO, lay
from scipy.optimize import minimize

from biomarkers.kinetics._design import lay_fixed, new_state
from biomarkers.kinetics._grid_search import new_grid_search
from biomarkers.kinetics._maxima import find_starts
from biomarkers.kinetics._pair import new_approach
from biomarkers.kinetics._search import (
    BEHIND,
    MARGIN,
    Bounds,
    PairSearch,
    _is_pruned,
    search,
    search_pair,
)


@pytest.fixture(scope="module", params=[(TWO, None), (TISSUE, TISSUE_INPUT)])
def laid(request):
    name, source = request.param
    return lay(name) if source is None else lay(name, source)


def searched(laid, target, outside, *, by_pair):
    """Rates, sum of squares, whether the steps converged, and the state left."""
    grid, table, rates = laid.reduced.search, laid.reduced.table, len(laid.setup.upper)
    state = new_state(len(laid.signs), rates, rates, laid.size)
    lay_fixed(table, state)
    scan, best = new_grid_search(grid), np.zeros(rates)
    bounds = Bounds(laid.signs, np.zeros(rates), laid.setup.upper)
    if by_pair:
        using = PairSearch(laid.reduced.pair, scan, new_approach(laid.reduced.pair))
        count = find_starts(grid, target, outside, laid.signs, scan)
        found = search_pair(target, outside, count, using, table, bounds, state, best)
    else:
        found = search(target, outside, grid, table, bounds, scan, state, best)
    return best, *found, state


def exhaustive(laid, target):
    """The least sum of squares that a simplex finds from a coarse grid of starts."""
    upper = laid.setup.upper
    nodes = np.linspace(0.05, 0.95, 8)[:, None] * upper
    starts = [(nodes[i, 0], nodes[j, 1]) for i in range(8) for j in range(8) if j > i]
    starts.sort(key=lambda u: laid.best(target, *u)[1])
    ends = list(zip((0.0, 0.0), upper, strict=True))
    options = {"xatol": 1e-6, "fatol": 1e-12}
    return min(
        minimize(
            lambda u: laid.best(target, *u)[1],
            u,
            bounds=ends,
            method="Nelder-Mead",
            options=options,
        ).fun
        for u in starts[:3]
    )


@pytest.mark.parametrize("by_pair", [False, True])
@pytest.mark.parametrize("noise", [0.003, 0.1])
def test_no_start_of_many_leads_lower(laid, by_pair, noise):
    for target, outside in zip(*laid.targets(3, noise=noise, seed=4), strict=True):
        u, rss, converged, state = searched(laid, target, outside, by_pair=by_pair)
        assert converged
        assert rss <= exhaustive(laid, target) + 1e-5 * (rss + outside)
        amplitudes, left = laid.best(target, *u)
        assert rss == pytest.approx(left, rel=1e-6)
        np.testing.assert_allclose(
            state.coefficients @ laid.columns(*u), amplitudes @ laid.columns(*u), atol=1e-5
        )


def test_both_searches_find_the_same_minimum(laid):
    for target, outside in zip(*laid.targets(40, noise=0.05, seed=7), strict=True):
        (_, plain, _, _), (_, fast, _, _) = (
            searched(laid, target, outside, by_pair=by_pair) for by_pair in (False, True)
        )
        assert fast == pytest.approx(plain, rel=1e-6)


def test_a_clean_curve_gives_its_rates_back(laid):
    true = np.array([1.2, 3.4])
    columns = laid.columns(*true)
    target = (1.0 / np.linalg.norm(columns, axis=1)) @ columns
    for by_pair in (False, True):
        u, rss, _, _ = searched(laid, target, 0.0, by_pair=by_pair)
        np.testing.assert_allclose(u, true, atol=1e-4)
        assert rss < 1e-12


def test_a_model_without_rates_is_linear():
    laid = lay(NONE)
    for target, outside in zip(*laid.targets(3, noise=0.1), strict=True):
        _, rss, converged, state = searched(laid, target, outside, by_pair=False)
        amplitudes, left = laid.best(target)
        assert converged
        assert rss == pytest.approx(left)
        np.testing.assert_allclose(state.coefficients, amplitudes, rtol=1e-6)


def test_a_start_is_hopeless_beyond_a_share_of_what_is_left_and_some_times_the_gain():
    reach = BEHIND * 3.0 + MARGIN * 0.2
    assert not _is_pruned(0.999 * reach, 3.0, 0.2)
    assert _is_pruned(1.001 * reach, 3.0, 0.2)
    assert not _is_pruned(-1.0, 0.0, 0.0)
