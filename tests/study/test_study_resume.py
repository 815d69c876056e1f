"""Only what changed is measured, and the results are those of an undisturbed run."""

import json
import shutil

import numpy as np
import pytest
from bids_of_known_truth import SHAPE, write
from toy_study import TOY, done, make_toy_study, measure_toys, order, tree

from biomarkers.errors import InputError
from biomarkers.study import MeasureSettings, measure, plan_measuring


@pytest.fixture
def root(tmp_path):
    return make_toy_study(tmp_path / "study")


@pytest.fixture
def out(root, tmp_path):
    """Results of the whole study."""
    measure_toys(root, tmp_path / "out")
    assert done(root) == ["01", "02", "03"]
    return tmp_path / "out"


def image(root, subject):
    return root / f"sub-{subject}/ses-a/anat/sub-{subject}_ses-a_TOY.nii.gz"


def reasons(root, out, **settings):
    planned = plan_measuring(
        root, out=out, settings=MeasureSettings(resume=True, **settings), steps=[TOY]
    )
    return list(planned.reasons)


def test_what_is_done_is_kept_and_without_resume_measured_anew(root, out) -> None:
    before = tree(out)
    events = []
    settings = MeasureSettings(resume=True)
    again = measure(root, out, settings=settings, steps=[TOY], listen=events.append)
    assert done(root) == []
    assert [each.what for each in events] == ["kept"] * 3
    assert len(again.table) and again.failures == ()
    assert tree(out) == before
    measure_toys(root, out)
    assert done(root) == ["01", "02", "03"]
    assert tree(out) == before


def test_a_changed_input_costs_its_session_alone(root, out, tmp_path) -> None:
    write(image(root, "02"), np.full(SHAPE, 9.0))
    name = "sub-02/ses-a/anat/sub-02_ses-a_TOY.nii.gz"
    assert reasons(root, out) == ["", f"input {name} changed", ""]
    resumed = measure_toys(root, out, resume=True)
    assert done(root) == ["02"]
    measure_toys(root, tmp_path / "undisturbed")
    assert tree(out) == tree(tmp_path / "undisturbed")
    medians = resumed.table.query("biomarker == 'toy' and region == 'label_1'")
    assert medians["value"].tolist() == [1.0, 9.0, 3.0]


def test_a_file_that_is_only_touched_changes_nothing(root, out) -> None:
    for path in root.rglob("*.nii.gz"):
        path.touch()
    assert reasons(root, out) == ["", "", ""]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda root: (root / "TOY.json").write_text('{"A": 1}'), "input TOY.json is new"),
        (lambda root: (root / "sub-01/sub-01_TOY.json").write_text("{}"), "is new"),
        (
            lambda root: (root / "derivatives/drawn/dseg.tsv").write_text("index\tname\n1\ta\n"),
            "input derivatives/drawn/dseg.tsv is new",
        ),
        (
            lambda root: (root / "participants.tsv").write_text(
                (root / "participants.tsv").read_text().replace("250", "260", 1)
            ),
            "input participants.tsv, sub-01 changed",
        ),
        (
            lambda root: (root / "sub-01/sub-01_sessions.tsv").write_text(
                "session_id\tdays\nses-a\t1\n"
            ),
            "input sub-01/sub-01_sessions.tsv, ses-a changed",
        ),
        (
            lambda root: image(root, "01").with_name("sub-01_ses-a_TOY.json").unlink(),
            "input sub-01/ses-a/anat/sub-01_ses-a_TOY.json is gone",
        ),
    ],
)
def test_everything_that_is_read_counts(root, out, spoil, says) -> None:
    spoil(root)
    assert says in reasons(root, out)[0]


def test_the_outcome_of_a_subject_is_not_measured(root, out) -> None:
    path = root / "participants.tsv"
    path.write_text(path.read_text().replace("\t0\n", "\t1\n").replace("treated", "control"))
    assert reasons(root, out) == ["", "", ""]
    assert set(measure_toys(root, out, resume=True).table["group"]) == {"control"}
    assert done(root) == []


def test_settings_count_and_those_of_other_steps_do_not(root, out) -> None:
    assert reasons(root, out, steps={"toy": {"factor": 2.0}}) == ["settings changed"] * 3
    (root / "plan.toml").write_text("[measure.toy]\nfactor = 3.0\n")
    assert reasons(root, out) == ["settings changed"] * 3


@pytest.mark.parametrize("part", ["_sources", "_versions"])
def test_the_program_counts(root, out, monkeypatch, part) -> None:
    changed = {"_sources": "another", "_versions": {"numpy": "0.1"}}[part]
    monkeypatch.setattr(f"biomarkers.study.keys.{part}", lambda: changed)
    assert {each.split(" (")[0] for each in reasons(root, out)} == {"program changed"}


def test_the_source_of_a_step_from_outside_counts(root, out, monkeypatch) -> None:
    monkeypatch.setattr("biomarkers.study.keys.stamp", lambda module, file: f"{module} is new")
    assert reasons(root, out)[0] == "program changed (toy_study)"


def test_results_that_are_gone_or_changed_are_made_again(root, out) -> None:
    before = tree(out)
    (out / "qc/sub-01_ses-a_toy.json").unlink()
    changed = out / "derivatives/biomarkers/sub-02/ses-a/anat/sub-02_ses-a_toy.nii.gz"
    changed.write_bytes(b"")
    assert [each.split(" ")[-1] for each in reasons(root, out)] == ["gone", "changed", ""]
    measure_toys(root, out, resume=True)
    assert done(root) == ["01", "02"]
    assert tree(out) == before


def test_a_dry_run_writes_nothing(root, tmp_path) -> None:
    assert reasons(root, tmp_path / "out") == ["new"] * 3
    assert not (tmp_path / "out").exists()


def test_a_moved_study_is_the_same_study(root, out, tmp_path) -> None:
    moved = tmp_path / "elsewhere" / "study"
    moved.parent.mkdir()
    shutil.move(root, moved)
    assert reasons(moved, out) == ["", "", ""]


def test_parts_measured_one_by_one_make_the_same_results(root, out, tmp_path) -> None:
    parts = tmp_path / "parts"
    for subject in ("03", "01", "02"):
        measured = measure_toys(root, parts, participants=(subject,))
    assert measured.failures == ()
    assert tree(parts) == tree(out)
    with pytest.raises(InputError, match="measured with another settings"):
        measure_toys(root, parts, participants=("01",), steps={"toy": {"factor": 2.0}})
    assert tree(parts) == tree(out)


def test_results_within_the_study_are_not_its_inputs(root) -> None:
    measure_toys(root, root)
    assert reasons(root, root) == ["", "", ""]


def test_a_session_that_is_gone_takes_its_files_along_and_no_others(root, out) -> None:
    foreign = out / "qc" / "sub-03_ses-a_other.json"
    foreign.write_text("{}")
    shutil.rmtree(root / "sub-03")
    shutil.rmtree(root / "derivatives/drawn/sub-03")
    with pytest.warns(UserWarning, match="sub-03|03"):
        measure_toys(root, out, resume=True)
    left = [path.name for path in out.rglob("*sub-03*") if path.is_file()]
    assert left == [foreign.name]


def test_what_a_killed_run_left_is_cleared_and_finished(root, out, monkeypatch) -> None:
    before = tree(out)
    write(image(root, "01"), np.full(SHAPE, 7.0))
    monkeypatch.setattr("biomarkers.study.records._move", lambda *_: 1 / 0)
    monkeypatch.setattr("shutil.rmtree", lambda *_, **__: None)  # killed: nothing is cleared
    with pytest.raises(ZeroDivisionError):
        measure_toys(root, out, resume=True)
    monkeypatch.undo()
    (out / "records/staging/x").mkdir()
    (out / "records/staging/x/.writing-abc").write_text("half")
    done(root)
    assert reasons(root, out)[0] == "interrupted"
    measure_toys(root, out, resume=True)
    assert done(root) == []  # its files lay there ready to be moved
    assert not (out / "records/staging").exists()
    assert {*tree(out)} == {*before}
    sevens = json.loads((out / "records/sub-01_ses-a.json").read_text())["rows"]["value"]
    assert 7.0 in sevens


@pytest.mark.parametrize("damage", [lambda text: "{", lambda text: text.replace("2.0", "9.0")])
def test_a_damaged_record_costs_its_session_alone(root, out, damage) -> None:
    before, path = tree(out), out / "records/sub-02_ses-a.json"
    path.write_text(damage(path.read_text()))
    measure_toys(root, out, resume=True)
    assert done(root) == ["02"]
    assert tree(out) == before


@pytest.mark.parametrize("content", ["{", "{}", "[]", None])
def test_the_list_of_what_is_ours_may_be_damaged_or_gone(root, out, content) -> None:
    before, path = tree(out), out / "records/study.json"
    if content is None:
        path.unlink()
    else:
        path.write_text(content)
    measure_toys(root, out, resume=True)
    assert done(root) == []
    assert tree(out) == before


def test_the_order_of_sessions_and_of_columns_does_not_depend_on_who_is_first(root, out) -> None:
    order(root, "01", "fail")
    table = measure_toys(root, out).table
    (root / "sourcedata/01").unlink()
    assert measure_toys(root, out, resume=True).table.columns.tolist() == table.columns.tolist()
    assert done(root) == ["01", "01", "02", "03"]
