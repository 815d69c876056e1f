"""When two images share a grid."""

import numpy as np
import pytest

from biomarkers.errors import GeometryError
from biomarkers.images import Image, require_same_grid, same_grid

AFFINE = np.diag([0.25, 0.25, 1.5, 1.0])


def on(affine, shape=(128, 128, 16), source="a.nii"):
    return Image(np.zeros(shape), affine, source)


def moved(offset):
    affine = AFFINE.copy()
    affine[0, 3] += offset
    return affine


def test_rounding_of_headers_is_forgiven():
    assert same_grid(on(AFFINE), on(AFFINE.astype(np.float32) * (1 + 1e-6)))


@pytest.mark.parametrize(("offset", "same"), [(0.012, True), (0.013, False), (-0.013, False)])
def test_a_twentieth_of_the_shortest_edge_is_the_limit(offset, same):
    assert same_grid(on(AFFINE), on(moved(offset))) is same


def test_a_small_rotation_shows_at_the_far_corner():
    angle = 0.001  # 1 mrad over 32 mm moves the corner by 0.03 mm, more than 0.0125 mm
    turned = AFFINE.copy()
    turned[:2, :2] = AFFINE[:2, :2] @ [
        [np.cos(angle), -np.sin(angle)],
        [np.sin(angle), np.cos(angle)],
    ]
    assert not same_grid(on(AFFINE), on(turned))


def test_a_series_lies_on_the_grid_of_its_volumes():
    assert same_grid(on(AFFINE, (8, 8, 4, 20)), on(AFFINE, (8, 8, 4)))


def test_other_shapes_differ():
    assert not same_grid(on(AFFINE, (8, 8, 4)), on(AFFINE, (8, 8, 5)))


def test_the_error_names_both_grids():
    other = np.diag([0.333, 0.333, 1.5, 1.0])
    with pytest.raises(GeometryError) as caught:
        require_same_grid(on(AFFINE), on(other, (96, 96, 16), "dseg.nii"))
    message = str(caught.value)
    assert "a.nii: 128 × 128 × 16 voxels of 0.25 × 0.25 × 1.5 mm, origin (0, 0, 0) mm" in message
    assert "dseg.nii: 96 × 96 × 16 voxels of 0.333 × 0.333 × 1.5 mm" in message
    assert "resample" in message


def test_the_error_tells_how_far_grids_of_one_shape_lie_apart():
    with pytest.raises(GeometryError, match=r"up to 0\.5 mm apart"):
        require_same_grid(on(AFFINE), on(moved(0.5)))


def test_no_error_on_one_grid():
    assert require_same_grid(on(AFFINE), on(AFFINE)) is None
