"""Regions made from images and from other regions: spheres, thresholds, growing, cores and rims.

Each is a mask, (x, y, z); `as_label_map({"name": mask, ...}, like)` makes a label map of several,
with `.volumes()`, and `region_statistics` its histogram biomarkers.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from biomarkers.arrays import BoolArray
from biomarkers.checks import as_mask, as_numbers, positive_number
from biomarkers.errors import InputError
from biomarkers.images.grid import Grid, voxel_size
from biomarkers.images.kinds import AnyImage, as_image

_ROUNDING = 1.0 + 1e-6


def sphere_region(like: Grid, centre: npt.ArrayLike, *, radius_mm: float) -> BoolArray:
    """Return the voxels whose centres lie within a sphere.

    Parameters
    ----------
    like
        Image or header with the grid.
    centre
        Of the sphere, (3,), mm in the space of the scanner.
    radius_mm
        Its radius.

    Raises
    ------
    InputError
        If the centre or the radius is none, or no voxel lies within.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Image, sphere_region
    >>> image = Image(np.zeros((20, 20, 20)), np.diag([0.5, 0.5, 0.5, 1.0]), "pet.nii.gz")
    >>> sphere = sphere_region(image, (5.0, 5.0, 5.0), radius_mm=2.0)
    >>> print(f"{sphere.sum() * image.voxel_volume:.0f} mm^3")  # 4/3 pi r^3 is 33.5
    32 mm^3

    """
    point = as_numbers("centre", centre)
    if point.shape != (3,) or not np.isfinite(point).all():
        raise InputError(f"centre is {centre!r}; expected three coordinates, mm")
    radius = positive_number("radius_mm", radius_mm, "mm")
    shape = tuple(like.shape[:3])
    away = np.indices(shape).reshape(3, -1).T @ like.affine[:3, :3].T + like.affine[:3, 3] - point
    mask = ((away**2).sum(axis=1) <= (radius * _ROUNDING) ** 2).reshape(shape)
    if not mask.any():
        raise InputError(f"no voxel of {like.source} lies within {radius:g} mm of {point.tolist()}")
    return np.asarray(mask)


def threshold_region(
    image: AnyImage,
    *,
    low: float = -np.inf,
    high: float = np.inf,
    within: npt.ArrayLike | None = None,
) -> BoolArray:
    """Return the voxels of an image, (x, y, z), with a value from low to high.

    Parameters
    ----------
    image
        Of any kind.
    low, high
        Both included.
    within
        Voxels that come into question, (x, y, z); all if not given.

    Raises
    ------
    InputError
        If low is above high, or `within` does not fit.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Image, threshold_region
    >>> suv = Image(np.array([0.5, 2.6, 4.0, 3.1]).reshape(4, 1, 1), np.eye(4), "SUV.nii.gz")
    >>> threshold_region(suv, low=0.41 * suv.data.max()).ravel().tolist()  # 41 % of the highest
    [False, True, True, True]

    """
    if not low <= high:
        raise InputError(f"low is {low} and high is {high}; expected low up to high")
    values = np.asarray(as_image("image", image).data, dtype=float)
    with np.errstate(invalid="ignore"):
        mask = (values >= low) & (values <= high)
    return np.asarray(mask if within is None else mask & as_mask("within", within, values.shape))


def grow_region(
    image: AnyImage,
    seed: Sequence[int],
    *,
    low: float = -np.inf,
    high: float = np.inf,
    within: npt.ArrayLike | None = None,
) -> BoolArray:
    """Return what `threshold_region` gives of the neighbourhood of a voxel.

    Voxels belong together that share a face.

    Parameters
    ----------
    image, low, high, within
        As of `threshold_region`.
    seed
        Indices of the voxel, (3,).

    Raises
    ------
    InputError
        As `threshold_region`, or if the seed lies outside the image or the thresholds.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Image, grow_region
    >>> suv = Image(np.array([3.0, 4.0, 0.5, 5.0]).reshape(4, 1, 1), np.eye(4), "SUV.nii.gz")
    >>> grow_region(suv, (1, 0, 0), low=2.5).ravel().tolist()  # the last voxel is apart
    [True, True, False, False]

    """
    mask = threshold_region(image, low=low, high=high, within=within)
    place = tuple(int(index) for index in seed)
    if len(place) != 3 or any(not 0 <= i < n for i, n in zip(place, mask.shape, strict=True)):
        raise InputError(f"seed is {seed!r}; expected the indices of a voxel of {mask.shape}")
    if not mask[place]:
        value = float(np.asarray(as_image("image", image).data)[place])
        raise InputError(
            f"the seed {place} has the value {value:g}, which lies outside {low:g} to {high:g}"
        )
    parts, _ = ndimage.label(mask)
    return np.asarray(parts == parts[place])


def core_region(region: npt.ArrayLike, like: Grid, *, depth_mm: float) -> BoolArray:
    """Return the voxels of a region that lie deeper than `depth_mm` below its surface.

    Parameters
    ----------
    region
        Mask, (x, y, z). Where it leaves the image it has no surface.
    like
        Image or header with the grid.
    depth_mm
        How thick a layer is left away; voxels count by their outer face.

    Raises
    ------
    InputError
        If the mask does not fit, or the depth is not positive.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Image, core_region
    >>> image = Image(np.zeros((12, 12, 12)), np.diag([0.5, 0.5, 0.5, 1.0]), "T2w.nii.gz")
    >>> cube = np.zeros((12, 12, 12), dtype=bool)
    >>> cube[1:11, 1:11, 1:11] = True
    >>> int(core_region(cube, image, depth_mm=1.0).sum())  # 10 voxels wide, less 2 on each side
    216

    """
    mask = as_mask("region", region, tuple(like.shape[:3]))
    depth = positive_number("depth_mm", depth_mm, "mm")
    if mask.all():
        return mask
    below = ndimage.distance_transform_edt(mask, sampling=voxel_size(like.affine))
    return np.asarray(below > depth * _ROUNDING)


def rim_region(region: npt.ArrayLike, like: Grid, *, depth_mm: float) -> BoolArray:
    """Return the layer of a region down to `depth_mm` below its surface; as `core_region`.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import Image, rim_region
    >>> image = Image(np.zeros((12, 12, 12)), np.diag([0.5, 0.5, 0.5, 1.0]), "T2w.nii.gz")
    >>> cube = np.zeros((12, 12, 12), dtype=bool)
    >>> cube[1:11, 1:11, 1:11] = True
    >>> int(rim_region(cube, image, depth_mm=1.0).sum())  # 10^3 less the core of 6^3
    784

    """
    mask = as_mask("region", region, tuple(like.shape[:3]))
    return mask & ~core_region(mask, like, depth_mm=depth_mm)


def histogram_entropy(values: npt.ArrayLike, *, bin_width: float) -> float:
    """Return the entropy of the histogram of values, bits.

    It depends on the width of the bins: compare it within one width. Bins begin at multiples of it.

    Parameters
    ----------
    values
        Of a region's voxels; those that are not finite do not count.
    bin_width
        In the unit of the values.

    Returns
    -------
    float
        From 0, all in one bin, to log2 of the number of values; NaN without any.

    Examples
    --------
    >>> from biomarkers.images import histogram_entropy
    >>> histogram_entropy([0.1, 0.2, 1.1, 1.2], bin_width=1.0)
    1.0

    """
    width, sample = positive_number("bin_width", bin_width), as_numbers("values", values)
    _, counts = np.unique(np.floor(sample[np.isfinite(sample)] / width), return_counts=True)
    if not counts.size:
        return float("nan")
    share = counts / counts.sum()
    return float(-(share * np.log2(share)).sum()) + 0.0
