"""Profile intervals of one curve: how far a parameter may go before the residuals grow too much.

A standard error describes a parabola; where the objective is none (rates of the second
exponential, anything near a bound) these say more. Those of Tofts' models are found by formula,
others by constrained minimisation.
"""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq, minimize
from scipy.special import fdtri

from biomarkers.checks import as_numbers
from biomarkers.errors import InputError
from biomarkers.kinetics.declaration import PER_MINUTE, Declaration
from biomarkers.kinetics.fit import Data, Fit, check_data
from biomarkers.kinetics.forward import Forward
from biomarkers.kinetics.input import Input
from biomarkers.kinetics.tabulated import FASTEST, TabulatedTofts
from biomarkers.kinetics.tofts_profile import ToftsProfile
from biomarkers.timing import FloatArray, Frames

REACH = 16  # steps of the search for an end, from one standard error to two thousand
GROWTH = 1.6
NEARBY = np.linspace(-6.0, 6.0, 121)  # standard errors about the best rate

Ends = dict[str, tuple[float, float]]
Rise = Callable[[float, FloatArray], tuple[float, FloatArray]]


def profile_ends(
    model: Declaration,
    fit: Fit,
    data: Data,
    input: Input,
    names: Sequence[str],
    *,
    delay: float | tuple[float, float],
    level: float,
) -> Ends:
    """Return both ends of the intervals of a fit's parameters, by name; see `Model.interval`.

    Parameters
    ----------
    model
        What was fitted, as `input` feeds it.
    fit
        Of one curve, by `Model.fit`.
    data, input, delay
        What it was made of, checked.
    names
        Of the parameters.
    level
        Coverage.

    """
    ends: Ends = {
        name: (np.nan, np.nan)
        for name in names
        if not (np.isfinite(fit[name]) and np.isfinite(fit.se[name]))
    }
    wanted = [name for name in names if name not in ends]
    freedom = _freedom(model, data, delay)
    rise = float(fdtri(1, freedom, level)) / freedom if freedom > 0 else np.nan
    if wanted and isinstance(delay, float) and _is_tofts(model) and fit.rss > 0:
        return ends | _tofts_ends(fit, data, input.shifted(delay), wanted, rise)
    profile = _bind(model, fit, data, input, delay)
    for name in wanted:
        at = partial(profile.rise, name)
        centre, error = float(fit[name]), float(fit.se[name])
        step = max(error, 1e-9 * abs(centre), 1e-12)
        low, high = (profile_end(at, centre, profile.best, side * step, rise) for side in (-1, 1))
        ends[name] = low, high
    return ends


def _freedom(model: Declaration, data: Data, delay: float | tuple[float, float]) -> int:
    free = len(model.coefficients) + isinstance(delay, tuple)
    return int((data.weights > 0).sum()) - free


def _is_tofts(model: Declaration) -> bool:
    """Whether a model is one of Tofts', by its terms."""
    terms = [(term.name, term.source, term.nonnegative) for term in model.ordered]
    tofts = [("vp", "plasma", True), ("Ktrans", "plasma", True)]
    rates = [(term.rate, term.fastest / PER_MINUTE) for term in model.decays]
    return terms in (tofts, tofts[1:]) and rates == [("kep", FASTEST)]


def _tofts_ends(fit: Fit, data: Data, input: Input, names: Sequence[str], rise: float) -> Ends:
    kinetics = TabulatedTofts.tabulate(input, data.frames, vascular="vp" in fit.coefficients)
    curve = np.where(data.weights > 0, data.curves, 0.0).astype(float)
    profile = ToftsProfile(kinetics, curve, data.weights, float(fit.rss) * (1.0 + rise))
    near = (float(fit["kep"]) + float(fit.se["kep"]) * NEARBY) / PER_MINUTE
    ends = profile.ends(names, around=near[np.isfinite(near)])
    scale = {"Ktrans": PER_MINUTE, "kep": PER_MINUTE}
    return {
        name: (scale.get(name, 1.0) * low, scale.get(name, 1.0) * high)
        for name, (low, high) in ends.items()
    }


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

    def rise(self, name: str, value: float, start: FloatArray) -> tuple[float, FloatArray]:
        """Relative rise of the sum where a parameter is `value`, and the point reached."""
        span = max(abs(value), 1e-12)

        def miss(x: FloatArray) -> float:
            return (self._parameter(name, x)[0] - value) / span

        def miss_gradient(x: FloatArray) -> FloatArray:
            return self._parameter(name, x)[1] / span

        least = minimize(
            self._objective,
            start,
            jac=True,
            method="SLSQP",
            bounds=self.bounds,
            constraints={"type": "eq", "fun": miss, "jac": miss_gradient},
            options={"ftol": 1e-10, "maxiter": 300},
        )
        return (float(least.fun) if abs(miss(least.x)) < 1e-6 else np.inf), least.x

    def _point(self, x: FloatArray) -> dict[str, float]:
        return dict(zip(self.forward.names, map(float, x * self.scale), strict=True))

    def _parameter(self, name: str, x: FloatArray) -> tuple[float, FloatArray]:
        with np.errstate(divide="ignore", invalid="ignore"):
            value, gradient = self.forward.parameter(name, self._point(x))
        return value, gradient * self.scale

    def _objective(self, x: FloatArray) -> tuple[float, FloatArray]:
        curve, jacobian = self.forward.jacobian(self._point(x))
        rest = (curve - self.target) * self.root_weights
        gradient = 2.0 * (jacobian * self.root_weights) @ rest * self.scale
        return float(rest @ rest) / self.rss - 1.0, gradient / self.rss


def _bind(
    model: Declaration,
    fit: Fit,
    data: Data,
    input: Input,
    delay: float | tuple[float, float],
) -> _Profile:
    forward = Forward(model, input, data.frames)
    limits = {term.name: (0.0 if term.nonnegative else -np.inf, np.inf) for term in model.terms}
    limits |= {term.rate: (0.0, term.fastest) for term in model.decays}
    limits["delay"] = delay if isinstance(delay, tuple) else (delay, delay)
    point = {name: float(value) for name, value in fit.coefficients.items()}
    point["delay"] = float(fit["delay"])
    best = np.array([point[name] for name in forward.names])
    scale = np.where(best != 0, np.abs(best), 1.0)
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
    )


def checked_level(level: float) -> None:
    """Raise `InputError` unless a coverage lies between 0 and 1."""
    if not 0 < level < 1:
        raise InputError(f"level {level:g}; expected between 0 and 1, such as 0.95")


def check_curve(
    curve: npt.ArrayLike, time: npt.ArrayLike | Frames, weights: npt.ArrayLike | None
) -> Data:
    """Check the arguments of a fit of one curve (T,), see `check_data`."""
    curve = as_numbers("curve", curve)
    if curve.ndim != 1:
        raise InputError(f"expected one curve (T,), found shape {curve.shape}")
    return check_data(curve, time, weights, None)


def profile_end(rise: Rise, centre: float, best: FloatArray, step: float, limit: float) -> float:
    """Walk outwards in growing steps until the rise passes the limit, then close in.

    Parameters
    ----------
    rise
        Gives the relative rise of the sum of squares where the parameter has a value, and the
        point of the others, from one to start at.
    centre, best
        The parameter and the point at the minimum.
    step
        The first one; its sign says which end is searched.
    limit
        Of the rise.

    """
    inside, start = centre, best
    for k in range(REACH):
        outside = centre + step * GROWTH**k
        reached, point = rise(outside, start)
        if reached >= limit:
            short = partial(_shortfall, rise, start, limit)
            return float(brentq(short, inside, outside, xtol=1e-5 * abs(step), rtol=1e-10))
        inside, start = outside, point
    return float(np.copysign(np.inf, step))


def _shortfall(rise: Rise, start: FloatArray, limit: float, value: float) -> float:
    """Rise beyond the limit; capped, so that a value out of reach is merely far outside."""
    return min(rise(value, start)[0], 1e3 * limit) - limit
