"""What comes in: echoes before and after the agent, as arrays or images."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.checks import as_numbers
from biomarkers.errors import InputError
from biomarkers.images import Image, require_same_grid
from biomarkers.ranges import check_possible

Signals: TypeAlias = "npt.ArrayLike | Image | Sequence[Image] | Sequence[npt.ArrayLike]"


def echo_times(te: npt.ArrayLike) -> FloatArray:
    """Return echo times (n,), s; `InputError` unless they are positive, differ, and are no ms."""
    times = np.atleast_1d(as_numbers("te", te))
    if times.ndim != 1 or not times.size or not (np.isfinite(times) & (times > 0)).all():
        raise InputError(f"te is {te!r}; expected positive echo times in s")
    if times.min() > 1.0:
        raise InputError(f"te is {te!r}; expected echo times in s, these look like ms")
    if np.unique(times).size < times.size:
        raise InputError(f"te is {te!r}; two echoes have one time")
    return times


def unusual_values(*asked: tuple[str, npt.ArrayLike, str], species: str = "") -> tuple[str, ...]:
    """Return what is unusual about arguments, in words, and warn of it.

    Parameters
    ----------
    *asked
        Quantity, value, and name of the argument. Of several values the extremes are judged.
    species
        Of the animal, where usual values hang on it.

    Raises
    ------
    InputError
        If a value is not possible.

    """
    words = []
    for name, value, source in asked:
        values = as_numbers(source, value)
        for each in dict.fromkeys((float(values.max()), float(values.min()))):
            words.append(check_possible(name, each, source=source, species=species))
    return tuple(dict.fromkeys(filter(None, words)))


def paired_echoes(pre: Signals, post: Signals, echoes: int) -> tuple[FloatArray, FloatArray]:
    """Return both signals as (..., echoes) arrays of floating-point numbers.

    Parameters
    ----------
    pre, post
        An array (..., echoes), an image with the echoes along its fourth axis, or one image or
        array per echo. A single echo may lack that axis.
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
    values = as_numbers(name, _per_echo(name, side, echoes))
    if echoes == 1 and (values.ndim == 0 or values.shape[-1] != 1):
        values = values[..., None]
    if values.ndim == 0 or values.shape[-1] != echoes:
        raise InputError(
            f"{name} of shape {values.shape} must end in one value for each of {echoes} echo times"
        )
    return values


def _per_echo(name: str, side: Signals, echoes: int) -> npt.ArrayLike:
    """Return images or arrays, one for each echo, as one array; anything else as it is."""
    if not isinstance(side, list | tuple) or not side:
        return side  # type: ignore[return-value]
    if len(side) != echoes and isinstance(side[0], Image):
        raise InputError(f"{name}: {len(side)} images for {echoes} echo times; expected one each")
    if len(side) != echoes or not all(isinstance(each, Image | np.ndarray) for each in side):
        return side
    parts = [np.asarray(each) for each in side]
    if len({part.shape for part in parts}) > 1:
        shapes = ", ".join(str(part.shape) for part in parts)
        raise InputError(f"{name}: echoes have shapes {shapes}; expected one")
    if echoes > 1 and parts[0].shape[-1:] == (echoes,) and not isinstance(side[0], Image):
        raise InputError(
            f"{name} is a list of {echoes} arrays that end in {echoes} values: either may be the "
            "echoes; give one array (..., echo)"
        )
    return np.stack(parts, axis=-1)
