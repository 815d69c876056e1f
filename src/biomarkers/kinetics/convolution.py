"""Exact convolution of an exponential with a piecewise-linear input.

No grid is laid over the data: the input is taken as straight lines between its own samples, for
which the convolution has a closed form, and it is read at any instants or averaged over any
frames. Rates from zero (a running integral) to large ones are equally accurate.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarkers.compiling import compiled
from biomarkers.errors import InputError
from biomarkers.kinetics._convolve import Column, Sampling, column, sample, sample_direct
from biomarkers.kinetics._design import Exact, Table, interpolate
from biomarkers.kinetics._linear import copy
from biomarkers.timing import FloatArray, Frames

DEGREE = 7
PANEL_WIDTH = 0.25  # in u = log(1 + rate * tau)
TABLE_ERROR = 1e-11  # relative to the column's length
FINEST_PANELS = 4  # halvings of the panel width


@dataclass(frozen=True, eq=False)
class Response:
    """A convolved curve (T,) and its derivatives, as the scanner reads them.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.kinetics import respond
    >>> from biomarkers.timing import Frames
    >>> response = respond(0.02, [0.0, 100.0], [1.0, 1.0], Frames.instants([50.0]))
    >>> print(response.value.round(3), round((1 - np.exp(-1.0)) / 0.02, 3))
    [31.606] 31.606
    >>> print(response.by_delay.round(3))
    [-0.368]

    """

    value: FloatArray
    by_rate: FloatArray
    by_delay: FloatArray


def sampling_of(start: npt.ArrayLike, duration: npt.ArrayLike) -> Sampling:
    """Sorted reading points for frames given by `start` and `duration`, in any order."""
    begin, width = np.ravel(start).astype(float), np.ravel(duration).astype(float)
    points, where = np.unique(np.concatenate([begin, begin + width]), return_inverse=True)
    where = where.astype(np.int64)
    return Sampling(points, where[: begin.size].copy(), where[begin.size :].copy(), width)


def read_only(values: npt.ArrayLike) -> FloatArray:
    """Look at an array without the right to write: numba compiles for each of both kinds."""
    view = np.ascontiguousarray(values, dtype=float).view()
    view.setflags(write=False)
    return view


def respond(
    rate: float,
    time: npt.ArrayLike,
    values: npt.ArrayLike,
    frames: Frames,
    *,
    delay: float = 0.0,
) -> Response:
    """Convolve an input with ``exp(-rate * t)``.

    Parameters
    ----------
    rate
        Rate of the exponential, 1/s; 0 gives the running integral.
    time, values
        The input's samples, both (K,), s and any concentration unit; zero before the first
        sample, held after the last.
    frames
        Where the result is read: frame averages, or values where a frame has no duration.
    delay
        How much later the input arrives, s.

    Returns
    -------
    Response
        Concentration × s, and its derivatives by rate (concentration × s²) and by delay.

    Raises
    ------
    InputError
        If the rate is negative.

    Examples
    --------
    A constant input has the response (1 - exp(-rate t)) / rate:

    >>> import numpy as np
    >>> from biomarkers.kinetics import respond
    >>> from biomarkers.timing import Frames
    >>> response = respond(0.02, [0.0, 100.0], [1.0, 1.0], Frames.instants([50.0, 100.0]))
    >>> print(response.value.round(3), ((1 - np.exp([-1.0, -2.0])) / 0.02).round(3))
    [31.606 43.233] [31.606 43.233]

    """
    if not rate >= 0:
        raise InputError(f"convolution: rate {rate:g} 1/s; expected 0 or more")
    knots, levels = read_only(time), read_only(values)
    out = np.empty((3, len(frames)))
    sample(rate, knots, levels, sampling_of(frames.start, frames.duration), delay, out)
    return Response(*out)


def read(
    time: npt.ArrayLike, values: npt.ArrayLike, frames: Frames, *, delay: float = 0.0
) -> FloatArray:
    """Read the input itself (K,) at the scanner's frames (T,), exactly.

    Examples
    --------
    A frame holds the mean of what passed:

    >>> from biomarkers.kinetics import read
    >>> from biomarkers.timing import Frames
    >>> read([0.0, 10.0, 20.0], [0.0, 4.0, 4.0], Frames([0.0, 10.0], [10.0, 10.0]))
    array([2., 4.])

    """
    return read_moving(time, values, frames, delay=delay)[0]


def read_moving(
    time: npt.ArrayLike, values: npt.ArrayLike, frames: Frames, *, delay: float = 0.0
) -> tuple[FloatArray, FloatArray]:
    """Read the input (K,) at the scanner's frames, with its derivative by the delay; both (T,)."""
    knots, levels = read_only(time), read_only(values)
    out = np.empty((2, len(frames)))
    sample_direct(knots, levels, sampling_of(frames.start, frames.duration), delay, out)
    return out[0], out[1]


def tabulate(
    exact: Exact, chosen: list[int], span: float, delays: Sequence[float]
) -> list[FloatArray]:
    """Tabulate columns over u from 0 to `span`, at every delay (D).

    Returns piecewise polynomials (D, panels, DEGREE + 1, T'), one per column, whose panels are
    halved until they are exact.
    """
    panels = max(1, int(np.ceil(span / PANEL_WIDTH)))
    for _ in range(FINEST_PANELS):
        tables = [_fit_panels(exact, c, span, panels, delays) for c in chosen]
        edges = np.linspace(0.0, span, panels + 1)[:-1]
        wrong = 0.0
        for c, table in zip(chosen, tables, strict=True):
            truth = columns_at(exact, c, edges, delays)
            signs = (-1.0) ** np.arange(DEGREE + 1)
            values = np.einsum("dpkt,k->dpt", table, signs)
            size = np.linalg.norm(truth, axis=-1)
            error = np.linalg.norm(values - truth, axis=-1)
            wrong = max(wrong, float((error / np.where(size > 0, size, 1.0)).max()))
        if wrong < TABLE_ERROR:
            break
        panels *= 2
    return tables


def _fit_panels(
    exact: Exact, c: int, span: float, panels: int, delays: Sequence[float]
) -> FloatArray:
    nodes = np.cos(np.pi * (np.arange(DEGREE + 1) + 0.5) / (DEGREE + 1))
    width = span / panels
    u = (np.arange(panels)[:, None] + 0.5 * (nodes + 1.0)) * width
    values = columns_at(exact, c, u.ravel(), delays).reshape(len(delays), panels, DEGREE + 1, -1)
    monomials = np.linalg.inv(np.vander(nodes, increasing=True))
    return np.asarray(np.einsum("kn,dpnt->dpkt", monomials, values))


def columns_at(exact: Exact, c: int, u: FloatArray, delays: Sequence[float]) -> FloatArray:
    """Weighted column c at every u and delay: (D, U, T')."""
    begin = exact.points[exact.start]
    shift = np.asarray(delays, dtype=float)
    start = begin[None, :] - shift[:, None]
    sampling = sampling_of(start, np.broadcast_to(exact.duration, start.shape))
    out = np.empty((u.size, start.size))
    term = Column(int(exact.kind[c]), float(exact.constant[c]), exact.tau)
    _fill(term, u, exact.knots, exact.values[c], sampling, out)
    shaped = out.reshape(u.size, len(delays), -1).transpose(1, 0, 2)
    return np.asarray(shaped * exact.root_weights)


@compiled
def _fill(
    term: Column,
    u: FloatArray,
    knots: FloatArray,
    values: FloatArray,
    sampling: Sampling,
    out: FloatArray,
) -> None:
    whole = np.empty((3, out.shape[1]))
    for i in range(u.size):
        column(term, u[i], knots, values, sampling, 0.0, whole)
        copy(whole[0], out[i])


@compiled
def interpolate_all(
    table: Table, rate: int, nodes: FloatArray, values: FloatArray, slopes: FloatArray
) -> None:
    """Write a rate's columns at some u, and their derivatives, into rows (G, r)."""
    for g in range(nodes.size):
        interpolate(table, rate, nodes[g], values, g, slopes, g)
