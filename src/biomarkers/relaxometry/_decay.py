"""Compiled fits of one exponential decay to the echoes of each voxel.

The amplitude is eliminated (variable projection), so that the rate is the one unknown of least
squares. It starts from the straight line through the logarithms, each weighted by its squared
signal, which is what noise of even size asks of a logarithm.
"""

from typing import NamedTuple

import numpy as np

from biomarkers.compiling import compiled, compiled_inline
from biomarkers.relaxometry._rician import along_signal, information
from biomarkers.relaxometry._sequences import FloatArray

_STEPS = 50
_REST = 1e-10  # step of the rate that ends least squares, relative to the inverse of the last echo
_CLIMBS = 200
_CLIMB_REST = 1e-7
# A step of expectation and maximisation may be stretched up to twofold without losing its way.
_LEAST_INFORMATION = 0.5


class Decays(NamedTuple):
    """What a block leaves per voxel, each (V,)."""

    rate: FloatArray
    error: FloatArray
    amplitude: FloatArray
    rss: FloatArray  # of least squares, before the noise floor is allowed for
    converged: FloatArray  # 1 or 0


@compiled
def fit_decays(
    signals: FloatArray, te: FloatArray, noise: FloatArray, table: FloatArray, out: Decays
) -> None:
    """Fit signals (V, n) at `te` (n,), s; `noise` (V,) is NaN where magnitudes are to be trusted.

    Only voxels whose signals are all positive may be given.
    """
    size = te.size
    model, along = np.empty(size), np.empty(size)
    most = 8.0 / np.min(te)
    for v in range(len(signals)):
        signal, sd = signals[v], noise[v]
        rate, rested = _least_squares(signal, te, _line(signal, te), most)
        amplitude, rss = _amplitude(signal, te, rate, model)
        if sd > 0.0 and rested:
            amplitude, rate, rested = _climb(signal, te, sd, table, amplitude, rate, most, along)
        for i in range(size):
            model[i] = amplitude * np.exp(-te[i] * rate)
        out.rate[v], out.amplitude[v], out.rss[v] = rate, amplitude, rss
        inside = 0.0 < rate < most and amplitude > 0.0
        out.converged[v] = 1.0 if rested and inside else 0.0
        known = sd > 0.0
        freedom = size - 2
        variance = sd * sd if known else rss / freedom if freedom > 0 else np.nan
        out.error[v] = np.sqrt(variance / _information(model, te, sd, table))


@compiled_inline
def _line(signal: FloatArray, te: FloatArray) -> float:
    """Return the rate of the weighted straight line through the logarithms."""
    weight, at, level = 0.0, 0.0, 0.0
    for i in range(te.size):
        w = signal[i] * signal[i]
        weight += w
        at += w * te[i]
        level += w * np.log(signal[i])
    at, level = at / weight, level / weight
    top, bottom = 0.0, 0.0
    for i in range(te.size):
        w = signal[i] * signal[i]
        top += w * (te[i] - at) * (np.log(signal[i]) - level)
        bottom += w * (te[i] - at) ** 2
    return -top / bottom if bottom > 0.0 else 0.0


@compiled_inline
def _amplitude(
    signal: FloatArray, te: FloatArray, rate: float, f: FloatArray
) -> tuple[float, float]:
    """Return the best amplitude at a rate and the sum of squares it leaves; fills exp(-te rate)."""
    inner, norm = 0.0, 0.0
    for i in range(te.size):
        f[i] = np.exp(-te[i] * rate)
        inner += f[i] * signal[i]
        norm += f[i] * f[i]
    amplitude = inner / norm
    rss = 0.0
    for i in range(te.size):
        rest = signal[i] - amplitude * f[i]
        rss += rest * rest
    return amplitude, rss


@compiled_inline
def _least_squares(
    signal: FloatArray, te: FloatArray, start: float, most: float
) -> tuple[float, bool]:
    """Return the rate that leaves least over, between 0 and `most`, and whether it came to rest."""
    f = np.empty(te.size)
    rate = min(max(start, 0.0), most)
    amplitude, rss = _amplitude(signal, te, rate, f)
    rest = _REST / np.max(te)
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
        new_amplitude, new_rss = _amplitude(signal, te, new, f)
        if new_rss <= rss:
            rate, amplitude, rss = new, new_amplitude, new_rss
            damping = 0.1 * damping if damping > 1e-3 else 0.0
        else:
            damping = max(10.0 * damping, 1.0)
            # A rise that is mere rounding means that there is nothing left to gain.
            if new_rss <= rss * (1.0 + 1e-12):
                return rate, True
            _amplitude(signal, te, rate, f)
    return rate, False


@compiled_inline
def _climb(
    signal: FloatArray,
    te: FloatArray,
    sd: float,
    table: FloatArray,
    amplitude: float,
    rate: float,
    most: float,
    along: FloatArray,
) -> tuple[float, float, bool]:
    """Move from least squares to the maximum of the Rician likelihood."""
    model = np.empty(te.size)
    reach = np.max(te)
    for _ in range(_CLIMBS):
        for i in range(te.size):
            model[i] = amplitude * np.exp(-te[i] * rate)
        along_signal(signal, model, sd, along)
        aa, ab, bb, ga, gb = 0.0, 0.0, 0.0, 0.0, 0.0
        for i in range(te.size):
            w = max(information(table, abs(model[i]) / sd), _LEAST_INFORMATION)
            # In the logarithm of the amplitude, and the rate.
            one, two = model[i], -te[i] * model[i]
            rest = along[i] - model[i]
            aa += w * one * one
            ab += w * one * two
            bb += w * two * two
            ga += one * rest
            gb += two * rest
        determinant = aa * bb - ab * ab
        if not determinant > 0.0:
            return amplitude, rate, False
        grow = (bb * ga - ab * gb) / determinant
        step = (aa * gb - ab * ga) / determinant
        size = max(abs(grow), abs(step) * reach)
        shrink = min(1.0, 1.0 / size) if size > 0.0 else 1.0
        amplitude *= np.exp(shrink * grow)
        rate = min(max(rate + shrink * step, 0.0), most)
        if size < _CLIMB_REST:
            return amplitude, rate, True
    return amplitude, rate, False


@compiled_inline
def _information(model: FloatArray, te: FloatArray, sd: float, table: FloatArray) -> float:
    """Return the information about the rate, amplitude eliminated, in units of the variance."""
    aa, ab, bb = 0.0, 0.0, 0.0
    for i in range(te.size):
        w = information(table, abs(model[i]) / sd) if sd > 0.0 else 1.0
        square = w * model[i] * model[i]
        aa += square
        ab += square * te[i]
        bb += square * te[i] * te[i]
    return bb - ab * ab / aa if aa > 0.0 else 0.0
