"""What is unusual about a session stands on its cards and rows; what cannot be is refused."""

import json
import warnings

import nibabel as nib
import numpy as np
import pytest
from bids_of_known_truth import SmallStudy, filled, write
from test_study_dynamic import TIME, TURBO, add_series, turboflash
from test_study_iron_oxide import iron_study
from test_study_pet import add_scan, card

from biomarkers.errors import (
    AssumptionWarning,
    ConvergenceWarning,
    ProblemsError,
    UnmatchedWarning,
    UnusualValueWarning,
)
from biomarkers.images import read_series, write_image
from biomarkers.study import MeasureSettings, measure
from biomarkers.study.remarks import remarks_of_a_step

__all__ = ["iron_study"]


def change(path, **keys: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | keys))


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("BloodT1", 2171, "BloodT1 is 2171 s; expected 0.2 to 10 s .* looks like ms"),
        ("Hematocrit", 42, "Hematocrit is 42; expected 0.05 to 0.8 .* looks like %"),
        ("ContrastAgentRelaxivity", 4500, "ContrastAgentRelaxivity is 4500 .*expected 0.1 to 300"),
        ("RepetitionTimeExcitation", 2.5, "RepetitionTimeExcitation is 2.5 s; .* looks like ms"),
        ("VolumeTiming", (1000 * TIME).tolist(), "VolumeTiming, from .* is 118000 s.*like ms"),
    ],
)
def test_another_unit_in_a_sidecar_is_refused(small_study, tmp_path, key, value, said) -> None:
    add_series(small_study, turboflash, TURBO)
    path = small_study.session() / "perf" / "sub-01_ses-day00_dce.json"
    change(path, **{key: value})
    with pytest.raises(ProblemsError, match=f"ses-day00: {path}: {said}"):
        measure(small_study.root, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_bright_first_volume_is_left_out_and_told(small_study, tmp_path) -> None:
    add_series(small_study, turboflash, TURBO)
    path = small_study.file("dce.nii.gz")
    series = read_series(path)
    data = np.array(series.data)
    data[..., 0] *= 3.0
    write_image(path, data, like=series)
    table = measure(small_study.root, tmp_path / "out").table
    shown = card(tmp_path / "out", "dce")
    assert shown["status"] == "warn"
    assert "olume 0" in shown["caption"]
    assert (table.loc[table["biomarker"] == "Ktrans", "qc"] == "ok").all()


def test_an_unusual_value_warns_on_the_card_and_on_every_row(small_study, tmp_path) -> None:
    add_series(small_study, turboflash, TURBO)
    change(small_study.session() / "perf" / "sub-01_ses-day00_dce.json", Hematocrit=0.08)
    table = measure(small_study.root, tmp_path / "out").table
    assert card(tmp_path / "out", "dce")["status"] == "warn"
    rows = table[table["biomarker"].isin(["Ktrans", "Ktrans_curve"])]
    assert set(rows["qc"]) == {"warn"}
    assert rows["reason"].str.contains("is 0.08; expected 0.2 to 0.65").all()
    assert set(table.loc[table["biomarker"] == "volume", "qc"]) == {"ok"}


def test_a_rat_of_251_kg_is_never_ok(small_study: SmallStudy, tmp_path) -> None:
    add_scan(small_study, weight=251_000)
    (small_study.root / "participants.tsv").write_text(
        "participant_id\tspecies\nsub-01\trattus norvegicus\n"
    )
    table = measure(small_study.root, tmp_path / "out").table
    rows = table[table["biomarker"].str.startswith("SUV")]
    assert not rows.empty
    assert "ok" not in set(rows["qc"])
    known = rows[rows["value"].notna()]
    assert known["reason"].str.match("sub-01/ses-day00/pet/.* usual in a rat").all()
    shown = card(tmp_path / "out", "pet")
    assert shown["status"] == "warn"
    assert " sub-01/ses-day00/pet/" in shown["caption"]
    assert "body weight is 251000 g" in shown["caption"]


def test_remarks_are_taken_once_and_other_warnings_stay_warnings(tmp_path) -> None:
    with (
        pytest.warns(ConvergenceWarning, match="stopped") as seen,
        remarks_of_a_step(tmp_path) as (remarks),
    ):
        warnings.warn(ConvergenceWarning("stopped"), stacklevel=1)
        for _ in range(2):
            warnings.warn(AssumptionWarning("late"), stacklevel=1)
        warnings.warn(UnusualValueWarning(f"{tmp_path}/a.json: odd"), stacklevel=1)
    assert len(seen) == 1
    assert remarks.texts == ["a.json: odd", "late"]
    assert remarks.unusual == ["a.json: odd"]


def test_a_weight_without_a_unit_is_told(small_study: SmallStudy, tmp_path) -> None:
    add_scan(small_study)
    table = small_study.root / "sub-01" / "sub-01_sessions.tsv"
    table.write_text(table.read_text().replace("weight_g", "weight"))
    measure(small_study.root, tmp_path / "out")
    told = card(tmp_path / "out", "notes")["caption"]
    assert "body weight is not known" in told
    assert "weight has no unit" in told


@pytest.mark.parametrize(
    ("key", "value"), [("DoseMgFePerKg", 6000.0), ("MagneticFieldStrength", 300.0)]
)
def test_an_injection_in_another_unit_is_refused(iron_study, tmp_path, key, value) -> None:
    for path in iron_study.session().rglob("*MEGRE.json"):
        change(path, **{key: value})
    with pytest.raises(ProblemsError, match=f"{key} is {value:g}"):
        measure(iron_study.root, tmp_path / "out")


def test_who_is_named_in_one_place_only_stands_in_the_record_and_on_the_card(
    small_study, tmp_path
) -> None:
    (small_study.root / "participants.tsv").write_text("participant_id\nsub-02\n")
    with pytest.warns(UnmatchedWarning):
        measure(small_study.root, tmp_path / "out")
    notes = json.loads((tmp_path / "out" / "measure.json").read_text())["notes"]
    assert notes == [
        "participants.tsv names 1 subject without a folder: 02",
        "participants.tsv lacks 1 subject with a folder: 01",
    ]
    assert "does not list the subject" in card(tmp_path / "out", "notes")["caption"]


@pytest.mark.parametrize("place", ["", "derivatives/maps"])
def test_an_image_without_a_name_of_bids_is_told(small_study, tmp_path, place) -> None:
    named = small_study.file("flip-2_VFA.nii.gz")
    folder = small_study.root / place / "sub-01" / "ses-day00" / "anat"
    (folder / "tumor mask (2).nii.gz").write_bytes(named.read_bytes())
    measure(small_study.root, tmp_path / "out")
    told = card(tmp_path / "out", "notes")["caption"]
    assert "tumor mask (2).nii.gz is not read: its name is none of BIDS" in told


def test_volumes_that_the_user_leaves_out_stand_on_card_and_row(small_study, tmp_path) -> None:
    add_series(small_study, turboflash, TURBO)
    settings = MeasureSettings(steps={"dce": {"left_out": [30, 41]}})
    table = measure(small_study.root, tmp_path / "out", settings=settings).table
    assert "olumes 30, 41 left out, as chosen" in card(tmp_path / "out", "dce")["caption"]
    rows = table[(table["biomarker"] == "Ktrans") & (table["day"] == 0)]
    assert set(rows["qc"]) == {"ok"}
    assert set(rows["reason"]) == {"volumes 30, 41 left out, as chosen"}


def test_the_value_of_a_region_is_judged_itself(small_study, tmp_path) -> None:
    adc = small_study.file("ADC.nii.gz")
    write(adc, filled({1: 0.8e-3, 2: 0.8}), {"Units": "mm^2/s"})  # muscle in um^2/ms
    table = measure(small_study.root, tmp_path / "out").table
    rows = table[(table["biomarker"].str.startswith("ADC")) & (table["day"] == 0)]
    graded = rows.groupby("region")["qc"].agg(set)
    assert graded["tumor"] == {"ok"}
    assert graded["muscle"] == {"warn"}
    said = rows[rows["region"] == "muscle"]["reason"]
    assert said.str.contains(r"ADC\w* is 0.8 mm\^2/s; expected .* it looks like um\^2/ms").all()


@pytest.mark.parametrize(
    ("step", "unit", "refused"),
    [
        (2.0, "sec", False), (2000.0, "msec", False), (0.0025, "sec", False),  # a TR
        (2.0, "unknown", False), (0.0, "sec", False),
        (120.0, "sec", True), (2.0 / 60.0, "sec", True), (2000.0, "sec", True), (2.0, "msec", True),
    ],
)  # fmt: skip
def test_the_header_of_a_series_is_held_against_its_sidecar(
    small_study, tmp_path, step, unit, refused
) -> None:
    add_series(small_study, turboflash, TURBO)
    path = small_study.file("dce.nii.gz")
    image = nib.load(path)
    image.header.set_xyzt_units("mm", unit)
    image.header["pixdim"][4] = step
    nib.save(nib.Nifti1Image(np.asarray(image.dataobj), image.affine, image.header), path)
    if not refused:
        assert measure(small_study.root, tmp_path / "out").failures == ()
        return
    said = r"dce\.json: VolumeTiming rises by 2 s .* header of sub-01_ses-day00_dce\.nii\.gz says"
    with pytest.raises(ProblemsError, match=said):
        measure(small_study.root, tmp_path / "out")
