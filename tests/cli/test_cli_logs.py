"""What the terminal says of logs and warnings, and the options that ask for them."""

import argparse
import json
from pathlib import Path

import pytest

from biomarkers import sample_data
from biomarkers.cli import main
from biomarkers.cli.telling import tell_measured
from biomarkers.study import MeasuredStudy


@pytest.fixture
def rats(tmp_path, monkeypatch) -> str:
    monkeypatch.chdir(tmp_path)
    return str(sample_data.write_study("rats", subjects=["01"]))


def test_a_run_names_its_log_and_fills_the_other(rats, capsys) -> None:
    assert main(["measure", rats, "out", "--jobs", "1", "--log-json", "log.json"]) == 0
    (log,) = Path("out/logs").iterdir()
    assert f"Log       {log}" in capsys.readouterr().out
    events = [json.loads(line) for line in Path("log.json").read_text().splitlines()]
    assert [each["what"] for each in events].count("measured") == 3


def test_a_log_that_cannot_be_written_is_bad_input(rats, capsys) -> None:
    assert main(["measure", rats, "out", "--log-json", "no/log.json"]) == 2
    assert "no/log.json cannot be written as a log" in capsys.readouterr().err
    assert not Path("out").exists()


def test_a_scheduler_that_is_not_there_is_bad_input(rats, capsys, monkeypatch) -> None:
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    monkeypatch.setattr("biomarkers.cluster._CONNECTING", 0.5)
    assert main(["measure", rats, "out", "--scheduler", "tcp://127.0.0.1:9"]) == 2
    assert "no scheduler answers at tcp://127.0.0.1:9" in capsys.readouterr().err


@pytest.mark.parametrize("quiet", [True, False])
def test_warnings_are_three_lines_unless_it_is_quiet(quiet, capsys) -> None:
    words = ("in 5 of 6 sessions", "4 x it moved", f"1 x {'long ' * 100}")
    table = sample_data.measurements()
    measured = MeasuredStudy(table, Path("m.tsv"), (), words, Path("out/logs/a.log"))
    tell_measured(measured, argparse.Namespace(quiet=quiet))
    said = capsys.readouterr().out
    assert ("Warnings  in 5 of 6 sessions: 4 x it moved; 1 x long" in said) is not quiet
    assert ("Log       out/logs/a.log" in said) is not quiet
    assert max(map(len, said.splitlines())) < 200
