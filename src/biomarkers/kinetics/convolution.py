"""Exact convolution of an exponential with a piecewise-linear input.

No grid is laid over the data: the input is taken as straight lines between its own samples, for
which the convolution has a closed form, and it is read at any instants or averaged over any
frames. Rates from zero (a running integral) to large ones are equally accurate.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.kinetics._convolve import Sampling, sample, sample_direct
from biomarkers.timing import FloatArray, Frames


@dataclass(frozen=True, eq=False)
class Response:
    """A convolved curve (T,) and its derivatives, as the scanner reads them."""

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
    """Read the input itself (K,) at the scanner's frames (T,), exactly."""
    return read_moving(time, values, frames, delay=delay)[0]


def read_moving(
    time: npt.ArrayLike, values: npt.ArrayLike, frames: Frames, *, delay: float = 0.0
) -> tuple[FloatArray, FloatArray]:
    """Read the input (K,) at the scanner's frames, with its derivative by the delay; both (T,)."""
    knots, levels = read_only(time), read_only(values)
    out = np.empty((2, len(frames)))
    sample_direct(knots, levels, sampling_of(frames.start, frames.duration), delay, out)
    return out[0], out[1]
