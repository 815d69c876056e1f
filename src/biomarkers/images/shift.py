"""How far one image has moved against another: a cheap check, no registration."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from biomarkers.arrays import BoolArray, FloatArray
from biomarkers.checks import as_numbers
from biomarkers.errors import InputError

_SMOOTHING = 1.0  # voxels
_ROUNDS = 20
_REST = 1e-3  # voxels
_LONGEST = 1.0  # voxels a round
_SHORTEST = 4  # axes with fewer voxels show no shift along themselves
_LARGEST = 1e75  # of values whose squares, summed and squared again, are still numbers
_BORDER, _ROOM_FOR_BORDER = 2, 12  # voxels left out at the ends of axes that have room for it
_REACH = 5  # voxels around what is missing that smoothing and shift may have touched
_SURE = 5.0  # standard errors that tell a shift from noise


def estimate_shift(fixed: npt.ArrayLike, moving: npt.ArrayLike) -> FloatArray:
    """Estimate how far the content of an image has moved along each axis.

    The shift that, with one factor for brightness, makes both images most alike after a little
    smoothing (least squares on the gradient, repeated). Meant for shifts of up to two voxels of
    images whose contrast is alike; rotations are not seen.

    Parameters
    ----------
    fixed, moving
        Images of the same shape. What is not finite in both counts as 0; around what is missing in
        one only, nothing is compared.

    Returns
    -------
    ndarray
        Shift of `moving` against `fixed`, voxels, one number per axis; 0 along axes of fewer than
        four voxels, and where none stands out of the noise.

    Raises
    ------
    InputError
        If the shapes differ.

    References
    ----------
    Lucas BD, Kanade T. Proc 7th Int Joint Conf Artificial Intelligence 1981:674-679.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import estimate_shift
    >>> x, y = np.indices((40, 40))
    >>> def blob(at):
    ...     return np.exp(-((x - at) ** 2 + (y - 20) ** 2) / 50)
    >>> (estimate_shift(blob(20.0), blob(21.5)).round(1) + 0.0).tolist()
    [1.5, 0.0]

    """
    one, two = as_numbers("fixed", fixed), as_numbers("moving", moving)
    if one.shape != two.shape:
        raise InputError(f"images of shapes {one.shape} and {two.shape} cannot be compared")
    axes = [axis for axis, size in enumerate(one.shape) if size >= _SHORTEST]
    compared = _comparable(np.isfinite(one) ^ np.isfinite(two), axes)
    one, two = (np.nan_to_num(each, posinf=0.0, neginf=0.0) for each in (one, two))
    if max(np.abs(each).max(initial=0.0) for each in (one, two)) > _LARGEST:
        raise InputError(f"an image holds values above {_LARGEST:g}; their squares are no numbers")
    sigma = [_SMOOTHING if axis in axes else 0.0 for axis in range(one.ndim)]
    one, two = (ndimage.gaussian_filter(each, sigma, mode="nearest") for each in (one, two))
    shift = np.zeros(one.ndim)
    axes = _moved_axes(one, two, axes, compared)
    for _ in range(_ROUNDS if axes else 0):
        step, _ = _step(one, ndimage.shift(two, -shift, order=1, mode="nearest"), axes, compared)
        shift[axes] += np.clip(step, -_LONGEST, _LONGEST)
        if np.abs(step).max() < _REST:
            break
    return shift


def _comparable(lacking: BoolArray, axes: list[int]) -> BoolArray | None:
    """Return where both images can be compared; None for everywhere."""
    if not lacking.any():
        return None
    reach = np.zeros([2 * _REACH + 1 if axis in axes else 1 for axis in range(lacking.ndim)])
    return ~ndimage.binary_dilation(lacking, reach == 0)


def _moved_axes(
    one: FloatArray, two: FloatArray, axes: list[int], compared: BoolArray | None
) -> list[int]:
    """Return the axes along which a shift stands out of the noise."""
    if not axes or not one.any() or not two.any():
        return []
    step, error = _step(one, two, axes, compared)
    return [
        axis for axis, s, e in zip(axes, step, error, strict=True) if abs(s) > max(_SURE * e, _REST)
    ]


def _step(
    one: FloatArray, two: FloatArray, axes: list[int], compared: BoolArray | None
) -> tuple[FloatArray, FloatArray]:
    """Return the shift of a small displacement and its standard error, voxels, along `axes`."""
    inside = tuple(
        slice(_BORDER, -_BORDER) if size >= _ROOM_FOR_BORDER else slice(None) for size in one.shape
    )
    slopes = [np.gradient(one, axis=axis)[inside].ravel() for axis in axes]
    design = np.column_stack([one[inside].ravel(), *(-each for each in slopes)])
    target = two[inside].ravel()
    if compared is not None:
        design, target = design[compared[inside].ravel()], target[compared[inside].ravel()]
    normal = np.linalg.pinv(design.T @ design)
    solution = normal @ (design.T @ target)
    rest = target - design @ solution
    # Smoothing makes neighbours alike: so many voxels count as one.
    alike = (2.0 * np.sqrt(np.pi) * _SMOOTHING) ** len(axes)
    spread = np.sqrt(np.diag(normal) * alike * (rest @ rest) / max(target.size, 1))
    factor = solution[0] if solution[0] > 0.0 else np.inf
    return np.asarray(solution[1:] / factor), np.asarray(spread[1:] / factor)
