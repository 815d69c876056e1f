"""Time-dependent ROC analysis."""

import matplotlib as mpl
import numpy as np
import pytest

from biomarkers import stats
from biomarkers.errors import InputError

mpl.use("Agg")


def subjects(seed=1, n=80, ties=True, effect=1.0):
    """Return marker, time and event; about 30 % are censored."""
    random = np.random.default_rng(seed)
    marker = random.normal(size=n)
    time, gone = random.exponential(np.exp(-effect * marker)), random.exponential(2.2, n)
    observed = np.minimum(time, gone)
    if ties:
        observed, marker = np.ceil(4 * observed) / 4, marker.round(1)
    return marker, observed, time <= gone


def area_by_pairs(marker, time, event, horizon, counted=None):
    """AUC pair by pair; `counted` says how often each subject is."""
    counted = np.ones(len(time)) if counted is None else counted
    chance = {}
    left = 1.0
    for moment in np.unique(time):
        chance[moment] = left
        at_risk = counted[(time > moment) | ((time == moment) & ~event)].sum()
        gone = counted[(time == moment) & ~event].sum()
        left *= 1 - gone / at_risk if at_risk else 1.0
    pairs = concordant = 0.0
    for i in np.flatnonzero(event & (time <= horizon)):
        for j in np.flatnonzero(time > horizon):
            weight = counted[i] * counted[j] / chance[time[i]]
            pairs += weight
            concordant += weight * ((marker[i] > marker[j]) + (marker[i] == marker[j]) / 2)
    return concordant / pairs


def test_equals_the_area_of_weighted_pairs():
    data = subjects()
    found = stats.time_roc(*data, horizons=[0.25, 0.5, 1, 2])
    expected = [area_by_pairs(*data, horizon) for horizon in (0.25, 0.5, 1, 2)]
    np.testing.assert_allclose(found.table["auc"], expected, rtol=1e-12)


def test_standard_error_is_the_infinitesimal_jackknife():
    data = subjects(n=50)
    step = 1e-5
    slopes = [
        (area_by_pairs(*data, 0.75, 1 + step * one) - area_by_pairs(*data, 0.75, 1 - step * one))
        / (2 * step)
        for one in np.eye(50)
    ]
    found = stats.time_roc(*data, horizons=[0.75])
    np.testing.assert_allclose(found.influence[:, 0], slopes, atol=1e-8)
    expected = np.sqrt(np.sum(np.square(slopes)) * 50 / 49)
    assert found.table["se"].item() == pytest.approx(expected, rel=1e-6)


def test_without_censoring_it_is_the_plain_roc_analysis():
    marker, time, _ = subjects()
    found = stats.time_roc(marker, time, np.ones(80), horizons=[0.5])
    plain = stats.roc(marker, (time <= 0.5).astype(int), direction="higher")
    row = found.table.iloc[0]
    assert row["auc"] == pytest.approx(plain.auc)
    assert (row["low"], row["high"]) == pytest.approx((plain.auc_low, plain.auc_high))
    assert row["se"] == pytest.approx(np.sqrt(plain.variance), rel=0.05)
    curve = found.curve(0.5)
    assert np.trapezoid(curve["sensitivity"], 1 - curve["specificity"]) == pytest.approx(-plain.auc)


def test_area_under_the_weighted_curve_is_the_area():
    found = stats.time_roc(*subjects(), horizons=[0.5, 1])
    for row in found.table.to_dict("records"):
        curve = found.curve(row["horizon"])
        area = -np.trapezoid(curve["sensitivity"], 1 - curve["specificity"])
        assert area == pytest.approx(row["auc"])
    with pytest.raises(InputError, match=r"horizon: found 2, expected one of 0\.5, 1"):
        found.curve(2)
    found.plot()


def test_lower_is_higher_of_the_negative():
    marker, time, event = subjects()
    lower = stats.time_roc(marker, time, event, horizons=[1], direction="lower")
    higher = stats.time_roc(-marker, time, event, horizons=[1])
    assert lower.table.equals(higher.table)
    assert lower.curve(1)["threshold"].tolist() == (-higher.curve(1)["threshold"]).tolist()
    lower.plot()


def test_what_cannot_be_known_is_nan_with_a_reason():
    found = stats.time_roc([1, 2, 3], [2, 4, 6], [1, 1, 0], horizons=[1, 3, 6]).table
    assert found["reason"].tolist()[0] == "no event by then"
    assert found["reason"].tolist()[2] == "nobody was followed beyond; the longest time is 6"
    assert found["auc"].isna().tolist() == [True, False, True]
    censored = stats.time_roc([1, 2, 3], [2, 4, 6], [0, 0, 0], horizons=[3])
    assert np.isnan(censored.table["auc"].item())
    assert "no event by then" in censored.headline


def test_perfect_area_has_an_interval():
    row = stats.time_roc([5, 4, 1, 0], [1, 2, 8, 9], [1, 1, 1, 1], horizons=[4]).table.iloc[0]
    assert (row["auc"], row["high"]) == (1, 1)
    assert row["low"] < 0.9


def test_infinite_markers_keep_their_rank():
    marker, time, event = subjects()
    found = [
        (
            stats.time_roc(values, time, event, horizons=[1]).table["auc"].item(),
            stats.concordance(values, time, event).estimate,
        )
        for values in (np.where(marker < -1, low, marker) for low in (-9, -np.inf))
    ]
    assert found[0] == found[1]


def test_counts_cases_controls_and_unknown():
    found = stats.time_roc(
        [1, 2, 3, 4, None], [1, 2, 3, 9, 9], [1, 0, 1, 0, 1], horizons=[5]
    )  # fmt: skip
    assert found.table[["cases", "controls", "unknown"]].iloc[0].tolist() == [2, 1, 1]
    assert "1 subject with a missing value left out" in found.headline


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"horizons": []}, "expected one or more times above 0"),
        ({"horizons": [0]}, "expected one or more times above 0"),
        ({"direction": "auto"}, "direction: found 'auto'"),
        ({"time": [1, 2]}, "expected one value per subject"),
        ({"event": [1, 0, 7]}, "event: found 7"),
        ({"level": 2}, "level: found 2"),
    ],
)
def test_impossible_input_is_explained(arguments, message):
    settings = {"marker": [1, 2, 3], "time": [1, 2, 3], "event": [1, 0, 1], "horizons": [2]}
    settings |= arguments
    data = [settings.pop(name) for name in ("marker", "time", "event")]
    with pytest.raises(InputError, match=message):
        stats.time_roc(*data, **settings)


def test_weights_undo_the_bias_of_censoring():
    """Against the complete data: unbiased, while dropping the censored is not."""
    random = np.random.default_rng(8)
    weighted, dropped, complete = [], [], []
    for _ in range(200):
        marker = random.normal(size=200)
        time, gone = random.exponential(np.exp(-marker)), random.exponential(0.9, 200)
        observed, event = np.minimum(time, gone), time <= gone
        complete.append(stats.roc(marker, (time <= 1).astype(int), direction="higher").auc)
        weighted.append(stats.time_roc(marker, observed, event, horizons=[1]).table["auc"].item())
        known = (observed > 1) | event
        dropped.append(
            stats.roc(marker[known], (observed[known] <= 1).astype(int), direction="higher").auc
        )
    bias = np.subtract(weighted, complete)
    assert abs(bias.mean()) < 2.6 * bias.std() / np.sqrt(200)
    naive = np.subtract(dropped, complete)
    assert abs(naive.mean()) > 4 * naive.std() / np.sqrt(200)
