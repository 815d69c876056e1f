"""Checks of what a fit is asked to do, shared by every method."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError

FloatArray = npt.NDArray[np.float64]
Bounds = tuple[float, float]

# Shortest and longest T1 looked for, s: from blood full of contrast agent to beyond pure water.
T1_BOUNDS = (0.01, 20.0)
B1_BOUNDS = (0.3, 1.7)


@dataclass(frozen=True, eq=False)
class Voxels:
    """The voxels to fit, one row each.

    Parameters
    ----------
    signals
        (V, n)
    b1
        (V,), 1 unless given.
    noise
        (V,), NaN unless given.
    chosen
        (V,), flat index of each voxel.
    shape
        Of all voxels.

    """

    signals: FloatArray
    b1: FloatArray
    noise: FloatArray
    chosen: npt.NDArray[np.int64]
    shape: tuple[int, ...]

    @property
    def noise_known(self) -> bool:
        """Whether noise was given, which is then that of every voxel."""
        return bool(np.isfinite(self.noise).any())


def check_voxels(
    signal: npt.ArrayLike,
    count: int,
    kind: str,
    *,
    b1: npt.ArrayLike | None = None,
    noise: npt.ArrayLike | None = None,
    mask: npt.ArrayLike | None = None,
) -> Voxels:
    """Check signals (..., count) of a `kind` in the plural, and what comes per voxel.

    Raises
    ------
    InputError
        If the shapes disagree, the signal is not real, or the noise is not positive.

    """
    values = np.asarray(signal)
    if values.ndim == 0 or values.shape[-1] != count:
        raise InputError(
            f"signal of shape {values.shape} must end in one value for each of the {count} {kind}"
        )
    if np.iscomplexobj(values) or not np.issubdtype(values.dtype, np.number):
        raise InputError(
            f"signal is of type {values.dtype}; expected real numbers: the magnitude, or the real "
            "part after the phase is taken out"
        )
    shape = values.shape[:-1]
    chosen = _inside(mask, shape)
    rows = np.ascontiguousarray(values.reshape(-1, count)[chosen], dtype=float)
    field = _per_voxel("b1", b1, shape, 1.0)[chosen]
    sd = _per_voxel("noise", noise, shape, np.nan)[chosen]
    if noise is not None and not (np.isfinite(sd) & (sd > 0)).all():
        raise InputError(
            f"noise is {noise!r}; expected the positive standard deviation of one channel, in the "
            "unit of the signal"
        )
    return Voxels(rows, field, sd, chosen, shape)


def check_bounds(name: str, bounds: Bounds) -> Bounds:
    """Return (low, high); `InputError` unless both are positive and in order."""
    pair = np.asarray(bounds, dtype=float)
    if pair.shape != (2,) or not (np.isfinite(pair).all() and 0 < pair[0] < pair[1]):
        raise InputError(f"{name} is {bounds!r}; expected (low, high), positive and in order")
    return float(pair[0]), float(pair[1])


def check_times(name: str, times: npt.ArrayLike) -> FloatArray:
    """Return times (n,) in s; `InputError` unless each is finite and 0 or more."""
    values = np.asarray(times, dtype=float)
    if values.ndim != 1 or not (np.isfinite(values) & (values >= 0)).all():
        raise InputError(f"{name} is {times!r}; expected a list of times (s), 0 or more")
    return np.ascontiguousarray(values)


def _inside(mask: npt.ArrayLike | None, shape: tuple[int, ...]) -> npt.NDArray[np.int64]:
    if mask is None:
        return np.arange(int(np.prod(shape)), dtype=np.int64)
    inside = np.asarray(mask).astype(bool)
    if inside.shape != shape:
        raise InputError(f"mask has shape {inside.shape}; expected {shape}, as the voxels")
    return np.flatnonzero(inside).astype(np.int64)


def _per_voxel(
    name: str, given: npt.ArrayLike | None, shape: tuple[int, ...], absent: float
) -> FloatArray:
    values = np.asarray(absent if given is None else given, dtype=float)
    try:
        return np.broadcast_to(values, shape).reshape(-1)
    except ValueError as error:
        raise InputError(f"{name} of shape {values.shape} does not fit voxels {shape}") from error
