"""Axial slices: which planes, which way round, on which pixels, on which scale."""

import itertools
import re

import numpy as np
import pytest

from biomarkers import images
from biomarkers.errors import FileError, GeometryError, ImageError, InputError
from biomarkers.images import Image, LabelMap
from biomarkers.radiomics.normalisation import normalised

SHAPE = (48, 40, 30)


def smooth(world):
    """Return an image that is known everywhere, by the place in mm (..., 3)."""
    x, y, z = np.moveaxis(world, -1, 0)
    return 100.0 + 20 * np.sin(x / 9) + 15 * np.cos(y / 7) + 10 * np.sin(z / 8) + x / 5


def world_of(shape, affine):
    index = np.moveaxis(np.indices(shape, dtype=float), 0, -1)
    return index @ affine[:3, :3].T + affine[:3, 3]


def made(affine=None, shape=SHAPE, centre=(0.0, 0.0, 0.0), radius=8.0):
    """Return an image and a ball in it, drawn by place."""
    if affine is None:
        affine = np.eye(4)
        affine[:3, 3] = -(np.array(shape) - 1) / 2
    world = world_of(shape, affine)
    ball = ((world - centre) ** 2).sum(axis=-1) < radius**2
    labels = LabelMap(Image(ball.astype(np.int32), affine, "lesion.nii.gz"), {1: "tumor"})
    return Image(smooth(world), affine, "T1w.nii.gz"), labels


def expected(image, z, size, spacing=1.0, centre=(0.0, 0.0)):
    """Return the slices at heights z, mm, straight from the formula, on the image's scale."""
    step = (np.arange(size) - (size - 1) / 2) * spacing
    at = np.stack(np.meshgrid(z, centre[1] - step, centre[0] - step, indexing="ij"), axis=-1)
    values = smooth(at[..., ::-1])
    bright = image.data[image.data > image.data.mean()]
    return (values - bright.mean()) / bright.std()


def test_slices_lie_where_they_should_and_run_up_back_and_left():
    image, labels = made()
    stack = images.slices(image, labels, count=5, size=12)
    # 16 planes of voxels, whose faces are 16 mm apart: middles of fifths
    heights = (np.arange(5) - 2) * 16 / 5
    assert stack.dtype == np.float64 and stack.flags.c_contiguous
    np.testing.assert_allclose(stack, expected(image, heights, 12), atol=2e-4)


@pytest.mark.parametrize("order", [*itertools.permutations(range(3))])
@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, 1, -1), (-1, -1, -1)])
def test_the_order_of_a_file_does_not_matter(order, signs):
    image, labels = made(centre=(3.0, -2.0, 1.0))
    wanted = images.slices(image, labels, count=3, size=10)
    turn = np.zeros((4, 4))
    turn[3, 3] = 1
    for new, old in enumerate(order):
        turn[old, new] = signs[new]
        turn[old, 3] = 0 if signs[new] > 0 else SHAPE[old] - 1
    flips = tuple(slice(None, None, sign) for sign in signs)
    moved = Image(image.data.transpose(order)[flips], image.affine @ turn, "turned")
    drawn = Image(labels.image.data.transpose(order)[flips], moved.affine, "turned labels")
    np.testing.assert_allclose(images.slices(moved, drawn, count=3, size=10), wanted, atol=1e-9)


def test_an_oblique_scan_gives_its_own_planes():
    angle = np.deg2rad(20.0)
    affine = np.eye(4)
    affine[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(SHAPE) - 1) / 2)
    image, labels = made(affine)
    stack = images.slices(image, labels, count=1, size=9)
    step = 4.0 - np.arange(9)  # y, x, from the front and the right, in planes of the image
    at = np.stack(np.meshgrid(step, step, indexing="ij"), axis=-1)[..., ::-1]
    place = np.concatenate([at, np.zeros((9, 9, 1))], axis=-1) @ affine[:3, :3].T
    bright = image.data[image.data > image.data.mean()]
    wanted = (smooth(place) - bright.mean()) / bright.std()
    np.testing.assert_allclose(stack[0], wanted, atol=2e-4)


def test_one_slice_is_the_middle_and_as_many_as_are_drawn_are_those():
    image, labels = made(radius=5.2)  # planes at -4.5 … 4.5 mm
    middle = images.slices(image, labels, count=1, size=6)
    np.testing.assert_allclose(middle, expected(image, [0.0], 6), atol=2e-4)
    every = images.slices(image, labels, count=10, size=6)
    bright = image.data[image.data > image.data.mean()]
    plain = (image.data[21:27, 17:23, 10:20] - bright.mean()) / bright.std()
    np.testing.assert_allclose(every, plain[::-1, ::-1].transpose(2, 1, 0), atol=1e-9)


def test_the_extent_of_a_label_or_of_all():
    image, labels = made(radius=3.0)
    data = labels.image.data.copy()
    data[30, 25, 25] = 2
    both = LabelMap(Image(data, image.affine, "two.nii.gz"), {1: "tumor", 2: "node"})
    alone = images.slices(image, labels, count=2, size=8)
    np.testing.assert_array_equal(images.slices(image, both, count=2, size=8, label="tumor"), alone)
    np.testing.assert_array_equal(images.slices(image, both, count=2, size=8, label=1), alone)
    node = images.slices(image, both, count=1, size=2, label="node")
    np.testing.assert_allclose(node, expected(image, [10.5], 2, centre=(6.5, 5.5)), atol=2e-4)
    together = images.slices(image, both, count=1, size=2)
    np.testing.assert_allclose(together, expected(image, [4.0], 2, centre=(2.0, 1.5)), atol=2e-4)
    # what a map was narrowed to is what it has
    np.testing.assert_array_equal(
        images.slices(image, both.only(("tumor",)), count=2, size=8), alone
    )


def test_pixels_are_square_and_of_the_size_asked_for():
    affine = np.diag([0.5, 1.0, 3.0, 1.0])
    affine[:3, 3] = -affine[:3, :3] @ ((np.array((96, 40, 12)) - 1) / 2)
    image, labels = made(affine, (96, 40, 12))
    stack = images.slices(image, labels, count=3, size=16, spacing_mm=0.8)
    heights = np.array([-1, 0, 1]) * 18 / 3  # 6 planes of 3 mm are drawn
    np.testing.assert_allclose(stack, expected(image, heights, 16, 0.8), atol=0.02)


def test_what_is_finer_than_pixels_does_not_alias():
    image, labels = made(np.diag([0.25, 0.25, 1.0, 1.0]), (128, 128, 8), (16.0, 16.0, 4.0), 3.0)
    x, y, z = np.indices(image.shape)
    stripes = Image(100.0 + 50 * ((x + y) % 2) + z, image.affine, "stripes of 0.25 mm")
    as_scanned, coarse = (
        images.slices(stripes, labels, count=1, size=8, spacing_mm=each) for each in (0.3, 1.02)
    )
    assert np.ptp(as_scanned) > 10.0
    assert np.ptp(coarse) < 1e-4


def test_beyond_the_volume_and_where_voxels_are_missing_is_nan():
    image, labels = made(centre=(18.0, 0.0, 0.0), radius=4.0)
    stack = images.slices(image, labels, count=2, size=20)
    # the volume ends at x = 24 mm; pixels run from x = 27.5 down to 8.5
    assert np.isnan(stack[:, :, :4]).all() and np.isfinite(stack[:, :, 4:]).all()
    image, labels = made()
    holed = image.data.copy()
    holed[23:25, 19:21, 14:16] = np.nan
    for spacing in (1.0, 1.6):
        stack = images.slices(
            Image(holed, image.affine, "holed"), labels, count=1, size=9, spacing_mm=spacing
        )
        assert 1 <= np.isnan(stack).sum() <= 4
        assert np.isfinite(stack[0, 0]).all()


def test_scale_and_offset_of_an_image_do_not_matter():
    image, labels = made()
    other = Image(3.0 * image.data + 40.0, image.affine, "other scanner")
    first, second = (images.slices(each, labels, size=16) for each in (image, other))
    np.testing.assert_allclose(first, second, atol=1e-9)
    assert 0.1 < first.std() < 10.0


def test_the_scale_is_that_of_radiomics():
    image, labels = made()
    stack = images.slices(image, labels, count=1, size=2)
    np.testing.assert_allclose(
        images.slices(
            Image(normalised(image.data, "zscore"), image.affine, "z"), labels, count=1, size=2
        ),
        stack,
        atol=1e-9,
    )


def test_files_and_the_table_of_names_beside_them(tmp_path):
    image, labels = made()
    path = images.write_image(tmp_path / "sub-1_T1w.nii.gz", image.data, image, dtype=np.float64)
    drawn = images.write_image(
        tmp_path / "sub-1_dseg.nii.gz", labels.image.data, image, dtype=np.uint8
    )
    (tmp_path / "sub-1_dseg.tsv").write_text("index\tname\n1\tlesion\n")
    wanted = images.slices(image, labels, count=3, size=8)
    np.testing.assert_array_equal(
        images.slices(path, str(drawn), count=3, size=8, label="lesion"), wanted
    )
    with pytest.raises(InputError, match=r"sub-1_dseg.nii.gz has no region 'tumor'; it has lesion"):
        images.slices(path, drawn, label="tumor")
    with pytest.raises(FileError, match=r"sub-2_dseg.nii.gz"):
        images.slices(path, tmp_path / "sub-2_dseg.nii.gz")


def test_labels_on_another_grid_are_refused():
    image, _ = made()
    _, labels = made(np.diag([2.0, 2, 2, 1]), (24, 20, 15), (20.0, 20.0, 15.0))
    with pytest.raises(GeometryError, match=r"T1w.nii.gz.*\n.*lesion.nii.gz"):
        images.slices(image, labels)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": 4}, "lesion.nii.gz has no voxel of region 4; it has tumor"),
        ({"label": "node"}, "lesion.nii.gz has no region 'node'; it has tumor"),
        ({"label": 0}, "label is 0; expected a whole number from 1"),
        ({"label": True}, "label is True; expected a whole number from 1"),
        ({"count": 0}, "count is 0; expected a whole number from 1"),
        ({"size": 6.5}, "size is 6.5; expected a whole number from 1"),
        ({"spacing_mm": 0.0}, r"spacing_mm is 0.0; expected one positive number \(mm\)"),
    ],
)
def test_what_cannot_be_is_refused(change, message):
    image, labels = made()
    with pytest.raises(InputError, match=message):
        images.slices(image, labels, **change)


def test_nothing_drawn_and_nothing_seen():
    image, labels = made()
    empty = Image(np.zeros(SHAPE), image.affine, "empty.nii.gz")
    with pytest.raises(InputError, match=re.escape("empty.nii.gz: no region")):
        images.slices(image, empty)
    with pytest.raises(ImageError, match=re.escape("empty.nii.gz holds no value but 0")):
        images.slices(empty, labels)
    even = Image(np.ones(SHAPE), image.affine, "even.nii.gz")
    with pytest.raises(ImageError, match=r"even.nii.gz: .* needs a foreground"):
        images.slices(even, labels)
    spiked = np.ones(SHAPE)
    spiked[3, 4, 5] = 5000.0
    with pytest.raises(ImageError, match=r"only 1 of 57600 .*1.087: it is 5000, maybe a spike"):
        images.slices(Image(spiked, image.affine, "spiked.nii.gz"), labels)
    series = Image(np.ones((*SHAPE, 2)), image.affine, "series.nii.gz")
    with pytest.raises(ImageError, match=re.escape("series.nii.gz has shape (48, 40, 30, 2)")):
        images.slices(series, labels)
