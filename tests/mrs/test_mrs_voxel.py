"""The voxel of a scan on the grid of an image."""

from dataclasses import replace

import numpy as np
import pytest

from biomarkers.errors import GeometryError, InputError
from biomarkers.images import Image
from biomarkers.mrs import Scan, voxel_mask


def grid(shape=(60, 60, 60), spacing=1.0, first=-29.5):
    affine = np.diag([spacing, spacing, spacing, 1.0])
    affine[:3, 3] = first
    return Image(np.zeros(shape), affine, "T1w.nii.gz")


def scan(affine, shape=(1, 1, 1)):
    return Scan(np.ones((*shape, 64), dtype=complex), 2.5e-4, 123.2, affine=affine, source="svs")


def turned(degrees, size=(20.0, 15.0, 10.0), centre=(3.0, -2.0, 1.0)):
    a, b = np.deg2rad(degrees), np.deg2rad(degrees / 2)
    about_z = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    affine = np.eye(4)
    affine[:3, :3] = about_z @ about_x * np.array(size)
    affine[:3, 3] = centre
    return affine


def test_a_box_along_the_axes_is_exact() -> None:
    """From 3 - 10 to 3 + 10 mm along x, voxels of 1 mm around half millimetres."""
    mask = voxel_mask(scan(turned(0.0)), grid())
    along = mask.data.max(axis=(1, 2))
    np.testing.assert_array_equal(np.flatnonzero(along), np.arange(23, 43))
    assert set(np.unique(mask.data.round(12))) == {0.0, 0.5, 1.0}
    assert mask.data.sum() == pytest.approx(20 * 15 * 10, rel=1e-12)
    assert (mask.shape, mask.source) == ((60, 60, 60), "voxel of svs")


@pytest.mark.parametrize("degrees", [10.0, 35.0, 60.0])
@pytest.mark.parametrize("spacing", [1.0, 2.0])
def test_a_turned_box_keeps_volume_and_centre(degrees, spacing) -> None:
    like = grid((60, 60, 60), spacing, -30 * spacing)
    mask = voxel_mask(scan(turned(degrees)), like).data
    assert mask.sum() * spacing**3 == pytest.approx(3000.0, rel=2e-3)
    places = np.argwhere(mask) @ like.affine[:3, :3].T + like.affine[:3, 3]
    centre = (places * mask[mask > 0][:, None]).sum(axis=0) / mask.sum()
    np.testing.assert_allclose(centre, [3, -2, 1], atol=0.05)


def test_the_mean_of_a_tissue_weighted_by_it_is_its_fraction() -> None:
    """Tissue below a plane through the centre, along the box's axis, is half of it."""
    affine, like = turned(35.0), grid()
    places = np.indices(like.shape).reshape(3, -1).T @ like.affine[:3, :3].T + like.affine[:3, 3]
    below = ((places - affine[:3, 3]) @ affine[:3, 0] < 0).reshape(like.shape)
    mask = voxel_mask(scan(affine), like).data
    assert (mask * below).sum() / mask.sum() == pytest.approx(0.5, abs=0.005)


def test_coarse_images_hold_fractions() -> None:
    like = grid((9, 9, 9), 10.0, -40.0)
    affine = np.diag([5.0, 5.0, 5.0, 1.0])
    mask = voxel_mask(scan(affine), like).data
    assert mask[4, 4, 4] == pytest.approx(0.125)
    assert mask.sum() == pytest.approx(0.125)


@pytest.mark.parametrize("shift", np.linspace(0.0, 3.75, 7)[:-1])
def test_thick_slices_hold_all_of_a_box_wherever_it_lies(shift) -> None:
    """Points of thick slices, in or out, would lose 4 % of the box and call that outside."""
    affine = np.diag([2.4, 2.4, 3.75, 1.0])
    affine[:3, 3] = (-28.8, -28.8, -22.5)
    like = Image(np.zeros((25, 25, 13)), affine, "T1w.nii.gz")
    box = np.diag([10.0, 10.0, 10.0, 1.0])
    box[:3, 3] = shift * np.array([0.5, 0.3, 1.0])
    mask = voxel_mask(scan(box), like).data
    assert mask.sum() * np.linalg.det(affine[:3, :3]) == pytest.approx(1000.0, rel=1e-9)
    along = mask.sum(axis=(0, 1)) / mask.sum() * 10.0
    edges = affine[2, 3] + 3.75 * (np.arange(14) - 0.5)
    overlap = np.diff(np.clip(edges, box[2, 3] - 5.0, box[2, 3] + 5.0))
    np.testing.assert_allclose(along, overlap, atol=1e-9)


def test_voxels_of_a_grid_make_up_the_whole() -> None:
    csi = scan(np.diag([8.0, 8.0, 12.0, 1.0]), (2, 3, 1))
    parts = sum(voxel_mask(csi, grid(), voxel=(i, j, 0)).data for i in range(2) for j in range(3))
    np.testing.assert_allclose(parts, voxel_mask(csi, grid()).data, atol=1e-12)
    assert parts.sum() == pytest.approx(6 * 8 * 8 * 12, rel=1e-3)


@pytest.mark.parametrize(
    ("centre", "share"), [((3.0, -2.0, 100.0), "100%"), ((29.5, -2.0, 1.0), "4[789]%")]
)
def test_outside_the_image_is_an_error(centre, share) -> None:
    match = rf"{share} of the voxel of svs, around \({centre[0]}, -2.0, .*outside T1w.nii.gz"
    with pytest.raises(GeometryError, match=match):
        voxel_mask(scan(turned(0.0, centre=centre)), grid())


def test_a_scan_without_a_place() -> None:
    with pytest.raises(InputError, match="svs does not say where its voxel lies"):
        voxel_mask(replace(scan(np.eye(4)), affine=None), grid())


@pytest.mark.parametrize("voxel", [(1, 0, 0), (-1, 0, 0), (0, 0)])
def test_a_voxel_that_is_not_there(voxel) -> None:
    with pytest.raises(InputError, match=r"svs has \(1, 1, 1\) voxels"):
        voxel_mask(scan(np.eye(4)), grid(), voxel=voxel)
