"""From amplitudes and rates to physiological parameters, their errors and their flags."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from biomarkers.kinetics._linear import BoolArray
from biomarkers.timing import FloatArray

if TYPE_CHECKING:
    from biomarkers.kinetics._blocks import Estimates
    from biomarkers.kinetics.model import Model, Parameter, Values
    from biomarkers.kinetics.setup import Setup

PER_MINUTE = 60.0  # amplitudes and rates: 1/s inside, 1/min outside
COMPLEX_STEP = 1e-30
_NO_EFFECT = 1e-9


@dataclass(frozen=True, eq=False)
class Results:
    """Columns of what a fit reports, one row per chosen curve; NaN and False until filled."""

    amplitudes: FloatArray  # (N, p), 1/s or a fraction
    unknowns: FloatArray  # (N, q + 1): u of each rate, and the delay
    values: dict[str, FloatArray]
    errors: dict[str, FloatArray]
    rss: FloatArray
    total: FloatArray
    converged: BoolArray
    at_bound: BoolArray


def empty_results(model: "Model", count: int, *, fitted_delay: bool) -> Results:
    """Allocate results for `count` curves."""
    names = [*model.names, *(["delay"] if fitted_delay else [])]
    return Results(
        np.full((count, len(model.terms)), np.nan),
        np.full((count, len(model.decays) + 1), np.nan),
        {name: np.full(count, np.nan) for name in names},
        {name: np.full(count, np.nan) for name in names},
        np.full(count, np.nan),
        np.full(count, np.nan),
        np.zeros(count, dtype=bool),
        np.zeros(count, dtype=bool),
    )


def derive(
    setup: "Setup",
    found: "Estimates",
    weighted: FloatArray,
    places: npt.NDArray[np.int64],
    out: Results,
) -> None:
    """Fill the rows `places` of `out` from what the engine found for the `weighted` curves."""
    rates = len(setup.upper)
    freedom = weighted.shape[1] - found.covariance.shape[1]
    out.rss[places] = found.rss
    out.total[places] = _total(weighted, setup.exact.root_weights)
    if freedom < 1:
        return  # as many parameters as points: nothing can be told from such a curve
    out.converged[places] = found.converged
    out.amplitudes[places] = found.amplitudes
    out.unknowns[places, :rates] = found.unknowns[:, :rates]
    bound = _pressed(setup, found)
    noise = np.sqrt(found.rss / freedom)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for parameter, raw, spread in _physiology(setup, found):
            value, error = judged(parameter, raw, spread * noise)
            out.values[parameter.name][places] = value
            out.errors[parameter.name][places] = error
            bound |= value > parameter.highest
    if found.unknowns.shape[1] > rates:
        variance = found.covariance[:, -1, -1]
        out.unknowns[places, rates] = found.unknowns[:, rates]
        known = np.isfinite(variance) & (variance > 0)
        out.values["delay"][places] = np.where(known, found.unknowns[:, rates], np.nan)
        out.errors["delay"][places] = np.where(known, np.sqrt(np.abs(variance)) * noise, np.nan)
    out.at_bound[places] = bound


def _total(weighted: FloatArray, root_weights: FloatArray) -> FloatArray:
    """Weighted sum of squares about the weighted mean."""
    mean = weighted @ root_weights / (root_weights @ root_weights)
    rest = weighted - mean[:, None] * root_weights
    return np.asarray(np.einsum("vt,vt->v", rest, rest))


def _pressed(setup: "Setup", found: "Estimates") -> BoolArray:
    """Curves of which a sign-bound amplitude is zero or an unknown sits at an end."""
    rates = len(setup.upper)
    bound = (setup.nonnegative & (found.amplitudes <= 0)).any(axis=1)
    u = found.unknowns[:, :rates]
    bound |= ((u <= 0) | (u >= setup.upper)).any(axis=1)
    return np.asarray(bound)


def _physiology(
    setup: "Setup", found: "Estimates"
) -> "Iterator[tuple[Parameter, FloatArray, FloatArray]]":
    """Yield each parameter with its values and its standard errors for unit noise."""
    model, terms, rates = setup.model, len(setup.nonnegative), len(setup.upper)
    names, unit = _names_and_units(model)
    size = terms + rates
    active = found.active[:, :size]
    theta = np.expm1(found.unknowns[:, :rates]) / setup.exact.tau
    # a rate without amplitude may have any value: one that no formula stumbles over
    theta = np.where(active[:, terms:], theta, 1.0 / setup.exact.tau)
    point = dict(zip(names, (np.hstack([found.amplitudes, theta]) * unit).T, strict=True))
    values = model.physiology(point)
    slopes = [_complex_step(model, point, name) for name in names]
    covariance = found.covariance[:, :size, :size]
    for parameter in model.parameters:
        value = np.asarray(values[parameter.name], dtype=float)
        slope = np.array([each[parameter.name] for each in slopes]) * unit[:, None]
        yield parameter, *_spread(value, slope, covariance, active.T, terms)


def _names_and_units(model: "Model") -> tuple[list[str], FloatArray]:
    """Names of amplitudes and rates, fixed terms first, and their factors from 1/s to 1/min."""
    terms = (*model.fixed, *model.decays)
    names = [term.name for term in terms] + [term.rate for term in model.decays]
    unit = [term.per_minute for term in terms] + [PER_MINUTE] * len(model.decays)
    return names, np.array(unit)


def coefficients(
    setup: "Setup", amplitudes: FloatArray, unknowns: FloatArray
) -> dict[str, FloatArray]:
    """Amplitudes and rates by name, in 1/min or as fractions."""
    names, unit = _names_and_units(setup.model)
    theta = np.expm1(unknowns[:, : len(setup.upper)]) / setup.exact.tau
    return dict(zip(names, (np.hstack([amplitudes, theta]) * unit).T, strict=True))


def _complex_step(model: "Model", point: "Values", name: str) -> "dict[str, FloatArray]":
    """Differentiate every parameter by one amplitude or rate, exactly to rounding."""
    moved = {**point, name: point[name] + 1j * COMPLEX_STEP}
    found = model.physiology(moved)
    shape = point[name].shape
    return {
        key: np.broadcast_to(np.imag(value), shape) / COMPLEX_STEP for key, value in found.items()
    }


def _spread(
    value: FloatArray,
    slope: FloatArray,
    covariance: FloatArray,
    active: BoolArray,
    terms: int,
) -> tuple[FloatArray, FloatArray]:
    """Propagate the covariance, and void what hangs on something the data are silent about.

    `slope` and `active` are (n, V). A parameter that depends on a rate without amplitude is
    NaN; one that is fixed by amplitudes at their bound alone has a value but no error.
    """
    silent_rates = ~active[terms:]
    effect = np.abs(np.where(silent_rates, slope[terms:], 0.0)).sum(axis=0)
    value = np.where(effect > _NO_EFFECT * (1.0 + np.abs(value)), np.nan, value)
    live = np.where(active, slope, 0.0)
    variance = np.einsum("iv,vij,jv->v", live, covariance, live)
    error = np.sqrt(np.maximum(variance, 0.0))
    held = ~live.any(axis=0) & ~active.all(axis=0)
    return value, np.where(held | np.isnan(variance), np.nan, error)


def judged(
    parameter: "Parameter", value: FloatArray, error: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Report NaN where the data cannot determine the parameter; see `Parameter`."""
    if parameter.origin is None:
        lost = error > np.maximum(np.abs(value), parameter.resolution)
    else:
        lost = ~(error <= value - parameter.origin)
    lost |= ~np.isfinite(value)
    return np.where(lost, np.nan, value), np.where(lost, np.nan, error)
