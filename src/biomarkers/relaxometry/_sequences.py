"""Compiled signals of each kind of sequence, and how they answer to T1 and the transmit field.

A signal is a sum of one or two columns, each times an amplitude; the last amplitude is M0. Columns
depend on two unknowns, x = (log T1, B1), the second of which may be known. One sequence has
another second unknown, see `Bent`.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from biomarkers.compiling import chosen_by_type, compiled

FloatArray = npt.NDArray[np.float64]

# Step along the imaginary axis: derivatives of analytic functions come out exact to rounding.
_TINY = 1e-30


class Echoes(NamedTuple):
    """Spoiled gradient echoes in their steady state."""

    flip: FloatArray  # (n,), rad
    tr: float


class Recovery(NamedTuple):
    """Recovery from a preparation that is repeated every `tr`, read out by 90 degrees.

    With one column the preparation leaves -efficiency of what was there; with two, the first
    amplitude is efficiency times M0.
    """

    time: FloatArray  # (n,), s
    tr: float  # may be infinite
    efficiency: float


class Train(NamedTuple):
    """Inversion, then pulses at regular intervals, of which some are sampled."""

    first: FloatArray  # (n,), s from inversion to the first pulse
    before: FloatArray  # (n,), pulses before the one sampled
    rest: FloatArray  # (n,), s from one interval after the last pulse to the next inversion
    pulses: float
    flip: float
    tr: float
    efficiency: float  # NaN: a hard pulse, which the transmit field scales


class Bent(NamedTuple):
    """The same, by what its pulses do: second unknown r = -log(cos a)/TR, in 1/s, for angle a.

    Pulses speed recovery up by r: 1/T1* = 1/T1 + r. Columns lack sin a, so that a curve that they
    do not bend (r = 0) is one of them; the amplitude is M0 sin a.
    """

    train: Train


class Combined(NamedTuple):
    """Steady-state echoes and inversion trains of the same voxel, in this order."""

    echoes: Echoes
    train: Train


Sequence = Recovery | Train | Bent | Combined


def fill_columns(sequence: Sequence, x: FloatArray, f: FloatArray, df: FloatArray) -> None:
    """Fill columns f (p, n) and their derivatives df (d, p, n) in the first d unknowns."""


@chosen_by_type(fill_columns)
def _fill_columns(sequence: Any, x: Any, f: Any, df: Any) -> Callable[..., None]:
    by_type: Callable[..., None] = _BY_TYPE[sequence.instance_class]

    def fill(sequence: Any, x: Any, f: Any, df: Any) -> None:
        by_type(sequence, x, f, df)

    return fill


@compiled
def _echoes(sequence: Echoes, x: FloatArray, f: FloatArray, df: FloatArray) -> None:
    rate = sequence.tr * np.exp(-x[0])
    recovered = -np.expm1(-rate)
    d_recovered = -rate * (1.0 - recovered)
    for i in range(sequence.flip.size):
        half = 0.5 * x[1] * sequence.flip[i]
        s, c = np.sin(half), np.cos(half)
        sine, versine = 2.0 * s * c, 2.0 * s * s
        # 1 - E1 cos a, written so that nothing cancels when TR is much shorter than T1.
        inverse = 1.0 / (recovered + (1.0 - recovered) * versine)
        f[0, i] = sine * recovered * inverse
        df[0, 0, i] = sine * versine * d_recovered * inverse * inverse
        if df.shape[0] > 1:
            cosine = 1.0 - versine
            swing = cosine - sine * sine * (1.0 - recovered) * inverse
            df[1, 0, i] = sequence.flip[i] * recovered * inverse * swing


@compiled
def _recovery(sequence: Recovery, x: FloatArray, f: FloatArray, df: FloatArray) -> None:
    rate = np.exp(-x[0])
    late, d_late = 0.0, 0.0
    if np.isfinite(sequence.tr):
        late = np.exp(-sequence.tr * rate)
        d_late = late * sequence.tr * rate
    last = f.shape[0] - 1
    for i in range(sequence.time.size):
        remains = np.exp(-sequence.time[i] * rate)
        d_remains = remains * sequence.time[i] * rate
        f[last, i] = -np.expm1(-sequence.time[i] * rate)
        df[0, last, i] = -d_remains
        if last:
            f[0, i] = late - remains
            df[0, 0, i] = d_late - d_remains
        else:
            f[0, i] += sequence.efficiency * (late - remains)
            df[0, 0, i] += sequence.efficiency * (d_late - d_remains)


@compiled
def _before_pulses(sequence: Train, u: Any, cosine: Any, efficiency: Any, out: Any) -> None:
    """Fill the longitudinal magnetisation before each pulse sampled; numbers may be complex."""
    rate = np.exp(-u)
    decay = np.log(cosine) - sequence.tr * rate  # log of what one interval leaves of a difference
    e1 = np.exp(-sequence.tr * rate)
    steady = (1.0 - e1) / (1.0 - e1 * cosine)
    whole = np.exp(sequence.pulses * decay)
    start, left, factor, ahead, step = steady, 1.0 + 0.0 * steady, 1.0 + 0.0 * steady, 0.0, 0.0
    for i in range(sequence.first.size):
        new = (
            i == 0
            or sequence.first[i] != sequence.first[i - 1]
            or sequence.rest[i] != sequence.rest[i - 1]
        )
        if new:
            remains = np.exp(-sequence.first[i] * rate)
            rested = 0.0 * rate
            if np.isfinite(sequence.rest[i]):
                rested = np.exp(-sequence.rest[i] * rate)
            # Before the inversion stands 1 - rested (1 - M), with M one interval after the last
            # pulse linear in the magnetisation at the first: the cycle closes on itself.
            constant = 1.0 - rested * (1.0 - steady * (1.0 - whole))
            top = 1.0 - remains - efficiency * remains * constant
            start = top / (1.0 + efficiency * remains * rested * whole)
        # Pulses are mostly sampled at even steps, each of which leaves the same share.
        if sequence.before[i] - ahead != step:
            step = sequence.before[i] - ahead
            factor = np.exp(step * decay)
        ahead = sequence.before[i]
        left *= factor
        out[i] = steady + (start - steady) * left


@compiled
def _train_signal(sequence: Train, u: Any, b1: Any, out: Any) -> None:
    angle = b1 * sequence.flip
    efficiency = 0.0 * b1 + sequence.efficiency
    if np.isnan(sequence.efficiency):
        efficiency = -np.cos(np.pi * b1)
    _before_pulses(sequence, u, np.cos(angle), efficiency, out)
    sine = np.sin(angle)
    for i in range(out.size):
        out[i] *= sine


@compiled
def _bent_signal(sequence: Train, u: Any, bend: Any, out: Any) -> None:
    efficiency = 0.0 * bend + sequence.efficiency
    _before_pulses(sequence, u, np.exp(-sequence.tr * bend), efficiency, out)


@compiled
def _bent(sequence: Bent, x: FloatArray, f: FloatArray, df: FloatArray) -> None:
    _bent_signal(sequence.train, x[0], x[1], f[0])
    turned = np.empty(f.shape[1], dtype=np.complex128)
    for k in range(df.shape[0]):
        u = complex(x[0], _TINY if k == 0 else 0.0)
        bend = complex(x[1], _TINY if k == 1 else 0.0)
        _bent_signal(sequence.train, u, bend, turned)
        for i in range(turned.size):
            df[k, 0, i] = turned[i].imag / _TINY


@compiled
def _train(sequence: Train, x: FloatArray, f: FloatArray, df: FloatArray) -> None:
    _train_signal(sequence, x[0], x[1], f[0])
    turned = np.empty(f.shape[1], dtype=np.complex128)
    for k in range(df.shape[0]):
        u = complex(x[0], _TINY if k == 0 else 0.0)
        b1 = complex(x[1], _TINY if k == 1 else 0.0)
        _train_signal(sequence, u, b1, turned)
        for i in range(turned.size):
            df[k, 0, i] = turned[i].imag / _TINY


@compiled
def _combined(sequence: Combined, x: FloatArray, f: FloatArray, df: FloatArray) -> None:
    count = sequence.echoes.flip.size
    _echoes(sequence.echoes, x, f[:, :count], df[:, :, :count])
    _train(sequence.train, x, f[:, count:], df[:, :, count:])


_BY_TYPE: dict[type, Callable[..., None]] = {
    Recovery: _recovery,
    Train: _train,
    Bent: _bent,
    Combined: _combined,
}


@compiled
def signals(sequence: Sequence, unknowns: FloatArray, out: FloatArray) -> None:
    """Fill the signals (V, n) of M0 = 1 for rows of unknowns (V, 2)."""
    f, df = np.zeros((1, out.shape[1])), np.zeros((1, 1, out.shape[1]))
    for v in range(len(out)):
        fill_columns(sequence, unknowns[v], f, df)
        out[v] = f[0]
