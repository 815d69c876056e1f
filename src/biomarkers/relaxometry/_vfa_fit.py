"""Two ways to fit the spoiled gradient echo to one row of signals per voxel.

The signal is A f(E1) with f = sin α / (1 - E1 cos α) and A = M0 (1 - E1): linear but for E1. For
each E1 the best A is known, which leaves one unknown, u = log T1. It is bracketed on a grid of T1
and then found as the root of the gradient, by Gauss-Newton steps inside the bracket.
"""

import numba
import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Estimates = tuple[FloatArray, FloatArray, FloatArray, npt.NDArray[np.int8]]

FITTED, AT_BOUND, NOT_FITTED = 0, 1, 2

_GRID_POINTS = 32
_STEPS = 60
_TOLERANCE = 1e-12


def nonlinear(
    signal: FloatArray, flip: FloatArray, tr: float, b1: FloatArray, low: float, high: float
) -> Estimates:
    """Return T1, its standard error, M0 and a code for rows (voxels, n_flip) of signal."""
    grid = np.linspace(np.log(low), np.log(high), _GRID_POINTS)
    estimates = np.full((3, len(signal)), np.nan)
    code = np.full(len(signal), NOT_FITTED, dtype=np.int8)
    _fit_rows(signal, flip, tr, b1, grid, estimates, code)
    t1, se, m0 = estimates
    return t1, se, m0, code


@numba.njit(cache=True, nogil=True)
def _fit_rows(signal, flip, tr, b1, grid, estimates, code):  # type: ignore[no-untyped-def]
    recovery = -np.expm1(-tr * np.exp(-grid))
    sine = np.empty(flip.size)
    versine = np.empty(flip.size)
    for row in range(len(signal)):
        s = signal[row]
        if not (np.isfinite(s).all() and s.any() and np.isfinite(b1[row]) and b1[row] > 0):
            continue
        for i in range(flip.size):
            sine[i] = np.sin(b1[row] * flip[i])
            versine[i] = 2.0 * np.sin(0.5 * b1[row] * flip[i]) ** 2
        best = _best_on_grid(s, sine, versine, recovery)
        u, converged = _root(s, sine, versine, tr, grid, best)
        if not converged:
            continue
        amplitude, _, curvature, rss = _derivatives(s, sine, versine, tr, u)
        if amplitude <= 0.0:
            continue
        at_end = u <= grid[0] or u >= grid[-1]
        code[row] = AT_BOUND if at_end else FITTED
        t1 = np.exp(u)
        estimates[0, row] = t1
        if flip.size > 2 and curvature > 0.0:
            estimates[1, row] = t1 * np.sqrt(rss / (flip.size - 2) / curvature)
        estimates[2, row] = amplitude / -np.expm1(-tr / t1)


@numba.njit(cache=True, nogil=True)
def _best_on_grid(s, sine, versine, recovery):  # type: ignore[no-untyped-def]
    """Return the grid point whose curve explains most of the signal."""
    best, most = 0, -1.0
    for k in range(recovery.size):
        sf, ff = 0.0, 0.0
        for i in range(s.size):
            f = sine[i] / (recovery[k] + (1.0 - recovery[k]) * versine[i])
            sf += s[i] * f
            ff += f * f
        explained = sf * sf / ff if sf > 0.0 else 0.0
        if explained > most:
            best, most = k, explained
    return best


@numba.njit(cache=True, nogil=True)
def _root(s, sine, versine, tr, grid, best):  # type: ignore[no-untyped-def]
    """Return the minimum between the neighbours of the best grid point, or the end it runs into."""
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, grid.size - 1)]
    u = grid[best]
    for _ in range(_STEPS):
        _, slope, curvature, _ = _derivatives(s, sine, versine, tr, u)
        if slope > 0.0:
            high = u
        else:
            low = u
        target = u - slope / curvature if curvature > 0.0 else low - 1.0
        if not low < target < high:
            target = 0.5 * (low + high)
        if abs(target - u) < _TOLERANCE or high - low < _TOLERANCE:
            return target, True
        u = target
    return u, False


@numba.njit(cache=True, nogil=True)
def _derivatives(s, sine, versine, tr, u):  # type: ignore[no-untyped-def]
    """Return A, half the slope and half the curvature (Gauss-Newton) of RSS in u, and RSS."""
    rate = tr * np.exp(-u)
    recovered = -np.expm1(-rate)
    d_recovered = -rate * (1.0 - recovered)
    sf, ff, fd, dd = 0.0, 0.0, 0.0, 0.0
    for i in range(s.size):
        rest = recovered + (1.0 - recovered) * versine[i]
        f = sine[i] / rest
        d = -f / rest * (1.0 - versine[i]) * d_recovered
        sf += s[i] * f
        ff += f * f
        fd += f * d
        dd += d * d
    amplitude = sf / ff
    rss, rd = 0.0, 0.0
    for i in range(s.size):
        rest = recovered + (1.0 - recovered) * versine[i]
        f = sine[i] / rest
        residual = s[i] - amplitude * f
        rss += residual * residual
        rd += residual * -f / rest * (1.0 - versine[i]) * d_recovered
    curvature = amplitude * amplitude * (dd - fd * fd / ff)
    return amplitude, -amplitude * rd, curvature, rss


def linear(
    signal: FloatArray, flip: FloatArray, tr: float, b1: FloatArray, low: float, high: float
) -> Estimates:
    """Return the same from the straight line S/sin α = E1 S/tan α + M0 (1 - E1)."""
    count = len(signal)
    t1, se, m0 = (np.full(count, np.nan) for _ in range(3))
    code = np.full(count, NOT_FITTED, dtype=np.int8)
    usable = np.isfinite(signal).all(axis=1) & signal.any(axis=1) & np.isfinite(b1) & (b1 > 0)
    angle = b1[usable, None] * flip
    s = signal[usable]
    x, y = s / np.tan(angle), s / np.sin(angle)
    dx = x - x.mean(axis=1, keepdims=True)
    dy = y - y.mean(axis=1, keepdims=True)
    sxx = (dx * dx).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        e1 = (dx * dy).sum(axis=1) / sxx
        time = np.where(e1 > 0, -tr / np.log(e1), 0.0)
        intercept = y.mean(axis=1) - e1 * x.mean(axis=1)
        # First order: how E1 answers to noise in each signal, which is in x and y at once.
        effect = (dy / np.tan(angle) + dx / np.sin(angle)) - 2 * e1[:, None] * dx / np.tan(angle)
        effect /= sxx[:, None]
        model = intercept[:, None] * np.sin(angle) / (1.0 - e1[:, None] * np.cos(angle))
        freedom = flip.size - 2
        variance = ((s - model) ** 2).sum(axis=1) / freedom if freedom else np.nan
        error = time**2 / tr / e1 * np.sqrt(variance * (effect**2).sum(axis=1))
        full = intercept / (1.0 - e1)
    # E1 of 1 or more is a T1 without end; of 0 or less, one too short to tell.
    inside = (e1 < 1) & (time > low) & (time < high)
    t1[usable], se[usable], m0[usable] = time, error, full
    code[usable] = np.where(inside, FITTED, AT_BOUND)
    code[usable] = np.where(np.isfinite(e1) & ((full > 0) | ~inside), code[usable], NOT_FITTED)
    return t1, se, m0, code
