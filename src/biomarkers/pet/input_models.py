"""Models of an input over time, fitted to its samples: Feng's, and a rise with three exponentials.

Given delay, rise and rates, both are linear in their amplitudes: those are found exactly (0 or
more), and only the others are searched for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

from biomarkers.arrays import FloatArray
from biomarkers.checks import as_numbers
from biomarkers.errors import InputError
from biomarkers.pet.time_course import (
    PER_MINUTE,
    TimeCourse,
    best_fit,
    checked_samples,
    rms,
)

SLOWEST, FASTEST = 1e-5, 60.0  # 1/min
# Rates to start from, 1/min: first pass, distribution, elimination.
_STARTS = ((4.0, 0.2, 0.01), (10.0, 1.0, 0.02), (2.0, 0.1, 0.003))
_SOON = 0.05  # of the highest sample: by then the tracer has arrived
_Bounds = tuple[Sequence[float], Sequence[float], Sequence[Sequence[float]]]
_RATES, _AMPLITUDES = ("rate_1", "rate_2", "rate_3"), ("A1", "A2", "A3")


@dataclass(frozen=True)
class InputModel:
    """A family of curves, linear in its amplitudes A1 to A3.

    Parameters
    ----------
    columns
        Maps (arrival s, rise s, three rates 1/min) and times (n,), s, to columns (n, 3).
    rises
        Whether the rise is a parameter.

    """

    columns: Callable[[FloatArray, FloatArray], FloatArray]
    rises: bool


def _feng(shape: FloatArray, time: FloatArray) -> FloatArray:
    """Feng, Huang & Wang, Int J Biomed Comput 1993;32:95. doi:10.1016/0020-7101(93)90049-C."""
    since = np.maximum(time - shape[0], 0.0) / PER_MINUTE
    fast, middle, slow = (np.exp(-rate * since) for rate in shape[2:])
    return np.stack([since * fast, middle - fast, slow - fast], axis=-1)


def _ramp(shape: FloatArray, time: FloatArray) -> FloatArray:
    """Rise straight to the peak, then fall with three exponentials."""
    since = time - shape[0]
    rise = np.clip(since / shape[1], 0.0, 1.0)
    after = np.maximum(since - shape[1], 0.0) / PER_MINUTE
    return np.stack([rise * np.exp(-rate * after) for rate in shape[2:]], axis=-1)


INPUT_MODELS: Mapping[str, InputModel] = MappingProxyType(
    {"feng": InputModel(_feng, rises=False), "triexponential": InputModel(_ramp, rises=True)}
)


def fit_input(
    time: npt.ArrayLike,
    values: npt.ArrayLike,
    *,
    model: str = "feng",
    weights: npt.ArrayLike | None = None,
) -> TimeCourse:
    """Fit a model of the input over time to its samples.

    Feng: ``[A1 t - A2 - A3] exp(-r1 t) + A2 exp(-r2 t) + A3 exp(-r3 t)``, t min since arrival.
    Triexponential: a straight rise to the peak, from there ``A1 exp(-r1 t) + A2 exp(-r2 t) +
    A3 exp(-r3 t)``.

    Parameters
    ----------
    time, values
        Samples, (n,), s and kBq/mL; those without a value are left out.
    model
        "feng" or "triexponential".
    weights
        Weights of the squared residuals, (n,); None for equal ones.

    Returns
    -------
    TimeCourse
        ``Input(fine, plasma=fit.at(fine))`` makes an input of it, for instance every second; 0
        before arrival. Its parameters are `arrival` (s), `rise` (s, where the model has one),
        `rate_1` … `rate_3` (1/min, falling) and the amplitudes `A1` … `A3`.

    Raises
    ------
    InputError
        If the model is unknown, shapes differ, or there are fewer samples than parameters.

    Examples
    --------
    >>> from biomarkers import pet, sample_data
    >>> arterial = sample_data.pet_input()
    >>> fit = pet.fit_input(arterial.time, arterial.plasma)
    >>> print(f"arrival {fit.parameters['arrival']:.1f} s, peak {fit.at(arterial.time).max():.1f}")
    arrival 20.0 s, peak 64.5

    """
    if model not in INPUT_MODELS:
        raise InputError(f"model is {model!r}; expected one of {', '.join(INPUT_MODELS)}")
    chosen, time = INPUT_MODELS[model], as_numbers("time", time)
    given = np.ones(time.shape) if weights is None else as_numbers("weights", weights)
    if given.shape != time.shape or not (np.isfinite(given) & (given >= 0)).all():
        raise InputError(
            f"weights of shape {given.shape}; expected one finite number, 0 or more, for each of "
            f"{time.shape} samples"
        )
    when, level, weight = checked_samples(f"input ({model})", time, values, given, fewest=8)
    root = np.sqrt(weight)

    def solved(raw: FloatArray) -> tuple[FloatArray, FloatArray]:
        shape = _shape(raw)
        return shape, _amplitudes(chosen.columns(shape, when) * root[:, None], level * root)

    def residual(raw: FloatArray) -> FloatArray:
        return (_curve(chosen, *solved(raw), when) - level) * root

    shape, amplitudes = solved(best_fit(residual, *_bounds(when, level, rises=chosen.rises)))
    numbers = [*shape.tolist(), *amplitudes.tolist()]
    parameters = dict(zip(("arrival", "rise", *_RATES, *_AMPLITUDES), numbers, strict=True))
    if not chosen.rises:
        del parameters["rise"]
    curve = partial(_curve, chosen, shape, amplitudes)
    return TimeCourse(model, parameters, rms(curve(when) - level), curve)


def _curve(
    model: InputModel, shape: FloatArray, amplitudes: FloatArray, time: FloatArray
) -> FloatArray:
    return np.asarray(model.columns(shape, time) @ amplitudes)


def _amplitudes(design: FloatArray, values: FloatArray) -> FloatArray:
    """Return the amplitudes, 0 or more, with which the columns (n, p) follow `values` best."""
    size = np.linalg.norm(design, axis=0)
    size[size == 0] = 1.0
    return np.asarray(nnls(design / size, values)[0] / size)


def _shape(raw: FloatArray) -> FloatArray:
    """Arrival, rise, and the rates, falling; rates and rise are searched for as logarithms.

    Each rate is the one before times a fraction: no two orders describe the same curve.
    """
    return np.concatenate([raw[:1], np.exp(raw[1:2]), np.exp(np.cumsum(raw[2:]))])


def _bounds(time: FloatArray, values: FloatArray, *, rises: bool) -> _Bounds:
    """Return lower and upper bounds of the raw shape, and starts."""
    peak = int(values.argmax())
    early = np.flatnonzero(values[: peak + 1] < _SOON * values[peak])
    arrival = time[early[-1]] if early.size else time[0]
    before = max(float(arrival - time[0]), 60.0)
    rise = max(float(time[peak] - arrival), 1.0)
    ratio = np.log(SLOWEST / FASTEST)
    log_rises = [np.log(rise * part) for part in ((1.0, 0.5) if rises else (1.0,))]
    starts = [
        (arrival, log_rise, *np.diff(np.log(rates), prepend=0.0))
        for rates in _STARTS
        for log_rise in log_rises
    ]
    lower = (arrival - before, np.log(0.1), np.log(0.05), ratio, ratio)
    upper = (time[peak], np.log(max(4.0 * rise, 60.0)), np.log(FASTEST), 0.0, 0.0)
    return lower, upper, starts
