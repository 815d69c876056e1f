"""Ctrl-C and the end of a cluster's patience: one line, an exit status, no traceback."""

import signal
import subprocess
import sys

import pytest

# What the command line loads first says so, and takes its time.
LOADING = """
import sys, time
from importlib.abc import MetaPathFinder
class Slow(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "biomarkers.cli.entry":
            print("ready", flush=True)
            time.sleep(30)
sys.meta_path.insert(0, Slow())
from biomarkers.cli import main
sys.exit(main(["measure", "study", "out"]))
"""
WORKING = """
import sys, time
from biomarkers.cli import entry, main
def run(arguments):
    try:
        print("ready", flush=True)
        time.sleep(30)
    finally:
        print("cleared", flush=True)
entry.run = run
sys.exit(main([]))
"""


@pytest.mark.parametrize(
    ("number", "status", "word"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")],
)
@pytest.mark.parametrize(("script", "left"), [(LOADING, ""), (WORKING, "cleared\n")])
def test_a_signal_ends_the_command_with_one_line(script, left, number, status, word) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as command:
        assert command.stdout.readline() == "ready\n"
        command.send_signal(number)
        out, err = command.communicate(timeout=5)
    assert command.returncode == status
    assert out == left
    (line,) = err.strip().splitlines()
    assert line.startswith(f"biomarkers: {word}; ")
