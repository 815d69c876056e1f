"""A PET scan in a session is measured with its regions, its dose and its body weight."""

import json
from pathlib import Path

import numpy as np
import pytest
from bids_of_known_truth import SmallStudy, filled, grid, labels, write

from biomarkers.cli import main
from biomarkers.errors import InputError, ProblemsError
from biomarkers.images import read_image, write_image
from biomarkers.study import GIVEN, MeasureSettings, measure

SUV = {1: 4.0, 2: 2.0}
KEYS = {
    "TimeZero": "10:00:00",
    "ScanStart": 3600,
    "InjectionStart": 0,
    "FrameTimesStart": [3600],
    "FrameDuration": [600],
    "ImageDecayCorrected": True,
    "ImageDecayCorrectionTime": 0,
    "Units": "kBq/mL",
    "TracerName": "FLT",
    "TracerRadionuclide": "F18",
    "InjectedRadioactivity": 20.0,
    "InjectedRadioactivityUnits": "MBq",
}


def add_scan(study: SmallStudy, *, weight: object = 250, **changed: object) -> Path:
    """Add a scan to day 0 whose regions have a known SUV at 250 g."""
    path = study.session() / "pet" / "sub-01_ses-day00_trc-FLT_pet.nii.gz"
    activity = filled(SUV) * 20000.0 / 250.0
    frames = len({**KEYS, **changed}["FrameTimesStart"])
    series = activity if frames == 1 else np.stack([activity] * frames, axis=-1)
    write(path, series, {**KEYS, **changed})
    table = study.root / "sub-01" / "sub-01_sessions.tsv"
    table.write_text(f"session_id\tdays\tweight_g\nses-day00\t0\t{weight}\nses-day07\t7\tn/a\n")
    next(study.root.rglob("dseg.tsv")).write_text("index\tname\n1\ttumor\n2\tcontralateral\n")
    return path


def card(out: Path, kind: str) -> dict[str, object]:
    return json.loads((out / "qc" / f"sub-01_ses-day00_{kind}.json").read_text())


def test_uptake_is_measured_written_and_shown(small_study, tmp_path) -> None:
    add_scan(small_study)
    out = tmp_path / "out"
    measured = measure(small_study.root, out)
    assert measured.failures == ()
    table = measured.table[measured.table["day"] == 0].set_index(["region", "biomarker"])
    tumor = table.loc["tumor"]
    assert tumor.loc["SUVmean", "value"] == pytest.approx(4.0)
    assert tumor.loc["TBR", "value"] == pytest.approx(2.0)
    assert tumor.loc["MTV", "value"] == pytest.approx(tumor.loc["volume", "value"])
    assert tumor.loc["TLG", "value"] == pytest.approx(4.0 * tumor.loc["MTV", "value"] / 1000.0)
    assert tumor.loc["SUVmean", ["unit", "n", "qc"]].tolist() == ["g/mL", 54, "ok"]
    assert "TBR" not in table.loc["contralateral"].index
    assert not set(measured.table[measured.table["day"] == 7]["biomarker"]) & {"SUVmean", "TBR"}
    image = out / "derivatives/biomarkers/sub-01/ses-day00/pet/sub-01_ses-day00_SUV.nii.gz"
    assert read_image(image).data[labels() == 1] == pytest.approx(4.0)
    sidecar = json.loads(image.with_name("sub-01_ses-day00_SUV.json").read_text())
    assert sidecar["Units"] == "g/mL"
    assert sidecar["Settings"]["weight_g"] == 250.0
    shown = card(out, "pet")
    assert shown["caption"].startswith("FLT: 20 MBq in 250 g, frames from 60 to 70 min")
    assert shown["status"] == "ok"
    assert shown["values"]["from_s"] == 3600.0


def test_a_peak_that_is_mostly_of_something_else_is_doubted(small_study, tmp_path) -> None:
    add_scan(small_study)
    thin = labels().astype(float)
    thin[1:3] = 0.0  # half a millimetre of tumour is left
    write(small_study.file("dseg.nii.gz"), thin)
    measure(small_study.root, tmp_path / "out")
    shown = card(tmp_path / "out", "pet")
    assert "% of the sphere of SUVpeak_rodent is in tumor" in shown["caption"]
    assert shown["status"] == "warn"


def test_a_voxel_without_a_value_is_not_counted(small_study, tmp_path) -> None:
    path = add_scan(small_study)
    activity = np.asarray(read_image(path).data).copy()
    activity[1:3, 1:7, :] = np.nan  # two thirds of the tumour
    write(path, activity)
    table = measure(small_study.root, tmp_path / "out").table
    (row,) = table.query("region == 'tumor' and biomarker == 'SUVmean'").itertuples()
    assert (row.n, row.qc) == (18, "fail")


def test_a_scan_of_the_injection_is_left_out_without_a_window(small_study, tmp_path) -> None:
    late = {"ScanStart": 0, "FrameTimesStart": [0, 600], "FrameDuration": [600, 600]}
    add_scan(small_study, **late)
    measured = measure(small_study.root, tmp_path / "out")
    assert "SUVmean" not in set(measured.table["biomarker"])
    assert "2 frames from 0 to 1200 s" in card(tmp_path / "out", "notes")["caption"]
    assert "--pet-window" in card(tmp_path / "out", "notes")["caption"]
    settings = MeasureSettings(pet_window=(600.0, 1200.0))
    table = measure(small_study.root, tmp_path / "out", settings=settings).table
    found = table.query("region == 'tumor' and biomarker == 'SUVmean'")["value"]
    assert found.tolist() == [pytest.approx(4.0)]
    assert card(tmp_path / "out", "pet")["values"]["from_s"] == 600.0
    asked = ["measure", str(small_study.root), str(tmp_path / "cli"), "--jobs", "1"]
    assert main([*asked, "--pet-window", "600", "1200"]) == 0
    assert card(tmp_path / "cli", "pet")["values"]["to_s"] == 1200.0
    with pytest.raises(InputError, match="pet_window is from 9 to 3 s"):
        MeasureSettings(pet_window=(9.0, 3.0))


def test_an_unknown_weight_leaves_the_scan_out_and_says_so(small_study, tmp_path) -> None:
    add_scan(small_study, weight="n/a")
    measured = measure(small_study.root, tmp_path / "out")
    assert "SUVmean" not in set(measured.table["biomarker"])
    assert "body weight is not known" in card(tmp_path / "out", "notes")["caption"]


def test_regions_of_another_grid_leave_the_scan_out_or_are_brought_to_it(
    small_study, tmp_path
) -> None:
    path = add_scan(small_study)
    activity = np.asarray(read_image(path).data)[::2, ::2]
    write_image(path, activity, like=grid(activity.shape, edge=1.0))
    out = tmp_path / "out"
    assert "SUVmean" not in set(measure(small_study.root, out).table["biomarker"])
    assert "no label map lies on its grid" in card(out, "notes")["caption"]
    table = measure(small_study.root, out, settings=MeasureSettings(resample_labels=True)).table
    assert "SUVmean" in set(table["biomarker"])


def test_faulty_metadata_is_found_before_any_work(small_study, tmp_path) -> None:
    path = add_scan(small_study, ScanStart=7200)
    with pytest.raises(ProblemsError, match="before ScanStart"):
        measure(small_study.root, tmp_path / "out")
    path.with_name(path.name.replace(".nii.gz", ".json")).unlink()
    with pytest.raises(ProblemsError, match="no key Units"):
        measure(small_study.root, tmp_path / "out")


def test_a_given_map_of_suv_can_be_preferred(small_study, tmp_path) -> None:
    add_scan(small_study)
    given = small_study.file("ADC.nii.gz").with_name("sub-01_ses-day00_SUV.nii.gz")
    write(given, filled({1: 7.0, 2: 3.0}))
    settings = MeasureSettings(prefer=GIVEN)
    table = measure(small_study.root, tmp_path / "given", settings=settings).table
    values = table.query("region == 'tumor' and biomarker == 'SUV'")["value"]
    assert values.tolist() == [7.0]
    assert "SUVmean" not in set(table["biomarker"])
    computed = measure(small_study.root, tmp_path / "computed").table
    assert "SUV" not in set(computed["biomarker"])
    assert "SUVmean" in set(computed["biomarker"])
