"""The commands that start from images, on a small simulated cohort."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from biomarkers.cli import main
from biomarkers.images import read_image, read_series, write_image
from biomarkers.simulate import rat_glioma


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """Four rats with what the tests ask for; the whole protocol takes ten times as long."""
    folder = tmp_path_factory.mktemp("cohort") / "study"
    return rat_glioma(folder, subjects=4, seed=3, scans=("T2w", "VFA", "TB1AFI", "dce", "ADC"))


@pytest.fixture
def study(cohort, tmp_path):
    return shutil.copytree(cohort, tmp_path / "study")


@pytest.fixture
def quick(tmp_path):
    """Four rats whose ADC is given: measured in no time, for tests of what comes after."""
    return rat_glioma(tmp_path / "quick", subjects=4, seed=3, scans=("T2w", "ADC"))


def one(study, pattern):
    return sorted(study.rglob(pattern))[0]


def measured(*arguments: str) -> int:
    return main(["measure", *map(str, arguments), "--n-procs", "1"])


def test_simulating_writes_a_study_and_says_what_comes_next(tmp_path, capsys) -> None:
    folder = tmp_path / "study"
    how = ["--subjects", "2", "--seed", "3", "--jobs", "1"]
    assert main(["simulate", "rat-glioma", str(folder), *how]) == 0
    assert f"Next      biomarkers run {folder} OUT" in capsys.readouterr().out
    assert (folder / "plan.toml").exists()
    assert {path.name for path in folder.glob("sub-*")} == {"sub-01", "sub-02"}


def test_run_goes_all_the_way_and_recovers_the_truth(cohort, tmp_path, capsys) -> None:
    out = tmp_path / "out"
    assert main(["run", str(cohort), str(out), "--jobs", "1"]) == 0
    said = capsys.readouterr().out
    assert "Measured  4 subjects" in said
    assert "separate" in said
    for part in ("measurements.tsv", "report.html", "results/earliest.json", "qc", "measure.json"):
        assert (out / part).exists(), part
    keys = ["subject", "day", "region", "biomarker"]
    kinds = dict.fromkeys(["subject"], str)
    truth = pd.read_csv(cohort / "sourcedata/truth/truth.tsv", sep="\t", dtype=kinds)
    found = pd.read_csv(out / "measurements.tsv", sep="\t", dtype=kinds)
    both = truth.merge(found, on=keys, suffixes=("_true", "_found"))
    tumour = both[both["region"] == "tumor"].assign(
        error=lambda rows: rows["value_found"] / rows["value_true"] - 1
    )
    # Medians over sessions; a single noisy session may be off by a few times as much.
    errors = tumour.groupby("biomarker")["error"].median().abs()
    # A region is drawn in whole voxels, its volume is true to a part of one.
    bounds = {"volume": 0.05, "ADC": 0.01, "T1": 0.03, "Ktrans": 0.03, "ve": 0.03}
    for biomarker, bound in bounds.items():
        assert errors[biomarker] < bound, biomarker
    assert "report.html" in said
    curves = found[(found["biomarker"] == "Ktrans_curve") & (found["region"] == "tumor")]
    known = curves.dropna(subset=["low", "high"])
    assert len(known) >= len(curves) - 1 >= 11
    assert (known["low"] < known["value"]).all() and (known["value"] < known["high"]).all()
    assert (curves["se"] > 0).all()
    medians = found[(found["biomarker"] == "Ktrans") & (found["region"] == "tumor")]
    # The mean curve of an uneven tumour is not quite the curve of its median voxel.
    np.testing.assert_allclose(curves["value"], medians["value"], rtol=0.2)
    shapes = {"BAT", "IAUC60", "nIAUC90", "TTP_arrival", "peak_enhancement", "wash_in", "SER"}
    assert shapes | {"Ktrans_top10", "Ktrans_p95", "Ktrans_skewness"} <= set(found["biomarker"])
    assert set(found.loc[found["biomarker"] == "Ktrans_kurtosis", "unit"].dropna()) == set()
    arrival = found[(found["biomarker"] == "BAT") & (found["region"] == "tumor")]["value"]
    # The simulated bolus comes at 22 to 28 s; where little enhances, noise may look like it sooner.
    assert 22 < arrival.median() < 28
    assert arrival.between(18, 30).mean() > 0.9
    assert arrival.between(15, 30).all()
    for path in sorted((out / "qc").glob("*_dce-quality.json")):
        card = json.loads(path.read_text())
        assert card["status"] == "ok"
        assert card["values"]["motion_score"] < 2
        assert card["values"]["fraction_flagged"] == 0
        assert (out / "qc" / card["picture"]).stat().st_size > 5000
    assert (out / "derivatives/biomarkers/sub-01/ses-day00/perf").is_dir()


def test_measure_says_what_it_did(cohort, tmp_path, capsys) -> None:
    assert measured(cohort, tmp_path / "out", "--participant-label", "02") == 0
    captured = capsys.readouterr()
    assert "Table     " in captured.out
    assert "4/4" in captured.err


def test_a_faulty_file_ends_with_2_and_nothing_is_written(study, tmp_path, capsys) -> None:
    path = one(study, "sub-02_ses-day03*_dce.nii.gz")
    path.write_bytes(path.read_bytes()[:1000])
    assert main(["measure", str(study), str(tmp_path / "out"), "--jobs", "1"]) == 2
    assert f"{path} is truncated" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_keep_going_leaves_it_out_and_ends_with_1(quick, tmp_path, capsys) -> None:
    path = one(quick, "sub-02_ses-day03*_ADC.nii.gz")
    path.write_bytes(path.read_bytes()[:1000])
    out = tmp_path / "out"
    assert main(["run", str(quick), str(out), "--jobs", "1", "--keep-going"]) == 1
    assert "Failed    sub-02 ses-day03" in capsys.readouterr().out
    table = pd.read_csv(out / "measurements.tsv", sep="\t", dtype={"subject": str})
    assert (table["subject"] == "02").any()
    assert not ((table["subject"] == "02") & (table["day"] == 3)).any()
    assert "is truncated" in (out / "report.html").read_text()


@pytest.mark.parametrize(
    "key", ["FlipAngle", "VolumeTiming", "ContrastAgentRelaxivity", "Hematocrit", "BloodT1"]
)
def test_a_dynamic_sidecar_without_a_needed_key(study, tmp_path, capsys, key) -> None:
    path = one(study, "sub-01_ses-day00*_dce.json")
    sidecar = json.loads(path.read_text())
    del sidecar[key]
    path.write_text(json.dumps(sidecar))
    assert main(["measure", str(study), str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert f"{path}: no key {key}" in said
    assert "1 problem\n" in said


def test_a_dynamic_series_that_cannot_be_fitted_costs_only_itself(study, tmp_path, capsys) -> None:
    path = one(study, "sub-01_ses-day00*_dce.nii.gz")
    series = read_series(path)
    write_image(path, np.ones(series.shape), like=series)  # no contrast agent ever arrives
    out = tmp_path / "out"
    assert measured(study, out, "--participant-label", "01") == 1
    assert f"{path} could not be measured: no arrival of contrast" in capsys.readouterr().out
    table = pd.read_csv(out / "measurements.tsv", sep="\t", dtype={"subject": str})
    rows = table[(table["subject"] == "01") & (table["day"] == 0)]
    assert {"T1", "B1", "ADC", "volume"} <= set(rows["biomarker"])
    assert "Ktrans" not in set(rows["biomarker"])
    assert "Ktrans" in set(table.loc[table["day"] > 0, "biomarker"])


def test_an_artery_nobody_drew_leaves_the_series_out(study, tmp_path) -> None:
    path = one(study, "sub-01_ses-day00*_dseg.nii.gz")
    labels = read_image(path)
    write_image(path, np.where(labels.data == 3, 0, labels.data), like=labels, dtype=np.uint8)
    out = tmp_path / "out"
    assert measured(study, out, "--participant-label", "01", "--session-label", "day00") == 0
    card = json.loads((out / "qc" / "sub-01_ses-day00_notes.json").read_text())
    assert "not fitted: no voxel labelled artery" in card["caption"]


FOUR = "".join(f"sub-0{number}\tF\n" for number in range(1, 5))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("participants.tsv", "participant_id\tsex\n" + FOUR, "'responder' is no column"),
        ("exclusions.tsv", "subject\tday\nsub-01\t3\n", "exclusions.tsv: "),
    ],
)
def test_a_slip_in_a_table_costs_no_time(study, tmp_path, capsys, name, content, message) -> None:
    (study / name).write_text(content)
    assert main(["run", str(study), str(tmp_path / "out")]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_demonstration_leaves_a_foreign_study_alone(tmp_path, capsys) -> None:
    (tmp_path / "study").mkdir()
    assert main(["demo", "--out", str(tmp_path)]) == 2
    assert "no simulated study; name another folder" in capsys.readouterr().err


def test_a_run_without_a_plan_says_so_before_it_measures(study, tmp_path, capsys) -> None:
    (study / "plan.toml").unlink()
    assert main(["run", str(study), str(tmp_path / "out")]) == 2
    assert "plan.toml does not exist; expected an analysis plan" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_study_is_never_simulated_over_files(cohort, capsys) -> None:
    assert main(["simulate", "rat-glioma", str(cohort)]) == 2
    assert str(cohort) in capsys.readouterr().err


def test_exclusions_of_the_study_are_shown(quick, tmp_path) -> None:
    (quick / "exclusions.tsv").write_text(
        "subject\tday\tbiomarker\treason\tby\nsub-01\t3\tADC\tcoil came loose\tAB\n"
    )
    out = tmp_path / "out"
    assert main(["run", str(quick), str(out), "--jobs", "1"]) == 0
    attendance = pd.read_csv(out / "results/attendance.csv", dtype={"subject": str, "visit": str})
    row = attendance[
        (attendance["subject"] == "01")
        & (attendance["biomarker"] == "ADC")
        & (attendance["visit"] == "3")
    ]
    assert row["status"].tolist() == ["excluded"]
    assert "coil came loose" in (out / "report.html").read_text()


def test_a_head_that_jerks_is_told(study, tmp_path) -> None:
    path = one(study, "sub-01_ses-day00*_dce.nii.gz")
    series = read_series(path)
    data = np.array(series.data)
    data[..., 40] = np.roll(data[..., 40], 3, axis=0)
    write_image(path, data, like=series)
    out = tmp_path / "out"
    assert measured(study, out, "--participant-label", "01", "--session-label", "day00") == 0
    stem = path.name.replace("_dce.nii.gz", "")
    card = json.loads((out / "qc" / f"{stem}_dce-quality.json").read_text())
    assert card["status"] == "warn"
    assert card["values"]["motion_score"] > 3
    assert "frame 40" in card["caption"]


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(study, tmp_path, capsys) -> None:
    out = tmp_path / "out"
    assert main(["run", str(study), str(out), "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert "Would     sub-01 ses-day00: b1, t1, dce; given ADC" in said
    assert "16 sessions to measure; nothing was written" in said
    path = one(study, "sub-02_ses-day03*_dce.nii.gz")
    path.write_bytes(path.read_bytes()[:1000])
    assert measured(study, out, "--dry-run", "--participant-label", "sub-02") == 1
    said = capsys.readouterr().out
    assert "Problem   sub-02 ses-day03" in said and "3 sessions to measure" in said
    assert not out.exists()


def test_a_part_of_a_study_keeps_what_was_measured_of_the_others(study, tmp_path, capsys) -> None:
    out = tmp_path / "out"
    assert measured(study, out, "--participant-label", "01", "--session-label", "day00") == 0
    first = {path: path.read_bytes() for path in out.rglob("sub-01_ses-day00_*")}
    assert measured(study, out, "--participant-label", "02", "--session-label", "ses-day03") == 0
    assert first == {path: path.read_bytes() for path in first}
    table = pd.read_csv(out / "measurements.tsv", sep="\t", dtype={"subject": str})
    assert set(zip(table["subject"], table["day"], strict=True)) == {("01", 0), ("02", 3)}
    assert measured(study, out, "--participant-label", "01", "--prefer", "given") == 2
    assert "measured with another settings; name another folder" in capsys.readouterr().err
    assert first == {path: path.read_bytes() for path in first}


def test_names_that_a_study_does_not_have(study, tmp_path, capsys) -> None:
    assert measured(study, tmp_path / "out", "--participant-label", "05") == 2
    assert "no participant '05' in the study; there are 01, 02, 03, 04" in capsys.readouterr().err
    assert measured(study, tmp_path / "out", "--session-label", "week") == 2
    assert (
        "no session 'week' in the study; there are day00, day03, day10" in capsys.readouterr().err
    )
