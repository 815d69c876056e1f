"""The voxels or curves that are worked on: chosen by a mask, in chunks over threads, put back.

Results never depend on chunks or threads: each voxel is worked on by itself.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

from biomarkers.arrays import BoolArray, FloatArray, IntArray
from biomarkers.blas import one_blas_thread
from biomarkers.checks import as_mask, as_numbers, as_voxels
from biomarkers.errors import InputError
from biomarkers.images.scaled import ScaledArray, Series

Array = TypeVar("Array", bound=npt.NDArray[Any])

# Voxels worked on at a time: what is made of them on the way stays in the processor's cache.
CHUNK = 1024
# Bytes of curves in double precision that are made of a series at a time: more are not needed, and
# the series itself fills much of the memory.
SLAB_BYTES = 1 << 23


@dataclass(frozen=True, eq=False)
class Chosen:
    """Which voxels are worked on, and the way back to all of them.

    Parameters
    ----------
    shape
        Of all voxels.
    index
        Flat indices of the chosen ones, (V,).

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.estimates import Chosen
    >>> chosen = Chosen((2, 2), np.array([0, 3]))
    >>> len(chosen), chosen.all, chosen.mask.tolist()
    (2, False, [[True, False], [False, True]])

    """

    shape: tuple[int, ...]
    index: IntArray

    @classmethod
    def of(cls, mask: npt.ArrayLike | None, shape: tuple[int, ...]) -> "Chosen":
        """Choose the voxels of a mask, (...); all of them without one.

        Raises
        ------
        InputError
            If the mask has another shape, a value that is missing, or none that is a number.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.estimates import Chosen
        >>> Chosen.of([[False, True], [True, True]], (2, 2)).index.tolist()
        [1, 2, 3]

        """
        if mask is None:
            return cls(shape, np.arange(int(np.prod(shape)), dtype=np.int64))
        return cls(shape, np.flatnonzero(as_mask("mask", mask, shape)).astype(np.int64))

    def __len__(self) -> int:
        return self.index.size

    @property
    def all(self) -> bool:
        """Whether every voxel is chosen."""
        return self.index.size == int(np.prod(self.shape))

    @property
    def mask(self) -> BoolArray:
        """True where chosen, (...)."""
        return self.place(np.ones(len(self), dtype=bool), outside=False)

    def take(self, name: str, given: npt.ArrayLike) -> FloatArray:
        """Return a number or a map (...) at the chosen voxels, (V,).

        Raises
        ------
        InputError
            If it is no number, or does not fit the voxels.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.estimates import Chosen
        >>> chosen = Chosen.of([[False, True], [True, True]], (2, 2))
        >>> chosen.take("B1", [[0.9, 1.0], [1.1, 1.2]]).tolist()
        [1.0, 1.1, 1.2]
        >>> chosen.take("B1", 1.0).tolist()
        [1.0, 1.0, 1.0]

        """
        return np.asarray(as_voxels(name, given, self.shape).reshape(-1)[self.index])

    def place(self, values: Array, *, outside: float | bool = np.nan) -> Array:
        """Put values of the chosen voxels (V,) where they belong; `outside` elsewhere.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.estimates import Chosen
        >>> chosen = Chosen.of([[False, True], [True, True]], (2, 2))
        >>> chosen.place(np.array([1.5, 2.5, 3.5])).tolist()
        [[nan, 1.5], [2.5, 3.5]]

        """
        if self.all:
            return cast(Array, values.reshape(self.shape))
        whole = np.full(int(np.prod(self.shape)), outside, dtype=values.dtype)
        whole[self.index] = values
        return cast(Array, whole.reshape(self.shape))


def slabs(count: int, size: int) -> list[slice]:
    """Return slices of `count` curves, each of which takes some MiB if a curve has `size` values.

    Examples
    --------
    >>> from biomarkers.estimates.voxels import slabs
    >>> slabs(20_000, 60)
    [slice(0, 17476, None), slice(17476, 20000, None)]

    """
    step = max(1, SLAB_BYTES // (8 * max(size, 1)))
    return [slice(at, min(at + step, count)) for at in range(0, count, step)]


def mean_of_finite(rows: Series, index: IntArray | slice = slice(None)) -> tuple[FloatArray, int]:
    """Return the mean (T,) of those of some curves (N, T) that are finite, and how many are.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.estimates.voxels import mean_of_finite
    >>> mean, count = mean_of_finite(np.array([[1.0, 2.0], [np.nan, 5.0], [3.0, 8.0]]))
    >>> mean.tolist(), count
    ([2.0, 5.0], 2)

    """
    chosen = np.arange(len(rows))[index]
    total, count = np.zeros(rows.shape[1]), 0
    for part in slabs(chosen.size, rows.shape[1]):
        some = np.asarray(rows[chosen[part]], dtype=float)
        total = added(total, some, finite := np.isfinite(some).all(axis=1))
        count += int(finite.sum())
    return total / (count or np.nan), count


def finite_rows(rows: Series, index: IntArray | None = None) -> BoolArray:
    """Return which of some curves (N, T), or of all, have a value at every sample."""
    count = len(rows) if index is None else index.size
    finite = np.zeros(count, dtype=bool)
    for part in slabs(count, rows.shape[1]):
        finite[part] = np.isfinite(rows[part if index is None else index[part]]).all(axis=1)
    return finite


def weighted_mean(rows: Series, index: IntArray, weights: FloatArray) -> FloatArray:
    """Return the mean (T,) of some curves (N, T), which are finite, by their weights (V,)."""
    total = np.zeros(rows.shape[1])
    for part in slabs(index.size, rows.shape[1]):
        some = np.asarray(rows[index[part]], dtype=float) * weights[part, None]
        total = added(total, some, np.ones(len(some), dtype=bool))
    return np.asarray(total / weights.sum())


def added(total: FloatArray, curves: FloatArray, which: BoolArray) -> FloatArray:
    """Return a sum (T,) and those of some curves (V, T) that are meant; `curves` may change.

    They are added one after the other, as where all are at hand: that there are slabs must not
    show in the last digit.
    """
    rows = curves if which.all() else curves[which]
    if not len(rows):
        return total
    rows[0] += total
    return np.asarray(np.add.reduce(rows, axis=0))


def with_signal(series: npt.ArrayLike | Series, mask: npt.ArrayLike | None) -> Chosen:
    """Choose the voxels of a series (..., T) inside a mask, or those that mostly have signal.

    Raises
    ------
    InputError
        If the mask does not fit, or there is no voxel.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.estimates import with_signal
    >>> series = np.array([[5.0, 4.0, 3.0], [0.0, 0.0, 1.0], [5.0, np.nan, 4.0]])
    >>> with_signal(series, None).index.tolist()
    [0, 2]

    """
    if not isinstance(series, np.ndarray | ScaledArray):
        series = as_numbers("series", series)
    shape = series.shape[:-1]
    chosen = Chosen.of(_mostly_above_zero(series) if mask is None else mask, shape)
    if not len(chosen):
        raise InputError("there is no voxel to fit: the mask is empty, or no voxel has signal")
    return chosen


def _mostly_above_zero(series: Series) -> BoolArray:
    """Return which voxels of a series have signal in most samples, (...)."""
    if not series.size:
        return np.zeros(series.shape[:-1], dtype=bool)
    rows = series.reshape(-1, series.shape[-1])
    mostly = np.zeros(len(rows), dtype=bool)
    for part in slabs(len(rows), rows.shape[1]):
        some = rows[part]
        # One that lacks a sample is chosen too: that it has no value is then said of it.
        there = np.count_nonzero(np.isfinite(some) & (some > 0), axis=-1)
        mostly[part] = 2 * there > rows.shape[1]
    return mostly.reshape(series.shape[:-1])


def checked_series(signal4d: npt.ArrayLike | Series) -> Series:
    """Return a dynamic series (..., T) of floating-point numbers.

    What is of single precision, or a `ScaledArray`, is kept as it is: a series fills much of the
    memory, and what is computed from it is double.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.estimates import checked_series
    >>> checked_series([[1, 2, 3]]).dtype.name
    'float64'
    >>> checked_series(np.zeros((2, 3), np.float32)).dtype.name
    'float32'

    """
    if isinstance(signal4d, ScaledArray):
        series: Series = signal4d
    elif isinstance(signal4d, np.ndarray) and signal4d.dtype.kind == "f":
        series = signal4d
    else:
        series = as_numbers("signal4d", signal4d)
    if series.ndim == 0 or series.size == 0:
        raise InputError(
            f"signal4d of shape {series.shape}; expected a series with time as its last axis"
        )
    return series


@one_blas_thread()
def in_chunks(work: Callable[[slice], None], count: int, *, size: int = CHUNK) -> None:
    """Call `work` on slices of at most `size` of `count` voxels, over threads.

    NUMBA_NUM_THREADS sets how many threads, as for numba itself; compiled code frees the
    interpreter.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.estimates import in_chunks
    >>> squares = np.zeros(2500)
    >>> def work(part):
    ...     squares[part] = np.arange(2500)[part] ** 2
    >>> in_chunks(work, 2500, size=1000)
    >>> squares[[0, 1000, 2499]].tolist()
    [0.0, 1000000.0, 6245001.0]

    """
    parts = [slice(at, min(at + size, count)) for at in range(0, count, size)]
    workers = min(numba.config.NUMBA_NUM_THREADS, len(parts))
    if workers <= 1:
        for part in parts:
            work(part)
        return
    with ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(work, part) for part in parts]:
            done.result()
