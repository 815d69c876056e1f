"""Concentration from signal over its baseline, whatever sequence it comes from."""

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.checks import as_voxels, positive_number
from biomarkers.dce.sequence import MOST_STEPS, SETTLED, PulseSequence

_ROUNDING = 1e-14  # of the logarithm of a level


def from_enhancement(
    sequence: PulseSequence,
    ratio: FloatArray,
    *,
    t10: npt.ArrayLike,
    r1: float,
    b1: npt.ArrayLike | None,
) -> FloatArray:
    """Return the concentration, mM, of signal over baseline (..., T).

    Parameters
    ----------
    sequence
        Where the signal comes from.
    ratio
        Signal over its mean before contrast.
    t10, r1, b1
        As in `concentration`.

    """
    positive_number("r1", r1, "1/(s mM)")
    voxels = ratio.shape[:-1]
    angle = sequence.angle(per_voxel("b1", 1.0 if b1 is None else b1, voxels))
    before = 1.0 / per_voxel("t10", t10, voxels)[..., None]
    level = ratio * sequence.level(before, angle)
    relaxed = (sequence.rate(level, angle) - before) / r1
    if sequence.decay == 0:
        return np.asarray(relaxed)
    return _undo_decay(sequence, level, relaxed, angle=angle, before=before, r1=r1)


def _undo_decay(
    sequence: PulseSequence,
    level: FloatArray,
    start: FloatArray,
    *,
    angle: FloatArray,
    before: FloatArray,
    r1: float,
) -> FloatArray:
    """Solve ``ln level(R10 + r1 c) - decay c = ln level`` on its rising side.

    The left side is concave in c, and the solution without decay lies left of it (or, below the
    baseline, one step away from there): Newton's method climbs to it and cannot step over. Where
    the left side stops rising before it gets there, T2* has turned the signal down and no
    concentration on this side explains it: NaN.
    """
    decay, c, target = sequence.decay, start, np.log(np.where(np.isfinite(start), level, np.nan))
    settled = np.zeros(c.shape, dtype=bool)
    for _ in range(MOST_STEPS):
        rate = before + r1 * c
        there, slope = sequence.rise(np.where(rate > 0, rate, np.nan), angle)
        slope = r1 * slope - decay
        rest = target + decay * c - there
        step = rest / np.where(slope > 0, slope, np.nan)
        # Near the maximum the slope vanishes, and steps are as small as rounding lets them be.
        settled |= (np.abs(step) <= SETTLED * (1.0 + np.abs(c))) | (np.abs(rest) <= _ROUNDING)
        c = np.where(settled, c, c + step)
        if (settled | np.isnan(c)).all():
            break
    return np.where(settled, c, np.nan)


def per_voxel(name: str, value: npt.ArrayLike, voxels: tuple[int, ...]) -> FloatArray:
    """Return a positive quantity for every voxel, NaN where it is not positive and finite."""
    every = as_voxels(name, value, voxels)
    return np.where(np.isfinite(every) & (every > 0), every, np.nan)
