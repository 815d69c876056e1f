"""Compiled fits of one exponential decay to the echoes of each voxel.

The amplitude is eliminated (variable projection), so that the rate is the one unknown of least
squares. It starts from the straight line through the logarithms, each weighted by its squared
signal, which is what noise of even size asks of a logarithm.
"""

import math

import numpy as np

from biomarkers.compiling import compiled, compiled_inline
from biomarkers.relaxometry._curve import error_of_unknown, fit_amplitude, likelier
from biomarkers.relaxometry._rician import count_above_noise
from biomarkers.relaxometry._sequences import FloatArray
from biomarkers.relaxometry.outcome import BELOW_NOISE, FITTED, NO_SIGNAL, NOT_CONVERGED, VoxelFits

_UNKNOWNS = 2
_STEPS = 50
_REST = 1e-10  # step of the rate that ends least squares, relative to the inverse of the last echo
_CLIMBS = 200
_CLIMB_REST = 1e-7


@compiled
def fit_decays(
    signals: FloatArray, te: FloatArray, noise: FloatArray, table: FloatArray, out: VoxelFits
) -> None:
    """Fit signals (V, n) at `te` (n,), s; `noise` (V,) is NaN where magnitudes are to be trusted.

    The first unknown of `out` is the rate, 1/s.
    """
    f = np.empty(te.size)
    first, last = math.inf, 0.0
    for i in range(te.size):
        first, last = min(first, te[i]), max(last, te[i])
    most = 8.0 / first
    limits = 0.0, most, 1.0 / last
    for v in range(len(signals)):
        signal, sd = signals[v], noise[v]
        out.reasons[v] = FITTED if _all_positive(signal) else NO_SIGNAL
        # What does not exceed the noise is not fitted, and is flagged for that alone.
        if sd > 0.0 and count_above_noise(signal, sd) < _UNKNOWNS:
            out.reasons[v] |= BELOW_NOISE
        if out.reasons[v] != FITTED:
            continue
        rate, rested = _least_squares(signal, te, most, _REST / last, f)
        _fill(te, rate, f)
        amplitude, rss = fit_amplitude(signal, f)
        if sd > 0.0 and rested:
            amplitude, rate, rested = _climb(signal, te, sd, table, amplitude, rate, limits, f)
        if not (rested and 0.0 < rate < most and amplitude > 0.0):
            out.reasons[v] = NOT_CONVERGED
        out.x[v, 0], out.amplitude[v, 0], out.rss[v] = rate, amplitude, rss
        out.error[v, 0] = error_of_unknown(amplitude, f, te, rss, sd, table)


@compiled_inline
def _all_positive(signal: FloatArray) -> bool:
    positive = True
    for i in range(signal.size):
        positive &= 0.0 < signal[i] < math.inf
    return positive


@compiled_inline
def _fill(te: FloatArray, rate: float, f: FloatArray) -> None:
    for i in range(te.size):
        f[i] = math.exp(-te[i] * rate)


@compiled_inline
def _line(signal: FloatArray, te: FloatArray) -> float:
    """Return the rate of the weighted straight line through the logarithms."""
    weight, at, level = 0.0, 0.0, 0.0
    for i in range(te.size):
        w = signal[i] * signal[i]
        weight += w
        at += w * te[i]
        level += w * math.log(signal[i])
    at, level = at / weight, level / weight
    top, bottom = 0.0, 0.0
    for i in range(te.size):
        w = signal[i] * signal[i]
        top += w * (te[i] - at) * (math.log(signal[i]) - level)
        bottom += w * (te[i] - at) ** 2
    return -top / bottom if bottom > 0.0 else 0.0


@compiled_inline
def _least_squares(
    signal: FloatArray, te: FloatArray, most: float, rest: float, f: FloatArray
) -> tuple[float, bool]:
    """Return the rate that leaves least over, between 0 and `most`, and whether it came to rest."""
    rate = min(max(_line(signal, te), 0.0), most)
    _fill(te, rate, f)
    amplitude, rss = fit_amplitude(signal, f)
    damping = 0.0
    for _ in range(_STEPS):
        norm, shared, slope, gradient = 0.0, 0.0, 0.0, 0.0
        for i in range(te.size):
            norm += f[i] * f[i]
            shared += te[i] * f[i] * f[i]
        for i in range(te.size):
            down = -amplitude * (te[i] - shared / norm) * f[i]
            slope += down * down
            gradient += down * (signal[i] - amplitude * f[i])
        if slope <= 0.0:
            return rate, False
        step = gradient / (slope * (1.0 + damping))
        new = min(max(rate + step, 0.0), most)
        if abs(new - rate) <= rest:
            return new, True
        _fill(te, new, f)
        new_amplitude, new_rss = fit_amplitude(signal, f)
        if new_rss <= rss:
            rate, amplitude, rss = new, new_amplitude, new_rss
            damping = 0.1 * damping if damping > 1e-3 else 0.0
        else:
            damping = max(10.0 * damping, 1.0)
            # A rise that is mere rounding means that there is nothing left to gain.
            if new_rss <= rss * (1.0 + 1e-12):
                return rate, True
            _fill(te, rate, f)
    return rate, False


@compiled_inline
def _climb(
    signal: FloatArray,
    te: FloatArray,
    sd: float,
    table: FloatArray,
    amplitude: float,
    rate: float,
    limits: tuple[float, float, float],
    f: FloatArray,
) -> tuple[float, float, bool]:
    """Move from least squares to the maximum of the Rician likelihood; leaves the curve there."""
    size = math.inf
    for _ in range(_CLIMBS):
        amplitude, rate, size = likelier(signal, amplitude, rate, f, te, sd, table, limits)
        _fill(te, rate, f)
        if not size >= _CLIMB_REST:
            break
    return amplitude, rate, size < _CLIMB_REST
