"""Compiled code is kept as long as its sources are what they were, and no longer.

Each case is a small package of its own, called in new processes over a cache of its own.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

CALLER = """
from biomarkers.compiling import compiled
from toy.middle import twice

@compiled
def total(x):
    return twice(x) + 1.0
"""
MIDDLE = """
from biomarkers.compiling import compiled
from .deep import part{extra}

@compiled
def twice(x):
    return 2.0 * part(x)
"""
DEEP = """
from biomarkers.compiling import compiled_inline
FACTOR = {factor}

@compiled_inline
def part(x):
    return FACTOR * x
"""
CALL = """
import json, warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    from toy.caller import total
    value = total(1.0)
print(json.dumps([value, sum(total.stats.cache_hits.values()), [
    each.category.__name__ for each in caught]]))
"""

Call = Callable[[], tuple[float, int, list[str]]]


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def call(tmp_path: Path, cache: Path) -> Call:
    """Return a function that calls the package: the value, hits of the cache, and warnings."""
    write(tmp_path, factor=10.0)
    paths = os.pathsep.join((str(tmp_path), *sys.path))
    new = {"PYTHONPATH": paths, "NUMBA_CACHE_DIR": str(cache), "PYTHONDONTWRITEBYTECODE": "1"}

    def call() -> tuple[float, int, list[str]]:
        done = subprocess.run(
            [sys.executable, "-c", CALL],
            env={**os.environ, **new},
            capture_output=True,
            text=True,
            check=True,
        )
        value, hits, warned = json.loads(done.stdout)
        return value, hits, warned

    return call


def write(folder: Path, *, factor: float, extra: str = "") -> None:
    toy = folder / "toy"
    toy.mkdir(exist_ok=True)
    (toy / "__init__.py").touch()
    (toy / "caller.py").write_text(CALLER)
    (toy / "middle.py").write_text(MIDDLE.format(extra=extra))
    (toy / "deep.py").write_text(DEEP.format(factor=factor))


def test_code_is_compiled_anew_when_what_it_is_made_of_changed_and_only_then(
    call: Call, tmp_path: Path
) -> None:
    assert call() == (21.0, 0, [])
    assert call() == (21.0, 1, [])
    write(tmp_path, factor=20.0)
    assert call() == (41.0, 0, [])
    # Both versions stay, as two checkouts that take turns need.
    write(tmp_path, factor=10.0)
    assert call() == (21.0, 1, [])


def test_imports_for_types_alone_are_no_source(call: Call, tmp_path: Path) -> None:
    guarded = "\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from toy import other"
    write(tmp_path, factor=10.0, extra=guarded)
    (tmp_path / "toy" / "other.py").write_text("A = 1\n")
    assert call()[1] == 0
    (tmp_path / "toy" / "other.py").write_text("A = 2\n")
    assert call()[1] == 1


def test_a_cache_that_cannot_be_written_costs_one_warning(call: Call, cache: Path) -> None:
    cache.write_text("a file where the folder should be")
    assert call() == (21.0, 0, ["UncachedWarning"])


@pytest.mark.parametrize(("suffix", "left"), [(".nbi", 0), (".nbi", 40), (".nbc", 40)])
def test_a_damaged_entry_is_compiled_anew(call: Call, cache: Path, suffix: str, left: int) -> None:
    call()
    entries = list(cache.rglob(f"*total*{suffix}"))
    assert entries
    for entry in entries:
        entry.write_bytes(entry.read_bytes()[:left])
    assert call() == (21.0, 0, [])
    assert call() == (21.0, 1, [])


def test_code_no_longer_used_is_removed(call: Call, cache: Path) -> None:
    def old(name: str, days: float) -> Path:
        folder = cache / "biomarkers" / name
        folder.mkdir(parents=True)
        then = time.time() - days * 86400
        os.utime(folder, (then, then))
        return folder

    versions = [old(f"toy.deep-{i:016x}", i / 24) for i in range(1, 20)]
    mine, another, other = old("toy.caller-0", 2), old("kinetics._scan-0", 2), old("gone-0", 31)
    foreign = cache / "other_package"
    foreign.mkdir()
    os.utime(foreign, (0, 0))
    call()
    kept = [each for each in versions if each.exists()]
    assert kept == versions[: len(kept)]
    assert mine.exists()
    assert another.exists()
    assert foreign.exists()
    assert not other.exists()
    assert len(list((cache / "biomarkers").glob("toy.deep-*"))) <= 16
