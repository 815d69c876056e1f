"""Volumes that show something else than the others, voxels that do, and what is said of it."""

import numpy as np
import pytest

from biomarkers import dce
from biomarkers.errors import AssumptionWarning, InputError
from biomarkers.estimates import FitFlag
from biomarkers.kinetics import MODELS, Input

SCAN = {"tr": 0.005, "flip_deg": 20.0, "r1": 4.5}
TIME = 4.0 * np.arange(90)
FINE = np.arange(0.0, 400.0, 0.5)
SINCE = np.clip(FINE - 31.0, 0.0, None)
PLASMA = np.minimum(SINCE / 7, 1) * (8.0 * np.exp(-SINCE / 14) + 2.5 * np.exp(-SINCE / 600))
SOURCE = Input(FINE, plasma=PLASMA)
TRUTH = {"Ktrans": 0.1, "kep": 1.0 / 3.0, "vp": 0.02}
GIVEN = {"t10": 1.8, **SCAN}


def signals(count, time=TIME, source=SOURCE, noise=0.01, seed=0, **change):
    curve = MODELS["extended_tofts"].predict({**TRUTH, **change}, time, source)
    clean = dce.concentration_to_signal(curve, t10=1.8, m0=1000.0, **SCAN)
    rng = np.random.default_rng(seed)
    return clean + noise * clean[0] * rng.normal(size=(count, time.size))


@pytest.fixture(scope="module")
def series():
    return signals(200)


def mean_ktrans(maps):
    return maps["Ktrans"].mean()


BRIGHT = {0: 1.6, 1: 1.2}


@pytest.mark.parametrize(
    ("factors", "gone"),
    [
        (BRIGHT, [0, 1]),
        ({3: 0.3}, [3]),
        ({50: 1.5}, [50]),
        ({50: 0.0}, [50]),
        ({50: np.nan}, [50]),
        ({89: 0.3}, [89]),
        ({**BRIGHT, 60: 0.5}, [0, 1, 60]),
    ],
)
def test_volumes_unlike_the_others_are_left_out_and_listed(series, factors, gone):
    broken = series.copy()
    for volume, factor in factors.items():
        broken[:, volume] *= factor
    maps = dce.maps(broken, TIME, input=SOURCE, **GIVEN)
    assert mean_ktrans(maps) == pytest.approx(0.1, rel=0.01)
    assert maps.settings["VolumesLeftOut"] == gone
    assert all(str(volume) in " ".join(maps.notes) for volume in gone)
    assert not maps.flags.any()
    shapes = dce.semiquantitative(broken, TIME, **GIVEN)
    assert shapes.settings["VolumesLeftOut"] == gone
    agent = dce.concentration(broken, **GIVEN)
    assert agent.shape == broken.shape
    assert np.flatnonzero(np.isnan(agent).all(axis=0)).tolist() == gone
    source = dce.measured_input(broken, TIME, np.ones(200), t10_blood=1.8, hct=0.42, **SCAN)
    np.testing.assert_array_equal(source.time, np.delete(TIME, gone))


def test_nothing_is_left_out_of_a_sound_series(series):
    maps = dce.maps(series, TIME, input=SOURCE, **GIVEN)
    assert maps.notes == () and "VolumesLeftOut" not in maps.settings


def test_a_window_that_holds_bright_volumes_is_used_without_them(series):
    broken = series.copy()
    broken[:, 0] *= 1.6
    maps = dce.maps(broken, TIME, input=SOURCE, baseline=(0, 7), **GIVEN)
    assert maps.settings["BaselineSamples"] == [1, 7]
    assert mean_ktrans(maps) == pytest.approx(0.1, rel=0.01)
    with pytest.warns(AssumptionWarning, match="kept, but unlike the others: volume 0;"):
        kept = dce.maps(broken, TIME, input=SOURCE, baseline=(0, 7), left_out="none", **GIVEN)
    assert kept.settings["BaselineSamples"] == [0, 7]
    assert mean_ktrans(kept) < 0.095


def test_a_baseline_of_one_sample_stays():
    late = Input(FINE - 28.0, plasma=PLASMA)
    maps = dce.maps(signals(200, source=late), TIME, input=late, **GIVEN)
    assert maps.settings["BaselineSamples"] == [0, 1]


def test_volumes_chosen_by_the_caller_come_on_top(series):
    broken = series.copy()
    broken[:, 50] *= 0.3
    for call in (dce.maps, dce.semiquantitative):
        done = call(broken, TIME, input=SOURCE, left_out=(10, 11), **GIVEN)
        assert done.settings["VolumesLeftOut"] == [10, 11, 50]
    with pytest.raises(InputError, match="left_out is"):
        dce.maps(series, TIME, input=SOURCE, left_out=(90,), **GIVEN)


@pytest.mark.parametrize("sample", [np.nan, 0.0, -3.0])
def test_a_voxel_that_lacks_a_sample_is_flagged(series, sample):
    broken = series.copy()
    broken[7, 40] = sample
    for maps in (
        dce.maps(broken, TIME, input=SOURCE, **GIVEN),
        dce.semiquantitative(broken, TIME, **GIVEN),
    ):
        assert np.flatnonzero(maps.flags).tolist() == [7]
        assert maps.reasons.words(7) == "no signal"


def test_a_signal_that_falls_has_no_value_and_a_reason():
    falling = np.tile(100.0 * np.where(TIME > 31, 0.85, 1.0), (40, 1))
    falling += 0.5 * np.random.default_rng(1).normal(size=falling.shape)
    both = np.concatenate([signals(60), falling])
    maps = dce.maps(both, TIME, input=SOURCE, baseline=(0, 7), **GIVEN)
    assert np.isnan(maps["Ktrans"][60:]).all()
    assert maps.reasons.has(FitFlag.WORSE_THAN_CONSTANT)[60:].all()
    assert np.nanmean(maps["Ktrans"]) == pytest.approx(0.1, rel=0.01)


def test_tissue_without_uptake_keeps_a_mean_of_zero():
    """What noise pushes below zero counts as zero, and is not taken away."""
    flat = 100.0 + 2.0 * np.random.default_rng(2).normal(size=(4000, TIME.size))
    maps = dce.maps(flat, TIME, input=SOURCE, baseline=(0, 7), **GIVEN)
    assert np.isfinite(maps["Ktrans"]).mean() > 0.97
    assert np.nanmedian(maps["Ktrans"]) < 0.002
    assert np.nanmean(maps["Ktrans"]) < 0.003


def test_areas_of_a_short_series_stay_with_a_reason(series):
    shapes = dce.semiquantitative(series[:, :20], TIME[:20], **GIVEN)
    rows = shapes.table.set_index(["biomarker", "place"])
    for name in ("IAUC60", "IAUC90"):
        assert np.isnan(shapes[name]).all()
        assert rows.loc[(name, 0), "reason"] == (
            f"the series ends before {name[4:]} s after arrival"
        )


def test_a_first_pass_between_samples_is_remarked_upon():
    coarse = 30.0 * np.arange(13)
    measured = Input(coarse, plasma=np.interp(coarse, FINE, PLASMA))
    tissue = signals(30, coarse)
    maps = dce.maps(tissue, coarse, input=measured, baseline=(0, 2), **GIVEN)
    assert maps.reasons.has(FitFlag.COARSE_SAMPLING).all() and not maps.flags.any()
    assert any("first pass" in note for note in maps.notes)
    assert (maps.table["qc"] != "ok").all()
    fine = dce.maps(tissue, coarse, input=SOURCE, baseline=(0, 2), **GIVEN)
    assert not fine.reasons.has(FitFlag.COARSE_SAMPLING).any() and fine.notes == ()
