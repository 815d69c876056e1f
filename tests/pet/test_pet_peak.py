"""The peak over a sphere against spheres, caps and fields whose mean is known exactly."""

import math

import numpy as np
import pytest

from biomarkers import pet
from biomarkers.errors import InputError
from biomarkers.images import Image
from biomarkers.pet.sphere_peak import ONE_CM3_RADIUS, sphere_weights

R = ONE_CM3_RADIUS
TILT = np.array([[0.8, -0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 1.0]])


def grid(*edges: float, tilt: np.ndarray | None = None) -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3] = (np.eye(3) if tilt is None else tilt) @ np.diag(edges)
    return affine


def cap(height: float) -> float:
    """Share of a sphere of radius R in a cap."""
    return math.pi * height**2 * (3.0 * R - height) / 3.0 / 1000.0


def middle_only(shape: tuple[int, ...]) -> np.ndarray:
    region = np.zeros(shape, dtype=bool)
    region[tuple(size // 2 for size in shape)] = True
    return region


def test_the_sphere_is_one_cubic_centimetre() -> None:
    assert 4.0 / 3.0 * math.pi * R**3 == pytest.approx(1000.0)
    assert pytest.approx(6.2035, abs=1e-4) == R


@pytest.mark.parametrize("radius", [R, 1.5])
@pytest.mark.parametrize(
    "affine",
    [
        *(grid(1.0, 1.0, 1.0), grid(2.0, 2.0, 2.0), grid(4.0, 4.0, 3.0), grid(0.4, 0.4, 0.8)),
        *(grid(-2.0, 2.0, 3.3), grid(1.2, 1.2, 2.5, tilt=TILT)),
    ],
)
def test_shares_of_voxels_add_up_to_the_sphere(affine: np.ndarray, radius: float) -> None:
    volume = sphere_weights(affine, radius).sum() * abs(np.linalg.det(affine[:3, :3]))
    assert volume == pytest.approx(4.0 / 3.0 * math.pi * radius**3, rel=2e-3)


def test_weights_that_are_kept_are_those_of_the_grid_and_cannot_be_changed() -> None:
    affine = grid(2.0, 2.0, 3.0)
    moved = affine.copy()
    moved[:3, 3] += 7.0
    weights = sphere_weights(affine, R)
    np.testing.assert_array_equal(sphere_weights(moved, R), weights)
    assert sphere_weights(affine, R, whole_voxels=True).sum() != weights.sum()
    assert sphere_weights(grid(2.0, 2.0, 2.0), R).shape != weights.shape
    with pytest.raises(ValueError, match="read-only"):
        weights[0] = 1.0


@pytest.mark.parametrize(("edge", "volume"), [(4.0, 1.22), (4.5, 0.64)])
def test_whole_voxels_make_another_sphere(edge: float, volume: float) -> None:
    weights = sphere_weights(grid(edge, edge, edge), R, whole_voxels=True)
    assert weights.sum() * edge**3 / 1000.0 == pytest.approx(volume, abs=5e-3)


@pytest.mark.parametrize("edge", [0.5, 1.0, 1.5])
def test_a_hot_sphere_smaller_than_the_peaks(edge: float) -> None:
    """All of a hot sphere of 4 mm radius is in the peak's sphere: (4 / 6.2035)^3 of it is hot."""
    size = 2 * math.ceil(8.0 / edge) + 1
    hot = sphere_weights(grid(edge, edge, edge), 4.0)
    field = np.zeros((size,) * 3)
    around = tuple(slice(size // 2 - n // 2, size // 2 + n // 2 + 1) for n in hot.shape)
    field[around] = hot
    found = pet.peak(Image(field, grid(edge, edge, edge), "made here"), field > 0.5)
    assert found.value == pytest.approx((4.0 / R) ** 3, rel=2e-3)
    assert found.covered == pytest.approx(1.0)
    assert found.inside == pytest.approx((field > 0.5).sum() * edge**3 / 1000.0, rel=2e-3)


def test_a_hot_sphere_larger_than_the_peaks_is_as_hot_as_it_is() -> None:
    affine = grid(2.0, 2.0, 3.0)
    index = np.stack(np.indices((21, 21, 15)), axis=-1) @ np.diag([2.0, 2.0, 3.0])
    hot = np.linalg.norm(index - [20.0, 20.0, 21.0], axis=-1) <= 12.0
    found = pet.peak(Image(np.where(hot, 7.0, 1.0), affine, "made here"), hot)
    assert found.value == pytest.approx(7.0)
    assert (found.covered, found.inside) == pytest.approx((1.0, 1.0))


@pytest.mark.parametrize("affine", [grid(0.5, 0.5, 0.5), grid(0.5, 0.4, 0.8, tilt=TILT)])
def test_a_parabola_has_its_mean_over_the_sphere(affine: np.ndarray) -> None:
    """The mean of 1 − (r/20)² over a sphere is 1 − (3/5) (R/20)²."""
    shape = (41, 45, 25)
    index = np.stack(np.indices(shape), axis=-1) - np.array([size // 2 for size in shape])
    distance = np.linalg.norm(index @ affine[:3, :3].T, axis=-1)
    found = pet.peak(Image(1.0 - (distance / 20.0) ** 2, affine, "x"), middle_only(shape))
    assert found.value == pytest.approx(1.0 - 0.6 * (R / 20.0) ** 2, abs=3e-4)


@pytest.mark.parametrize("edge", [1.0, 2.0, 3.0])
@pytest.mark.parametrize("layers", [0, 1])
def test_a_hot_half_space_and_an_edge_of_the_image_cut_caps(edge: float, layers: int) -> None:
    """From the middle of a voxel to the face of the one `layers` on are layers + 1/2 edges."""
    height = R - (layers + 0.5) * edge
    shape = (15, 15, 15)
    field = np.zeros(shape)
    field[7 + layers + 1 :] = 1.0
    found = pet.peak(Image(field, grid(edge, edge, edge), "x"), middle_only(shape))
    assert found.value == pytest.approx(cap(height), abs=1e-3)
    cut = Image(field[: 7 + layers + 1], grid(edge, edge, edge), "x")
    found = pet.peak(cut, middle_only(shape)[: 7 + layers + 1])
    assert found.covered == pytest.approx(1.0 - cap(height), abs=1e-3)
    assert found.value == pytest.approx(0.0, abs=1e-12)


def test_the_sphere_goes_where_the_mean_is_highest() -> None:
    """A hot plateau beats one hotter voxel: the peak is not centred on the maximum."""
    field = np.ones((25, 25, 25))
    field[12:20, 12:20, 12:20] = 5.0
    field[3, 3, 3] = 20.0
    found = pet.peak(Image(field, grid(2.0, 2.0, 2.0), "x"), field > 2.0)
    assert found.value == pytest.approx(5.0)
    assert all(15 <= at <= 16 for at in found.centre)


def test_voxels_without_a_value_do_not_count() -> None:
    field = np.full((15, 15, 15), 3.0)
    field[:, :, 8:] = np.nan
    found = pet.peak(Image(field, grid(2.0, 2.0, 2.0), "x"), middle_only(field.shape))
    assert found.value == pytest.approx(3.0)
    assert found.covered == pytest.approx(1.0 - cap(R - 1.0), abs=2e-3)
    nothing = pet.peak(Image(field * np.nan, np.eye(4), "x"), middle_only(field.shape))
    assert math.isnan(nothing.value)
    assert math.isnan(nothing.covered)


def test_a_radius_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="radius_mm is 0"):
        pet.peak(Image(np.ones((3, 3, 3)), np.eye(4), "x"), middle_only((3, 3, 3)), radius_mm=0.0)
