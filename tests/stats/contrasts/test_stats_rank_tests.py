"""Exact rank tests, by counting every division and every sign."""

from itertools import combinations, product

import numpy as np
import pytest
from scipy import stats as distributions

from biomarkers import stats
from biomarkers.errors import InputError


@pytest.mark.parametrize("ties", [False, True])
def test_rank_sums_by_every_division(ties):
    random = np.random.default_rng(3)
    values = random.integers(0, 4, 9).astype(float) if ties else random.normal(size=9)
    ranks = distributions.rankdata(values)
    sums = np.array([ranks[list(chosen)].sum() for chosen in combinations(range(9), 4)])
    reached = np.abs(sums - sums.mean()) >= abs(ranks[:4].sum() - sums.mean()) - 1e-9
    found = stats.rank_sum_test(values[:4], values[4:])
    assert found.exact
    assert found.p_value == pytest.approx(reached.mean())
    assert found.z == pytest.approx((ranks[:4].sum() - sums.mean()) / sums.std())


@pytest.mark.parametrize("values", [[1.5, -0.5, 2, 2, -3, 0, 4], [0.1, 0.2, 0.4, -0.3]])
def test_signed_ranks_by_every_sign(values):
    values = np.array(values)
    moved = values != 0
    ranks = distributions.rankdata(np.abs(values))[moved]
    sums = np.array([np.dot(signs, ranks) for signs in product([0, 1], repeat=moved.sum())])
    observed = ranks[values[moved] > 0].sum()
    found = stats.signed_rank_test(values)
    assert found.p_value == pytest.approx(
        np.mean(np.abs(sums - sums.mean()) >= abs(observed - sums.mean()) - 1e-9)
    )


def test_without_ties_as_scipy():
    random = np.random.default_rng(4)
    a, b = random.normal(size=12), random.normal(0.7, 1, 15)
    found = stats.rank_sum_test(a, b)
    other = distributions.mannwhitneyu(a, b, method="exact")
    assert (found.statistic, found.p_value) == pytest.approx((other.statistic, other.pvalue))
    signed = distributions.wilcoxon(a, method="exact")
    assert stats.signed_rank_test(a).p_value == pytest.approx(signed.pvalue)


def test_large_samples_are_approximated_and_it_says_so():
    random = np.random.default_rng(5)
    a, b = random.normal(size=900), random.normal(0.1, 1, 900)
    found = stats.rank_sum_test(a, b)
    assert not found.exact
    assert "asymptotic" in found.headline
    assert found.p_value == pytest.approx(
        distributions.mannwhitneyu(a, b, method="asymptotic", use_continuity=False).pvalue
    )


def test_missing_values_and_edges():
    found = stats.rank_sum_test([1, np.nan, 2], [3, 4, np.nan])
    assert (found.n, found.left_out) == (4, 2)
    assert "2 left out" in found.headline
    assert stats.rank_sum_test([1, 1], [1, 1]).p_value == 1
    assert found.plot().get_title() == "p = 0.333"
    with pytest.raises(InputError, match="first has 0 values, expected 1"):
        stats.rank_sum_test([np.nan], [1, 2])
    with pytest.raises(InputError, match="nothing to rank"):
        stats.signed_rank_test([0, 0])
    with pytest.raises(InputError, match="changes: expected numbers"):
        stats.signed_rank_test("abc")
