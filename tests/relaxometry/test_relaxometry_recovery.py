"""Inversion and saturation recovery."""

import numpy as np
import pulse_by_pulse
import pytest

from biomarkers.errors import InputError
from biomarkers.relaxometry import t1_inversion_recovery, t1_saturation_recovery

TI = np.array([0.05, 0.15, 0.35, 0.7, 1.2, 2.0, 3.0])
T1 = np.geomspace(0.15, 5.0, 40)


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("efficiency", [1.0, 0.9, 0.6])
def test_a_repetition_shorter_than_recovery_is_corrected_for(signed, efficiency):
    signal = 50.0 * pulse_by_pulse.recovery(T1, TI, 3.5, np.arccos(-efficiency))
    signal = signal if signed else np.abs(signal)
    known = t1_inversion_recovery(signal, ti=TI, tr=3.5, efficiency=efficiency, signed=signed)
    free = t1_inversion_recovery(signal, ti=TI, tr=3.5, signed=signed)
    for found in (known, free):
        np.testing.assert_allclose(found.t1, T1, rtol=1e-8)
        np.testing.assert_allclose(found.m0, 50.0, rtol=1e-8)
    assert "efficiency" not in known.values
    np.testing.assert_allclose(free["efficiency"], efficiency, rtol=1e-8)


def test_ignoring_the_repetition_is_wrong():
    signal = pulse_by_pulse.recovery(np.array([2.0]), TI, 3.5, np.pi)
    assert t1_inversion_recovery(signal, ti=TI, efficiency=1.0, signed=True).t1[0] < 1.9


def test_a_spin_echo_is_given_the_repetition_less_the_echo_time():
    te, tr, t1 = 0.02, 3.5, np.array([0.5, 1.0, 2.0])
    signal = np.concatenate(
        [
            pulse_by_pulse.steady_state(
                [
                    ("pulse", np.pi), ("wait", t), ("read", np.pi / 2), ("wait", te / 2),
                    ("pulse", np.pi), ("wait", tr - t - te / 2),
                ],
                t1,
            )
            for t in TI
        ],
        axis=-1,
    )  # fmt: skip
    settings = {"ti": TI, "efficiency": 1.0, "signed": True}
    better = t1_inversion_recovery(signal, tr=tr - te, **settings)
    np.testing.assert_allclose(better.t1, t1, rtol=2e-4)
    plain = t1_inversion_recovery(signal, tr=tr, **settings)
    assert abs(plain.t1[2] / 2.0 - 1) > 5 * abs(better.t1[2] / 2.0 - 1)
    # Whatever the repetition does, it does not touch T1 if the efficiency is fitted.
    free = t1_inversion_recovery(signal, ti=TI, signed=True)
    np.testing.assert_allclose(free.t1, t1, rtol=1e-8)


@pytest.mark.parametrize("angle", [20.0, 60.0, 90.0])
def test_any_readout_gives_t1_if_the_efficiency_is_fitted(angle):
    flip = np.radians(angle)
    signal = np.concatenate(
        [
            pulse_by_pulse.steady_state(
                [("pulse", 0.95 * np.pi), ("wait", t), ("read", flip), ("wait", 4.0 - t)], T1
            )
            for t in TI
        ],
        axis=-1,
    )
    np.testing.assert_allclose(t1_inversion_recovery(np.abs(signal), ti=TI).t1, T1, rtol=1e-7)


def test_the_order_of_inversion_times_does_not_matter():
    signal = np.abs(pulse_by_pulse.recovery(T1, TI, 4.0, np.pi))
    mixed = np.random.default_rng(0).permutation(TI.size)
    one = t1_inversion_recovery(signal, ti=TI, tr=4.0)
    other = t1_inversion_recovery(signal[:, mixed], ti=TI[mixed], tr=4.0)
    np.testing.assert_allclose(one.t1, other.t1, rtol=1e-8)


def test_signs_are_the_best_of_all_ways_they_may_fall():
    rng = np.random.default_rng(8)
    clean = 1.0 - 2.0 * np.exp(-TI / rng.uniform(0.3, 3.0, (200, 1)))
    signal = np.hypot(
        clean + 0.1 * rng.normal(size=clean.shape), 0.1 * rng.normal(size=clean.shape)
    )
    found = t1_inversion_recovery(signal, ti=TI, efficiency=1.0)
    curves = 1.0 - 2.0 * np.exp(-TI / np.geomspace(0.01, 20.0, 3000)[:, None])
    best = np.inf
    for negative in range(TI.size + 1):
        turned = signal * np.where(np.arange(TI.size) < negative, -1.0, 1.0)
        along = np.maximum(turned @ curves.T, 0.0) ** 2 / (curves**2).sum(axis=1)
        best = np.minimum(best, (signal**2).sum(axis=1) - along.max(axis=1))
    rss = found.quality["residual_sd"] ** 2 * found.freedom
    known = ~found.flags
    assert known.mean() > 0.95
    assert (rss[known] <= best[known] * (1 + 1e-6)).all()


def test_saturation_by_repetition_time():
    # Gradient echoes of 90 degrees at several repetition times recover from nothing.
    times = np.array([0.2, 0.5, 1.0, 2.0, 4.0])
    each = [pulse_by_pulse.spoiled_echoes(T1, np.array([np.pi / 2]), t) for t in times]
    found = t1_saturation_recovery(np.concatenate(each, axis=-1), delay=times)
    np.testing.assert_allclose(found.t1, T1, rtol=1e-8)


@pytest.mark.parametrize("efficiency", [1.0, 0.85, 1.1])
def test_what_saturation_leaves_can_be_given_or_fitted(efficiency):
    times = np.array([0.1, 0.4, 1.0, 2.0, 4.0])
    signal = 3.0 * (1.0 - efficiency * np.exp(-times / T1[:, None]))
    given = t1_saturation_recovery(signal, delay=times, efficiency=efficiency)
    free = t1_saturation_recovery(signal, delay=times, efficiency="fitted")
    np.testing.assert_allclose(given.t1, T1, rtol=1e-8)
    np.testing.assert_allclose(free.t1, T1, rtol=1e-7)
    np.testing.assert_allclose(free["efficiency"], efficiency, rtol=1e-7)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ti": [0.1, 0.5, -1.0, 2.0]}, "ti is"),
        ({"ti": 0.5}, "ti is"),
        ({"ti": [0.1, 0.5]}, "each of the 2 inversion times"),
        ({"tr": 1.0}, "shorter than the longest"),
        ({"tr": -1.0}, "tr is"),
        ({"efficiency": 1.5}, "efficiency is"),
        ({"efficiency": "perfect"}, "efficiency is"),
    ],
)
def test_impossible_inversions_are_refused(change, message):
    settings = {"ti": [0.1, 0.5, 1.0, 2.0], "tr": 5.0, **change}
    with pytest.raises(InputError, match=message):
        t1_inversion_recovery(np.ones((3, 4)), **settings)


def test_too_few_signals_are_refused():
    with pytest.raises(InputError, match="at least 4"):
        t1_inversion_recovery(np.ones(3), ti=[0.1, 0.5, 2.0])
    with pytest.raises(InputError, match="at least 3"):
        t1_inversion_recovery(np.ones(2), ti=[0.1, 2.0], signed=True)
    with pytest.raises(InputError, match="at least 2"):
        t1_saturation_recovery(np.ones(1), delay=[0.1])


@pytest.mark.parametrize("efficiency", [0.2, "full"])
def test_impossible_saturations_are_refused(efficiency):
    with pytest.raises(InputError, match="efficiency is"):
        t1_saturation_recovery(np.ones(3), delay=[0.1, 1.0, 2.0], efficiency=efficiency)
