"""Landmark analysis by early response."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from biomarkers import stats
from biomarkers.errors import InputError
from biomarkers.plan import Visit

mpl.use("Agg")


def people():
    return pd.DataFrame(
        {
            "subject": list("abcdefghij"),
            "days": [3, 7, 9, 10, 12, 15, 20, 30, 40, 50],
            "died": [1, 1, 1, 0, 1, 1, 1, 1, 1, 0],
            "early": [0, 1, 0, 0, 0, 1, None, 1, 1, 1],
            "late": [None, None, None, 0, 0, 1, 0, 1, 1, 1],
        }
    )


def analysed(table=None, responses=None, **settings):
    table = people() if table is None else table
    return stats.landmark_analysis(
        table, responses or {7: "early"}, time="days", event="died", **settings
    )


def test_takes_those_followed_beyond_the_landmark_whose_response_is_known():
    row = analysed().table.iloc[0]
    assert (row["response"], row["no_response"]) == (4, 3)
    # b has the event on the very day: no longer to be foretold.
    assert (row["gone_response"], row["gone_no_response"], row["unknown"]) == (1, 1, 1)
    assert (row["events_response"], row["events_no_response"]) == (3, 2)
    headline = analysed().headline
    assert "Landmark 7: 4 of 7 had responded" in headline
    assert "Left out: 2 whose time was over, 1 with unknown response" in headline
    assert "immortal time" in headline


def test_clock_starts_at_the_landmark():
    found = analysed(penalty="firth")
    kept = people().query("days > 7 and early == early")
    since = kept.assign(days=kept["days"] - 7)
    medians = stats.kaplan_meier(since, time="days", event="died", group="early").table
    row = found.table.iloc[0]
    assert row["median_response"] == medians["median"].iloc[1]
    assert row["median_no_response"] == medians["median"].iloc[0]
    test = stats.log_rank(since, time="days", event="died", group="early")
    assert row["p_value"] == pytest.approx(test.p_value)
    model = stats.cox(since, "early", time="days", event="died", penalty="firth")
    limits = model.profile_intervals().iloc[0]
    assert row["hazard_ratio"] == pytest.approx(limits["hazard_ratio"])
    assert (row["low"], row["high"]) == pytest.approx((limits["low"], limits["high"]))


def test_separated_groups_have_a_reason_instead_of_a_ratio():
    found = analysed()
    row = found.table.iloc[0]
    assert np.isnan(row["hazard_ratio"])
    assert "penalty='firth'" in row["reason"]
    assert np.isfinite(row["p_value"])
    assert "no finite hazard ratio" in found.headline
    found.plot()


def test_several_landmarks_are_adjusted():
    found = analysed(responses={10: "late", 7: "early"}, penalty="firth")
    assert found.table["day"].tolist() == [7, 10]
    np.testing.assert_allclose(
        found.table["p_adjusted"], stats.adjust(found.table["p_value"], method="holm")
    )
    assert "adjusted p" in found.headline
    assert "log-rank p" in analysed(penalty="firth").headline
    assert "adjusted p" not in analysed(penalty="firth").headline
    found.plot()


def test_late_landmarks_run_out_of_subjects():
    table = people().assign(all=1)
    assert "a group is empty" in analysed(table, {7: "all"}).table["reason"].item()
    row = analysed(table, {60: "early"}).table.iloc[0]
    assert (row["response"], row["gone_unknown"]) == (0, 1)
    assert "a group is empty" in row["reason"]
    censored = people().assign(died=0)
    assert "no event after" in analysed(censored).table["reason"].item()


def test_strata_and_errors():
    table = people().assign(sex=list("fmfmfmfmfm"))
    assert np.isfinite(analysed(table, strata="sex", penalty="firth").table["p_value"].item())
    table.loc[[3, 4], "sex"] = None
    found = analysed(table, strata="sex", penalty="firth")
    assert found.table[["response", "no_response"]].iloc[0].sum() == 5
    assert "2 subjects with a missing value left out" in found.headline
    with pytest.raises(InputError, match="responses: found none"):
        stats.landmark_analysis(table, {}, time="days", event="died")
    with pytest.raises(InputError, match="no column later"):
        analysed(table, {7: "later"})
    with pytest.raises(InputError, match="early: found 3"):
        analysed(table.assign(early=3))


def volumes():
    days = (0, 3, 6, 7, 14)
    values = {"a": (10, 9, 8, np.nan, 5), "b": (10, 12, 20, 30, 40), "c": (10, 11, None, None, 9)}
    rows = [
        (name, float(day), "volume", value)
        for name, series in values.items()
        for day, value in zip(days, series, strict=True)
    ]
    return pd.DataFrame(rows, columns=["subject", "day", "biomarker", "value"])


def test_early_response_uses_nothing_after_the_landmark():
    found = stats.early_response(
        volumes(), [7, 14], biomarker="volume", threshold=0, within=1
    ).set_index("subject")
    assert found["response_7"].fillna(-1).to_dict() == {"a": 1, "b": 0, "c": -1}
    assert found["response_14"].to_dict() == {"a": 1, "b": 0, "c": 1}
    strict = stats.early_response(volumes(), [7], biomarker="volume", threshold=0)
    assert strict["response_7"].isna().tolist() == [True, False, True]


def test_early_response_above_a_threshold():
    found = stats.early_response(
        volumes(), [14], biomarker="volume", threshold=100, kind="percent", responds="above"
    )
    assert found["response_14"].tolist() == [0, 1, 0]
    for settings, message in (
        ({"biomarker": "ADC"}, "'ADC' is not in the measurements; found volume"),
        ({"responds": "up"}, "responds: found 'up'"),
        ({"within": -1}, "within: found -1"),
    ):
        with pytest.raises(InputError, match=message):
            stats.early_response(
                volumes(), [7], **{"biomarker": "volume", "threshold": 0.0, **settings}
            )


def test_later_response_flatters_where_landmark_does_not():
    """Nobody's response means anything; grouping from the start still finds that it does."""
    random = np.random.default_rng(3)
    table = pd.DataFrame({"days": random.exponential(20, 400), "died": 1})
    reached = table["days"] > 14
    table["response"] = (reached & (random.random(400) < 0.5)).astype(int)
    immortal = stats.log_rank(table, time="days", event="died", group="response")
    honest = stats.landmark_analysis(table, {14: "response"}, time="days", event="died")
    assert immortal.p_value < 1e-6
    assert honest.table["p_value"].item() > 0.01


def test_a_visit_of_the_plan_is_a_landmark_on_the_last_day_of_its_window():
    rows = [
        ("a", 0, 2.0),
        ("a", 6, 1.0),
        ("b", 0, 2.0),
        ("b", 8, 3.0),
        ("c", 0, 2.0),
        ("c", 9, 1.0),
    ]
    table = pd.DataFrame(rows, columns=["subject", "day", "value"]).assign(biomarker="volume")
    visit = Visit("7", (6.0, 7.0, 8.0))
    known = stats.early_response(table, [visit], biomarker="volume", threshold=0)
    assert known["response_8"].fillna(-1).tolist() == [1, 0, -1]
    alone = stats.early_response(table, [7], biomarker="volume", threshold=0, within=1)
    assert alone["response_7"].fillna(-1).tolist() == [1, -1, -1]


def test_an_event_at_the_landmark_but_for_rounding_is_no_longer_foretold():
    table = pd.DataFrame({"days": [0.1 + 0.2, 0.4, 0.5, 0.6], "died": 1, "early": [1, 1, 0, 0]})
    row = analysed(table, {0.3: "early"}).table.iloc[0]
    assert (row["response"], row["no_response"], row["gone_response"]) == (1, 2, 1)
