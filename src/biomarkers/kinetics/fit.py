"""The result of a fit: estimates never travel without standard errors and flags."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
from scipy.special import fdtri

from biomarkers.errors import InputError
from biomarkers.kinetics._linear import BoolArray
from biomarkers.kinetics.derive import coefficients
from biomarkers.kinetics.predict import predict_curves
from biomarkers.timing import FloatArray

if TYPE_CHECKING:
    from biomarkers.kinetics.derive import Results
    from biomarkers.kinetics.model import Parameter
    from biomarkers.kinetics.problem import Data
    from biomarkers.kinetics.setup import Setup

Array = TypeVar("Array", bound=np.ndarray[Any, Any])

SURE = 0.999  # how sure one must be that a constant describes a curve better than the model


@dataclass(frozen=True, eq=False, repr=False)
class Fit:
    """Estimates of one model for every curve; arrays have the curves' leading shape.

    Parameters
    ----------
    model
        Name of the model.
    parameters
        What was estimated, in order.
    estimates, se
        Values and standard errors by name; NaN where the data cannot determine the parameter.
        "delay" (s) is among them: with a standard error if it was fitted, else as given, with
        standard error 0.
    rss, r2, aicc
        Weighted residual sum of squares, share of the weighted variance explained, and
        Akaike's criterion corrected for small samples, ``n ln(rss/n) + 2k + 2k(k+1)/(n-k-1)``
        where k counts the parameters and the noise variance (Hurvich & Tsai, Biometrika
        1989;76:297. doi:10.1093/biomet/76.2.297); NaN where n <= k + 1.
    converged
        Whether the iteration converged.
    at_bound
        Whether an amplitude was held at zero, a rate or the delay ended at a bound, or a
        fraction came out above 1. Standard errors are then only indicative.
    identifiable
        Whether every parameter and its standard error could be determined. Nothing is where a
        constant describes the curve better than the model does.
    coefficients
        The model's own amplitudes and rates by name, 1/min (or a fraction).

    """

    model: str
    parameters: "tuple[Parameter, ...]"
    estimates: Mapping[str, FloatArray]
    se: Mapping[str, FloatArray]
    rss: FloatArray
    r2: FloatArray
    aicc: FloatArray
    converged: BoolArray
    at_bound: BoolArray
    identifiable: BoolArray
    coefficients: Mapping[str, FloatArray]
    _data: "Data" = field(repr=False)
    _predict: Callable[[], FloatArray] = field(repr=False)

    def __getitem__(self, name: str) -> FloatArray:
        if name not in self.estimates:
            raise InputError(
                f"{self.model} has no parameter {name!r}; it has {', '.join(self.estimates)}"
            )
        return self.estimates[name]

    @property
    def shape(self) -> tuple[int, ...]:
        """Leading shape of the curves."""
        return self.rss.shape

    def predicted(self) -> FloatArray:
        """Fitted curves (..., T), by exact convolution; NaN where nothing was fitted."""
        chosen = self._predict()
        out = np.full((int(np.prod(self.shape)), chosen.shape[1]), np.nan)
        out[self._data.chosen] = chosen
        return out.reshape(*self.shape, -1)

    def residuals(self) -> FloatArray:
        """Measured minus fitted curves (..., T), unweighted."""
        return np.asarray(self._data.curves, dtype=float) - self.predicted()

    def __repr__(self) -> str:
        return _describe(self)


def gather(
    setup: "Setup", data: "Data", delay: float | tuple[float, float], results: "Results"
) -> Fit:
    """Put the results of the chosen curves in their places."""
    known = "delay" in results.values
    nan = np.nan
    points = int(setup.used.sum())
    lost = refuted(results.rss, results.total, points) & (results.amplitudes != 0).any(axis=1)
    estimates, se = (
        {name: in_place(data, np.where(lost, nan, each), nan) for name, each in table.items()}
        for table in (results.values, results.errors)
    )
    if not known:
        estimates["delay"] = np.full(data.shape, delay)
        se["delay"] = np.zeros(data.shape)
    count = len(setup.nonnegative) + len(setup.upper) + known
    identifiable = np.ones(data.shape, dtype=bool)
    for name in results.values:
        identifiable &= np.isfinite(estimates[name]) & np.isfinite(se[name])
    at = results.unknowns.copy()
    at_bound = results.at_bound
    if isinstance(delay, tuple):
        at_bound = at_bound | (at[:, -1] <= delay[0]) | (at[:, -1] >= delay[1])
    else:
        at[:, -1] = delay
    return Fit(
        setup.model.name,
        setup.model.parameters,
        estimates,
        se,
        in_place(data, results.rss, nan),
        in_place(data, explained(results.rss, results.total), nan),
        in_place(data, akaike(results.rss, points, count), nan),
        in_place(data, results.converged, False),
        in_place(data, at_bound, False),
        identifiable,
        {
            name: in_place(data, each, nan)
            for name, each in coefficients(setup, results.amplitudes, results.unknowns).items()
        },
        data,
        partial(predict_curves, setup, data.frames, results.amplitudes, at),
    )


def refuted(rss: FloatArray, total: FloatArray, points: int) -> BoolArray:
    """Where a constant describes a curve better than the model does, by more than chance.

    Parameters
    ----------
    rss, total
        Sums of squares about the model and about the mean.

    Returns
    -------
    BoolArray
        Whether the F test of the mean against zero would call so large a difference real.

    """
    if points < 2:
        return np.zeros(rss.shape, dtype=bool)
    limit = float(fdtri(1, points - 1, SURE)) / (points - 1)
    return np.asarray(rss - total > limit * total)


def explained(rss: FloatArray, total: FloatArray) -> FloatArray:
    """Share of the variance explained; NaN for a curve without variance."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(total > 0, 1.0 - rss / total, np.nan)


def akaike(rss: FloatArray, points: int, parameters: int) -> FloatArray:
    """Akaike's corrected criterion; NaN where there are too few points for it."""
    k = parameters + 1
    if points <= k + 1:
        return np.full(rss.shape, np.nan)
    with np.errstate(divide="ignore"):
        deviance = points * np.log(rss / points)
    return np.asarray(deviance + 2 * k + 2 * k * (k + 1) / (points - k - 1))


def in_place(data: "Data", values: Array, missing: float | bool) -> Array:
    """Put the values of the chosen curves where they belong; `missing` elsewhere."""
    if data.all_chosen:
        return cast(Array, values.reshape(data.shape))
    out = np.full(int(np.prod(data.shape)), missing, dtype=values.dtype)
    out[data.chosen] = values
    return cast(Array, out.reshape(data.shape))


def _describe(fit: Fit) -> str:
    """One line per parameter: value and error of one curve, or the middle of many."""
    units = {each.name: each.unit for each in fit.parameters} | {"delay": "s"}
    one = fit.shape == ()
    lines = [f"{fit.model}, {'one curve' if one else f'curves of shape {fit.shape}'}"]
    for name, value in fit.estimates.items():
        found = value[np.isfinite(value)]
        if not found.size:
            text = "not identifiable"
        elif one:
            text = f"{float(value):.4g} ± {float(fit.se[name]):.2g} {units[name]}"
        else:
            low, middle, high = np.percentile(found, [25, 50, 75])
            text = f"{middle:.4g} ({low:.4g} to {high:.4g}) {units[name]}"
        lines.append(f"  {name:<8} {text}")
    counts = {
        "not converged": ~fit.converged,
        "at a bound": fit.at_bound,
        "not identifiable": ~fit.identifiable,
    }
    flags = [f"{label}: {int(np.sum(flag))}" for label, flag in counts.items()]
    return "\n".join([*lines, "  " + ", ".join(flags)])
