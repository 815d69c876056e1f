"""The AUC at equal covariates."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats as distributions

from biomarkers import stats
from biomarkers.errors import InputError
from biomarkers.stats.intervals import newcombe_interval


def cohort(seed=0, size=400, auc=0.75, confounded=1.5):
    """An age that drives the marker and is higher in positives."""
    random = np.random.default_rng(seed)
    outcome = np.arange(size) % 2
    age = random.normal(size=size) + confounded * outcome
    shift = np.sqrt(2) * distributions.norm.ppf(auc)
    return age + random.normal(size=size) + shift * outcome, outcome, age


def test_confounding_is_taken_out():
    marker, outcome, age = cohort()
    found = stats.adjusted_auc(marker, outcome, {"age": age}, draws=100)
    assert found.auc == pytest.approx(0.75, abs=0.06)
    assert found.unadjusted > 0.85
    assert found.auc_low < found.auc < found.auc_high


def test_a_site_shifts_nothing_once_adjusted():
    # Within each site the marker ranks alike; the sites differ by far more than the classes.
    marker = np.array([1, 2, 3, 4, 5, 6, 2.5, 7.0])
    outcome = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    site = np.repeat(["a", "b"], 8)
    found = stats.adjusted_auc(
        np.concatenate([marker, marker + 100]), np.tile(outcome, 2), {"site": site}, draws=50
    )
    alone = stats.roc(marker, outcome)
    assert found.auc == pytest.approx(alone.auc)
    assert found.unadjusted < alone.auc


def test_a_useless_covariate_changes_little():
    marker, outcome, _ = cohort(confounded=0)
    noise = np.random.default_rng(5).normal(size=len(marker))
    found = stats.adjusted_auc(marker, outcome, pd.DataFrame({"noise": noise}), draws=100)
    assert found.auc == pytest.approx(found.unadjusted, abs=0.01)
    plain = stats.roc(marker, outcome)
    assert found.standard_error == pytest.approx(np.sqrt(plain.variance), rel=0.25)


def test_direction_is_that_at_equal_covariates():
    marker, outcome, age = cohort(auc=0.3, confounded=3.0)
    found = stats.adjusted_auc(marker, outcome, {"age": age}, draws=50)
    assert found.direction == "lower"
    assert found.auc > 0.5 > found.unadjusted


def test_interval_covers_with_few_subjects():
    covered = 0
    for seed in range(150):
        marker, outcome, age = cohort(seed, size=24)
        found = stats.adjusted_auc(marker, outcome, {"age": age}, direction="higher", draws=60)
        covered += found.auc_low <= 0.75 <= found.auc_high
    assert covered / 150 >= 0.9


def test_subjects_without_a_covariate_are_left_out():
    marker, outcome, age = cohort(size=40)
    age[:4] = np.nan
    steroids = np.array(["yes", "no"] * 20, dtype=object)
    steroids[outcome == 1] = np.roll(steroids, 1)[outcome == 1]
    steroids[10] = None
    steroids[12:20] = "no"
    found = stats.adjusted_auc(marker, outcome, {"age": age, "steroids": steroids}, draws=20)
    assert found.n_positive + found.n_negative == 35


def test_what_cannot_be_adjusted_is_explained():
    marker, outcome, age = cohort(size=20)
    with pytest.raises(InputError, match="do not vary enough among negatives"):
        stats.adjusted_auc(marker, outcome, {"site": np.where(outcome == 1, "a", "b")})
    with pytest.raises(InputError, match="found 3 negatives for 1 covariate terms"):
        stats.adjusted_auc(marker[:6], outcome[:6], {"age": age[:6]})
    with pytest.raises(InputError, match="covariates: found none"):
        stats.adjusted_auc(marker, outcome, {})


def test_result_can_be_read_and_drawn():
    marker, outcome, age = cohort(size=40)
    found = stats.adjusted_auc(marker, outcome, {"age": age}, draws=20)
    assert "At equal covariates" in found.summary()
    assert found.plot().get_xlabel() == "AUC"


def test_at_perfect_separation_the_interval_pays_for_the_covariate():
    random = np.random.default_rng(3)
    outcome = np.arange(24) % 2
    found = stats.adjusted_auc(
        random.normal(size=24) + 50 * outcome, outcome, {"age": random.normal(size=24)}, draws=50
    )
    assert found.auc == 1
    spare = 12 / (12 - 1)  # of the negatives one is spent on the covariate
    low, high = newcombe_interval(1.0, 12 / spare, 12 / spare)
    assert (found.auc_low, found.auc_high) == (pytest.approx(low), pytest.approx(high))
