"""Models outside the family: any function of a few parameters, with its Jacobian.

Tissue homogeneity, shutter speed and the like are no sums of exponentials. Such a model is a
plain function over many curves at once; it is fitted by bounded Levenberg-Marquardt steps on
all curves together, from every one of the declared starts.
"""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.kinetics._linear import BoolArray
from biomarkers.kinetics.derive import judged
from biomarkers.kinetics.engine import run_chunks
from biomarkers.kinetics.fit import Fit, akaike, explained, in_place, refuted
from biomarkers.kinetics.input import Input
from biomarkers.kinetics.model import Parameter
from biomarkers.kinetics.problem import Data, check_data, check_delay
from biomarkers.kinetics.setup import check_cover
from biomarkers.timing import FloatArray, Frames

Curves = Callable[[FloatArray, Frames, Input], tuple[FloatArray, FloatArray]]

MAX_STEPS = 100
SMALLEST_STEP = 1e-9  # of the bounds' span
SMALLEST_GAIN = 1e-12  # of the residual sum of squares


@dataclass(frozen=True)
class FunctionModel:
    """A model given as a function.

    Parameters
    ----------
    name
        Name of the model.
    parameters
        What the function takes, in order.
    function
        Maps parameter values (V, P), `Frames` and `Input` to curves (V, T) and their
        derivatives (V, P, T).
    lower, upper
        Bounds of the parameters, shape (P,), finite.
    starts
        Values to start from, shape (S, P); the best of the fits is kept.
    source
        Literature source.

    Raises
    ------
    InputError
        If bounds or starts do not fit the parameters.

    """

    name: str
    parameters: tuple[Parameter, ...]
    function: Curves
    lower: FloatArray
    upper: FloatArray
    starts: FloatArray
    source: str = ""

    def __post_init__(self) -> None:
        count = len(self.parameters)
        low, high = np.asarray(self.lower, dtype=float), np.asarray(self.upper, dtype=float)
        starts = np.atleast_2d(np.asarray(self.starts, dtype=float))
        if not (low.shape == high.shape == (count,) and starts.shape[1] == count):
            raise InputError(
                f"model {self.name}: {count} parameters, but bounds of shapes {low.shape} and "
                f"{high.shape} and starts of shape {starts.shape}"
            )
        if not (np.isfinite(low).all() and np.isfinite(high).all() and (low < high).all()):
            raise InputError(f"model {self.name}: bounds must be finite, lower below upper")
        for name, value in (("lower", low), ("upper", high), ("starts", starts)):
            object.__setattr__(self, name, value)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(parameter.name for parameter in self.parameters)

    def fit(
        self,
        curves: npt.ArrayLike,
        time: npt.ArrayLike | Frames,
        input: Input,
        *,
        delay: float | None = None,
        weights: npt.ArrayLike | None = None,
        mask: npt.ArrayLike | None = None,
    ) -> Fit:
        """Fit one curve or many; arguments as in `Model.fit`.

        A delay can be given, not fitted: make it one of the function's parameters for that.

        Raises
        ------
        InputError
            As `Model.fit`, or if bounds of a delay are given.

        """
        data = check_data(curves, time, weights, mask)
        lag = check_delay(delay)
        if isinstance(lag, tuple):
            raise InputError(f"model {self.name}: to fit the delay, make it one of its parameters")
        check_cover(input, data.frames)
        source = input.shifted(lag) if lag else input
        evaluate = partial(_evaluate, self, data.frames, source)
        found = _Found.empty(len(data.chosen), len(self.parameters))
        run_chunks(data, partial(_fit_chunk, self, evaluate, data, found))
        return _gather(self, data, found, lag, evaluate)


@dataclass(frozen=True, eq=False)
class _Found:
    """Results, one row per chosen curve."""

    values: FloatArray
    errors: FloatArray
    rss: FloatArray
    total: FloatArray
    converged: BoolArray

    @classmethod
    def empty(cls, count: int, size: int) -> "_Found":
        nothing = partial(np.full, fill_value=np.nan)
        return cls(
            nothing((count, size)),
            nothing((count, size)),
            nothing(count),
            nothing(count),
            np.zeros(count, dtype=bool),
        )


Evaluate = Callable[[FloatArray], tuple[FloatArray, FloatArray]]


def _evaluate(
    model: FunctionModel, frames: Frames, source: Input, values: FloatArray
) -> tuple[FloatArray, FloatArray]:
    curves, jacobian = model.function(values, frames, source)
    expected = (len(values), values.shape[1], len(frames))
    if np.shape(curves) != (expected[0], expected[2]) or np.shape(jacobian) != expected:
        raise InputError(
            f"model {model.name}: its function returned shapes {np.shape(curves)} and "
            f"{np.shape(jacobian)}; expected {(expected[0], expected[2])} and {expected}"
        )
    return np.asarray(curves, dtype=float), np.asarray(jacobian, dtype=float)


def _fit_chunk(
    model: FunctionModel, evaluate: Evaluate, data: Data, found: _Found, part: slice
) -> None:
    """Fit one chunk; a curve that is not finite, or zero throughout, says nothing and is NaN."""
    used = data.weights > 0
    root = np.sqrt(data.weights)
    curves = data.take(part)
    usable = np.isfinite(curves[:, used]).all(axis=1) & curves[:, used].any(axis=1)
    if int(used.sum()) <= len(model.parameters) or not usable.any():
        return
    target = np.where(used, curves[usable], 0.0) * root
    places = np.flatnonzero(usable) + part.start
    mean = target @ root / (root @ root)
    found.total[places] = ((target - mean[:, None] * root) ** 2).sum(axis=1)
    found.rss[places] = np.inf
    for start in model.starts:
        values, rss, converged = _descend(model, evaluate, target, root, start)
        better = rss < found.rss[places]
        found.rss[places[better]] = rss[better]
        found.values[places[better]] = values[better]
        found.converged[places[better]] = converged[better]
    jacobian = evaluate(found.values[places])[1] * root
    freedom = int(used.sum()) - len(model.parameters)
    found.errors[places] = _errors(jacobian, found.rss[places] / freedom)


def _descend(
    model: FunctionModel,
    evaluate: Evaluate,
    target: FloatArray,
    root: FloatArray,
    start: FloatArray,
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Levenberg-Marquardt within bounds, every curve with its own damping."""
    span = model.upper - model.lower
    values = np.tile(np.clip(start, model.lower, model.upper), (len(target), 1))
    damping, done = np.full(len(target), 1e-3), np.zeros(len(target), dtype=bool)
    curves, jacobian = evaluate(values)
    rest, slope = target - curves * root, jacobian * root
    rss = (rest**2).sum(axis=1)
    for _ in range(MAX_STEPS):
        live = np.flatnonzero(~done)
        if not live.size:
            break
        step = _damped_step(slope[live] * span[:, None], rest[live], damping[live]) * span
        moved = np.clip(values[live] + step, model.lower, model.upper)
        curves, jacobian = evaluate(moved)
        fresh = target[live] - curves * root
        new = (fresh**2).sum(axis=1)
        better = new < rss[live]
        small = np.abs((moved - values[live]) / span).max(axis=1) < SMALLEST_STEP
        done[live] = small | (better & (rss[live] - new < SMALLEST_GAIN * rss[live]))
        took = live[better]
        values[took], rest[took], rss[took] = moved[better], fresh[better], new[better]
        slope[took] = (jacobian * root)[better]
        damping[live] = np.where(better, damping[live] / 10.0, damping[live] * 10.0)
    return values, rss, done


def _damped_step(slope: FloatArray, rest: FloatArray, damping: FloatArray) -> FloatArray:
    """Solve (J J^T + damping diag) step = J r for every curve; J is (V, P, T)."""
    normal = slope @ slope.transpose(0, 2, 1)
    diagonal = np.einsum("vpp->vp", normal)
    floor = 1e-12 * diagonal.max(axis=1, keepdims=True) + 1e-300
    size = np.arange(normal.shape[1])
    normal[:, size, size] += damping[:, None] * diagonal + floor
    right = np.einsum("vpt,vt->vp", slope, rest)
    return np.asarray(np.linalg.solve(normal, right[:, :, None])[:, :, 0])


def _errors(jacobian: FloatArray, variance: FloatArray) -> FloatArray:
    """Compute standard errors (V, P); NaN where the parameters cannot be told apart."""
    size = np.linalg.norm(jacobian, axis=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        unit = np.where(size[:, :, None] > 0, jacobian / size[:, :, None], 0.0)
        normal = unit @ unit.transpose(0, 2, 1)
        sound = np.linalg.eigvalsh(normal)[:, 0] > 1e-13
        normal[~sound] = np.eye(normal.shape[1])
        inverse = np.einsum("vpp->vp", np.linalg.inv(normal))
        error = np.sqrt(inverse * variance[:, None]) / size
    return np.where(sound[:, None], error, np.nan)


def _gather(
    model: FunctionModel, data: Data, found: _Found, delay: float, evaluate: Evaluate
) -> Fit:
    estimates, errors = {}, {}
    identifiable = np.ones(data.shape, dtype=bool)
    points = int((data.weights > 0).sum())
    lost = refuted(found.rss, found.total, points)
    if lost.any():
        lost[lost] = _predict(evaluate, found.values[lost]).any(axis=1)
    for k, parameter in enumerate(model.parameters):
        value, error = judged(parameter, found.values[:, k], found.errors[:, k])
        error = np.where(lost, np.nan, error)
        value = np.where(np.isfinite(error), value, np.nan)
        estimates[parameter.name] = in_place(data, value, np.nan)
        errors[parameter.name] = in_place(data, error, np.nan)
        identifiable &= np.isfinite(estimates[parameter.name])
    coefficients = dict(zip(model.names, found.values.T, strict=True))
    if "delay" not in estimates:
        estimates["delay"], errors["delay"] = np.full(data.shape, delay), np.zeros(data.shape)
    close = 1e-9 * (model.upper - model.lower)
    pressed = (found.values <= model.lower + close) | (found.values >= model.upper - close)
    return Fit(
        model.name,
        model.parameters,
        estimates,
        errors,
        in_place(data, found.rss, np.nan),
        in_place(data, explained(found.rss, found.total), np.nan),
        in_place(data, akaike(found.rss, points, len(model.parameters)), np.nan),
        in_place(data, found.converged, False),
        in_place(data, np.asarray(pressed.any(axis=1)), False),
        identifiable,
        {name: in_place(data, value, np.nan) for name, value in coefficients.items()},
        data,
        partial(_predict, evaluate, found.values),
    )


def _predict(evaluate: Evaluate, values: FloatArray) -> FloatArray:
    known = np.isfinite(values).all(axis=1)
    found = evaluate(values[known])[0]
    out = np.full((len(values), found.shape[1]), np.nan)
    out[known] = found
    return out
