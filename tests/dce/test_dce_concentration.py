"""Signal to concentration and back."""

import numpy as np
import pytest

from biomarkers.dce import concentration, concentration_to_signal
from biomarkers.errors import InputError

SCAN = {"tr": 0.005, "flip_deg": 20.0, "r1": 4.5}
CURVE = np.concatenate([np.zeros(5), np.linspace(0, 6, 30)])


@pytest.mark.parametrize("t10", [0.4, 1.5, 4.0])
@pytest.mark.parametrize("b1", [None, 0.7, 1.2])
def test_there_and_back(t10, b1):
    signal = concentration_to_signal(CURVE, t10=t10, m0=800.0, b1=b1, **SCAN)
    back = concentration(signal, t10=t10, baseline=(0, 5), b1=b1, **SCAN)
    np.testing.assert_allclose(back, CURVE, atol=1e-10)


def test_every_voxel_has_its_own_t1_and_field():
    rng = np.random.default_rng(0)
    t10, b1, m0 = rng.uniform(0.5, 3, (4, 3)), rng.uniform(0.7, 1.2, (4, 3)), rng.uniform(1, 9, 3)
    truth = CURVE * rng.uniform(0.2, 1, (4, 3, 1))
    signal = concentration_to_signal(truth, t10=t10, m0=m0, b1=b1, **SCAN)
    assert signal.shape == truth.shape
    back = concentration(signal, t10=t10, b1=b1, baseline=(0, 5), **SCAN)
    np.testing.assert_allclose(back, truth, atol=1e-10)


def test_a_reduction_of_t1_by_hand():
    # Signal of M0 = 1: t10 = 1 s before, 1/(1/1 + 4 * 0.5) = 1/3 s with 0.5 mM at r1 = 4.
    e1 = np.exp(-0.01 / np.array([1.0, 1 / 3]))
    signal = np.sin(np.radians(30)) * (1 - e1) / (1 - e1 * np.cos(np.radians(30)))
    found = concentration(signal, t10=1.0, tr=0.01, flip_deg=30.0, r1=4.0, baseline=(0, 1))
    np.testing.assert_allclose(found, [0.0, 0.5], atol=1e-12)


def test_small_enhancement_keeps_its_digits():
    truth = np.array([0.0, 0.0, 1e-6])
    signal = concentration_to_signal(truth, t10=1.5, **SCAN)
    found = concentration(signal, t10=1.5, baseline=(0, 2), **SCAN)
    assert found[2] == pytest.approx(1e-6, rel=1e-5)


def test_the_baseline_is_half_open():
    signal = concentration_to_signal(np.zeros(6), t10=1.0, **SCAN)
    signal[[0, 3]] *= 2
    np.testing.assert_allclose(
        concentration(signal, t10=1.0, baseline=(1, 3), **SCAN)[[1, 2, 4, 5]], 0.0, atol=1e-12
    )


def test_the_baseline_can_be_detected():
    signal = concentration_to_signal(CURVE, t10=1.5, m0=800.0, **SCAN)
    np.testing.assert_allclose(concentration(signal, t10=1.5, **SCAN), CURVE, atol=1e-10)


def test_noise_before_contrast_may_be_negative():
    signal = concentration_to_signal(np.array([0.05, -0.05, 1.0]), t10=1.0, **SCAN)
    found = concentration(signal, t10=1.0, baseline=(0, 2), **SCAN)
    assert found[0] > 0 > found[1] > -0.1


def test_what_no_concentration_explains_is_nan():
    signal = concentration_to_signal(np.zeros((1, 8)), t10=1.0, m0=100.0, **SCAN)[0]
    full = 100.0 * np.sin(np.radians(20.0))
    signal[4:8] = full, 2 * full, 0.0, -3.0
    found = concentration(signal, t10=1.0, baseline=(0, 4), **SCAN)
    assert np.isfinite(found[:4]).all()
    assert np.isnan(found[4:]).all()
    assert np.isfinite(
        concentration(0.999 * full + 0 * signal, t10=1.0, baseline=(0, 4), **SCAN)[0]
    )


@pytest.mark.parametrize("t10", [np.nan, 0.0, -1.0, np.inf])
def test_without_t1_there_is_no_concentration(t10):
    signal = concentration_to_signal(np.stack([CURVE, CURVE]), t10=1.0, **SCAN)
    found = concentration(signal, t10=[1.0, t10], baseline=(0, 5), **SCAN)
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1]).all()


@pytest.mark.parametrize("before", [0.0, -1.0, np.nan])
def test_without_baseline_signal_there_is_no_concentration(before):
    signal = np.array([before, before, 2.0, 3.0])
    assert np.isnan(concentration(signal, t10=1.0, baseline=(0, 2), **SCAN)).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tr": 0.0}, "tr is"),
        ({"r1": -1.0}, "r1 is"),
        ({"flip_deg": 0.0}, "flip_deg"),
        ({"t10": np.ones(3)}, "t10 of shape"),
        ({"b1": np.ones(3)}, "b1 of shape"),
        ({"baseline": (0, 99)}, "baseline"),
        ({"baseline": (4, 4)}, "baseline"),
    ],
)
def test_impossible_settings_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        concentration(np.ones((2, 10)), **{**SCAN, "t10": 1.0, "baseline": (0, 2), **change})


def test_a_single_number_is_no_curve():
    with pytest.raises(InputError, match="time as its last axis"):
        concentration(3.0, t10=1.0, **SCAN)
