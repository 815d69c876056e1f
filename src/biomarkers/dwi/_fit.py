"""Compiled fits of a diffusion model to the signals of each voxel, with their covariance.

Least squares by the steps of Gauss and Newton, damped after Levenberg and Marquardt where they
overshoot. The Rician likelihood is climbed by least squares on what each magnitude tells of the
signal along the modelled one (expectation and maximisation, `relaxometry._rician`); where the noise
is not known it is a further unknown, whose estimate allows for those that were fitted.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from biomarkers.compiling import compiled, compiled_inline
from biomarkers.dwi._curves import Curve, FloatArray, fill_curve
from biomarkers.dwi._equations import (
    State,
    factor,
    hold,
    new_state,
    normal_equations,
    solve,
    substitute,
)
from biomarkers.relaxometry._rician import along, information

# Of a type of their own: a plain constant would compile a function once more for each value.
_STEPS, _CLIMBS = np.int64(200), np.int64(300)
_REST = 1e-10  # of the sum of squares: what a step may still gain where the fit is at rest
_CLIMB_REST = 1e-8
_NOISE_REST = 1e-5  # relative change of the noise that counts as rest
_ROUNDING = 1e-20  # of the squared signal
_NOISELESS = 1e-7  # of the largest signal
_LEAST_INFORMATION = 0.5  # steps of expectation and maximisation may be stretched twofold

FITTED, NO_SIGNAL, NOT_CONVERGED, NOT_IDENTIFIABLE = 0, 1, 2, 8  # as `estimates.FitFlag`


class Fits(NamedTuple):
    """What is left of each voxel."""

    x: FloatArray  # (V, p)
    covariance: FloatArray  # (V, p, p)
    noise: FloatArray  # (V,): standard deviation of the residuals, or of the noise in one channel
    reasons: npt.NDArray[np.uint16]  # (V,): `estimates.FitFlag`


@compiled
def fit_logarithms(signals: FloatArray, design: FloatArray, passes: int, out: Fits) -> None:
    """Fit straight lines through logarithms, each weighted by its squared signal.

    In a second pass and further ones by that of the fit, which noise does not make one-sided.
    What is not positive has no logarithm and no weight in the first pass.
    """
    size, unknowns = design.shape
    state = new_state(unknowns, size)
    slopes, weight, rest = state.slopes, state.weight, state.rest
    for i in range(size):
        for j in range(unknowns):
            slopes[j, i] = design[i, j]
    for v in range(len(signals)):
        out.reasons[v] = _usable(signals[v], passes > 1)
        if out.reasons[v] != FITTED:
            continue
        x = out.x[v]
        for turn in range(passes):
            for i in range(size):
                level = _predicted(design, x, i) if turn else signals[v, i]
                weight[i] = level * level if signals[v, i] > 0.0 else 0.0
                rest[i] = math.log(signals[v, i]) if signals[v, i] > 0.0 else 0.0
            normal_equations(state)
            if not solve(state, 0.0):
                out.reasons[v] = NOT_IDENTIFIABLE
                break
            for j in range(unknowns):
                x[j] = state.step[j]
        if out.reasons[v] == FITTED:
            total = 0.0
            for i in range(size):
                away = rest[i] - math.log(_predicted(design, x, i))
                total += weight[i] * away * away
            _conclude(state, math.sqrt(_per_freedom(total, size - unknowns)), v, out)


@compiled
def fit_curves(model: Curve, signals: FloatArray, bounds: FloatArray, out: Fits) -> None:
    """Fit curves by least squares from the unknowns in `out`, kept within bounds (2, p).

    Voxels that have a reason already are left as they are.
    """
    unknowns, size = out.x.shape[1], signals.shape[1]
    state = new_state(unknowns, size)
    for v in range(len(signals)):
        if out.reasons[v] != FITTED:
            continue
        rss, rested = _least_squares(model, signals[v], out.x[v], bounds, state)
        if not rested:
            out.reasons[v] = NOT_CONVERGED
            continue
        _conclude(state, math.sqrt(_per_freedom(rss, size - unknowns)), v, out)


@compiled
def climb_curves(
    model: Curve,
    signals: FloatArray,
    noise: FloatArray,
    given: bool,
    table: FloatArray,
    out: Fits,
) -> None:
    """Move from least squares to the maximum of the Rician likelihood.

    `noise` (V,) is that of one channel, NaN where it is a further unknown. Errors follow from it
    if it is `given`, else from what is left over in the voxel.
    """
    unknowns, size = out.x.shape[1], signals.shape[1]
    state = new_state(unknowns, size)
    for v in range(len(signals)):
        if out.reasons[v] != FITTED:
            continue
        known = noise[v] > 0.0
        start = noise[v] if known else out.noise[v]
        own, rested = _climb(model, signals[v], out.x[v], start, known, table, state)
        if not rested:
            out.reasons[v] = NOT_CONVERGED
            continue
        _conclude(state, noise[v] if given else own, v, out)
        out.noise[v] = own


@compiled_inline
def _predicted(design: FloatArray, x: FloatArray, i: int) -> float:
    power = 0.0
    for j in range(x.size):
        power += design[i, j] * x[j]
    return math.exp(min(power, 700.0))


@compiled_inline
def _per_freedom(total: float, freedom: int) -> float:
    return total / freedom if freedom > 0 else np.nan


@compiled_inline
def _usable(signal: FloatArray, logarithms: bool) -> int:
    """Whether every signal is finite, and any, or for logarithms every one, is positive."""
    some, every, finite = False, True, True
    for i in range(signal.size):
        finite &= math.isfinite(signal[i])
        some |= signal[i] > 0.0
        every &= signal[i] > 0.0
    return FITTED if finite and (every if logarithms else some) else NO_SIGNAL


@compiled_inline
def _assess(model: Curve, signal: FloatArray, x: FloatArray, state: State) -> float:
    """Fill curve, slopes and what is left over at x; returns the sum of squares."""
    fill_curve(model, x, state.curve, state.slopes)
    curve, rest = state.curve, state.rest
    rss = 0.0
    for i in range(signal.size):
        rest[i] = signal[i] - curve[i]
        rss += rest[i] * rest[i]
    return rss


@compiled
def _least_squares(
    model: Curve, signal: FloatArray, x: FloatArray, bounds: FloatArray, state: State
) -> tuple[float, bool]:
    """Move x to the least sum of squares; returns that, and whether the search came to rest."""
    trial, step, weight = state.trial, state.step, state.weight
    rounding = 0.0
    for i in range(signal.size):
        rounding += _ROUNDING * signal[i] * signal[i]
        weight[i] = 1.0
    rss, damping = _assess(model, signal, x, state), 0.0
    for _ in range(_STEPS):
        normal_equations(state)
        hold(x, bounds, state)
        while not solve(state, damping):
            damping = max(10.0 * damping, 1e-6)
            if damping > 1e6:
                return rss, False
        gain = 0.0
        for j in range(x.size):
            trial[j] = min(max(x[j] + step[j], bounds[0, j]), bounds[1, j])
            gain += (trial[j] - x[j]) * state.gradient[j]
        new = _assess(model, signal, trial, state)
        if new <= rss * (1.0 + 1e-12) + rounding:
            rested = abs(gain) <= _REST * new + rounding
            for j in range(x.size):
                x[j] = trial[j]
            rss, damping = new, 0.1 * damping if damping > 1e-3 else 0.0
            if rested:
                normal_equations(state)
                hold(x, bounds, state)
                return rss, True
        else:
            damping = max(10.0 * damping, 1e-2)
            if damping > 1e8:
                return rss, False
            _assess(model, signal, x, state)
    return rss, False


@compiled
def _climb(
    model: Curve,
    signal: FloatArray,
    x: FloatArray,
    sd: float,
    known: bool,
    table: FloatArray,
    state: State,
) -> tuple[float, bool]:
    """Move x up the Rician likelihood; returns what is left over, and whether it came to rest."""
    curve, rest, weight, step = state.curve, state.rest, state.weight, state.step
    size, freedom = signal.size, 2 * signal.size - x.size
    if not sd > _NOISELESS:  # nothing to allow for
        _assess(model, signal, x, state)
        normal_equations(state)
        return sd, True
    for _ in range(_CLIMBS):
        fill_curve(model, x, curve, state.slopes)
        total = 0.0
        for i in range(size):
            expected = along(signal[i], curve[i], sd)
            total += signal[i] ** 2 + curve[i] ** 2 - 2.0 * curve[i] * expected
            rest[i] = expected - curve[i]
            weight[i] = max(information(table, abs(curve[i]) / sd), _LEAST_INFORMATION)
        # Of the two channels of a magnitude, the one across the signal holds noise alone.
        if known and size > x.size:
            own = math.sqrt(max(total - size * sd * sd, 0.0) / (size - x.size))
        else:
            own = math.sqrt(max(total, 0.0) / freedom)
        _stretched(state)
        if not solve(state, 0.0):
            return sd, False
        gain, longest = 0.0, 1.0
        for j in range(x.size):
            gain += step[j] * state.gradient[j]
            longest = max(longest, abs(step[j]))
        for j in range(x.size):
            x[j] += step[j] / longest
        settled = known or abs(own - sd) <= _NOISE_REST * sd
        if settled and abs(gain) <= _CLIMB_REST * sd * sd:
            _informed(model, x, sd, table, state)
            return own, True
        sd = sd if known else own
    return sd, False


@compiled_inline
def _stretched(state: State) -> None:
    """Fill gradient, and curvature weighted by information: the gradient is of the likelihood."""
    rest, weight = state.rest, state.weight
    for i in range(rest.size):
        rest[i] /= weight[i]
    normal_equations(state)


@compiled_inline
def _informed(model: Curve, x: FloatArray, sd: float, table: FloatArray, state: State) -> None:
    """Fill the curvature by the information that each magnitude holds."""
    fill_curve(model, x, state.curve, state.slopes)
    for i in range(state.curve.size):
        state.weight[i] = information(table, abs(state.curve[i]) / sd)
    normal_equations(state)


@compiled
def _conclude(state: State, sd: float, v: int, out: Fits) -> None:
    """Fill noise and covariance of a voxel from the curvature."""
    out.noise[v] = sd
    if not factor(state, 0.0):
        out.reasons[v] = NOT_IDENTIFIABLE
        return
    step, size = state.step, state.step.size
    for k in range(size):
        for j in range(size):
            state.gradient[j] = 1.0 if j == k else 0.0
        substitute(state)
        for j in range(size):
            out.covariance[v, j, k] = sd * sd * step[j]
