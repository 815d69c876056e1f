"""A bolus scan: one baseline, one conversion, and the flat calls as lines over it."""

import numpy as np
import pytest
from benchmarks.dsc_curves import TE, TIME, Tissue, artery, noisy, sampled, signal

from biomarkers import cbv
from biomarkers.errors import InputError

SOURCE = artery()
SEEN = sampled(SOURCE)
ARTERY = np.arange(60) < 4


@pytest.fixture(scope="module")
def series():
    curves = [0.15 * SEEN.blood] * 4 + [Tissue(60.0, 0.04).curve(SOURCE)] * 56
    return noisy(signal(curves), 100.0, np.random.default_rng(1))


def test_the_flat_calls_are_the_scan(series):
    scan = cbv.BolusScan(series, TIME, te=TE, scaling=cbv.RAT)
    ours = scan.maps(SEEN, method="cSVD", leakage="bsw", reference=~ARTERY)
    flat = cbv.dsc(
        series, TIME, te=TE, input=SEEN, method="cSVD", leakage="bsw", reference=~ARTERY,
        scaling=cbv.RAT,
    )  # fmt: skip
    for name in flat.names:
        np.testing.assert_array_equal(ours[name], flat[name])
    whole = cbv.BolusScan(series, TIME, te=TE, mask=ARTERY)
    drawn = cbv.dsc_input(series, TIME, te=TE, artery=ARTERY)
    np.testing.assert_array_equal(whole.input(ARTERY).blood, drawn.blood)


def test_a_scan_has_one_baseline_for_artery_and_maps(series):
    scan = cbv.BolusScan(series, TIME, te=TE)
    drawn = scan.input(ARTERY)
    np.testing.assert_array_equal(drawn.blood, scan.curves(ARTERY).mean(axis=0))
    maps = scan.maps(drawn, method="cSVD")
    assert maps.settings["BaselineSamples"] == list(scan.baseline)
    assert abs(drawn.blood[slice(*scan.baseline)].mean()) < 0.01 * drawn.blood.max()


def test_an_artery_tells_the_baseline_where_the_mean_does_not(series):
    mixed = np.concatenate([series[:4], noisy(np.full((400, TIME.size), 100.0), 2.0,
                                               np.random.default_rng(2))])  # fmt: skip
    inside = np.arange(404) < 4
    scan = cbv.BolusScan(np.abs(mixed) + 1.0, TIME, te=TE)
    with pytest.raises(InputError, match="no arrival"):
        scan.baseline  # noqa: B018
    drawn = scan.input(inside)
    assert abs(drawn.blood[:8].mean()) < 0.05 * drawn.blood.max()
    assert scan.maps(drawn, method="cSVD").settings["BaselineSamples"][1] > 5


def test_volumes_that_are_left_out_are_not_looked_at(series):
    moved = series.copy()
    moved[:, [3, 40]] *= 0.5
    scan = cbv.BolusScan(moved, TIME, te=TE, baseline=(0, 9), left_out=[40, 3])
    kept = np.delete(np.arange(TIME.size), [3, 40])
    plain = cbv.BolusScan(series[:, kept], TIME[kept], te=TE, baseline=(0, 8))
    assert scan.baseline == (0, 8)
    one, two = (each.maps(SEEN, method="sSVD") for each in (scan, plain))
    np.testing.assert_array_equal(one["CBF"], two["CBF"])
    assert one.settings["LeftOut"] == [3, 40]
    with pytest.raises(InputError, match="left_out is"):
        cbv.BolusScan(series, TIME, te=TE, left_out=[TIME.size])


def test_errors_of_ratios_part_what_voxels_share(series):
    maps = cbv.BolusScan(series, TIME, te=TE).maps(SEEN, method="cSVD").relative_to(~ARTERY)
    shared = maps.shared["rCBV"].se
    own = maps.se["CBV"] / np.nanmedian(maps["CBV"][~ARTERY])
    np.testing.assert_allclose(np.hypot(own, shared), maps.se["rCBV"])
    np.testing.assert_allclose(shared / maps["rCBV"], (shared / maps["rCBV"])[0])
    assert "Tmax" not in maps.se
