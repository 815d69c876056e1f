"""One bad session, one foreign file, one lost process: each costs itself alone."""

import json
import pickle
from argparse import Namespace

import numpy as np
import pytest
from bids_of_known_truth import SHAPE, write
from toy_study import TOY, done, make_toy_study, measure_toys, order, tree

from biomarkers.bids import sidecar
from biomarkers.cli.telling import tell_measured, tell_planned
from biomarkers.errors import FileError, ProblemsError
from biomarkers.study import MeasureSettings, plan_measuring
from biomarkers.study.unit import Unit, measure_unit

MAP = "derivatives/biomarkers/sub-02/ses-a/anat/sub-02_ses-a_toy.nii.gz"


@pytest.fixture
def root(tmp_path):
    return make_toy_study(tmp_path / "study")


@pytest.fixture
def out(root, tmp_path):
    measure_toys(root, tmp_path / "out")
    done(root)
    return tmp_path / "out"


def damage(root, subject="02"):
    """Damage an image so that only reading its voxels tells."""
    path = root / f"sub-{subject}/ses-a/anat/sub-{subject}_ses-a_TOY.nii.gz"
    content = bytearray(path.read_bytes())
    content[-8] ^= 0xFF
    path.write_bytes(content)


def card(out, subject="02", kind="failure"):
    return json.loads((out / f"qc/sub-{subject}_ses-a_{kind}.json").read_text())


def test_a_fault_in_a_step_is_named_with_what_to_do(root, tmp_path) -> None:
    order(root, "02", "fail")
    measured = measure_toys(root, tmp_path / "out")
    assert set(measured.table["subject"]) == {"01", "03"}
    (failure,) = measured.failures
    assert failure.session == "sub-02 ses-a"
    assert failure.reason.startswith("RuntimeError: a step with a fault (toy_study.py, line ")
    assert "report it" in failure.advice
    assert "a step with a fault" in card(tmp_path / "out")["caption"]
    # Failed sessions are tried again, the others kept.
    done(root)
    (root / "sourcedata/02").unlink()
    assert measure_toys(root, tmp_path / "out", resume=True).failures == ()
    assert done(root) == ["02"]
    assert not (tmp_path / "out/qc/sub-02_ses-a_failure.json").exists()


@pytest.mark.parametrize("resume", [False, True])
def test_a_file_that_was_damaged_since_leaves_the_earlier_rows(root, out, resume) -> None:
    before = tree(out)
    damage(root)
    measured = measure_toys(root, out, resume=resume)
    rows = measured.table[measured.table["subject"] == "02"]
    assert rows.query("biomarker == 'toy' and region == 'label_1'")["value"].tolist() == [2.0]
    assert set(rows["qc"]) == {"warn"}
    assert rows["reason"].str.contains("of an earlier run: the session could not be").all()
    assert set(measured.table.query("subject == '01'")["qc"]) == {"ok"}
    (failure,) = measured.failures
    assert "TOY.nii.gz is damaged" in failure.reason
    assert "those of an earlier run" in card(out)["caption"]
    assert tree(out)[MAP] == before[MAP]
    # A second time, it is still the good result that is kept.
    again = measure_toys(root, out, resume=True)
    assert len(again.table) == len(measured.table)
    write(root / "sub-02/ses-a/anat/sub-02_ses-a_TOY.nii.gz", np.full(SHAPE, 2.0))
    assert measure_toys(root, out, resume=True).failures == ()
    assert tree(out).keys() == before.keys()


def test_rows_of_other_settings_are_moved_aside_and_not_mixed(root, out) -> None:
    before = (out / MAP).read_bytes()
    damage(root)
    measured = measure_toys(root, out, steps={"toy": {"factor": 2.0}})
    assert set(measured.table["subject"]) == {"01", "03"}
    assert "was moved to out/records/earlier/sub-02_ses-a" in measured.failures[0].reason
    assert not (out / MAP).exists()
    aside = out / "records/earlier/sub-02_ses-a"
    assert (aside / MAP).read_bytes() == before
    assert 2.0 in json.loads((aside / "record.json").read_text())["rows"]["value"]
    measure_toys(root, out, steps={"toy": {"factor": 2.0}})
    assert (aside / MAP).read_bytes() == before


def test_a_value_that_overflows_costs_its_row_alone(root, tmp_path) -> None:
    values = np.full(SHAPE, 2.0)
    values[1:3, 1:3] = 1e300
    write(root / "sub-02/ses-a/anat/sub-02_ses-a_TOY.nii.gz", values)
    measured = measure_toys(root, tmp_path / "out")
    assert set(measured.table["subject"]) == {"01", "02", "03"}
    assert np.isfinite(measured.table["value"].dropna()).all()
    rows = measured.table[measured.table["reason"].str.contains("too large")]
    assert set(rows["qc"]) == {"fail"} and set(rows["subject"]) == {"02"}


@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), KeyError("a bug")])
def test_whatever_a_sidecar_does_the_other_sessions_are_measured(
    root, tmp_path, monkeypatch, error
) -> None:
    read = sidecar.read_json

    def raising(path, what):
        if "sub-02" in path.name:
            raise error
        return read(path, what)

    monkeypatch.setattr(sidecar, "read_json", raising)
    planned = plan_measuring(root, steps=[TOY])
    assert len(planned.problems) == 1 and planned.problems[0].startswith("sub-02 ses-a: ")
    with pytest.raises(ProblemsError):
        measure_toys(root, tmp_path / "out")
    measured = measure_toys(root, tmp_path / "out", keep_going=True)
    assert set(measured.table["subject"]) == {"01", "03"}
    assert [each.session for each in measured.failures] == ["sub-02 ses-a"]


def test_given_maps_of_two_units_cost_the_later_session(root, tmp_path) -> None:
    for subject, unit in (("01", "s"), ("02", "mm")):
        place = root / f"derivatives/drawn/sub-{subject}/ses-a/anat"
        write(place / f"sub-{subject}_ses-a_mine.nii.gz", np.full(SHAPE, 1.0), {"Units": unit})
    measured = measure_toys(root, tmp_path / "out", keep_going=True)
    assert set(measured.table["subject"]) == {"01", "03"}
    assert "mine is in mm here and in s in sub-01" in measured.failures[0].reason


def test_files_of_others_stay_and_are_named_where_they_are_in_the_way(root, tmp_path) -> None:
    out = tmp_path / "out"
    theirs = {
        out / "qc/sub-01_ses-a_other.json": "{}",
        out / "qc/sub-99_ses-z_maps.json": "{}",
        out / "qc/sub-01_ses-a_maps.png": "a picture",
        out / "derivatives/biomarkers/sub-01/ses-a/anat/sub-01_ses-a_other.nii.gz": "x",
        out / "derivatives/biomarkers/.writing-theirs": "x",
        out / "sub-01.json": "{}",
    }
    for path, text in theirs.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    measured = measure_toys(root, out)
    assert {path: path.read_text() for path in theirs} == theirs
    (failure,) = measured.failures
    assert failure.session == "sub-01 ses-a"
    assert "sub-01_ses-a_maps.png is there already, and not of an earlier run" in failure.reason
    (out / "qc/sub-01_ses-a_maps.png").unlink()
    assert measure_toys(root, out, resume=True).failures == ()


@pytest.mark.parametrize("name", ["measurements.tsv", "measure.json", "records/notes.txt"])
def test_a_table_of_somebody_else_is_not_overwritten(root, tmp_path, name) -> None:
    path = tmp_path / "out" / name
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    with pytest.raises(FileError, match="not of an earlier run; name another folder"):
        measure_toys(root, tmp_path / "out")
    assert path.read_text() == "{}"
    assert [each for each in (tmp_path / "out").rglob("*") if each.is_file()] == [path]


def test_results_of_a_version_without_records_are_known_by_what_they_say(root, out) -> None:
    before = tree(out)
    for path in (out / "records").iterdir():
        path.unlink()
    (out / "records").rmdir()
    # A card that this run will not write, of the earlier version, and a file of somebody else.
    said = {**card(out, kind="toy"), "kind": "old"}
    (out / "qc/sub-02_ses-a_old.json").write_text(json.dumps(said))
    (out / "qc/sub-02_ses-a_theirs.json").write_text("{}")
    measured = measure_toys(root, out, resume=True)
    assert measured.failures == ()
    assert done(root) == ["01", "02", "03"]
    assert tree(out).keys() - before.keys() == {"qc/sub-02_ses-a_theirs.json"}


def test_settings_say_nothing_of_resume(root, out) -> None:
    said = json.loads((out / "measure.json").read_text())
    assert said["settings"].keys() == {"prefer", "resample_labels", "keep_going", "steps"}
    assert said["program"].keys() >= {"biomarkers", "numpy", "toy_study"}
    assert MeasureSettings().resume is False


def test_the_command_line_says_what_failed_why_and_what_to_do(root, out, capsys) -> None:
    damage(root)
    measured = measure_toys(root, out, resume=True)
    tell_measured(measured, Namespace(quiet=False))
    said = capsys.readouterr().out
    assert "Failed    sub-02 ses-a: " in said
    assert "do: mend or replace what is named, then go on with --resume" in said
    assert "1 session failed, wholly or in part; the rest is done" in said
    settings = MeasureSettings(resume=True)
    assert tell_planned(plan_measuring(root, out=out, settings=settings, steps=[TOY]))
    said = capsys.readouterr().out
    assert "Kept      sub-01 ses-a" in said
    assert "Would     sub-02 ses-a: toy (failed before)" in said
    assert "1 session to measure, 2 kept; nothing was written" in said


def test_a_unit_and_its_result_can_be_sent_elsewhere(root, tmp_path) -> None:
    recipe = plan_measuring(root, steps=[TOY]).recipes[0]
    unit = pickle.loads(pickle.dumps(Unit(recipe, tmp_path / "unit", volumes_by_space=False)))
    result = measure_unit(unit)
    sent = pickle.dumps(result)
    assert pickle.loads(sent) == result
    assert len(sent) < 50_000  # images and pictures stay where they were made
    assert {"qc/sub-01_ses-a_maps.png", "qc/sub-01_ses-a_toy.json"} <= result.files.keys()
    (event,) = result.events
    assert (event.what, event.session) == ("measured", "sub-01 ses-a") and event.seconds > 0
