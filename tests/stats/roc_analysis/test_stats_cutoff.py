"""Cut-offs: the rules, the conventions, and honesty about having chosen."""

import numpy as np
import pytest
from scipy import stats as distributions

from biomarkers import stats
from biomarkers.errors import InputError

MARKER = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]
OUTCOME = [0, 0, 1, 0, 1, 1, 0, 1]


@pytest.mark.parametrize(
    ("rule", "threshold"),
    [
        ("youden", 2.5),  # 1 − 1/2, 3/4 − 1/4 …: the most sensitive of the equals
        ("closest", 4.5),
        (stats.least_cost(miss=10, prevalence=0.5), 2.5),
        (stats.least_cost(miss=0.1, prevalence=0.5), 7.5),
        (stats.at_specificity(0.75), 4.5),
        (stats.at_sensitivity(1.0), 2.5),
        (lambda sensitivity, specificity: -np.abs(sensitivity - specificity), 4.5),
    ],
)
def test_each_rule_chooses_its_cut_off(rule, threshold):
    found = stats.cutoff(MARKER, OUTCOME, rule=rule, draws=50)
    assert found.threshold == threshold


def test_observed_values_and_mid_points_call_the_same_subjects():
    midpoint = stats.cutoff(MARKER, OUTCOME, rule="closest", draws=50)
    observed = stats.cutoff(MARKER, OUTCOME, rule="closest", convention="observed", draws=50)
    values = np.array(MARKER)
    assert observed.threshold == 5
    np.testing.assert_array_equal(values > midpoint.threshold, values >= observed.threshold)
    np.testing.assert_array_equal(midpoint.measures["apparent"], observed.measures["apparent"])


@pytest.mark.parametrize("convention", ["midpoint", "observed"])
def test_lower_is_higher_mirrored(convention):
    mirrored = [-value for value in MARKER]
    found = stats.cutoff(mirrored, OUTCOME, rule="closest", convention=convention, draws=200)
    plain = stats.cutoff(MARKER, OUTCOME, rule="closest", convention=convention, draws=200)
    assert (found.direction, found.threshold) == ("lower", -plain.threshold)
    assert found.threshold_low <= found.threshold <= found.threshold_high


def test_the_index_of_a_chosen_cut_off_is_corrected_to_its_true_worth():
    random = np.random.default_rng(3)
    shift = np.sqrt(2) * distributions.norm.ppf(0.7)
    apparent, corrected, true = [], [], []
    for seed in range(150):
        marker = np.concatenate([random.normal(shift, 1, 10), random.normal(0, 1, 10)])
        found = stats.cutoff(marker, [1] * 10 + [0] * 10, direction="higher", draws=200, seed=seed)
        index = found.measures.set_index("measure").loc["youden"]
        apparent.append(index["apparent"])
        corrected.append(index["corrected"])
        true.append(
            distributions.norm.cdf(found.threshold) - distributions.norm.cdf(found.threshold, shift)
        )
    # Ten against ten: what was chosen looks .2 better than it is; corrected, within .05.
    assert np.mean(apparent) - np.mean(true) > 0.15
    assert np.mean(corrected) == pytest.approx(np.mean(true), abs=0.05)


def test_one_positive_leaves_nobody_to_check_on():
    found = stats.cutoff([1.0, 2.0, 3.0], [0, 0, 1], draws=20).measures.set_index("measure")
    assert found.loc["sensitivity", "apparent"] == 1
    assert np.isnan(found.loc["sensitivity", "corrected"])


def test_the_seed_decides_the_interval():
    found = [stats.cutoff(MARKER, OUTCOME, draws=99, seed=s).to_dict() for s in (1, 1)]
    assert found[0] == found[1]


def test_what_is_no_rule_is_explained():
    with pytest.raises(InputError, match=r"rule: found 'best', expected youden \| closest or a"):
        stats.cutoff(MARKER, OUTCOME, rule="best")
    with pytest.raises(InputError, match=r"specificity: found 1\.2"):
        stats.at_specificity(1.2)
    with pytest.raises(InputError, match="sensitivity: found nan"):
        stats.at_sensitivity(np.nan)
    with pytest.raises(InputError, match="miss: found 0"):
        stats.least_cost(miss=0, prevalence=0.2)
    with pytest.raises(InputError, match="prevalence: found 1"):
        stats.least_cost(miss=5, prevalence=1)
    with pytest.raises(InputError, match="convention: found 'mean'"):
        stats.cutoff(MARKER, OUTCOME, convention="mean")


def test_a_cut_off_can_be_read_and_drawn():
    found = stats.cutoff(MARKER, OUTCOME, draws=50)
    assert "Positive if higher than 2.5" in found.summary()
    assert len(found.plot().lines) == 2
