"""Regions made: spheres, thresholds, growing, cores and rims, their volumes and histograms."""

import nibabel as nib
import numpy as np
import pytest

from biomarkers import images
from biomarkers.errors import GeometryError, InputError
from biomarkers.images import Image, as_label_map

EDGES = (0.25, 0.25, 0.5)
AFFINE = np.array([[0.25, 0, 0, -5.0], [0, 0.25, 0, 2.0], [0, 0, 0.5, 1.0], [0, 0, 0, 1.0]])


def image(data=None):
    return Image(np.zeros((40, 40, 20)) if data is None else data, AFFINE, "here")


def test_a_sphere_has_its_volume_and_place():
    centre = (0.0, 7.0, 6.0)
    mask = images.sphere_region(image(), centre, radius_mm=3.0)
    volume = as_label_map({"ball": mask}, image()).volumes()["ball"]
    assert volume == pytest.approx(4 / 3 * np.pi * 27, rel=0.015)
    middle = AFFINE @ [*np.mean(np.argwhere(mask), axis=0), 1.0]
    np.testing.assert_allclose(middle[:3], centre, atol=1e-9)
    with pytest.raises(InputError, match="no voxel of here lies within"):
        images.sphere_region(image(), (90.0, 0.0, 0.0), radius_mm=3.0)
    for centre, radius in (((0.0, 1.0), 1.0), ((0.0, 0.0, np.nan), 1.0), ((0.0, 0.0, 0.0), -1.0)):
        with pytest.raises(InputError, match=r"centre is|radius_mm is"):
            images.sphere_region(image(), centre, radius_mm=radius)


def test_thresholds_hold_both_ends_and_leave_what_has_no_value():
    data = np.zeros((40, 40, 20))
    data[:3, 0, 0] = [1.0, 2.0, 3.0]
    data[3, 0, 0] = np.nan
    mask = images.threshold_region(image(data), low=2.0)
    assert np.argwhere(mask).tolist() == [[1, 0, 0], [2, 0, 0]]
    of_nibabel = nib.Nifti1Image(data, AFFINE)
    assert images.threshold_region(of_nibabel, low=1.0, high=2.0).sum() == 2
    assert images.threshold_region(image(data), low=1.0, within=data == 3.0).sum() == 1
    with pytest.raises(InputError, match="low up to high"):
        images.threshold_region(image(data), low=2.0, high=1.0)
    with pytest.raises(GeometryError, match="no affine"):
        images.threshold_region(data, low=1.0)


def test_growing_stays_in_one_piece():
    data = np.zeros((40, 40, 20))
    data[5:10, 5:10, 5] = data[20:25, 5:10, 5] = 7.0
    data[10, 10, 5] = 7.0  # touches by a corner alone
    grown = images.grow_region(image(data), (6, 6, 5), low=5.0)
    assert grown.sum() == 25 and not grown[20:].any() and not grown[10, 10, 5]
    with pytest.raises(InputError, match="has the value 0, which lies outside 5 to inf"):
        images.grow_region(image(data), (0, 0, 0), low=5.0)
    with pytest.raises(InputError, match="indices of a voxel"):
        images.grow_region(image(data), (40, 0, 0), low=5.0)


def test_core_and_rim_share_a_region_by_depth_in_mm():
    ball = images.sphere_region(image(), (0.0, 7.0, 6.0), radius_mm=3.0)
    core = images.core_region(ball, image(), depth_mm=1.0)
    rim = images.rim_region(ball, image(), depth_mm=1.0)
    assert not (core & rim).any() and ((core | rim) == ball).all()
    volume = as_label_map({"core": core}, image()).volumes()["core"]
    assert volume == pytest.approx(4 / 3 * np.pi * 8, rel=0.12)
    # A box: two voxels of 0.25 mm and one of 0.5 mm are half a millimetre.
    box = np.zeros((40, 40, 20), dtype=bool)
    box[5:15, 5:15, 5:15] = True
    inner = np.argwhere(images.core_region(box, image(), depth_mm=0.5))
    assert inner.min(axis=0).tolist() == [7, 7, 6] and inner.max(axis=0).tolist() == [12, 12, 13]


def test_where_a_region_leaves_the_image_it_has_no_surface():
    assert images.core_region(np.ones((40, 40, 20)), image(), depth_mm=1.0).all()
    half = np.zeros((40, 40, 20), dtype=bool)
    half[:20] = True
    core = images.core_region(half, image(), depth_mm=1.0)
    assert core[:16].all() and not core[16:].any()
    with pytest.raises(InputError, match="depth_mm is"):
        images.rim_region(half, image(), depth_mm=0.0)
    with pytest.raises(InputError, match="region of shape"):
        images.core_region(half[:2], image(), depth_mm=1.0)


def test_entropy_is_that_of_the_histogram():
    rng = np.random.default_rng(0)
    even = rng.uniform(0, 16, 100_000)
    assert images.histogram_entropy(even, bin_width=1.0) == pytest.approx(4.0, abs=1e-3)
    # of a normal one: log2(sd sqrt(2 pi e) / width)
    normal = rng.normal(0, 3, 200_000)
    expected = np.log2(3 * np.sqrt(2 * np.pi * np.e) / 0.2)
    assert images.histogram_entropy(normal, bin_width=0.2) == pytest.approx(expected, abs=0.01)
    assert images.histogram_entropy([5.0, np.nan], bin_width=1.0) == 0.0
    assert np.isnan(images.histogram_entropy([np.nan], bin_width=1.0))
    with pytest.raises(InputError, match="bin_width is"):
        images.histogram_entropy([1.0], bin_width=0.0)
