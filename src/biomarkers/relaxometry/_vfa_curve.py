"""Compiled fits of the steady state of spoiled gradient echoes, flip angles known.

With g = E1 / (1 - E1) the signal M0 sin a (1 - E1) / (1 - E1 cos a) is M0 sin a / (1 + g versin a):
one curve with an amplitude, whose sines are the same for every T1. Least squares come down to the
maximum over x = log T1 of (f.y)^2 / f.f, the square of what the curve explains. It lies between
the neighbours of the best point of a grid, where Newton's steps find it.
"""

import math
from typing import NamedTuple

import numpy as np

from biomarkers.compiling import compiled, compiled_inline
from biomarkers.relaxometry._curve import error_of_unknown, fit_amplitude, likelier
from biomarkers.relaxometry._rician import count_above_noise, usable
from biomarkers.relaxometry._sequences import FloatArray
from biomarkers.relaxometry.outcome import (
    AT_BOUND,
    BELOW_NOISE,
    FITTED,
    NO_SIGNAL,
    NOT_CONVERGED,
    VoxelFits,
)

_STEPS = 60
_SMALL = 1e-6  # step of log T1 after which another of Newton's would be rounding
_CLIMBS = 1000
_CLIMB_REST = 1e-9
_UNKNOWNS = 2


class FlipAngles(NamedTuple):
    """The protocol, and where T1 is looked for."""

    flip: FloatArray  # (n,), rad, nominal
    tr: float
    log_t1: FloatArray  # (a,)
    g: FloatArray  # (a,): at each of them
    information: FloatArray
    rician: bool  # magnitudes whose noise is known


class _Work(NamedTuple):
    """Working arrays of one voxel."""

    sine: FloatArray  # (n,)
    versine: FloatArray  # (n,)
    f: FloatArray  # (n,): the curve
    t: FloatArray  # (n,): minus the slope of its logarithm
    inner: FloatArray  # (a,)
    norm: FloatArray  # (a,)


@compiled
def fit_angles(
    protocol: FlipAngles, signals: FloatArray, b1: FloatArray, noise: FloatArray, out: VoxelFits
) -> None:
    """Fit signals (V, n) at fields `b1` (V,); `noise` (V,) is NaN where it is not known."""
    n, a = protocol.flip.size, protocol.g.size
    work = _Work(
        np.empty(n), np.empty(n), np.empty(n), np.empty(n), np.empty(a), np.empty(a)
    )  # fmt: skip
    last = 0.0
    for v in range(len(signals)):
        signal, sd = signals[v], noise[v]
        out.reasons[v] = NO_SIGNAL
        if not usable(signal, protocol.rician) or not 0.0 < b1[v] < np.inf:
            continue
        out.reasons[v] = NOT_CONVERGED
        # What does not exceed the noise is not fitted, and is flagged for that alone.
        if sd > 0.0 and count_above_noise(signal, sd) < _UNKNOWNS:
            out.reasons[v] = BELOW_NOISE
            continue
        if b1[v] != last:
            last = b1[v]
            _turn(protocol.flip, last, work)
        best = _best(protocol, signal, work)
        if best < 0:
            continue
        x, rested = _peak(protocol, signal, best, work)
        _fill(protocol, x, work)
        amplitude, rss = fit_amplitude(signal, work.f)
        if protocol.rician:
            x, amplitude, rested = _climb(protocol, signal, sd, x, amplitude, work)
        if not rested or not amplitude > 0.0:
            continue
        out.x[v, 0], out.amplitude[v, 0], out.rss[v] = x, amplitude, rss
        out.error[v, 0] = error_of_unknown(amplitude, work.f, work.t, rss, sd, protocol.information)
        inside = protocol.log_t1[0] < x < protocol.log_t1[-1]
        out.reasons[v] = FITTED if inside else AT_BOUND


@compiled_inline
def _turn(flip: FloatArray, b1: float, work: _Work) -> None:
    """Fill sines and versines, 1 - cos a, of the actual angles."""
    for i in range(flip.size):
        half = 0.5 * b1 * flip[i]
        s, c = math.sin(half), math.cos(half)
        work.sine[i], work.versine[i] = 2.0 * s * c, 2.0 * s * s


@compiled_inline
def _best(protocol: FlipAngles, signal: FloatArray, work: _Work) -> int:
    """Return the point of the grid that explains most with a positive amplitude; -1 if none."""
    g, inner, norm = protocol.g, work.inner, work.norm
    for k in range(g.size):
        inner[k] = norm[k] = 0.0
    for i in range(signal.size):
        sine, versine, value = work.sine[i], work.versine[i], signal[i]
        for k in range(g.size):
            f = sine / (1.0 + g[k] * versine)
            inner[k] += f * value
            norm[k] += f * f
    best, most = -1, 0.0
    for k in range(g.size):
        explained = inner[k] * inner[k] / norm[k]
        if inner[k] > 0.0 and explained > most:
            best, most = k, explained
    return best


@compiled_inline
def _fill(protocol: FlipAngles, x: float, work: _Work) -> float:
    """Fill curve and slopes at log T1; returns b, by which -dt/dx is t (t - b)."""
    rate = protocol.tr * math.exp(-x)
    g = 1.0 / math.expm1(rate)
    swing = rate * (1.0 + g)  # d log g / dx
    for i in range(work.f.size):
        inverse = 1.0 / (1.0 + g * work.versine[i])
        work.f[i] = work.sine[i] * inverse
        work.t[i] = swing * g * work.versine[i] * inverse
    return swing + rate * g - 1.0


@compiled_inline
def _peak(protocol: FlipAngles, signal: FloatArray, best: int, work: _Work) -> tuple[float, bool]:
    """Return log T1 that explains most, between the neighbours of the best point of the grid."""
    x = protocol.log_t1[best]
    low, high = (
        protocol.log_t1[max(best - 1, 0)],
        protocol.log_t1[min(best + 1, protocol.g.size - 1)],
    )
    for _ in range(_STEPS):
        bend = _fill(protocol, x, work)
        p, p1, p2, q, q1, q2 = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for i in range(signal.size):
            f, t = work.f[i], work.t[i]
            along, square = signal[i] * f, f * f
            p += along
            p1 -= along * t
            p2 += along * t * (2.0 * t - bend)
            q += square
            q1 -= square * t
            q2 += square * t * (3.0 * t - bend)
        # Half the slope of log (p^2 / q) and half its curvature; the sums q1, q2 are halved.
        slope = p1 / p - q1 / q
        curvature = p2 / p - (p1 / p) ** 2 - q2 / q + 2.0 * (q1 / q) ** 2
        if slope > 0.0:
            low = x
        else:
            high = x
        if not low < high:
            return x, True
        step = -slope / curvature if curvature < 0.0 else math.inf
        if abs(step) < _SMALL:
            return min(max(x + step, low), high), True
        x = x + step if low < x + step < high else 0.5 * (low + high)
    return x, False


@compiled_inline
def _climb(
    protocol: FlipAngles, signal: FloatArray, sd: float, x: float, amplitude: float, work: _Work
) -> tuple[float, float, bool]:
    """Move from least squares to the maximum of the Rician likelihood; leaves the curve there."""
    limits, size = (protocol.log_t1[0], protocol.log_t1[-1], 1.0), math.inf
    for _ in range(_CLIMBS):
        amplitude, x, size = likelier(
            signal, amplitude, x, work.f, work.t, sd, protocol.information, limits
        )
        _fill(protocol, x, work)
        if not size >= _CLIMB_REST:
            break
    return x, amplitude, size < _CLIMB_REST
