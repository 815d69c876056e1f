"""ROC curves of cases held out, and the intervals that count cases as the AUC's does."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from predict_class_cohorts import gaussian
from predict_cohorts import ONE, QUICK, signal, survival
from scipy import stats

from biomarkers import predict
from biomarkers.predict.calibration import calibration_of
from biomarkers.predict.performance import called_right
from biomarkers.predict.roc_curve import mean_curve, roc_table
from biomarkers.stats.intervals import newcombe_interval

pytest.importorskip("sklearn", reason="an extra")

RIDGE = predict.recipe("logistic")


def area_of(curve: pd.DataFrame) -> float:
    return float(np.trapezoid(curve["sensitivity"], curve["false_positive_rate"]))


def scored(count: int, *, shift: float = 1.2, seed: int = 1):
    random = np.random.default_rng(seed)
    truth = np.arange(count) % 2 == 1
    return random.normal(shift * truth).round(1), truth  # ties


@pytest.fixture(scope="module")
def seen():
    return predict.evaluate(RIDGE, signal(count=60, width=6), settings=QUICK)


def test_the_area_under_every_curve_is_the_auc_that_is_told(seen):
    told = seen.performance.set_index("rule")["auc"]
    areas = {rule: area_of(rows) for rule, rows in seen.roc.groupby("rule")}
    assert areas == pytest.approx(
        {"recipe": told["recipe"], "clinical only": told["clinical only"]}
    )
    first = seen.roc[seen.roc["rule"] == "recipe"]
    assert first["sensitivity"].between(first["sensitivity_low"], first["sensitivity_high"]).all()
    assert first[["false_positive_rate", "sensitivity"]].iloc[[0, -1]].to_numpy().tolist() == [
        [0, 0], [1, 1],
    ]  # fmt: skip


def test_the_area_of_each_class_against_the_rest_is_its_auc():
    seen = predict.evaluate(RIDGE, gaussian(count=45), settings=ONE)
    for row in seen.performance[seen.performance["rule"] == "recipe"].to_dict("records"):
        mine = (seen.roc["rule"] == "recipe") & (seen.roc["class"] == row["class"])
        assert area_of(seen.roc[mine]) == pytest.approx(row["auc"])


def test_the_curve_of_one_set_goes_through_the_shares_at_every_threshold():
    scores, truth = scored(50)
    rates, heights = mean_curve(scores[None], truth, np.ones((1, 50), bool))
    for threshold in np.unique(scores):
        rate, share = (np.mean(scores[rows] >= threshold) for rows in (~truth, truth))
        here = np.isclose(rates, rate)
        assert heights[here].min() - 1e-12 <= share <= heights[here].max() + 1e-12


def test_a_curve_of_many_rates_is_kept_short_and_nearly_its_area():
    scores, truth = scored(2000)
    scores = scores + np.linspace(0, 1e-3, 2000)
    table = roc_table(scores[None], truth, np.ones((1, 2000), bool), sizes=(1000, 1000))
    won = stats.mannwhitneyu(scores[truth], scores[~truth]).statistic / 1e6
    assert len(table) <= 402
    assert area_of(table) == pytest.approx(won, abs=1e-3)


def test_no_set_of_both_classes_gives_no_curve():
    table = roc_table(np.zeros((1, 4)), np.ones(4, bool), np.ones((1, 4), bool), sizes=(4, 1))
    assert table.empty
    assert "sensitivity_low" in table


def test_the_band_is_about_as_wide_as_a_bootstrap_of_independent_cases():
    scores, truth = scored(400)
    everyone = np.ones((1, 400), bool)
    table = roc_table(scores[None], truth, everyone, sizes=(200, 200))
    random, drawn = np.random.default_rng(2), []
    for _ in range(400):
        rows = np.concatenate(
            [random.choice(np.flatnonzero(kind), 200) for kind in (truth, ~truth)]
        )
        rates, heights = mean_curve(scores[rows][None], truth[rows], everyone)
        drawn.append(np.interp([0.2, 0.5], rates, heights))
    for place, rate in enumerate((0.2, 0.5)):
        low, high = np.quantile(np.array(drawn)[:, place], [0.025, 0.975])
        row = table[table["false_positive_rate"] <= rate + 1e-9].iloc[-1]
        assert 0.8 < (row["sensitivity_high"] - row["sensitivity_low"]) / (high - low) < 1.35


def test_intervals_of_independent_cases_are_wilsons():
    truth = np.arange(40) % 4 == 0
    called = (np.arange(40) % 3 == 0)[None]
    told = called_right(called, truth, sizes=(10, 30))
    for name, right, count in (("sensitivity", called[0][truth].sum(), 10),
                               ("specificity", (~called[0][~truth]).sum(), 30)):  # fmt: skip
        limits = stats.binomtest(int(right), count).proportion_ci(method="wilson")
        assert told[f"{name}_low"] == pytest.approx(limits.low)
        assert told[f"{name}_high"] == pytest.approx(limits.high)


def test_decisions_count_as_many_cases_as_the_auc(seen):
    row, first = seen.decisions.iloc[0], seen.performance.iloc[0]
    count = 30 / seen.effect
    assert newcombe_interval(first["auc"], count, count)[0] == pytest.approx(first["auc_low"])
    z, share = stats.norm.ppf(0.975), row["sensitivity"]
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * np.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2)
    assert row["sensitivity_low"] == pytest.approx(middle - half)
    assert row["sensitivity_high"] == pytest.approx(middle + half)


def test_intervals_of_calibration_are_those_of_logistic_regression():
    """statsmodels' Wald limits where cases are independent and held out once."""
    scores, truth = scored(80)
    sizes = (40.0, 40.0)
    told = calibration_of(scores[None], truth, sizes=sizes)
    fit = sm.GLM(truth, sm.add_constant(scores), family=sm.families.Binomial()).fit()
    assert [told["slope_low"], told["slope_high"]] == pytest.approx(fit.conf_int()[1], abs=1e-6)
    large = sm.GLM(truth, np.ones(80), family=sm.families.Binomial(), offset=scores).fit()
    limits = [told["intercept_low"], told["intercept_high"]]
    assert limits == pytest.approx(large.conf_int()[0], abs=1e-6)
    again = calibration_of(np.tile(scores, (3, 2)), np.tile(truth, 2), sizes=sizes)
    assert again == pytest.approx(told)  # neither repeats nor copies of cases make it surer


def test_no_slope_has_no_interval():
    told = calibration_of(np.array([[-2.0, -1.0, 1.0, 2.0]]), np.arange(4) > 1, sizes=(2, 2))
    assert np.isnan([told["slope"], told["slope_low"], told["slope_high"]]).all()
    assert told["intercept_low"] < told["intercept"] < told["intercept_high"]


def test_the_learning_curve_has_the_interval_of_an_auc_and_none_of_a_concordance(seen):
    last = seen.learning.iloc[-1]
    low, high = newcombe_interval(last["worth"], 30 / seen.effect, 30 / seen.effect)
    assert (last["worth_low"], last["worth_high"]) == (pytest.approx(low), pytest.approx(high))
    timed = predict.evaluate(predict.recipe("cox"), survival(), settings=ONE)
    assert "worth_low" not in timed.learning
    assert timed.roc.empty


def test_a_locked_rule_elsewhere_has_the_same_intervals_and_a_curve():
    rule, others = predict.fit(RIDGE, signal(count=60, width=6)), signal(2, count=50, width=6)
    subjects = pd.Series(others.subject).map("x{}".format).to_numpy()
    there = predict.validate(rule, replace(others, subject=subjects))
    first = there.performance.iloc[0]
    limits = stats.binomtest(round(25 * first["sensitivity"]), 25).proportion_ci(method="wilson")
    assert first["sensitivity_low"] == pytest.approx(limits.low)
    assert first["slope_low"] < first["slope"] < first["slope_high"]
    assert area_of(there.roc) == pytest.approx(first["auc"])
