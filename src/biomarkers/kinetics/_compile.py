"""How the package's numeric code is compiled: cached on disk, free of the interpreter lock."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])

# Sums may be taken in any order that is the same every time, which lets them use vector units;
# NaN and infinity keep their meaning.
_REORDER = {"reassoc", "contract", "nsz", "arcp"}


def compiled(function: Function) -> Function:
    """Compile a function on its first call."""
    return cast(Function, njit(cache=True, nogil=True)(function))


def compiled_sums(function: Function) -> Function:
    """Compile a function that is mostly sums of products."""
    return cast(Function, njit(cache=True, nogil=True, fastmath=_REORDER)(function))
