"""Shared helpers of the suite."""

from collections.abc import Callable
from pathlib import Path

import pytest

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
