"""Logs of a run: what they say, that they change no result, and that they stop no run."""

import json
import math
from dataclasses import replace

import pytest
from toy_study import TOY, make_toy_study, measure_toy, measure_toys, order, tree

from biomarkers.errors import AssumptionWarning, BiomarkersError, FileError, UnloggedWarning, warn
from biomarkers.study import Event, MeasureSettings, measure
from biomarkers.study.logs import Warnings, as_json, as_text


def measure_with_a_remark(work):
    warn(AssumptionWarning(f"sub-{work.session.subject}/a.nii.gz has 3 odd volumes"))
    return measure_toy(work)


REMARKING = replace(TOY, measure=measure_with_a_remark)


@pytest.fixture
def root(tmp_path):
    return make_toy_study(tmp_path / "study", 2)


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_stage_of_every_session_is_timed(root, tmp_path, jobs) -> None:
    log = tmp_path / "log.json"
    measured = measure_toys(root, tmp_path / "out", jobs=jobs, log=True, log_json=log)
    said = lines_of(log)
    assert [each["what"] for each in (said[0], said[-1])] == ["begun", "ended"]
    assert said[-1]["text"] == "sessions: 2 measured, 0 failed, 0 kept"
    for session in ("sub-01 ses-a", "sub-02 ses-a"):
        whole, *stages = [each for each in said if each["session"] == session]
        assert whole["what"] == "measured"
        names = [each["stage"] for each in stages]
        assert names == ["inputs", "labels", "toy", "regions", "write"]
        seconds = [each["seconds"] for each in stages]
        assert all(each >= 0.0 for each in seconds)
        assert sum(seconds) <= whole["seconds"] + 1e-3
        peaks = [each["peak_memory_bytes"] for each in stages]
        assert whole["peak_memory_bytes"] == max(peaks) > 20e6
    text = measured.log.read_text()
    assert measured.log.parent == tmp_path / "out/logs"
    assert text.count("measured  sub-0") == 2
    assert text.count(" toy ") == 2
    assert "sessions: 2 measured, 0 failed, 0 kept" in text


def test_results_do_not_depend_on_logs_and_each_run_has_its_own(root, tmp_path) -> None:
    first = measure_toys(root, tmp_path / "out", log=True, log_json=tmp_path / "log.json")
    assert measure_toys(root, tmp_path / "undisturbed").log is None
    assert tree(tmp_path / "out") == tree(tmp_path / "undisturbed")
    kept = first.log.read_text()
    again = {"resume": True, "log": True, "log_json": tmp_path / "log.json"}
    second = measure_toys(root, tmp_path / "out", **again)
    assert second.log != first.log
    assert first.log.read_text() == kept
    whats = [each["what"] for each in lines_of(tmp_path / "log.json")]
    assert whats.count("begun") == whats.count("ended") == 2
    assert whats[-3:] == ["kept", "kept", "ended"]


def test_what_was_remarked_on_is_counted(root, tmp_path) -> None:
    order(root, "02", "fail")
    settings = MeasureSettings(log=True, log_json=tmp_path / "log.json")
    measured = measure(root, tmp_path / "out", settings=settings, steps=[REMARKING])
    assert measured.warnings == (
        "in 1 of 2 sessions",
        "1 x sub-01/a.nii.gz has 3 odd volumes",
    )
    (warned,) = [each for each in lines_of(tmp_path / "log.json") if each["what"] == "warning"]
    assert (warned["session"], warned["stage"]) == ("sub-01 ses-a", "toy")
    text = measured.log.read_text()
    assert "warning   toy: sub-01/a.nii.gz has 3 odd volumes" in text
    assert text.rstrip().endswith("1 x sub-01/a.nii.gz has 3 odd volumes")
    assert "failed    sub-02 ses-a" in text


def test_texts_that_differ_in_names_and_numbers_are_one_warning() -> None:
    warnings = Warnings()
    for subject, text in (
        ("01", "sub-01/ses-a/x.nii.gz: 3 volumes moved by 1.5 mm"),
        ("02", "sub-02/ses-a/x.nii.gz: 4 volumes moved by 2.25 mm"),
        ("02", "another"),
        ("03", "a third"),
    ):
        warnings.add(Event("measured", f"sub-{subject}"))
        warnings.add(Event("warning", f"sub-{subject}", text=text))
    head, first, *_ = warnings.lines()
    assert head == "in 3 of 3 sessions"
    assert first == "2 x sub-01/ses-a/x.nii.gz: 3 volumes moved by 1.5 mm"
    assert len(warnings.lines()) == 4
    assert len(warnings.short()) == 3


def test_a_file_that_cannot_be_written_is_said_at_the_start(root, tmp_path) -> None:
    with pytest.raises(FileError, match=r"no/log.json cannot be written as a log \(No such"):
        measure_toys(root, tmp_path / "out", log_json=tmp_path / "no/log.json")
    with pytest.raises(FileError, match="cannot be written as a log"):
        measure_toys(root, tmp_path / "out", log_json=tmp_path)
    assert not (tmp_path / "out").exists()


def test_a_full_disk_stops_the_log_and_not_the_run(root, tmp_path) -> None:
    with pytest.warns(UnloggedWarning, match="/dev/full is no longer written: .*No space"):
        measured = measure_toys(root, tmp_path / "out", log=True, log_json="/dev/full")
    assert set(measured.table["subject"]) == {"01", "02"}
    assert measured.log.exists()


def test_where_logs_cannot_lie_the_run_goes_on(root, tmp_path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/logs").write_text("somebody else's")
    with pytest.warns(UnloggedWarning, match="no log of this run"):
        measured = measure_toys(root, tmp_path / "out", log=True)
    assert measured.log is None
    assert (tmp_path / "out/logs").read_text() == "somebody else's"


def test_a_run_that_is_interrupted_says_so(root, tmp_path) -> None:
    def interrupt(*_):
        raise KeyboardInterrupt

    settings = MeasureSettings(log_json=tmp_path / "log.json")
    with pytest.raises(KeyboardInterrupt):
        measure(root, tmp_path / "out", settings=settings, steps=[TOY], progress=interrupt)
    assert lines_of(tmp_path / "log.json")[-1]["text"].endswith("; ended by an interrupt")


def test_a_line_stays_a_line() -> None:
    event = Event("failed", "sub-01 ses-a", text="two\nlines \x1b[2J", seconds=math.nan)
    assert as_json(event).count("\n") == as_text(event).count("\n") == 0
    assert "\x1b" not in as_text(event)


def test_a_step_that_fails_is_timed_too(root, tmp_path) -> None:
    events = []
    order(root, "01", "fail")
    measure(root, tmp_path / "out", steps=[TOY], listen=events.append)
    assert [each.what for each in events if each.what in ("failed", "measured")] == [
        "failed",
        "measured",
    ]
    assert next(each for each in events if each.stage == "toy").session == "sub-01 ses-a"


def test_a_run_that_cannot_begin_says_so(tmp_path) -> None:
    with pytest.raises(BiomarkersError):
        measure_toys(tmp_path / "none", tmp_path / "out", log_json=tmp_path / "log.json")
    (line,) = lines_of(tmp_path / "log.json")
    assert line["what"] == "ended"
    assert line["text"].startswith("not begun: ")
