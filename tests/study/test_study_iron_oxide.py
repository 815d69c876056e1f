"""Echoes before and after an iron oxide, from files to rows and a card."""

import json

import nibabel as nib
import numpy as np
import pytest
from bids_of_known_truth import ADC, SHAPE, filled, labels, write
from bodies import itk_text

from biomarkers import cbv, study
from biomarkers.errors import ProblemsError
from biomarkers.estimates import Estimates, SharedError, reasons_of
from biomarkers.images import Image, LabelMap, noise_of_median
from biomarkers.quantities import QUANTITIES
from biomarkers.study import MeasureSettings

TE, SPIN_TE = (0.004, 0.008, 0.012), (0.01, 0.03, 0.05)
DOSE, FIELD = 10.0, 7.0
VOLUME, RADIUS = {1: 0.05, 2: 0.02}, {1: 9.0, 2: 5.0}
CHI = {
    "delta_chi": cbv.blood_susceptibility("P904", dose_mg_fe_kg=DOSE, field_t=FIELD),
    "field_t": FIELD,
}
SAID = {"DoseMgFePerKg": DOSE, "MagneticFieldStrength": FIELD}


def write_train(place, suffix, te, rise, said=SAID, agent="P904"):
    """Write a pair of scans whose rate rises by a map."""
    x, y, z = np.meshgrid(*(np.arange(n) for n in SHAPE), indexing="ij")
    for when, rate in (("pre", 30.0 + 0.0 * rise), ("post", 30.0 + rise)):
        for number, time in enumerate(te, start=1):
            signal = (1000.0 + 20.0 * x - 30.0 * y + 10.0 * z) * np.exp(-time * rate)
            name = f"{place.stem}_acq-{when}_ce-{agent}_echo-{number}_{suffix}.nii.gz"
            write(place.folder / name, signal, {"EchoTime": time, **said})


class Place:
    def __init__(self, study, day):
        self.folder = study.session(day) / "anat"
        self.stem = f"sub-01_ses-day{day}"


@pytest.fixture
def iron_study(small_study):
    """Two sessions of one rat, with nothing else to compute."""
    for path in [*small_study.root.rglob("*_VFA.*"), *small_study.root.rglob("*_TB1AFI.*")]:
        path.unlink()
    for day in ("00", "07"):
        place = Place(small_study, day)
        write_train(place, "MEGRE", TE, cbv.delta_r2s(filled(VOLUME), **CHI))
        rise = cbv.delta_r2(filled(VOLUME), filled(RADIUS), filled(ADC), **CHI)
        write_train(place, "MESE", SPIN_TE, rise)
    (small_study.root / "participants.tsv").write_text(
        "participant_id\tspecies\nsub-01\tRattus norvegicus\n"
    )
    return small_study


def measured(iron_study, tmp_path, **settings):
    found = study.measure(iron_study.root, tmp_path / "out", settings=MeasureSettings(**settings))
    return found.table.set_index(["day", "region", "biomarker"]).sort_index(), found


def refine_adc(iron_study):
    """Put the ADC of the first day on voxels of half the width."""
    path = iron_study.file("ADC.nii.gz")
    adc = np.where(labels() > 0, filled(ADC), ADC[1])
    fine = np.kron(adc, np.ones((2, 2, 1)))
    affine = np.diag([0.25, 0.25, 1.0, 1.0])
    affine[:2, 3] = -0.125
    nib.save(nib.Nifti1Image(fine, affine), path)
    return path


def test_an_adc_on_another_grid_is_brought_only_if_asked_for(iron_study, tmp_path):
    path = refine_adc(iron_study)
    with pytest.raises(ProblemsError, match=r"\[measure\.register\]"):
        measured(iron_study, tmp_path)
    stored = path.with_name("sub-01_ses-day00_from-MEGRE_to-ADC_mode-image_xfm.txt")
    stored.write_text(itk_text(np.eye(4)))
    chosen = {"register": {"image": "MEGRE", "transforms": "stored"}}
    rows, found = measured(iron_study, tmp_path, steps=chosen)
    assert not found.failures
    for region, label in (("tumor", 1), ("muscle", 2)):
        assert rows.loc[(0.0, region, "VSI"), "value"] == pytest.approx(RADIUS[label], rel=0.02)
        assert rows.loc[(7.0, region, "VSI"), "value"] == pytest.approx(RADIUS[label], rel=1e-6)
        assert rows.loc[(0.0, region, "ADC"), "value"] == pytest.approx(ADC[label], rel=1e-9)


def card(tmp_path, kind="cbv", day="00"):
    return json.loads((tmp_path / "out" / "qc" / f"sub-01_ses-day{day}_{kind}.json").read_text())


def test_rows_hold_blood_volume_ratio_and_vessels(iron_study, tmp_path):
    rows, found = measured(iron_study, tmp_path)
    assert not found.failures
    for region, label in (("tumor", 1), ("muscle", 2)):
        got = rows.loc[7.0, region]
        assert got.loc["CBV", "value"] == pytest.approx(VOLUME[label], rel=1e-6)
        assert got.loc["CBV_ratio", "value"] == pytest.approx(VOLUME[label] / 0.02, rel=1e-6)
        assert got.loc["VSI", "value"] == pytest.approx(RADIUS[label], rel=1e-6)
        density = VOLUME[label] / (2 * np.pi * (1e-3 * RADIUS[label]) ** 2)
        assert got.loc["MVD", "value"] == pytest.approx(density, rel=1e-6)
        assert got.loc["CBV", "n"] == (labels() == label).sum()
    units = {name: rows.loc[(0.0, "tumor", name), "unit"] for name in ("dR2s", "VSI", "MVD")}
    assert units == {"dR2s": "1/s", "VSI": "um", "MVD": "1/mm^2"}
    assert np.isfinite(rows.loc[(0.0, "tumor", "CBV"), "se"])
    assert np.isnan(rows.loc[(0.0, "tumor", "CBV_p90"), "se"])


def test_maps_say_how_they_came_about(iron_study, tmp_path):
    measured(iron_study, tmp_path)
    place = tmp_path / "out" / "derivatives" / "biomarkers" / "sub-01" / "ses-day00" / "perf"
    said = json.loads((place / "sub-01_ses-day00_CBV.json").read_text())
    assert said["Settings"]["Species"] == "rat"
    assert said["Settings"]["Reference"] == "muscle"
    assert len(said["Sources"]) == 2 * (len(TE) + len(SPIN_TE)) + 1  # and the ADC map
    values = nib.load(place / "sub-01_ses-day00_CBV.nii.gz").get_fdata()
    assert values[labels() == 1] == pytest.approx(0.05, rel=1e-5)


def test_the_card_tells_what_was_seen(iron_study, tmp_path):
    measured(iron_study, tmp_path)
    told = card(tmp_path)
    assert told["status"] == "ok"
    assert "P904, 10 mg Fe/kg at 7 T" in told["caption"]
    assert told["values"]["saturated"] == 0.0
    assert told["values"]["delta_chi_si"] == pytest.approx(CHI["delta_chi"])


def test_a_scan_too_dark_after_the_agent_warns(iron_study, tmp_path):
    rng = np.random.default_rng(0)
    place = Place(iron_study, "00")
    for path in sorted(place.folder.glob("*_MEGRE.nii.gz")):
        signal = nib.load(path).get_fdata()
        if "acq-post" in path.name:
            signal[labels() == 1] = 0.0
        one, two = rng.normal(0.0, 15.0, (2, *SHAPE))
        write(path, np.hypot(signal + one, two))
    rows, _ = measured(iron_study, tmp_path)
    assert card(tmp_path)["status"] == "warn"
    assert card(tmp_path)["values"]["saturated"] > 0.3
    assert rows.loc[(0.0, "tumor", "CBV"), "qc"] == "fail"
    assert rows.loc[(0.0, "muscle", "CBV"), "qc"] == "ok"


def test_without_spin_echoes_or_diffusion_there_are_no_vessels(iron_study, tmp_path):
    for path in iron_study.root.rglob("*day00_ADC*"):
        path.unlink()
    for path in iron_study.session("07").rglob("*MESE*"):
        path.unlink()
    rows, _ = measured(iron_study, tmp_path)
    assert not {"VSI", "MVD"} & set(rows.index.get_level_values("biomarker"))
    assert rows.loc[(7.0, "tumor", "CBV"), "value"] == pytest.approx(0.05, rel=1e-6)
    assert "no ADC map" in card(tmp_path, "notes")["caption"]


def test_blood_of_other_species_must_be_told(iron_study, tmp_path):
    table = iron_study.root / "participants.tsv"
    table.write_text("participant_id\tspecies\nsub-01\tmus musculus\n")
    with pytest.raises(ProblemsError, match=r"'mus musculus' has is not known; add BloodVolume"):
        measured(iron_study, tmp_path)
    (iron_study.root / "ce-P904_MEGRE.json").write_text(json.dumps({"BloodVolumePerKg": 32.0}))
    rows, _ = measured(iron_study, tmp_path)
    assert rows.loc[(0.0, "tumor", "CBV"), "value"] == pytest.approx(0.05 * 32 / 64, rel=1e-6)


def test_by_bids_a_subject_is_human_if_nothing_is_said(iron_study, tmp_path):
    (iron_study.root / "participants.tsv").unlink()
    rows, _ = measured(iron_study, tmp_path)
    assert rows.loc[(0.0, "tumor", "CBV"), "value"] == pytest.approx(0.05 * 69 / 64, rel=1e-6)


def test_a_given_map_is_taken_if_preferred(iron_study, tmp_path):
    derived = iron_study.root / "derivatives" / "maps" / "sub-01" / "ses-day00" / "perf"
    write(derived / "sub-01_ses-day00_CBV.nii.gz", filled({1: 0.07, 2: 0.03}), {"Units": ""})
    given, _ = measured(iron_study, tmp_path / "a", prefer="given")
    computed, _ = measured(iron_study, tmp_path / "b")
    assert given.loc[(0.0, "tumor", "CBV"), "value"] == pytest.approx(0.07)
    assert computed.loc[(0.0, "tumor", "CBV"), "value"] == pytest.approx(0.05, rel=1e-6)


def test_other_multi_echo_images_are_left_alone(iron_study, tmp_path):
    place = Place(iron_study, "00")
    write(place.folder / f"{place.stem}_acq-qsm_echo-1_MEGRE.nii.gz", np.ones(SHAPE), {})
    rows, _ = measured(iron_study, tmp_path)
    assert rows.loc[(0.0, "tumor", "CBV"), "value"] == pytest.approx(0.05, rel=1e-6)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        ("no post", r"echo times \(s\) of the MEGRE images"),
        ("other times", "a pair has the same ones before and after"),
        ("no dose", "no key DoseMgFePerKg"),
        ("unknown agent", "agent is 'GD'; known are P904"),
        ("two agents", "several MEGRE series"),
        ("orphan", "describes an image that is missing"),
    ],
)
def test_faulty_pairs_are_refused_before_any_work(iron_study, tmp_path, spoil, says):
    place = Place(iron_study, "00")
    images = sorted(place.folder.glob("*_MEGRE.nii.gz"))
    sidecars = sorted(place.folder.glob("*_MEGRE.json"))
    if spoil == "no post":
        for path in (*images, *sidecars):
            if "acq-post" in path.name:
                path.unlink()
    elif spoil == "other times":
        sidecars[0].write_text(json.dumps({"EchoTime": 0.005, **SAID}))
    elif spoil == "no dose":
        for path in sidecars:
            said = json.loads(path.read_text())
            path.write_text(json.dumps({"EchoTime": said["EchoTime"], "MagneticFieldStrength": 7}))
    elif spoil == "orphan":
        images[0].unlink()
    else:
        for path in (*images, *sidecars):
            if spoil == "unknown agent" or "acq-pre" in path.name:
                path.rename(path.with_name(path.name.replace("ce-P904", "ce-GD")))
    with pytest.raises(ProblemsError, match=says):
        measured(iron_study, tmp_path)
    assert not (tmp_path / "out" / "measurements.tsv").exists()


@pytest.mark.parametrize("spread", [0.0, 0.02, 0.5])
def test_the_error_of_a_median_is_that_of_repeated_scans(spread):
    """Whether voxels are alike (1.25 times the error of the mean) or differ by far more."""
    rng = np.random.default_rng(2)
    true = np.exp(rng.normal(0.0, spread, 101)) * 0.05
    errors = rng.uniform(0.0005, 0.0015, 101)
    scans = true + errors * rng.normal(size=(4000, 101))
    found = np.median(scans, axis=1).std()
    stated = np.mean([noise_of_median(scan, errors) for scan in scans[:200]])
    assert stated == pytest.approx(found, rel=0.2)
    assert np.isnan(noise_of_median(np.full(3, np.nan), np.ones(3)))


@pytest.mark.parametrize("size", [20, 21])
def test_a_median_of_voxels_that_differ_by_far_more_than_their_errors_wanders_by_one_of_them(size):
    values = np.arange(size) ** 2.0
    stated = noise_of_median(values, np.full(size, 1e-3))
    found = np.median(values + 1e-3 * np.random.default_rng(0).normal(size=(4000, size)), axis=1)
    assert 1.0 < stated / found.std() < 2.0


def test_what_voxels_share_does_not_shrink_with_their_number():
    regions = LabelMap(Image(labels(), np.eye(4), "labels"), {1: "tumor", 2: "muscle"})
    values, own, shared = (np.full(SHAPE, each) for each in (2.0, 0.1, 0.6))
    one = Estimates(
        "map",
        (QUANTITIES["CBV"],),
        {"CBV": values},
        {"CBV": np.hypot(own, shared)},
        reasons_of(SHAPE, {}),
        shared={"CBV": SharedError(shared)},
    )
    rows = one.by_region(regions)
    errors = rows[rows["biomarker"] == "CBV"]["se"]
    assert (errors > 0.6).all()
    assert (errors < 0.601).all()
