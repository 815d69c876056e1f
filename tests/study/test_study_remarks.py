"""What is unusual about a session stands on its cards and rows; what cannot be is refused."""

import json
import warnings

import numpy as np
import pytest
from bids_of_known_truth import SmallStudy
from test_study_dynamic import TIME, TURBO, add_series, turboflash
from test_study_iron_oxide import iron_study
from test_study_pet import add_scan, card

from biomarkers.errors import (
    AssumptionWarning,
    ConvergenceWarning,
    ProblemsError,
    UnusualValueWarning,
)
from biomarkers.images import read_series, write_image
from biomarkers.study import measure
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
