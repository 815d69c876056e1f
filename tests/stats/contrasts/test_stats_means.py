"""t tests of mean changes."""

import numpy as np
import pytest
from scipy import stats as distributions

from biomarkers import stats
from biomarkers.errors import InputError


def test_as_scipy():
    random = np.random.default_rng(1)
    a, b = random.normal(size=10), random.normal(1, 3, 14)
    one, two = stats.mean_change(a), stats.mean_difference(a, b)
    expected = distributions.ttest_1samp(a, 0)
    assert (one.t, one.p_value) == pytest.approx((expected.statistic, expected.pvalue))
    welch = distributions.ttest_ind(a, b, equal_var=False)
    assert (two.t, two.p_value, two.df) == pytest.approx((welch.statistic, welch.pvalue, welch.df))
    interval = welch.confidence_interval()
    assert (two.low, two.high) == pytest.approx((interval.low, interval.high))
    assert two.estimate == pytest.approx(a.mean() - b.mean())


def test_a_difference_is_the_first_group_minus_the_second():
    higher, lower = [5.0, 6.0, 7.0], [1.0, 2.0, 4.0]
    difference = stats.mean_difference(higher, lower)
    assert difference.estimate > 0 < difference.t
    assert stats.hedges_g(higher, lower).estimate > 0 < stats.cliffs_delta(higher, lower).estimate
    assert stats.rank_sum_test(higher, lower).z > 0


def test_missing_values_and_edges():
    found = stats.mean_change([1, 2, np.nan])
    assert (found.n, found.left_out) == (2, 1)
    assert "1 left out" in found.headline
    assert found.table["df"].item() == 1
    assert len(found.plot().lines) > 1
    for call, message in (
        (lambda: stats.mean_change([1]), "changes has 1 values, expected 2 or more"),
        (lambda: stats.mean_change([1, np.inf]), "changes: found an infinite value"),
        (lambda: stats.mean_change([1, 1]), "do not vary"),
        (lambda: stats.mean_difference(["a"], [1]), "first: expected numbers"),
    ):
        with pytest.raises(InputError, match=message):
            call()
