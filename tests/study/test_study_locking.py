"""One run at a time into a folder of results."""

import json
import os
import socket
import subprocess
import sys

import pytest

from biomarkers.errors import FileError, InputError
from biomarkers.study.locking import _started, lock


@pytest.fixture
def path(tmp_path):
    return tmp_path / "out" / "records" / "lock.json"


def write(path, **content):
    path.parent.mkdir(parents=True)
    own = {"host": socket.gethostname(), "since": "2026-01-02T03:04:05+00:00"}
    path.write_text(json.dumps(own | content))


def test_it_names_this_process_and_goes(path) -> None:
    with lock(path):
        holder = json.loads(path.read_text())
        assert holder["host"] == socket.gethostname()
        assert holder["process"] == os.getpid()
        with lock(path):  # `run` holds it around `measure`
            pass
        assert path.exists()
    assert not path.parents[1].exists()  # nothing was written


def test_a_second_run_is_refused_and_told_who_is_first(path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        write(path, process=other.pid, started=_started(other.pid))
        says = f"written by process {other.pid} on {socket.gethostname()} since 2026-01-02T03:04:05"
        with pytest.raises(InputError, match=says), lock(path):
            pass
        assert path.exists()
    with lock(path):  # now it is dead
        assert json.loads(path.read_text())["process"] == os.getpid()


def test_another_process_with_the_number_of_a_dead_one_holds_nothing(path) -> None:
    write(path, process=os.getpid(), started="long ago")
    with lock(path):
        assert json.loads(path.read_text())["started"] == _started(os.getpid())


def test_of_another_host_nothing_can_be_known(path) -> None:
    write(path, host="node17", process=1, started="0")
    says = r"process 1 on node17 .* no longer so, remove .*lock\.json"
    with pytest.raises(InputError, match=says), lock(path):
        pass
    assert path.exists()


def test_a_folder_in_its_place_is_named(path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(FileError, match=r"lock\.json is a folder; .*: remove it"), lock(path):
        pass
    assert path.is_dir()


@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_a_lock_that_was_never_written_is_none(path, text) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with lock(path):
        assert json.loads(path.read_text())["process"] == os.getpid()
