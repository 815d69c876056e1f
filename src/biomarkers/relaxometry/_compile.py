"""How the numeric code of this room is compiled: cached on disk, free of the interpreter lock."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from numba import njit
from numba.extending import overload

Function = TypeVar("Function", bound=Callable[..., Any])


_COMMON = {"cache": True, "nogil": True, "error_model": "numpy"}

# Sums may be taken in any order that is the same every time, which lets them use vector units.
_REORDER = {"reassoc", "contract", "nsz", "arcp"}


def compiled(function: Function) -> Function:
    """Compile a function on its first call."""
    return cast(Function, njit(**_COMMON)(function))


def compiled_inline(function: Function) -> Function:
    """Compile a function into its callers."""
    return cast(Function, njit(**_COMMON, forceinline=True)(function))


def compiled_sums(function: Function) -> Function:
    """Compile a short function that is mostly sums of products."""
    return cast(Function, njit(**_COMMON, fastmath=_REORDER, forceinline=True)(function))


def chosen_by_type(stub: Callable[..., Any]) -> Callable[[Function], Function]:
    """Mark a function that picks, by its arguments' types, what a call of `stub` compiles to."""
    return cast(Callable[[Function], Function], overload(stub))
