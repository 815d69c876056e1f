"""The fit: curves in chunks over threads, from the compiled loops to the record.

A curve's result depends on that curve alone, never on its neighbours, the chunk it falls into or
the number of threads. What the compiled loops leave of a chunk, amplitudes, rates and normal
matrices, becomes parameters with errors and reasons while it is at hand, and is written into the
record of the fit.
"""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np

from biomarkers.blas import one_blas_thread
from biomarkers.estimates import FitFlag, in_chunks
from biomarkers.kinetics._blocks import (
    Block,
    fit_block,
    fit_block_of_one_rate,
    fit_block_of_two_rates,
    invert_normal,
    mark_active,
    new_block,
    polish_block,
    predict_block,
    propagate,
    sums_of_squares,
    to_physical,
)
from biomarkers.kinetics._convolve import DIRECT
from biomarkers.kinetics._profile import Profile
from biomarkers.kinetics._search import Bounds
from biomarkers.kinetics.declaration import (
    COMPLEX_STEP,
    PER_MINUTE,
    Declaration,
    Parameter,
    Values,
)
from biomarkers.kinetics.fit import (
    TOO_FEW_POINTS,
    BoolArray,
    Data,
    Fit,
    IntArray,
    concluded,
    fill,
    judged,
    new_fit,
)
from biomarkers.kinetics.input import Input
from biomarkers.kinetics.quality import quality_of, refuted
from biomarkers.kinetics.refutation import beyond_noise
from biomarkers.kinetics.setup import Reduced, Setup, bind, reduce
from biomarkers.timing import FloatArray, Frames

MINIMA = 2  # over the grid of delays, that the exact fit starts from
FAINT = 1e-12  # share of a curve's squared length: a term so small may be none


class Chunk(NamedTuple):
    """Some curves that are fitted together."""

    curves: FloatArray  # (V, T), times the roots of the weights
    length: FloatArray  # (V,): squared length
    total: FloatArray  # (V,): sum of squares about the mean
    noise: FloatArray | None  # (2, V), see `Noise`
    places: slice | IntArray  # among all curves


@one_blas_thread()
def fit_model(
    model: Declaration, data: Data, input: Input, delay: float | tuple[float, float]
) -> Fit:
    """Fit a model that `input` feeds to checked curves; see `Model.fit`."""
    setup = bind(model, input, data.frames, data.weights)
    if isinstance(delay, tuple):
        work = partial(_fit_delay, setup, _delay_tables(setup, data.frames, delay), delay)
    else:
        work = partial(_fit_at, setup, reduce(setup, [delay])[0])
    fit = new_fit(
        model.name,
        model.parameters,
        data,
        predict=partial(_predicted, setup, data.frames),
        quality=("rss", "r2", "aicc"),
        coefficients=list(setup.coefficients),
        delay=delay,
        settings={"Delay": {"FittedBetween": list(delay)} if isinstance(delay, tuple) else delay},
    )
    fit = replace(fit, zeros=model.zeros) if model.zeros else fit
    if input.whole:
        each = partial(_fit_chunk, setup, data, work, delay, fit)
        in_chunks(each, len(data.chosen), size=data.chunk)
    else:
        fit.reasons.bits[fit.inside] = FitFlag.BEGUN_LATE
    return fit


def predict_curves(setup: Setup, frames: Frames, point: Values, delay: FloatArray) -> FloatArray:
    """Compute curves (V, T) at every frame from amplitudes and rates (V,), 1/min, and delays, s."""
    inside = [np.ravel(point[name]) / factor for name, factor in setup.coefficients.items()]
    terms = len(setup.nonnegative)
    amplitudes = np.stack(inside[:terms], axis=1)
    unknowns = np.stack(
        [*(np.log1p(rate * setup.exact.tau) for rate in inside[terms:]), np.ravel(delay)], axis=1
    )
    out = np.full((len(amplitudes), len(frames)), np.nan)
    known = np.isfinite(amplitudes).all(axis=1) & np.isfinite(unknowns).all(axis=1)
    curves = np.empty((int(known.sum()), len(frames)))
    predict_block(setup.exact_at(frames), amplitudes[known], unknowns[known], curves)
    out[known] = curves
    return out


def _predicted(setup: Setup, frames: Frames, fit: Fit) -> FloatArray:
    delay = np.zeros(fit.shape) if fit.arrival is None else fit.arrival
    curves = predict_curves(setup, frames, fit.coefficients, delay)
    return curves.reshape(*fit.shape, len(frames))


def _fit_chunk(
    setup: Setup,
    data: Data,
    work: Callable[[FloatArray], Block],
    delay: float | tuple[float, float],
    fit: Fit,
    part: slice,
) -> None:
    """Fit one chunk; a curve that is not finite, or zero throughout, says nothing and is NaN."""
    rows = data.take(part)
    weighted = rows if setup.used.all() else rows[:, setup.used]
    if (setup.exact.root_weights != 1.0).any():
        weighted = weighted * setup.exact.root_weights
    length, total = np.empty(len(rows)), np.empty(len(rows))
    sums_of_squares(weighted, setup.exact.root_weights, length, total)
    usable = np.isfinite(length) & (length > 0)
    if not usable.any():
        return
    good = weighted if usable.all() else weighted[usable]
    places = data.places(part, usable)
    good = np.ascontiguousarray(good)
    chunk = Chunk(good, length[usable], total[usable], data.noise_of(part, usable), places)
    _report(setup, work(good), chunk, delay, fit)


def _fit_at(setup: Setup, reduced: Reduced, curves: FloatArray) -> Block:
    """Fit at one delay."""
    out = new_block(len(curves), len(setup.nonnegative), len(setup.upper))
    bounds = Bounds(setup.nonnegative, np.zeros(len(setup.upper)), setup.upper)
    search, table = reduced.search, reduced.table
    if isinstance(search, Profile):
        fit_block_of_one_rate(curves, reduced.basis, search, table, setup.nonnegative, out)
    elif reduced.pair is not None:
        fit_block_of_two_rates(curves, reduced.basis, reduced.pair, search, table, bounds, out)
    else:
        fit_block(curves, reduced.basis, search, table, bounds, out)
    return out


def _delay_tables(setup: Setup, frames: Frames, bounds: tuple[float, float]) -> list[Reduced]:
    """Columns on a grid of delays, a quarter of a sample apart but between 0.5 and 1 s.

    An undelayed term follows the input's straight pieces: between their ends the objective has a
    minimum of its own.
    """
    low, high = bounds
    spacing = float(np.median(np.diff(frames.mid))) if len(frames) > 1 else 1.0
    step = min(max(0.25 * spacing, 0.5), 1.0)
    delays = np.linspace(low, high, int(np.ceil((high - low) / step)) + 1)
    batches = np.array_split(delays, int(np.ceil(delays.size / 16)))
    return [each for batch in batches for each in reduce(setup, batch.tolist())]


def _fit_delay(
    setup: Setup, tables: list[Reduced], bounds: tuple[float, float], curves: FloatArray
) -> Block:
    """Fit at every delay of the grid, then exactly from the best of them."""
    rates = len(setup.upper)
    rss = np.empty((len(tables), len(curves)))
    unknowns = np.empty((len(tables), len(curves), rates + 1))
    for d, reduced in enumerate(tables):
        block = _fit_at(setup, reduced, curves)
        rss[d] = block.rss
        unknowns[d, :, :rates] = block.unknowns.T
        unknowns[d, :, rates] = reduced.delay
    starts = _best_delays(rss, unknowns)
    out = new_block(len(curves), len(setup.nonnegative), rates + 1)
    lower, upper = np.append(np.zeros(rates), bounds[0]), np.append(setup.upper, bounds[1])
    polish_block(curves, starts, setup.exact, Bounds(setup.nonnegative, lower, upper), out)
    return out


def _best_delays(rss: FloatArray, unknowns: FloatArray) -> FloatArray:
    """Unknowns from which the exact fit starts: (S, V, x).

    Those at the lowest local minima over the delay grid, and at the lowest one's neighbours: a
    term that follows the input's straight pieces gives the objective a minimum between any two
    of their ends.
    """
    padded = np.pad(rss, ((1, 1), (0, 0)), constant_values=np.inf)
    minimum = (rss <= padded[:-2]) & (rss <= padded[2:])
    ranked = np.where(minimum, rss, np.inf).argsort(axis=0, kind="stable")[:MINIMA]
    beside = np.clip(ranked[0] + np.array([[-1], [1]]), 0, len(rss) - 1)
    starts = np.concatenate([ranked, beside])
    return np.ascontiguousarray(np.take_along_axis(unknowns, starts[:, :, None], axis=0))


def _report(
    setup: Setup,
    block: Block,
    chunk: Chunk,
    delay: float | tuple[float, float],
    fit: Fit,
) -> None:
    """Turn what the loops left of some curves into parameters, and write it into the record.

    `block` is used up: its coefficients become amplitudes, its normal matrices covariances.
    """
    rates, size = len(setup.upper), block.normal.shape[0]
    points, length, total = len(setup.exact.duration), chunk.length, chunk.total
    quality = quality_of(block.rss, total, points, size)
    if points <= size:  # nothing can be told from such a curve
        bits = np.full(len(length), TOO_FEW_POINTS, dtype=np.uint16)
        fill(fit, chunk.places, bits, {}, {}, quality)
        return
    active = np.empty((size, len(length)), dtype=bool)
    mark_active(block.coefficients, block.normal, length, rates, active)
    noise = np.sqrt(block.rss / (points - size))
    _invert(setup, block, length, active, noise)
    to_physical(
        setup.exact.kind, setup.exact.tau, block.coefficients, block.unknowns, rates, block.normal
    )
    inside = np.concatenate(
        [block.coefficients, np.expm1(block.unknowns[:rates]) / setup.exact.tau]
    )
    values, errors, beyond = _judged(setup, block, inside, active, noise)
    bits = concluded(
        values,
        errors,
        converged=block.converged,
        lost=_lost(setup, block, chunk),
        at_bound=_at_bound(setup, block, delay) | beyond,
    )
    factors = setup.coefficients.items()
    own = {name: factor * each for (name, factor), each in zip(factors, inside, strict=True)}
    fill(fit, chunk.places, bits, values, errors, quality, own)
    if "delay" in values and fit.arrival is not None:
        fit.arrival.reshape(-1)[chunk.places] = block.unknowns[rates]


def _lost(setup: Setup, block: Block, chunk: Chunk) -> BoolArray:
    """Curves that a constant describes better; of those left at zero, where noise is not why."""
    root = setup.exact.root_weights
    lost = refuted(block.rss, chunk.total, len(root))
    flat = lost & (block.coefficients == 0).all(axis=0)
    if flat.any():
        noise = None if chunk.noise is None else chunk.noise[:, flat]
        lost[flat] = beyond_noise(chunk.curves[flat] / root, root**2, block.rss[flat], noise)
    return lost


def _judged(
    setup: Setup, block: Block, inside: FloatArray, active: BoolArray, noise: FloatArray
) -> tuple[dict[str, FloatArray], dict[str, FloatArray], BoolArray]:
    """Return values and errors by name, NaN where not identifiable, and where one is too large.

    `inside` are the amplitudes and rates (n, V), 1/s.
    """
    values, errors, beyond = {}, {}, np.zeros(len(noise), dtype=bool)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for parameter, raw, spread in _physiology(setup, block, inside, active):
            value, error = judged(parameter, raw, spread * noise)
            beyond |= value > parameter.highest
            values[parameter.name], errors[parameter.name] = value, error
    if len(block.unknowns) > len(setup.upper):
        variance = block.normal[-1, -1]
        known = np.isfinite(variance) & (variance > 0)
        values["delay"] = np.where(known, block.unknowns[-1], np.nan)
        errors["delay"] = np.where(known, np.sqrt(np.abs(variance)) * noise, np.nan)
    return values, errors, beyond


def _invert(
    setup: Setup, block: Block, length: FloatArray, active: BoolArray, noise: FloatArray
) -> None:
    """Turn the normal matrices into covariances for unit noise, and mark what is `active`.

    An amplitude at its bound of zero keeps its place: what it might be instead widens the other
    errors. Where that leaves nothing known it is held there, as the fit holds it: without plasma
    volume, a later arrival and a little of that volume are one and the same change of the curve.
    """
    terms = len(setup.nonnegative)
    delayed = len(block.unknowns) > len(setup.upper)
    weight = np.einsum("iiv->iv", block.normal)[:terms] * block.coefficients**2
    faint = (weight <= FAINT * length) & setup.nonnegative[:, None]
    held = faint | (delayed * _direct(setup))[:, None]
    doubtful = np.flatnonzero(held.any(axis=0))
    normal = block.normal[..., doubtful]
    invert_normal(block.normal, active)
    lost = np.isnan(np.einsum("iiv->v", block.normal[..., doubtful]))
    again, normal = doubtful[lost], np.ascontiguousarray(normal[..., lost])
    if again.size:
        block.coefficients[:, again] *= ~faint[:, again]
        active[:terms, again] &= ~held[:, again]
        invert_normal(normal, np.ascontiguousarray(active[:, again]))
        block.normal[..., again] = normal
    if delayed:
        for term in np.flatnonzero(_direct(setup)):
            _confine(block, int(term), active, noise)


def _direct(setup: Setup) -> BoolArray:
    """Terms that follow the input itself and may not be negative: a volume of plasma or blood."""
    return np.asarray((setup.exact.kind == DIRECT) & setup.nonnegative)


def _confine(block: Block, term: int, active: BoolArray, noise: FloatArray) -> None:
    """Let errors know that an amplitude cannot fall below zero, where a delay is fitted with it.

    What tells the delay from a small volume vanishes with the volume, so linear errors grow
    beyond bounds as it nears zero, where it is held and all else is well known. Its deviation,
    as others feel it, is at most its value: from free (within its error of itself) to held.
    """
    value = np.abs(block.coefficients[term])
    own = block.normal[term, term]
    where = np.flatnonzero(active[term] & (own * noise**2 > value**2))
    value, noise, covariance = value[where], noise[where], block.normal[..., where]
    own = covariance[term, term].copy()
    column = covariance[:, term] * np.sqrt((1.0 - (value / noise) ** 2 / own) / own)
    covariance -= column[:, None] * column
    covariance[term, term] = value * np.sqrt(own) / noise
    block.normal[..., where] = covariance
    active[term, where[value == 0]] = False


def _at_bound(setup: Setup, block: Block, delay: float | tuple[float, float]) -> BoolArray:
    """Curves of which a sign-bound amplitude is zero, or a rate or the delay sits at an end."""
    u = block.unknowns[: len(setup.upper)]
    bound = (block.coefficients[setup.nonnegative] <= 0).any(axis=0)
    bound |= ((u <= 0) | (u >= setup.upper[:, None])).any(axis=0)
    if isinstance(delay, tuple):
        bound |= (block.unknowns[-1] <= delay[0]) | (block.unknowns[-1] >= delay[1])
    return np.asarray(bound)


def _physiology(
    setup: Setup, block: Block, inside: FloatArray, active: BoolArray
) -> Iterator[tuple[Parameter, FloatArray, FloatArray]]:
    """Yield each parameter with its values and its standard errors for unit noise."""
    model, terms, tau = setup.model, len(setup.nonnegative), setup.exact.tau
    unit = np.array(list(setup.coefficients.values()))
    outside = inside * unit[:, None]
    # a rate without amplitude may have any value: one that no formula stumbles over
    outside[terms:] = np.where(active[terms : len(inside)], outside[terms:], PER_MINUTE / tau)
    point = dict(zip(setup.coefficients, outside, strict=True))
    values = model.physiology(point)
    slopes = [slopes_by(model, point, name) for name in setup.coefficients]
    for parameter in model.parameters:
        value = np.array(values[parameter.name], dtype=float)
        slope = np.array([each[parameter.name] for each in slopes]) * unit[:, None]
        error = np.empty_like(value)
        propagate(slope, block.normal, active, terms, value, error)
        yield parameter, value, error


def slopes_by(model: Declaration, point: Values, name: str) -> dict[str, FloatArray]:
    """Differentiate every parameter by one amplitude or rate, exactly to rounding."""
    moved = model.physiology({**point, name: point[name] + 1j * COMPLEX_STEP})
    shape = np.shape(point[name])
    return {
        key: np.broadcast_to(np.imag(each), shape) / COMPLEX_STEP for key, each in moved.items()
    }
