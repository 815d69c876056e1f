"""Trains of pulses after inversion: their signal, Look-Locker, and HIFI."""

import numpy as np
import pulse_by_pulse
import pytest
from protocols import HIFI_FLIP, LOOK_LOCKER, PREPARED, magnitudes

from biomarkers.errors import InputError, UnusualValueWarning
from biomarkers.relaxometry import (
    InversionTrain,
    smooth_b1,
    spgr_signal,
    t1_hifi,
    t1_look_locker,
    train_signal,
)


@pytest.mark.parametrize("t1", [0.05, 0.8, 4.0])
@pytest.mark.parametrize("b1", [0.7, 1.2])
@pytest.mark.parametrize(("cycle", "efficiency"), [(None, 1.0), (2.5, 0.9), (2.5, None)])
def test_the_signal_is_that_of_a_train_followed_pulse_by_pulse(t1, b1, cycle, efficiency):
    sequence = InversionTrain(
        first=0.03, tr=0.07, flip_deg=12, pulse=np.arange(1, 21), pulses=25, cycle=cycle,
        efficiency=efficiency,
    )  # fmt: skip
    inversion = b1 * np.pi if efficiency is None else np.arccos(-efficiency)
    repeat = 400.0 if cycle is None else cycle
    flip = b1 * np.radians(12)
    expected = pulse_by_pulse.train(np.array(t1), 0.03, 0.07, flip, 25, repeat, inversion)
    found = train_signal(5.0, t1, sequence, b1=b1)
    np.testing.assert_allclose(found, 5.0 * expected[:20], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(sequence.ti, 0.03 + 0.07 * np.arange(20))


def test_shapes_broadcast():
    signal = train_signal(np.ones((3, 1)), np.ones(4), LOOK_LOCKER)
    assert signal.shape == (3, 4, 32)
    assert train_signal(1.0, 1.0, PREPARED).shape == (4,)


def test_fitting_b1_is_the_correction_of_the_apparent_t1():
    # Deichmann & Haase 1992: T1 = T1* (B/A - 1), for many small pulses from the inversion on.
    with pytest.warns(UnusualValueWarning, match="(first|tr) is 0.0001 s"):
        train = InversionTrain(first=1e-4, tr=1e-4, flip_deg=0.5, pulse=np.arange(1, 40_000, 400))
    signal = train_signal(1.0, 1.1, train)[None]
    t = train.ti
    apparent = 1.0 / (1.0 / 1.1 - np.log(np.cos(np.radians(0.5))) / 1e-4)
    design = np.stack([np.ones_like(t), -np.exp(-t / apparent)], axis=1)
    (a, b), *_ = np.linalg.lstsq(design, signal[0], rcond=None)
    assert apparent * (b / a - 1.0) == pytest.approx(1.1, rel=1e-3)
    found = t1_look_locker(np.abs(signal), train=train)
    assert found.t1[0] == pytest.approx(1.1, rel=1e-6)
    assert found["B1"][0] == pytest.approx(1.0, rel=1e-6)


def test_a_known_field_makes_t1_better():
    clean = train_signal(100.0, np.full(1500, 1.3), LOOK_LOCKER, b1=0.9)
    signal = magnitudes(clean, clean.max() / 30)
    free = t1_look_locker(signal, train=LOOK_LOCKER)
    known = t1_look_locker(signal, train=LOOK_LOCKER, b1=0.9)
    assert "B1" not in known.values
    assert known.se["T1"].mean() < 0.7 * free.se["T1"].mean()
    assert known.t1.std() < 0.7 * free.t1.std()


def test_where_pulses_do_not_show_b1_is_unknown_and_t1_is_not():
    train = InversionTrain(first=0.1, tr=0.1, flip_deg=1, pulse=np.arange(1, 31))
    clean = train_signal(1000.0, np.full(1000, 0.8), train)
    noise = clean.max() / 30
    found = t1_look_locker(magnitudes(clean, noise), train=train, noise=noise)
    assert 0.3 < np.isnan(found["B1"]).mean() < 0.7
    assert not found.flags.any()
    assert np.median(found.t1) == pytest.approx(0.8, rel=0.01)


def test_a_field_that_also_scales_the_inversion_cannot_be_told():
    train = InversionTrain(first=0.02, tr=0.05, flip_deg=8, pulse=[1, 5, 9, 20], efficiency=None)
    with pytest.raises(InputError, match="give b1"):
        t1_look_locker(np.ones(4), train=train)
    signal = np.abs(train_signal(3.0, 0.9, train, b1=0.8))
    assert t1_look_locker(signal, train=train, b1=0.8).t1 == pytest.approx(0.9)


def test_hifi_finds_the_field_that_a_vfa_needs():
    t1, b1 = np.meshgrid(np.linspace(0.4, 3.0, 12), np.linspace(0.6, 1.3, 15), indexing="ij")
    spgr = spgr_signal(200.0, t1, tr=0.006, flip_deg=HIFI_FLIP, b1=b1)
    prepared = np.abs(train_signal(200.0, t1, PREPARED, b1=b1))
    found = t1_hifi(spgr, prepared, flip_deg=HIFI_FLIP, tr=0.006, train=PREPARED)
    np.testing.assert_allclose(found.t1, t1, rtol=1e-6)
    np.testing.assert_allclose(found["B1"], b1, rtol=1e-6)
    np.testing.assert_allclose(found.m0, 200.0, rtol=1e-6)


def test_the_published_signal_is_that_of_a_train_which_leaves_nothing():
    # Deoni 2007, equation 4: M0 sin a [1 - (1 - cos t) E(TI) + E(TR)], t = 180 degrees times B1.
    # With a full inversion it is exact where the train ends with nothing left.
    ti, tr, t1 = 0.4, 2.0, 0.9
    with pytest.warns(UnusualValueWarning, match="tr is 1e-06 s"):
        train = InversionTrain(first=ti, tr=1e-6, flip_deg=5, pulses=4000, cycle=tr)
    expected = np.sin(np.radians(5)) * (1 - 2 * np.exp(-ti / t1) + np.exp(-tr / t1))
    assert train_signal(1.0, t1, train)[0] == pytest.approx(expected, rel=0.02)


def test_a_field_smoothed_after_hifi_makes_t1_better():
    shape = (20, 20, 4)
    x, y, _ = np.meshgrid(*(np.linspace(-1, 1, n) for n in shape), indexing="ij")
    b1, t1 = 0.9 + 0.1 * x - 0.05 * y**2, np.full(shape, 1.2)
    spgr = spgr_signal(1000.0, t1, tr=0.006, flip_deg=HIFI_FLIP, b1=b1)
    prepared = train_signal(1000.0, t1, PREPARED, b1=b1)
    noise = spgr.max() / 40
    spgr, prepared = magnitudes(spgr, noise, 1), magnitudes(prepared, noise, 2)
    settings = {"flip_deg": HIFI_FLIP, "tr": 0.006}
    first = t1_hifi(spgr, prepared, train=PREPARED, noise=noise, **settings)
    smooth = smooth_b1(first["B1"], voxel_size=[1, 1, 1], fwhm_mm=4)
    second = t1_hifi(spgr, prepared, train=PREPARED, b1=smooth, noise=noise, **settings)
    assert "B1" not in second.values
    before, after = (np.nanmedian(np.abs(each.t1 / t1 - 1)) for each in (first, second))
    assert np.nanmedian(np.abs(smooth / b1 - 1)) < 0.35 * np.nanmedian(np.abs(first["B1"] / b1 - 1))
    assert after < 0.8 * before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"first": -0.1}, "first"),
        ({"tr": 0.0}, "tr is"),
        ({"flip_deg": 95.0}, "below 90"),
        ({"pulse": 0}, "whole numbers"),
        ({"pulse": [1.5]}, "whole numbers"),
        ({"pulse": 5, "pulses": 4}, "pulse 5 is sampled"),
        ({"pulses": 40, "cycle": 1.0}, "do not fit"),
        ({"efficiency": 0.0}, "efficiency"),
    ],
)
def test_impossible_trains_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        InversionTrain(**{"first": 0.1, "tr": 0.05, "flip_deg": 8.0, **change})


def test_impossible_hifi_is_refused():
    settings = {"flip_deg": [3.0, 9.0], "tr": 0.006, "train": PREPARED}
    ones = np.ones((5, 4))
    for spgr, change, message in (
        (np.ones((4, 2)), {}, "same voxels"),
        (np.ones((5, 3)), {}, "2 flip angles"),
        (np.ones((5, 2)), {"b1": np.ones(4)}, "b1 of shape"),
        (np.ones((5, 1)), {"flip_deg": 5.0}, "list of angles"),
    ):
        with pytest.raises(InputError, match=message):
            t1_hifi(spgr, ones, **{**settings, **change})
