"""Adjusted p-values and Dunnett's test."""

import itertools

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from biomarkers.errors import InputError
from biomarkers.stats.contrasts.dunnett import dunnett
from biomarkers.stats.contrasts.multiplicity import adjust

mpl.use("Agg")

METHODS = ("holm", "hommel", "bonferroni", "bh")
families = st.lists(st.floats(0, 1), min_size=1, max_size=6)


def simes(p):
    ordered = np.sort(p)
    return np.min(len(p) * ordered / np.arange(1, len(p) + 1))


@given(families)
@settings(max_examples=60, deadline=None)
def test_holm_and_hommel_are_closed_tests(p_values):
    """The adjusted p-value is the largest among all intersections a hypothesis is part of."""
    tests = {"holm": lambda p: min(1, len(p) * np.min(p)), "hommel": simes}
    members = range(len(p_values))
    for method, intersection in tests.items():
        expected = [
            max(
                intersection(np.array(p_values)[list(subset)])
                for size in range(1, len(p_values) + 1)
                for subset in itertools.combinations(members, size)
                if one in subset
            )
            for one in members
        ]
        np.testing.assert_allclose(adjust(p_values, method=method), expected, atol=1e-12)


@given(families)
@settings(max_examples=60, deadline=None)
def test_the_methods_are_ordered_by_power(p_values):
    found = {method: adjust(p_values, method=method) for method in METHODS}
    slack = 1e-12
    assert np.all(found["bonferroni"] >= found["holm"] - slack)
    assert np.all(found["holm"] >= found["hommel"] - slack)
    assert np.all(found["hommel"] >= np.asarray(p_values) - slack)
    assert np.all(found["bonferroni"] <= 1)


def test_false_discovery_rate_agrees_with_scipy():
    p_values = np.random.default_rng(2).uniform(size=40) ** 3
    np.testing.assert_allclose(
        adjust(p_values, method="bh"), stats.false_discovery_control(p_values)
    )


def test_a_missing_p_value_is_not_counted():
    found = adjust([0.01, np.nan, 0.04])
    np.testing.assert_allclose(found, [0.02, np.nan, 0.04])
    assert adjust([]).size == 0


@pytest.mark.parametrize(
    ("p_values", "method", "message"),
    [
        ([0.1], "sidak", "method: found 'sidak', expected holm | hommel"),
        ([0.1, 1.2], "holm", "found 1.2 among the p-values"),
        ([[0.1]], "holm", r"shape \(1, 1\)"),
    ],
)
def test_what_is_no_family_is_refused(p_values, method, message):
    with pytest.raises(InputError, match=message.replace("|", r"\|")):
        adjust(p_values, method=method)


@pytest.fixture
def doses():
    rng = np.random.default_rng(8)
    sizes = {"vehicle": 7, "low": 4, "high": 5}
    return pd.DataFrame(
        [(rng.normal(2.0 * (dose == "high")), dose) for dose, n in sizes.items() for _ in range(n)],
        columns=["value", "dose"],
    )


def test_one_group_is_the_t_test(doses):
    two = doses[doses["dose"] != "low"]
    row = dunnett(two, control="vehicle", group="dose").table.iloc[0]
    values = {name: own["value"].to_numpy() for name, own in two.groupby("dose")}
    test = stats.ttest_ind(values["high"], values["vehicle"])
    assert row["p_value"] == pytest.approx(test.pvalue, rel=1e-8)
    assert row["low"] == pytest.approx(test.confidence_interval().low, rel=1e-8)


def test_unequal_groups_agree_with_scipy(doses):
    result = dunnett(doses, control="vehicle", group="dose").table
    values = {name: own["value"].to_numpy() for name, own in doses.groupby("dose")}
    test = stats.dunnett(values["high"], values["low"], control=values["vehicle"], random_state=1)
    assert list(result["contrast"]) == ["high - vehicle", "low - vehicle"]
    np.testing.assert_allclose(result["p_value"], test.pvalue, atol=5e-4)
    np.testing.assert_allclose(result["t"], test.statistic, rtol=1e-10)


def test_dunnett_lies_between_unadjusted_and_bonferroni(doses):
    table = dunnett(doses, control="vehicle", group="dose").table
    alone = 2 * stats.t.sf(abs(table["t"]), table["df"])
    assert np.all(table["p_value"] > alone)
    assert np.all(table["p_value"] < np.minimum(1, 2 * alone))
    significant = table["p_value"] < 0.05
    np.testing.assert_array_equal(significant, (table["low"] > 0) | (table["high"] < 0))


def test_dunnett_can_be_read_and_drawn(doses):
    result = dunnett(doses, control="vehicle", group="dose")
    assert "2 groups against vehicle: the clearest difference is high" in str(result)
    assert len(result.plot().get_yticks()) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"control": "placebo"}, "control: found 'placebo'"),
        ({"control": "vehicle", "value": "size"}, "no column size"),
        ({"control": "vehicle", "level": 1.5}, "level: found 1.5"),
        ({"control": "vehicle", "value": "dose"}, "column dose: expected numbers"),
    ],
)
def test_dunnett_refuses(doses, options, message):
    with pytest.raises(InputError, match=message):
        dunnett(doses, group="dose", **options)
    with pytest.raises(InputError, match="does not vary"):
        dunnett(doses.assign(value=1.0), control="vehicle", group="dose")
