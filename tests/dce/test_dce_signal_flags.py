"""Clipped samples, and why a sample has no concentration."""

import numpy as np
import pytest

from biomarkers.dce import (
    SignalFlag,
    clipping_level,
    concentration,
    concentration_to_signal,
    signal_flags,
    without_clipped,
)
from biomarkers.errors import InputError

SCAN = {"tr": 0.005, "flip_deg": 20.0, "r1": 4.5}
CURVE = np.concatenate([np.zeros(6), 5 * np.exp(-np.arange(20) / 6)])


def series(seed=0):
    """Two voxels of blood in noise, the second clipped at its peak."""
    rng = np.random.default_rng(seed)
    signal = concentration_to_signal(np.stack([CURVE, CURVE]), t10=1.6, m0=[800.0, 2000.0], **SCAN)
    signal += rng.normal(scale=1.0, size=signal.shape)
    return np.minimum(np.rint(signal), 350.0)


def test_clipping_is_found_and_yields_no_concentration():
    signal = series()
    assert clipping_level(signal) == 350.0
    cut = signal == 350.0
    assert 3 <= cut[1].sum() < CURVE.size and not cut[0].any()
    clean = without_clipped(signal)
    np.testing.assert_array_equal(np.isnan(clean), cut)
    found = concentration(clean, t10=1.6, baseline=(0, 6), **SCAN)
    np.testing.assert_array_equal(np.isnan(found), cut)
    np.testing.assert_array_equal(signal_flags(signal, found) == SignalFlag.CLIPPED, cut)


def test_a_ceiling_can_be_given():
    signal = np.array([1.0, 2.0, 4095.0, 3.0])
    assert clipping_level(signal) is None
    np.testing.assert_array_equal(np.isnan(without_clipped(signal, ceiling=4095)), signal == 4095)


@pytest.mark.parametrize(
    "signal",
    [
        np.zeros((3, 9)),
        np.full(9, np.nan),
        [1.0, 2.0],
        3.0,
        np.random.default_rng(1).normal(size=(9, 50)),
    ],
    ids=["empty", "missing", "short", "number", "noise"],
)
def test_what_shows_no_sign_of_clipping(signal):
    assert clipping_level(signal) is None


def test_flags_say_why():
    signal = np.array([[10.0, 10.0, 11.0, 900.0, -1.0, np.nan], [0.0, 0.0, 5.0, 5.0, 5.0, 5.0]])
    found = concentration(signal, t10=1.0, baseline=(0, 2), **SCAN)
    flags = signal_flags(signal, found)
    f = SignalFlag
    np.testing.assert_array_equal(flags[0], [0, 0, 0, f.SATURATED, f.BELOW, f.MISSING])
    unusable = [f.UNUSABLE | f.BELOW] * 2 + [f.UNUSABLE] * 4
    np.testing.assert_array_equal(flags[1], unusable)


def test_shapes_must_agree():
    with pytest.raises(InputError, match="does not fit"):
        signal_flags(np.ones(4), np.ones(5))
