"""One straight-line method, run on every curve: t*, regression, errors, and the check."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from biomarkers.errors import InputError
from biomarkers.kinetics._linear import BoolArray
from biomarkers.kinetics._lines import fit_lines
from biomarkers.kinetics._plots import fit_plots
from biomarkers.kinetics.convolution import read, respond
from biomarkers.kinetics.engine import run_chunks
from biomarkers.kinetics.fit import in_place
from biomarkers.kinetics.input import Input
from biomarkers.kinetics.line_method import Method, Report, Rows, Rule, new_report, report_on
from biomarkers.kinetics.model import Parameter
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
    report = new_report(method, len(data.chosen))
    if points > method.size:
        work = partial(_regress_chunk, method, data, shared, (first, points), report)
        run_chunks(data, work)
    return _in_places(method, data, report, first, points)


def _shared(method: Method, frames: Frames, input: Input, k2_reference: float | None) -> FloatArray:
    """Series all curves share: the input's integral, and where needed the input, (k, T)."""
    if input.plasma is None:
        raise InputError(f"{method.name} needs the concentration in plasma, Input(plasma=...)")
    middle = Frames.instants(frames.mid)
    level = read(input.time, input.plasma, frames)
    integral = respond(0.0, input.time, input.plasma, middle).value
    if k2_reference is not None:
        integral = integral + level / k2_reference
    both = method.rule is Rule.OVER_INPUT or method.size > 2
    return np.array([integral, level] if both else [integral])


def _steps(frames: Frames) -> FloatArray:
    """How a curve's integral to mid-frame grows from point to point; see `fit_lines`."""
    width = frames.duration
    gap = np.maximum(frames.start[1:] - frames.end[:-1], 0.0)
    before = np.concatenate([[0.0], 0.5 * (width[:-1] + gap)])
    return np.array([before, 0.5 * (width + np.concatenate([[0.0], gap]))])


def _regress(method: Method, data: Data, shared: FloatArray, first: int, part: slice) -> Rows:
    """Fit the lines of some curves from point `first` on."""
    curves = data.take(part)
    count, size = len(curves), method.size
    rows = Rows(*map(np.empty, ((size, count), (size, size, count), (3, count))))
    steps, weights = _steps(data.frames), data.weights[first:]
    arrays = rows.coefficients, rows.covariance, rows.quality
    if method.rule is Rule.MULTILINEAR:
        fit_lines(curves, shared, steps, weights, *arrays)
    else:
        over_tissue = method.rule is Rule.OVER_TISSUE
        fit_plots(curves, shared, over_tissue, steps, weights, *arrays)
    return rows


def _regress_chunk(
    method: Method,
    data: Data,
    shared: FloatArray,
    used: tuple[int, int],
    report: Report,
    part: slice,
) -> None:
    """Fit and judge one chunk while it is at hand; `used` are the first point and their number."""
    first, points = used
    report_on(method, _regress(method, data, shared, first, part), points, part, report)


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
        deviation = _regress(method, mean, shared, first, slice(0, 1)).quality[2, 0]
        if deviation <= MOST_DEVIATION:
            return first
    return latest


def _in_places(method: Method, data: Data, report: Report, first: int, points: int) -> Line:
    """Give the results the shape of the curves."""
    names = [parameter.name for parameter in method.parameters]
    straight = in_place(data, report.deviation, np.nan)
    sound = np.asarray(np.isfinite(report.values).all(axis=0))
    return Line(
        method.name,
        method.parameters,
        {
            name: in_place(data, each, np.nan)
            for name, each in zip(names, report.values, strict=True)
        },
        {
            name: in_place(data, each, np.nan)
            for name, each in zip(names, report.errors, strict=True)
        },
        float(data.frames.mid[first]),
        points,
        in_place(data, report.rss, np.nan),
        in_place(data, report.r2, np.nan),
        straight,
        straight <= MOST_DEVIATION,
        in_place(data, sound, False),
    )
