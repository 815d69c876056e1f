"""The peak: the highest mean over a sphere, less noisy than the hottest voxel."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import BoolArray, FloatArray
from biomarkers.errors import InputError
from biomarkers.images import Image

# The sphere of 1 cm^3 (Wahl et al. 2009, PERCIST, doi:10.2967/jnumed.108.057307), mm.
ONE_CM3_RADIUS = 10.0 * (3.0 / (4.0 * math.pi)) ** (1.0 / 3.0)
# Points per radius by which a voxel at the surface is shared between in and out.
_FINENESS = 60.0
_MOST_POINTS = 40


@dataclass(frozen=True)
class Peak:
    """The highest mean over a sphere.

    Parameters
    ----------
    value
        In the unit of the image; NaN if the region has no voxel with a value.
    centre
        Voxel the sphere is centred on.
    covered
        Share of the sphere's volume where the image has values.
    inside
        Share of the sphere's volume in the region.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Image
    >>> from biomarkers.pet import peak
    >>> values = np.ones((15, 15, 15))
    >>> values[0, 7, 7] = 9.0
    >>> highest = peak(Image(values, np.eye(4), "simulated"), values > 5)
    >>> print(highest.centre, f"{highest.covered:.2f} of the sphere lies in the image")
    (0, 7, 7) 0.56 of the sphere lies in the image

    """

    value: float
    centre: tuple[int, ...]
    covered: float
    inside: float


NO_PEAK = Peak(math.nan, (-1, -1, -1), math.nan, math.nan)


def peak(
    image: Image,
    region: BoolArray,
    *,
    radius_mm: float = ONE_CM3_RADIUS,
    whole_voxels: bool = False,
) -> Peak:
    """Return the highest mean over a sphere centred on a voxel of a region.

    The sphere may reach beyond the region, as a small lesion in one of 1 cm^3 does; `inside` says
    how far. A voxel counts with the share of it that is in the sphere. Parts of the sphere where
    there is no image, or no finite value, do not count; `covered` says how much is left.

    Parameters
    ----------
    image
        Values, (x, y, z).
    region
        Where the sphere may be centred, (x, y, z).
    radius_mm
        Of the sphere; 6.2 mm, 1 cm^3, if not given.
    whole_voxels
        Count a voxel wholly if its middle is in the sphere, else not at all, as the "global
        intensity peak" of the Image Biomarker Standardisation Initiative does. Such a sphere of
        1 cm^3 is 22 % too large with voxels of 4 mm and 36 % too small with 4.5 mm.

    Raises
    ------
    InputError
        If the radius is not positive.

    Examples
    --------
    One hot voxel of 1 mm^3 in a sphere of 1 cm^3 raises its mean by a thousandth:

    >>> import numpy as np
    >>> from biomarkers.images import Image
    >>> from biomarkers.pet import peak
    >>> values = np.ones((25, 25, 25))
    >>> values[12, 12, 12] = 9.0
    >>> image = Image(values, np.eye(4), "simulated")
    >>> print(f"{peak(image, values > 5).value:.3f}")
    1.008

    """
    from scipy.signal import oaconvolve  # noqa: PLC0415  (slow to import)

    if not radius_mm > 0.0:
        raise InputError(f"radius_mm is {radius_mm}; expected a positive number")
    values = np.asarray(image.data, dtype=float)
    centres = region & np.isfinite(values)
    if not centres.any():
        return NO_PEAK
    weights = sphere_weights(image.affine, radius_mm, whole_voxels=whole_voxels)
    box = _box(centres, weights.shape)
    values, centres = values[box], centres[box]
    known = np.isfinite(values)

    def total(field: npt.NDArray[np.generic]) -> FloatArray:
        return np.asarray(oaconvolve(field.astype(float), weights, mode="same"))

    covered = total(known)
    means = np.where(
        centres, total(np.where(known, values, 0.0)) / np.where(centres, covered, 1.0), -np.inf
    )
    best = np.unravel_index(int(np.argmax(means)), means.shape)
    return Peak(
        float(means[best]),
        tuple(int(at + part.start) for at, part in zip(best, box, strict=True)),
        _share(covered[best], weights),
        _share(total(region[box] & known)[best], weights),
    )


def _share(part: float, weights: FloatArray) -> float:
    """Return the share of a sphere, rounding of the convolution taken off."""
    return min(1.0, max(0.0, float(part / weights.sum())))


def sphere_weights(
    affine: FloatArray, radius_mm: float, *, whole_voxels: bool = False
) -> FloatArray:
    """Return the share of each voxel that a sphere around the middle one covers.

    Axes have an odd number of voxels. Voxels at the surface are shared by the points of a fine
    grid in them; the volume of the sphere comes out within a few thousandths. With `whole_voxels`
    a voxel is in or out as its middle is.

    Returns
    -------
    ndarray
        (x, y, z), read-only: the weights of a grid and a radius are kept.

    """
    matrix = tuple(map(float, affine[:3, :3].ravel()))
    return _weights(matrix, float(radius_mm), whole_voxels=whole_voxels)


@lru_cache(maxsize=16)  # every region of every scan of a study has the same
def _weights(matrix_mm: tuple[float, ...], radius_mm: float, *, whole_voxels: bool) -> FloatArray:
    weights = _shares_of_sphere(np.reshape(matrix_mm, (3, 3)), radius_mm, whole_voxels=whole_voxels)
    weights.flags.writeable = False
    return weights


def _shares_of_sphere(matrix: FloatArray, radius_mm: float, *, whole_voxels: bool) -> FloatArray:
    reach = radius_mm * np.linalg.norm(np.linalg.inv(matrix), axis=1)
    half = np.ceil(reach - 0.5).astype(int).clip(min=0)
    index = np.stack(np.meshgrid(*(np.arange(-n, n + 1) for n in half), indexing="ij"), axis=-1)
    distance = np.linalg.norm(index @ matrix.T, axis=-1)
    if whole_voxels:
        return np.asarray(distance <= radius_mm, dtype=float)
    corner = 0.5 * np.abs(matrix).sum(axis=1)
    half_diagonal = float(np.linalg.norm(corner))
    weights: FloatArray = (distance + half_diagonal <= radius_mm).astype(float)
    surface = np.abs(distance - radius_mm) < half_diagonal
    points = _points_in_voxel(matrix, radius_mm)
    for each in np.argwhere(surface):
        place = tuple(each)
        away = (index[place] + points) @ matrix.T
        weights[place] = ((away**2).sum(axis=1) <= radius_mm**2).mean()
    return weights


def _points_in_voxel(matrix: FloatArray, radius_mm: float) -> FloatArray:
    """Return points spread evenly over a voxel, (points, 3), in voxels from its middle."""
    edges = np.linalg.norm(matrix, axis=0)
    counts = np.ceil(_FINENESS * edges / radius_mm).astype(int).clip(2, _MOST_POINTS)
    axes = [(np.arange(count) + 0.5) / count - 0.5 for count in counts]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)


def _box(region: BoolArray, kernel: tuple[int, ...]) -> tuple[slice, ...]:
    """Return the part of an image that spheres centred in a region can reach."""
    return tuple(
        slice(max(0, where.min() - size // 2), where.max() + size // 2 + 1)
        for where, size in zip(np.nonzero(region), kernel, strict=True)
    )
