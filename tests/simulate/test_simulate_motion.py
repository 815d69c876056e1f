"""A head that moved: its tissue is found where it should be."""

import numpy as np
import pytest

from biomarkers.simulate.motion import drifted, moved
from biomarkers.simulate.partial_volume import centres

SHAPE, VOXEL = (40, 36, 20), (1.0, 1.2, 2.0)


def blob(middle):
    square = sum((axis - at) ** 2 for axis, at in zip(centres(SHAPE, VOXEL), middle, strict=True))
    return np.exp(-square / (2 * 4.0**2))


def middle_of(image):
    return [float((axis * image).sum() / image.sum()) for axis in centres(SHAPE, VOXEL)]


def test_a_shift_moves_the_tissue_by_so_much():
    shifted = moved(blob((0, 0, 0)), (1.5, -2.0, 3.0), (0, 0, 0), voxel_mm=VOXEL)
    np.testing.assert_allclose(middle_of(shifted), [1.5, -2.0, 3.0], atol=0.02)


@pytest.mark.parametrize(("turn", "expected"), [((0, 0, 90), (0, 6, 0)), ((0, 90, 0), (0, 0, -6))])
def test_a_turn_is_right_handed_about_the_middle(turn, expected):
    turned = moved(blob((6.0, 0, 0)), (0, 0, 0), turn, voxel_mm=VOXEL)
    np.testing.assert_allclose(middle_of(turned), expected, atol=0.05)


def test_a_small_drift_is_a_small_shift():
    still = np.stack([blob((0, 0, 0))] * 2, axis=-1)
    shifts = np.array([[0.0, 0.0, 0.0], [0.05, -0.04, 0.06]])
    found = drifted(still, shifts, voxel_mm=VOXEL)
    assert (found[..., 0] == still[..., 0]).all()
    expected = moved(still[..., 1], shifts[1], (0, 0, 0), voxel_mm=VOXEL)
    assert abs(found[..., 1] - expected).max() < 0.1 * abs(expected - still[..., 1]).max()
