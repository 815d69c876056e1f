"""Compiled steps of fits that have one curve with an amplitude, and one unknown.

The model is A f(x), given by f and by the slopes t = -d log f / dx of its logarithm.
"""

import math

import numpy as np

from biomarkers.compiling import compiled_inline
from biomarkers.relaxometry._rician import along, information
from biomarkers.relaxometry._sequences import FloatArray

# A step of expectation and maximisation may be stretched up to twofold without losing its way.
_LEAST_INFORMATION = 0.5


@compiled_inline
def fit_amplitude(signal: FloatArray, f: FloatArray) -> tuple[float, float]:
    """Return the best amplitude and the sum of squares that it leaves."""
    inner, norm = 0.0, 0.0
    for i in range(signal.size):
        inner += f[i] * signal[i]
        norm += f[i] * f[i]
    amplitude = inner / norm
    rss = 0.0
    for i in range(signal.size):
        rest = signal[i] - amplitude * f[i]
        rss += rest * rest
    return amplitude, rss


@compiled_inline
def likelier(
    signal: FloatArray,
    amplitude: float,
    x: float,
    f: FloatArray,
    t: FloatArray,
    sd: float,
    table: FloatArray,
    limits: tuple[float, float, float],
) -> tuple[float, float, float]:
    """Step towards the maximum of the Rician likelihood.

    Each magnitude stands for what it tells of the signal along the modelled one, and counts by
    its information. `limits` are the least and the greatest x, and the x that counts as one.
    Returns the new amplitude and x, and how far the step led: NaN where nothing is determined.
    """
    low, high, unit = limits
    aa, ab, bb, ga, gb = 0.0, 0.0, 0.0, 0.0, 0.0
    for i in range(signal.size):
        model = amplitude * f[i]
        w = max(information(table, abs(model) / sd), _LEAST_INFORMATION)
        slope = -t[i] * model
        rest = along(signal[i], model, sd) - model
        aa += w * model * model
        ab += w * model * slope
        bb += w * slope * slope
        ga += model * rest
        gb += slope * rest
    determinant = aa * bb - ab * ab
    if not determinant > 0.0:
        return amplitude, x, np.nan
    grow, step = (bb * ga - ab * gb) / determinant, (aa * gb - ab * ga) / determinant
    if (step < 0.0 and x <= low) or (step > 0.0 and x >= high):
        grow, step = ga / aa, 0.0
    size = max(abs(grow), abs(step) / unit)
    shrink = 1.0 / max(1.0, size)
    return amplitude * math.exp(shrink * grow), min(max(x + shrink * step, low), high), size


@compiled_inline
def error_of_unknown(
    amplitude: float,
    f: FloatArray,
    t: FloatArray,
    rss: float,
    sd: float,
    table: FloatArray,
) -> float:
    """Return the standard error of x, from the noise if `sd` is known, else from the residuals."""
    known, freedom = sd > 0.0, f.size - 2
    variance = sd * sd if known else rss / freedom if freedom > 0 else np.nan
    aa, ab, bb = 0.0, 0.0, 0.0
    for i in range(f.size):
        model = amplitude * f[i]
        square = model * model
        if known:
            square *= information(table, abs(model) / sd)
        aa += square
        ab += square * t[i]
        bb += square * t[i] * t[i]
    left = bb - ab * ab / aa if aa > 0.0 else 0.0
    return float(np.sqrt(variance / left)) if left > 0.0 else np.nan
