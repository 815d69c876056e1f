"""How a sequence weighs the longitudinal relaxation rate, and back from signal to that rate.

A level is the signal over that of full magnetisation, without decay with T2*: 0 to 1. Arrays of
voxels carry a trailing axis of length 1 for time.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_MOST_STEPS = 60
_SETTLED = 1e-11  # of the rate, or of the concentration; the step after would be its square
_ROUNDING = 1e-14  # of the logarithm of a level


class Weighting(Protocol):
    """One sequence with its settings, voxel by voxel."""

    def level(self, rate: FloatArray) -> FloatArray:
        """Return the level at a relaxation rate, 1/s."""

    def rate(self, level: FloatArray) -> FloatArray:
        """Return the relaxation rate of a level, 1/s; NaN where none gives it."""

    def rise(self, rate: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the logarithm of the level, and its derivative by the rate, s."""


@dataclass(frozen=True, eq=False)
class SpoiledGradientEcho:
    """Steady state of a spoiled gradient echo, ``(1 - E1) / (1 - E1 cos α)``.

    Written in 1 - cos α and 1 - E1, so that nothing cancels where α or TR/T1 is small.
    """

    tr: float
    angle: FloatArray  # (..., 1), rad

    def level(self, rate: FloatArray) -> FloatArray:
        recovered = -np.expm1(-self.tr * rate)
        return np.asarray(recovered / (recovered + (1.0 - recovered) * self._versine))

    def rate(self, level: FloatArray) -> FloatArray:
        drop = level * self._versine
        drop /= 1.0 - level + drop
        possible = (level < 1.0) & (drop > 0.0)
        return np.asarray(-np.log1p(-np.where(possible, drop, np.nan)) / self.tr)

    def rise(self, rate: FloatArray) -> tuple[FloatArray, FloatArray]:
        recovered = -np.expm1(-self.tr * rate)
        kept = (1.0 - recovered) * self._versine
        rest = recovered + kept
        return np.log(recovered / rest), np.asarray(self.tr * kept / (recovered * rest))

    @property
    def _versine(self) -> FloatArray:
        return np.asarray(2.0 * np.sin(0.5 * self.angle) ** 2)


@dataclass(frozen=True, eq=False)
class SaturationRecovery:
    """A train of small pulses after saturation, read at its pulse number `pulses` (from 0).

    What is missing from full magnetisation is a sum of decaying exponentials of the rate with
    positive weights while cos α is not negative. Its logarithm is convex, so that Newton's
    method finds the rate from 0 upwards without ever stepping over it.
    """

    prep_time: float
    tr: float
    pulses: int
    angle: FloatArray  # (..., 1), rad; up to 90 degrees

    def level(self, rate: FloatArray) -> FloatArray:
        return np.asarray(1.0 - self._missing(rate)[0])

    def rate(self, level: FloatArray) -> FloatArray:
        possible = (level > 0.0) & (level < 1.0)
        target = np.log1p(-np.where(possible, level, np.nan))
        rate = np.zeros_like(target)
        for _ in range(_MOST_STEPS):
            missing, change = self._missing(rate)
            step = (np.log(missing) - target) * missing / -change
            rate += step
            if not (np.abs(step) > _SETTLED * rate).any():
                break
        return np.asarray(rate)

    def rise(self, rate: FloatArray) -> tuple[FloatArray, FloatArray]:
        missing, change = self._missing(rate)
        return np.log1p(-missing), np.asarray(-change / (1.0 - missing))

    def _missing(self, rate: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return what is missing from full magnetisation, and its derivative by the rate."""
        kept, tr, n = np.cos(self.angle), self.tr, self.pulses
        decay, train = np.exp(-tr * rate), kept**n * np.exp(-n * tr * rate)
        once = kept * decay
        prepared = train * np.exp(-self.prep_time * rate)
        added = (1.0 - kept) * decay / (1.0 - once)
        missing = prepared + added * (1.0 - train)
        # added' = -TR added / (1 - once): both its numerator and its denominator depend on E1.
        change = -(n * tr + self.prep_time) * prepared
        change = change - tr * added * ((1.0 - train) / (1.0 - once) - n * train)
        return np.asarray(missing), np.asarray(change)


def to_concentration(
    weighting: Weighting,
    ratio: FloatArray,
    *,
    before: FloatArray,
    r1: float,
    decay: float,
) -> FloatArray:
    """Return the concentration, mM, that makes the signal `ratio` times what it was.

    Parameters
    ----------
    weighting
        The sequence.
    ratio
        Signal over signal before contrast, (..., T).
    before
        Relaxation rate before contrast, 1/s, (..., 1).
    r1
        Relaxivity, 1/(s·mM).
    decay
        Echo time times transverse relaxivity, 1/mM; 0 if T2* is taken as unchanged.

    """
    level = ratio * weighting.level(before)
    relaxed = (weighting.rate(level) - before) / r1
    return relaxed if decay == 0 else _undo_decay(weighting, level, relaxed, before, r1, decay)


def _undo_decay(
    weighting: Weighting,
    level: FloatArray,
    start: FloatArray,
    before: FloatArray,
    r1: float,
    decay: float,
) -> FloatArray:
    """Solve ``ln level(R10 + r1 c) - decay c = ln level`` on its rising side.

    The left side is concave in c, and the solution without decay lies left of it (or, below the
    baseline, one step away from there): Newton's method climbs to it and cannot step over. Where
    the left side stops rising before it gets there, T2* has turned the signal down and no
    concentration on this side explains it: NaN.
    """
    c, target = start, np.log(np.where(np.isfinite(start), level, np.nan))
    settled = np.zeros(c.shape, dtype=bool)
    for _ in range(_MOST_STEPS):
        rate = before + r1 * c
        there, slope = weighting.rise(np.where(rate > 0, rate, np.nan))
        slope = r1 * slope - decay
        rest = target + decay * c - there
        step = rest / np.where(slope > 0, slope, np.nan)
        # Near the maximum the slope vanishes, and steps are as small as rounding lets them be.
        settled |= (np.abs(step) <= _SETTLED * (1.0 + np.abs(c))) | (np.abs(rest) <= _ROUNDING)
        c = np.where(settled, c, c + step)
        if (settled | np.isnan(c)).all():
            break
    return np.where(settled, c, np.nan)
