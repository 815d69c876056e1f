"""What comes in: echoes before and after the agent, as arrays or images."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.images import Image, require_same_grid

FloatArray = npt.NDArray[np.float64]
Signals: TypeAlias = "npt.ArrayLike | Image | Sequence[Image]"


def echo_times(te: npt.ArrayLike) -> FloatArray:
    """Return echo times (n,), s.

    Raises
    ------
    InputError
        If one is not positive, or longer than a second, which would be milliseconds.

    """
    times = np.atleast_1d(np.asarray(te, dtype=float))
    if times.ndim != 1 or not times.size or not (np.isfinite(times) & (times > 0)).all():
        raise InputError(f"te is {te!r}; expected positive echo times in s")
    if times.min() > 1.0:
        raise InputError(f"te is {te!r}; expected echo times in s, these look like ms")
    if np.unique(times).size < times.size:
        raise InputError(f"te is {te!r}; two echoes have one time")
    return times


def paired_echoes(pre: Signals, post: Signals, echoes: int) -> tuple[FloatArray, FloatArray]:
    """Return both signals as (..., echoes) arrays of floating-point numbers.

    Parameters
    ----------
    pre, post
        An array (..., echoes), an image with the echoes along its fourth axis, or one image per
        echo. A single echo may lack that axis.
    echoes
        How many echo times there are.

    Raises
    ------
    InputError
        If the shapes do not fit each other or the echoes.
    GeometryError
        If images do not share a grid.

    """
    grids = [each for side in (pre, post) for each in _images(side)]
    for other in grids[1:]:
        require_same_grid(grids[0], other)
    before, after = (_stacked(name, side, echoes) for name, side in (("pre", pre), ("post", post)))
    if before.shape != after.shape:
        raise InputError(f"pre of shape {before.shape} and post of shape {after.shape} do not fit")
    return before, after


def _images(side: Signals) -> list[Image]:
    if isinstance(side, Image):
        return [side]
    several = isinstance(side, list | tuple) and bool(side) and isinstance(side[0], Image)
    return [each for each in side if isinstance(each, Image)] if several else []  # type: ignore[union-attr]


def _stacked(name: str, side: Signals, echoes: int) -> FloatArray:
    images = _images(side)
    if images and not isinstance(side, Image):
        values = np.stack([np.asarray(image.data, dtype=float) for image in images], axis=-1)
    else:
        values = np.asarray(images[0].data if images else side)
    if np.iscomplexobj(values) or not np.issubdtype(values.dtype, np.number):
        raise InputError(f"{name} is of type {values.dtype}; expected magnitudes")
    if echoes == 1 and (values.ndim == 0 or values.shape[-1] != 1):
        values = values[..., None]
    if values.shape[-1] != echoes:
        raise InputError(
            f"{name} of shape {values.shape} must end in one value for each of {echoes} echo times"
        )
    return values.astype(float)
