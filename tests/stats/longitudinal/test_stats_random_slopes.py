"""Random intercepts and slopes: exact cases, prediction, boundaries and refusals."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from biomarkers.errors import ConvergenceWarning, InputError
from biomarkers.stats import random_slopes

mpl.use("Agg")

DAYS = np.array([0.0, 3.0, 7.0, 14.0])


def make_cohort(*, subjects=12, slope_sd=0.3, level_sd=2.0, seed=5, residual=1.0):
    rng = np.random.default_rng(seed)
    level = 10 + rng.normal(0, level_sd, subjects)
    treated = np.arange(subjects) % 2
    slope = 0.5 + 0.4 * treated + rng.normal(0, slope_sd, subjects)
    values = level[:, None] + np.outer(slope, DAYS).reshape(subjects, -1)
    values = values + rng.normal(0, residual, values.shape)
    return pd.DataFrame(
        {
            "subject": np.repeat([f"s{i:02d}" for i in range(subjects)], len(DAYS)),
            "day": np.tile(DAYS, subjects),
            "group": np.repeat(np.where(treated, "drug", "control"), len(DAYS)),
            "value": values.ravel(),
        }
    )


@pytest.fixture(scope="module")
def cohort():
    return make_cohort()


@pytest.fixture(scope="module")
def lines(cohort):
    """Return each subject's own least-squares line."""
    return cohort.groupby(["group", "subject"])[["day", "value"]].apply(
        lambda own: pd.Series(np.polyfit(own["day"], own["value"], 1), index=["slope", "level"])
    )


def test_balanced_slopes_are_compared_as_by_the_t_test_of_their_lines(cohort, lines):
    # With the same days for all, the exact test of the group difference is that of the slopes.
    result = random_slopes(cohort, "value ~ day * group")
    row = result.slope_contrasts("group").iloc[0]
    slopes = [lines.loc[group, "slope"] for group in ("drug", "control")]
    test = stats.ttest_ind(*slopes)
    assert row["contrast"] == "drug - control"
    assert row["t"] == pytest.approx(test.statistic, rel=1e-6)
    assert row["df"] == pytest.approx(10, rel=1e-6)
    assert row["low"] == pytest.approx(test.confidence_interval().low, rel=1e-6)
    means = result.slopes("group").set_index("group")["estimate"]
    assert means["drug"] == pytest.approx(slopes[0].mean())
    assert result.slopes()["estimate"].item() == pytest.approx(lines["slope"].mean())


def test_balanced_levels_are_compared_as_by_the_t_test_of_means(cohort):
    result = random_slopes(cohort, "value ~ C(day) + group", random="intercept")
    row = result.contrasts("group", by=()).iloc[0]
    means = cohort.groupby(["group", "subject"])["value"].mean()
    test = stats.ttest_ind(means["drug"], means["control"])
    assert row["t"] == pytest.approx(test.statistic, rel=1e-6)
    assert row["df"] == pytest.approx(10, rel=1e-6)


def test_the_unit_of_time_does_not_matter(cohort):
    days = random_slopes(cohort, "value ~ day * group").slope_contrasts("group").iloc[0]
    seconds = cohort.assign(day=cohort["day"] * 86400.0, value=cohort["value"] * 1e-6)
    other = random_slopes(seconds, "value ~ day * group").slope_contrasts("group").iloc[0]
    for column in ("t", "df", "p_value"):
        assert other[column] == pytest.approx(days[column], rel=1e-6)


def test_known_variances_are_found():
    cohort = make_cohort(subjects=600, seed=2)
    result = random_slopes(cohort, "value ~ day * group")
    table = result.parameters.set_index("parameter")
    for name, true in {
        "cov(intercept, intercept)": 4.0,
        "cov(day, intercept)": 0.0,
        "cov(day, day)": 0.09,
        "residual variance": 1.0,
    }.items():
        assert abs(table.loc[name, "estimate"] - true) < 4 * table.loc[name, "se"], name


def test_predictions_are_shrunken_lines(cohort, lines):
    result = random_slopes(cohort, "value ~ day * group")
    predicted = result.subjects.set_index("subject")["day"]
    own = lines["slope"] - lines.groupby("group")["slope"].transform("mean")
    own = own.droplevel("group")[predicted.index]
    assert list(result.subjects.columns) == ["subject", "intercept", "day"]
    assert np.corrcoef(predicted, own)[0, 1] > 0.9
    assert np.abs(predicted).mean() < np.abs(own).mean()
    assert predicted.groupby(cohort.groupby("subject")["group"].first()).mean().abs().max() < 1e-8


def test_subjects_that_do_not_differ_in_slope_are_said_so():
    alike = make_cohort(slope_sd=0.0, seed=1, residual=3.0)
    with pytest.warns(ConvergenceWarning, match="Try random='intercept'"):
        result = random_slopes(alike, "value ~ day * group")
    assert np.isfinite(result.table[["se", "df"]]).all(axis=None)
    assert abs(result.correlation.loc["day", "intercept"]) == pytest.approx(1, abs=1e-6)
    # No nearby covariance of the random effects fits better.
    with pytest.warns(ConvergenceWarning):
        free = random_slopes(alike.iloc[::-1], "value ~ day * group")
    assert free.log_likelihood == pytest.approx(result.log_likelihood, abs=1e-7)


def test_subjects_of_one_level_are_said_so():
    rng = np.random.default_rng(0)
    alike = make_cohort(slope_sd=0.0, level_sd=0.0)
    alike["value"] = rng.normal(size=len(alike))
    alike["value"] -= alike.groupby("subject")["value"].transform("mean")
    with pytest.warns(ConvergenceWarning, match="Try mmrm or ancova"):
        result = random_slopes(alike, "value ~ day", random="intercept")
    assert result.sd["intercept"] < 1e-3


def test_a_residual_that_grows_is_estimated():
    rng = np.random.default_rng(9)
    cohort = make_cohort(subjects=60, residual=0.0)
    noise = rng.normal(size=len(cohort)) * 0.02 * cohort["value"] ** 1.5
    result = random_slopes(
        cohort.assign(value=cohort["value"] + noise), "value ~ day * group", residual="power"
    )
    power = result.parameters.set_index("parameter").loc["residual power"]
    assert abs(power["estimate"] - 1.5) < 3 * power["se"]
    assert power["se"] < 0.3


def test_growth_without_size_has_no_power(cohort):
    with pytest.raises(InputError, match="expected measurement is not positive"):
        random_slopes(
            cohort.assign(value=cohort["value"] - 12), "value ~ day * group", residual="power"
        )


def test_without_time_there_is_no_slope(cohort):
    result = random_slopes(cohort, "value ~ C(day) + group", random="intercept")
    with pytest.raises(InputError, match="has no numeric term day"):
        result.slopes("group")


def test_the_result_can_be_read_and_drawn(cohort):
    result = random_slopes(cohort, "value ~ day * group")
    assert "random intercept and day of 12 subjects, 48 measurements" in str(result)
    assert "day:group[T.drug]" in [tick.get_text() for tick in result.plot().get_yticklabels()]


@pytest.mark.parametrize(
    ("changed", "options", "message"),
    [
        ({"day": np.nan}, {}, "no row has all of subject, day"),
        ({}, {"random": "both"}, "random: found 'both', expected intercept | slope"),
        ({}, {"residual": "grows"}, "residual: found 'grows'"),
        ({}, {"time": "group"}, "column group: expected numbers"),
        ({}, {"time": "week"}, "no column week"),
        ({}, {"df": "exact"}, "df: found 'exact'"),
        ({"subject": range(48)}, {}, "no subject has more than 2 measurements"),
        ({"subject": range(48)}, {"random": "intercept"}, "its own level cannot be told"),
    ],
)
def test_unusable_input_says_what_to_change(cohort, changed, options, message):
    with pytest.raises(InputError, match=message.replace("|", r"\|")):
        random_slopes(cohort.assign(**changed), "value ~ day * group", **options)
