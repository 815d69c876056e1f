"""Reading and writing NIfTI: what is accepted, what is refused and in which words."""

import gzip
import pickle
import struct

import nibabel as nib
import numpy as np
import pytest

from biomarkers.errors import FileError, GeometryError, ImageError
from biomarkers.images import (
    Image,
    ScaledArray,
    probe,
    read_image,
    read_series,
    require_values,
    write_image,
)
from biomarkers.images.scaled import empty_like, times

AFFINE = np.array([[0.25, 0, 0, -16], [0, 0.25, 0, -15], [0, 0, 1.5, 3], [0, 0, 0, 1.0]])


def nifti(path, data, affine=AFFINE, unit="mm"):
    image = nib.Nifti1Image(data, affine)
    image.header.set_xyzt_units(unit)
    nib.save(image, path)
    return path


def noise(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@pytest.fixture
def like():
    return Image(np.zeros((5, 4, 3)), AFFINE, "grid")


@pytest.mark.parametrize("name", ["map.nii", "map.nii.gz"])
def test_what_is_written_is_read_back(tmp_path, like, name):
    values = noise(like.shape)
    values[0, 0, 0] = np.nan
    image = read_image(write_image(tmp_path / "new" / name, values, like), unit="s")
    np.testing.assert_array_equal(image.data, values)
    np.testing.assert_allclose(image.affine, AFFINE)
    assert image.data.dtype == np.float64
    assert image.unit == "s"
    assert image.voxel_volume == pytest.approx(0.25 * 0.25 * 1.5)
    np.testing.assert_allclose(image.voxel_size, [0.25, 0.25, 1.5])


def test_the_same_values_give_the_same_bytes(tmp_path, like):
    first = write_image(tmp_path / "a.nii.gz", noise(like.shape), like).read_bytes()
    second = write_image(tmp_path / "b.nii.gz", noise(like.shape), like).read_bytes()
    assert first == second


def test_a_failed_write_leaves_nothing(tmp_path, like):
    with pytest.raises(ImageError, match="do not fit that type"):
        write_image(tmp_path / "a.nii.gz", np.full(like.shape, 0.5), like, dtype=np.uint8)
    assert list(tmp_path.iterdir()) == []


def test_writing_on_another_shape_is_refused(tmp_path, like):
    with pytest.raises(GeometryError, match=r"\(5, 4, 2\) do not fit the grid of grid"):
        write_image(tmp_path / "a.nii.gz", np.zeros((5, 4, 2)), like)


def test_writing_under_another_suffix_is_refused(tmp_path, like):
    with pytest.raises(ImageError, match=r"must end in \.nii"):
        write_image(tmp_path / "a.img", np.zeros(like.shape), like)


def test_scale_factors_are_applied(tmp_path):
    image = nib.Nifti1Image(np.arange(24, dtype=np.int16).reshape(2, 3, 4), AFFINE)
    image.header.set_slope_inter(0.5, 10)
    nib.save(image, tmp_path / "scaled.nii.gz")
    stored = nib.load(tmp_path / "scaled.nii.gz").dataobj
    assert stored.slope == 0.5
    data = read_image(tmp_path / "scaled.nii.gz").data
    np.testing.assert_allclose(data, 10 + 0.5 * stored.get_unscaled())


def test_trailing_axes_of_one_are_dropped(tmp_path):
    assert read_image(nifti(tmp_path / "a.nii", noise((4, 5, 6, 1)))).shape == (4, 5, 6)


def test_a_single_slice_keeps_its_third_axis(tmp_path):
    assert read_image(nifti(tmp_path / "a.nii", noise((4, 5, 1)))).shape == (4, 5, 1)
    assert read_image(nifti(tmp_path / "b.nii", noise((4, 5)))).shape == (4, 5, 1)


def test_a_series_is_four_dimensional(tmp_path):
    path = nifti(tmp_path / "dce.nii.gz", noise((4, 5, 6, 7)))
    assert read_series(path).shape == (4, 5, 6, 7)
    with pytest.raises(ImageError, match=r"dce\.nii\.gz is 4-D .* where 3-D is needed"):
        read_image(path)


def test_a_volume_is_no_series(tmp_path):
    with pytest.raises(ImageError, match=r"3-D .* where 4-D is needed"):
        read_series(nifti(tmp_path / "a.nii", noise((4, 5, 6))))


@pytest.mark.parametrize("look", [probe, read_image])
class TestRefused:
    def test_missing(self, tmp_path, look):
        with pytest.raises(FileError, match=r"nothing\.nii\.gz does not exist"):
            look(tmp_path / "nothing.nii.gz")

    def test_folder(self, tmp_path, look):
        with pytest.raises(FileError, match="is a folder"):
            look(tmp_path)

    @pytest.mark.parametrize("name", ["text.nii", "text.nii.gz", "text.txt"])
    def test_not_nifti(self, tmp_path, look, name):
        (tmp_path / name).write_text("participant_id\tgroup\n" * 50)
        with pytest.raises(ImageError, match=f"{name} is not a NIfTI"):
            look(tmp_path / name)

    def test_empty_file(self, tmp_path, look):
        (tmp_path / "a.nii.gz").touch()
        with pytest.raises(ImageError, match="not a NIfTI"):
            look(tmp_path / "a.nii.gz")

    def test_another_image_format(self, tmp_path, look):
        nib.save(nib.MGHImage(noise((4, 5, 6)), AFFINE), tmp_path / "a.mgz")
        with pytest.raises(ImageError, match=r"a\.mgz is a MGHImage"):
            look(tmp_path / "a.mgz")

    @pytest.mark.parametrize("kept", [0.02, 0.5, 0.999])
    def test_truncated_gzip(self, tmp_path, look, kept):
        path = nifti(tmp_path / "a.nii.gz", noise((20, 20, 20)))
        content = path.read_bytes()
        path.write_bytes(content[: int(kept * len(content))])
        with pytest.raises(FileError, match=r"a\.nii\.gz is truncated"):
            look(path)

    def test_truncated_uncompressed(self, tmp_path, look):
        path = nifti(tmp_path / "a.nii", noise((20, 20, 20)))
        path.write_bytes(path.read_bytes()[:-1])
        with pytest.raises(FileError, match="is truncated"):
            look(path)

    def test_whole_gzip_that_holds_too_little(self, tmp_path, look):
        content = nifti(tmp_path / "a.nii", noise((20, 20, 20))).read_bytes()
        (tmp_path / "a.nii.gz").write_bytes(gzip.compress(content[:-4]))
        with pytest.raises(FileError, match="is truncated"):
            look(tmp_path / "a.nii.gz")

    def test_voxels_in_another_unit(self, tmp_path, look):
        path = nifti(tmp_path / "a.nii", noise((4, 5, 6)), unit="micron")
        with pytest.raises(ImageError, match="in micron; expected mm"):
            look(path)

    def test_singular_affine(self, tmp_path, look):
        image = nib.Nifti1Image(noise((4, 5, 6)), None)
        image.header["sform_code"] = 1  # all rows of the sform are zero
        (tmp_path / "a.nii").write_bytes(image.to_bytes())
        with pytest.raises(ImageError, match="places no voxel in space"):
            look(tmp_path / "a.nii")

    def test_colour(self, tmp_path, look):
        colour = np.zeros((4, 5, 6), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
        nib.save(nib.Nifti1Image(colour, AFFINE), tmp_path / "a.nii")
        with pytest.raises(ImageError, match="expected real numbers"):
            look(tmp_path / "a.nii")


def test_probe_tells_shape_and_affine(tmp_path):
    header = probe(nifti(tmp_path / "a.nii.gz", noise((4, 5, 6, 7))))
    assert header.shape == (4, 5, 6, 7)
    np.testing.assert_allclose(header.affine, AFFINE)
    assert header.source == str(tmp_path / "a.nii.gz")


def test_probe_checks_the_number_of_dimensions(tmp_path):
    path = nifti(tmp_path / "a.nii.gz", noise((4, 5, 6, 1)))
    assert probe(path, ndim=3).shape == (4, 5, 6)
    series = nifti(tmp_path / "b.nii.gz", noise((4, 5, 6, 7)))
    with pytest.raises(ImageError, match=r"b\.nii\.gz is 4-D .* where 3-D is needed"):
        probe(series, ndim=3)


def test_joined_gzip_streams_are_whole(tmp_path):
    content = nifti(tmp_path / "a.nii", noise((20, 20, 20))).read_bytes()
    joined = gzip.compress(content[:9000]) + gzip.compress(content[9000:])
    (tmp_path / "a.nii.gz").write_bytes(joined)
    assert probe(tmp_path / "a.nii.gz").shape == (20, 20, 20)
    np.testing.assert_array_equal(
        read_image(tmp_path / "a.nii.gz").data, read_image(tmp_path / "a.nii").data
    )


def test_damage_in_the_middle_is_found_when_read(tmp_path):
    path = nifti(tmp_path / "a.nii.gz", noise((20, 20, 20)))
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 64] = bytes(64)
    path.write_bytes(content)
    with pytest.raises(FileError, match="is damaged"):
        read_image(path)


def test_values_of_another_shape_do_not_join_a_grid(like):
    with pytest.raises(GeometryError, match="T1 has shape"):
        like.with_data(np.zeros((5, 4)), source="T1")
    assert like.with_data(np.ones(like.shape), source="T1", unit="s").unit == "s"


def test_a_skewed_voxel_has_its_determinant_as_volume():
    skewed = np.array([[1, 0.5, 0, 0], [0, 2, 0, 0], [0, 0, -3, 0], [0, 0, 0, 1.0]])
    assert Image(np.zeros((1, 1, 1)), skewed, "x").voxel_volume == pytest.approx(6.0)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_an_image_in_which_nothing_was_seen_is_refused(value):
    data = np.full((3, 3, 2), value)
    with pytest.raises(ImageError, match="scan holds no value but 0 and NaN"):
        require_values(Image(data, AFFINE, "scan"))
    data[1, 1, 1] = -1.0
    assert require_values(image := Image(data, AFFINE, "scan")) is image


SCALES = [(None, None), (0.37, -3.0)]


@pytest.mark.parametrize("name", ["series.nii", "series.nii.gz"])
@pytest.mark.parametrize(("slope", "intercept"), SCALES)
@pytest.mark.parametrize("kind", ["u1", ">i2", "i2", "i4", "f4", "f8"])
def test_a_series_is_that_of_the_whole_file(tmp_path, monkeypatch, name, kind, slope, intercept):
    values = (100.0 * np.random.default_rng(0).standard_normal((7, 6, 3, 11))).astype(kind)
    image = nib.Nifti1Image(values, np.eye(4))
    if slope is not None:
        image.header.set_slope_inter(slope, intercept)
    nib.save(image, tmp_path / name)
    monkeypatch.setattr("biomarkers.images.series._BLOCK", 3 * 7 * 6 * 3 * values.itemsize)
    whole, series = read_image(tmp_path / name, ndim=4).data, read_series(tmp_path / name).data
    np.testing.assert_array_equal(np.asarray(series), whole)
    np.testing.assert_array_equal(series[2:5, :, 1], whole[2:5, :, 1])
    held = series.stored if isinstance(series, ScaledArray) else series
    assert held.flags.c_contiguous
    assert held.nbytes <= max(values.nbytes, 4 * values.size)
    assert series.dtype == (
        np.float32 if kind in ("u1", ">i2", "i2", "f4") and not slope else float
    )


@pytest.mark.parametrize("name", ["series.nii", "series.nii.gz"])
def test_a_series_that_is_cut_is_refused(tmp_path, name):
    nib.save(nib.Nifti1Image(np.ones((7, 6, 3, 11), dtype=np.int16), np.eye(4)), tmp_path / name)
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[:-9])
    with pytest.raises(FileError):
        read_series(tmp_path / name)


def test_a_scaled_array_is_an_array_of_doubles():
    stored = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    scaled, values = ScaledArray(stored, 0.1, -1.0), 0.1 * stored - 1.0
    assert (scaled.shape, scaled.ndim, scaled.size, len(scaled)) == ((2, 3, 4), 3, 24, 2)
    for mine, numpys in (
        (scaled[1], values[1]),
        (scaled[..., [0, 2]], values[..., [0, 2]]),
        (scaled.reshape(-1, 4)[3], values.reshape(-1, 4)[3]),
        (2.0 * scaled + scaled, 2.0 * values + values),
        (np.isfinite(scaled) & (scaled > 0), values > 0),
        (scaled.mean(axis=-1), values.mean(axis=-1)),
        (np.moveaxis(scaled, -1, 0), np.moveaxis(values, -1, 0)),
        (np.asarray(scaled, dtype=np.float32), values.astype(np.float32)),
        (pickle.loads(pickle.dumps(scaled))[:], values),
        (np.stack(list(scaled)), values),
    ):
        np.testing.assert_array_equal(mine, numpys)
    with pytest.raises(ValueError, match="by a copy only"):
        np.asarray(scaled, copy=False)
    with pytest.raises(AttributeError):
        scaled.no_such_thing  # noqa: B018


def test_a_series_that_claims_more_than_it_holds(tmp_path):
    # Its length, which gzip states modulo 2^32, is as it would be.
    image = nib.Nifti1Image(np.zeros((1, 1, 1, 1), np.int16), np.eye(4))
    content = bytearray(image.to_bytes()[:352])
    for shape, error, words in [
        ((256, 256, 1024, 32), FileError, "is truncated"),
        ((16384, 16384, 16384, 32), ImageError, "takes .* MiB; this machine has"),
    ]:
        content[40:50] = struct.pack("<5h", 4, *shape)
        path = tmp_path / "a.nii.gz"
        path.write_bytes(gzip.compress(bytes(content)))
        with pytest.raises(error, match=words):
            read_series(path)


@pytest.mark.parametrize(("kind", "made"), [("i2", "f4"), ("f4", "f4"), ("i4", "f8"), ("f8", "f8")])
def test_what_is_made_of_a_series_is_as_precise(kind, made):
    series = np.zeros((2, 2, 2, 3), kind)
    assert empty_like(times(series, 1e-3)).dtype == made
