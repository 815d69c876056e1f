"""Magnitudes of a signal in noise: what they say of the signal itself.

A magnitude m of a signal A whose two channels carry noise of standard deviation s has the Rician
density. Given A, the expected part of m along A is m I1(z)/I0(z) with z = m A / s^2; least squares
on these, repeated, climb to the maximum of the likelihood (expectation and maximisation).
"""

import math
from functools import cache

import numpy as np
from scipy import special

from biomarkers.compiling import compiled, compiled_inline
from biomarkers.relaxometry._sequences import FloatArray

_TABLE_END = 12.0
_TABLE_STEP = 0.05
_SERIES_FROM = 25.0
_DEPTH = 40
# One voxel of mere noise in so many has, on average, a magnitude above the floor.
FLOOR_ODDS = 20.0


@compiled
def bessel_ratio(z: float) -> float:
    """Return I1(z)/I0(z) for z >= 0.

    Gauss's continued fraction below 25 and the asymptotic series above; within 1e-7 of the truth.
    """
    if z > _SERIES_FROM:
        w = 1.0 / z
        return float(1.0 - w * (0.5 + w * (0.125 + w * (0.125 + w * (25.0 / 128.0)))))
    square, ratio = z * z, 0.0
    for k in range(_DEPTH, 0, -1):
        ratio = square / (2.0 * (k + 1) + ratio)
    return float(z / (2.0 + ratio))


@compiled_inline
def along(magnitude: float, model: float, noise: float) -> float:
    """Return the expected part of a magnitude along the modelled signal, with its sign."""
    z = magnitude * abs(model) / (noise * noise)
    return math.copysign(magnitude * bessel_ratio(z), model)


@cache
def information_table() -> FloatArray:
    """Return the Fisher information of a magnitude about its signal over that of a signed value.

    For signal-to-noise 0, 0.05, ... 12; towards no signal it falls as its square.
    """
    ratios = np.arange(0.0, _TABLE_END + 0.5 * _TABLE_STEP, _TABLE_STEP)
    m = np.linspace(0.0, _TABLE_END + 10.0, 4401)
    z = ratios[:, None] * m
    density = m * np.exp(-0.5 * (m - ratios[:, None]) ** 2) * special.i0e(z)
    along = m * special.i1e(z) / special.i0e(z)
    return np.asarray(np.trapezoid(density * along**2, m, axis=1) - ratios**2)


@compiled
def information(table: FloatArray, ratio: float) -> float:
    """Return the information at a signal-to-noise ratio."""
    if ratio >= _TABLE_END:
        return float(1.0 - 0.5 / (ratio * ratio))
    place = ratio / _TABLE_STEP
    low = int(place)
    share = place - low
    return float((1.0 - share) * table[low] + share * table[low + 1])


@compiled_inline
def usable(signal: FloatArray, magnitudes: bool) -> bool:
    """Whether every signal is finite, none that is a magnitude negative, and any not zero."""
    some = False
    for i in range(signal.size):
        if not math.isfinite(signal[i]) or (magnitudes and signal[i] < 0.0):
            return False
        some |= signal[i] != 0.0
    return some


@compiled_inline
def count_above_noise(signal: FloatArray, noise: float) -> int:
    """Return how many signals exceed what one voxel of mere noise in twenty exceeds in any."""
    floor = noise * math.sqrt(2.0 * math.log(FLOOR_ODDS * signal.size))
    above = 0
    for i in range(signal.size):
        above += abs(signal[i]) > floor
    return above
