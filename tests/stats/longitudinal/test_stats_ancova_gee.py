"""Analysis of covariance and estimating equations: exact cases and refusals."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from biomarkers.errors import InputError
from biomarkers.stats import ancova, gee
from biomarkers.stats.longitudinal.design import levels_of


@pytest.fixture(scope="module")
def animals():
    rng = np.random.default_rng(4)
    group = np.repeat(["control", "low", "high"], [6, 7, 5])
    base = rng.normal(10, 2, 18)
    change = 1 - 0.3 * base + 2.0 * (group == "high") + rng.normal(0, 1 + (group == "high"), 18)
    return pd.DataFrame({"group": group, "base": base, "change": change})


@pytest.fixture(scope="module")
def repeated():
    rng = np.random.default_rng(7)
    level = rng.normal(0, 1, 20)
    values = level[:, None] + rng.normal(0, 1, (20, 3))
    return pd.DataFrame(
        {
            "subject": np.repeat(np.arange(20), 3),
            "visit": np.tile([1, 2, 3], 20),
            "group": np.repeat(["a", "b"], [24, 36]),
            "value": values.ravel(),
            "response": (values.ravel() > 0).astype(int),
            "count": rng.poisson(np.exp(level[:, None] / 2), (20, 3)).ravel(),
        }
    )


@pytest.mark.parametrize(("variance", "other"), [("equal", "nonrobust"), ("hc3", "HC3")])
def test_ancova_agrees_with_statsmodels(animals, variance, other):
    ours = ancova(animals, "change ~ base + group", variance=variance).table
    fitted = smf.ols("change ~ base + group", animals).fit(cov_type=other, use_t=True)
    theirs = fitted.params.index
    ours = ours.set_index("term").loc[theirs]
    np.testing.assert_allclose(ours["estimate"], fitted.params)
    np.testing.assert_allclose(ours["se"], fitted.bse)
    np.testing.assert_allclose(ours["p_value"], fitted.pvalues, rtol=1e-8)
    np.testing.assert_allclose(ours[["low", "high"]], fitted.conf_int(), rtol=1e-8)


def test_ancova_without_a_baseline_is_analysis_of_variance(animals):
    result = ancova(animals, "change ~ group")
    values = [own["change"].to_numpy() for _, own in animals.groupby("group")]
    test = stats.f_oneway(*values)
    found = result.f_test("group").iloc[0]
    assert found["f"] == pytest.approx(test.statistic)
    assert found["p_value"] == pytest.approx(test.pvalue)
    assert list(result.contrasts("group", against="control")["contrast"]) == [
        "high - control",
        "low - control",
    ]


def test_ancova_adjusts_means_to_the_common_baseline(animals):
    result = ancova(animals, "change ~ base + group")
    table = result.table.set_index("term")["estimate"]
    expected = table["Intercept"] + table["base"] * animals["base"].mean()
    assert result.lsmeans("group")["estimate"].iloc[0] == pytest.approx(expected)


def test_ancova_refuses(animals):
    with pytest.raises(InputError, match="variance: found 'hc9'"):
        ancova(animals, "change ~ group", variance="hc9")
    with pytest.raises(InputError, match="reproduce every measurement"):
        ancova(animals, "change ~ I(2 * change) + base")
    lonely = animals.assign(group=["one", *animals["group"].iloc[1:]])
    with pytest.raises(InputError, match="alone determines a coefficient"):
        ancova(lonely, "change ~ group", variance="hc3")


def test_gee_of_group_means_by_hand(repeated):
    # Mancl and DeRouen's variance of the mean of n subjects with equal visits: s²/(n − 1), s²
    # the variance (divided by n − 1) of the subjects' means.
    row = gee(repeated, "value ~ group", working="independence").contrasts("group", by=()).iloc[0]
    means = repeated.groupby(["group", "subject"])["value"].mean()
    a, b = means["a"], means["b"]
    assert row["estimate"] == pytest.approx(b.mean() - a.mean())
    assert row["se"] == pytest.approx(np.sqrt(a.var() / (len(a) - 1) + b.var() / (len(b) - 1)))
    assert row["df"] == 18


@pytest.mark.parametrize("working", ["independence", "exchangeable", "autoregressive"])
def test_gee_of_proportions(repeated, working):
    result = gee(
        repeated.sample(frac=1, random_state=1), "response ~ group * visit",
        family="binomial", working=working,
    )  # fmt: skip
    shares = repeated.groupby(["group", "visit"])["response"].mean()
    odds = np.log(shares / (1 - shares)).to_numpy()
    # With complete data and all cells in the model, every working correlation fits the cells.
    np.testing.assert_allclose(result.lsmeans("group")["estimate"], odds, atol=1e-6)
    assert len(result.contrasts("group")) == 3


def test_gee_counts_days_as_far_apart_as_they_are(repeated):
    def fitted(days):
        moved = repeated.assign(visit=repeated["visit"].map(dict(enumerate(days, 1))))
        moved = moved.drop(moved.index[::7])
        return gee(moved, "value ~ group", working="autoregressive").table["se"].to_numpy()

    names = fitted(["v1", "v2", "v3"])
    np.testing.assert_allclose(fitted([7, 14, 21]), names)
    assert not np.allclose(fitted([7, 8, 28]), names, rtol=1e-4)


def test_gee_of_counts(repeated):
    result = gee(repeated, "count ~ group", family="poisson").contrasts("group", by=()).iloc[0]
    means = repeated.groupby("group")["count"].mean()
    assert result["estimate"] == pytest.approx(np.log(means["b"] / means["a"]), abs=1e-6)


@pytest.mark.parametrize(
    ("changed", "options", "message"),
    [
        ({}, {"family": "gamma"}, "family: found 'gamma', expected gaussian"),
        ({}, {"working": "un"}, "working: found 'un', expected independence"),
        ({}, {"family": "binomial"}, "value: a binomial outcome must be 0 or 1"),
        ({}, {"family": "poisson"}, "must be counts"),
        ({"subject": [0, 1] * 30, "visit": range(60)}, {}, "2 subjects cannot give"),
    ],
)
def test_gee_says_what_to_change(repeated, changed, options, message):
    with pytest.raises(InputError, match=message):
        gee(repeated.assign(**changed), "value ~ group", **options)


def test_gee_without_a_solution_says_so(repeated):
    separated = repeated.assign(response=(repeated["group"] == "a").astype(int))
    with pytest.raises(InputError, match="no solution"):
        gee(separated, "response ~ group", family="binomial")


def test_levels_are_in_the_order_of_their_numbers_and_words_come_last():
    given = pd.Series(["week 10", "baseline", "12", 3, "week 2", "2.5", 10**400], dtype=object)
    expected = ["2.5", 3, "12", 10**400, "baseline", "week 2", "week 10"]
    assert levels_of(given) == expected
