"""A header that contradicts itself or its file is refused: it gives chance numbers."""

import gzip
import struct

import nibabel as nib
import numpy as np
import pytest

from biomarkers.errors import FileError, ImageError
from biomarkers.images import probe, read_image, read_labels
from biomarkers.images.kinds import like_given

VALUES = np.arange(1, 61, dtype=np.int16).reshape(3, 4, 5)
# Where the fields of a NIfTI-1 header lie, nifti1.h.
DIM, DATATYPE, BITPIX, PIXDIM, VOX_OFFSET, SLOPE, UNITS, CODES, QUATERN, MAGIC = (
    40, 70, 72, 76, 108, 112, 123, 252, 256, 344,
)  # fmt: skip
NAN, INF = float("nan"), float("inf")


def content() -> bytearray:
    image = nib.Nifti1Image(VALUES, np.diag([0.5, 0.5, 1.0, 1.0]))
    image.header.set_xyzt_units("mm")
    return bytearray(image.to_bytes())


def written(folder, *fields, name="x.nii", more=b""):
    """Write the image with some bytes of its header replaced: (place, format, values...)."""
    data = content()
    for place, form, *values in fields:
        struct.pack_into(f"<{form}", data, place, *values)
    path = folder / name
    packed = gzip.compress(bytes(data) + more) if name.endswith("gz") else bytes(data) + more
    path.write_bytes(packed)
    return path


CONTRADICTIONS = {
    "voxels from the header": ([(VOX_OFFSET, "f", 0)], "vox_offset is 0.0; expected a whole"),
    "voxels within the header": ([(VOX_OFFSET, "f", 348)], "vox offset 348 too low"),
    "voxels before the file": ([(VOX_OFFSET, "f", -352)], "vox offset -352 too low"),
    "voxels within a byte": ([(VOX_OFFSET, "f", 352.5)], "vox_offset is 352.5"),
    "voxels beyond the file": ([(VOX_OFFSET, "f", 1e9)], "less than the file's 472 bytes"),
    "voxels nowhere": ([(VOX_OFFSET, "f", NAN)], "cannot convert float NaN"),
    "voxels at infinity": ([(VOX_OFFSET, "f", INF)], "cannot convert float infinity"),
    "one file of a pair": ([(MAGIC, "4s", b"ni1\0")], "magic is b'ni1'; expected b'n.1'"),
    "endless slope": ([(SLOPE, "2f", INF, 0)], r"scl_slope, scl_inter is \(inf, 0.0\)"),
    "endless intercept": ([(SLOPE, "2f", 0, INF)], r"scl_slope, scl_inter is \(0.0, inf\)"),
    "intercept that is none": ([(SLOPE, "2f", 1, NAN)], "invalid intercept nan"),
    "bits of another type": ([(BITPIX, "h", 32)], "bitpix is 32; expected 16, as its type is"),
    "type of other bits": ([(DATATYPE, "h", 2)], "bitpix is 16; expected 8, as its type is"),
    "no slice": ([(DIM, "8h", 3, 3, 4, 0, 1, 1, 1, 1)], "is empty"),
    "no volume": ([(DIM, "8h", 4, 3, 4, 5, 0, 1, 1, 1)], "is empty"),
    "no axis": ([(DIM, "h", 0)], "is empty"),
    "less than no column": ([(DIM, "8h", 3, -3, 4, 5, 1, 1, 1, 1)], "is empty"),
    "fewer slices": ([(DIM, "8h", 3, 3, 4, 2, 1, 1, 1, 1)], "holds 3 more slices than"),
    "voxels without edges": (
        [(CODES, "2h", 0, 0), (PIXDIM + 4, "3f", 0, 0, 0)], r"pixdim is \[0.0, 0.0, 0.0\]",
    ),
    "a voxel without an edge": (
        [(CODES, "2h", 1, 0), (PIXDIM + 4, "3f", 0, 0.5, 1)], r"pixdim is \[0.0, 0.5, 1.0\]",
    ),
    "edges that are none": (
        [(CODES, "2h", 0, 0), (PIXDIM + 4, "3f", NAN, 0.5, 1)], "places no voxel in space",
    ),
    "turned by no angle": ([(CODES, "2h", 1, 0), (QUATERN, "3f", NAN, 0, 0)], "places no voxel"),
    "turned too far": ([(CODES, "2h", 1, 0), (QUATERN, "3f", 9, 9, 9)], "w2 should be positive"),
    "a unit that is none": ([(UNITS, "B", 255)], "in a unit of code 255; expected mm"),
}  # fmt: skip


@pytest.mark.parametrize("name", ["x.nii", "x.nii.gz"])
@pytest.mark.parametrize(("fields", "message"), CONTRADICTIONS.values(), ids=CONTRADICTIONS.keys())
def test_a_header_that_contradicts_itself_is_refused(tmp_path, fields, message, name) -> None:
    path = written(tmp_path, *fields, name=name)
    for read in (probe, read_image):
        with pytest.raises(ImageError, match=message):
            read(path)


@pytest.mark.parametrize("offset", [353, 360])
def test_voxels_that_begin_too_late_are_cut(tmp_path, offset) -> None:
    with pytest.raises(FileError, match="truncated"):
        read_image(written(tmp_path, (VOX_OFFSET, "f", offset)))


HARMLESS = {
    "as written": [],
    "slope not given": [(SLOPE, "2f", NAN, NAN)],
    "slope of zero": [(SLOPE, "2f", 0, 0)],
    "bits not given": [(BITPIX, "h", 0)],
    "no place in space": [(CODES, "2h", 0, 0)],
    "extension announced": [(348, "4B", 1, 0, 0, 0)],
}


@pytest.mark.parametrize("fields", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_a_header_may_leave_out(tmp_path, fields) -> None:
    image = read_image(written(tmp_path, *fields))
    np.testing.assert_array_equal(image.data, VALUES)
    np.testing.assert_allclose(image.voxel_size, [0.5, 0.5, 1.0])


def test_an_extension_and_padding_are_no_voxels(tmp_path) -> None:
    image = nib.Nifti1Image(VALUES, np.eye(4))
    image.header.extensions.append(nib.nifti1.Nifti1Extension("comment", b"made for a test"))
    path = tmp_path / "x.nii"
    path.write_bytes(image.to_bytes() + b"\0" * 7)
    np.testing.assert_array_equal(read_image(path).data, VALUES)


@pytest.mark.parametrize("read", [probe, read_image, read_labels])
def test_an_image_that_begins_like_an_archive_is_damaged(tmp_path, read) -> None:
    with pytest.raises(FileError, match=r"x\.nii is damaged"):
        read(written(tmp_path, (0, "2B", 0x1F, 0x8B)))


def test_a_checksum_is_compared_where_the_voxels_are_read_whatever_their_number(tmp_path) -> None:
    image = nib.Nifti1Image(np.ones((8, 8, 8), np.int16), np.eye(4))
    content = bytearray(gzip.compress(image.to_bytes()))
    content[-8] ^= 0xFF
    path = tmp_path / "x.nii.gz"
    path.write_bytes(content)
    assert probe(path).shape == (8, 8, 8)
    with pytest.raises(FileError, match=r"x\.nii\.gz is damaged"):
        read_image(path)


def test_an_image_of_nibabel_comes_back_with_its_header(tmp_path) -> None:
    given = nib.load(written(tmp_path, name="x.nii.gz"))
    given.header["descrip"] = b"kept"
    back = like_given(given, read_image(tmp_path / "x.nii.gz"))
    assert back.header["descrip"].item() == b"kept"
