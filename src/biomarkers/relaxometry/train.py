"""An inversion followed by a train of small pulses: Look-Locker and inversion-prepared SPGR."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_numbers_alike, positive_number
from biomarkers.errors import InputError
from biomarkers.ranges import check_possible, require_possible, warn_of_unusual
from biomarkers.relaxometry._sequences import Train, signals
from biomarkers.relaxometry.problem import FloatArray, check_times
from biomarkers.relaxometry.spgr import checked_flip


@dataclass(frozen=True, eq=False)
class InversionTrain:
    """Inversion, a wait, then spoiled pulses at regular intervals, some of them sampled.

    Look-Locker samples many pulses of one train: ``first`` is one time, ``pulse`` counts up.
    Inversion-prepared SPGR with its k-space centre first samples the first pulse of trains that
    start at several inversion times: ``first`` is a list, ``pulse`` is 1.

    Parameters
    ----------
    first
        Time from the inversion to the first pulse, s: one, or one per signal.
    tr
        Interval between pulses, s.
    flip_deg
        Nominal flip angle of the pulses, degrees.
    pulse
        Which pulse each signal is of, counted from 1: one, or one per signal.
    pulses
        How many pulses a train has; the last one sampled if not given.
    cycle
        Time from one inversion to the next, s; None if magnetisation recovers fully.
    efficiency
        Of the inversion: 1 if perfect. None for a hard pulse of nominally 180 degrees that the
        transmit field scales, which leaves -cos(180° B1).
    signed
        Whether signals carry their sign; magnitudes if not.

    Raises
    ------
    InputError
        If a time or angle is not physical, or the trains do not fit into the cycle.

    Examples
    --------
    Look-Locker: 20 pulses of 8 degrees, 50 ms apart, from 15 ms after the inversion:

    >>> import numpy as np
    >>> from biomarkers.relaxometry import InversionTrain
    >>> train = InversionTrain(0.015, tr=0.05, flip_deg=8.0, pulse=np.arange(1, 21), cycle=6.0)
    >>> print(train.ti[[0, 1, -1]].round(3))
    [0.015 0.065 0.965]

    """

    first: npt.ArrayLike
    tr: float
    flip_deg: float
    pulse: npt.ArrayLike = 1
    pulses: int | None = None
    cycle: float | None = None
    efficiency: float | None = 1.0
    signed: bool = False

    def __post_init__(self) -> None:
        positive_number("tr", self.tr, "s")
        checked_flip(self.flip_deg)
        if self.flip_deg >= 90 or np.ndim(self.flip_deg):
            raise InputError(f"flip_deg is {self.flip_deg!r}; expected one angle below 90 degrees")
        if self.efficiency is not None and not 0.0 < self.efficiency <= 1.0:
            raise InputError(f"efficiency is {self.efficiency}; expected more than 0, up to 1")
        shortest = check_times("first", np.atleast_1d(self.first)).min(initial=np.inf)
        if 0.0 < shortest < np.inf:
            warn_of_unusual("inversion_delay", shortest, source="first")
        count = np.asarray(self.pulse)
        if not (np.issubdtype(count.dtype, np.integer) and count.size and (count >= 1).all()):
            raise InputError(f"pulse is {self.pulse!r}; expected whole numbers from 1 up")
        if self._pulses < count.max():
            raise InputError(f"pulses is {self.pulses}; pulse {count.max()} is sampled")
        # Intervals next to nothing are a limit that formulas are given for: warned of alone.
        require_possible("tr", max(self.tr, 1e-3), source="tr")
        if self._pulses > 1:
            warn_of_unusual("tr", self.tr, source="tr")
        if self.cycle is not None:
            check_possible("recovery", self.cycle, source="cycle")
        if (self._rest() < 0).any():
            raise InputError(
                f"cycle is {self.cycle} s; {self._pulses} pulses every {self.tr} s do not fit "
                f"into it after {np.max(self.first)} s"
            )

    @property
    def ti(self) -> FloatArray:
        """Time from the inversion to each signal, (n,), s.

        Examples
        --------
        >>> from biomarkers.relaxometry import InversionTrain
        >>> InversionTrain([0.1, 0.5, 2.0], tr=0.005, flip_deg=5.0, pulses=64).ti
        array([0.1, 0.5, 2. ])

        """
        first, pulse = np.broadcast_arrays(np.atleast_1d(self.first), self.pulse)
        return np.asarray(first + (pulse - 1) * self.tr, dtype=float)

    @property
    def _pulses(self) -> int:
        return int(np.max(self.pulse)) if self.pulses is None else self.pulses

    def _rest(self) -> FloatArray:
        """Time from one interval after the last pulse to the next inversion, (n,), s."""
        if self.cycle is None:
            return np.full(self.ti.size, np.inf)
        rest = self.cycle - np.asarray(self.first, dtype=float) - self._pulses * self.tr
        return np.ascontiguousarray(np.broadcast_to(rest, self.ti.shape))

    @property
    def settings(self) -> dict[str, Any]:
        """The sequence in the words of BIDS, for sidecars.

        Examples
        --------
        >>> from biomarkers.relaxometry import InversionTrain
        >>> train = InversionTrain([0.1, 0.5], tr=0.005, flip_deg=5.0, pulses=64)
        >>> train.settings["InversionTime"], train.settings["PulseFlipAngle"]
        ([0.1, 0.5], 5.0)

        """
        return {
            "InversionTime": self.ti.tolist(),
            "PulseInterval": float(self.tr),
            "PulseFlipAngle": float(self.flip_deg),
            "InversionCycle": self.cycle,
            "Efficiency": self.efficiency,
        }

    def compiled(self) -> Train:
        """Return the form that the fit works with.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.relaxometry import InversionTrain
        >>> train = InversionTrain(0.015, tr=0.05, flip_deg=8.0, pulse=[1, 2, 3]).compiled()
        >>> print(train.before, round(float(np.degrees(train.flip)), 1))
        [0. 1. 2.] 8.0

        """
        first, pulse = np.broadcast_arrays(np.atleast_1d(self.first), self.pulse)
        return Train(
            np.ascontiguousarray(first, dtype=float),
            np.ascontiguousarray(pulse - 1, dtype=float),
            self._rest(),
            float(self._pulses),
            float(np.radians(self.flip_deg)),
            float(self.tr),
            np.nan if self.efficiency is None else float(self.efficiency),
        )

    def turn(self) -> npt.NDArray[np.int64]:
        """Return which signals may be negative magnitudes, in the order they come up.

        Examples
        --------
        Signals come up in the order of their inversion times, whatever order they are given in:

        >>> from biomarkers.relaxometry import InversionTrain
        >>> InversionTrain([0.5, 0.1, 2.0], tr=0.005, flip_deg=5.0).turn()
        array([1, 0, 2])

        """
        if self.signed:
            return np.empty(0, dtype=np.int64)
        return np.argsort(self.ti, kind="stable").astype(np.int64)


def train_signal(
    m0: npt.ArrayLike, t1: npt.ArrayLike, train: InversionTrain, *, b1: npt.ArrayLike = 1.0
) -> FloatArray:
    """Return the exact signal of an inversion and a train of spoiled pulses, with its sign.

    Parameters
    ----------
    m0
        Signal of full magnetisation with T2* decay in it, any shape.
    t1
        Longitudinal relaxation time, s; broadcasts with `m0`.
    train
        The sequence; the steady state of its repetition is returned.
    b1
        Actual over nominal flip angle; broadcasts with `m0`. Pulses have to stay below 90
        degrees: NaN where they do not.

    Returns
    -------
    ndarray
        Signal in the unit of `m0`, shape of `m0` × `t1` × `b1` broadcast, then (n,).

    Examples
    --------
    Of a perfect inversion the first pulse sees M0 (1 - 2 exp(-TI/T1)):

    >>> import numpy as np
    >>> from biomarkers.relaxometry import InversionTrain, train_signal
    >>> train = InversionTrain(0.5, tr=0.05, flip_deg=8.0)
    >>> print(train_signal(1000.0, 1.4, train).round(2))
    [-55.58]
    >>> print(round(1000 * (1 - 2 * np.exp(-0.5 / 1.4)) * np.sin(np.radians(8.0)), 2))
    -55.58

    """
    m0, t1, b1 = as_numbers_alike(m0=m0, t1=t1, b1=b1)
    unknowns = np.stack([np.log(t1).ravel(), b1.ravel()], axis=1)
    out = np.empty((len(unknowns), train.ti.size))
    signals(train.compiled(), unknowns, out)
    return np.asarray(m0[..., None] * out.reshape(*m0.shape, -1))
