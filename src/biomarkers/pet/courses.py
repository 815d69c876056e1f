"""Courses of what is measured in few blood samples: parent fraction, plasma-to-blood ratio."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.pet.forms import PARENT_FRACTIONS, RATIOS, Form
from biomarkers.pet.least_squares import Curve, best_fit, checked_samples

FloatArray = npt.NDArray[np.float64]
PER_MINUTE = 60.0


@dataclass(frozen=True, eq=False)
class Course:
    """A form fitted to samples.

    Parameters
    ----------
    form
        Its name; "interpolated" for straight lines between the samples, "given" for a constant.
    parameters
        Their values by name; rates 1/min, times min.
    rms
        Root mean square of what the form leaves of the samples.
    curve
        Maps times (n,), s, to values (n,).

    """

    form: str
    parameters: Mapping[str, float]
    rms: float
    curve: Callable[[FloatArray], FloatArray]

    def at(self, time: npt.ArrayLike) -> FloatArray:
        """Return the values at `time` (n,), s; before injection that at injection."""
        return self.curve(np.maximum(np.asarray(time, dtype=float), 0.0))


def fit_parent_fraction(
    time: npt.ArrayLike, fraction: npt.ArrayLike, *, form: str = "hill"
) -> Course:
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


def fit_ratio(time: npt.ArrayLike, ratio: npt.ArrayLike, *, form: str = "exponential") -> Course:
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

    """
    when, level = checked_samples("plasma-to-blood ratio", time, ratio, fewest=1)
    return _fit("plasma-to-blood ratio", when, level, form, RATIOS)


def constant_course(value: float) -> Course:
    """Return a course that has one value throughout."""
    return Course("given", {"value": value}, 0.0, lambda t: np.full_like(t, value))


def _fit(
    what: str, time: FloatArray, values: FloatArray, name: str, forms: Mapping[str, Form]
) -> Course:
    if name == "interpolated":
        return Course(name, {}, 0.0, lambda t: np.interp(t, time, values))
    if name not in forms:
        known = ", ".join([*forms, "interpolated"])
        raise InputError(f"{what}: form is {name!r}; expected one of {known}")
    form = forms[name]
    when, level = checked_samples(f"{what} ({name})", time, values, fewest=len(form.names))
    minutes = when / PER_MINUTE
    found = best_fit(lambda p: form.curve(p, minutes) - level, form.bounds)
    left = form.curve(found, minutes) - level
    return Course(
        name,
        dict(zip(form.names, found.tolist(), strict=True)),
        float(np.sqrt((left**2).mean())),
        partial(_at_seconds, form.curve, found),
    )


def _at_seconds(curve: Curve, parameters: FloatArray, time: FloatArray) -> FloatArray:
    return curve(parameters, time / PER_MINUTE)
