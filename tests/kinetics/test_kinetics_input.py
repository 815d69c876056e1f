"""What an input accepts, derives and refuses."""

import numpy as np
import pytest
from scipy.interpolate import PchipInterpolator

from biomarkers.errors import InputError
from biomarkers.kinetics import Input, read
from biomarkers.kinetics.input import smooth_between_samples
from biomarkers.timing import Frames

TIME = np.array([0.0, 10.0, 20.0, 40.0])
LEVELS = np.array([0.0, 4.0, 2.0, 1.0])


def test_haematocrit_joins_blood_and_plasma():
    np.testing.assert_allclose(Input(TIME, blood=LEVELS, hct=0.4).plasma, LEVELS / 0.6)
    np.testing.assert_allclose(Input(TIME, plasma=LEVELS, hct=0.4).blood, LEVELS * 0.6)
    assert Input(TIME, plasma=LEVELS).blood is None


def test_two_given_curves_are_kept_as_they_are():
    both = Input(TIME, blood=LEVELS, plasma=2 * LEVELS, hct=0.4)
    np.testing.assert_array_equal(both.plasma, 2 * LEVELS)
    np.testing.assert_array_equal(both.blood, LEVELS)


def test_arrays_are_frozen():
    with pytest.raises(ValueError, match="read-only"):
        Input(TIME, plasma=LEVELS).plasma[0] = 1.0


@pytest.mark.parametrize(
    ("time", "curves", "message"),
    [
        (TIME, {}, "in blood, in plasma"),
        (TIME[::-1], {"plasma": LEVELS}, "does not come after"),
        (TIME, {"plasma": LEVELS[:3]}, "3 samples but time has 4"),
        (TIME, {"plasma": [0, 1, np.nan, 1]}, "plasma is nan at sample 2"),
        (TIME, {"blood": np.zeros(4)}, "zero throughout"),
        (TIME, {"blood": LEVELS, "hct": 1.0}, "hct is 1"),
        ([0.0], {"plasma": [1.0]}, "at least two samples"),
    ],
)
def test_unusable_inputs_are_refused(time, curves, message):
    with pytest.raises(InputError, match=message):
        Input(time, **curves)


def test_shift_and_dispersion():
    source = Input(TIME, plasma=LEVELS)
    frames = Frames.instants(np.linspace(0, 40, 9))
    np.testing.assert_allclose(
        read(source.shifted(3.0).time, source.plasma, frames),
        read(source.time, source.plasma, frames, delay=3.0),
    )
    fine = np.linspace(0, 400, 40_001)
    spread = Input(fine, plasma=np.interp(fine, TIME, LEVELS, right=0.0)).dispersed(6.0)
    area = np.trapezoid(spread.plasma, fine)
    assert area == pytest.approx(np.trapezoid(LEVELS, TIME), rel=1e-3)
    first_moment = np.trapezoid(spread.plasma * fine, fine) / area
    before = np.interp(fine, TIME, LEVELS, right=0.0)
    assert first_moment == pytest.approx(
        np.trapezoid(before * fine, fine) / np.trapezoid(before, fine) + 6.0, rel=1e-3
    )
    with pytest.raises(InputError, match="above 0"):
        source.dispersed(0.0)


def test_a_reference_region_sits_at_mid_frame_and_starts_from_zero():
    frames = Frames([10.0, 20.0, 40.0], [10.0, 20.0, 20.0])
    region = Input.reference_region(frames, [1.0, 3.0, 2.0])
    np.testing.assert_array_equal(region.time, [10.0, 15.0, 30.0, 50.0])
    np.testing.assert_array_equal(region.plasma, [0.0, 1.0, 3.0, 2.0])


def test_knots_between_samples_follow_a_monotone_cubic():
    time = np.arange(0.0, 60.0, 4.0)
    levels = 5.0 * (time / 8.0) * np.exp(1.0 - time / 8.0) + 0.5
    smooth = smooth_between_samples(Input(time, plasma=levels), time)
    assert np.isin(time, smooth.time).all()
    fine = np.linspace(0.0, time[-1], 2001)
    expected = PchipInterpolator(time, levels)(fine)
    joined = np.interp(fine, smooth.time, smooth.plasma)
    np.testing.assert_allclose(joined, expected, atol=3e-3 * levels.max())
    assert np.abs(np.interp(fine, time, levels) - expected).max() > 1e-2 * levels.max()
    # Straight lines need no knots, and an input that is finer than the series is left alone.
    line = smooth_between_samples(Input(time, plasma=0.1 * time + 1.0), time)
    np.testing.assert_array_equal(line.time, time)
    source = Input(time, plasma=levels)
    assert smooth_between_samples(source, time[::3]) is source
