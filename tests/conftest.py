"""Shared helpers of the suite."""

import gc
import os

# Before numpy is loaded: the matrices are small, and on busy cores the threads of a linear algebra
# library wait for each other many times longer than they work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

# The order of modules where processes share them. Compiling takes a quarter of the suite, and two
# processes that need code at the same time each compile it: so one begins with the module that
# calls everything, the others with rooms that compile next to nothing. What takes long and has few
# tests is not left for the end, when one process would work alone.
_CALLS_EVERYTHING = "tests/properties/test_array_functions.py"
_COMPILES_NOTHING = (
    "tests/stats/", "tests/report/", "tests/predict/", "tests/table/", "tests/federated/",
    "tests/workflow/test_workflow_spreadsheets.py", "tests/cli/test_cli.py",
    "tests/test_compiling.py",
)  # fmt: skip
_LONG = (
    "tests/cli/test_cli_images.py", "tests/study/test_study_mrs.py", "tests/corpus/",
    "tests/study/test_study_registration_faults.py", "tests/study/test_study_cluster.py",
    "tests/kinetics/test_kinetics_multistart.py", "tests/dce/test_dce_phantom.py",
    "tests/images/test_images_brain.py", "tests/study/test_study_peaks.py",
)  # fmt: skip
_TURNS = (_CALLS_EVERYTHING, _COMPILES_NOTHING, _LONG)

# Modules with examples are collected, too; several of these have one name.
collect_ignore_glob = ["*conftest.py"]
REFERENCE_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def pytest_configure(config: pytest.Config) -> None:
    """Let xdist keep that order."""
    config.option.loadscopereorder = False


def pytest_collection_finish() -> None:
    """Spare the garbage collector what tests are made of: a p-value may call it (statsmodels)."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Sort modules, but in a run of one process."""
    if hasattr(config, "workerinput"):
        counts = Counter(map(_module, items))
        items.sort(key=lambda item: (_turn(item), -counts[_module(item)], _module(item)))


def _module(item: pytest.Item) -> str:
    return item.nodeid.partition("::")[0]


def _turn(item: pytest.Item) -> int:
    turns = (at for at, modules in enumerate(_TURNS) if item.nodeid.startswith(modules))
    return next(turns, len(_TURNS))


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Return a function that finds a reference file, or skips the test where it is absent."""

    def find(relative: str) -> Path:
        path = REFERENCE_DATA / relative
        if not path.exists():
            pytest.skip(f"reference data not on this machine: {relative}")
        return path

    return find
