"""Numbers kept as a file stores them, which are float64 wherever some of them are looked at."""

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from numpy.lib.mixins import NDArrayOperatorsMixin


class ScaledArray(NDArrayOperatorsMixin):
    """An array of float64, ``slope * stored + intercept``, of which only `stored` takes memory.

    Indexing gives float64 arrays. So does all else that numpy does with it, but of the whole: a
    series is better taken some voxels or volumes at a time.

    Parameters
    ----------
    stored
        Numbers as the file has them, of any shape.
    slope, intercept
        Of the file's header.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.images import ScaledArray
    >>> series = ScaledArray(np.array([[1, 2], [3, 4]], dtype=np.int16), 0.1)
    >>> series.shape, series[0].tolist(), series.stored.nbytes
    ((2, 2), [0.1, 0.2], 8)
    >>> np.asarray(series).sum(axis=1).round(12).tolist(), (series > 0.15).sum().item()
    ([0.3, 0.7], 3)

    """

    def __init__(
        self, stored: npt.NDArray[Any], slope: float = 1.0, intercept: float = 0.0
    ) -> None:
        self.stored, self.slope, self.intercept = stored, slope, intercept

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of values along each axis."""
        return self.stored.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.stored.ndim

    @property
    def size(self) -> int:
        """Number of values."""
        return self.stored.size

    @property
    def dtype(self) -> "np.dtype[np.float64]":
        """Of the values: float64."""
        return np.dtype(np.float64)

    @property
    def flags(self) -> Any:
        """How the values lie in memory."""
        return self.stored.flags

    def alike(self, stored: npt.NDArray[Any], factor: float = 1.0) -> "ScaledArray":
        """Return other stored numbers with this scale, or the same ones times a factor.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.images import ScaledArray
        >>> series = ScaledArray(np.arange(4, dtype=np.int16), 0.5)
        >>> series.alike(series.stored[2:], factor=10.0)[:].tolist()
        [10.0, 15.0]

        """
        return ScaledArray(stored, factor * self.slope, factor * self.intercept)

    def reshape(self, *shape: Any) -> "ScaledArray":
        """Return the same numbers with another shape."""
        return self.alike(self.stored.reshape(*shape))

    def __len__(self) -> int:
        return len(self.stored)

    def __iter__(self) -> Iterator[Any]:
        return (self[at] for at in range(len(self)))

    def __getitem__(self, key: Any) -> Any:
        values = self.stored[key].astype(np.float64)
        if self.slope != 1.0:
            values *= self.slope
        if self.intercept != 0.0:
            values += self.intercept
        return values

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Any:
        if copy is False:
            raise ValueError("a ScaledArray becomes an array by a copy only")
        values = self[...]
        return values if dtype is None else values.astype(dtype, copy=False)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **more: Any) -> Any:
        return getattr(ufunc, method)(*map(_as_array, inputs), **more)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name in ("stored", "slope", "intercept"):
            raise AttributeError(name)  # while it is unpickled, or asked for what arrays lack
        return getattr(np.asarray(self), name)


# What a dynamic series is held as: time is its last axis.
Series: TypeAlias = npt.NDArray[Any] | ScaledArray


def _as_array(given: Any) -> Any:
    return np.asarray(given) if isinstance(given, ScaledArray) else given


def times(series: Series, factor: float) -> Series:
    """Return a series times a factor, in double precision, with no more memory if it can be."""
    if factor == 1.0:
        return series
    if isinstance(series, ScaledArray):
        return series.alike(series.stored, factor)
    return ScaledArray(series, factor)


def empty_like(series: Series) -> npt.NDArray[Any]:
    """Return a new array for what is made of a series: single precision, unless it is double."""
    stored = series.stored if isinstance(series, ScaledArray) else series
    double = stored.dtype != np.float32 and stored.dtype.itemsize > 2
    return np.empty(series.shape, dtype=np.float64 if double else np.float32)


def volumes_of(series: Series, which: npt.ArrayLike) -> Series:
    """Return some volumes of a series, (..., n), by their indices or a mask, held as it is."""
    chosen = np.asarray(which)
    if isinstance(series, ScaledArray):
        return series.alike(series.stored[..., chosen])
    return series[..., chosen]
