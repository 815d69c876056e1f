"""Maps of a dynamic scan: truth in, truth out; and inputs taken from the image."""

import json
import warnings
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
from pet_curves import FRAMES, KNOTS, LENGTH, SOURCE, noisy, two_tissue_curve
from phantom import SHOWN, sphere_scan

from biomarkers import pet
from biomarkers.errors import AssumptionWarning, InputError
from biomarkers.images import Image
from biomarkers.kinetics import Input

KINDS = (
    {"K1": 0.10, "k2": 0.20, "k3": 0.05, "k4": 0.03, "vB": 0.04},
    {"K1": 0.20, "k2": 0.30, "k3": 0.02, "k4": 0.05, "vB": 0.07},
)
SHAPE = (4, 5, 3)


@pytest.fixture(scope="module")
def tissue():
    return np.arange(np.prod(SHAPE)).reshape(SHAPE) % len(KINDS)


@pytest.fixture(scope="module")
def scan(tissue):
    curves = np.array([two_tissue_curve(**kind) for kind in KINDS])
    image = Image(curves[tissue], np.diag([2.0, 2.0, 2.0, 1.0]), "sub-01_pet.nii.gz", "kBq/mL")
    return pet.Scan(image, FRAMES, pet.nuclide("F18"), tracer="RGD")


def volume(kind):
    return kind["K1"] / kind["k2"] * (1 + kind["k3"] / kind["k4"])


def test_two_tissue_maps_hold_the_truth_with_errors(scan, tissue):
    found = pet.maps(scan, SOURCE, model="2tcm")
    for name in ("K1", "k3", "vB"):
        truth = np.array([kind[name] for kind in KINDS])[tissue]
        np.testing.assert_allclose(found[name], truth, rtol=1e-2)
    np.testing.assert_allclose(found["VT"], np.array([volume(k) for k in KINDS])[tissue], rtol=1e-3)
    assert np.isfinite(found.se["K1"]).all()
    assert not found.flags.any()
    assert found.names == ("K1", "k2", "k3", "k4", "VT", "BPND", "Ki", "vB")


def test_maps_are_the_fits_of_their_voxels(scan):
    rng = np.random.default_rng(3)
    data = scan.series + 0.1 * rng.standard_normal(scan.series.shape)
    rough = replace(scan, image=scan.image.with_data(data, source="rough", unit="kBq/mL"))
    weights = pet.scan_weights(rough)
    for model in ("logan", "2tcm"):
        given = {"t_star": 1500.0} if model == "logan" else {"delay": 1.5}
        whole = pet.maps(rough, SOURCE, model=model, weights=weights, **given)
        one = pet.fit(data[1, 2, 0], FRAMES, SOURCE, model=model, weights=weights, **given)
        np.testing.assert_allclose(whole["VT"][1, 2, 0], one["VT"], rtol=1e-9)
        np.testing.assert_allclose(whole.se["VT"][1, 2, 0], one.se["VT"], rtol=1e-6)


def test_the_mask_leaves_voxels_out_and_holes_are_flagged(scan):
    data = scan.series.copy()
    data[0, 0, 0, 5] = np.nan
    data[1, 1, 1] = 0.0
    holed = replace(scan, image=scan.image.with_data(data, source="holed", unit="kBq/mL"))
    mask = np.ones(SHAPE, dtype=bool)
    mask[3] = False
    found = pet.maps(holed, SOURCE, model="logan", mask=mask, t_star=1500.0)
    assert np.isnan(found["VT"][3]).all()
    assert not found.flags[3].any()
    assert found.flags[0, 0, 0]
    assert found.flags[1, 1, 1]
    assert found.flags.sum() == 2
    assert found.reasons.words((0, 0, 0)).startswith("no signal")
    assert not pet.maps(holed, SOURCE, t_star=1500.0).mask[0, 0, 0]


def test_a_delay_in_every_voxel_is_a_map(tissue):
    curves = np.array([two_tissue_curve(**kind, delay=6.0) for kind in KINDS])
    image = Image(curves[tissue[:1, :2, :1]], np.eye(4), "late", "kBq/mL")
    late = pet.Scan(image, FRAMES, pet.nuclide("F18"))
    found = pet.maps(late, SOURCE, model="2tcm", delay=(-10, 60))
    np.testing.assert_allclose(found["delay"], 6.0, atol=0.1)
    assert "delay" in found.names


def test_maps_are_saved_with_what_they_are(scan, tmp_path):
    with pytest.warns(AssumptionWarning, match="mean of the mask"):
        found = pet.maps(scan, SOURCE, model="patlak", t_star=1500.0)
    written = found.save(tmp_path, like=scan.image, prefix="sub-01_trc-RGD_")
    names = {path.name.removeprefix("sub-01_trc-RGD_").removesuffix(".nii.gz") for path in written}
    assert names == {"Ki", "Ki_se", "V0", "V0_se", "rss", "r2", "deviation", "flags"}
    said = json.loads((tmp_path / "sub-01_trc-RGD_Ki.json").read_text())
    assert said["Units"] == "mL/min/mL"
    assert said["Settings"]["TStar"] == found.settings["TStar"]
    assert any("k4 = 0" in note for note in said["Notes"])
    np.testing.assert_allclose(nib.load(written[0]).get_fdata(), found["Ki"], rtol=1e-6)
    assert "k4 = 0" in repr(found)
    with pytest.raises(InputError, match="no 'VT'"):
        found["VT"]


def test_masks_that_do_not_fit_are_refused(scan):
    with pytest.raises(InputError, match=r"mask of shape \(2, 2\)"):
        pet.maps(scan, SOURCE, mask=np.ones((2, 2)))
    with pytest.raises(InputError, match=r"mask has voxels without a value \(NaN\)"):
        pet.maps(scan, SOURCE, mask=np.full(SHAPE, np.nan))
    with pytest.raises(InputError, match=r"mask is .*; expected real numbers"):
        pet.maps(scan, SOURCE, mask=np.full(SHAPE, "tumor"))
    with pytest.raises(InputError, match="no voxel"):
        pet.maps(scan, SOURCE, mask=np.zeros(SHAPE))


def test_reference_tissue_maps(scan):
    """A voxel over its own curve, of which the input knows frame means only: no binding."""
    curve = scan.series[0, 0, 0]
    source = Input.reference_region(FRAMES, curve)
    found = pet.maps(scan, source, model="srtm")
    assert not found.notes
    assert found["R1"][0, 0, 0] == pytest.approx(1.0, abs=0.03)
    assert found["BPND"][0, 0, 0] == pytest.approx(0.0, abs=0.01)


def test_blood_from_the_image_with_its_partial_volume():
    """A vessel of 12 mm in tissue: the blur takes a third of it and puts the tissue's in."""
    frames_in = 4
    blood, around = np.array([30.0, 12.0, 8.0, 6.0]), np.array([1.0, 2.0, 3.0, 4.0])
    scan, regions, mask = sphere_scan(blood, around, radius=6.0)
    recovery = pet.recovery_coefficient(regions, "sphere", fwhm_mm=SHOWN)
    assert recovery < 0.8
    source = pet.image_input(scan, regions, vessel="sphere", around="background", recovery=recovery)
    assert source.time.size == frames_in + 1
    np.testing.assert_allclose(source.blood[1:], blood, rtol=0.03)
    plain = pet.image_input(scan, regions, vessel="sphere")
    np.testing.assert_allclose(plain.blood[1:], scan.series[mask > 0].mean(axis=0))
    with pytest.raises(InputError, match="recovery is 0"):
        pet.image_input(scan, regions, vessel="sphere", recovery=0.0)
    with pytest.raises(InputError, match="'aorta'"):
        pet.image_input(scan, regions, vessel="aorta")


def test_a_populations_input_is_scaled_by_samples():
    time = np.array([1200.0, 2400.0, 3600.0])
    truth = 1.7 * np.interp(time, KNOTS, SOURCE.plasma)
    scaled = pet.scale_population(SOURCE, time, truth * [1.02, 1.0, 0.98])
    assert scaled.scale == pytest.approx(1.7, rel=1e-3)
    assert scaled.se == pytest.approx(1.7 * 0.02 / np.sqrt(3), rel=1e-2)
    np.testing.assert_allclose(scaled.input.blood, scaled.scale * SOURCE.blood)
    assert np.isnan(pet.scale_population(SOURCE, time[:1], truth[:1]).se)
    with pytest.raises(InputError, match="lasts from"):
        pet.scale_population(SOURCE, [9e9], [1.0])
    with pytest.raises(InputError, match="above zero"):
        pet.scale_population(SOURCE, [1200.0], [0.0])
    with pytest.raises(InputError, match="curve is 'serum'"):
        pet.scale_population(SOURCE, time, truth, curve="serum")


def test_noise_in_voxels_does_not_hide_what_their_mean_shows(tissue):
    clean = two_tissue_curve(K1=0.1, k2=0.2, k3=0.08, k4=0.02, vB=0.05)
    rows = np.array([noisy(clean, 0.3, seed) for seed in range(tissue.size)])
    image = Image(rows.reshape(*SHAPE, -1), np.eye(4), "rough", "kBq/mL")
    scan = pet.Scan(image, FRAMES, pet.nuclide("F18"), tracer="FLT")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = pet.maps(scan, SOURCE, model="patlak", t_star=1500.0, weights=LENGTH)
    assert [each.category for each in caught] == [AssumptionWarning]
    assert any(note.startswith("FLT") for note in found.notes)
