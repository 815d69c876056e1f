"""Why a sample has no concentration, and samples that the scanner clipped."""

from enum import IntFlag

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.checks import as_numbers
from biomarkers.errors import InputError

FlagArray = npt.NDArray[np.uint8]

_TOO_OFTEN = 3  # samples in a row at one value above all others


class SignalFlag(IntFlag):
    """What is wrong with a sample; 0 is nothing.

    Examples
    --------
    >>> from biomarkers.dce import SignalFlag
    >>> SignalFlag(10)
    <SignalFlag.SATURATED|CLIPPED: 10>

    """

    MISSING = 1
    """The signal is not finite."""
    SATURATED = 2
    """Brighter than any concentration can make it."""
    BELOW = 4
    """Zero or negative."""
    CLIPPED = 8
    """At the largest number that was stored."""
    UNUSABLE = 16
    """The voxel has no T1, B1 or baseline signal."""


def without_clipped(signal: npt.ArrayLike, *, ceiling: float | None = None) -> FloatArray:
    """Return the signal with NaN where the scanner clipped it, so that no number comes of it.

    Parameters
    ----------
    signal
        (..., T), any unit.
    ceiling
        Largest number that could be stored; as `clipping_level` finds it if not given.

    Returns
    -------
    ndarray
        (..., T), a copy.

    Examples
    --------
    >>> from biomarkers.dce import without_clipped
    >>> without_clipped([80.0, 90.0, 255.0, 255.0, 255.0, 200.0])
    array([ 80.,  90.,  nan,  nan,  nan, 200.])

    """
    values = as_numbers("signal", signal).copy()
    level = clipping_level(values) if ceiling is None else ceiling
    if level is not None:
        values[values >= level] = np.nan
    return values


def clipping_level(signal: npt.ArrayLike) -> float | None:
    """Return the value at which a series was clipped; None if it shows no sign of it.

    A curve that stays at the largest value of the whole series for three samples in a row or
    more was cut off there; signal with noise hardly ever repeats its largest value so. Where the
    largest number that could be stored is known, give it instead.

    Parameters
    ----------
    signal
        (..., T), any unit.

    Examples
    --------
    >>> from biomarkers.dce import clipping_level
    >>> print(clipping_level([80.0, 90.0, 255.0, 255.0, 255.0, 200.0]))
    255.0
    >>> print(clipping_level([80.0, 90.0, 255.0, 200.0, 180.0, 170.0]))
    None

    """
    values = as_numbers("signal", signal)
    if values.ndim == 0 or values.shape[-1] < _TOO_OFTEN or not np.isfinite(values).any():
        return None
    top = float(np.nanmax(values))
    run = np.lib.stride_tricks.sliding_window_view(values == top, _TOO_OFTEN, axis=-1)
    cut = run.all(axis=-1).any(axis=-1)
    # A curve that never moves is background or padding and was not cut off.
    moves = np.where(np.isfinite(values), values, np.inf).min(axis=-1) < top
    return top if bool((cut & moves).any()) else None


def signal_flags(
    signal: npt.ArrayLike, concentration: npt.ArrayLike, *, ceiling: float | None = None
) -> FlagArray:
    """Say why samples have no concentration.

    Parameters
    ----------
    signal
        (..., T), as the scanner stored it.
    concentration
        What `concentration` or `concentration_turboflash` made of it, same shape.
    ceiling
        Value at and above which the signal counts as clipped; as `clipping_level` finds it if
        not given.

    Returns
    -------
    ndarray of uint8
        Sums of `SignalFlag`, (..., T); 0 where all is well.

    Raises
    ------
    InputError
        If the shapes differ.

    Examples
    --------
    Brighter than full magnetisation, which no concentration explains:

    >>> from biomarkers import dce
    >>> signal = [100.0, 100.0, 300.0, 5000.0]
    >>> how = {"t10": 1.4, "tr": 0.005, "flip_deg": 15.0, "r1": 4.5}
    >>> agent = dce.concentration(signal, baseline=(0, 2), **how)
    >>> print(dce.signal_flags(signal, agent) == dce.SignalFlag.SATURATED)
    [False False False  True]

    """
    values, agent = np.asarray(signal, dtype=float), np.asarray(concentration, dtype=float)
    if values.shape != agent.shape:
        raise InputError(
            f"concentration of shape {agent.shape} does not fit a signal {values.shape}"
        )
    level = clipping_level(values) if ceiling is None else ceiling
    missing, below = ~np.isfinite(values), values <= 0
    clipped = np.zeros(values.shape, dtype=bool) if level is None else values >= level
    unusable = np.broadcast_to(np.isnan(agent).all(axis=-1, keepdims=True), agent.shape)
    saturated = np.isnan(agent) & ~(missing | below | clipped | unusable)
    flags = np.zeros(values.shape, dtype=np.uint8)
    for place, flag in (
        (missing, SignalFlag.MISSING),
        (saturated, SignalFlag.SATURATED),
        (below, SignalFlag.BELOW),
        (clipped, SignalFlag.CLIPPED),
        (unusable, SignalFlag.UNUSABLE),
    ):
        flags[place] |= np.uint8(flag)
    return flags
