"""A series of slices that are taken one after the other: each is fitted at its own instants."""

import numpy as np
import pytest

from biomarkers import dce
from biomarkers.errors import InputError
from biomarkers.kinetics import MODELS, Input

SCAN = {"tr": 0.005, "flip_deg": 20.0, "r1": 4.0}
HCT, T10, T10_BLOOD = 0.42, 1.4, 1.9
TIME = 3.0 * np.arange(80)
LAGS = np.array([0.0, 1.5, 0.75, 2.7])  # s, interleaved
SHAPE = (3, 2, 4)
TRUE = {"Ktrans": 0.12, "kep": 0.5, "vp": 0.04}


def plasma(time):
    since = np.maximum(np.asarray(time) - 30.0, 0.0)
    return 6.0 * (since / 15.0) * np.exp(1.0 - since / 15.0) + 1.2 * (1 - np.exp(-since / 15.0))


FINE = np.arange(0.0, 260.0, 0.1)
SOURCE = Input(FINE, plasma=plasma(FINE), hct=HCT)
ARTERY = np.zeros(SHAPE, dtype=bool)
ARTERY[0, :, 3] = True  # in the slice that is taken last
TISSUE = ~ARTERY & (np.arange(3) > 0)[:, None, None]


@pytest.fixture(scope="module")
def series():
    """Signal without noise of tissue, and of blood in the first row."""
    agent = np.empty((*SHAPE, TIME.size))
    t10 = np.full(SHAPE, T10)
    for each, late in enumerate(LAGS):
        at = TIME + late
        agent[:, :, each] = MODELS["extended_tofts"].predict(TRUE, at, SOURCE)
        agent[0, :, each] = (1.0 - HCT) * plasma(at)
    t10[0] = T10_BLOOD
    return dce.concentration_to_signal(agent, t10=t10, m0=900.0, **SCAN)


def scan_of(series, **change):
    return dce.Scan(series, TIME, **{"t10": T10, "slice_timing": LAGS, **SCAN, **change})


def off(estimates, name="vp", where=TISSUE):
    return np.abs(estimates[name][where] / TRUE[name] - 1.0).max()


def test_an_input_of_its_own_clock_gives_the_truth_in_every_slice(series):
    assert off(scan_of(series, slice_timing=None).maps(SOURCE)) > 0.15
    maps = scan_of(series).maps(SOURCE)
    for name in TRUE:
        assert off(maps, name) < 1e-5


def test_an_artery_in_one_slice_gives_vp_in_the_others(series):
    scan = scan_of(series)
    source = scan.input(ARTERY, t10_blood=T10_BLOOD, hct=HCT)
    np.testing.assert_allclose(source.time, TIME + LAGS[3])
    np.testing.assert_allclose(source.plasma, plasma(source.time), atol=1e-6)
    assert off(scan.maps(source)) < 0.005
    ignored = scan_of(series, slice_timing=None)
    assert off(ignored.maps(ignored.input(ARTERY, t10_blood=T10_BLOOD, hct=HCT))) > 0.15


def test_an_artery_through_all_slices_is_brought_on_one_clock(series):
    drawn = np.zeros(SHAPE, dtype=bool)
    drawn[0] = True
    scan = scan_of(series)
    source = scan.input(drawn, t10_blood=T10_BLOOD, hct=HCT)
    np.testing.assert_allclose(source.time, TIME + LAGS.mean())
    assert off(scan.maps(source)) < 0.03


@pytest.mark.parametrize("delay", [(-4.0, 6.0), dce.SharedDelay(-4.0, 6.0)])
def test_a_delay_is_that_of_the_tissue(series, delay):
    early, noise = SOURCE.shifted(-2.0), np.random.default_rng(2).normal(size=series.shape)
    maps = scan_of(series + 0.3 * noise).maps(early, mask=TISSUE, delay=delay)
    error = maps.se["delay"][TISSUE]
    assert (error > 0.0).all() and (error < 0.5).all()
    assert (np.abs(maps["delay"][TISSUE] - 2.0) < 4.0 * error).all()
    assert maps.names[-1] == "delay"
    assert np.median(maps["vp"][TISSUE]) == pytest.approx(TRUE["vp"], rel=0.1)


def test_the_choice_of_a_model_and_the_mask_are_put_together(series):
    maps = scan_of(series).maps(SOURCE, model=("tofts", "extended_tofts"), mask=TISSUE)
    np.testing.assert_array_equal(maps.choice, np.where(TISSUE, 1, -1))
    np.testing.assert_array_equal(maps.inside, TISSUE)
    np.testing.assert_array_equal(np.isfinite(maps["Ktrans"]), TISSUE)
    np.testing.assert_array_equal(np.isfinite(maps.quality["r2"]), TISSUE)


def test_water_exchange_is_fitted_at_the_instants_of_the_slice(series):
    fast = scan_of(series).maps(SOURCE, water_lifetime=1e-9)
    assert off(fast) < 1e-3


def test_a_region_of_several_slices_is_fitted_as_one_curve(series):
    scan = scan_of(series)
    fit = scan.fit(TISSUE, SOURCE)
    for name, value in TRUE.items():
        assert float(fit[name]) == pytest.approx(value, rel=1e-4)
    only = np.zeros(SHAPE, dtype=bool)
    only[1, :, 3] = True
    np.testing.assert_allclose(scan.fit(only, SOURCE).time, TIME + LAGS[3])
    ignored = scan_of(series, slice_timing=None).fit(only, SOURCE)
    assert abs(float(ignored["vp"]) / TRUE["vp"] - 1.0) > 0.15


def test_misfit_and_times_are_those_of_the_slices(series):
    scan = scan_of(series)
    left = scan.misfit(SOURCE, mask=TISSUE)
    assert np.abs(left.measured - left.fitted).max() < 1e-6
    arrivals, ignored = (
        each.semiquantitative(SOURCE)["BAT"][TISSUE]
        for each in (scan, scan_of(series, slice_timing=None))
    )
    assert np.ptp(arrivals) < np.ptp(ignored)
    np.testing.assert_allclose(arrivals, 30.0, atol=2.0)
    shared = scan.semiquantitative(SOURCE)
    # The same tissue has the same area since the same instant, whatever the slice.
    assert np.ptp(shared["IAUC90"][TISSUE]) < 0.02 * shared["IAUC90"][TISSUE].mean()


def test_settings_and_flat_calls_have_it(series):
    maps = dce.maps(series, TIME, t10=T10, input=SOURCE, slice_timing=LAGS, **SCAN)
    assert maps.settings["SliceTiming"] == LAGS.tolist()
    assert "SliceTiming" not in scan_of(series, slice_timing=None).settings
    source = dce.measured_input(
        series, TIME, ARTERY, t10_blood=T10_BLOOD, hct=HCT, slice_timing=LAGS, **SCAN
    )
    np.testing.assert_allclose(source.time, TIME + LAGS[3])
    with pytest.raises(InputError, match=r"slice_timing goes from 0 to 2700.*like ms"):
        scan_of(series, slice_timing=1000.0 * LAGS)
