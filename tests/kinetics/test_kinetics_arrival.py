"""Finding the samples before contrast arrives."""

import numpy as np
import pytest

from biomarkers.dce import arrival_times, baseline_before_arrival
from biomarkers.errors import InputError
from biomarkers.kinetics.arrival import checked_baseline

ARRIVAL = 12
TIME = np.arange(100.0)
UPTAKES = {
    "artery": lambda t: t * np.exp(1 - t / 4) / 4,
    "fast tissue": lambda t: 1 - np.exp(-t / 6),
    "slow tissue": lambda t: 1 - np.exp(-t / 40),
}


def curve(uptake, noise=0.0, seed=0, shape=()):
    since = np.maximum(TIME - ARRIVAL, 0.0)
    rng = np.random.default_rng(seed)
    return 10 + 5 * UPTAKES[uptake](since) + noise * rng.normal(size=(*shape, TIME.size))


@pytest.mark.parametrize("uptake", UPTAKES)
def test_without_noise_the_last_baseline_sample_is_found(uptake):
    first, stop = baseline_before_arrival(curve(uptake))
    assert first == 0
    # Sample 12 is still at the baseline. Curved uptake bends early, never late.
    assert ARRIVAL - 3 <= stop <= ARRIVAL + 1


@pytest.mark.parametrize("uptake", UPTAKES)
def test_noise_hardly_moves_it(uptake):
    stops = [baseline_before_arrival(curve(uptake, noise=0.2, seed=s))[1] for s in range(100)]
    assert np.mean(np.array(stops) <= ARRIVAL + 2) >= 0.95
    assert np.median(stops) >= ARRIVAL - 4


def test_many_noisy_curves_agree_on_one_baseline():
    stop = baseline_before_arrival(curve("fast tissue", noise=3.0, shape=(20, 20)))[1]
    assert ARRIVAL - 3 <= stop <= ARRIVAL + 1


def test_curves_with_gaps_do_not_count():
    curves = curve("artery", shape=(3,))
    curves[0, 5] = np.nan
    curves[0, 40:] = 1e6
    assert baseline_before_arrival(curves) == baseline_before_arrival(curves[1:])


def test_noise_alone_is_no_arrival():
    rng = np.random.default_rng(1)
    found = 0
    for _ in range(300):
        try:
            baseline_before_arrival(10 + rng.normal(size=100))
            found += 1
        except InputError:
            pass
    assert found <= 3


@pytest.mark.parametrize(
    "signal",
    [np.full(50, 7.0), np.linspace(9, 5, 50), curve("artery")[ARRIVAL:], [3.0]],
    ids=["flat", "falling", "no baseline", "one sample"],
)
def test_where_nothing_arrives_a_baseline_is_asked_for(signal):
    with pytest.raises(InputError, match="baseline="):
        baseline_before_arrival(signal)


def test_curves_that_are_not_finite_are_refused():
    with pytest.raises(InputError, match="finite"):
        baseline_before_arrival(np.full((3, 20), np.nan))


@pytest.mark.parametrize("baseline", [(0, 0), (3, 2), (-1, 4), (0, 21), (1,), None, "soon", 4])
def test_what_is_no_range_of_samples_is_refused(baseline):
    with pytest.raises(InputError, match=r"baseline is .* within 0 to 20"):
        checked_baseline(baseline, 20)


def test_a_range_of_samples_is_half_open():
    assert checked_baseline((1, 20), 20) == slice(1, 20)


def test_the_foot_of_an_artery_is_no_baseline():
    """A slow first rise, that bends up late, must not pass for baseline."""
    rising = 10 + 5e-3 * np.maximum(TIME - ARRIVAL, 0.0) ** 3 * (TIME < 22)
    rising[22:] = rising[21]
    _, stop = baseline_before_arrival(rising)
    assert rising[stop - 1] - 10 <= 0.005 * (rising.max() - 10)
    rng = np.random.default_rng(2)
    for _ in range(20):
        _, stop = baseline_before_arrival(rising + 0.01 * rng.normal(size=TIME.size))
        assert 4 <= stop <= ARRIVAL + 3


@pytest.mark.parametrize("arrival", [8.0, 11.3, 12.75])
def test_arrival_is_found_between_samples(arrival):
    ramp = 10 + np.clip(TIME - arrival, 0.0, 8.0)
    found = arrival_times(np.stack([ramp, 3 * ramp]), TIME)
    np.testing.assert_allclose(found, arrival, atol=0.13)


@pytest.mark.parametrize(("uptake", "early"), [("artery", 1.0), ("fast tissue", 1.5)])
def test_noise_scatters_arrival_little(uptake, early):
    found = arrival_times(curve(uptake, noise=0.2, shape=(500,)), TIME)
    assert np.isfinite(found).mean() > 0.99
    assert abs(np.median(found) - ARRIVAL) < early
    assert np.std(found) < 1.0


def test_arrival_is_unknown_in_noise_and_gaps():
    rng = np.random.default_rng(3)
    noise = 10 + rng.normal(size=(500, TIME.size))
    assert np.isnan(arrival_times(noise, TIME)).mean() > 0.97
    gap = curve("artery")
    gap[40] = np.nan
    assert np.isnan(arrival_times(gap, TIME))
    assert np.isnan(arrival_times(curve("artery")[ARRIVAL + 1 :], TIME[ARRIVAL + 1 :]))


def test_arrival_of_curves_and_times_that_do_not_fit():
    with pytest.raises(InputError, match="same number of samples"):
        arrival_times(np.ones((3, 10)), TIME)
