"""Kaplan–Meier curves."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from biomarkers import stats
from biomarkers.errors import InputError

mpl.use("Agg")


def people(time, event=None, **columns):
    return pd.DataFrame({"days": time, "died": event if event else [1] * len(time), **columns})


def curves(time, event=None, **settings):
    return stats.kaplan_meier(people(time, event), time="days", event="died", **settings)


def survival_by_counting(time, event, when):
    """The product, one event time after another."""
    share = 1.0
    for moment in sorted({t for t, e in zip(time, event, strict=True) if e and t <= when}):
        at_risk = sum(t >= moment for t in time)
        died = sum(t == moment and e for t, e in zip(time, event, strict=True))
        share *= 1 - died / at_risk
    return share


def test_equals_the_product_counted_by_hand():
    random = np.random.default_rng(3)
    time, event = random.integers(0, 12, 60).tolist(), random.integers(0, 2, 60).tolist()
    found = curves(time, event).at(range(12))
    expected = [survival_by_counting(time, event, when) for when in range(12)]
    np.testing.assert_allclose(found["survival"], expected, rtol=1e-12)
    assert found["at_risk"].tolist() == [sum(t >= when for t in time) for when in range(12)]


def test_without_censoring_it_is_the_share_left_and_the_area_is_the_mean():
    time = [3.0, 5, 5, 8, 13, 21]
    found = curves(time)
    assert found.at([0, 3, 5, 20])["survival"].tolist() == pytest.approx([1, 5 / 6, 3 / 6, 1 / 6])
    area = found.restricted_mean(30)
    assert area["mean"].item() == pytest.approx(np.mean(time))
    assert area["se"].item() == pytest.approx(np.std(time) / np.sqrt(len(time)))


def test_beyond_follow_up_nothing_is_known():
    found = curves([2, 4, 6], [1, 1, 0]).at([6, 7])
    assert found["survival"].tolist()[0] == pytest.approx(1 / 3)
    assert found.iloc[1][["survival", "se", "low", "high"]].isna().all()
    assert found["at_risk"].tolist() == [1, 0]
    assert curves([2, 4, 6], [1, 1, 0]).restricted_mean(7)["mean"].isna().all()
    assert curves([2, 4, 6]).at([7])["survival"].tolist() == [0]


def test_median_is_the_middle_of_where_the_curve_lies_on_half():
    assert curves([1, 2, 5, 6]).table["median"].item() == 3.5
    assert curves([1, 2, 5, 6], [1, 1, 0, 0]).table["median"].item() == 2
    assert curves([1, 2, 5]).table["median"].item() == 2


def test_all_censored_has_no_median_and_says_so():
    found = curves([4, 5, 6], [0, 0, 0])
    assert found.table[["median", "median_low", "median_high"]].isna().all(axis=None)
    assert "not reached" in found.headline
    assert "0 of 3 with the event" in found.headline
    assert (found.curve["survival"] == 1).all()
    assert found.curve[["se", "low", "high"]].isna().all(axis=None)


def test_event_at_time_zero_counts_from_the_start():
    found = curves([0, 0, 3, 4], [1, 0, 1, 1])
    assert found.at([0])["survival"].item() == pytest.approx(3 / 4)


def test_subjects_without_time_or_event_are_counted_not_guessed():
    table = people([1, None, 3, 4], ["true", 1, None, False])
    found = stats.kaplan_meier(table, time="days", event="died")
    assert found.table["n"].item() == 2
    assert "2 subjects with a missing value left out" in found.headline
    assert stats.kaplan_meier(table, time="days").table["n"].item() == 3


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        ({"days": -1.0}, {}, "days: found -1, expected 0 or more"),
        ({"days": "soon"}, {}, "row 0, column days: found 'soon', expected a number"),
        ({"days": np.inf}, {}, "column days: found inf"),
        ({"died": 2}, {}, "died: found 2, expected 1 or 0"),
        ({"died": "perhaps"}, {}, "died: found 'perhaps'"),
        ({"died": np.nan}, {}, "no subject has all of days, died"),
        ({}, {"group": "arm"}, "no column arm; found days, died"),
        ({}, {"level": 95}, "level: found 95"),
    ],
)
def test_impossible_input_is_explained(change, settings, message):
    table = people([1.0, 2.0]).assign(**change)
    with pytest.raises(InputError, match=message):
        stats.kaplan_meier(table, time="days", event="died", **settings)


def test_groups_are_in_order_and_drawn_with_numbers_at_risk():
    table = people([2, 4, 6, 8], [1, 0, 1, 1], dose=[10, 10, 9, 9])
    found = stats.kaplan_meier(table, time="days", event="died", group="dose")
    assert found.table["group"].tolist() == ["9", "10"]
    axes = found.plot()
    written = [text.get_text() for text in axes.texts]
    assert written[0] == "at risk"
    ticks = axes.get_xticks()
    below = [
        [str(sum(time >= tick for time in times)) for tick in ticks] for times in ([6, 8], [2, 4])
    ]
    assert written[1:] == ["9", *below[0], "10", *below[1]]
    assert "<table" in found._repr_html_()


def test_every_group_is_read_at_every_time_in_rows_numbered_through():
    table = people([2, 4, 6, 8], [1, 0, 1, 1], dose=[10, 10, 9, 9])
    found = stats.kaplan_meier(table, time="days", event="died", group="dose").at([3, 5])
    expected = {"group": ["9", "9", "10", "10"], "time": [3.0, 5, 3, 5], "at_risk": [2, 2, 1, 0]}
    expected = pd.DataFrame({**expected, "survival": [1, 1, 0.5, np.nan]})
    pd.testing.assert_frame_equal(found[list(expected)], expected, check_dtype=False)


def test_interval_narrows_with_level_and_stays_within_bounds():
    time = list(range(1, 13))
    wide, narrow = (curves(time, level=level).curve.dropna() for level in (0.99, 0.8))
    assert ((wide["low"] < narrow["low"]) & (narrow["high"] < wide["high"])).all()
    assert (wide["low"] > 0).all()
    assert (wide["high"] < 1).all()
