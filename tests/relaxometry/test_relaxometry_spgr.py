"""The spoiled gradient echo."""

import numpy as np
import pytest

from biomarkers.errors import InputError
from biomarkers.relaxometry import spgr_signal


def steady_state(m0, t1, tr, flip):
    """Iterate the pulse train until the magnetisation repeats itself."""
    mz = m0
    for _ in range(20_000):
        mz = m0 + (mz * np.cos(flip) - m0) * np.exp(-tr / t1)
    return mz * np.sin(flip)


@pytest.mark.parametrize("t1", [0.05, 1.3, 4.0])
@pytest.mark.parametrize("flip", [2.0, 15.0, 70.0])
def test_it_is_where_a_pulse_train_settles(t1, flip):
    expected = steady_state(100.0, t1, 0.005, np.radians(flip))
    assert spgr_signal(100.0, t1, tr=0.005, flip_deg=flip) == pytest.approx(expected, rel=1e-9)


def test_the_ernst_angle_gives_the_most_signal():
    tr, t1 = 0.005, 1.2
    ernst = np.degrees(np.arccos(np.exp(-tr / t1)))
    signals = spgr_signal(1.0, t1, tr=tr, flip_deg=[ernst - 0.01, ernst, ernst + 0.01])
    assert signals.argmax() == 1


def test_flip_angles_come_last():
    m0 = np.ones((4, 3))
    signal = spgr_signal(m0, 1.0, tr=0.005, flip_deg=[2, 10, 20], b1=np.full(3, 0.9))
    assert signal.shape == (4, 3, 3)
    scaled = spgr_signal(m0, 1.0, tr=0.005, flip_deg=[1.8, 9, 18])
    np.testing.assert_allclose(signal, scaled, rtol=1e-14)
    assert spgr_signal(m0, 1.0, tr=0.005, flip_deg=10).shape == (4, 3)


@pytest.mark.parametrize("flip", [0, -5, 180, np.nan, [10, 0]])
def test_impossible_angles_are_refused(flip):
    with pytest.raises(InputError, match="flip_deg"):
        spgr_signal(1.0, 1.0, tr=0.005, flip_deg=flip)


@pytest.mark.parametrize("tr", [0, -1, np.nan, np.inf, [0.005, 0.005]])
def test_impossible_repetition_times_are_refused(tr):
    with pytest.raises(InputError, match="tr is"):
        spgr_signal(1.0, 1.0, tr=tr, flip_deg=10)
