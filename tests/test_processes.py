"""Processes that share work: what one of them takes with it, and what ends them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from biomarkers.processes import InProcess, Lost, Processes

SCRIPT = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may ignore it
from biomarkers.processes import Processes
def work(path):
    with open(path, "w") as file:
        file.write(str(os.getpid()))
    time.sleep(60)
def run():
    with Processes(2) as executor:
        print(list(executor.results(work, sys.argv[1:])))
"""


def square(number):
    if number == 3:
        raise ValueError("not three")
    return number**2


def meet_again(order):
    """Return who works, once for the first of two; a kill otherwise, once or for ever."""
    if order.get("once") and not Path(order["once"]).exists():
        Path(order["once"]).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if order.get("always"):
        os.kill(os.getpid(), signal.SIGKILL)
    return order["name"]


def test_in_this_process() -> None:
    with InProcess() as executor:
        found = dict(executor.results(square, [1, 2, 3]))
    assert found == {0: 1, 1: 4, 2: Lost("ValueError: not three")}


def test_a_killed_process_costs_its_item_alone_and_only_the_second_time(tmp_path) -> None:
    orders = [
        {"name": "a", "once": str(tmp_path / "a")},
        {"name": "b", "always": True},
        *({"name": name} for name in "cdef"),
        {"name": lambda: 1},  # cannot be pickled
    ]
    with Processes(2) as executor:
        found = dict(executor.results(meet_again, orders))
        assert dict(executor.results(square, [2, 3]))[0] == 4  # the processes are used again
    assert [found[at] for at in (0, 2, 3, 4, 5)] == ["a", "c", "d", "e", "f"]
    assert found[1] == Lost("was killed by SIGKILL", died=True)
    assert "cannot be handed to a process" in found[6].how


def wait_for(condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def is_running(process: int) -> bool:
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def start(tmp_path, guard):
    script = tmp_path / "script.py"
    script.write_text(f"{SCRIPT}\n{guard}\n    run()\n")
    files = [tmp_path / "a", tmp_path / "b"]
    command = [sys.executable, str(script), *map(str, files)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True), files


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks processes up in /proc")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_they_end_with_the_one_that_started_them(tmp_path, number) -> None:
    run, files = start(tmp_path, 'if __name__ == "__main__":')
    wait_for(lambda: all(each.exists() and each.read_text() for each in files))
    children = [int(each.read_text()) for each in files]
    assert all(map(is_running, children))
    run.send_signal(number)
    run.communicate(timeout=10)
    wait_for(lambda: not any(map(is_running, children)), 5.0)


def test_a_script_without_a_guard_is_told(tmp_path) -> None:
    run, files = start(tmp_path, "if True:")
    _, said = run.communicate(timeout=60)
    assert run.returncode == 1
    assert "has to do so below `if __name__ == '__main__':`" in said
    assert not any(each.exists() for each in files)
