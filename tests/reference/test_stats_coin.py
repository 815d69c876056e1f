"""Step-down maxT of coin (R) on ChickWeight: diets 1 and 3, growth up to day 12.

coin standardises the rank sum by its permutation variance; ours divides the AUC by its DeLong
standard error, so the comparison studentises as coin does.
"""

import numpy as np
import pandas as pd
import pytest

from biomarkers.stats.roc_analysis.auc import area
from biomarkers.stats.separation.maxt import max_t

DAYS = [2, 4, 6, 8, 10, 12]


@pytest.fixture(scope="module")
def reference(shared_data):
    rows = pd.read_csv(shared_data("stats/reference.csv"))
    return rows[rows["dataset"] == "ChickWeight"].set_index("quantity")["value"]


@pytest.fixture(scope="module")
def growth(shared_data):
    wide = pd.read_csv(shared_data("stats/ChickWeight_logratio_wide.csv"))
    return wide[[f"lr{day}" for day in DAYS]].to_numpy(), (wide["Diet"] == 3).to_numpy()


def test_area_at_each_day_as_proc(growth, reference):
    # ci.auc(roc(Diet, log(weight_t/weight_0), levels=c('1','3'), direction='<'))
    for column, day in zip(growth[0].T, DAYS, strict=True):
        there = ~np.isnan(column)
        found = area(column[there & growth[1]], column[there & ~growth[1]])
        assert found == pytest.approx(reference[f"t{day}_auc"], abs=1e-12)


def test_step_down_max_t_as_coin(growth, reference):
    values, positive = growth
    complete = ~np.isnan(values).any(axis=1)  # coin drops subjects with gaps
    found = max_t(
        values[complete], positive[complete], permutations=99_999, seed=1, studentise="null"
    )
    # set.seed(1); it <- independence_test(lr2+…+lr12 ~ Diet, teststat='maximum',
    #   distribution=approximate(99999), ytrafo=rank_trafo)
    assert np.abs(found.statistic).max() == pytest.approx(reference["maxT_stat"], abs=1e-12)
    # pvalue(it): that of the largest statistic
    p = reference["maxT_p_global"]
    assert found.p_single_step.min() == pytest.approx(p, abs=4 * np.sqrt(2 * p / 1e5))
    for row, day in enumerate(DAYS):
        # statistic(it, 'standardized')
        assert found.statistic[row] == pytest.approx(-reference[f"std_stat_t{day}"], abs=1e-12)
        # pvalue(it, method='step-down') and 'single-step': two Monte-Carlo runs apart
        for ours, theirs in (
            (found.p_adjusted[row], reference[f"stepdown_p_t{day}"]),
            (found.p_single_step[row], reference[f"singlestep_p_t{day}"]),
        ):
            error = np.sqrt(2 * theirs * (1 - theirs) / 1e5)
            assert ours == pytest.approx(theirs, abs=4 * error)


def test_raw_p_as_coins_exact_rank_sum_test(growth, reference):
    values, positive = growth
    found = max_t(values, positive, permutations=99_999, seed=2, studentise="null")
    for row, day in enumerate(DAYS):
        # coin::wilcox_test(lr~Diet, distribution='exact')
        exact = reference[f"t{day}_mw_p_exact"]
        assert found.p_value[row] == pytest.approx(exact, abs=4 * np.sqrt(exact / 1e5) + 1e-5)
