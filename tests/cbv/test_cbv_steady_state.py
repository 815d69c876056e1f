"""Blood volume from a pair of scans: exact where it can be, honest where it cannot."""

import json

import numpy as np
import pytest
from scipy import ndimage

from biomarkers import cbv
from biomarkers.errors import GeometryError, InputError, MotionWarning, UnusualValueWarning
from biomarkers.images import Image, read_image

TE = np.array([3.0, 6.0, 9.0, 12.0, 15.0]) * 1e-3
AGENT = {"agent": "P904", "dose_mg_fe_kg": 11.17, "field_t": 7.0}
SHAPE = (24, 20, 4)


def per_volume(**changed):
    """ΔR2* of a voxel of blood, 1/s."""
    given = AGENT | changed
    chi = cbv.blood_susceptibility(**given)
    return float(cbv.delta_r2s(1.0, delta_chi=chi, field_t=given["field_t"]))


def scans(te=TE, gain=0.93, rate=None, seed=0):
    """True CBV, signals before and after, and a reference region of CBV 0.02."""
    rng = np.random.default_rng(seed)
    volume = rng.uniform(0.01, 0.06, SHAPE)
    reference = np.zeros(SHAPE, dtype=bool)
    reference[:4] = True
    volume[reference] = 0.02
    s0, before = rng.uniform(800, 1200, SHAPE), rng.uniform(25, 40, SHAPE)
    after = before + (rate or per_volume()) * volume
    te = np.atleast_1d(te)
    pre, post = (s0[..., None] * np.exp(-te * each[..., None]) for each in (before, after))
    return volume, pre, gain * post, reference


def received(signal, sd, seed):
    one, two = np.random.default_rng(seed).normal(0.0, sd, (2, *signal.shape))
    return np.hypot(signal + one, two)


def test_volume_and_ratio_are_recovered_exactly_whatever_the_gain():
    volume, pre, post, reference = scans()
    found = cbv.steady_state(pre, post, te=TE, reference=reference, **AGENT)
    np.testing.assert_allclose(found["CBV"], volume, rtol=1e-9)
    np.testing.assert_allclose(found["dR2s"], per_volume() * volume, rtol=1e-9)
    np.testing.assert_allclose(found["CBV_ratio"], volume / 0.02, rtol=1e-9)
    assert not found.flags.any()
    assert not found.shift.any()


@pytest.mark.parametrize("te", [TE[:2], TE[::-1], TE[1:] * 1.7, TE[2]])
def test_echo_times_do_not_matter(te):
    volume, pre, post, _ = scans(te, gain=1.0)
    found = cbv.steady_state(pre, post, te=te, **AGENT)
    np.testing.assert_allclose(found["CBV"], volume, rtol=1e-9)


def test_a_single_echo_may_lack_its_axis():
    volume, pre, post, _ = scans(TE[2], gain=1.0)
    found = cbv.steady_state(pre[..., 0], post[..., 0], te=TE[2], **AGENT)
    np.testing.assert_allclose(found["CBV"], volume, rtol=1e-9)
    assert np.isnan(found.se["CBV"]).all()
    aware = cbv.steady_state(pre[..., 0], post[..., 0], te=TE[2], noise=5.0, **AGENT)
    expected = 5.0 / TE[2] * np.hypot(1.0 / pre[..., 0], 1.0 / post[..., 0])
    np.testing.assert_allclose(aware.se["dR2s"], expected, rtol=1e-3)


def test_a_single_echo_is_freed_of_the_noise_floor():
    signal = np.full((40_000,), 100.0)
    pre, post = received(signal, 12.0, 1), received(0.3 * signal, 12.0, 2)
    plain = cbv.rate_change(pre, post, te=0.01, noise=None)
    aware = cbv.rate_change(pre, post, te=0.01, noise=12.0)
    truth, sound = -np.log(0.3) / 0.01, ~aware.flags
    # Over the voxels that stand out of the noise, weak ones are missing from both alike.
    assert abs(np.median(plain["dR2s"]) - truth) > 5.0
    assert abs(np.median(np.where(sound, aware["dR2s"], np.inf)) - truth) < 1.5


def test_dose_scales_exactly():
    _, pre, post, reference = scans()
    one, two = (
        cbv.steady_state(pre, post, te=TE, reference=reference, **(AGENT | {"dose_mg_fe_kg": dose}))
        for dose in (5.0, 10.0)
    )
    np.testing.assert_allclose(one["CBV"], 2.0 * two["CBV"], rtol=1e-12)
    np.testing.assert_allclose(one["CBV_ratio"], two["CBV_ratio"], rtol=1e-12)


@pytest.mark.parametrize("field", [1.5, 3.0, 9.4])
@pytest.mark.parametrize("agent", ["P904", "ferumoxytol", "MION"])
def test_field_scales_as_the_magnetisation_does(agent, field):
    setting = {"agent": agent, "dose_mg_fe_kg": 8.0, "field_t": field}
    volume, pre, post, _ = scans(rate=per_volume(**setting))
    np.testing.assert_allclose(
        cbv.steady_state(pre, post, te=TE, **setting)["CBV"], volume, rtol=1e-9
    )
    at_7 = cbv.steady_state(pre, post, te=TE, **(setting | {"field_t": 7.0}))["CBV"]
    magnetisation = cbv.AGENTS[agent].magnetisation
    np.testing.assert_allclose(at_7 / volume, magnetisation(field) / magnetisation(7.0), rtol=1e-9)


def test_species_differ_by_their_blood():
    _, pre, post, _ = scans()
    rat, human = (
        cbv.steady_state(pre, post, te=TE, species=name, **AGENT) for name in ("rat", "human")
    )
    np.testing.assert_allclose(human["CBV"] / rat["CBV"], 69.0 / 64.0, rtol=1e-12)


def test_errors_hold_what_they_promise_with_noise_estimated():
    volume, pre, post, reference = scans()
    pre, post = received(pre, 15.0, 3), received(post, 15.0, 4)
    found = cbv.steady_state(pre, post, te=TE, reference=reference, **AGENT)
    assert found.noise == pytest.approx(15.0, rel=0.05)
    known = ~found.flags
    assert known.mean() > 0.99
    z = ((found["CBV"] - volume) / found.se["CBV"])[known]
    assert abs(z.mean()) < 0.08
    assert z.std() == pytest.approx(1.0, abs=0.06)
    z = ((found["CBV_ratio"] - volume / 0.02) / found.se["CBV_ratio"])[known]
    assert z.std() == pytest.approx(1.0, abs=0.06)


def test_a_voxel_too_full_of_iron_is_saturated_not_measured():
    _, pre, post, _ = scans()
    pre, post = received(pre, 10.0, 5), received(post, 10.0, 6)
    post[0, 0, 0] = received(np.zeros(5), 3.0, 7)
    pre[0, 0, 1] = received(np.zeros(5), 3.0, 8)
    pre[0, 0, 2, 3] = np.nan
    found = cbv.steady_state(pre, post, te=TE, noise=10.0, **AGENT)
    assert found.reasons[0, 0, 0] & cbv.RateFlag.SATURATED
    assert found.reasons[0, 0, 1] & cbv.RateFlag.BELOW_NOISE
    assert found.reasons[0, 0, 2] == cbv.RateFlag.NO_SIGNAL
    assert np.isnan(found["CBV"][0, 0, :3]).all()
    assert found.reasons.has(cbv.RateFlag.SATURATED).mean() == pytest.approx(1.0 / np.prod(SHAPE))


def test_images_do_as_arrays_do(tmp_path):
    volume, pre, post, reference = scans()
    affine = np.diag([0.5, 0.5, 1.0, 1.0])
    whole = [Image(each, affine, "scan") for each in (pre, post)]
    single = [
        [Image(each[..., k], affine, f"echo {k}") for k in range(TE.size)] for each in (pre, post)
    ]
    for pair in (whole, single):
        found = cbv.steady_state(*pair, te=TE, reference=reference, **AGENT)
        np.testing.assert_allclose(found["CBV"], volume, rtol=1e-9)
    written = found.save(tmp_path, like=whole[0], prefix="sub-01_")
    assert {path.name for path in written} >= {
        "sub-01_CBV.nii.gz", "sub-01_CBV_se.nii.gz", "sub-01_CBV_ratio.nii.gz",
        "sub-01_dR2s.nii.gz", "sub-01_flags.nii.gz",
    }  # fmt: skip
    kept = read_image(tmp_path / "sub-01_CBV.nii.gz")
    np.testing.assert_allclose(kept.data, volume, rtol=1e-6)
    said = json.loads((tmp_path / "sub-01_CBV.json").read_text())
    assert said["Settings"]["ContrastAgent"] == "P904"
    assert said["Settings"]["DeltaChiSI"] == pytest.approx(2.38e-6, rel=0.01)
    elsewhere = Image(post, affine + np.eye(4), "moved grid")
    with pytest.raises(GeometryError):
        cbv.steady_state(whole[0], elsewhere, te=TE, **AGENT)


def test_a_scan_that_has_moved_is_told():
    volume, pre, post, _ = scans()
    x, y, z = np.meshgrid(*(np.arange(n) - 0.5 * (n - 1) for n in SHAPE), indexing="ij")
    brain = 0.2 + ((x / 8) ** 2 + (y / 6) ** 2 < 1 + 0.05 * z)
    pre, post = pre * brain[..., None], post * brain[..., None]
    assert not cbv.steady_state(pre, post, te=TE, **AGENT).shift.any()
    moved = ndimage.shift(post, (1.0, 0, 0, 0), order=1, mode="nearest")
    with pytest.warns(MotionWarning, match="register them first"):
        found = cbv.steady_state(pre, moved, te=TE, **AGENT)
    assert found.shift[0] == pytest.approx(1.0, abs=0.3)
    assert np.isfinite(volume).all()


def test_vessels_are_added():
    volume, pre, post, _ = scans()
    found = cbv.steady_state(pre, post, te=TE, **AGENT)
    chi = {"delta_chi": found.delta_chi, "field_t": 7.0}
    te = np.array([10.0, 25.0, 40.0]) * 1e-3
    before = 900.0 * np.exp(-te * np.full((*SHAPE, 1), 18.0))
    rise = cbv.delta_r2(volume, 7.0, 0.8e-3, **chi)
    after = before * np.exp(-te * rise[..., None])
    dR2 = cbv.rate_change(before, after, te=te, echo="spin")
    full = cbv.with_vessels(found, dR2, 0.8e-3)
    np.testing.assert_allclose(full["VSI"], 7.0, rtol=1e-7)
    np.testing.assert_allclose(full["MVD"], volume / (2 * np.pi * 7e-3**2), rtol=1e-7)
    assert set(full.se) == set(full.names)
    with pytest.raises(InputError, match="does not fit maps"):
        cbv.with_vessels(found, cbv.rate_change(before[0], after[0], te=te), 0.8e-3)


def test_outside_the_mask_nothing_is_said():
    volume, pre, post, _ = scans()
    mask = volume > 0.03
    found = cbv.steady_state(pre, post, te=TE, mask=mask, **AGENT)
    np.testing.assert_array_equal(np.isfinite(found["CBV"]), mask)
    assert not found.flags.any()
    assert "CBV" in repr(found)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"te": TE * 1e3}, "look like ms"),
        ({"te": TE[:3]}, "must end in one value for each of 3 echo times"),
        ({"te": [0.01, 0.01, 0.02, 0.03, 0.04]}, "two echoes have one time"),
        ({"noise": "guess"}, "expected a number, a map, 'estimate' or None"),
        ({"mask": np.zeros(SHAPE)}, "the mask is empty"),
        ({"mask": np.ones(3)}, "mask of shape"),
        ({"reference": np.zeros(SHAPE)}, "no voxel of the reference has a value"),
        ({"reference": np.ones(3)}, "reference of shape"),
        ({"reference": np.full(SHAPE, np.nan)}, "reference has voxels without a value"),
        ({"agent": "P905"}, "known are P904"),
        ({"dose_mg_fe_kg": "11.2"}, "dose_mg_fe_kg is '11.2'; expected real numbers"),
        ({"dose_mg_fe_kg": None}, "dose_mg_fe_kg is None; expected one positive number"),
        ({"field_t": [7.0, 7.0]}, "field_t is .*; expected one positive number"),
        ({"te": "short"}, "te is 'short'; expected real numbers"),
    ],
)
def test_bad_input_is_refused(changed, says):
    _, pre, post, _ = scans()
    with pytest.raises(InputError, match=says):
        cbv.steady_state(pre, post, **({"te": TE} | AGENT | changed))


def test_echoes_may_come_one_by_one():
    _, pre, post, reference = scans()
    whole = cbv.steady_state(pre, post, te=TE, reference=reference, **AGENT)
    apart = [[each[..., k] for k in range(len(TE))] for each in (pre, post)]
    drawn = Image(reference.astype(int), np.eye(4), "reference")
    found = cbv.steady_state(*apart, te=TE, reference=drawn, **AGENT)
    for name in whole.names:
        np.testing.assert_array_equal(found[name], whole[name])
    uneven = [*apart[0][:-1], apart[0][-1][:3]]
    with pytest.raises(InputError, match="pre: echoes have shapes"):
        cbv.steady_state(uneven, apart[1], te=TE, **AGENT)
    # As many slices as echoes: which is which nobody can tell.
    square = [each[..., : len(TE)] for each in np.ones((len(TE), 4, len(TE)))]
    with pytest.raises(InputError, match="either may be the echoes"):
        cbv.steady_state(square, square, te=TE, **AGENT)
    image = Image(pre[..., 0], np.eye(4), "echo")
    with pytest.raises(InputError, match="2 images for 5 echo times"):
        cbv.steady_state([image] * 2, [image] * 2, te=TE, **AGENT)


def test_maps_are_saved_on_a_grid_only(tmp_path):
    _, pre, post, _ = scans()
    with pytest.raises(InputError, match="like is of type ndarray; expected an image"):
        cbv.steady_state(pre, post, te=TE, **AGENT).save(tmp_path, like=pre)


def test_voxels_without_a_value_before_are_no_motion():
    _, pre, post, _ = scans()
    pre[:5] = np.nan
    found = cbv.steady_state(pre, post, te=TE, **AGENT)
    assert not found.shift.any()
    assert found.flags[:5].all()
    assert not found.flags[5:].any()


@pytest.mark.parametrize("te", [TE, TE[2]])
def test_scans_that_are_swapped_are_refused(te):
    _, pre, post, _ = scans(te, gain=1.0)
    with pytest.raises(InputError, match=r"in 100% of the voxels.*pre and post look swapped"):
        cbv.steady_state(post, pre, te=te, **AGENT)
    with pytest.raises(InputError, match="look swapped"):
        cbv.rate_change(post, pre, te=te, echo="spin")


def test_voxels_whose_rate_falls_are_flagged():
    volume, pre, post, _ = scans(gain=1.0)
    pre[:2], post[:2] = post[:2].copy(), pre[:2].copy()
    found = cbv.steady_state(pre, post, te=TE, **AGENT)
    assert found.flags[:2].all()
    assert not found.flags[2:].any()
    assert found.reasons.words((0, 0, 0)) == "implausible"
    np.testing.assert_allclose(found["CBV"][0], -volume[0])


def test_more_blood_than_the_voxel_holds_is_flagged():
    _, pre, post, _ = scans()
    tenth = AGENT | {"dose_mg_fe_kg": 0.32}
    found = cbv.steady_state(pre, post, te=TE, **tenth)
    np.testing.assert_array_equal(found.flags, found["CBV"] > 1.0)
    assert found.flags.any()


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"te": np.array([0.5, 3.5, 6.5, 9.5, 12.5])}, "te is 12.5 s; .*looks like ms"),
        ({"field_t": 7000.0}, "field_t is 7000 T; .*looks like mT"),
        ({"field_t": 300.0}, "field_t is 300 T; .*MHz"),
        ({"dose_mg_fe_kg": 11170.0}, "dose_mg_fe_kg is 11170 mg/kg; .*looks like ug/kg"),
    ],
)
def test_another_unit_is_refused_by_name(changed, says):
    _, pre, post, _ = scans()
    with pytest.raises(InputError, match=says):
        cbv.steady_state(pre, post, **({"te": TE} | AGENT | changed))


def test_a_dose_in_umol_is_warned_of_and_noted():
    _, pre, post, _ = scans()
    with pytest.warns(UnusualValueWarning, match="200 mg/kg; .*looks like umol/kg"):
        found = cbv.steady_state(pre, post, te=TE, **(AGENT | {"dose_mg_fe_kg": 200.0}))
    assert any("looks like umol/kg" in note for note in found.notes)


def test_constants_of_agents_and_animals_are_asked_for_their_unit():
    for make in (
        lambda: cbv.Agent("x", 77500.0, 6.0, 0.3, "A m^2/kg as A m^2/kg times 1000"),
        lambda: cbv.Agent("x", 77.5, 6e-9, 0.3, "m as nm"),
        lambda: cbv.Species("x", 0.064, "mL/g"),
        lambda: cbv.Scaling(density=1040.0),
        lambda: cbv.blood_volume(10.0, delta_chi=2.4, field_t=7.0),
    ):
        with pytest.raises(InputError, match="expected"):
            make()


def test_pairs_must_fit_and_be_magnitudes():
    _, pre, post, reference = scans()
    with pytest.raises(InputError, match="do not fit"):
        cbv.steady_state(pre, post[:5], te=TE, **AGENT)
    with pytest.raises(InputError, match="pre is an array of complex128"):
        cbv.steady_state(pre * 1j, post, te=TE, **AGENT)
    with pytest.raises(InputError, match="which nothing can be divided by"):
        fallen = np.where(reference[..., None], pre * np.exp(5.0 * TE), post)
        cbv.steady_state(pre, fallen, te=TE, reference=reference, **AGENT)
    with pytest.raises(InputError, match="give a reference region"):
        cbv.steady_state(pre, post, te=TE, **AGENT)["CBV_ratio"]
