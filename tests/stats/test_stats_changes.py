"""Change from baseline, and means that do not lie."""

import numpy as np
import pandas as pd
import pytest

from biomarkers.errors import InputError, TableError
from biomarkers.stats import change
from biomarkers.stats.changes import class_means, express


def measured(**values):
    """Subject → its values on days 0, 7, …"""
    rows = [
        (subject, 7.0 * step, "ADC", value)
        for subject, series in values.items()
        for step, value in enumerate(series)
    ]
    return pd.DataFrame(rows, columns=["subject", "day", "biomarker", "value"])


@pytest.mark.parametrize(
    ("kind", "expected"), [("absolute", 1.0), ("percent", 50.0), ("log_ratio", np.log(1.5))]
)
def test_change_of_each_kind(kind, expected):
    found = change(measured(a=[2, 3]), kind=kind)
    assert found["change"].tolist() == pytest.approx([0, expected])
    assert found["baseline_value"].tolist() == [2, 2]


def test_change_counts_from_the_day_asked_for():
    found = change(measured(a=[2, 4, 8]), baseline=7)
    assert found["change"].tolist() == pytest.approx([-np.log(2), 0, np.log(2)])


def test_no_baseline_no_change():
    found = change(measured(a=[2, 3], b=[np.nan, 3]))
    assert np.isnan(found.loc[found["subject"] == "b", "change"]).all()


def test_columns_of_the_users_own_stay_and_those_of_the_result_are_made_anew():
    own = measured(a=[2, 3]).assign(baseline_value=9.0, change="?", scanner="B", visit="v")
    found = change(own, kind="absolute")
    assert found["baseline_value"].tolist() == [2, 2]
    assert found["change"].tolist() == [0, 1]
    assert (found[["scanner", "visit"]] == ["B", "v"]).all(axis=None)
    pd.testing.assert_frame_equal(change(found, kind="absolute"), found)


def test_a_change_that_is_not_known_says_why():
    own = measured(a=[2, np.nan, 0, -1], b=[np.nan, 3], c=[0, 3])
    found = change(own, kind="log_ratio")
    assert found["change_flag"].tolist() == [
        "", "no_value", "", "no_ratio", "no_value", "no_baseline", "no_ratio", "no_ratio",
    ]  # fmt: skip
    unknown = found["change_flag"] != ""
    assert found["change"].isna().tolist() == unknown.tolist()
    assert set(change(own, kind="absolute")["change_flag"]) == {"", "no_value", "no_baseline"}


def test_regions_and_biomarkers_have_baselines_of_their_own():
    one = measured(a=[2, 3]).assign(region="core")
    found = change(pd.concat([one, one.assign(region="rim", value=[10.0, 5.0])]), kind="absolute")
    assert found["change"].tolist() == [0, 1, 0, -5]


@pytest.mark.parametrize(("kind", "strongest"), [("percent", -100), ("log_ratio", -np.inf)])
def test_a_tumour_gone_keeps_its_rank(kind, strongest):
    found = express(np.array([0.0, 1e-6, 2.0]), np.array([5.0, 5.0, 5.0]), kind)
    assert found[0] == strongest
    assert found[0] < found[1] < found[2]


@pytest.mark.parametrize("kind", ["percent", "log_ratio"])
@pytest.mark.parametrize(("value", "baseline"), [(1, 0), (0, 0), (1, -2), (-1, 2)])
def test_a_ratio_without_meaning_is_unknown(kind, value, baseline):
    assert np.isnan(express(np.array([float(value)]), np.array([float(baseline)]), kind)).all()


def test_percent_and_log_ratio_rank_alike():
    random = np.random.default_rng(1)
    value, baseline = random.lognormal(size=(2, 30))
    percent, ratio = (express(value, baseline, kind) for kind in ("percent", "log_ratio"))
    assert (np.argsort(percent) == np.argsort(ratio)).all()


def means(kind, *changes):
    table = pd.DataFrame(
        {"biomarker": "ADC", "region": "whole", "visit": "7", "positive": True, "change": changes}
    )
    return class_means(table, {"ADC": kind}).iloc[0]


def test_percent_change_is_averaged_as_a_ratio():
    found = means("percent", 100.0, -50.0)  # doubled and halved: no change on the whole
    assert found["mean"] == pytest.approx(0, abs=1e-12)
    half = np.arctanh(0.6) * 2 / np.sqrt(2) * 12.706204736 * np.sqrt(2) / 2  # log 2 · t(.975, 1)
    assert found["high"] == pytest.approx(100 * np.expm1(half), rel=1e-6)
    assert found["low"] == pytest.approx(100 * np.expm1(-half), rel=1e-6)


def test_means_count_the_measured_and_admit_what_is_undefined():
    found = means("log_ratio", 1.0, 3.0, np.nan)
    assert (found["n"], found["mean"]) == (2, 2)
    gone = means("percent", -100.0, 20.0)
    assert gone["n"] == 2
    assert np.isnan(gone["mean"])


def test_change_refuses_what_it_cannot_do():
    with pytest.raises(InputError, match=r"kind: found 'ratio', expected absolute \| percent"):
        change(measured(a=[2, 3]), kind="ratio")
    with pytest.raises(InputError, match=r"nobody has ADC at baseline \(day 1\)"):
        change(measured(a=[2, 3]), baseline=1)
    with pytest.raises(TableError, match="found 'high', expected a number"):
        change(measured(a=["2", "high"]))
