"""The folder: complete, readable, reproducible, and never written over another."""

import hashlib
import json
import re
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest

from biomarkers import dwi, pet, simulate
from biomarkers.errors import InputError
from biomarkers.images import probe, read_label_names, read_labels, same_grid
from biomarkers.plan import read_plan
from biomarkers.simulate.cohort import draw_cohort
from biomarkers.table import read_measurements, read_participants

SUBJECTS, SEED = 4, 3
RATS = draw_cohort(simulate.STUDIES["rat-glioma"], subjects=SUBJECTS, seed=SEED)
SESSIONS = [(f"sub-{rat.label}", state.visit.day) for rat in RATS for state in rat.states]
RAW = {
    "anat": [
        "T2w",
        *(f"flip-{number}_VFA" for number in (1, 2, 3, 4)),
        *(
            f"acq-{when}_ce-P904_echo-{number}_{suffix}"
            for when in ("pre", "post")
            for suffix, echoes in (("MEGRE", 4), ("MESE", 3))
            for number in range(1, echoes + 1)
        ),
    ],
    "dwi": ["dwi"],
    "pet": ["pet"],
    "fmap": ["acq-tr1_TB1AFI", "acq-tr2_TB1AFI"],
    "perf": ["dce"],
}
BIDS_NAME = re.compile(
    r"sub-\d+_ses-day\d\d(_(flip|acq|ce|echo|space)-[A-Za-z0-9]+)*"
    r"_(T2w|VFA|TB1AFI|dce|dseg|dwi|pet|MEGRE|MESE)"
)


def digests(folder):
    return {
        path.relative_to(folder): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def path_of(study, subject, day, kind, suffix, ending=".nii.gz"):
    return (
        study
        / subject
        / f"ses-day{day:02d}"
        / kind
        / f"{subject}_ses-day{day:02d}_{suffix}{ending}"
    )


def test_every_session_has_its_images_and_no_other_exists(study):
    expected = set()
    for subject, day in SESSIONS:
        expected |= {
            path_of(study, subject, day, kind, suffix)
            for kind, suffixes in RAW.items()
            for suffix in suffixes
        }
        derivatives = study / "derivatives"
        expected.add(path_of(derivatives / "segmentation", subject, day, "anat", "dseg"))
        expected.add(path_of(derivatives / "segmentation", subject, day, "pet", "space-pet_dseg"))
    assert set(study.rglob("*.nii.gz")) == expected
    assert all(BIDS_NAME.fullmatch(path.name.removesuffix(".nii.gz")) for path in expected)


def test_every_image_but_the_labels_has_a_sidecar_with_its_settings(study):
    for path in study.rglob("*.nii.gz"):
        if path.name.endswith("_dseg.nii.gz"):
            continue
        sidecar = json.loads(path.with_name(path.name.replace(".nii.gz", ".json")).read_text())
        assert sidecar["Manufacturer"] == "simulated"
        if path.name.endswith("_pet.nii.gz"):
            assert sidecar["TracerName"] == "FLT"
            continue
        assert sidecar["MagneticFieldStrength"] == 7.0
        assert 0 < sidecar["EchoTime"] < 0.1
        if not path.name.endswith(("_T2w.nii.gz", "_dwi.nii.gz", "MEGRE.nii.gz", "MESE.nii.gz")):
            assert sidecar["PulseSequenceType"] == "spoiled gradient echo"
            assert sidecar["SpoilingState"] is True
            assert 0 < sidecar["FlipAngle"] < 90
            assert 0 < sidecar["RepetitionTimeExcitation"] < 0.1


def test_series_have_the_angles_and_times_the_physics_needs(study):
    def sidecars(*suffixes):
        names = [path_of(study, "sub-01", 0, *suffix, ".json") for suffix in suffixes]
        return [json.loads(name.read_text()) for name in names]

    vfa = sidecars(*(("anat", f"flip-{number}_VFA") for number in (1, 2, 3, 4)))
    assert sorted({one["FlipAngle"] for one in vfa}) == [one["FlipAngle"] for one in vfa]
    assert len({one["RepetitionTimeExcitation"] for one in vfa}) == 1
    first, second = sidecars(("fmap", "acq-tr1_TB1AFI"), ("fmap", "acq-tr2_TB1AFI"))
    assert first["FlipAngle"] == second["FlipAngle"]
    ratio = second["RepetitionTimeExcitation"] / first["RepetitionTimeExcitation"]
    assert ratio == pytest.approx(5)


def test_dynamic_series_says_when_and_with_what(study):
    for subject, day in SESSIONS:
        header = nib.load(path_of(study, subject, day, "perf", "dce")).header
        sidecar = json.loads(path_of(study, subject, day, "perf", "dce", ".json").read_text())
        timing = np.array(sidecar["VolumeTiming"])
        assert header.get_data_shape()[3] == len(timing)
        assert np.allclose(np.diff(timing), header.get_zooms()[3], atol=1e-6)
        assert timing[0] == 0
        assert sidecar["ContrastBolusIngredient"] == "GADOLINIUM"
        assert sidecar["ContrastAgentRelaxivity"] == 2.84
        assert 0.3 < sidecar["Hematocrit"] < 0.5
        assert sidecar["BloodT1"] == 2.171


def test_images_lie_on_the_grid_of_the_scanner_they_come_from(study):
    images = [probe(path) for path in sorted(study.rglob("*.nii.gz"))]
    mri = next(image for image in images if "_T2w" in image.source)
    pet = next(image for image in images if "_pet." in image.source)
    for image in images:
        of_pet = "pet" in image.source.rsplit("/", 1)[-1]
        assert same_grid(pet if of_pet else mri, image), image.source


def test_the_dynamic_scan_has_frames_blood_and_a_body_weight(study):
    weights = read_participants(study / "participants.tsv").set_index("subject")["weight_g"]
    for subject, day in SESSIONS:
        scan = pet.load(path_of(study, subject, day, "pet", "pet"))
        assert (len(scan.frames), scan.frames.end[-1]) == (27, 3600.0)
        assert scan.weight_g == weights[subject.removeprefix("sub-")]
        blood = pet.load_blood(scan)
        plasma = pet.arterial_input(blood, parent=1.0)
        assert 5.0 < plasma.plasma.max() / (1e3 * scan.dose_mbq / scan.weight_g) < 10.0


def test_the_diffusion_series_says_how_it_is_weighted(study):
    for subject, day in SESSIONS:
        path = path_of(study, subject, day, "dwi", "dwi", ".bval")
        b = dwi.read_bvalues(path)
        assert len(b) == nib.load(path.with_suffix(".nii.gz")).shape[3]
        assert len(dwi.read_gradients(path.with_suffix(".bvec"))) == len(b)
        assert set(b) == {0.0, 300.0, 600.0, 1000.0}


def test_scans_are_chosen_and_one_laboratory_has_other_ones(tmp_path):
    chosen = ["T2w", "ADC", "flt"]
    folder = simulate.rat_glioma(tmp_path / "few", subjects=2, seed=SEED, scans=chosen)
    kinds = {path.name.split("_")[-1] for path in folder.rglob("sub-01/ses-day00/**/*.nii.gz")}
    assert kinds == {"T2w.nii.gz", "pet.nii.gz", "dseg.nii.gz", "ADC.nii.gz"}
    assert nib.load(path_of(folder, "sub-01", 0, "pet", "pet")).ndim == 3
    truth = read_measurements(folder / "sourcedata" / "truth" / "truth.tsv")
    adc = truth[truth["biomarker"] == "ADC"].set_index(["subject", "day", "region"])["value"]
    data = nib.load(path_of(folder / "derivatives/adc", "sub-01", 0, "dwi", "ADC")).get_fdata()
    place = path_of(folder / "derivatives/segmentation", "sub-01", 0, "anat", "dseg")
    inside = data[nib.load(place).get_fdata() == 1]
    assert np.median(inside) == pytest.approx(adc["01", 0, "tumor"], rel=0.04)
    assert inside.std() > 0.03 * adc["01", 0, "tumor"]
    with pytest.raises(InputError, match="scans names 'fdg', which rat-glioma does not have"):
        simulate.rat_glioma(tmp_path / "none", subjects=2, scans=["fdg"])
    with pytest.raises(InputError, match="flt and flt_dynamic"):
        simulate.rat_glioma(tmp_path / "none", subjects=2, scans=["flt", "flt_dynamic"])


def test_labels_have_the_true_volumes(study):
    names = read_label_names(study / "derivatives" / "segmentation" / "dseg.tsv")
    assert names == {1: "tumor", 2: "contralateral", 3: "artery"}
    truth = read_measurements(study / "sourcedata" / "truth" / "truth.tsv")
    true_volume = truth[truth["biomarker"] == "volume"].set_index(["subject", "day", "region"])
    for subject, day in SESSIONS:
        path = path_of(study / "derivatives" / "segmentation", subject, day, "anat", "dseg")
        for region, volume in read_labels(path, names=names).volumes().items():
            expected = true_volume["value"][subject.removeprefix("sub-"), day, region]
            # Voxels are drawn where most is tumour; blood fills whole voxels.
            in_whole = 1e-6 if region == "artery" else 0.10
            assert volume == pytest.approx(expected, rel=in_whole)


def test_participants_and_sessions_tell_who_was_there_when(study):
    participants = read_participants(study / "participants.tsv").set_index("subject")
    described = json.loads((study / "participants.json").read_text())
    assert set(described) == set(participants.columns)
    assert set(described["group"]["Levels"]) == set(participants["group"])
    for rat in RATS:
        row = participants.loc[rat.label]
        assert (row["group"], row["survival_days"]) == (rat.group, rat.days)
        assert row["responder"] == (row["survival_days"] >= 28)
        table = study / f"sub-{rat.label}" / f"sub-{rat.label}_sessions.tsv"
        header, *rows = [line.split("\t") for line in table.read_text().splitlines()]
        assert header == ["session_id", "days"]
        assert rows == [[f"ses-{s.visit.label}", str(s.visit.day)] for s in rat.states]


def test_plan_is_a_plan_for_this_study(study):
    plan = read_plan(study / "plan.toml")
    assert (plan.outcome, plan.positive, plan.baseline) == ("responder", ("1",), "0")
    assert [visit.days for visit in plan.visits] == [(0.0,), (3.0,), (10.0,), (17.0,)]
    assert [marker.name for marker in plan.biomarkers] == [
        "SUVmean", "CBV", "Ktrans", "ADC", "volume",
    ]  # fmt: skip
    assert {(marker.change, marker.direction) for marker in plan.biomarkers} == {
        ("log_ratio", "auto")
    }
    assert plan.regions == ("tumor",)
    separation = plan.separation
    assert (separation.alpha, separation.permutations, separation.seed) == (0.05, 9999, 1)


def test_descriptions_say_what_each_folder_is(study):
    for folder, kind in ((".", "raw"), ("derivatives/segmentation", "derivative")):
        content = json.loads((study / folder / "dataset_description.json").read_text())
        assert content["DatasetType"] == kind
        assert content["BIDSVersion"] == "1.10.0"
    assert "4 rats" in (study / "README").read_text()
    assert "dce" in (study / ".bidsignore").read_text()


def test_truth_is_outside_the_derivatives_and_says_when_each_biomarker_departs(study):
    assert not list((study / "derivatives").rglob("*truth*"))
    truth = json.loads((study / "sourcedata" / "truth" / "truth.json").read_text())
    days = {name: entry["FirstDay"] for name, entry in truth["Biomarkers"].items()}
    assert days == {
        "SUVmean": 3, "CBV": 3, "Ktrans": 3, "kep": 3, "vp": 3, "ADC": 10, "volume": 17,
        "ve": None, "T1": None,
    }  # fmt: skip
    assert "multiplies it by 0.58" in truth["Biomarkers"]["Ktrans"]["Meaning"]
    late = truth["Biomarkers"]["Ktrans"]["MeanLogRatioInThisCohort"]["3"]
    table = read_measurements(study / "sourcedata" / "truth" / "truth.tsv")
    tumour = table[(table["region"] == "tumor") & (table["biomarker"] == "Ktrans")]
    wide = tumour.pivot_table(index="subject", columns="day", values="value")
    responders = [rat.label for rat in RATS if rat.responder]
    expected = np.log(wide.loc[responders, 3] / wide.loc[responders, 0]).mean()
    assert late["responders"] == pytest.approx(expected)


def test_the_same_seed_gives_the_same_bytes_whatever_the_size(study, tmp_path):
    small = simulate.rat_glioma(tmp_path / "small", subjects=2, seed=SEED)
    large, again = digests(study), digests(small)
    shared = {path for path in again if {"sub-01", "sub-02"} & set(path.parts)}
    assert len(shared) > 50
    assert {path: again[path] for path in shared} == {path: large[path] for path in shared}
    repeated = simulate.rat_glioma(tmp_path / "repeated", subjects=2, seed=SEED)
    assert digests(repeated) == again


def test_several_processes_write_the_same_bytes(tmp_path):
    rats, told = simulate.STUDIES["rat-glioma"], []
    one, two = (
        simulate.write_study(
            rats, tmp_path / f"{jobs}", subjects=3, scans=["T2w"], jobs=jobs,
            progress=lambda *args: told.append(args),
        )
        for jobs in (1, 2)
    )  # fmt: skip
    assert digests(one) == digests(two)
    assert [done for done, _, _ in told] == [1, 2, 3, 1, 2, 3]
    assert {name for _, _, name in told[3:]} == {"sub-01", "sub-02", "sub-03"}


def test_what_cannot_be_handed_to_other_processes_is_said(tmp_path):
    scans = {"T2w": lambda session, scene: None}
    mine = replace(simulate.STUDIES["rat-glioma"], scans=scans, optional=())
    with pytest.raises(InputError, match=r"sub-0. was not written: .*cannot be handed.*jobs=1"):
        simulate.write_study(mine, tmp_path / "new", subjects=2, jobs=2)
    with pytest.raises(InputError, match="jobs is 0; expected 1 or more"):
        simulate.write_study(mine, tmp_path / "none", jobs=0)


def test_another_seed_gives_other_images(study, tmp_path):
    other = digests(simulate.rat_glioma(tmp_path, subjects=2, seed=SEED + 1))
    mine = digests(study)
    images = [path for path in other.keys() & mine.keys() if path.name.endswith("_dce.nii.gz")]
    assert images
    assert all(other[path] != mine[path] for path in images)


def test_nothing_is_overwritten(tmp_path):
    kept = tmp_path / "notes.txt"
    kept.write_text("mine")
    with pytest.raises(InputError, match=r"not empty.*overwritten"):
        simulate.rat_glioma(tmp_path, subjects=2)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    with pytest.raises(InputError, match="is a file"):
        simulate.rat_glioma(kept, subjects=2)
    assert kept.read_text() == "mine"


@pytest.mark.parametrize("subjects", [1, 0, -3])
def test_a_cohort_without_both_outcomes_is_refused(tmp_path, subjects):
    with pytest.raises(InputError, match=f"subjects is {subjects}; expected 2 or more"):
        simulate.rat_glioma(tmp_path / "new", subjects=subjects)
    assert not (tmp_path / "new").exists()


def test_a_negative_seed_is_refused(tmp_path):
    with pytest.raises(InputError, match="seed is -1; expected 0 or more"):
        simulate.rat_glioma(tmp_path / "new", seed=-1)


def test_progress_is_told_after_each_rat(tmp_path):
    told = []
    folder = simulate.rat_glioma(
        tmp_path / "deep" / "new", subjects=2, progress=lambda *args: told.append(args)
    )
    assert folder == tmp_path / "deep" / "new"
    assert told == [(1, 2, "sub-01"), (2, 2, "sub-02")]
