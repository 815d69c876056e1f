"""The result that every method returns."""

import numpy as np
import pytest
from scipy import stats

from biomarkers.errors import InputError
from biomarkers.relaxometry import spgr_signal, t1_vfa

FLIP = [2.0, 6.0, 12.0, 20.0]


@pytest.fixture
def some():
    signal = spgr_signal(100.0, [0.5, 1.5], tr=0.005, flip_deg=FLIP)
    signal += 0.02 * np.random.default_rng(0).normal(size=signal.shape)
    return t1_vfa(np.concatenate([signal, np.zeros((1, 4))]), flip_deg=FLIP, tr=0.005)


def test_the_interval_is_students_in_log_t1(some):
    low, high = some.interval(0.9)
    reach = stats.t.ppf(0.95, 2) * some.se["T1"] / some.t1
    np.testing.assert_allclose(np.log(high / some.t1), reach)
    np.testing.assert_allclose(np.log(some.t1 / low), reach)
    assert np.isnan([low[2], high[2]]).all()


def test_two_angles_have_no_interval():
    signal = spgr_signal(100.0, [0.5, 1.5], tr=0.005, flip_deg=[3, 15])
    assert np.isnan(t1_vfa(signal, flip_deg=[3, 15], tr=0.005).interval()).all()


@pytest.mark.parametrize("level", [0.0, 1.0, 95])
def test_impossible_levels_are_refused(some, level):
    with pytest.raises(InputError, match="level"):
        some.interval(level)


def test_it_says_what_it_holds(some):
    assert "shape (3,)" in repr(some)
    assert "1 flagged\n  no signal 1" in repr(some)
    assert "not identifiable" in repr(t1_vfa(np.zeros((2, 4)), flip_deg=FLIP, tr=0.005))
