"""Signal to concentration with the agent's effect on T2*."""

import numpy as np
import pytest
from scipy.optimize import brentq

from biomarkers.dce import SignalFlag, concentration, concentration_to_signal, signal_flags
from biomarkers.errors import InputError

SCAN = {"tr": 0.01, "flip_deg": 20.0, "r1": 2.84}
DECAY = {"te": 0.003, "r2s": 40.0}


def textbook(c, t10=1.5, m0=500.0):
    """The signal equation, written out."""
    e1 = np.exp(-SCAN["tr"] * (1 / t10 + SCAN["r1"] * c))
    angle = np.radians(SCAN["flip_deg"])
    echo = np.exp(-DECAY["te"] * DECAY["r2s"] * c)
    return m0 * np.sin(angle) * (1 - e1) / (1 - np.cos(angle) * e1) * echo


def test_the_signal_is_that_of_the_textbook():
    c = np.linspace(-0.05, 20, 50)
    found = concentration_to_signal(c, t10=1.5, m0=500.0, **SCAN, **DECAY)
    np.testing.assert_allclose(found, textbook(c), rtol=1e-12)


def test_there_and_back_on_the_rising_side():
    peak = np.linspace(0, 20, 20001)[textbook(np.linspace(0, 20, 20001)).argmax()]
    assert 3 < peak < 10  # the case has a maximum to speak of
    truth = np.concatenate([np.zeros(4), np.linspace(-0.05, 0.999 * peak, 400)])
    found = concentration(textbook(truth), t10=1.5, baseline=(0, 4), **SCAN, **DECAY)
    np.testing.assert_allclose(found, truth, rtol=1e-6, atol=1e-10)


def test_without_it_an_artery_is_underestimated():
    truth = np.array([0.0, 0.0, 5.0])
    found = concentration(textbook(truth), t10=1.5, baseline=(0, 2), **SCAN)
    assert 0 < found[2] < 0.5 * truth[2]


def test_the_root_is_that_of_a_bracketing_solver():
    signal = np.array([textbook(0.0), textbook(0.0), 1.9 * textbook(0.0)])
    found = concentration(signal, t10=1.5, baseline=(0, 2), **SCAN, **DECAY)[2]
    assert found == pytest.approx(brentq(lambda c: textbook(c) - signal[2], 0, 2), abs=1e-10)


def test_beyond_the_maximum_there_is_no_concentration_and_a_flag():
    top = textbook(np.linspace(0, 20, 20001)).max()
    signal = np.array([textbook(0.0)] * 3 + [1.0001 * top, 0.9999 * top])
    found = concentration(signal, t10=1.5, baseline=(0, 3), **SCAN, **DECAY)
    assert np.isnan(found[3])
    assert np.isfinite(found[[0, 1, 2, 4]]).all()
    np.testing.assert_array_equal(signal_flags(signal, found), [0, 0, 0, SignalFlag.SATURATED, 0])


def test_every_voxel_has_its_own_t1_and_field():
    rng = np.random.default_rng(2)
    t10, b1 = rng.uniform(0.8, 2.5, (3, 4)), rng.uniform(0.7, 1.2, (3, 4))
    truth = np.concatenate([np.zeros((3, 4, 3)), rng.uniform(0, 2, (3, 4, 9))], axis=-1)
    signal = concentration_to_signal(truth, t10=t10, b1=b1, **SCAN, **DECAY)
    found = concentration(signal, t10=t10, b1=b1, baseline=(0, 3), **SCAN, **DECAY)
    np.testing.assert_allclose(found, truth, atol=1e-9)


@pytest.mark.parametrize(
    "change", [{"te": 0.003}, {"r2s": 40.0}, {"te": -1.0, "r2s": 40.0}, {"te": 0.1, "r2s": np.nan}]
)
def test_half_a_correction_is_refused(change):
    with pytest.raises(InputError, match=r"te is|r2s is"):
        concentration(np.ones(10), t10=1.0, baseline=(0, 2), **SCAN, **change)
