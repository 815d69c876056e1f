"""A user whose home cannot be written gets one line, and folders for caches of this run alone."""

import os
import warnings
from pathlib import Path

import pytest

from biomarkers.cli.caches import somewhere_for_caches
from biomarkers.errors import UncachedWarning


@pytest.fixture
def user(monkeypatch):
    """Return a function that gives the user a home."""
    for name in ("NUMBA_CACHE_DIR", "MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    return lambda home: monkeypatch.setenv("HOME", str(home))


def nowhere(tmp_path: Path) -> Path:
    (tmp_path / "file").touch()
    return tmp_path / "file" / "home"


@pytest.mark.parametrize("reason", ["has no home", "is a file"])
def test_without_a_home_caches_are_of_this_run(user, tmp_path, monkeypatch, reason) -> None:
    user(nowhere(tmp_path))
    if reason == "has no home":  # nor an entry among the users of the machine
        monkeypatch.setattr("os.path.expanduser", lambda path: path)
    with pytest.warns(UncachedWarning, match=reason) as caught, somewhere_for_caches():
        places = [Path(os.environ[name]) for name in ("NUMBA_CACHE_DIR", "MPLCONFIGDIR")]
        assert len({place.parent for place in places}) == 1
        assert places[0].parent.is_dir()
    assert len(caught) == 1
    assert not places[0].parent.exists()
    assert "NUMBA_CACHE_DIR" not in os.environ


def test_what_the_user_named_is_left_alone(user, tmp_path, monkeypatch) -> None:
    user(nowhere(tmp_path))
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/mine")
    with pytest.warns(UncachedWarning, match="let MPLCONFIGDIR name"), somewhere_for_caches():
        assert os.environ["NUMBA_CACHE_DIR"] == "/mine"
    assert os.environ["NUMBA_CACHE_DIR"] == "/mine"


def test_with_a_home_nothing_is_said_or_made(user, tmp_path) -> None:
    user(tmp_path)
    before = dict(os.environ)
    with warnings.catch_warnings(action="error"), somewhere_for_caches():
        assert dict(os.environ) == before
    assert not list(tmp_path.iterdir())


def test_compiled_code_is_kept_where_only_settings_cannot_be(user, tmp_path, monkeypatch) -> None:
    user(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(nowhere(tmp_path)))
    message = "each run lists the fonts anew; let MPLCONFIGDIR name"
    with pytest.warns(UncachedWarning, match=message) as caught, somewhere_for_caches():
        assert Path(os.environ["MPLCONFIGDIR"]).parent.is_dir()
        assert "NUMBA_CACHE_DIR" not in os.environ
    assert len(caught) == 1
    assert "MPLCONFIGDIR" not in os.environ


def test_matplotlib_too_has_a_list_among_what_is_cached(user, tmp_path, monkeypatch) -> None:
    user(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(nowhere(tmp_path)))
    message = "compiles its code anew.*; let NUMBA_CACHE_DIR and MPLCONFIGDIR name"
    with pytest.warns(UncachedWarning, match=message), somewhere_for_caches():
        assert {"NUMBA_CACHE_DIR", "MPLCONFIGDIR"} <= set(os.environ)
