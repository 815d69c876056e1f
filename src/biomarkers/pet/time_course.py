"""Time courses of what is sampled now and then: fitted from several starts, the best end wins."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares

from biomarkers.arrays import FloatArray
from biomarkers.checks import as_numbers
from biomarkers.errors import InputError

PER_MINUTE = 60.0


@dataclass(frozen=True, eq=False)
class TimeCourse:
    """A curve through samples.

    Parameters
    ----------
    model
        Its name; "interpolated" for straight lines between the samples, "given" for a constant.
    parameters
        Their values by name; rates 1/min.
    rms
        Root mean square of what the model leaves of the samples, in their unit.
    curve
        Maps times (n,), s, to values (n,).

    Examples
    --------
    >>> from biomarkers.pet import fit_ratio
    >>> course = fit_ratio([60.0, 600.0, 3600.0], [1.1, 1.2, 1.3], form="interpolated")
    >>> print(course.model, course.rms)
    interpolated 0.0

    """

    model: str
    parameters: Mapping[str, float]
    rms: float
    curve: Callable[[FloatArray], FloatArray]

    def at(self, time: npt.ArrayLike) -> FloatArray:
        """Return the values at `time` (n,), s after the start of injection.

        Examples
        --------
        >>> from biomarkers.pet import fit_ratio
        >>> course = fit_ratio([60.0, 600.0, 3600.0], [1.1, 1.2, 1.3], form="interpolated")
        >>> course.at([330.0, 2100.0]).round(3)
        array([1.15, 1.25])

        """
        return self.curve(np.asarray(time, dtype=float))


def best_fit(
    residual: Callable[[FloatArray], FloatArray],
    lower: Sequence[float],
    upper: Sequence[float],
    starts: Sequence[Sequence[float]],
) -> FloatArray:
    """Return the parameters (p,) within bounds of the least sum of squares any start leads to."""
    too_large = "times or values are too large for their squares to be numbers"
    if not all(np.isfinite(residual(np.clip(start, lower, upper))).all() for start in starts):
        raise InputError(too_large)
    how: dict[str, Any] = {"bounds": (lower, upper), "x_scale": "jac", "xtol": 1e-12, "ftol": 1e-12}
    try:
        ends = [least_squares(residual, np.clip(each, lower, upper), **how) for each in starts]
    except ValueError as error:  # of derivatives, or their products, that are no numbers
        raise InputError(too_large) from error
    return np.asarray(min(ends, key=lambda end: float(end.cost)).x, dtype=float)


def rms(residuals: FloatArray) -> float:
    """Return the root mean square."""
    return float(np.sqrt((residuals**2).mean()))


def checked_samples(
    what: str, time: npt.ArrayLike, *columns: npt.ArrayLike, fewest: int
) -> list[FloatArray]:
    """Return times and columns of samples in order of time, those without a value left out.

    Raises
    ------
    InputError
        If times and values do not pair, or fewer than `fewest` remain.

    """
    given = [as_numbers(f"column {k}", each) for k, each in enumerate((time, *columns), 1)]
    shapes = [each.shape for each in given]
    if given[0].ndim != 1 or len(set(shapes)) > 1:
        raise InputError(
            f"{what}: times of shape {shapes[0]}, values of shape {shapes[1]}; expected pairs"
        )
    known = np.isfinite(given).all(axis=0)
    if known.sum() < fewest:
        raise InputError(
            f"{what}: {int(known.sum())} samples with a time and a value; expected {fewest} or "
            "more: choose a model with fewer parameters, or give more samples"
        )
    order = np.argsort(given[0][known], kind="stable")
    return [each[known][order] for each in given]
