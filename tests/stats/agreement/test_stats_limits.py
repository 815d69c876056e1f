"""Limits of agreement: by hand, and whether their intervals keep their promise."""

import numpy as np
import pytest

from biomarkers import stats
from biomarkers.errors import InputError

Z = 1.959963984540054


def test_limits_worked_by_hand():
    found = stats.limits_of_agreement([1.0, 2.0, 3.0, np.nan], [2.0, 2.0, 5.0, 1.0])
    assert found.bias == 1
    assert found.upper - found.bias == pytest.approx(Z, rel=1e-6)  # sd of 1, 0, 2
    assert found.bias - found.lower == pytest.approx(found.upper - found.bias)
    assert found.table["figure"].tolist() == ["bias", "lower", "upper"]
    assert (found.table["low"] < found.table["estimate"]).all()
    assert found.left_out == 1
    assert "1 incomplete pair was left out" in found.headline


@pytest.mark.parametrize(("interval", "least", "most"), [("exact", 0.93, 0.97),
                                                         ("approximate", 0.85, 0.93)])  # fmt: skip
def test_the_exact_interval_covers_the_true_limit_and_the_approximate_one_does_not(
    interval, least, most
):
    # The true upper limit of differences from N(1, 2²). Both tails of the exact one are 2.5 %;
    # the symmetric one misses on the outside.
    random = np.random.default_rng(5)
    truth, covered, beyond = 1 + Z * 2, 0, 0
    for _ in range(600):
        found = stats.limits_of_agreement(np.zeros(8), random.normal(1, 2, 8), interval=interval)
        covered += found.upper_low <= truth <= found.upper_high
        beyond += truth > found.upper_high
    assert least <= covered / 600 <= most
    assert (beyond / 600 < 0.045) == (interval == "exact")


def test_ratios_of_a_scale_that_grows():
    random = np.random.default_rng(2)
    first = np.exp(random.normal(3, 1, 4000))
    second = first * 1.2 * np.exp(random.normal(0, 0.1, 4000))
    found = stats.limits_of_agreement(first, second, scale="log_ratio")
    ratios = found.ratios.set_index("figure")["estimate"]
    assert ratios["bias"] == pytest.approx(1.2, rel=0.01)
    assert ratios["upper"] == pytest.approx(1.2 * np.exp(Z * 0.1), rel=0.02)
    assert "is the first times 1.2" in found.headline
    absolute = stats.limits_of_agreement(first, second)
    assert absolute.ratios["estimate"].isna().all()
    with pytest.raises(InputError, match="a log ratio needs above 0"):
        stats.limits_of_agreement([1, 2, 0], [1, 2, 3], scale="log_ratio")


def replicated(random, *, subjects, between, within, constant):
    sizes = random.integers(2, 6, subjects)
    names = np.repeat(np.arange(subjects), sizes)
    truth = np.repeat(random.normal(50, 10, subjects), sizes)
    if not constant:
        truth = truth + random.normal(0, 5, len(names))
    first = truth + random.normal(0, within, len(names))
    second = truth + 1 + np.repeat(random.normal(0, between, subjects), sizes)
    return names, first, second + random.normal(0, within, len(names))


@pytest.mark.parametrize("truth", ["varies", "constant"])
def test_replicates_count_subjects_not_rows(truth):
    # A single new difference has variance between² + 2 within².
    random = np.random.default_rng(11)
    limit = 1 + Z * np.sqrt(2**2 + 2 * 1.5**2)
    covered, estimates = 0, []
    for _ in range(120):
        names, first, second = replicated(
            random, subjects=12, between=2, within=1.5, constant=truth == "constant"
        )
        found = stats.limits_of_agreement(first, second, subjects=names, truth=truth)
        covered += found.upper_low <= limit <= found.upper_high
        estimates.append(found.upper)
    assert 0.9 <= covered / 120 <= 0.995
    assert np.mean(estimates) == pytest.approx(limit, rel=0.05)


def test_gaps_lose_a_row_only_where_rows_belong_together():
    names, first = [1, 1, 1, 2, 2, 2, 3], [1.0, 2, 3, 5, 6, 7, 9]
    second = [1.0, 2, np.nan, 6, 6, 8, np.nan]
    paired = stats.limits_of_agreement(first, second, subjects=names)
    assert (paired.left_out, len(paired.pairs)) == (2, 5)
    loose = stats.limits_of_agreement(first, second, subjects=names, truth="constant")
    assert (loose.left_out, len(loose.pairs)) == (1, 2)
    assert loose.bias == pytest.approx(np.mean([1.5 - 2, 20 / 3 - 6]))


def test_what_cannot_be_compared_is_explained():
    for call, message in (
        (lambda: stats.limits_of_agreement([1.0], [2.0]), "found 1 pairs"),
        (lambda: stats.limits_of_agreement([1.0], [2.0, 3.0]), "expected pairs"),
        (lambda: stats.limits_of_agreement(["a", "b"], [1, 2]), "first: expected numbers"),
        (lambda: stats.limits_of_agreement([1, 2], [1, 2], interval="wald"), "interval: found"),
        (lambda: stats.limits_of_agreement([1, 2], [1, 2], scale="percent"), "scale: found"),
        (lambda: stats.limits_of_agreement([1, 2], [1, 3], subjects=[1, 2]), "no subject was"),
        (lambda: stats.limits_of_agreement([1, 2], [1, 3], subjects=[1, 1]), "found 1 subjects"),
        (lambda: stats.limits_of_agreement([1, 2], [1, 3], subjects=[1, None]), "found a blank"),
        (lambda: stats.limits_of_agreement([1, 2], [1, 3], subjects=[1]), "of 1 subjects"),
        (
            lambda: stats.limits_of_agreement([1, 2], [1, 3], subjects=[1, 2], truth="moves"),
            "truth: found 'moves'",
        ),
    ):
        with pytest.raises(InputError, match=message):
            call()


def test_limits_can_be_read_and_drawn():
    found = stats.limits_of_agreement([1.0, 2.0, 3.0], [2.0, 2.0, 5.0])
    assert "differs by 1" in found.summary()
    axes = found.plot()
    assert len(axes.lines) == 4
    assert len(axes.patches) == 3
