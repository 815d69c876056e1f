"""Shared helpers of the suite."""

import os

# Before numpy is loaded: the matrices are small, and on busy cores the threads of a linear algebra
# library wait for each other many times longer than they work.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Callable
from pathlib import Path

import pytest

# Modules with examples are collected, too; several of these have one name.
collect_ignore_glob = ["*conftest.py"]
REFERENCE_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """Return a function that finds a reference file, or skips the test where it is absent."""

    def find(relative: str) -> Path:
        path = REFERENCE_DATA / relative
        if not path.exists():
            pytest.skip(f"reference data not on this machine: {relative}")
        return path

    return find
