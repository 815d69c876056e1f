"""A header read the short way is what the long way gives; what is not plain takes the long way."""

import gzip
import struct

import nibabel as nib
import numpy as np
import pytest

from biomarkers.errors import BiomarkersError
from biomarkers.images import header, probe
from biomarkers.images.header import open_nifti
from biomarkers.images.plain_header import plain_header

VALUES = np.arange(1, 121, dtype=np.int16).reshape(3, 4, 5, 2)
FLAG = 348


def content(values=VALUES, unit="msec") -> bytearray:
    image = nib.Nifti1Image(values, np.diag([0.5, 0.25, 1.0, 1.0]))
    image.header.set_xyzt_units("mm", unit)
    image.header["pixdim"][4] = 2500.0
    return bytearray(image.to_bytes())


def written(folder, data, name="x.nii.gz"):
    path = folder / name
    path.write_bytes(gzip.compress(bytes(data), 1) if name.endswith("gz") else bytes(data))
    return path


def slow(path, monkeypatch):
    """Return what `probe` gives, or says, without the short way."""
    with monkeypatch.context() as patch:
        patch.setattr(header, "plain_header", lambda *_: None)
        try:
            return probe(path)
        except BiomarkersError as error:
            return str(error)


@pytest.mark.parametrize("name", ["x.nii", "x.nii.gz"])
@pytest.mark.parametrize("unit", ["unknown", "sec", "msec", "usec"])
def test_a_plain_file_is_read_the_short_way(tmp_path, monkeypatch, name, unit) -> None:
    path = written(tmp_path, content(unit=unit), name)
    short, long = plain_header(path, "iuf"), slow(path, monkeypatch)
    assert short is not None
    assert (short.shape, short.time_step) == (long.shape, long.time_step)
    assert [type(each) for each in short.shape] == [type(each) for each in long.shape]
    np.testing.assert_array_equal(short.affine, long.affine)


@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"])
def test_every_type_of_real_numbers_is_plain(tmp_path, dtype) -> None:
    image = nib.Nifti1Image(np.ones((2, 3, 4), dtype), np.eye(4), dtype=dtype)
    assert plain_header(written(tmp_path, image.to_bytes()), "iuf").shape == (2, 3, 4)


def test_complex_numbers_are_plain_where_they_are_expected(tmp_path) -> None:
    path = written(tmp_path, nib.Nifti1Image(np.ones((2, 3, 4), "c8"), np.eye(4)).to_bytes())
    assert plain_header(path, "iuf") is None
    assert plain_header(path, "c").shape == (2, 3, 4)


def test_what_is_plain_with_any_byte_changed_is_what_nibabel_says(tmp_path, monkeypatch) -> None:
    rng, plain = np.random.default_rng(3), 0
    for place in range(FLAG + 4):
        data = content(VALUES[..., :1])
        data[place] = rng.integers(256) if place % 3 else 0xFF
        path = written(tmp_path, data, "x.nii")
        short = plain_header(path, "iuf")
        if short is not None:
            plain += 1
            long = slow(path, monkeypatch)
            assert (short.shape, short.time_step) == (long.shape, long.time_step), place
            np.testing.assert_array_equal(short.affine, long.affine)
    assert plain > 100  # descriptions, the qform, and what little nibabel overlooks


@pytest.mark.parametrize(
    "image",
    [
        nib.Nifti2Image(VALUES, np.eye(4)),
        nib.Nifti1Image(VALUES, np.eye(4), nib.Nifti1Header(endianness=">")),
        nib.Nifti1Image(np.ones((2, 2, 2), "f4"), None),
    ],
    ids=["NIfTI-2", "big-endian", "without an sform"],
)
def test_other_files_are_read_the_long_way(tmp_path, image) -> None:
    path = written(tmp_path, image.to_bytes())
    assert plain_header(path, "iuf") is None
    assert probe(path).shape == image.shape == open_nifti(path).shape


@pytest.mark.parametrize("cut", [-1, 200, 352])
@pytest.mark.parametrize("name", ["x.nii", "x.nii.gz"])
def test_a_file_that_is_cut_or_goes_on_is_not_plain(tmp_path, name, cut) -> None:
    path = written(tmp_path, content()[:cut], name)
    assert plain_header(path, "iuf") is None
    assert plain_header(written(tmp_path, content() + b"\0", name), "iuf") is None


@pytest.mark.parametrize("place", [15, 60, -12, -6, -2])
def test_damage_at_the_start_of_a_compressed_file_is_no_less_seen(
    tmp_path, monkeypatch, place
) -> None:
    path = written(tmp_path, content())
    data = bytearray(path.read_bytes())
    data[place] ^= 0xFF
    path.write_bytes(data)
    assert isinstance(slow(path, monkeypatch), str)
    assert plain_header(path, "iuf") is None


def test_a_file_of_another_kind_is_not_plain(tmp_path) -> None:
    data = content()
    assert plain_header(written(tmp_path, data, "x.img"), "iuf") is None
    assert plain_header(written(tmp_path, data, "x.mgz"), "iuf") is None
    struct.pack_into("<4s", data, 344, b"ni1\0")
    assert plain_header(written(tmp_path, data, "x.nii"), "iuf") is None


def test_what_nibabel_refuses_or_reads_otherwise_is_not_plain(tmp_path) -> None:
    units = content()
    units[123] = 2 | 8 | 64  # xyzt_units: no unit of time is 72
    assert plain_header(written(tmp_path, units), "iuf") is None
    surface = nib.Nifti1Image(np.zeros((27307, 1, 6), np.uint8), np.eye(4))
    path = written(tmp_path, surface.to_bytes(), "x.nii")
    assert plain_header(path, "iuf") is None
    assert probe(path).shape == open_nifti(path).shape == (163842, 1, 1)
