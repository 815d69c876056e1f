"""The fractions that blood samples give: of parent in plasma, and of plasma over whole blood.

Forms of the parent fraction are those in use, as reviewed by Tonietto et al. (J Cereb Blood Flow
Metab 2016, doi:10.1177/0271678X15610585); each is 1 at injection. Their time is in minutes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from scipy.special import gammainc, gammaincc

from biomarkers.arrays import FloatArray
from biomarkers.errors import InputError
from biomarkers.pet.time_course import (
    PER_MINUTE,
    TimeCourse,
    best_fit,
    checked_samples,
    rms,
)

Curve = Callable[[FloatArray, FloatArray], FloatArray]  # (parameters, time) -> values
INTERPOLATED = "interpolated"


@dataclass(frozen=True)
class Form:
    """A function of time (min) with a few parameters.

    Parameters
    ----------
    names
        Of the parameters, in order.
    curve
        Maps parameters (p,) and times (n,), min, to values (n,).
    lower, upper
        Where the parameters may lie.
    starts
        Of the search.

    """

    names: tuple[str, ...]
    curve: Curve
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    starts: tuple[tuple[float, ...], ...]


def _hill(p: FloatArray, t: FloatArray) -> FloatArray:
    """1 - (1 - a) t^b / (t^b + c^b), without a division by zero at injection (Tonietto et al.)."""
    grown = (t / p[2]) ** p[1]
    return np.asarray(1.0 - (1.0 - p[0]) * grown / (1.0 + grown))


def _power(p: FloatArray, t: FloatArray) -> FloatArray:
    """(1 + (a t)^b)^-c (Tonietto et al.)."""
    return np.asarray((1.0 + (p[0] * t) ** p[1]) ** -p[2])


def _exponential(p: FloatArray, t: FloatArray) -> FloatArray:
    """Two exponentials, a exp(-b t) + (1 - a) exp(-c t) (Tonietto et al.)."""
    return np.asarray(p[0] * np.exp(-p[1] * t) + (1.0 - p[0]) * np.exp(-p[2] * t))


def _inverse_gamma(p: FloatArray, t: FloatArray) -> FloatArray:
    """1 - a F(t), F the distribution of one over a gamma variate.

    Finnema et al., J Cereb Blood Flow Metab 2018;38:2041. doi:10.1177/0271678X17724947
    """
    with np.errstate(divide="ignore"):
        return np.asarray(1.0 - p[0] * gammaincc(p[1], p[2] / t))


def _gamma(p: FloatArray, t: FloatArray) -> FloatArray:
    """1 - a F(t), F the gamma distribution (Naganawa et al., NeuroImage 2014;99:69)."""
    return np.asarray(1.0 - p[0] * gammainc(p[1], p[2] * t))


def _sigmoid(p: FloatArray, t: FloatArray) -> FloatArray:
    """((1 + (t / a)^3)^-b + c) / (1 + c) (Guo et al., J Nucl Med 2013;54:1915)."""
    return np.asarray(((1.0 + (t / p[0]) ** 3) ** -p[1] + p[2]) / (1.0 + p[2]))


def _linear(p: FloatArray, t: FloatArray) -> FloatArray:
    return np.asarray(p[0] + p[1] * t)


def _to_a_level(p: FloatArray, t: FloatArray) -> FloatArray:
    """From one level to another."""
    return np.asarray(p[0] + (p[1] - p[0]) * np.exp(-p[2] * t))


_GAMMA = ("share", "shape", "rate")
PARENT_FRACTIONS: Mapping[str, Form] = MappingProxyType(
    {
        "hill": Form(
            ("plateau", "steepness", "half_time"), _hill,
            (0, 0.3, 0.01), (1, 10, 1e3), ((0.05, 1.5, 10), (0.3, 3, 20), (0, 1, 3)),
        ),
        "power": Form(
            ("rate", "steepness", "exponent"), _power,
            (1e-4, 0.5, 1e-3), (10, 10, 10), ((0.1, 2, 0.5), (0.03, 1, 1), (0.3, 4, 0.2)),
        ),
        "exponential": Form(
            ("share", "fast", "slow"), _exponential,
            (0, 0, 0), (1, 10, 10), ((0.9, 0.1, 0), (0.5, 0.3, 0.01), (0.8, 0.03, 0.003)),
        ),
        "inverse_gamma": Form(
            _GAMMA, _inverse_gamma,
            (0, 0.05, 1e-3), (1, 50, 1e3), ((0.95, 1, 5), (1, 2, 12), (0.8, 0.5, 1)),
        ),
        "gamma": Form(
            _GAMMA, _gamma,
            (0, 0.05, 1e-4), (1, 50, 50), ((0.95, 1, 0.1), (0.9, 2, 0.2), (0.8, 0.5, 0.05)),
        ),
        "sigmoid": Form(
            ("time", "exponent", "floor"), _sigmoid,
            (0.1, 0.01, 0), (1e3, 10, 10), ((10, 0.6, 0.04), (20, 0.3, 0.2), (5, 1, 0)),
        ),
    }
)  # fmt: skip
RATIOS: Mapping[str, Form] = MappingProxyType(
    {
        "constant": Form(("ratio",), lambda p, t: np.full_like(t, p[0]), (0,), (10,), ((1,),)),
        "linear": Form(("ratio", "slope"), _linear, (0, -1), (10, 1), ((1, 0),)),
        "exponential": Form(
            ("late", "early", "rate"), _to_a_level,
            (0, 0, 1e-3), (10, 10, 10), ((1.2, 1, 0.05), (1.5, 1, 0.01), (0.8, 1.2, 0.2)),
        ),
    }
)  # fmt: skip


def fit_parent_fraction(
    time: npt.ArrayLike, fraction: npt.ArrayLike, *, form: str = "hill"
) -> TimeCourse:
    """Fit the parent fraction of plasma.

    Parameters
    ----------
    time, fraction
        Samples, (n,), s and 0 to 1; those without a value are left out.
    form
        A key of `PARENT_FRACTIONS`, or "interpolated".

    Raises
    ------
    InputError
        If the form is unknown, there are fewer samples than parameters, or a fraction lies
        outside 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.pet import fit_parent_fraction
    >>> time = np.array([60.0, 300.0, 600.0, 1200.0, 2400.0, 3600.0])
    >>> minutes = time / 60
    >>> fraction = 1 - 0.6 * minutes**2 / (minutes**2 + 15.0**2)  # half way to 0.4 at 15 min
    >>> course = fit_parent_fraction(time, fraction)
    >>> print({name: round(value, 2) for name, value in course.parameters.items()})
    {'plateau': 0.4, 'steepness': 2.0, 'half_time': 15.0}

    """
    what = "parent fraction"
    when, level = checked_samples(what, time, fraction, fewest=1)
    if (level < 0).any() or (level > 1).any():
        wrong = int(np.argmax((level < 0) | (level > 1)))
        raise InputError(
            f"{what}: {level[wrong]:g} at {when[wrong]:g} s; expected a fraction from 0 to 1 "
            "(a percentage? state the unit)"
        )
    return _fit(what, when, level, form, PARENT_FRACTIONS)


def fit_ratio(
    time: npt.ArrayLike, ratio: npt.ArrayLike, *, form: str = "exponential"
) -> TimeCourse:
    """Fit the ratio of concentrations in plasma and whole blood.

    Parameters
    ----------
    time, ratio
        Samples, (n,), s and a plain number; those without a value are left out.
    form
        A key of `RATIOS`, or "interpolated".

    Raises
    ------
    InputError
        If the form is unknown, or there are fewer samples than parameters.

    Examples
    --------
    >>> from biomarkers.pet import fit_ratio
    >>> course = fit_ratio([60.0, 600.0, 1800.0], [1.2, 1.21, 1.19], form="constant")
    >>> course.at([0.0, 2000.0]).round(2)
    array([1.2, 1.2])

    """
    return _fit("plasma-to-blood ratio", time, ratio, form, RATIOS)


def constant(value: float) -> TimeCourse:
    """Return a fraction that has one value throughout."""
    return TimeCourse("given", {"value": value}, 0.0, lambda t: np.full_like(t, value))


def _fit(
    what: str, time: npt.ArrayLike, values: npt.ArrayLike, name: str, forms: Mapping[str, Form]
) -> TimeCourse:
    if name not in (*forms, INTERPOLATED):
        known = ", ".join([*forms, INTERPOLATED])
        raise InputError(f"{what}: form is {name!r}; expected one of {known}")
    fewest = 1 if name == INTERPOLATED else len(forms[name].names)
    when, level = checked_samples(f"{what} ({name})", time, values, fewest=fewest)
    if name == INTERPOLATED:
        return TimeCourse(name, {}, 0.0, lambda t: np.interp(t, when, level))
    form = forms[name]

    def residual(parameters: FloatArray) -> FloatArray:
        return _from_injection(form.curve, parameters, when) - level

    best = best_fit(residual, form.lower, form.upper, form.starts)
    curve = partial(_from_injection, form.curve, best)
    parameters = dict(zip(form.names, best.tolist(), strict=True))
    return TimeCourse(name, parameters, rms(curve(when) - level), curve)


def _from_injection(form: Curve, parameters: FloatArray, time: FloatArray) -> FloatArray:
    """Return a form at times in s; before injection its value at injection."""
    return form(parameters, np.maximum(time, 0.0) / PER_MINUTE)
