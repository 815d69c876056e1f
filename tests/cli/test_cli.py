"""The command line: what it says, and how it ends."""

import errno
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from biomarkers.cli import main
from biomarkers.cli.parser import make_parser
from biomarkers.cli.progress import Progress

PLAN = """
outcome = "responder"
positive = 1
baseline = 0
[visits]
0 = [0]
3 = [3]
7 = [6, 7]
[biomarkers.ADC]
change = "percent"
[separation]
permutations = 199
"""


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Six animals a class; ADC rises in responders by day 7."""
    rows = ["subject,day,biomarker,value,unit"]
    for animal in range(12):
        for day in (0, 3, 6):
            rise = 0.3 if day == 6 and animal < 6 else 0.0
            rows.append(f"{animal},{day},ADC,{1.0 + rise + 0.01 * ((animal * 7 + day) % 5)},mm2/s")
    table = tmp_path / "table.csv"
    table.write_text("\n".join(rows) + "\n")
    participants = tmp_path / "participants.tsv"
    participants.write_text(
        "participant_id\tresponder\n"
        + "".join(f"sub-{animal}\t{int(animal < 6)}\n" for animal in range(12))
    )
    plan = tmp_path / "plan.toml"
    plan.write_text(PLAN)
    return {"table": table, "participants": participants, "plan": plan, "out": tmp_path / "out"}


def analyse(files: dict[str, Path]) -> int:
    return main([
        "analyse", str(files["table"]), "--participants", str(files["participants"]),
        "--plan", str(files["plan"]), "--out", str(files["out"]),
    ])  # fmt: skip


def test_an_analysis_ends_with_the_answer(files, capsys) -> None:
    assert analyse(files) == 0
    said = capsys.readouterr().out
    assert "first separated responder = 1 from responder = 0 on day 7" in said
    assert "AUC 1.00" in said
    assert str(files["out"] / "results") in said
    table = pd.read_csv(files["out"] / "results" / "separation.csv")
    assert table["separates"].tolist() == [False, True]
    assert (files["out"] / "report.html").read_text().startswith("<!DOCTYPE html>")


def test_a_plan_that_names_no_change_has_the_default_said_once(files, capsys) -> None:
    sentence = (
        "The plan names no kind of change for ADC: the default was used, change as log ratio."
    )
    assert analyse(files) == 0
    assert "default" not in capsys.readouterr().out
    replaced(files["plan"], 'change = "percent"', "")
    assert analyse(files) == 0
    assert capsys.readouterr().out.count(sentence) == 1
    assert (files["out"] / "report.html").read_text().count(sentence) == 2  # answer and methods


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


BAD = {
    "missing file": (lambda f: f["table"].unlink(), "table.csv does not exist"),
    "duplicate key": (
        lambda f: f["table"].write_text(f["table"].read_text() + "0,0,ADC,1,mm2/s\n"),
        "0, day 0, whole, ADC is already in row 2",
    ),
    "text in value": (
        lambda f: replaced(f["table"], "3,0,ADC,1.01", "3,0,ADC,high"),
        "column value: found 'high', expected a number",
    ),
    "overlapping visits": (
        lambda f: replaced(f["plan"], "3 = [3]", "3 = [3, 6]"),
        "day 6 is claimed by visit 3 and by visit 7",
    ),
    "one class": (
        lambda f: f["participants"].write_text(
            "subject\tresponder\n" + "".join(f"{animal}\t1\n" for animal in range(12))
        ),
        "12 positive and 0 negative",
    ),
    "neither positive nor negative": (
        lambda f: (
            replaced(f["plan"], "positive = 1", "positive = 1\nnegative = 0"),
            replaced(f["participants"], "sub-11\t0", "sub-11\t2"),
        ),
        "neither positive nor negative: 2",
    ),
    "unknown biomarker": (
        lambda f: replaced(f["plan"], "biomarkers.ADC", "biomarkers.Ktrans"),
        "'Ktrans' is not in the measurements; found ADC",
    ),
    "baseline missing for everyone": (
        lambda f: f["table"].write_text(
            "\n".join(line for line in f["table"].read_text().splitlines() if ",0,ADC" not in line)
        ),
        "nobody has a usable ADC at visit 0",
    ),
    "unknown outcome": (
        lambda f: replaced(f["plan"], '"responder"', '"survivor"'),
        "'survivor' is no column of participants; found responder",
    ),
    "the plan's own file is named": (
        lambda f: replaced(f["plan"], "biomarkers.ADC", "biomarkers.Ktrans"),
        "plan.toml: 1 problem",
    ),
    "folder as table": (
        lambda f: f.update(table=Path()),
        ". is a folder; expected a measurement table",
    ),
    "ids that do not match": (
        lambda f: replaced(f["participants"], "sub-", "sub-x"),
        "no subject in common: measured are 0, 1, 2, …; participants are x0, x1, x2, …",
    ),
    "ids that differ in spelling": (
        lambda f: replaced(f["participants"], "sub-", "sub-00"),
        "subject '0' of the measurements is '000' in participants",
    ),
    "plan that is no TOML": (lambda f: f["plan"].write_text("=\n"), "is not valid TOML"),
}


@pytest.mark.parametrize(("spoil", "message"), BAD.values(), ids=BAD.keys())
def test_bad_input_ends_with_2_and_one_clear_message(files, capsys, spoil, message) -> None:
    spoil(files)
    assert analyse(files) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.startswith("biomarkers: ")
    assert "Traceback" not in captured.err
    assert captured.out == ""
    assert not files["out"].exists()


def test_a_place_that_cannot_be_written(files, capsys) -> None:
    files["out"].write_text("a file")
    assert analyse(files) == 2
    assert "is a file; name another folder" in capsys.readouterr().err


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "biomarkers", "--version"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("biomarkers ")


def test_bad_input_keeps_the_results_of_before(files) -> None:
    assert analyse(files) == 0
    before = {path: path.read_bytes() for path in files["out"].rglob("*") if path.is_file()}
    replaced(files["table"], "3,0,ADC,1.01", "3,0,ADC,high")
    assert analyse(files) == 2
    assert before == {path: path.read_bytes() for path in files["out"].rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "arguments", [["analyse"], ["measure", "only-one"], ["fly"], ["simulate", "mouse", "out"]]
)
def test_wrong_usage_ends_with_2(arguments, capsys) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage: biomarkers" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "messages"),
    [
        (["analize"], ["usage: biomarkers [-h]", "did you mean analyse?"]),
        (["run", "study", "out", "--job", "1", "--resample"], []),
        (
            ["run", "study", "out", "--dryrun"],
            ["usage: biomarkers run", "unrecognized: --dryrun; did you mean --dry-run?"],
        ),
        (["measure", "study"], ["usage: biomarkers measure", "required: OUT"]),
        (["simulate", "rat-gloima", "out"], ["biomarkers simulate: ", "did you mean rat-glioma?"]),
        (["run", "s", "out", "-q", "-v"], ["usage: biomarkers run", "not allowed with"]),
    ],
)
def test_a_slip_is_answered_by_its_own_command(arguments, messages, capsys) -> None:
    if not messages:
        assert make_parser().parse_whole(arguments).jobs == 1
        return
    with pytest.raises(SystemExit):
        main(arguments)
    said = capsys.readouterr().err
    assert all(message in said for message in [*messages, "see biomarkers"]), said


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion_knows_commands_and_options(shell, capsys) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "analyse" in script and "participant" in script


def test_progress_says_how_long(capsys) -> None:
    stream = io.StringIO()
    with Progress(stream) as progress:
        progress.say("Measuring")
        for done in range(1, 21):
            progress(done, 20, f"sub-{done}")
    lines = stream.getvalue().splitlines()
    assert lines[0] == "Measuring"
    assert len(lines) == 11
    assert re.fullmatch(r"  2/20  00:00 elapsed, 00:00 left  sub-2", lines[1])
    assert lines[-1].endswith("20/20  00:00 elapsed  sub-20")
    quiet = io.StringIO()
    with Progress(quiet, quiet=True) as progress:
        progress.say("Measuring")
        progress(1, 1, "sub-1")
    assert quiet.getvalue() == ""


def test_progress_on_a_terminal_is_one_bar() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    with Progress(stream) as progress:
        progress(1, 2, "sub-1")
        progress(2, 2, "sub-2")
    assert "2/2" in stream.getvalue()
    assert "elapsed" in stream.getvalue() and "left" in stream.getvalue()
    assert stream.getvalue().count("\n") == 1


def test_how_much_is_said(files, capsys) -> None:
    replaced(files["participants"], "sub-11\t0", "sub-99\t0")
    arguments = [
        "analyse", str(files["table"]), "--participants", str(files["participants"]),
        "--plan", str(files["plan"]), "--out", str(files["out"]),
    ]  # fmt: skip
    notes = {}
    for option in ("", "-q", "-v"):
        assert main([*arguments, *([option] if option else [])]) == 1
        said = capsys.readouterr().out
        assert "first separated" in said
        notes[option] = said.count("Note ")
    assert notes["-q"] == 0 < notes[""] <= notes["-v"]


def test_cards_are_shown_where_they_are_named(files, tmp_path, capsys) -> None:
    cards = tmp_path / "qc"
    cards.mkdir()
    (cards / "a.json").write_text(
        '{"title": "Head", "caption": "It moved.", "status": "warn", "subject": "1", '
        '"session": "a", "day": 0, "kind": "dce"}'
    )
    assert main([
        "analyse", str(files["table"]), "--participants", str(files["participants"]),
        "--plan", str(files["plan"]), "--out", str(files["out"]), "--qc", str(cards),
    ]) == 0  # fmt: skip
    assert "It moved." in (files["out"] / "report.html").read_text()


@pytest.mark.parametrize(
    "command", ["demo", "simulate", "measure", "import", "analyse", "predict", "run", "completion"]
)
def test_every_command_explains_itself(command, capsys) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, "--help"])
    assert stopped.value.code == 0
    assert len(capsys.readouterr().out.splitlines()) >= 8


def test_no_command_shows_what_there_is(capsys) -> None:
    assert main([]) == 0
    assert "biomarkers demo --out demo" in capsys.readouterr().out


def test_help_loads_no_numeric_code() -> None:
    """So that it feels instant."""
    script = (
        "import sys; from biomarkers.cli.parser import make_parser; make_parser().format_help();"
        "heavy = {'numpy', 'pandas', 'numba', 'scipy', 'matplotlib'} & set(sys.modules);"
        "sys.exit(', '.join(heavy) or 0)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_analysing_a_table_loads_no_image_code() -> None:
    script = (
        "import sys; import biomarkers.workflow.from_table;"
        "from biomarkers.cli.parser import make_parser; make_parser();"
        "heavy = {'numba', 'nibabel', 'biomarkers.study'} & set(sys.modules);"
        "sys.exit(', '.join(heavy) or 0)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_subjects_that_are_not_matched_are_said_and_change_the_exit_status(files, capsys) -> None:
    replaced(files["participants"], "sub-11\t0", "sub-99\t0")
    assert analyse(files) == 1
    said = capsys.readouterr().out
    assert "Note      1 subject not among the participants was left out: 11." in said
    assert "Note      1 subject with an outcome was never measured: 99." in said
    lost = "6 vs 5 subjects. Left out: 1 measured subject not among the participants."
    assert lost in said
    assert lost in (files["out"] / "report.html").read_text()


def test_a_subject_in_one_table_as_1_and_in_the_other_as_01_is_named(files, capsys) -> None:
    replaced(files["participants"], "sub-3\t", "sub-03\t")
    assert analyse(files) == 2
    assert "subject '3' of the measurements is '03' in participants" in capsys.readouterr().err


def test_a_full_disk_ends_with_1_and_what_to_do(files, monkeypatch, capsys) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("biomarkers.files.tempfile.mkstemp", refuse)
    assert analyse(files) == 1
    assert "No space left on device; files that are written are whole" in capsys.readouterr().err
