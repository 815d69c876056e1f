"""Concordance of a marker with the order of events."""

import matplotlib as mpl
import numpy as np
import pytest

from biomarkers import stats
from biomarkers.errors import InputError
from biomarkers.stats.survival.concordance import sums_over_later

mpl.use("Agg")


def subjects(seed=2, n=60):
    random = np.random.default_rng(seed)
    marker = random.normal(size=n).round(1)
    time, gone = random.exponential(np.exp(-marker)), random.exponential(1.5, n)
    return marker, np.ceil(5 * np.minimum(time, gone)), time <= gone


def by_pairs(marker, time, event, *, uno=False, horizon=np.inf, counted=None):
    """Concordance pair by pair; `counted` says how often each subject is."""
    counted = np.ones(len(time)) if counted is None else counted
    chance, left = {}, 1.0
    for moment in np.unique(time):
        chance[moment] = left
        at_risk = counted[(time > moment) | ((time == moment) & ~event)].sum()
        left *= 1 - counted[(time == moment) & ~event].sum() / at_risk if at_risk else 1.0
    pairs = concordant = 0.0
    for i in np.flatnonzero(event & (time < horizon)):
        for j in range(len(time)):
            if time[j] > time[i] or (time[j] == time[i] and not event[j]):
                weight = counted[i] * counted[j] / (chance[time[i]] ** 2 if uno else 1)
                pairs += weight
                concordant += weight * ((marker[i] > marker[j]) + (marker[i] == marker[j]) / 2)
    return concordant / pairs


@pytest.mark.parametrize("uno", [False, True])
def test_equals_pairs_and_the_infinitesimal_jackknife(uno):
    data = subjects()
    settings = {"uno": uno, "horizon": 8.0}
    found = stats.concordance(*data, method="uno" if uno else "harrell", horizon=8)
    assert found.estimate == pytest.approx(by_pairs(*data, **settings), rel=1e-12)
    step = 1e-5
    slopes = [
        by_pairs(*data, counted=1 + step * one, **settings)
        - by_pairs(*data, counted=1 - step * one, **settings)
        for one in np.eye(60)
    ]
    assert found.se == pytest.approx(np.linalg.norm(slopes) / (2 * step), rel=1e-6)


def test_weights_of_later_subjects_with_a_smaller_marker():
    random = np.random.default_rng(4)
    rank, marker = random.integers(0, 9, 40), random.integers(0, 6, 40).astype(float)
    weights = random.random(40)
    later = rank[None, :] > rank[:, None]
    smaller = (marker[None, :] < marker[:, None]) + (marker[None, :] == marker[:, None]) / 2
    expected = (later * smaller * weights).sum(axis=1)
    np.testing.assert_allclose(sums_over_later(rank, marker, weights), expected, rtol=1e-12)


def test_perfect_order_has_no_interval():
    found = stats.concordance([3, 2, 1], [1, 2, 3], [1, 1, 0])
    assert found.estimate == 1
    assert np.isnan(found.low)
    assert found.pairs == 3


def test_direction_mirrors():
    marker, time, event = subjects()
    higher = stats.concordance(marker, time, event)
    lower = stats.concordance(marker, time, event, direction="lower")
    assert higher.estimate + lower.estimate == pytest.approx(1)
    assert higher.se == pytest.approx(lower.se)
    higher.plot()
    assert "Harrell" in higher.headline


def test_uno_does_not_hang_on_the_censoring():
    random = np.random.default_rng(6)
    found = {"uno": [], "harrell": [], "complete": []}
    for _ in range(60):
        marker = random.normal(size=300)
        # Only early events are foretold; censoring leaves more of them.
        early, late = random.exponential(np.exp(-2 * marker)), random.exponential(size=300)
        time = np.where(early < 0.3, early, 0.3 + late)
        gone = random.exponential(1, 300)
        data = marker, np.minimum(time, gone), time <= gone
        for method in ("uno", "harrell"):
            found[method].append(stats.concordance(*data, method=method, horizon=1.5).estimate)
        complete = stats.concordance(marker, time, np.ones(300), horizon=1.5)
        found["complete"].append(complete.estimate)
    bias = np.subtract(found["uno"], found["complete"])
    assert abs(bias.mean()) < 2.6 * bias.std() / np.sqrt(60)
    harrell = np.subtract(found["harrell"], found["complete"])
    assert abs(harrell.mean()) > 4 * harrell.std() / np.sqrt(60)


@pytest.mark.parametrize(
    ("data", "settings", "message"),
    [
        (([1, 2], [1, 2], [0, 0]), {}, "no pair is comparable"),
        (([1, 2], [1, 2], [0, 1]), {}, "no pair is comparable"),
        (([1, 2], [1, 2], [1, 1]), {"horizon": 1}, "no pair is comparable"),
        (([1, 2], [1, 2], [1, 1]), {"method": "gonen"}, "method: found 'gonen'"),
    ],
)
def test_nothing_to_compare_is_explained(data, settings, message):
    with pytest.raises(InputError, match=message):
        stats.concordance(*data, **settings)
