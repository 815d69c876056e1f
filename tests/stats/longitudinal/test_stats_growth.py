"""Growth rates per subject and per group."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from biomarkers.errors import InputError
from biomarkers.stats import compare_growth, growth_rates

mpl.use("Agg")

DAYS = np.array([0.0, 4.0, 8.0, 12.0, 16.0])


def make_tumours(*, subjects=16, seed=1, noise=0.1):
    rng = np.random.default_rng(seed)
    treated = np.arange(subjects) % 2
    rate = 0.12 - 0.04 * treated + rng.normal(0, 0.01, subjects)
    log = np.log(50) + rng.normal(0, 0.3, (subjects, 1)) + np.outer(rate, DAYS)
    log = log + rng.normal(0, noise, log.shape)
    return pd.DataFrame(
        {
            "subject": np.repeat([f"m{i:02d}" for i in range(subjects)], DAYS.size),
            "day": np.tile(DAYS, subjects),
            "group": np.repeat(np.where(treated, "drug", "control"), DAYS.size),
            "value": np.exp(log).ravel(),
        }
    )


def test_exponential_growth_is_found_exactly():
    rows = pd.DataFrame({"subject": 7, "day": DAYS, "value": 30 * 2 ** (DAYS / 5)})
    row = growth_rates(rows).table.iloc[0]
    assert row["subject"] == 7
    assert row["rate"] == pytest.approx(np.log(2) / 5)
    assert row["doubling_time"] == pytest.approx(5)
    assert row["se"] == pytest.approx(0, abs=1e-9)


def test_each_subject_has_its_own_regression():
    tumours = make_tumours()
    table = growth_rates(tumours).table
    for name, own in tumours.groupby("subject"):
        fit = stats.linregress(own["day"], np.log(own["value"]))
        row = table.set_index("subject").loc[name]
        reach = stats.t.ppf(0.975, 3) * fit.stderr
        found = row[["rate", "se", "df", "low", "high"]].to_numpy(dtype=float)
        expected = (fit.slope, fit.stderr, 3, fit.slope - reach, fit.slope + reach)
        np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_what_few_measurements_cannot_tell_is_nan():
    rows = pd.DataFrame(
        {
            "subject": ["two", "two", "one", "same", "same", "shrinks", "shrinks"],
            "day": [0.0, 2.0, 0.0, 3.0, 3.0, 0.0, 1.0],
            "value": [1.0, np.e, 2.0, 2.0, 3.0, 2.0, 1.0],
        }
    )
    table = growth_rates(rows).table.set_index("subject")
    assert list(table.index) == ["two", "one", "same", "shrinks"]
    assert table.loc["two", "rate"] == pytest.approx(0.5)
    assert np.isnan(table.loc["two", ["se", "df", "low", "high"]].astype(float)).all()
    assert table.loc[["one", "same"], "rate"].isna().all()
    assert table.loc["shrinks", "rate"] < 0
    assert np.isnan(table.loc["shrinks", "doubling_time"])


def test_groups_are_compared_as_their_rates():
    # Balanced: the exact test of the rates of the subjects.
    tumours = make_tumours()
    result = compare_growth(tumours)
    row = result.slope_contrasts("group").iloc[0]
    rates = growth_rates(tumours).table.set_index("subject")["rate"]
    group = tumours.groupby("subject")["group"].first()
    test = stats.ttest_ind(rates[group == "drug"], rates[group == "control"])
    assert row["t"] == pytest.approx(test.statistic, rel=1e-5)
    assert row["df"] == pytest.approx(14, rel=1e-5)
    assert row["low"] < -0.04 < row["high"]
    assert list(result.slopes("group")["group"]) == ["control", "drug"]


def test_unbalanced_subjects_are_still_compared():
    tumours = make_tumours(seed=3, noise=0.04)
    rng = np.random.default_rng(0)
    kept = tumours[rng.uniform(size=len(tumours)) < 0.7].rename(columns={"day": "days on study"})
    row = compare_growth(kept, time="days on study").slope_contrasts("group").iloc[0]
    assert row["estimate"] == pytest.approx(-0.04, abs=4 * row["se"])
    assert 8 < row["df"] < 16


def test_growth_can_be_read_and_drawn():
    result = growth_rates(make_tumours(subjects=4))
    assert "Growth of 4 of 4 subjects: median rate 0." in str(result)
    assert result.plot().get_xlabel().startswith("growth rate per day")


@pytest.mark.parametrize("call", [growth_rates, compare_growth])
def test_what_has_no_logarithm_names_its_row(call):
    tumours = make_tumours()
    tumours.loc[3, "value"] = 0.0
    with pytest.raises(InputError, match="row 3, column value: found 0, which has no logarithm"):
        call(tumours)
    with pytest.raises(InputError, match="no column volume; found subject, day"):
        call(tumours, value="volume")
    with pytest.raises(InputError, match="column day: expected numbers, found 'm00'"):
        call(tumours.assign(day=tumours["subject"]))


@pytest.mark.parametrize("call", [growth_rates, compare_growth])
def test_two_biomarkers_have_no_one_rate(call):
    tumours = make_tumours()
    for name in ("biomarker", "region"):
        two = pd.concat([tumours.assign(**{name: "a"}), tumours.assign(**{name: "b"})])
        with pytest.raises(InputError, match=f"column {name}: found a, b; choose one"):
            call(two)
    assert len(call(tumours.assign(biomarker="volume")).table)


def test_a_comparison_that_fails_says_whose_arguments_it_speaks_of():
    exact = make_tumours(noise=0.0)
    says = r"Try random='intercept'.*From random_slopes\(table, .*\), with log the logarithm of v"
    with pytest.raises(InputError, match=says):
        compare_growth(exact)
