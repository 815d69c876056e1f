"""Files are whole or absent."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from biomarkers.errors import FileError
from biomarkers.files import (
    entries,
    listed_once,
    read_json,
    replacing,
    require_file,
    require_folder,
    require_writable,
    sha256,
    walk,
    write_json,
    write_text,
)


def test_an_interrupted_write_keeps_the_old_file(tmp_path: Path) -> None:
    path = write_text(tmp_path / "deep" / "result.txt", "first")
    with pytest.raises(KeyboardInterrupt), replacing(path) as temporary:
        temporary.write_text("half")
        raise KeyboardInterrupt
    assert path.read_text() == "first"
    assert list(path.parent.iterdir()) == [path]


def test_json_holds_numpy_values_and_no_nan(tmp_path: Path) -> None:
    content = {"n": np.int64(3), "x": np.array([1.0, np.nan]), "p": Path("a"), "inf": -np.inf}
    path = write_json(tmp_path / "x.json", content)
    assert json.loads(path.read_text()) == {"n": 3, "x": [1.0, None], "p": "a", "inf": "-inf"}


def test_broken_json_names_file_and_line(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text('{\n "a": \n}')
    with pytest.raises(FileError, match=r"x\.json is not valid JSON .*line 3"):
        read_json(path, "a sidecar")


def test_missing_things_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"none\.csv does not exist; expected a table"):
        require_file(tmp_path / "none.csv", "a table")
    with pytest.raises(FileError, match="is a folder; expected a table"):
        require_file(tmp_path, "a table")
    with pytest.raises(FileError, match="does not exist; expected a study"):
        require_folder(tmp_path / "none", "a study")


def test_digest(tmp_path: Path) -> None:
    path = write_text(tmp_path / "abc", "abc")
    # FIPS 180-2, appendix B.1
    assert sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_a_place_that_cannot_be_written_is_named_before_any_work(tmp_path: Path) -> None:
    assert require_writable(tmp_path / "new" / "deep") == tmp_path / "new" / "deep"
    assert not (tmp_path / "new").exists()
    file = write_text(tmp_path / "file", "x")
    for place in (file, file / "below"):
        with pytest.raises(FileError, match="is a file; name another folder"):
            require_writable(place)


def test_a_place_in_a_folder_one_may_not_enter_is_refused(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "hidden" / "a").mkdir(parents=True)
    closed, access = tmp_path / "hidden", os.access  # a mode would not bind root

    def closed_to_me(place: Path, mode: int) -> bool:
        return mode == os.F_OK if place == closed else closed / "a" != place and access(place, mode)

    monkeypatch.setattr(os, "access", closed_to_me)
    with pytest.raises(FileError, match=f"a/b cannot be written: no permission in {closed},"):
        require_writable(closed / "a" / "b")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"a": 1, "b": {"c": 1, "d": 2, "c": 3}}', "key c stands 2 times; keep one"),
        ('{"a": NaN}', "a is nan"),
        ('{"a": [1, -Infinity]}', "a is -inf"),
        ('{"a": 1e999}', "a is inf"),
        ('{"a": ' + "1" * 5000 + "}", "is not valid JSON"),
        ("[" * 100_000 + "]" * 100_000, "is not valid JSON"),
    ],
    ids=lambda given: given[:20],
)
def test_json_that_means_two_things_or_nothing(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(FileError, match=problem):
        read_json(path, "a sidecar")


def test_a_link_that_leads_nowhere_is_said_to_be_one(tmp_path: Path) -> None:
    link = tmp_path / "scan.nii.gz"
    link.symlink_to(".git/annex/objects/scan.nii.gz")
    with pytest.raises(FileError, match=r"is a link to \.git/annex/.*not there"):
        require_file(link, "an image")
    with pytest.raises(FileError, match=r"is a link to \.git/annex/.*not there"):
        require_folder(link, "a study")


def test_folders_are_looked_into_once_within_a_block_and_anew_after_it(tmp_path: Path) -> None:
    (tmp_path / "anat").mkdir()
    (tmp_path / "anat" / "one").touch()
    with listed_once():
        assert [path.name for path in walk(tmp_path)] == ["one"]
        (tmp_path / "anat" / "two").touch()
        assert [path.name for path in walk(tmp_path)] == ["one"]
        assert [path.name for path in entries(tmp_path / "anat")] == ["one"]
    assert [path.name for path in walk(tmp_path)] == ["one", "two"]
    with listed_once():
        assert [path.name for path in walk(tmp_path)] == ["one", "two"]


def test_a_block_within_another_knows_what_was_seen_and_leaves_nothing(tmp_path: Path) -> None:
    with listed_once():
        assert entries(tmp_path) == []
        (tmp_path / "anat").mkdir()
        with listed_once():
            assert entries(tmp_path) == entries(tmp_path / "anat") == []
            (tmp_path / "anat" / "one").touch()
            assert entries(tmp_path / "anat") == []
        assert [path.name for path in entries(tmp_path / "anat")] == ["one"]
