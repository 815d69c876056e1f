"""How numeric code is compiled, and the inner products that much of it is made of.

Compiled code is kept on disk (`code_cache`) and free of the interpreter lock.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt
from numba import config, njit
from numba.extending import overload

try:
    from biomarkers.code_cache import keep_code
except ImportError:  # a numba without the parts that this uses: its own cache must do
    from operator import methodcaller

    keep_code = methodcaller("enable_caching")  # type: ignore[assignment]

FloatArray = npt.NDArray[np.float64]
Function = TypeVar("Function", bound=Callable[..., Any])

# Sums may be taken in any order that is the same every time, which lets them use vector units;
# NaN and infinity keep their meaning.
_REORDER = {"reassoc", "contract", "nsz", "arcp"}

# For an argument that is a literal, such as 0, a function is compiled by itself: not for this.
ZERO = cast(int, np.int64(0))


def _compiled(function: Function, **options: Any) -> Function:
    dispatcher = njit(nogil=True, error_model="numpy", **options)(function)
    if not config.DISABLE_JIT:
        keep_code(dispatcher)
    return cast(Function, dispatcher)


def compiled(function: Function) -> Function:
    """Compile a function on its first call."""
    return _compiled(function)


def compiled_inline(function: Function) -> Function:
    """Compile a function into its callers."""
    return _compiled(function, forceinline=True)


def compiled_sums(function: Function) -> Function:
    """Compile a short function that is mostly sums of products, into its callers."""
    return _compiled(function, fastmath=_REORDER, forceinline=True)


def chosen_by_type(stub: Callable[..., Any]) -> Callable[[Function], Function]:
    """Mark a function that picks, by its arguments' types, what a call of `stub` compiles to."""
    return cast(Callable[[Function], Function], overload(stub))


@compiled_sums
def row_dot(a: FloatArray, i: int, b: FloatArray, j: int) -> float:
    """Inner product of row i of `a` with row j of `b`."""
    total = 0.0
    for k in range(a.shape[1]):
        total += a[i, k] * b[j, k]
    return total


@compiled_sums
def vector_dot(a: FloatArray, i: int, b: FloatArray) -> float:
    """Inner product of row i of `a` with a vector; a view of the row would cost more."""
    total = 0.0
    for k in range(b.size):
        total += a[i, k] * b[k]
    return total
