"""Relative enhancement as an approximation: where it holds, and which way it errs."""

import numpy as np
import pytest

from biomarkers.dce import concentration_relative, concentration_to_signal
from biomarkers.errors import InputError

TRUTH = np.concatenate([np.zeros(4), np.linspace(0.01, 2.0, 30)])


def found(flip_deg, tr=0.002):
    signal = concentration_to_signal(TRUTH, t10=1.5, tr=tr, flip_deg=flip_deg, r1=4.0, m0=70.0)
    return concentration_relative(signal, t10=1.5, r1=4.0, baseline=(0, 4))


def test_it_holds_where_signal_follows_the_rate():
    np.testing.assert_allclose(found(90.0), TRUTH, rtol=0.01, atol=1e-12)


@pytest.mark.parametrize("flip_deg", [5.0, 15.0, 30.0])
def test_elsewhere_it_says_too_little(flip_deg):
    assert (found(flip_deg)[4:] < TRUTH[4:]).all()


def test_voxels_without_t1_or_baseline_have_no_value():
    signal = np.ones((3, 6))
    signal[1, :2] = 0.0
    values = concentration_relative(signal, t10=[1.0, 1.0, np.nan], r1=4.0, baseline=(0, 2))
    assert np.isfinite(values[0]).all()
    assert np.isnan(values[1:]).all()


def test_impossible_settings_are_refused():
    with pytest.raises(InputError, match="r1 is"):
        concentration_relative(np.ones(6), t10=1.0, r1=0.0, baseline=(0, 2))
