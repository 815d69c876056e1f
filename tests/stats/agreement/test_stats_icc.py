"""Intraclass correlations: complete and incomplete tables."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy.stats import f

from biomarkers import stats
from biomarkers.errors import InputError
from biomarkers.stats.agreement.icc import f_limits
from biomarkers.stats.agreement.mean_squares import (
    by_variance_components,
    of_complete_cells,
    within_subjects,
)


def ratings(random, *, subjects=12, raters=3, variances=(4.0, 0.5, 1.0)):
    between, of_raters, error = np.sqrt(variances)
    return (
        random.normal(0, between, (subjects, 1))
        + random.normal(0, of_raters, (1, raters))
        + random.normal(0, error, (subjects, raters))
    )


def tidy(values):
    table = pd.DataFrame(values).rename_axis("subject").reset_index()
    return table.melt("subject", var_name="rater", value_name="value")


def test_mixed_and_anova_agree_without_gaps():
    # Where every component is positive: the likelihood has none below 0.
    values = ratings(np.random.default_rng(1), variances=(4.0, 3.0, 1.0))
    anova, mixed = of_complete_cells(values), by_variance_components(values)
    for name in ("n", "k", "rows", "columns", "error", "df_rows", "df_columns", "df_error"):
        assert getattr(mixed, name) == pytest.approx(getattr(anova, name), rel=1e-5), name


def test_components_of_an_incomplete_table_as_statsmodels():
    random = np.random.default_rng(2)
    values = ratings(random, subjects=14, raters=4)
    values[random.uniform(size=values.shape) < 0.15] = np.nan
    table = tidy(values).dropna().assign(all=1)
    other = smf.mixedlm(
        "value ~ 1", table, groups="all", re_formula="0",
        vc_formula={"subject": "0 + C(subject)", "rater": "0 + C(rater)"},
    ).fit(reml=True)  # fmt: skip
    found = by_variance_components(values)
    by_rater, by_subject = other.vcomp  # in the order of their names
    assert found.error == pytest.approx(other.scale, rel=1e-3)
    assert (found.rows - found.error) / found.k == pytest.approx(by_subject, rel=2e-3)
    assert (found.columns - found.error) / found.n == pytest.approx(by_rater, rel=5e-3)


def test_intervals_of_complete_tables_cover_the_truth():
    random = np.random.default_rng(3)
    truth = {"ICC(2,1)": 4 / 5.5, "ICC(3,1)": 4 / 5, "ICC(2,k)": 4 / (4 + 1.5 / 3)}
    covered = dict.fromkeys(truth, 0)
    for _ in range(150):
        found = stats.icc(tidy(ratings(random)))
        for form, value in truth.items():
            covered[form] += found[form]["low"] <= value <= found[form]["high"]
    for form, hits in covered.items():
        assert 0.9 <= hits / 150 <= 0.99, form


def test_the_interval_of_agreement_ends_where_f_with_satterthwaites_freedom_does():
    values = ratings(np.random.default_rng(8), subjects=7, raters=4, variances=(1.0, 2.0, 1.0))
    squares, found = of_complete_cells(values), stats.icc(tidy(values))["ICC(2,1)"]
    n, k = values.shape

    def denominator(icc):
        """Return what of columns and error is expected to be as large as the rows, and its df."""
        # Expected: rows k·between + error, columns n·raters + error; between is icc of the sum.
        between = k * icc / (1 - icc)  # k·between, in units of raters + error
        of_columns = between / n
        parts = np.array([of_columns, 1 + between - of_columns]) * [squares.columns, squares.error]
        return parts.sum(), parts.sum() ** 2 / (parts**2 / [k - 1, (n - 1) * (k - 1)]).sum()

    _, freedom = denominator(found["icc"])
    up, down = f.ppf(0.975, n - 1, freedom), f.ppf(0.975, freedom, n - 1)
    assert squares.rows / denominator(found["low"])[0] == pytest.approx(up, rel=1e-9)
    assert denominator(found["high"])[0] / squares.rows == pytest.approx(down, rel=1e-9)


def test_one_way_intervals_cover_the_truth_with_unequal_numbers():
    random = np.random.default_rng(4)
    covered = 0
    for _ in range(400):
        values = ratings(random, variances=(2.0, 0.0, 1.0))
        values[random.uniform(size=values.shape) < 0.2] = np.nan
        squares = within_subjects(values)
        (low, high), k = f_limits(squares.f, squares.df_rows, squares.df_error, 0.95), squares.k
        covered += (low - 1) / (low + k - 1) <= 2 / 3 <= (high - 1) / (high + k - 1)
    assert 0.92 <= covered / 400 <= 0.985


def test_the_rule_for_gaps_is_said():
    values = ratings(np.random.default_rng(6))
    values[0, 0] = np.nan
    mixed, dropped = (stats.icc(tidy(values), missing=rule) for rule in ("mixed", "drop"))
    assert (mixed.rule, mixed.missing_cells, mixed.left_out) == ("mixed", 1, 0)
    assert "1 of 36 ratings are missing" in mixed.headline
    assert (dropped.rule, dropped.subjects, dropped.left_out) == ("drop", 11, 1)
    assert "1 subjects with a missing rating were left out" in dropped.headline
    whole = stats.icc(tidy(values[1:]))
    pd.testing.assert_frame_equal(whole.table, dropped.table)


def test_edges():
    same = tidy(np.tile(np.arange(5.0)[:, None], 3))
    perfect = stats.icc(same)
    assert perfect.table["icc"].to_numpy() == pytest.approx(1)
    assert perfect["ICC(A,1)"]["form"] == "ICC(2,1)"
    # No difference between subjects but that within: negative, as the analysis of variance has it.
    values = np.array([[1.0, 2, 3], [3, 1, 2], [2, 3, 1]])
    assert stats.icc(tidy(values))["ICC(1,1)"]["icc"] == pytest.approx(-0.5)
    assert np.isnan(stats.icc(tidy(values))["ICC(1,k)"]["icc"])
    assert len(perfect.plot().get_yticklabels()) == 6


def test_unusable_tables_say_what_to_change():
    table = tidy(ratings(np.random.default_rng(7)))
    for changed, message in (
        (table.drop(columns="rater"), "no column rater; found subject, value"),
        (pd.concat([table, table.iloc[[0]]]), "subject 0 has two values of rater 0"),
        (table.assign(value=3.0), "every rating is 3"),
        (table.assign(value="x"), "expected finite numbers"),
        (table[table["rater"] == 1], "found 12 subjects and 1 raters"),
        (table.assign(subject=None), "blank in a row with a value"),
        (tidy(np.where(np.eye(3), [1.0, 2, 3], np.nan)), "fewer than two"),
    ):
        with pytest.raises(InputError, match=message):
            stats.icc(changed)
    with pytest.raises(InputError, match="missing: found 'mean'"):
        stats.icc(table, missing="mean")
    with pytest.raises(InputError, match="found 'ICC4'"):
        stats.icc(table)["ICC4"]
    tree = np.array([[1.0, 2, np.nan], [np.nan, 3, 5], [np.nan, np.nan, 4]])
    with pytest.raises(InputError, match="5 ratings of 3 subjects by 3 raters are too few"):
        stats.icc(tidy(tree))
