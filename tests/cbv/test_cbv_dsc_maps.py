"""The contract of `cbv.dsc`: maps, errors, the artery, scaling, files and rows."""

import json

import numpy as np
import pytest
from benchmarks.dsc_curves import TE, TIME, Tissue, artery, noisy, sampled, signal

from biomarkers import cbv
from biomarkers.errors import ArteryError, InputError
from biomarkers.images import Image, as_label_map, read_image
from biomarkers.kinetics import Input

SOURCE = artery()
SEEN = sampled(SOURCE)
GREY, WHITE, SLOW = Tissue(60.0, 0.04), Tissue(25.0, 0.02), Tissue(30.0, 0.06)
SHAPE = (12, 10, 3)


@pytest.fixture(scope="module")
def head():
    """A signal (x, y, z, T) of two sides, a tumour and an artery, and its regions."""
    regions = {name: np.zeros(SHAPE, bool) for name in ("artery", "tumor", "contralateral")}
    change = np.broadcast_to(WHITE.curve(SOURCE), (*SHAPE, TIME.size)).copy()
    change[:6] = WHITE.curve(SOURCE)
    regions["tumor"][7:10, 2:6] = True
    regions["contralateral"][2:5, 2:6] = True
    regions["artery"][5:7, 8:10, 1] = True
    change[regions["tumor"]] = SLOW.curve(SOURCE)
    change[regions["artery"]] = 0.15 * SEEN.blood
    clean = signal(change)
    return noisy(clean, 100.0, np.random.default_rng(1)), regions


@pytest.mark.parametrize("method", ["sSVD", "cSVD", "oSVD", "tikhonov"])
def test_every_method_gives_every_map(method):
    kinds = [GREY, WHITE, SLOW]
    clean = signal([each.curve(SOURCE) for each in kinds])
    seen = noisy(np.repeat(clean, 100, 0), 100.0, np.random.default_rng(2))
    found = cbv.dsc(seen, TIME, te=TE, input=Input(TIME, blood=SEEN.blood), method=method)
    assert found.names == ("CBF", "CBV", "MTT", "Tmax", "TTP")
    assert not found.flags.any()
    for k, each in enumerate(kinds):
        part = slice(100 * k, 100 * k + 100)
        assert np.median(found["CBV"][part]) == pytest.approx(each.cbv, rel=0.05)
        assert 0.45 * each.cbf < np.median(found["CBF"][part]) < 1.1 * each.cbf
        for name in ("CBF", "CBV", "MTT"):
            scatter = found[name][part].std()
            # Too large where regularisation leaves some of the curve, which counts as noise;
            # too small where noise moves the penalty, which errors take as given.
            assert 0.6 < np.median(found.se[name][part]) / scatter < 1.5, name
    np.testing.assert_allclose(found["MTT"], 6000.0 * found["CBV"] / found["CBF"])
    assert "Tmax" not in found.se
    with pytest.raises(InputError, match=r"no 'K2'; it has CBF.*; give leakage="):
        found["K2"]


def test_single_curves_work():
    found = cbv.dsc(signal(GREY.curve(SOURCE)), TIME, te=TE, input=SOURCE, method="cSVD")
    assert found["CBV"].shape == ()
    assert float(found["CBV"]) == pytest.approx(0.04, rel=1e-3)


def test_chunks_and_layout_do_not_change_a_voxel(head):
    seen, regions = head
    whole = cbv.dsc(seen, TIME, te=TE, input=SEEN, baseline=(0, 9))
    some = cbv.dsc(seen, TIME, te=TE, input=SEEN, baseline=(0, 9), mask=regions["tumor"])
    for name in whole.names:
        inside = regions["tumor"]
        np.testing.assert_allclose(whole[name][inside], some[name][inside], rtol=1e-9)
        assert np.isnan(some[name][~inside]).all()


def test_two_echoes_make_the_same_maps():
    pair = [signal([GREY.curve(SOURCE)] * 2, te=te) for te in (0.012, 0.03)]
    two = cbv.dsc(pair, TIME, te=(0.012, 0.03), input=SEEN, method="cSVD", baseline=(0, 9))
    one = cbv.dsc(pair[1], TIME, te=0.03, input=SEEN, method="cSVD", baseline=(0, 9))
    for name in one.names:
        np.testing.assert_allclose(two[name], one[name], rtol=1e-9)


def test_the_artery_is_found_and_drawn_alike(head):
    seen, regions = head
    found = cbv.dsc_artery(seen, TIME, te=TE)
    np.testing.assert_array_equal(found.mask, regions["artery"])
    assert found.unit == "1/s"
    drawn = cbv.dsc_input(seen, TIME, te=TE, artery=regions["artery"])
    np.testing.assert_allclose(found.curve, drawn.blood, atol=0.01 * drawn.blood.max())
    np.testing.assert_allclose(drawn.blood, 0.15 * SEEN.blood, atol=6.0)
    auto = cbv.dsc(seen, TIME, te=TE, method="cSVD")
    given = cbv.dsc(seen, TIME, te=TE, method="cSVD", input=drawn)
    np.testing.assert_allclose(auto["CBV"], given["CBV"], rtol=0.02)
    assert auto.settings["Artery"] == "found"


def test_no_artery_is_said(head):
    seen, regions = head
    with pytest.raises(ArteryError, match=r"no artery: .* Peaks had to reach"):
        cbv.dsc(seen, TIME, te=TE, mask=~regions["artery"])


def test_an_artery_that_cannot_be_read_is_refused(head):
    seen, regions = head
    sunk = seen.copy()
    sunk[regions["artery"]] = noisy(signal(0.8 * SEEN.blood), 100.0, np.random.default_rng(3))
    with pytest.raises(InputError, match="all 4 voxels of the artery sink into the noise"):
        cbv.dsc_input(sunk, TIME, te=TE, artery=regions["artery"], baseline=(0, 9))
    with pytest.raises(InputError, match="the artery has no voxel"):
        cbv.dsc_input(seen, TIME, te=TE, artery=np.zeros(SHAPE, bool))


def test_an_artery_on_another_clock_is_refused():
    late = SEEN.shifted(500.0)
    with pytest.raises(InputError, match="the artery's area is 0"):
        cbv.dsc(signal([GREY.curve(SOURCE)]), TIME, te=TE, input=late)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (SEEN.blood, "input is an array of float64; expected kinetics.Input"),
        (Input(TIME, plasma=SEEN.blood), "no blood curve"),
        (Input(TIME, blood=800.0 * np.exp(-TE * SEEN.blood)), "near 0 before the bolus"),
        (Input(TIME[:-9], blood=SEEN.blood[:-9]), "before the series"),
    ],
)
@pytest.mark.parametrize("method", ["cSVD", "oSVD"])
def test_an_artery_that_is_none_is_refused(source, says, method):
    with pytest.raises(InputError, match=says):
        cbv.dsc(signal([GREY.curve(SOURCE)]), TIME, te=TE, input=source, method=method)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"scaling": "human"}, "scaling is 'human'; expected cbv.HUMAN"),
        ({"mask": [np.nan]}, "mask has voxels without a value"),
        ({"mask": ["a"]}, "mask is .*; expected real numbers"),
        ({"te": "30 ms"}, "te is '30 ms'; expected real numbers"),
    ],
)
def test_settings_that_are_none_are_refused(changed, says):
    with pytest.raises(InputError, match=says):
        cbv.dsc(signal([GREY.curve(SOURCE)]), TIME, **({"te": TE, "input": SEEN} | changed))


def test_signals_are_real_and_time_is_numbers():
    seen = signal([GREY.curve(SOURCE)])
    with pytest.raises(InputError, match="signal is an array of complex128"):
        cbv.dsc(seen + 0j, TIME, te=TE, input=SEEN)
    with pytest.raises(InputError, match=r"time is .*; expected real numbers"):
        cbv.dsc(seen, ["0 s"] * TIME.size, te=TE, input=SEEN)


def test_images_are_masks_and_references_too(head):
    seen, regions = head
    affine = np.diag([2.0, 2.0, 5.0, 1.0])
    drawn = {name: Image(mask.astype(int), affine, name) for name, mask in regions.items()}
    found = cbv.dsc(seen, TIME, te=TE, input=SEEN, baseline=(0, 9), mask=drawn["tumor"])
    np.testing.assert_array_equal(found.mask, regions["tumor"])
    kept = {name: drawn[name] for name in ("tumor", "contralateral")}
    whole = cbv.dsc(seen, TIME, te=TE, input=SEEN, baseline=(0, 9))
    labels = as_label_map(kept, drawn["tumor"])
    rows = [cbv.dsc_rows(whole, each, subject="a", day=0) for each in (kept, regions, labels)]
    assert rows[0].equals(rows[1][rows[1].region.isin(kept)].reset_index(drop=True))
    assert rows[0].equals(rows[2])


def test_scaling_is_explicit():
    data = signal([GREY.curve(SOURCE)])
    plain = cbv.dsc(data, TIME, te=TE, input=SEEN)
    human = cbv.dsc(data, TIME, te=TE, input=SEEN, scaling=cbv.HUMAN)
    assert pytest.approx(0.55 / 0.75) == cbv.HUMAN.kappa
    assert pytest.approx(0.607 / 0.7642) == cbv.RAT.kappa
    for name in ("CBF", "CBV"):
        assert human[name][0] == pytest.approx(plain[name][0] * 0.55 / 0.75 / 1.04)
    assert human["MTT"][0] == pytest.approx(plain["MTT"][0])
    assert [each.unit for each in human.quantities[:2]] == ["mL/min/100g", "mL/g"]
    assert [each.unit for each in plain.quantities[:2]] == ["mL/min/100mL", ""]
    with pytest.raises(InputError, match="hct_artery is 45"):
        cbv.Scaling(hct_artery=45)
    with pytest.raises(InputError, match="density is -1"):
        cbv.Scaling(density=-1)


def test_maps_are_saved_with_what_they_are(head, tmp_path):
    seen, regions = head
    found = cbv.dsc(seen, TIME, te=TE, input=SEEN, method="cSVD").relative_to(
        regions["contralateral"]
    )
    like = Image(np.zeros(SHAPE), np.diag([2.0, 2.0, 5.0, 1.0]), "head.nii.gz")
    written = found.save(tmp_path, like=like, prefix="sub-01_")
    names = {path.name for path in written}
    assert {"sub-01_CBF.nii.gz", "sub-01_CBF_se.nii.gz", "sub-01_flags.nii.gz"} <= names
    np.testing.assert_allclose(
        read_image(tmp_path / "sub-01_CBV.nii.gz").data, found["CBV"], rtol=1e-6
    )
    said = json.loads((tmp_path / "sub-01_CBF.json").read_text())
    assert said["Units"] == "mL/min/100mL"
    assert said["Settings"]["Regularisation"] == 0.1
    assert said["Settings"]["HaematocritRatio"] == 1.0
    flags = json.loads((tmp_path / "sub-01_flags.json").read_text())
    assert flags["Levels"]["4"] == "no bolus"


def test_ratios_and_rows(head):
    seen, regions = head
    found = cbv.dsc(seen, TIME, te=TE, input=SEEN, method="cSVD")
    relative = found.relative_to(regions["contralateral"])
    assert np.median(relative["rCBV"][regions["tumor"]]) == pytest.approx(3.0, rel=0.05)
    table = cbv.dsc_rows(found, regions, subject="rat01", day=3.0).set_index(
        ["region", "biomarker"]
    )
    row = table.loc[("tumor", "rCBV")]
    assert row["value"] == pytest.approx(3.0, rel=0.05)
    assert abs(row["value"] - 3.0) < 4.0 * row["se"]
    assert row["n"] == regions["tumor"].sum()
    assert table.loc[("tumor", "CBF"), "unit"] == "mL/min/100mL"
    assert table.loc[("contralateral", "CBV"), "value"] == pytest.approx(0.02, rel=0.05)
    assert ("contralateral", "rCBV") not in table.index
    assert set(table["subject"]) == {"rat01"}
    with pytest.raises(InputError, match="reference is 'white'"):
        cbv.dsc_rows(found, regions, subject="rat01", day=3.0, reference="white")
    with pytest.raises(InputError, match="none of the region's"):
        found.relative_to(np.zeros(SHAPE, bool))


def test_errors_of_a_region_are_those_of_repetition():
    region = {"tumor": np.ones(40, bool), "contralateral": np.ones(40, bool)}
    values = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        seen = noisy(np.repeat(signal([GREY.curve(SOURCE)]), 40, 0), 60.0, rng)
        maps = cbv.dsc(seen, TIME, te=TE, input=SEEN, method="cSVD", baseline=(0, 9))
        values.append(cbv.dsc_rows(maps, region, subject="a", day=0).iloc[1])
    scatter = np.std([each["value"] for each in values])
    # Rather too large: voxels are as alike here as can be, which their noise hides.
    assert 0.9 < np.mean([each["se"] for each in values]) / scatter < 1.6
