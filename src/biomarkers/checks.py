"""What callers give, as arrays of the type and shape that is needed, or a clear refusal."""

import math
import re
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import BoolArray, FloatArray
from biomarkers.errors import InputError

_SHOWN = 40  # characters of what was found
_DECIMAL = re.compile(
    r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?)", re.ASCII | re.IGNORECASE
)
_REAL = "biufO"  # kinds of numbers, or of objects that may be some; text is none


def parse_number(text: str) -> float:
    """Return the number that a text spells in plain decimal digits, NaN if it spells none.

    Narrower than `float`, which takes 1_0 for 10 and digits of every script: in a table either
    is a slip. What is too large for a float is infinite, as `inf` is.

    Examples
    --------
    >>> from biomarkers.checks import parse_number
    >>> [parse_number(text) for text in ("1.5e-3", "1_0", "0,5", "inf")]
    [0.0015, nan, nan, inf]

    """
    text = text.strip()
    return float(text) if _DECIMAL.fullmatch(text) else math.nan


def is_number(value: object) -> bool:
    """Tell whether a value, as JSON or TOML gives it, is a finite number that a float holds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def as_numbers(name: str, given: npt.ArrayLike) -> FloatArray:
    """Return real numbers, of any shape; `InputError` names what is none."""
    try:
        array = np.asarray(given)
        if array.dtype.kind in _REAL:
            return array.astype(float, copy=False)
    except (TypeError, ValueError, OverflowError):
        pass
    raise InputError(f"{name} is {_shown(given)}; expected real numbers")


def as_numbers_alike(**given: npt.ArrayLike) -> list[FloatArray]:
    """Return several arguments broadcast to one shape; `InputError` names those that do not fit."""
    arrays = {name: as_numbers(name, values) for name, values in given.items()}
    try:
        return list(np.broadcast_arrays(*arrays.values()))
    except ValueError as error:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise InputError(f"shapes do not fit each other: {shapes}") from error


def positive_number(name: str, given: npt.ArrayLike, unit: str = "") -> float:
    """Return one positive number; `InputError` says what was found."""
    array = as_numbers(name, given)
    if array.ndim != 0 or not (np.isfinite(array) and array > 0):
        where = f" ({unit})" if unit else ""
        raise InputError(f"{name} is {_shown(given)}; expected one positive number{where}")
    return float(array)


def as_voxels(name: str, given: npt.ArrayLike, shape: tuple[int, ...]) -> FloatArray:
    """Return a number or a map for every voxel, read-only; `InputError` if it does not fit."""
    values = as_numbers(name, given)
    try:
        return np.broadcast_to(values, shape)
    except ValueError as error:
        raise InputError(f"{name} of shape {values.shape} does not fit voxels {shape}") from error


def as_mask(name: str, given: npt.ArrayLike, shape: tuple[int, ...]) -> BoolArray:
    """Return a mask of a shape: true where what is given is not 0.

    Raises
    ------
    InputError
        If the shape differs, or a value is missing (NaN) or no number.

    """
    array = given if isinstance(given, np.ndarray) else as_numbers(name, given)
    if array.dtype != bool:
        array = as_numbers(name, array)
    if array.shape != shape:
        raise InputError(f"{name} of shape {array.shape} does not fit voxels {shape}")
    if np.isnan(array).any():
        raise InputError(f"{name} has voxels without a value (NaN); expected true or false")
    return array.astype(bool)


def require_type(name: str, given: object, kind: type, how: str) -> None:
    """Raise `InputError` unless `given` is of a type; `how` says how to make one."""
    if not isinstance(given, kind):
        raise InputError(f"{name} is {_shown(given)}; expected {how}")


def require_level(level: float) -> None:
    """Raise `InputError` unless `level` can be the coverage of an interval."""
    if not 0.0 < level < 1.0:
        raise InputError(f"level is {level}; expected a number between 0 and 1")


def _shown(given: Any) -> str:
    """Return what is given if that is short, else its type."""
    if isinstance(given, np.ndarray):
        return f"an array of {given.dtype}"
    text = repr(given)
    return text if len(text) <= _SHOWN else f"of type {type(given).__name__}"
