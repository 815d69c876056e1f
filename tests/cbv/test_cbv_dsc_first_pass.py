"""The gamma variate of a first pass: recovered exactly, and not moved by recirculation."""

import numpy as np
import pytest
from benchmarks.dsc_curves import TE, TIME, TR, Tissue, artery, noisy, sampled, signal
from scipy.optimize import curve_fit

from biomarkers import cbv
from biomarkers.cbv.bolus.first_pass import first_pass

RNG = np.random.default_rng(5)
TRUTH = np.column_stack(
    [
        RNG.uniform(5.0, 40.0, 200),  # height
        RNG.uniform(20.0, 45.0, 200),  # peak
        RNG.uniform(4.0, 14.0, 200),  # rise
        RNG.uniform(1.2, 8.0, 200),  # shape
    ]
)


def variate(t, height, peak, rise, shape):
    s = np.maximum((t - peak) / rise + 1.0, 1e-12)
    return height * np.exp(shape * (np.log(s) + 1.0 - s))


CURVES = np.array([variate(TIME, *row) for row in TRUTH])
FINE = np.arange(0.0, 400.0, 0.01)
AREAS = np.array([np.trapezoid(variate(FINE, *row), FINE) for row in TRUTH])


def test_exact_curves_are_recovered():
    found = first_pass(CURVES, TR)
    np.testing.assert_allclose(found.area, AREAS, rtol=0.01)
    exact = np.abs(found.area / AREAS - 1.0) < 1e-6
    assert exact.mean() > 0.98
    for name, truth in zip(("height", "peak", "rise", "shape"), TRUTH.T, strict=True):
        np.testing.assert_allclose(getattr(found, name)[exact], truth[exact], rtol=1e-4)


def test_noisy_fits_are_as_good_as_those_of_scipy():
    seen = CURVES + RNG.normal(scale=0.4, size=CURVES.shape)
    found = first_pass(seen, TR)
    better = 0
    for k, curve in enumerate(seen[:40]):
        smooth = np.convolve(curve, np.ones(3) / 3.0, "same")
        smooth[[0, -1]] = curve[[0, -1]]
        top = smooth.argmax()
        fallen = np.flatnonzero((np.arange(TIME.size) > top) & (smooth < 0.3 * smooth[top]))
        used = slice(0, fallen[0] + 1 if fallen.size else None)
        mine = [found.height[k], found.peak[k], found.rise[k], found.shape[k]]
        theirs, _ = curve_fit(variate, TIME[used], curve[used], p0=TRUTH[k], maxfev=20_000)
        rss = [((curve - variate(TIME, *each))[used] ** 2).sum() for each in (mine, theirs)]
        better += rss[0] <= rss[1] * (1.0 + 1e-3)
    assert better >= 38


def test_errors_are_those_of_repetition():
    for row, curve, area in zip(TRUTH[:4], CURVES, AREAS, strict=False):
        seen = curve + RNG.normal(scale=0.02 * row[0], size=(500, TIME.size))
        found = first_pass(seen, TR)
        scatter = found.area.std()
        assert found.area.mean() == pytest.approx(area, rel=0.02)
        assert np.median(found.area_se) == pytest.approx(scatter, rel=0.3)


def test_recirculation_does_not_move_the_volume():
    """The volume is that of tissue whether or not contrast comes round again."""
    tissue = Tissue(60.0, 0.04)
    once, again = artery(), artery(again=True)
    found = []
    for source in (once, again):
        data = noisy(np.repeat(signal([tissue.curve(source)]), 200, 0), 100.0, RNG)
        settings = {"te": TE, "input": sampled(source), "method": "cSVD"}
        found.append(cbv.dsc(data, TIME, volume="first_pass", **settings))
    for each in found:
        assert np.median(each["CBV"]) == pytest.approx(0.04, rel=0.06)
    # The errors do not know that noise also moves the end of the first pass.
    ratio = np.median(found[0].se["CBV"]) / found[0]["CBV"].std()
    assert 0.6 < ratio < 1.3


def test_curves_without_a_bolus_have_no_area():
    assert np.isnan(first_pass(np.full((1, 60), np.nan), TR).area).all()
    assert np.isnan(first_pass(np.zeros((1, 60)), TR).area).all()
