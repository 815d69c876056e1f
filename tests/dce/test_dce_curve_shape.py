"""Areas, times, slopes and ratios by hand."""

import numpy as np
import pytest

from biomarkers.dce import curve_shape
from biomarkers.errors import InputError

TIME = np.array([0.0, 10.0, 20.0, 40.0, 60.0, 100.0])
CURVE = np.array([0.0, 0.0, 2.0, 4.0, 3.0, 1.0])


def test_the_area_of_a_broken_line():
    # From 15 s to 50 s: 1 to 2 over 5 s, 2 to 4 over 20 s, 4 to 3.5 over 10 s.
    area = curve_shape.initial_area(CURVE, TIME, arrival=15.0, window=35.0)
    assert area == pytest.approx(7.5 + 60.0 + 37.5)


def test_every_curve_may_have_its_own_arrival():
    both = curve_shape.initial_area([CURVE, 2 * CURVE], TIME, arrival=[15.0, 0.0], window=20.0)
    # From 15 s to 35 s: 7.5, and 2 to 3.5 over 15 s; from 0 to 20 s: a triangle of 10 s by 4.
    np.testing.assert_allclose(both, [7.5 + 41.25, 20.0])


@pytest.mark.parametrize("arrival", [-1.0, 70.0, np.nan])
def test_an_area_that_is_not_covered_is_unknown(arrival):
    assert np.isnan(curve_shape.initial_area(CURVE, TIME, arrival=arrival, window=35.0))


def test_time_to_peak_and_slopes():
    assert curve_shape.time_to_peak(CURVE, TIME, arrival=12.0) == 28.0
    assert curve_shape.peak_enhancement(CURVE) == 4.0
    assert curve_shape.wash_in(CURVE, TIME, arrival=10.0) == pytest.approx(60 * 4 / 30)
    slope = np.polyfit(TIME[3:], CURVE[3:], 1)[0]
    assert curve_shape.wash_out(CURVE, TIME) == pytest.approx(60 * slope)
    assert slope < 0


def test_a_curve_that_still_rises_has_no_wash_out():
    assert np.isnan(curve_shape.wash_out(TIME, TIME))
    assert np.isnan(curve_shape.wash_in(CURVE, TIME, arrival=50.0))


def test_early_over_late_enhancement():
    given = {"arrival": 10.0, "early": 20.0}
    # At 30 s it is 3, at the end 1, at 80 s 2.
    assert curve_shape.signal_enhancement_ratio(CURVE, TIME, **given) == pytest.approx(3.0)
    assert curve_shape.signal_enhancement_ratio(CURVE, TIME, **given, late=70.0) == 1.5
    assert np.isnan(curve_shape.signal_enhancement_ratio(-CURVE, TIME, **given))
    assert np.isnan(curve_shape.signal_enhancement_ratio(CURVE, TIME, **given, late=95.0))


def test_a_gap_makes_it_unknown():
    gap = CURVE.copy()
    gap[2] = np.nan
    assert np.isnan(curve_shape.initial_area(gap, TIME, arrival=15.0, window=35.0))
    assert np.isnan(curve_shape.time_to_peak(gap, TIME, arrival=12.0))
    assert np.isnan(curve_shape.peak_enhancement(gap))


@pytest.mark.parametrize(
    "call",
    [
        lambda: curve_shape.initial_area(CURVE, TIME[:-1], arrival=0.0, window=60.0),
        lambda: curve_shape.initial_area(CURVE, TIME, arrival=0.0, window=0.0),
        lambda: curve_shape.initial_area(CURVE, TIME[::-1], arrival=0.0, window=60.0),
        lambda: curve_shape.signal_enhancement_ratio(
            CURVE, TIME, arrival=0.0, early=50.0, late=20.0
        ),
    ],
)
def test_what_does_not_fit_is_refused(call):
    with pytest.raises(InputError):
        call()
