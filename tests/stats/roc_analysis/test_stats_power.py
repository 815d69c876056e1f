"""Power, size and detectable AUC agree with each other and with simulation."""

import numpy as np
import pytest
from scipy import stats as distributions

from biomarkers import stats
from biomarkers.errors import InputError


@pytest.mark.parametrize("ratio", [0.5, 1, 3])
@pytest.mark.parametrize("auc", [0.65, 0.85])
def test_size_power_and_detectable_auc_are_inverses(auc, ratio):
    positives, negatives = stats.roc_sample_size(auc, power=0.8, ratio=ratio)
    assert negatives == pytest.approx(ratio * positives)
    power = stats.roc_power(auc, n_positive=positives, n_negative=negatives)
    assert power == pytest.approx(0.8, abs=1e-9)
    found = stats.detectable_auc(n_positive=positives, n_negative=negatives, power=0.8)
    assert found == pytest.approx(auc, abs=1e-9)


def test_power_is_near_that_of_the_rank_sum_test():
    random = np.random.default_rng(9)
    shift = np.sqrt(2) * distributions.norm.ppf(0.8)
    x, y = random.normal(shift, 1, (2000, 24)), random.normal(0, 1, (2000, 24))
    found = distributions.mannwhitneyu(x, y, axis=1, method="asymptotic").pvalue
    power = stats.roc_power(0.8, n_positive=24, n_negative=24)
    assert np.mean(found <= 0.05) == pytest.approx(power, abs=0.03)


def test_too_few_can_detect_nothing():
    assert np.isnan(stats.detectable_auc(n_positive=2, n_negative=2))


def test_what_makes_no_sense_is_explained():
    with pytest.raises(InputError, match=r"auc: found 0\.5"):
        stats.roc_power(0.5, n_positive=9, n_negative=9)
    with pytest.raises(InputError, match="found 0 positives"):
        stats.roc_power(0.7, n_positive=0, n_negative=9)
    with pytest.raises(InputError, match="alpha: found 2"):
        stats.roc_power(0.7, n_positive=9, n_negative=9, alpha=2)
    with pytest.raises(InputError, match=r"power: found 0\.01"):
        stats.detectable_auc(n_positive=9, n_negative=9, power=0.01)
    with pytest.raises(InputError, match=r"power: found 0\.01"):
        stats.roc_sample_size(0.7, power=0.01)
