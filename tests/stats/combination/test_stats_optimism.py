"""Plain logistic regression, and its AUC corrected for optimism."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import special

from biomarkers import stats
from biomarkers.errors import InputError, SeparationError
from biomarkers.stats.roc_analysis.auc import area

mpl.use("Agg")


def sample(seed=1, subjects=40, count=3, effect=0.8):
    random = np.random.default_rng(seed)
    values = random.normal(size=(subjects, count)) * [1, 10, 0.01][:count] + 5
    odds = effect * (values[:, 0] - 5)
    outcome = (random.uniform(size=subjects) < special.expit(odds)).astype(int)
    return pd.DataFrame(values, columns=list("abc")[:count]), outcome


def test_the_likelihood_is_at_its_maximum():
    markers, outcome = sample()
    found = stats.logistic(markers, outcome, draws=20)
    other = sm.Logit(outcome, sm.add_constant(markers)).fit(disp=0, tol=1e-9)
    table = found.table.set_index("term")
    np.testing.assert_allclose(table["estimate"], other.params, rtol=1e-6)
    np.testing.assert_allclose(table["se"], other.bse, rtol=1e-6)
    np.testing.assert_allclose(table["p_value"], other.pvalues, rtol=1e-5)
    np.testing.assert_allclose(table[["low", "high"]], other.conf_int(), rtol=1e-5)
    assert found.log_likelihood == pytest.approx(other.llf)


def test_the_optimism_is_what_new_subjects_take_away():
    gains = []
    for seed in range(40):
        markers, outcome = sample(seed)
        found = stats.logistic(markers, outcome, draws=60)
        fresh, truth = sample(1000 + seed, subjects=400)
        odds, truth = found.predict(fresh), truth == 1
        new = area(odds[truth], odds[~truth])
        gains.append((found.auc_apparent - new, found.auc_corrected - new))
    apparent, corrected = np.mean(gains, axis=0)
    error = np.std(gains, axis=0, ddof=1) / np.sqrt(len(gains))
    assert apparent > 3 * error[0]
    assert abs(corrected) < 3 * error[1]


def test_a_resample_without_both_classes_is_drawn_again():
    markers, outcome = sample(3, subjects=60, count=2)
    few = np.r_[np.flatnonzero(outcome == 1)[:3], np.flatnonzero(outcome == 0)[:25]]
    found = stats.logistic(markers.iloc[few], outcome[few], draws=200)
    assert np.isfinite([found.optimism, found.optimism_error]).all()


def test_missing_markers_are_left_out_and_predict_nothing():
    markers, outcome = sample()
    markers.loc[4, "b"] = np.nan
    found = stats.logistic(markers, np.where(outcome, "R", "NR"), positive="R", draws=20)
    assert (found.n_left_out, found.n_positive + found.n_negative) == (1, 39)
    likely = found.predict(markers)
    assert np.flatnonzero(np.isnan(likely)).tolist() == [4]
    assert np.nanmean(likely) == pytest.approx(np.delete(outcome, 4).mean())
    with pytest.raises(InputError, match="markers: no b, c; the rule needs a, b, c"):
        found.predict({"a": [1.0]})


def test_results_can_be_read_drawn_and_taken_apart():
    found = stats.logistic(*sample(), draws=20)
    assert "to be expected in new ones" in found.summary()
    assert found.to_dict()["auc_corrected"] == found.auc_apparent - found.optimism
    labels = found.plot().get_yticklabels()
    assert [text.get_text() for text in labels] == ["a", "b", "c"]
    assert labels[0].get_position()[1] > labels[-1].get_position()[1]


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"a": [1.0, 2, 3, 4, 5, 6, 7, 8]}, SeparationError, "take combine_markers"),
        # Separated in part: negatives reach 1 at most, positives at least.
        ({"a": [0.0, 1, 1, 0, 1, 2, 1, 3]}, SeparationError, "if only in part"),
        ({"a": [3.0] * 8}, InputError, "a: does not vary"),
        ({"c": [4.0, 2, 6, 2, 8, 4, 2, 6]}, InputError, "c: does not vary, or the markers before"),
        ({"a": ["high"] * 8}, InputError, "expected columns of numbers"),
    ],
)
def test_what_has_no_estimate_is_refused(changed, error, message):
    markers = {"a": [1.0, 5, 2, 4, 3, 1, 6, 2], "b": [2.0, 1, 3, 1, 4, 2, 1, 3]} | changed
    with pytest.raises(error, match=message):
        stats.logistic(markers, [0, 0, 0, 0, 1, 1, 1, 1], draws=20)


def test_too_few_draws_are_refused():
    with pytest.raises(InputError, match="draws: found 1"):
        stats.logistic(*sample(), draws=1)
