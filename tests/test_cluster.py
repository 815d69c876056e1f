"""Work by the workers of a Dask scheduler: what is refused, and what a worker does by itself."""

import pickle
import re
import sys
from functools import partial
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from biomarkers.cli.parser import make_parser
from biomarkers.cluster import Cluster, _Order, _perform, _problem
from biomarkers.errors import ClusterError
from biomarkers.processes import Lost

PROGRAM = {"biomarkers": "abc"}


def program() -> dict[str, str]:
    return PROGRAM


def order(folder: Path, wanted: dict[str, str] | None = None) -> _Order:
    (folder / "run").touch()
    return _Order(pickle.dumps(partial(dict, PROGRAM)), wanted or PROGRAM, str(folder), str(folder))


def performed(folder: Path, work, item, **changed):
    call = pickle.dumps((work, item))
    return pickle.loads(_perform(call, order(folder, **changed), "mark"))


def test_a_worker_answers_with_what_the_work_gave(tmp_path) -> None:
    assert performed(tmp_path, abs, -3) == 3
    assert performed(tmp_path, abs, 3) == Lost("was lost with its worker", died=True)  # the mark


def test_what_fails_is_lost_and_says_why(tmp_path) -> None:
    assert performed(tmp_path, len, 3) == Lost("TypeError: object of type 'int' has no len()")


def test_work_begins_where_the_run_was_started(tmp_path, monkeypatch) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert performed(tmp_path, Path.absolute, Path("here")) == tmp_path / "here"
    assert Path.cwd() == elsewhere


def test_a_worker_that_outlives_the_run_leaves_nothing_behind(tmp_path) -> None:
    folder = tmp_path / "staging"
    folder.mkdir()
    assert performed(folder, partial(_clear, folder), "late") == 4
    assert not folder.exists()


def _clear(folder: Path, name: str) -> int:
    """End the run while its item is worked on."""
    for path in folder.iterdir():
        path.unlink()
    return (folder / name).write_text("late")


def test_a_late_worker_of_another_program_is_told_apart(tmp_path) -> None:
    answer = performed(tmp_path, abs, -3, wanted={"biomarkers": "xyz", "numpy": "0"})
    assert "that came later has another biomarkers, numpy than this run" in answer.why
    assert not (tmp_path / "mark.begun").exists()


def test_a_worker_has_to_see_the_folder(tmp_path) -> None:
    given = order(tmp_path)
    (tmp_path / "run").unlink()
    tmp_path.rmdir()
    assert "expected the same file system" in _problem(given)


def test_without_the_extra_it_is_named(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match=r'pip install "biomarkers\[cluster\]"'):
        Cluster("tcp://127.0.0.1:8786", program, tmp_path).__enter__()


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nowhere://x", "127.0.0.1:notaport", ""])
def test_where_no_scheduler_answers_it_is_said(address, tmp_path, monkeypatch) -> None:
    pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
    monkeypatch.setattr("biomarkers.cluster._CONNECTING", 0.5)
    with pytest.raises(ClusterError, match=f"no scheduler answers at {address}.*tcp://host:port"):
        Cluster(address, program, tmp_path).__enter__()


def test_the_script_for_slurm_starts_the_command(monkeypatch) -> None:
    page = Path(__file__).parents[1] / "docs/how-to/measure-on-a-cluster.md"
    (script,) = re.findall(r"```py\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
    asked, commands = MagicMock(), []
    asked.SLURMCluster.return_value.__enter__.return_value.scheduler_address = "tcp://a:1"
    monkeypatch.setitem(sys.modules, "dask_jobqueue", asked)
    monkeypatch.setattr("subprocess.call", lambda command: commands.append(command) or 1)
    monkeypatch.setattr("sys.argv", ["on_slurm.py", "study", "out", "--resume"])
    with pytest.raises(SystemExit, match="1"):
        exec(script, {"__name__": "__main__"})
    (command,) = commands
    options = make_parser().parse_whole(command[1:])
    assert (options.out, options.resume, options.scheduler) == ("out", True, "tcp://a:1")
    settings = asked.SLURMCluster.call_args.kwargs
    assert (settings["cores"], settings["processes"]) == (1, 1)
