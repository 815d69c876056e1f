"""Label maps: reading, names, volumes, resampling."""

import re

import numpy as np
import pytest

from biomarkers.errors import ImageError, InputError, TableError
from biomarkers.images import (
    Image,
    LabelMap,
    read_label_names,
    read_labels,
    resample_labels,
    write_image,
)

AFFINE = np.diag([2.0, 2.0, 3.0, 1.0])
NAMES = {1: "muscle", 2: "kidney", 3: "tumor"}


@pytest.fixture
def data():
    labels = np.zeros((6, 5, 4), dtype=np.uint8)
    labels[1, 1, 1] = 1
    labels[2:4, 2:4, 1:3] = 3
    labels[5, 4, 3] = 7
    return labels


@pytest.fixture
def path(tmp_path, data):
    like = Image(data, AFFINE, "labels")
    return write_image(tmp_path / "sub-1_space-VFA_dseg.nii.gz", data, like, dtype=np.uint8)


def test_regions_are_those_with_voxels(path, data):
    labels = read_labels(path, names=NAMES)
    assert labels.regions == ("muscle", "tumor", "label_7")
    assert labels.volumes() == {"muscle": 12.0, "tumor": 96.0, "label_7": 12.0}
    assert labels.space == "VFA"
    assert np.issubdtype(labels.image.data.dtype, np.integer)
    np.testing.assert_array_equal(labels.mask("tumor"), data == 3)


def test_without_names_labels_are_numbered(path):
    assert read_labels(path).regions == ("label_1", "label_3", "label_7")


def test_a_region_that_is_not_there_is_refused(path):
    with pytest.raises(InputError, match="no region 'kidney'; it has muscle, tumor"):
        read_labels(path, names=NAMES).mask("kidney")


@pytest.mark.parametrize("value", [1.5, -1.0, np.nan, 3e9])
def test_what_is_no_label_is_shown(tmp_path, data, value):
    values = data.astype(float)
    values[0, 2, 1] = value
    path = write_image(tmp_path / "a.nii.gz", values, Image(data, AFFINE, "x"), dtype=np.float64)
    with pytest.raises(ImageError, match=re.escape(f"holds {value:g} at voxel (0, 2, 1)")):
        read_labels(path)


def test_two_labels_of_one_name_are_refused(path):
    with pytest.raises(ImageError, match="one name"):
        read_labels(path, names={1: "tumor", 3: "tumor"})


def test_a_map_without_regions_is_empty(data):
    empty = LabelMap(Image(np.zeros_like(data), AFFINE, "empty"), {})
    assert empty.regions == ()
    assert empty.volumes() == {}
    with pytest.raises(InputError, match="it has none"):
        empty.mask("tumor")


def table(tmp_path, text):
    path = tmp_path / "dseg.tsv"
    path.write_text(text, encoding="utf-8")
    return path


def test_names_are_read(tmp_path):
    path = table(tmp_path, "index\tname\tcolor\n0\tbackground\tx\n1\tmuscle\ty\n12\t tumor \tz\n")
    assert read_label_names(path) == {1: "muscle", 12: "tumor"}


def test_a_missing_column_is_named(tmp_path):
    with pytest.raises(TableError, match="no column name; found index, label"):
        read_label_names(table(tmp_path, "index\tlabel\n1\tmuscle\n"))


def test_all_problems_are_told_with_their_rows(tmp_path):
    text = "index\tname\n1.5\tmuscle\n2\tkidney\n2\ttumor\n3\tkidney\n4\tn/a\n5\t\n"
    with pytest.raises(TableError) as caught:
        read_label_names(table(tmp_path, text))
    assert list(caught.value.problems) == [
        "row 2: index is '1.5'; expected a whole number",
        "row 4: index 2 is already in row 3",
        "row 5: name 'kidney' is already in row 3",
        "row 6: index 4 has no name",
        "row 7: index 5 has no name",
    ]


def labels_on(data, affine):
    return LabelMap(Image(data, affine, "labels"), {1: "muscle", 3: "tumor", 7: "rim"}, "VFA")


def test_on_its_own_grid_a_map_stays_as_it_is(data):
    labels = labels_on(data, AFFINE)
    assert resample_labels(labels, labels.image) is labels


def test_a_grid_twice_as_fine_repeats_each_voxel(data):
    labels = labels_on(data, AFFINE)
    fine = AFFINE @ np.diag([0.5, 0.5, 0.5, 1.0])
    fine[:3, 3] = AFFINE[:3, 3] - [0.5, 0.5, 0.75]  # the corners of the volumes coincide
    like = Image(np.zeros((12, 10, 8)), fine, "fine")
    resampled = resample_labels(labels, like)
    np.testing.assert_array_equal(
        resampled.image.data, data.repeat(2, axis=0).repeat(2, axis=1).repeat(2, axis=2)
    )
    assert resampled.volumes() == pytest.approx(labels.volumes())
    assert resampled.space is None
    assert "on the grid of fine" in resampled.source


def test_a_flipped_grid_keeps_every_region_in_place(data):
    labels = labels_on(data, AFFINE)
    flip = AFFINE @ np.diag([-1.0, 1.0, 1.0, 1.0])
    flip[0, 3] = AFFINE[0, 0] * (data.shape[0] - 1)
    resampled = resample_labels(labels, Image(np.zeros(data.shape), flip, "flipped"))
    np.testing.assert_array_equal(resampled.image.data, data[::-1])


def test_regions_that_vanish_are_not_listed(data):
    labels = labels_on(data, AFFINE)
    coarse = AFFINE @ np.diag([6.0, 5.0, 4.0, 1.0])
    coarse[:3, 3] = [5.0, 5.0, 4.5]  # one voxel, whose centre lies in the tumour
    resampled = resample_labels(labels, Image(np.zeros((1, 1, 1)), coarse, "coarse"))
    assert resampled.regions == ("tumor",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('index\tname\n1\t"tumor\n2\tmuscle\n', "row 2: unexpected end of data; is a quotation"),
        ('index\tname\n1\t"tumor\n2\tmuscle"\n3\tartery\n', "row 2: a cell goes on over"),
        ('index\tname\n1\t"tumor\n2\t"muscle"\n', "is a quotation mark left open"),
        ("index\tname\n1\ttumor\tred\n", "row 2: 3 cells under 2 column names"),
        ("index\tname\n1 tumor\n", "row 2: 1 cells under 2 column names"),
        ("index\tname\tname\n1\ta\tb\n", "column 'name' stands 2 times"),
        ("index\tname\n1\ttu\0mor\n", "it holds null bytes"),
        ("index,name\n1,tumor\n", "tab-separated"),
        ("index\tname\n1.0\ttumor\n", "row 2: index is '1.0'"),
        ("index\tname\n\uff11\ttumor\n", "row 2: index is '\uff11'"),
        ("index\tname\n1_0\ttumor\n", "row 2: index is '1_0'"),
        ("index\tname\n" + "1" * 5000 + "\ttumor\n", "row 2: index is '11"),
    ],
    ids=lambda given: given[11:30],
)
def test_a_table_of_names_that_would_merge_or_shift_labels(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read_label_names(table(tmp_path, text))
