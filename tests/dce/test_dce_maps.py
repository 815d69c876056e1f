"""From a dynamic series to maps: truth in, truth out."""

import json

import nibabel as nib
import numpy as np
import pytest

from biomarkers.dce import SharedDelay, T1Map, concentration_to_signal, maps, measured_input
from biomarkers.errors import InputError
from biomarkers.estimates import reasons_of
from biomarkers.images import Image
from biomarkers.kinetics import MODELS, Input
from biomarkers.kinetics.convolution import respond
from biomarkers.quantities import QUANTITIES
from biomarkers.relaxometry import RelaxationFlag
from biomarkers.timing import Frames

SCAN = {"tr": 0.006, "flip_deg": 20.0, "r1": 3.6}
TIME = 2.0 * np.arange(150)
HCT = 0.42
ARRIVAL = 21.0
SHAPE = (6, 5, 2)


@pytest.fixture(scope="module")
def source():
    time = np.concatenate([[0.0], ARRIVAL + np.geomspace(1, 300, 400) - 1])
    since = np.maximum(time - ARRIVAL, 0.0)
    blood = (
        3.0
        * np.minimum(since / 6.0, 1.0)
        * (0.6 * np.exp(-since / 30) + 0.4 * np.exp(-since / 900))
    )
    return Input(time, blood=blood, hct=HCT)


@pytest.fixture(scope="module")
def truth():
    rng = np.random.default_rng(4)
    return {
        "Ktrans": rng.uniform(0.03, 0.3, SHAPE),
        "ve": rng.uniform(0.15, 0.5, SHAPE),
        "vp": rng.uniform(0.02, 0.08, SHAPE),
        "t10": rng.uniform(1.0, 2.5, SHAPE),
        "b1": rng.uniform(0.85, 1.15, SHAPE),
    }


def tissue(truth, source):
    frames = Frames.instants(TIME)
    curves = np.empty((*SHAPE, TIME.size))
    for voxel in np.ndindex(SHAPE):
        ktrans = truth["Ktrans"][voxel] / 60.0
        uptake = respond(ktrans / truth["ve"][voxel], source.time, source.plasma, frames).value
        plasma = np.interp(TIME, source.time, source.plasma)
        curves[voxel] = ktrans * uptake + truth["vp"][voxel] * plasma
    return curves


@pytest.fixture(scope="module")
def series(truth, source):
    curves = tissue(truth, source)
    return concentration_to_signal(curves, t10=truth["t10"], b1=truth["b1"], m0=900.0, **SCAN)


def settings(truth, source, **change):
    return {"t10": truth["t10"], "b1": truth["b1"], "input": source, **SCAN, **change}


def test_truth_is_recovered(series, truth, source):
    result = maps(series, TIME, **settings(truth, source))
    for name in ("Ktrans", "ve", "vp"):
        np.testing.assert_allclose(result[name], truth[name], rtol=1e-5)
        assert result.se[name].shape == SHAPE
    np.testing.assert_allclose(result["kep"], truth["Ktrans"] / truth["ve"], rtol=1e-5)
    assert not result.flags.any()
    assert result.mask.all()
    assert "extended_tofts" in repr(result)


def test_noise_leaves_the_mean_where_it_was(truth, source):
    one = {name: np.full(SHAPE, values.mean()) for name, values in truth.items()}
    clean = concentration_to_signal(
        tissue(one, source), t10=one["t10"], b1=one["b1"], m0=900.0, **SCAN
    )
    rng = np.random.default_rng(7)
    sd = clean[..., 0].mean() / 30.0
    noisy = np.hypot(
        clean + sd * rng.normal(size=(40, *clean.shape)), sd * rng.normal(size=(40, *clean.shape))
    )
    result = maps(noisy, TIME, **settings(one, source))
    for name in ("Ktrans", "ve", "vp"):
        assert np.nanmedian(result[name]) == pytest.approx(one[name].flat[0], rel=0.02)
    for name in ("Ktrans", "vp"):
        pull = (result[name] - one[name]) / result.se[name]
        assert np.nanstd(pull) == pytest.approx(1.0, abs=0.15)


def test_the_mask_decides_what_is_fitted(series, truth, source):
    mask = np.zeros(SHAPE, dtype=bool)
    mask[1:3] = True
    result = maps(series, TIME, **settings(truth, source, mask=mask))
    everywhere = maps(series, TIME, **settings(truth, source))
    np.testing.assert_array_equal(np.isfinite(result["Ktrans"]), mask)
    np.testing.assert_allclose(result["Ktrans"][mask], everywhere["Ktrans"][mask], rtol=1e-9)


def test_voxels_without_signal_or_t1_have_no_value(series, truth, source):
    broken = series.copy()
    broken[0, 0, 0] = 0.0
    t10 = truth["t10"].copy()
    t10[1, 1, 1] = np.nan
    broken[2, 2, 0, 40] *= 1e3
    result = maps(broken, TIME, **settings(truth, source, t10=t10, baseline=(0, 10)))
    for voxel in ((0, 0, 0), (1, 1, 1), (2, 2, 0)):
        assert np.isnan(result["Ktrans"][voxel])
        assert np.isnan(result.se["Ktrans"][voxel])
    assert not result.mask[0, 0, 0]
    assert result.flags[1, 1, 1] and result.flags[2, 2, 0]
    assert np.isfinite(result["Ktrans"]).sum() == np.prod(SHAPE) - 3


def test_the_artery_gives_the_input(source):
    blood = np.interp(TIME, source.time, source.blood)
    series = np.zeros((4, 3, 2, TIME.size))
    series[:2] = concentration_to_signal(blood, t10=1.9, m0=500.0, **SCAN)
    series[1, 1, 1] *= 3.0  # as bright throughout: the scale of a voxel does not matter
    series[0, 0, 0, blood.argmax()] = 600.0  # brighter than full magnetisation
    artery = np.zeros((4, 3, 2), dtype=bool)
    artery[:2] = True
    found = measured_input(series, TIME, artery, t10_blood=1.9, hct=HCT, **SCAN)
    np.testing.assert_allclose(found.blood, blood, atol=1e-9)
    np.testing.assert_allclose(found.plasma, blood / (1 - HCT), atol=1e-9)
    np.testing.assert_array_equal(found.time, TIME)


def test_the_artery_is_corrected_for_the_field(source):
    blood = np.interp(TIME, source.time, source.blood)
    series = concentration_to_signal(blood, t10=1.9, m0=500.0, b1=0.8, **SCAN)[None]
    found = measured_input(
        series, TIME, np.array([True]), t10_blood=1.9, hct=HCT, b1=np.array([0.8]), **SCAN
    )
    np.testing.assert_allclose(found.blood, blood, atol=1e-9)


@pytest.mark.parametrize(
    ("artery", "message"),
    [
        (np.zeros(3, dtype=bool), "no voxel"),
        (np.ones(4, dtype=bool), "does not fit"),
        (np.ones(3, dtype=bool), "all 3 voxels"),
    ],
)
def test_an_unusable_artery_is_refused(artery, message):
    series = np.full((3, TIME.size), 100.0)
    series[:, 50] = 1e6
    with pytest.raises(InputError, match=message):
        measured_input(series, TIME, artery, t10_blood=1.9, hct=HCT, baseline=(0, 10), **SCAN)


def test_maps_are_saved_with_what_they_are(tmp_path, series, truth, source):
    affine = np.diag([0.2, 0.2, 1.0, 1.0])
    result = maps(series, TIME, **settings(truth, source, baseline=(0, 9)))
    written = result.save(tmp_path / "maps", like=Image(series, affine, "dce"))
    assert {path.name for path in written} == {
        *(f"{name}{suffix}.nii.gz" for name in result.names for suffix in ("", "_se")),
        *("r2.nii.gz", "rmse.nii.gz", "flags.nii.gz"),
    }
    image = nib.load(tmp_path / "maps" / "Ktrans.nii.gz")
    np.testing.assert_allclose(image.get_fdata(), truth["Ktrans"], rtol=1e-4)
    np.testing.assert_allclose(image.affine, affine)
    sidecar = json.loads((tmp_path / "maps" / "Ktrans.json").read_text())
    assert sidecar["Units"] == "1/min"
    assert sidecar["CAPLEX"] == "Q.PH1.008"
    assert sidecar["Model"] == "extended_tofts"
    assert sidecar["Settings"]["FlipAngle"] == 20.0
    assert sidecar["Settings"]["BaselineSamples"] == [0, 9]
    error = json.loads((tmp_path / "maps" / "Ktrans_se.json").read_text())
    assert error["Description"] == "Standard error of Ktrans"
    assert error["Units"] == "1/min"


@pytest.mark.parametrize("model", sorted(set(MODELS) & {"tofts", "patlak"}))
def test_other_models_by_name(series, truth, source, model):
    result = maps(series, TIME, **settings(truth, source, model=model))
    assert result.names == MODELS[model].names
    assert np.isfinite(result["Ktrans"]).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "magic"}, "model is 'magic'; expected one of"),
        ({"mask": np.zeros(SHAPE)}, "no voxel to fit"),
        ({"mask": np.ones(3)}, "mask of shape"),
        ({"t10": np.ones(4)}, "t10 of shape"),
        ({"b1": np.ones(4)}, "b1 of shape"),
        ({"tr": -1.0}, "tr is"),
        ({"model": ["tofts", "magic"]}, "model is .*'magic'"),
        ({"model": []}, "model is"),
        ({"delay": (3.0, 1.0)}, "delay bounds"),
        ({"water_lifetime": -1.0}, "water_lifetime is -1"),
        ({"water_lifetime": 0.5, "model": "2cxm"}, "goes with the models tofts, extended_tofts"),
        ({"water_lifetime": 0.5, "delay": (0.0, 4.0)}, "do not go together"),
    ],
)
def test_impossible_settings_are_refused(series, truth, source, change, message):
    with pytest.raises(InputError, match=message):
        maps(series, TIME, **settings(truth, source, **change))


def test_a_map_that_is_not_there_is_named(series, truth, source):
    with pytest.raises(InputError, match="no 'Fp'; it has Ktrans"):
        maps(series, TIME, **settings(truth, source))["Fp"]


def test_a_time_axis_of_another_length_is_refused(series, truth, source):
    with pytest.raises(InputError):
        maps(series, TIME[:-1], **settings(truth, source))


LATE = 2.6


@pytest.fixture(scope="module")
def late_series(truth, source):
    """Every other voxel is reached later."""
    curves = tissue(truth, source.shifted(LATE))
    curves[::2] = tissue(truth, source)[::2]
    return concentration_to_signal(curves, t10=truth["t10"], b1=truth["b1"], m0=900.0, **SCAN)


def test_a_delay_is_fitted_in_every_voxel(late_series, truth, source):
    result = maps(late_series, TIME, **settings(truth, source, delay=(0.0, 6.0)))
    expected = np.where(np.arange(SHAPE[0]) % 2, LATE, 0.0)[:, None, None]
    np.testing.assert_allclose(result["delay"], np.broadcast_to(expected, SHAPE), atol=1e-3)
    np.testing.assert_allclose(result["Ktrans"], truth["Ktrans"], rtol=1e-3)
    assert result.names[-1] == "delay"
    assert result.settings["Delay"] == {"FittedBetween": [0.0, 6.0]}


def test_a_given_delay_is_applied(late_series, truth, source):
    result = maps(late_series, TIME, **settings(truth, source, delay=LATE))
    np.testing.assert_allclose(result["Ktrans"][1::2], truth["Ktrans"][1::2], rtol=1e-5)
    assert (result["delay"] == LATE).all()
    assert "delay" not in result.names


def test_one_delay_is_found_for_all_voxels_but_the_artery(late_series, truth, source):
    series = late_series[1::2].copy()
    series[0, 0] = concentration_to_signal(
        np.interp(TIME, source.time, source.plasma), t10=truth["t10"][1, 0, 0], m0=900.0, **SCAN
    )
    part = {name: values[1::2] for name, values in truth.items()}
    rng = np.random.default_rng(1)
    series = series + series[..., :1] / 60 * rng.normal(size=series.shape)
    result = maps(series, TIME, **settings(part, source, delay=SharedDelay(0.0, 8.0)))
    found = np.unique(result["delay"][~result.flags])
    assert found.size == 1
    assert result.flags.sum() <= 1  # the artery, where it is too bright
    assert abs(found[0] - LATE) < 5 * result.se["delay"].flat[0] < 0.5
    assert result.names[-1] == "delay"


def test_vessels_do_not_outvote_the_tissue_about_a_shared_delay(truth, source):
    late = 0.5
    tissues = tissue(truth, source.shifted(late)).reshape(-1, TIME.size)
    blood = np.tile(np.interp(TIME, source.time, source.blood), (40, 1))
    how = {"t10": 1.6, **SCAN}
    series = concentration_to_signal(np.concatenate([tissues, blood]), **how, m0=900.0)
    series += series[:, :1] / 60 * np.random.default_rng(1).normal(size=series.shape)
    result = maps(series, TIME, input=source, delay=SharedDelay(0.0, 8.0), **how)
    assert abs(result["delay"][0] - late) < 0.15


@pytest.mark.parametrize("late", [2.0, 3.0, 3.5])
def test_a_shared_delay_is_found_where_there_is_no_noise(truth, source, late) -> None:
    """All delays but those next to the true one are then at the cap of what a voxel may say."""
    series = concentration_to_signal(
        tissue(truth, source.shifted(late)), t10=truth["t10"], b1=truth["b1"], m0=900.0, **SCAN
    )
    result = maps(series, TIME, **settings(truth, source, delay=SharedDelay(0.0, 8.0)))
    np.testing.assert_allclose(result["delay"], late, atol=0.05)


def test_without_plasma_volume_a_fitted_delay_costs_no_voxel(truth, source):
    """To first order, a longer delay and a little vp are then the same curve."""
    dry = {**truth, "vp": np.zeros(SHAPE)}
    series = concentration_to_signal(
        tissue(dry, source.shifted(1.0)), t10=truth["t10"], b1=truth["b1"], m0=900.0, **SCAN
    )
    result = maps(series, TIME, **settings(dry, source, delay=(0.0, 5.0)))
    for name in ("Ktrans", "ve"):
        np.testing.assert_allclose(result[name], truth[name], rtol=0.01)
    np.testing.assert_allclose(result["vp"], 0.0, atol=2e-4)
    np.testing.assert_allclose(result["delay"], 1.0, atol=0.05)


def test_each_voxel_takes_the_model_it_supports(truth, source):
    mixed = {**truth, "vp": truth["vp"].copy()}
    mixed["vp"][:3] = 0.0
    clean = concentration_to_signal(
        tissue(mixed, source), t10=truth["t10"], b1=truth["b1"], m0=900.0, **SCAN
    )
    rng = np.random.default_rng(5)
    noisy = clean + clean[..., :1] / 80 * rng.normal(size=clean.shape)
    result = maps(noisy, TIME, **settings(truth, source, model=("tofts", "extended_tofts")))
    assert (result.choice[:3] == 0).mean() > 0.7
    assert (result.choice[3:] == 1).all()
    # Without plasma volume is a value of it, so that a mean over the voxels is no mean of some.
    assert (result["vp"][result.choice == 0] == 0).all()
    assert np.isnan(result.se["vp"][result.choice == 0]).all()
    assert result.names == ("Ktrans", "kep", "ve", "vp")
    one = maps(noisy, TIME, **settings(truth, source))
    same = result.choice == 1
    np.testing.assert_array_equal(result["Ktrans"][same], one["Ktrans"][same])


def test_the_error_of_t1_is_in_the_errors(truth, source, series):
    at_bound = np.zeros(SHAPE, dtype=bool)
    at_bound[0, 0, 0] = True
    t1 = T1Map(
        "T1",
        (QUANTITIES["T1"],),
        {"T1": truth["t10"]},
        {"T1": 0.05 * truth["t10"]},
        reasons_of(SHAPE, {RelaxationFlag.AT_BOUND: at_bound}, remarks=0),
    )
    sure = maps(series, TIME, **settings(truth, source))
    unsure = maps(series, TIME, **settings(truth, source, t10=t1))
    assert unsure.flags[0, 0, 0] and np.isnan(unsure["Ktrans"][0, 0, 0])
    longer = maps(series, TIME, **settings(truth, source, t10=1.05 * truth["t10"]))
    moved = np.abs(longer["Ktrans"] - sure["Ktrans"]).ravel()[1:]
    np.testing.assert_allclose(unsure.se["Ktrans"].ravel()[1:], moved, rtol=1e-3)
    assert (moved > 0.04 * sure["Ktrans"].ravel()[1:]).all()
    assert (sure.se["Ktrans"] / sure["Ktrans"]).max() < 1e-3
    assert unsure.settings["ErrorsInclude"] == ["residuals", "baseline", "T1"]


def test_the_quality_of_the_fit_is_mapped(series, truth, source):
    bad = series.copy()
    bad[0, 0, 0] *= 1 + 0.2 * np.sin(TIME / 5)
    result = maps(bad, TIME, **settings(truth, source, baseline=(0, 9)))
    assert result.quality["r2"][0, 0, 0] < 0.9
    assert result.quality["r2"].ravel()[1:].min() > 0.999
    assert result.quality["rmse"][0, 0, 0] == result.quality["rmse"].max() > 0.01


def test_saved_names_can_have_a_prefix_and_the_choice_of_model(tmp_path, series, truth, source):
    result = maps(series, TIME, **settings(truth, source, model=("tofts", "extended_tofts")))
    result.save(tmp_path, like=Image(series, np.eye(4), "dce"), prefix="sub-01_")
    sidecar = json.loads((tmp_path / "sub-01_model.json").read_text())
    assert sidecar["Levels"] == {"0": "tofts", "1": "extended_tofts"}
    assert (nib.load(tmp_path / "sub-01_model.nii.gz").get_fdata() == 1).all()
    assert json.loads((tmp_path / "sub-01_r2.json").read_text())["Units"] == ""


def test_single_precision_and_integers_do(series, truth, source):
    exact = maps(series, TIME, **settings(truth, source))
    single = maps(series.astype(np.float32), TIME, **settings(truth, source))
    np.testing.assert_allclose(single["Ktrans"], exact["Ktrans"], rtol=1e-4)
    whole = maps(np.rint(100 * series).astype(int), TIME, **settings(truth, source))
    np.testing.assert_allclose(whole["Ktrans"], exact["Ktrans"], rtol=0.02)
