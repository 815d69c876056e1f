"""Saturation-recovery turboFLASH against a Bloch simulation, and back."""

import numpy as np
import pytest

from biomarkers.dce import SignalFlag, concentration_turboflash, signal_flags, turboflash_signal
from biomarkers.errors import InputError

TRAIN = {"prep_time": 0.1, "tr": 0.0025, "flip_deg": 12.0, "pulses_to_centre": 32}
R1 = 4.0


def bloch(t1, prep_time, tr, flip_deg, pulses_to_centre):
    """Step the magnetisation vector of one spin packet through saturation and pulses."""
    angle = np.radians(flip_deg)
    turn = np.array(
        [
            [1, 0, 0],
            [0, np.cos(angle), np.sin(angle)],
            [0, -np.sin(angle), np.cos(angle)],
        ]
    )
    spoil = np.diag([0.0, 0.0, 1.0])

    def recover(m, duration):
        e1 = np.exp(-duration / t1)
        return np.array([m[0], m[1], 1 + (m[2] - 1) * e1])

    m = recover(np.zeros(3), prep_time)
    for _ in range(pulses_to_centre):
        m = recover(spoil @ turn @ m, tr)
    return float(np.hypot(*(turn @ m)[:2]))


@pytest.mark.parametrize("t1", [0.05, 0.3, 1.5])
@pytest.mark.parametrize(
    "change", [{}, {"pulses_to_centre": 0}, {"flip_deg": 30.0}, {"prep_time": 0.01, "tr": 0.006}]
)
def test_the_signal_is_that_of_a_bloch_simulation(t1, change):
    settings = {**TRAIN, **change}
    assert turboflash_signal(1.0, t1, **settings) == pytest.approx(bloch(t1, **settings), rel=1e-12)


@pytest.mark.parametrize("pulses", [0, 1, 64])
@pytest.mark.parametrize("flip_deg", [1.0, 12.0, 90.0])
def test_there_and_back(pulses, flip_deg):
    settings = {**TRAIN, "pulses_to_centre": pulses, "flip_deg": flip_deg}
    truth = np.concatenate([np.zeros(4), np.linspace(-0.05, 5.0, 40)])
    signal = turboflash_signal(300.0, 1 / (1 / 1.4 + R1 * truth), **settings)
    found = concentration_turboflash(signal, t10=1.4, r1=R1, baseline=(0, 4), **settings)
    np.testing.assert_allclose(found, truth, rtol=1e-7, atol=1e-9)


def test_every_voxel_has_its_own_t1_and_field():
    rng = np.random.default_rng(0)
    t10, b1 = rng.uniform(0.5, 2.5, (3, 5)), rng.uniform(0.7, 1.3, (3, 5))
    truth = np.concatenate([np.zeros((3, 5, 3)), rng.uniform(0, 4, (3, 5, 8))], axis=-1)
    rate = 1 / t10[..., None] + R1 * truth
    signal = turboflash_signal(80.0, 1 / rate, b1=b1[..., None], **TRAIN)
    found = concentration_turboflash(signal, t10=t10, r1=R1, b1=b1, baseline=(0, 3), **TRAIN)
    np.testing.assert_allclose(found, truth, atol=1e-8)


def test_t2star_is_undone():
    truth = np.concatenate([np.zeros(3), np.linspace(0, 3, 9)])
    signal = turboflash_signal(1.0, 1 / (1 / 1.4 + R1 * truth), **TRAIN)
    signal = signal * np.exp(-0.0012 * 30.0 * truth)
    found = concentration_turboflash(
        signal, t10=1.4, r1=R1, baseline=(0, 3), te=0.0012, r2s=30.0, **TRAIN
    )
    np.testing.assert_allclose(found, truth, atol=1e-8)


def test_what_no_concentration_explains_is_nan_with_a_flag():
    before = float(turboflash_signal(1.0, 1.4, **TRAIN))
    full = float(np.sin(np.radians(12.0)))
    signal = np.array([before, before, before, 1.001 * full, 0.0, -1.0, np.nan, 0.5 * full])
    found = concentration_turboflash(signal, t10=1.4, r1=R1, baseline=(0, 3), **TRAIN)
    assert np.isnan(found[3:7]).all()
    assert np.isfinite(found[[0, 1, 2, 7]]).all()
    saturated, below, missing = SignalFlag.SATURATED, SignalFlag.BELOW, SignalFlag.MISSING
    np.testing.assert_array_equal(
        signal_flags(signal, found), [0, 0, 0, saturated, below, below, missing, 0]
    )


def test_a_field_that_turns_beyond_90_degrees_has_no_concentration():
    settings = {**TRAIN, "flip_deg": 80.0}
    found = concentration_turboflash(
        np.ones((2, 6)), t10=1.0, r1=R1, baseline=(0, 2), b1=[1.0, 1.3], **settings
    )
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1]).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"prep_time": 0.0}, "prep_time is"),
        ({"tr": -1.0}, "tr is"),
        ({"flip_deg": 91.0}, "up to 90"),
        ({"pulses_to_centre": 1.5}, "whole number"),
        ({"pulses_to_centre": -1}, "whole number"),
        ({"r1": 0.0}, "r1 is"),
        ({"te": 0.001}, "give both"),
    ],
)
def test_impossible_settings_are_refused(change, message):
    settings = {**TRAIN, "r1": R1, "t10": 1.0, "baseline": (0, 2), **change}
    with pytest.raises(InputError, match=message):
        concentration_turboflash(np.ones(6), **settings)
