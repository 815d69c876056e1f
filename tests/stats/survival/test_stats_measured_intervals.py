"""Intervals between measurements, and the Cox model on them."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from biomarkers import stats
from biomarkers.errors import InputError

mpl.use("Agg")


def measurements(**series):
    """Return a table from `subject=[(day, value), …]`."""
    rows = [(name, day, "ADC", value) for name, pairs in series.items() for day, value in pairs]
    return pd.DataFrame(rows, columns=["subject", "day", "biomarker", "value"])


def people(**times):
    """Return participants from `subject=(time, event)`."""
    rows = [(name, *pair) for name, pair in times.items()]
    return pd.DataFrame(rows, columns=["subject", "days", "died"])


def cut(table, participants, **settings):
    return stats.measured_intervals(table, participants, time="days", event="died", **settings)


def listed(found):
    names = ["subject", "start", "stop", "event", "ADC"]
    return [tuple(row) for row in found.table[names].to_numpy().tolist()]


def test_a_value_holds_until_the_next_visit_and_the_event_ends_it():
    table = measurements(a=[(0, 1.0), (7, 2.0)], b=[(0, 5.0), (9, 6.0)])
    found = cut(table, people(a=(10, 1), b=(9, 0)))
    assert listed(found) == [
        ("a", 0.0, 7.0, False, 1.0),
        ("a", 7.0, 10.0, True, 2.0),
        ("b", 0.0, 9.0, False, 5.0),  # a measurement at the end foretells nothing
    ]
    assert "keeps each measured value until the next visit" in found.headline


def test_nothing_is_carried_over_a_missing_value_or_into_a_missing_baseline():
    table = measurements(a=[(0, 1.0), (7, np.nan), (14, 3.0)], b=[(0, np.nan), (7, 4.0)])
    found = cut(table, people(a=(20, 1), b=(12, 1)))
    assert listed(found) == [
        ("a", 0.0, 7.0, False, 1.0),
        ("a", 14.0, 20.0, True, 3.0),
        ("b", 7.0, 12.0, True, 4.0),
    ]
    table = measurements(a=[(0, 1.0), (7, np.nan)], b=[(0, 2.0)])
    found = cut(table, people(a=(20, 1), b=(12, 1)))
    assert (found.events, found.events_used) == (2, 1)
    assert "1 of 2 events" in found.headline


def test_failed_quality_is_a_missing_value():
    table = measurements(a=[(0, 1.0), (7, 2.0)]).assign(qc=["ok", "fail"])
    assert listed(cut(table, people(a=(20, 1)))) == [("a", 0.0, 7.0, False, 1.0)]


def test_a_value_holds_no_longer_than_it_is_trusted():
    table = measurements(a=[(0, 1.0), (7, 2.0), (20, 3.0)])
    found = cut(table, people(a=(25, 1)), carry=10)
    assert listed(found) == [
        ("a", 0.0, 7.0, False, 1.0),
        ("a", 7.0, 17.0, False, 2.0),
        ("a", 20.0, 25.0, True, 3.0),
    ]
    assert "at most for 10" in found.headline


def test_the_last_value_before_the_origin_stands_at_the_origin():
    table = measurements(a=[(-9, 1.0), (-2, 2.0), (7, 3.0)])
    assert listed(cut(table, people(a=(8, 0)))) == [
        ("a", 0.0, 7.0, False, 2.0),
        ("a", 7.0, 8.0, False, 3.0),
    ]


def test_biomarkers_of_different_days_are_known_together():
    adc = measurements(a=[(0, 1.0), (7, 2.0)])
    other = measurements(a=[(3, 30.0), (7, 70.0)]).assign(biomarker="T1")
    found = cut(pd.concat([adc, other], ignore_index=True), people(a=(9, 1)).assign(age=50))
    assert found.table[["start", "stop", "ADC", "T1", "age"]].to_numpy().tolist() == [
        [3, 7, 1, 30, 50],
        [7, 9, 2, 70, 50],
    ]
    only = cut(pd.concat([adc, other], ignore_index=True), people(a=(9, 1)), biomarkers=["ADC"])
    assert "T1" not in only.table
    found.plot()


def test_a_change_can_stand_for_the_value():
    table = stats.change(measurements(a=[(0, 2.0), (7, 1.0)]), kind="percent")
    found = cut(table, people(a=(9, 1)), value="change")
    assert listed(found)[1][-1] == -50


def test_a_subject_followed_for_no_time_has_no_interval():
    found = cut(measurements(a=[(0, 1.0)], b=[(0, 2.0)]), people(a=(0, 1), b=(5, 1)))
    assert (found.subjects, found.subjects_used) == (2, 1)


def test_event_made_of_the_marker_is_said():
    volumes = [(0, 10.0), (7, 15.0), (14, 30.0)]
    table = measurements(a=volumes, b=volumes).assign(biomarker="tumor_volume")
    growth = stats.time_to_growth(table, biomarker="tumor_volume")
    early = table[table["day"] < 10]
    found = stats.measured_intervals(early, growth, time="time", event="event")
    assert "in part its own definition" in found.headline
    assert "definition" not in cut(measurements(a=[(0, 1)]), people(a=(5, 1))).headline


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"carry": 0}, "carry: found 0"),
        ({"biomarkers": ["CBV"]}, "CBV: not in the measurements; found ADC"),
        ({"region": "rim"}, "region rim: not measured; found whole"),
        ({"value": "change"}, "no column change"),
    ],
)
def test_impossible_settings_are_explained(settings, message):
    with pytest.raises(InputError, match=message):
        cut(measurements(a=[(0, 1.0)]), people(a=(5, 1)), **settings)


def test_tables_that_do_not_fit_are_explained():
    table = measurements(a=[(0, 1.0)])
    with pytest.raises(InputError, match="write subjects alike"):
        cut(table, people(b=(5, 1)))
    with pytest.raises(InputError, match="ADC: stands for two columns"):
        cut(table, people(a=(5, 1)).assign(ADC=3))
    two = pd.concat([table.assign(region="core"), table.assign(region="rim")], ignore_index=True)
    with pytest.raises(InputError, match="found regions core, rim; select one"):
        cut(two, people(a=(5, 1)))
    assert len(cut(two, people(a=(5, 1)), region="rim").table) == 1


def followed_by_a_changing_marker(seed, n=150, effect=0.7):
    """Simulate a hazard that follows a marker which jumps at each visit, and censoring."""
    random = np.random.default_rng(seed)
    visits = np.arange(0, 50, 5.0)
    values = np.cumsum(random.normal(0, 0.5, (n, len(visits))), axis=1)
    waits = random.exponential(size=n)
    hazard = 0.03 * np.exp(effect * values)
    total = np.concatenate([np.zeros((n, 1)), np.cumsum(5 * hazard, axis=1)], axis=1)
    piece = (total < waits[:, None]).sum(axis=1) - 1
    inside = np.minimum(piece, len(visits) - 1)
    rest = (waits - total[range(n), inside]) / hazard[range(n), inside]
    time = np.where(piece < len(visits), visits[inside] + rest, np.inf)
    gone = np.minimum(random.exponential(60, n), 50)
    end = np.minimum(time, gone)
    rows = [
        (str(who), day, "ADC", values[who, k])
        for who in range(n)
        for k, day in enumerate(visits)
        if day <= end[who]
    ]
    table = pd.DataFrame(rows, columns=["subject", "day", "biomarker", "value"])
    names = [str(who) for who in range(n)]
    return table, pd.DataFrame({"subject": names, "days": end, "died": time <= gone})


def test_the_model_finds_the_effect_of_a_marker_that_changes():
    # 40 cohorts: the mean within 2.6 standard errors, nine tenths of intervals at least cover.
    found = []
    for seed in range(40):
        model = cut(*followed_by_a_changing_marker(seed)).cox("ADC")
        found.append(model.table[["estimate", "se", "low", "high"]].iloc[0].to_numpy(dtype=float))
    estimate, se, low, high = np.array(found).T
    assert estimate.mean() == pytest.approx(0.7, abs=2.6 * estimate.std() / np.sqrt(40))
    assert se.mean() == pytest.approx(estimate.std(), rel=0.3)
    assert np.mean((np.log(low) < 0.7) & (np.log(high) > 0.7)) >= 0.9
    assert "Assumed: ADC keeps" in model.headline


def test_measurements_after_the_time_are_refused():
    with pytest.raises(InputError, match=r"subject a: measured on day 14, after its time 10"):
        cut(measurements(a=[(0, 1.0), (14, 3.0)]), people(a=(10, 1)))
