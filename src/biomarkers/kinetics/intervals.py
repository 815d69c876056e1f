"""Intervals for one curve: by profile likelihood, and by parametric bootstrap.

A standard error describes a parabola; where the objective is none (rates of the second
exponential, anything near a bound) these say more.
"""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq, minimize
from scipy.special import fdtri

from biomarkers.errors import InputError
from biomarkers.kinetics.fit import Fit
from biomarkers.kinetics.forward import Forward
from biomarkers.kinetics.input import Input
from biomarkers.kinetics.model import Model
from biomarkers.kinetics.problem import Data, check_data, check_delay
from biomarkers.timing import FloatArray, Frames

REACH = 16  # steps of the search for an end, from one standard error to two thousand
GROWTH = 1.6


def profile_interval(
    model: Model,
    curve: npt.ArrayLike,
    time: npt.ArrayLike | Frames,
    input: Input,
    *,
    parameter: str,
    level: float = 0.95,
    delay: float | tuple[float, float] | None = None,
    weights: npt.ArrayLike | None = None,
) -> tuple[float, float]:
    """Interval of one parameter of one curve by profile likelihood.

    The ends are where the residual sum of squares, minimised over everything else, exceeds its
    minimum by the factor 1 + F(level; 1, n - k) / (n - k) (Bates & Watts, Nonlinear Regression
    Analysis, 1988, section 6.1).

    Parameters
    ----------
    model, curve, time, input, delay, weights
        As in `Model.fit`; one curve (T,).
    parameter
        Name of an estimate, derived ones and a fitted "delay" included.
    level
        Coverage.

    Returns
    -------
    tuple of float
        Lower and upper end; infinite where the data set no limit, NaN where the parameter is
        not identifiable at all.

    Raises
    ------
    InputError
        If there is more than one curve, the parameter is unknown, or the level is not between
        0 and 1.

    """
    if not 0 < level < 1:
        raise InputError(f"level {level:g}; expected between 0 and 1, such as 0.95")
    fit = _fit_one(model, curve, time, input, delay, weights)
    centre, error = float(fit[parameter]), float(fit.se[parameter])
    if not (np.isfinite(centre) and np.isfinite(error)):
        return np.nan, np.nan
    profile = _bind(model, fit, check_data(curve, time, weights, None), input, delay, parameter)
    limit = float(fdtri(1, profile.freedom, level)) / profile.freedom
    step = max(error, 1e-9 * abs(centre), 1e-12)
    return _end(profile, centre, -step, limit), _end(profile, centre, step, limit)


def _fit_one(
    model: Model,
    curve: npt.ArrayLike,
    time: npt.ArrayLike | Frames,
    input: Input,
    delay: float | tuple[float, float] | None,
    weights: npt.ArrayLike | None,
) -> Fit:
    if np.ndim(curve) != 1:
        raise InputError(f"expected one curve (T,), found shape {np.shape(curve)}")
    return model.fit(curve, time, input, delay=delay, weights=weights)


@dataclass(frozen=True, eq=False)
class _Profile:
    """The residual sum of squares, minimised with one parameter held, against its minimum.

    The search runs in the model's amplitudes and rates, each divided by its size at the
    optimum.
    """

    forward: Forward
    target: FloatArray
    root_weights: FloatArray
    best: FloatArray
    scale: FloatArray
    bounds: list[tuple[float, float]]
    rss: float
    freedom: int
    parameter: str

    def rise(self, value: float, start: FloatArray) -> tuple[float, FloatArray]:
        """Relative rise of the sum where the parameter is `value`, and the point reached."""
        span = max(abs(value), 1e-12)

        def miss(x: FloatArray) -> float:
            return (self._parameter(x)[0] - value) / span

        def miss_gradient(x: FloatArray) -> FloatArray:
            return self._parameter(x)[1] / span

        found = minimize(
            self._objective,
            start,
            jac=True,
            method="SLSQP",
            bounds=self.bounds,
            constraints={"type": "eq", "fun": miss, "jac": miss_gradient},
            options={"ftol": 1e-10, "maxiter": 300},
        )
        return (float(found.fun) if abs(miss(found.x)) < 1e-6 else np.inf), found.x

    def _point(self, x: FloatArray) -> dict[str, float]:
        return dict(zip(self.forward.names, map(float, x * self.scale), strict=True))

    def _parameter(self, x: FloatArray) -> tuple[float, FloatArray]:
        with np.errstate(divide="ignore", invalid="ignore"):
            value, gradient = self.forward.parameter(self.parameter, self._point(x))
        return value, gradient * self.scale

    def _objective(self, x: FloatArray) -> tuple[float, FloatArray]:
        curve, jacobian = self.forward.jacobian(self._point(x))
        rest = (curve - self.target) * self.root_weights
        gradient = 2.0 * (jacobian * self.root_weights) @ rest * self.scale
        return float(rest @ rest) / self.rss - 1.0, gradient / self.rss


def _bind(
    model: Model,
    fit: Fit,
    data: Data,
    input: Input,
    delay: float | tuple[float, float] | None,
    parameter: str,
) -> _Profile:
    bound = model.for_input(input)
    forward = Forward(bound, input, data.frames)
    lag = check_delay(delay)
    limits = {term.name: (0.0 if term.nonnegative else -np.inf, np.inf) for term in bound.terms}
    limits |= {term.rate: (0.0, term.fastest) for term in bound.decays}
    limits["delay"] = lag if isinstance(lag, tuple) else (lag, lag)
    point = {name: float(value) for name, value in fit.coefficients.items()}
    point["delay"] = float(fit["delay"])
    best = np.array([point[name] for name in forward.names])
    scale = np.where(best != 0, np.abs(best), 1.0)
    free = len(forward.names) - (not isinstance(lag, tuple))
    return _Profile(
        forward,
        np.asarray(data.curves, dtype=float),
        np.sqrt(data.weights),
        best / scale,
        scale,
        [
            (limits[name][0] / s, limits[name][1] / s)
            for name, s in zip(forward.names, scale, strict=True)
        ],
        float(fit.rss),
        int((data.weights > 0).sum()) - free,
        parameter,
    )


def _end(profile: _Profile, centre: float, step: float, limit: float) -> float:
    """Walk outwards in growing steps until the rise passes the limit, then close in."""
    inside, start = centre, profile.best
    for k in range(REACH):
        outside = centre + step * GROWTH**k
        rise, point = profile.rise(outside, start)
        if rise >= limit:
            short = partial(_shortfall, profile, start, limit)
            return float(brentq(short, inside, outside, xtol=1e-5 * abs(step), rtol=1e-10))
        inside, start = outside, point
    return float(np.copysign(np.inf, step))


def _shortfall(profile: _Profile, start: FloatArray, limit: float, value: float) -> float:
    """Rise beyond the limit; capped, so that a value out of reach is merely far outside."""
    return min(profile.rise(value, start)[0], 1e3 * limit) - limit


@dataclass(frozen=True, eq=False)
class Bootstrap:
    """Estimates from simulated repetitions of one curve.

    Parameters
    ----------
    estimates
        By name, shape (samples,); NaN where a repetition did not determine the parameter.

    """

    estimates: Mapping[str, FloatArray]

    def interval(self, name: str, *, level: float = 0.95) -> tuple[float, float]:
        """Percentile interval; NaN where fewer than nine repetitions in ten determined it."""
        if name not in self.estimates or not 0 < level < 1:
            raise InputError(
                f"no interval for {name!r} at level {level:g}; parameters are "
                f"{', '.join(self.estimates)}, levels lie between 0 and 1"
            )
        values = self.estimates[name]
        known = values[np.isfinite(values)]
        if known.size < 0.9 * values.size:
            return np.nan, np.nan
        low, high = np.percentile(known, [50.0 * (1.0 - level), 50.0 * (1.0 + level)])
        return float(low), float(high)


def bootstrap(
    model: Model,
    curve: npt.ArrayLike,
    time: npt.ArrayLike | Frames,
    input: Input,
    *,
    samples: int = 1000,
    seed: int = 0,
    delay: float | tuple[float, float] | None = None,
    weights: npt.ArrayLike | None = None,
) -> Bootstrap:
    """Repeat one curve's measurement in simulation and fit every repetition.

    Noise is normal with variance ``rss / (n - k) / weight`` about the fitted curve (Efron &
    Tibshirani, An Introduction to the Bootstrap, 1993, section 6.5).

    Parameters
    ----------
    model, curve, time, input, delay, weights
        As in `Model.fit`; one curve (T,).
    samples, seed
        How many repetitions, and the seed of the generator.

    Raises
    ------
    InputError
        If there is more than one curve, or it leaves no degree of freedom.

    """
    fit = _fit_one(model, curve, time, input, delay, weights)
    data = check_data(curve, time, weights, None)
    used = data.weights > 0
    free = len(fit.coefficients) + isinstance(check_delay(delay), tuple)
    freedom = int(used.sum()) - free
    if freedom < 1 or not np.isfinite(fit.rss):
        raise InputError("bootstrap: the curve leaves no residual to draw noise from")
    noise = np.zeros(len(data.frames))
    noise[used] = np.sqrt(float(fit.rss) / freedom / data.weights[used])
    draws = np.random.default_rng(seed).standard_normal((samples, noise.size))
    again = model.fit(fit.predicted() + noise * draws, time, input, delay=delay, weights=weights)
    return Bootstrap(again.estimates)
