"""The voxels of a series that are worked on, and the way back into an image."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_mask, as_numbers
from biomarkers.errors import InputError

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
Array = TypeVar("Array", bound=npt.NDArray[Any])

# Voxels worked on at a time: what is made of them on the way stays in the processor's cache.
CHUNK = 1024


def checked_series(signal4d: npt.ArrayLike) -> FloatArray:
    """Return a dynamic series (..., T) of floating-point numbers.

    Single precision is kept as it is: a series fills much of the memory, and what is computed
    from it is double.
    """
    series = np.asarray(signal4d)
    if series.ndim == 0:
        raise InputError("signal4d needs time as its last axis; found a single number")
    return series if np.issubdtype(series.dtype, np.floating) else series.astype(float)


def chosen_voxels(series: FloatArray, mask: npt.ArrayLike | None) -> BoolArray:
    """Return the voxels of a mask, (...), or those that have signal throughout.

    Raises
    ------
    InputError
        If the mask does not fit, or there is no voxel.

    """
    voxels = series.shape[:-1]
    if mask is None:
        chosen = (np.isfinite(series) & (series > 0)).all(axis=-1)
    else:
        chosen = as_mask("mask", mask, voxels)
    if not chosen.any():
        raise InputError("there is no voxel to fit: the mask is empty, or no voxel has signal")
    return np.asarray(chosen)


def of_chosen(name: str, value: npt.ArrayLike, chosen: BoolArray) -> FloatArray:
    """Return a number or map (...) at the chosen voxels, (V,)."""
    given = as_numbers(name, value)
    try:
        return np.asarray(np.broadcast_to(given, chosen.shape)[chosen])
    except ValueError as error:
        raise InputError(
            f"{name} of shape {given.shape} does not fit voxels {chosen.shape}"
        ) from error


def in_place(chosen: BoolArray, values: Array, *, outside: float | bool = np.nan) -> Array:
    """Put values of the chosen voxels (V,) where they belong; `outside` elsewhere."""
    image = np.full(chosen.shape, outside, dtype=values.dtype)
    image[chosen] = values
    return cast(Array, image)


def in_chunks(work: Callable[[slice], None], count: int, *, size: int = CHUNK) -> None:
    """Call `work` on slices of at most `size` of `count` voxels, over the kinetics' threads."""
    parts = [slice(at, min(at + size, count)) for at in range(0, count, size)]
    with ThreadPoolExecutor(max(1, min(numba.config.NUMBA_NUM_THREADS, len(parts)))) as pool:
        for _ in pool.map(work, parts):
            pass
