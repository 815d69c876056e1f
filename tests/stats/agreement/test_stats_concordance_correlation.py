"""Lin's concordance correlation coefficient."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from biomarkers import stats
from biomarkers.errors import InputError


def test_it_is_precision_times_accuracy():
    random = np.random.default_rng(1)
    first = random.normal(10, 2, 50)
    second = 1 + 1.2 * first + random.normal(0, 1, 50)
    found = stats.concordance_correlation(first, second)
    assert found.ccc == pytest.approx(found.precision * found.accuracy)
    assert found.precision == pytest.approx(np.corrcoef(first, second)[0, 1])
    assert found.scale_shift == pytest.approx(second.std() / first.std())
    assert stats.concordance_correlation(second, first).ccc == pytest.approx(found.ccc)
    assert stats.concordance_correlation(3 * first + 1, 3 * second + 1).ccc == pytest.approx(
        found.ccc
    )


def test_the_interval_covers_the_truth():
    # Bivariate normal, correlation .8, means 0 and .5, unit variances.
    random = np.random.default_rng(2)
    truth = 2 * 0.8 / (2 + 0.25)
    covered = 0
    for _ in range(500):
        x = random.normal(0, 1, 25)
        y = 0.5 + 0.8 * x + random.normal(0, 0.6, 25)
        found = stats.concordance_correlation(x, y)
        covered += found.ccc_low <= truth <= found.ccc_high
    assert 0.92 <= covered / 500 <= 0.975


def test_the_interval_is_that_of_the_delta_method():
    # Of moments of a bivariate normal, with n - 2 for n as Lin has it, on the scale of arctanh.
    random = np.random.default_rng(4)
    x = random.normal(0, 1, 40)
    y = 1.4 + 0.9 * x + random.normal(0, 0.8, 40)
    found = stats.concordance_correlation(x, y, level=0.9)
    (xx, xy), (_, yy) = np.cov(x, y, bias=True)
    shift = y.mean() - x.mean()
    whole = xx + yy + shift**2
    slopes = np.array([2 / whole, *[-2 * xy / whole**2] * 2, -4 * xy * shift / whole**2])
    spread = np.array(
        [
            [xx * yy + xy**2, 2 * xx * xy, 2 * yy * xy, 0],
            [2 * xx * xy, 2 * xx**2, 2 * xy**2, 0],
            [2 * yy * xy, 2 * xy**2, 2 * yy**2, 0],
            [0, 0, 0, xx + yy - 2 * xy],
        ]
    )
    error = np.sqrt(slopes @ spread @ slopes / 38) / (1 - found.ccc**2)
    half = np.arctanh([found.ccc_low, found.ccc_high]) - np.arctanh(found.ccc)
    assert half == pytest.approx(np.array([-1, 1]) * norm.ppf(0.95) * error, rel=1e-9)


def test_in_large_samples_it_is_the_icc_of_agreement():
    # Carrasco & Jover 2003: both estimate the same share of variance.
    random = np.random.default_rng(3)
    truth = random.normal(0, 2, 3000)
    ratings = truth[:, None] + random.normal(0, 1, (3000, 2)) + [0, 0.7]
    table = pd.DataFrame(ratings).rename_axis("subject").reset_index()
    table = table.melt("subject", var_name="rater")
    icc = stats.icc(table)["ICC(2,1)"]["icc"]
    assert stats.concordance_correlation(*ratings.T).ccc == pytest.approx(icc, abs=1e-3)


def test_perfect_agreement_has_no_interval():
    found = stats.concordance_correlation([1, 2, 3, 4, np.nan], [1, 2, 3, 4, 5])
    assert found.ccc == pytest.approx(1)
    assert np.isnan([found.ccc_low, found.ccc_high]).all()
    assert found.left_out == 1


def test_it_can_be_drawn_and_refuses_what_does_not_vary():
    assert len(stats.concordance_correlation([1, 2, 3, 5], [1, 3, 3, 4]).plot().lines) == 2
    with pytest.raises(InputError, match="second: every value is 2"):
        stats.concordance_correlation([1, 2, 3], [2, 2, 2])
    with pytest.raises(InputError, match="expected 3 or more"):
        stats.concordance_correlation([1, 2], [2, 2])
    with pytest.raises(InputError, match="too large or too small"):
        stats.concordance_correlation([1e-120, 2e-120, 3e-120], [1, 3, 2])
