"""Checks of what a fit is asked to do, shared by every method."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_numbers
from biomarkers.errors import InputError
from biomarkers.estimates import Chosen, in_chunks
from biomarkers.ranges import check_possible
from biomarkers.relaxometry.outcome import VoxelFits, no_fits

FloatArray = npt.NDArray[np.float64]
Bounds = tuple[float, float]

# Shortest and longest T1 looked for, s: from blood full of contrast agent to beyond pure water.
T1_BOUNDS = (0.01, 20.0)
B1_BOUNDS = (0.3, 1.7)
# What times are, in the register of ranges; the longest tells their unit.
_KINDS = {"te": "longest_te", "ti": "recovery", "delay": "recovery"}
# Voxels that a thread works on at a time.
CHUNK = 4096


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
        Which they are.

    """

    signals: FloatArray
    b1: FloatArray
    noise: FloatArray
    chosen: Chosen

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
    values = signal if isinstance(signal, np.ndarray) else as_numbers("signal", signal)
    if values.ndim == 0 or values.shape[-1] != count:
        raise InputError(
            f"signal of shape {values.shape} must end in one value for each of the {count} {kind}"
        )
    if np.iscomplexobj(values) or not np.issubdtype(values.dtype, np.number):
        raise InputError(
            f"signal is of type {values.dtype}; expected real numbers: the magnitude, or the real "
            "part after the phase is taken out"
        )
    chosen = Chosen.of(mask, values.shape[:-1])
    rows = values.reshape(-1, count)
    rows = np.ascontiguousarray(rows if chosen.all else rows[chosen.index], dtype=float)
    field = chosen.take("b1", 1.0 if b1 is None else b1)
    check_possible("B1", np.where(field > 0, field, np.nan), source="b1")
    sd = chosen.take("noise", np.nan if noise is None else noise)
    if noise is not None and not (np.isfinite(sd) & (sd > 0)).all():
        raise InputError(
            f"noise is {noise!r}; expected the positive standard deviation of one channel, in the "
            "unit of the signal"
        )
    return Voxels(rows, field, sd, chosen)


def fit_rows(
    voxels: Voxels, fit: Callable[[Voxels, VoxelFits], None], *, amplitudes: int = 1
) -> VoxelFits:
    """Fit the voxels some at a time, over threads; `fit` fills what becomes of its rows."""
    out = no_fits(len(voxels.signals), amplitudes)

    def work(part: slice) -> None:
        arrays = (voxels.signals[part], voxels.b1[part], voxels.noise[part])
        fit(Voxels(*arrays, voxels.chosen), VoxelFits._make(each[part] for each in out))

    in_chunks(work, len(voxels.signals), size=CHUNK)
    return out


def check_bounds(t1_bounds: Bounds) -> Bounds:
    """Return (low, high); `InputError` unless both are positive and in order."""
    pair = np.asarray(t1_bounds, dtype=float)
    if pair.shape != (2,) or not (np.isfinite(pair).all() and 0 < pair[0] < pair[1]):
        raise InputError(f"t1_bounds is {t1_bounds!r}; expected (low, high), positive and in order")
    return float(pair[0]), float(pair[1])


def check_times(name: str, times: npt.ArrayLike) -> FloatArray:
    """Return times (n,) in s; `InputError` unless each is finite and 0 or more, and possible."""
    values = as_numbers(name, times)
    if values.ndim != 1 or not (np.isfinite(values) & (values >= 0)).all():
        raise InputError(f"{name} is {times!r}; expected a list of times (s), 0 or more")
    if name in _KINDS:
        check_possible(_KINDS[name], np.max(values, initial=0.0), source=name)
    return np.ascontiguousarray(values)
