"""From amplitudes and rates to physiological parameters, their errors and their flags."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from biomarkers.kinetics._linear import BoolArray
from biomarkers.kinetics._spread import invert_normal, mark_active, propagate, to_physical
from biomarkers.timing import FloatArray

if TYPE_CHECKING:
    from biomarkers.kinetics._blocks import Estimates
    from biomarkers.kinetics.model import Model, Parameter, Values
    from biomarkers.kinetics.setup import Setup

PER_MINUTE = 60.0  # amplitudes and rates: 1/s inside, 1/min outside
COMPLEX_STEP = 1e-30
FAINT = 1e-12  # share of a curve's squared length: a term so small may be none


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
    length: FloatArray,
    places: npt.NDArray[np.int64],
    out: Results,
) -> None:
    """Fill the rows `places` of `out` from what the engine found.

    `found` is used up: its coefficients become amplitudes, its normal matrices covariances.
    """
    rates = len(setup.upper)
    size = found.normal.shape[0]
    freedom = len(setup.exact.duration) - size
    out.rss[places] = found.rss
    if freedom < 1:
        return  # as many parameters as points: nothing can be told from such a curve
    active = np.empty((size, len(places)), dtype=bool)
    mark_active(found.coefficients, found.normal, length, rates, active)
    _invert(setup, found, length, active)
    amplitudes, covariance = found.coefficients, found.normal
    to_physical(setup.exact.kind, setup.exact.tau, amplitudes, found.unknowns, rates, covariance)
    out.converged[places] = found.converged
    out.amplitudes[places] = amplitudes.T
    out.unknowns[places, :rates] = found.unknowns[:rates].T
    bound = _pressed(setup, found)
    noise = np.sqrt(found.rss / freedom)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for parameter, raw, spread in _physiology(setup, found, active):
            value, error = judged(parameter, raw, spread * noise)
            out.values[parameter.name][places] = value
            out.errors[parameter.name][places] = error
            bound |= value > parameter.highest
    if len(found.unknowns) > rates:
        variance = covariance[-1, -1]
        out.unknowns[places, rates] = found.unknowns[rates]
        known = np.isfinite(variance) & (variance > 0)
        out.values["delay"][places] = np.where(known, found.unknowns[rates], np.nan)
        out.errors["delay"][places] = np.where(known, np.sqrt(np.abs(variance)) * noise, np.nan)
    out.at_bound[places] = bound


def _invert(setup: "Setup", found: "Estimates", length: FloatArray, active: BoolArray) -> None:
    """Turn the normal matrices into covariances for unit noise, and mark what is `active`.

    An amplitude at its bound of zero keeps its place: what it might be instead widens the other
    errors. Where that leaves nothing known it is held there, as the fit holds it: without plasma
    volume, a later arrival and a little of that volume are one and the same change of the curve.
    """
    terms = len(setup.nonnegative)
    weight = np.einsum("iiv->iv", found.normal)[:terms] * found.coefficients**2
    faint = (weight <= FAINT * length) & setup.nonnegative[:, None]
    doubtful = np.flatnonzero(faint.any(axis=0))
    normal = found.normal[..., doubtful]
    invert_normal(found.normal, active)
    lost = np.isnan(np.einsum("iiv->v", found.normal[..., doubtful]))
    again, normal = doubtful[lost], np.ascontiguousarray(normal[..., lost])
    if again.size:
        found.coefficients[:, again] *= ~faint[:, again]
        active[:terms, again] &= ~faint[:, again]
        invert_normal(normal, np.ascontiguousarray(active[:, again]))
        found.normal[..., again] = normal


def _pressed(setup: "Setup", found: "Estimates") -> BoolArray:
    """Curves of which a sign-bound amplitude is zero or an unknown sits at an end."""
    u = found.unknowns[: len(setup.upper)]
    bound = (found.coefficients[setup.nonnegative] <= 0).any(axis=0)
    bound |= ((u <= 0) | (u >= setup.upper[:, None])).any(axis=0)
    return np.asarray(bound)


def _physiology(
    setup: "Setup", found: "Estimates", active: BoolArray
) -> "Iterator[tuple[Parameter, FloatArray, FloatArray]]":
    """Yield each parameter with its values and its standard errors for unit noise."""
    model, terms, rates = setup.model, len(setup.nonnegative), len(setup.upper)
    names, unit = _names_and_units(model)
    theta = np.expm1(found.unknowns[:rates]) / setup.exact.tau
    # a rate without amplitude may have any value: one that no formula stumbles over
    theta = np.where(active[terms : terms + rates], theta, 1.0 / setup.exact.tau)
    point = dict(zip(names, [*found.coefficients, *theta] * unit[:, None], strict=True))
    values = model.physiology(point)
    slopes = [_complex_step(model, point, name) for name in names]
    for parameter in model.parameters:
        value = np.array(values[parameter.name], dtype=float)
        slope = np.array([each[parameter.name] for each in slopes]) * unit[:, None]
        error = np.empty_like(value)
        propagate(slope, found.normal, active, terms, value, error)
        yield parameter, value, error


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
