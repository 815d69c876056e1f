"""Hedges' g and Cliff's δ: definitions, coverage, and what they refuse."""

import matplotlib as mpl
import numpy as np
import pytest
from scipy import stats

from biomarkers.errors import InputError
from biomarkers.stats.contrasts.effect_size import cliffs_delta, hedges_g

mpl.use("Agg")

FIRST = [5.0, 6.5, 7.0, 4.5, 8.0]
SECOND = [4.0, 3.5, 5.5, 4.2]


def test_hedges_g_by_hand():
    a, b = np.array(FIRST), np.array(SECOND)
    pooled = np.sqrt((4 * a.var(ddof=1) + 3 * b.var(ddof=1)) / 7)
    # Hedges (1981), table 1: c(7) = 0.8882.
    assert hedges_g(a, b).estimate == pytest.approx(
        0.8882 * (a.mean() - b.mean()) / pooled, rel=1e-4
    )
    large = hedges_g(a, b, interval="large_sample")
    g = large.estimate
    half = 1.959964 * np.sqrt(1 / 5 + 1 / 4 + g**2 / 18)
    assert large.low == pytest.approx(g - half)
    assert large.high == pytest.approx(g + half)


def test_limits_are_where_the_noncentral_t_puts_them():
    effect = hedges_g(FIRST, SECOND, level=0.9)
    t = stats.ttest_ind(FIRST, SECOND).statistic
    unbias = effect.estimate / (t * np.sqrt(1 / 5 + 1 / 4))
    ends = np.array([effect.low, effect.high]) / (unbias * np.sqrt(1 / 5 + 1 / 4))
    np.testing.assert_allclose(stats.nct.cdf(t, 7, ends), [0.95, 0.05], atol=1e-7)


def test_swapping_the_groups_changes_the_sign():
    for effect in (hedges_g, cliffs_delta):
        one, other = effect(FIRST, SECOND), effect(SECOND, FIRST)
        assert one.estimate == pytest.approx(-other.estimate)
        assert one.low == pytest.approx(-other.high)


def test_a_huge_effect_has_limits():
    effect = hedges_g([1.0, 2.0, 3.0], [101.0, 102.0, 103.0])
    assert effect.low < effect.estimate < effect.high < 0


def test_intervals_cover_in_small_groups():
    rng = np.random.default_rng(6)
    true_g, true_delta = 1.0, 2 * stats.norm.cdf(1 / np.sqrt(2)) - 1
    covered = {"g": 0, "delta": 0}
    for _ in range(400):
        a, b = rng.normal(1.0, 1.0, 6), rng.normal(0.0, 1.0, 6)
        g, delta = hedges_g(a, b), cliffs_delta(a, b)
        covered["g"] += g.low <= true_g <= g.high
        covered["delta"] += delta.low <= true_delta <= delta.high
    # Central 99.9 % of a binomial at .95, and Newcombe's interval is a little wide.
    assert 365 <= covered["g"] <= 394
    assert 365 <= covered["delta"] <= 398


def test_cliffs_delta_counts_pairs():
    pairs = np.sign(np.subtract.outer(FIRST, SECOND))
    effect = cliffs_delta(FIRST, SECOND)
    assert effect.estimate == pytest.approx(pairs.mean())
    assert cliffs_delta([1, 2], [1, 2]).estimate == 0
    perfect = cliffs_delta([3, 4], [1, 2])
    assert perfect.estimate == 1
    assert -1 < perfect.low < perfect.high <= 1


def test_missing_values_are_left_out():
    assert hedges_g([*FIRST, np.nan], SECOND).table.equals(hedges_g(FIRST, SECOND).table)


def test_an_effect_can_be_read_and_drawn():
    effect = hedges_g(FIRST, SECOND)
    assert effect.headline.startswith("Hedges' g 1.")
    assert "noncentral t interval" in effect.summary()
    assert effect.to_dict()["table"][0]["n_second"] == 4
    assert "Hedges" in effect.plot().get_title()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: hedges_g([1.0], SECOND), "first group has 1 values, expected 2"),
        (lambda: hedges_g([1.0, 1.0], [2.0, 2.0]), "neither group varies"),
        (lambda: hedges_g(FIRST, [1.0, np.inf]), "second group: found an infinite value"),
        (lambda: hedges_g(FIRST, SECOND, interval="wald"), "interval: found 'wald'"),
        (lambda: hedges_g(FIRST, SECOND, level=0), "level: found 0"),
        (lambda: cliffs_delta([], SECOND), "first group has 0 values"),
        (lambda: cliffs_delta(["high"], SECOND), "first group: expected numbers"),
        (lambda: cliffs_delta([FIRST], SECOND), r"shape \(1, 5\)"),
    ],
)
def test_what_is_no_comparison_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
