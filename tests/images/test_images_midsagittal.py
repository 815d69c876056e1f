"""The plane that parts a tilted head, and the region opposite a tumour."""

import numpy as np
import pytest
from benchmarks.rat_head import ENHANCED, TISSUES, fractions, moved_by, picture

from biomarkers.errors import InputError
from biomarkers.images import Image, LabelMap, Plane, midsagittal_plane, mirror_labels

TILT = moved_by((0.0, 4.0, -6.0), (3.0, 1.0, 0.0))
NORMAL = TILT[:3, 0]  # the head is mirrored about x = 0 before it is tilted


@pytest.fixture(scope="module")
def head():
    return picture(fractions(TILT), ENHANCED, seed=1, matrix=TILT)


@pytest.fixture(scope="module")
def plane(head):
    return midsagittal_plane(head)


def test_the_plane_is_found_whatever_grows_on_one_side(plane):
    assert np.degrees(np.arccos(plane.normal @ NORMAL)) < 0.5
    assert plane.distance(TILT[:3, 3]) == pytest.approx(0.0, abs=0.05)  # a fifth of a voxel
    assert np.linalg.norm(plane.normal) == pytest.approx(1.0)


def test_a_region_is_mirrored_to_the_other_side(head, plane):
    share = fractions(TILT)[:, TISSUES.index("tumor")].reshape(head.shape)
    drawn = LabelMap(Image(1 * (share > 0.5), head.affine, "drawn"), {1: "tumor"})
    mirrored = mirror_labels(drawn, plane)
    assert mirrored.volumes()["tumor"] == pytest.approx(drawn.volumes()["tumor"], rel=0.02)
    centres = []
    for each in (drawn, mirrored):
        voxels = np.argwhere(each.mask("tumor"))
        centres.append(voxels.mean(axis=0) @ head.affine[:3, :3].T + head.affine[:3, 3])
    assert not (drawn.mask("tumor") & mirrored.mask("tumor")).any()
    np.testing.assert_allclose(plane.distance(centres[0]), -plane.distance(centres[1]), atol=0.05)


def test_a_reflection_undoes_itself():
    plane = Plane(np.array([0.6, 0.8, 0.0]), 2.0)
    np.testing.assert_allclose(plane.reflection @ plane.reflection, np.eye(4), atol=1e-12)
    point = plane.reflection @ [3.0, -1.0, 5.0, 1.0]
    assert plane.distance(point[:3]) == pytest.approx(-plane.distance([3.0, -1.0, 5.0]))


def test_a_plane_is_needed(head):
    with pytest.raises(InputError, match="expected a Plane"):
        mirror_labels(head, 3.0)
