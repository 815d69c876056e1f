"""Rank and t tests of R: wilcox.test, t.test and the exact ones of coin."""

import pandas as pd
import pytest

from biomarkers import stats


@pytest.fixture(scope="module")
def reference(shared_data):
    rows = pd.read_csv(shared_data("stats/reference.csv"))
    return rows.set_index(["dataset", "quantity"])["value"].astype(float)


def test_rank_sums_of_asah(shared_data, reference):
    data = pd.read_csv(shared_data("stats/aSAH.csv"))
    good, poor = (data.loc[data["outcome"] == name, "s100b"] for name in ("Good", "Poor"))
    found, expected = stats.rank_sum_test(good, poor), reference["aSAH"]
    # wilcox.test(s100b~outcome,exact=FALSE,correct=FALSE)
    assert found.statistic == expected["mw_W"]
    assert found.p_asymptotic == pytest.approx(expected["mw_p_asym"], rel=1e-10)
    # coin::wilcox_test(s100b~outcome,distribution='exact')
    assert found.z == pytest.approx(expected["coin_Z"], abs=1e-12)
    assert found.p_value == pytest.approx(expected["coin_p_exact"], rel=1e-9)


@pytest.mark.parametrize("day", [2, 4, 6, 8, 10, 12])
def test_growth_of_chicks(shared_data, reference, day):
    wide, expected = pd.read_csv(shared_data("stats/ChickWeight_logratio_wide.csv")), reference
    first, third = (wide.loc[wide["Diet"] == diet, f"lr{day}"] for diet in (1, 3))
    # coin::wilcox_test(lr~Diet,distribution='exact')
    found = stats.rank_sum_test(first, third)
    assert found.p_value == pytest.approx(expected["ChickWeight", f"t{day}_mw_p_exact"], rel=1e-9)
    # ci.auc(roc(Diet,log(weight_t/weight_0),levels=c('1','3'),direction='<'))
    curve = stats.roc(wide[f"lr{day}"], wide["Diet"], positive=3, direction="higher", ci="delong")
    assert curve.auc == pytest.approx(expected["ChickWeight", f"t{day}_auc"], abs=1e-12)
    assert curve.auc_low == pytest.approx(expected["ChickWeight", f"t{day}_lo"], abs=1e-12)
    assert curve.auc_high == pytest.approx(expected["ChickWeight", f"t{day}_hi"], abs=1e-12)


@pytest.mark.parametrize("visit", [10, 12, 14])
def test_changes_of_orthodont(shared_data, reference, visit):
    data = pd.read_csv(shared_data("stats/Orthodont_change.csv"))
    here = data[data["visit"] == visit]
    expected = reference["Orthodont"]
    # t.test(chg)
    found = stats.mean_change(here["chg"])
    for name, value in (("t", found.t), ("df", found.df), ("p", found.p_value),
                        ("lo", found.low), ("hi", found.high)):  # fmt: skip
        assert value == pytest.approx(expected[f"pt_{visit}_{name}"], rel=1e-10), name
    # t.test(chg~Sex): the first level, Male, minus the second
    sexes = [here.loc[here["Sex"] == sex, "chg"] for sex in ("Male", "Female")]
    welch = stats.mean_difference(*sexes)
    assert welch.t == pytest.approx(expected[f"welch_{visit}_t"], rel=1e-10)
    assert welch.df == pytest.approx(expected[f"welch_{visit}_df"], rel=1e-10)
    assert welch.p_value == pytest.approx(expected[f"welch_{visit}_p"], rel=1e-10)
    # wilcox.test(chg,exact=FALSE,correct=FALSE)
    ranks = stats.signed_rank_test(here["chg"])
    assert ranks.statistic == expected[f"wsr_{visit}_V"]
    assert ranks.p_asymptotic == pytest.approx(expected[f"wsr_{visit}_p_asym"], rel=1e-10)
    # coin::wilcoxsign_test(chg~0,distribution='exact',zero.method='Pratt')
    exact = expected[f"wsr_{visit}_p_exact_pratt"]
    assert ranks.p_value == pytest.approx(exact, rel=1e-9)
