"""One straight-line method, run on every curve: t*, regression, errors, and the check."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.kinetics._linear import BoolArray
from biomarkers.kinetics._lines import OVER_INPUT, OVER_TISSUE, fit_lines
from biomarkers.kinetics.convolution import read, respond
from biomarkers.kinetics.derive import COMPLEX_STEP, judged
from biomarkers.kinetics.engine import run_chunks
from biomarkers.kinetics.fit import explained, in_place
from biomarkers.kinetics.input import Input
from biomarkers.kinetics.model import Parameter, Values
from biomarkers.kinetics.problem import Data
from biomarkers.kinetics.setup import check_cover
from biomarkers.timing import FloatArray, Frames

MOST_DEVIATION = 0.1
FEWEST_POINTS = 5


@dataclass(frozen=True, eq=False)
class Line:
    """Result of a graphical method; arrays have the curves' leading shape.

    Parameters
    ----------
    method
        Name of the method.
    estimates, se
        Values and standard errors (delta method) by name; NaN where not identifiable.
    t_star
        Time from which points were used (mid-frame), s; one for all curves.
    points
        How many points that is.
    rss, r2
        Residual sum of squares and share of the variance explained, of the plot's ordinate.
    deviation
        Largest distance of a point from the line, relative to the line.
    linear
        Whether no point is more than 10 % off: where False, t* is too early, the curve too
        noisy, or the method's assumption does not hold.
    identifiable
        Whether every parameter and its standard error could be determined. Nothing is where a
        curve is zero throughout, or, for plots against C, where a point of it is not above zero.

    """

    method: str
    parameters: tuple[Parameter, ...]
    estimates: Mapping[str, FloatArray]
    se: Mapping[str, FloatArray]
    t_star: float
    points: int
    rss: FloatArray
    r2: FloatArray
    deviation: FloatArray
    linear: BoolArray
    identifiable: BoolArray

    def __getitem__(self, name: str) -> FloatArray:
        if name not in self.estimates:
            raise InputError(
                f"{self.method} has no parameter {name!r}; it has {', '.join(self.estimates)}"
            )
        return self.estimates[name]


@dataclass(frozen=True)
class Method:
    """What is plotted against what, and what the coefficients (per second) mean."""

    name: str
    rule: int
    size: int
    parameters: tuple[Parameter, ...]
    meaning: Callable[[Sequence[npt.NDArray[Any]]], Values]
    settles: bool = True  # whether it holds only after t*


@dataclass(frozen=True, eq=False)
class _Rows:
    """Results of the regressions, one row per chosen curve."""

    coefficients: FloatArray
    covariance: FloatArray
    quality: FloatArray

    @classmethod
    def empty(cls, data: Data, method: Method) -> "_Rows":
        """Results without any."""
        count, size = len(data.chosen), method.size
        return cls(
            np.full((count, size), np.nan),
            np.full((count, size, size), np.nan),
            np.full((3, count), np.nan),
        )


def run(
    method: Method,
    data: Data,
    input: Input,
    *,
    t_star: float | None,
    k2_reference: float | None = None,
) -> Line:
    """Run a method on checked data; `k2_reference` in 1/s."""
    check_cover(input, data.frames)
    shared = _shared(method, data.frames, input, k2_reference)
    used = np.flatnonzero(data.weights > 0)
    if t_star is None:
        first = _settled(method, data, shared) if method.settles else int(used[0])
    else:
        first = int(np.searchsorted(data.frames.mid, t_star - 1e-6))
    points = int((used >= first).sum())
    if points <= method.size and t_star is not None:
        raise InputError(
            f"{method.name}: {points} points from t* on, but {method.size} coefficients; expected "
            f"at least {method.size + 1} points: give an earlier t_star"
        )
    enough = points > method.size
    rows = _regress(method, data, shared, first) if enough else _Rows.empty(data, method)
    return _report(method, data, rows, first, points)


def _shared(method: Method, frames: Frames, input: Input, k2_reference: float | None) -> FloatArray:
    """Series all curves share: the input's integral, and where needed the input, (k, T)."""
    if input.plasma is None:
        raise InputError(f"{method.name} needs the concentration in plasma, Input(plasma=...)")
    middle = Frames.instants(frames.mid)
    level = read(input.time, input.plasma, frames)
    integral = respond(0.0, input.time, input.plasma, middle).value
    if k2_reference is not None:
        integral = integral + level / k2_reference
    both = method.rule == OVER_INPUT or method.size > 2
    return np.array([integral, level] if both else [integral])


def _steps(frames: Frames) -> FloatArray:
    """How a curve's integral to mid-frame grows from point to point; see `fit_lines`."""
    width = frames.duration
    gap = np.maximum(frames.start[1:] - frames.end[:-1], 0.0)
    before = np.concatenate([[0.0], 0.5 * (width[:-1] + gap)])
    return np.array([before, 0.5 * (width + np.concatenate([[0.0], gap]))])


def _regress(method: Method, data: Data, shared: FloatArray, first: int) -> _Rows:
    rows = _Rows.empty(data, method)
    run_chunks(data, partial(_regress_chunk, method, data, shared, first, rows))
    return rows


def _regress_chunk(
    method: Method, data: Data, shared: FloatArray, first: int, rows: _Rows, part: slice
) -> None:
    """Regress one chunk; a curve that has no such plot, or is zero throughout, is NaN."""
    quality = np.empty((3, part.stop - part.start))
    curves = np.ascontiguousarray(data.take(part))
    fit_lines(
        curves,
        shared,
        method.rule,
        _steps(data.frames),
        np.sqrt(data.weights[first:]),
        rows.coefficients[part],
        rows.covariance[part],
        quality,
    )
    found = rows.coefficients[part]
    nothing = ~np.isfinite(found).all(axis=1) | ~found.any(axis=1)
    if method.rule == OVER_TISSUE:  # a share of the tissue's concentration, which must be some
        used = np.flatnonzero(data.weights[first:] > 0) + first
        nothing |= ~(curves[:, used].min(axis=1) > 0)
    found[nothing] = np.nan
    quality[:, nothing] = np.nan
    rows.quality[:, part] = quality


def _settled(method: Method, data: Data, shared: FloatArray) -> int:
    """Earliest point from which the mean curve's plot is straight; see `logan`."""
    total, count = np.zeros(len(data.frames)), 0
    size = max(1, 2**21 // (8 * len(data.frames)))
    for i in range(0, len(data.chosen), size):
        block = data.take(slice(i, i + size))
        whole = block[np.isfinite(block).all(axis=1)]
        total, count = total + whole.sum(axis=0), count + len(whole)
    latest = len(data.frames) - FEWEST_POINTS
    if latest <= 0 or count == 0:
        return 0
    mean = Data(total / count, data.frames, data.weights, np.zeros(1, dtype=np.int64))
    for first in range(latest + 1):
        deviation = _regress(method, mean, shared, first).quality[2, 0]
        if deviation <= MOST_DEVIATION:
            return first
    return latest


def _report(method: Method, data: Data, rows: _Rows, first: int, points: int) -> Line:
    noise = np.sqrt(rows.quality[0] / (points - method.size))
    columns = list(rows.coefficients.T)
    estimates, errors = {}, {}
    identifiable = np.ones(data.shape, dtype=bool)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        values = method.meaning(columns)
        slopes = [_slopes(method, columns, k) for k in range(method.size)]
        for parameter in method.parameters:
            slope = np.array([each[parameter.name] for each in slopes])
            variance = np.einsum("iv,vij,jv->v", slope, rows.covariance, slope)
            value, error = judged(
                parameter, values[parameter.name], np.sqrt(np.maximum(variance, 0.0)) * noise
            )
            estimates[parameter.name] = in_place(data, value, np.nan)
            errors[parameter.name] = in_place(data, error, np.nan)
            identifiable &= np.isfinite(estimates[parameter.name])
    rss, total, deviation = rows.quality
    straight = in_place(data, deviation, np.nan)
    return Line(
        method.name,
        method.parameters,
        estimates,
        errors,
        float(data.frames.mid[first]),
        points,
        in_place(data, rss, np.nan),
        in_place(data, explained(rss, total), np.nan),
        straight,
        straight <= MOST_DEVIATION,
        identifiable,
    )


def _slopes(method: Method, columns: list[FloatArray], k: int) -> Values:
    """Differentiate every parameter by coefficient k, by complex step."""
    moved: list[npt.NDArray[Any]] = list(columns)
    moved[k] = columns[k] + 1j * COMPLEX_STEP
    found = method.meaning(moved)
    shape = columns[k].shape
    return {
        name: np.broadcast_to(np.imag(value), shape) / COMPLEX_STEP for name, value in found.items()
    }
