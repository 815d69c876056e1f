"""The error of a measured input is in every value fitted with it, and voxels share it."""

import numpy as np
import pytest

from biomarkers import dce, sample_data
from biomarkers.errors import InputError
from biomarkers.kinetics import MODELS, Input

CURVE = sample_data.dce_curve()
TIME = CURVE.time.to_numpy()[::2]
PLASMA = CURVE.plasma.to_numpy()[::2]
HOW = {"tr": 0.005, "flip_deg": 20.0, "r1": 4.5}
TISSUE = {"Ktrans": 0.12, "kep": 0.4, "vp": 0.03}
BLOOD_T1, HCT = 1.7, 0.42


def series(noise, seed=0, voxels=6):
    """Signal of one voxel of tissue without noise, and of an artery with it."""
    tissue = MODELS["extended_tofts"].predict(TISSUE, TIME, Input(TIME, plasma=PLASMA))
    blood = np.tile((1.0 - HCT) * PLASMA, (voxels, 1))
    curves = np.vstack([tissue, blood])
    clean = dce.concentration_to_signal(curves, t10=BLOOD_T1, m0=1000.0, **HOW)
    scatter = noise * clean[0, 0] * np.random.default_rng(seed).normal(size=clean.shape)
    scatter[0] = 0.0
    return clean + scatter


def scanned(noise, seed=0):
    scan = dce.Scan(series(noise, seed), TIME, t10=BLOOD_T1, **HOW, baseline=(0, 5))
    artery = np.arange(7) > 0
    return scan, scan.input(artery, t10_blood=BLOOD_T1, hct=HCT)


def without_errors(given):
    return Input(given.time, plasma=given.plasma)


def test_errors_of_the_input_are_those_of_repeated_measurements():
    inputs = [scanned(0.02, seed)[1] for seed in range(60)]
    spread = np.std([each.plasma for each in inputs], axis=0, ddof=1)
    stated = np.sqrt(np.mean([(each.errors**2).sum(axis=0) for each in inputs], axis=0))
    assert np.median(stated[6:] / spread[6:]) == pytest.approx(1.0, abs=0.12)


@pytest.mark.parametrize("name", ["Ktrans", "ve", "vp"])
def test_values_scatter_over_inputs_by_what_is_shared(name):
    made = []
    for seed in range(60):
        scan, given = scanned(0.02, seed)
        maps = scan.maps(given, mask=np.arange(7) == 0)
        made.append((maps[name][0], maps.shared[name].se[0]))
    values, stated = np.transpose(made)
    assert np.sqrt((stated**2).mean()) == pytest.approx(values.std(ddof=1), rel=0.3)


def test_moved_inputs_move_values_by_the_shared_error():
    scan, given = scanned(0.02)
    tissue = np.arange(7) == 0
    maps = scan.maps(given, mask=tissue)
    plain = scan.maps(without_errors(given), mask=tissue)
    for name in ("Ktrans", "ve", "vp"):
        moved = [
            scan.maps(Input(given.time, plasma=given.plasma + each), mask=tissue)[name][0]
            for each in given.errors
        ]
        expected = np.linalg.norm(np.array(moved) - plain[name][0])
        assert maps.shared[name].se[0] == pytest.approx(expected, rel=0.1)
        assert maps[name][0] == plain[name][0]
        own = plain.se[name][0]
        assert maps.se[name][0] == pytest.approx(np.hypot(own, maps.shared[name].se[0]))


def test_a_region_keeps_what_its_voxels_share():
    scan, given = scanned(0.02)
    tissue = np.arange(7) == 0
    region = np.ones((3, 1, 1), dtype=bool)
    signal = np.tile(series(0.02)[0], (3, 1, 1, 1))
    many = dce.Scan(signal, TIME, t10=BLOOD_T1, **HOW, baseline=(0, 5))
    rows = many.maps(given).by_region({"tumor": region}).set_index("biomarker")
    shared = scan.maps(given, mask=tissue).shared["Ktrans"].se[0]
    assert rows.loc["Ktrans", "se"] == pytest.approx(shared, rel=0.02)


def test_the_mean_curve_of_a_region_has_the_error_of_the_input():
    scan, given = scanned(0.02)
    tissue = np.arange(7) == 0
    fit, plain = scan.fit(tissue, given), scan.fit(tissue, without_errors(given))
    shared = scan.maps(given, mask=tissue).shared["Ktrans"].se[0]
    assert float(fit.se["Ktrans"]) == pytest.approx(
        np.hypot(float(plain.se["Ktrans"]), shared), rel=0.02
    )
    assert fit["Ktrans"] == plain["Ktrans"]


def test_without_known_errors_nothing_is_shared():
    scan, given = scanned(0.02)
    maps = scan.maps(without_errors(given))
    assert not maps.shared
    assert "input" not in maps.settings["ErrorsInclude"]
    assert "input" in scan.maps(given).settings["ErrorsInclude"]


@pytest.mark.parametrize("errors", [np.ones(3), np.ones((2, 4)), np.full((1, 3), np.nan)])
def test_errors_that_do_not_fit_are_refused(errors):
    with pytest.raises(InputError, match="errors of shape"):
        Input([0.0, 1.0, 2.0], plasma=[0.0, 1.0, 0.5], errors=errors)


def test_errors_stay_with_an_input_that_is_shifted_dispersed_and_smoothed():
    _, given = scanned(0.02)
    assert np.array_equal(given.shifted(3.0).errors, given.errors)
    assert given.dispersed(4.0).errors.shape == given.errors.shape
    smooth = dce.smooth_between_samples(given, TIME)
    assert smooth.errors.shape == (len(given.errors), smooth.time.size)
