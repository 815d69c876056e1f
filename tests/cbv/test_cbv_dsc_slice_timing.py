"""A bolus seen by slices that are taken one after the other."""

import numpy as np
import pytest
from benchmarks.dsc_curves import TE, TIME, Leak, Tissue, artery, signal

from biomarkers import cbv
from biomarkers.errors import InputError
from biomarkers.kinetics import Input, read
from biomarkers.timing import Frames

SOURCE = artery(again=True)
LAGS = np.array([0.0, 0.7, 0.35, 1.4])  # s, of TR 1.5 s
SHAPE = (6, 4)  # slices along the last axis
TISSUE = Tissue(60.0, 0.04)
ARTERY = np.zeros(SHAPE, dtype=bool)
ARTERY[:2, 3] = True
INSIDE = np.arange(6)[:, None] + np.zeros(4) > 1


def blood(late):
    at = Frames.instants(TIME + late)
    return 0.15 * read(SOURCE.time, SOURCE.blood, at)


@pytest.fixture(scope="module")
def series():
    out = np.empty((*SHAPE, TIME.size))
    for each, late in enumerate(LAGS):
        out[:, each] = signal(TISSUE.curve(SOURCE, TIME + late))
        out[:2, each] = signal(blood(late))
    return out


def scan_of(series, **change):
    return cbv.BolusScan(series, TIME, te=TE, **{"slice_timing": LAGS, **change})


@pytest.mark.parametrize("method", ["sSVD", "cSVD", "oSVD", "tikhonov"])
def test_slices_of_one_tissue_give_one_value(series, method):
    spread = {}
    for lags in (None, LAGS):
        scan = scan_of(series, slice_timing=lags)
        maps = scan.maps(scan.input(ARTERY), method=method)
        values = {name: maps[name][INSIDE] for name in ("CBF", "CBV")}
        spread[lags is None] = {name: np.ptp(each) for name, each in values.items()}
    np.testing.assert_allclose(values["CBV"], 0.04 / 0.15, rtol=0.02)
    # What is left comes from where samples meet a steep bolus.
    assert spread[False]["CBF"] < 0.15 * maps["CBF"][INSIDE].mean()
    if method in ("sSVD", "tikhonov"):  # residues that begin with the artery
        assert spread[False]["CBF"] < 0.4 * spread[True]["CBF"]


def test_times_are_on_the_clock_of_the_volumes(series):
    scan = scan_of(series)
    source = scan.input(ARTERY)
    np.testing.assert_allclose(source.time, TIME + LAGS[3])
    np.testing.assert_allclose(source.blood, blood(LAGS[3]), atol=1e-9)
    maps = scan.maps(source)
    peaks = maps["TTP"][INSIDE].reshape(-1, 4)
    assert set(np.round((peaks - LAGS) / 1.5, 6).ravel() % 1.0) == {0.0}
    assert maps.settings["SliceTiming"] == LAGS.tolist()
    assert "SliceTiming" not in scan_of(series, slice_timing=None).maps(source).settings


def test_an_artery_is_looked_for_on_one_clock():
    shape, drawn = (12, 12, 4), np.zeros((12, 12, 4), dtype=bool)
    drawn[4:7, 4:7] = True
    out = np.empty((*shape, TIME.size))
    for each, late in enumerate(LAGS):
        out[:, :, each] = signal(TISSUE.curve(SOURCE, TIME + late))
        out[4:7, 4:7, each] = signal(blood(late))
    artery = cbv.BolusScan(out, TIME, te=TE, slice_timing=LAGS).artery()
    assert (artery.mask & drawn).sum() > 0.5 * drawn.sum()
    assert not (artery.mask & ~drawn).any()
    np.testing.assert_allclose(artery.input.time, TIME + LAGS.mean())


def test_leakage_is_removed_with_the_reference_of_the_slice():
    leak = Leak(ktrans=0.05, kep=0.0, flip_deg=75.0, r2s=5.0)
    out, reference = np.empty((*SHAPE, TIME.size)), np.zeros(SHAPE, dtype=bool)
    reference[:3] = True
    for each, late in enumerate(LAGS):
        at = TIME + late
        source = Input(SOURCE.time - late, blood=SOURCE.blood)
        out[:3, each] = signal(Tissue(45.0, 0.03).curve(SOURCE, at))
        out[3:, each] = leak.signal(Tissue(75.0, 0.05).curve(SOURCE, at), source)
    worst = {}
    for lags in (LAGS, None):
        scan = scan_of(out, slice_timing=lags)
        maps = scan.maps(SOURCE, leakage="bsw", reference=reference)
        ratio = maps.relative_to(reference)["rCBV"][3:]
        worst[lags is None] = np.abs(ratio / (5.0 / 3.0) - 1.0).max()
        uncorrected = scan.maps(SOURCE).relative_to(reference)["rCBV"][3:]
        assert worst[lags is None] < 0.5 * np.abs(uncorrected / (5.0 / 3.0) - 1.0).max()
    assert worst[False] < 1.2 * worst[True]


def test_the_flat_calls_have_it_and_ms_are_refused(series):
    drawn = cbv.dsc_input(series, TIME, te=TE, artery=ARTERY, slice_timing=LAGS)
    np.testing.assert_allclose(drawn.time, TIME + LAGS[3])
    flat = cbv.dsc(series, TIME, te=TE, input=drawn, slice_timing=LAGS)
    np.testing.assert_array_equal(flat["CBF"], scan_of(series).maps(drawn)["CBF"])
    with pytest.raises(InputError, match=r"slice_timing goes from 0 to 1400.*like ms"):
        scan_of(series, slice_timing=1000.0 * LAGS)
    with pytest.raises(InputError, match="does not fit voxels"):
        cbv.dsc_artery(series, TIME, te=TE, slice_timing=LAGS[:3])
