"""Checks of what a fit is asked to do, shared by every kind of model."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.kinetics._linear import BoolArray
from biomarkers.timing import FloatArray, Frames


@dataclass(frozen=True, eq=False)
class Data:
    """Curves to fit, checked; nothing is copied until a chunk of them is needed."""

    curves: npt.NDArray[np.generic]  # (..., T)
    frames: Frames
    weights: FloatArray  # (T,)
    chosen: npt.NDArray[np.int64]  # flat indices of the curves inside the mask

    @property
    def shape(self) -> tuple[int, ...]:
        """Leading shape of the curves."""
        return self.curves.shape[:-1]

    @property
    def all_chosen(self) -> bool:
        """Whether every curve is to be fitted."""
        return self.chosen.size == int(np.prod(self.shape))

    def take(self, places: slice) -> FloatArray:
        """Give some of the chosen curves, (V, T) in float64, one after the other in memory."""
        if self.curves.flags.c_contiguous and self.all_chosen:
            rows = self.curves.reshape(-1, self.curves.shape[-1])[places]
            return np.asarray(rows, dtype=float)
        index = np.unravel_index(self.chosen[places], self.shape) if self.shape else ()
        return np.ascontiguousarray(np.atleast_2d(self.curves[index]), dtype=float)


def check_data(
    curves: npt.ArrayLike,
    time: npt.ArrayLike | Frames,
    weights: npt.ArrayLike | None,
    mask: npt.ArrayLike | None,
) -> Data:
    """Check the arguments of a fit against each other.

    Raises
    ------
    InputError
        If the shapes disagree, or weights are negative, not finite or all zero.

    """
    frames = time if isinstance(time, Frames) else Frames.instants(time)
    array = np.asarray(curves)
    count = len(frames)
    if array.ndim == 0 or array.shape[-1] != count:
        raise InputError(
            f"curves have shape {array.shape} but there are {count} time points; the last axis "
            "of the curves must be time"
        )
    if not np.issubdtype(array.dtype, np.number) or np.iscomplexobj(array):
        raise InputError(f"curves are of type {array.dtype}; expected real numbers")
    return Data(array, frames, _check_weights(weights, count), _check_mask(mask, array.shape[:-1]))


def _check_weights(weights: npt.ArrayLike | None, count: int) -> FloatArray:
    if weights is None:
        return np.ones(count)
    vector = np.asarray(weights, dtype=float)
    if vector.shape != (count,):
        raise InputError(
            f"weights have shape {vector.shape}; expected ({count},), one per time point"
        )
    if not (np.isfinite(vector).all() and (vector >= 0).all() and vector.any()):
        raise InputError("weights must be finite, 0 or more, and not all 0")
    return vector


def _check_mask(mask: npt.ArrayLike | None, shape: tuple[int, ...]) -> npt.NDArray[np.int64]:
    if mask is None:
        return np.arange(int(np.prod(shape)), dtype=np.int64)
    inside: BoolArray = np.asarray(mask).astype(bool)
    if inside.shape != shape:
        raise InputError(f"mask has shape {inside.shape}; expected {shape}, as the curves")
    return np.flatnonzero(inside).astype(np.int64)


def check_delay(delay: float | tuple[float, float] | None) -> float | tuple[float, float]:
    """Return a delay to apply (s), or the (low, high) bounds of one to fit.

    Raises
    ------
    InputError
        If a value is not finite or the bounds are not in order.

    """
    if delay is None:
        return 0.0
    values = np.atleast_1d(np.asarray(delay, dtype=float))
    if values.ndim != 1 or values.size > 2 or not np.isfinite(values).all():
        raise InputError(f"delay {delay!r}; expected None, seconds, or (low, high) in seconds")
    if values.size == 1:
        return float(values[0])
    if not values[0] < values[1]:
        raise InputError(f"delay bounds {delay!r}; expected low < high")
    return float(values[0]), float(values[1])
