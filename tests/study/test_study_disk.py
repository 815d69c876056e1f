"""A disk that fills up, or is read-only: what was measured stays, resuming does the rest."""

import errno
import os
import tempfile

import pytest
from toy_study import done, make_toy_study, measure_toys, tree

from biomarkers.errors import FileError
from biomarkers.files import is_disk_full


@pytest.fixture
def root(tmp_path):
    return make_toy_study(tmp_path / "study")


@pytest.fixture
def room(monkeypatch):
    """Return a function that sets how many files the disk still has room for."""
    left, make = {"files": 10**6, "suffix": ""}, tempfile.mkstemp

    def limited(*, suffix="", **kwargs):
        left["files"] -= suffix.endswith(left["suffix"])
        if left["files"] < 0 and suffix.endswith(left["suffix"]):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return make(suffix=suffix, **kwargs)

    monkeypatch.setattr("biomarkers.files.tempfile.mkstemp", limited)
    return lambda files, suffix="": left.update(files=files, suffix=suffix)


@pytest.mark.parametrize("files", range(0, 30, 3))
def test_resuming_after_a_full_disk_gives_what_an_undisturbed_run_gives(
    root, tmp_path, room, files
) -> None:
    out = tmp_path / "out"
    room(files)
    with pytest.raises(OSError, match="No space left") as caught:
        measure_toys(root, out)
    assert is_disk_full(caught.value)
    first = done(root)
    room(10**6)
    assert measure_toys(root, out, resume=True).failures == ()
    assert len(first + done(root)) <= 4, "more than the one under way was done twice"
    measure_toys(root, tmp_path / "undisturbed")
    assert tree(out) == tree(tmp_path / "undisturbed")


def test_results_of_an_earlier_run_survive_a_full_disk(root, tmp_path, room) -> None:
    out = tmp_path / "out"
    measure_toys(root, out)
    before = tree(out)
    room(4)
    with pytest.raises(OSError, match="No space left"):
        measure_toys(root, out)
    room(10**6)
    assert tree(out) == before


def test_maps_for_which_there_is_no_room_fail_with_what_to_do(root, tmp_path, room) -> None:
    room(0, ".nii.gz")
    measured = measure_toys(root, tmp_path / "out")
    assert [each.session for each in measured.failures] == [f"sub-0{at} ses-a" for at in (1, 2, 3)]
    assert all("No space left" in each.reason for each in measured.failures)
    assert all(each.advice.startswith("free space") for each in measured.failures)


def test_a_folder_that_cannot_be_written_is_refused_before_any_session(
    root, tmp_path, monkeypatch
) -> None:
    access = os.access
    monkeypatch.setattr(
        os, "access", lambda place, mode: not mode & os.W_OK and access(place, mode)
    )
    with pytest.raises(FileError, match=r"no permission in .* or its disk is read-only"):
        measure_toys(root, tmp_path / "out")
    assert done(root) == []


def test_a_disk_that_is_read_only_though_it_does_not_say_so(root, tmp_path, monkeypatch) -> None:
    def refuse(*_, **__):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.mkdir", refuse)
        with pytest.raises(FileError, match=r"out cannot be written: .*Read-only file system"):
            measure_toys(root, tmp_path / "out")
    assert done(root) == []


def test_a_file_where_records_belong_is_named(root, tmp_path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "records").write_text("mine")
    with pytest.raises(FileError, match="records is a file; expected a folder"):
        measure_toys(root, tmp_path / "out")
    assert (tmp_path / "out" / "records").read_text() == "mine"
