"""Least squares for a handful of blood samples: from several starts, the best end wins."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares, nnls

from biomarkers.errors import InputError

FloatArray = npt.NDArray[np.float64]

Curve = Callable[[FloatArray, FloatArray], FloatArray]  # (parameters, time) -> values
Basis = Callable[[FloatArray, FloatArray], FloatArray]  # (parameters, time) -> (time, amplitudes)


@dataclass(frozen=True)
class Bounds:
    """Where parameters may lie, and what each search starts from."""

    lower: Sequence[float]
    upper: Sequence[float]
    starts: Sequence[Sequence[float]]


def best_fit(residual: Callable[[FloatArray], FloatArray], bounds: Bounds) -> FloatArray:
    """Return the parameters (p,) of the smallest sum of squares that any start leads to."""
    lower, upper = np.asarray(bounds.lower, dtype=float), np.asarray(bounds.upper, dtype=float)
    found = []
    for start in bounds.starts:
        at = np.clip(start, lower, upper)
        found.append(
            least_squares(
                residual, at, bounds=(lower, upper), x_scale="jac", xtol=1e-12, ftol=1e-12
            )
        )
    best = min(found, key=lambda each: float(each.cost))
    return np.asarray(best.x, dtype=float)


def amplitudes(design: FloatArray, values: FloatArray) -> FloatArray:
    """Return the amplitudes, 0 or more, with which the columns (n, p) follow `values` best."""
    size = np.linalg.norm(design, axis=0)
    size[size == 0] = 1.0
    return np.asarray(nnls(design / size, values)[0] / size)


def checked_samples(
    what: str, time: npt.ArrayLike, values: npt.ArrayLike, *, fewest: int
) -> tuple[FloatArray, FloatArray]:
    """Return samples in order of time, those without a value left out.

    Raises
    ------
    InputError
        If times and values do not pair, or fewer than `fewest` remain.

    """
    when, level = np.asarray(time, dtype=float), np.asarray(values, dtype=float)
    if when.ndim != 1 or when.shape != level.shape:
        raise InputError(
            f"{what}: times of shape {when.shape}, values of shape {level.shape}; expected pairs"
        )
    known = np.isfinite(when) & np.isfinite(level)
    if known.sum() < fewest:
        raise InputError(
            f"{what}: {int(known.sum())} samples with a time and a value; expected {fewest} or "
            "more: choose a model with fewer parameters, or give more samples"
        )
    order = np.argsort(when[known], kind="stable")
    return when[known][order], level[known][order]
