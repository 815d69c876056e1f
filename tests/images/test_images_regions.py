"""Regions in every form that callers have."""

import numpy as np
import pytest

from biomarkers.errors import GeometryError, ImageError, InputError
from biomarkers.images import Image, LabelMap, as_label_map

LIKE = Image(np.zeros((3, 4, 2, 5)), np.diag([1.0, 1.0, 2.0, 1.0]), "scan")
LABELS = np.zeros((3, 4, 2), dtype=int)
LABELS[0], LABELS[2] = 1, 7


def test_a_label_map_is_kept():
    drawn = LabelMap(Image(LABELS, LIKE.affine, "drawn"), {1: "tumor", 7: "muscle"})
    assert as_label_map(drawn, LIKE) is drawn
    moved = LabelMap(Image(LABELS, np.eye(4), "moved"), drawn.names)
    with pytest.raises(GeometryError):
        as_label_map(moved, LIKE)


@pytest.mark.parametrize("form", [LABELS, LABELS.tolist(), Image(LABELS, LIKE.affine, "drawn")])
def test_labels_get_names(form):
    found = as_label_map(form, LIKE)
    assert found.regions == ("label_1", "label_7")
    np.testing.assert_array_equal(found.mask("label_7"), LABELS == 7)


def test_masks_have_names():
    masks = {"tumor": LABELS == 7, "muscle": (LABELS == 1).astype(int).tolist()}
    found = as_label_map(masks, LIKE)
    assert found.regions == ("tumor", "muscle")
    np.testing.assert_array_equal(found.mask("muscle"), LABELS == 1)
    np.testing.assert_array_equal(found.affine, LIKE.affine)


@pytest.mark.parametrize(
    ("form", "error", "says"),
    [
        (np.zeros((3, 4, 2)), InputError, "regions: no region"),
        ({}, InputError, "regions: no region"),
        (np.ones((3, 4)), InputError, r"regions of shape \(3, 4\) do not fit scan"),
        (0.5 * LABELS, ImageError, "regions is not a label map: it holds 0.5"),
        ("dseg.nii.gz", InputError, "regions is 'dseg.nii.gz'; expected real numbers"),
        ({"a": LABELS * 0}, InputError, "region 'a' has no voxel"),
        ({"a": LABELS[0]}, InputError, "region 'a' of shape"),
        ({"a": LABELS, "b": LABELS == 1}, InputError, "regions 'a' and 'b' share 8 voxels"),
        ({"a": Image(LABELS, np.eye(4), "moved")}, GeometryError, "moved"),
    ],
)
def test_what_is_no_region_is_refused(form, error, says):
    with pytest.raises(error, match=says):
        as_label_map(form, LIKE)
