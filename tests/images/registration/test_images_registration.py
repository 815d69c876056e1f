"""A simulated rat head aligned with itself: moved, enhanced, of another contrast, or not at all."""

import nibabel as nib
import numpy as np
import pytest
from benchmarks.rat_head import (
    ENHANCED,
    INVERTED,
    PLAIN,
    STILL,
    errors,
    fractions,
    head_mask,
    moved_by,
    picture,
)

from biomarkers.errors import GeometryError, ImageError, InputError
from biomarkers.images import Image, register

MOTION = moved_by((2.0, -3.0, 4.0), (-2.2, 1.4, 3.0))


@pytest.fixture(scope="module")
def still():
    return fractions()


@pytest.fixture(scope="module")
def fixed(still):
    return picture(still, seed=1)


@pytest.fixture(scope="module")
def moved():
    return MOTION, fractions(MOTION)


@pytest.mark.parametrize("contrast", [PLAIN, ENHANCED])
def test_known_motion_is_found_whatever_enhances(fixed, moved, contrast):
    matrix, share = moved
    found = register(picture(share, contrast, seed=2, matrix=matrix), fixed)
    away, turned = errors(found.matrix, matrix)
    assert away < 0.1
    assert turned < 0.25
    assert found.quality["mi"] > found.quality["mi_before"]
    assert found.quality["dice"] > max(found.quality["dice_before"], 0.95)


def test_inverted_contrast_is_found_inside_a_mask(still, fixed, moved):
    matrix, share = moved
    moving = picture(share, INVERTED, seed=2, matrix=matrix)
    away, turned = errors(register(moving, fixed, mask=head_mask(still)).matrix, matrix)
    assert away < 0.1
    assert turned < 0.3


@pytest.mark.parametrize("contrast", [PLAIN, ENHANCED, INVERTED])
def test_a_still_head_stays(still, fixed, contrast):
    mask = head_mask(still) if contrast is INVERTED else None
    found = register(picture(still, contrast, seed=2), fixed, mask=mask)
    away, turned = errors(found.matrix, STILL)
    assert away < 0.05
    assert turned < 0.15


def test_the_way_back_is_the_inverse(fixed, moved):
    matrix, share = moved
    moving = picture(share, ENHANCED, seed=2, matrix=matrix)
    both = register(moving, fixed).matrix @ register(fixed, moving).matrix
    away, turned = errors(both, STILL)
    assert away < 0.02
    assert turned < 0.02


def test_an_affine_map_is_found(fixed, moved):
    """The header of the moving image stretches what its voxels hold."""
    matrix, share = moved
    stretch = np.diag([1.05, 0.97, 1.0, 1.0])
    seen = picture(share, ENHANCED, seed=2, matrix=matrix)
    found = register(Image(seen.data, stretch @ seen.affine, "stretched"), fixed, kind="affine")
    corners = np.array([(x, y, z) for x in (-8, 8) for y in (-8, 8) for z in (-4, 4)])
    off = found.map_points(corners) - (corners @ matrix[:3, :3].T + matrix[:3, 3]) * (1.05, 0.97, 1)
    assert np.abs(off / (0.25, 0.25, 1.0)).max() < 0.2


def test_the_images_may_lie_on_different_grids(fixed, moved):
    matrix, share = moved
    moving = picture(share, seed=2, matrix=matrix)
    cut = Image(moving.data[10:118:2, ::2], moving.affine @ np.array(
        [[2.0, 0, 0, 10.5], [0, 2, 0, 0.5], [0, 0, 1, 0], [0, 0, 0, 1]]), "cut")  # fmt: skip
    thinned = 0.25 * sum(moving.data[10 + i : 118 + i : 2, j::2] for i in (0, 1) for j in (0, 1))
    away, turned = errors(register(Image(thinned, cut.affine, "cut"), fixed).matrix, matrix)
    assert away < 0.1
    assert turned < 0.25


def test_a_deformation_improves_on_the_affine_map():
    x, y, z = np.meshgrid(*(np.arange(n) - 0.5 * (n - 1) for n in (32, 32, 16)), indexing="ij")
    radius = np.sqrt(x**2 + y**2 + (1.5 * z) ** 2)
    rings = Image(np.cos(radius) * (radius < 12) + 2 * (radius < 13), np.eye(4), "rings")
    bent = rings.with_data(np.roll(rings.data, 1, axis=0) * (x > 0) + rings.data * (x <= 0),
                           source="bent")  # fmt: skip
    plain, warped = (register(bent, rings, kind=kind) for kind in ("affine", "syn"))
    assert warped.field.shape == (32, 32, 16, 3)
    assert warped.quality["mi"] > plain.quality["mi"]


def test_kinds_of_images(fixed):
    shifted = nib.Nifti1Image(np.roll(fixed.data, 2, axis=0), fixed.affine)
    found = register(shifted, nib.Nifti1Image(fixed.data, fixed.affine), mask=fixed)
    np.testing.assert_allclose(found.matrix[:3, 3], [0.5, 0, 0], atol=0.02)
    assert isinstance(found.apply(shifted), nib.Nifti1Image)


def test_what_cannot_be_aligned_is_refused(fixed):
    apart = fixed.affine.copy()
    apart[0, 3] += 100.0
    with pytest.raises(GeometryError, match="no overlap"):
        register(Image(fixed.data, apart, "apart"), fixed)
    with pytest.raises(GeometryError, match="no affine"):
        register(fixed.data, fixed)
    with pytest.raises(GeometryError, match="neither sform nor qform"):
        register(fixed, nib.Nifti1Image(fixed.data, None))
    with pytest.raises(GeometryError, match="same everywhere"):
        register(fixed.with_data(np.ones(fixed.shape), source="even"), fixed)
    with pytest.raises(GeometryError, match="no finite value"):
        register(fixed.with_data(np.full(fixed.shape, np.nan), source="empty"), fixed)
    with pytest.raises(ImageError, match="one volume"):
        register(fixed.with_data(np.stack([fixed.data] * 2, -1), source="series"), fixed)
    with pytest.raises(InputError, match="expected one of rigid, affine, syn"):
        register(fixed, fixed, kind="elastic")
    with pytest.raises(GeometryError, match="mask leaves no voxel"):
        register(fixed, fixed, mask=np.zeros(fixed.shape))


def test_noise_alone_is_not_aligned(fixed):
    noise = np.random.default_rng(0).normal(1.0, 0.1, fixed.shape)
    with pytest.raises(GeometryError, match="nothing in common"):
        register(fixed.with_data(noise, source="noise"), fixed)
