"""The sequences that a signal may come from, with their settings, and how to undo each of them.

A level is the signal over that of full magnetisation, without decay with T2*: 0 to 1. Arrays of
voxels carry a trailing axis of length 1 for time.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.checks import positive_number
from biomarkers.errors import InputError
from biomarkers.ranges import check_possible

MOST_STEPS = 60
SETTLED = 1e-11  # of the rate, or of the concentration; the step after would be its square


@dataclass(frozen=True, kw_only=True)
class PulseSequence(ABC):
    """What a sequence is: `GradientEcho`, `TurboFlash`, or one of your own.

    Parameters
    ----------
    tr
        Repetition time, s.
    flip_deg
        Nominal flip angle, degrees.
    te, r2s
        Echo time, s, and transverse relaxivity of the agent, 1/(s·mM): the signal is multiplied
        by ``exp(-te r2s c)``. Give both or neither.

    Raises
    ------
    InputError
        If a setting is not physical.

    """

    tr: float
    flip_deg: float
    te: float = 0.0
    r2s: float = 0.0

    # From here on a flip angle, degrees, is not what the formulas are for.
    no_flip: ClassVar[float] = 180.0
    # What its TR is in the register of ranges.
    kind_of_tr: ClassVar[str] = "tr"

    def __post_init__(self) -> None:
        positive_number("tr", self.tr, "s")
        if not positive_number("flip_deg", self.flip_deg, "degrees") < self.no_flip:
            raise InputError(
                f"flip_deg is {self.flip_deg:g}; expected less than {self.no_flip:g} degrees"
            )
        checked_decay(self.te, self.r2s)
        check_possible(self.kind_of_tr, self.tr, source="tr")
        check_possible("flip_deg", self.flip_deg, source="flip_deg")
        if self.decay:
            check_possible("te", self.te, source="te")
            check_possible("r2", self.r2s, source="r2s")

    @property
    def decay(self) -> float:
        """Loss by T2* per concentration, 1/mM; 0 if it is taken as unchanged."""
        return self.te * self.r2s

    def angle(self, b1: FloatArray) -> FloatArray:
        """Return flip angles, rad, (..., 1), by actual over nominal flip angle, (...).

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.dce import GradientEcho
        >>> echo = GradientEcho(tr=0.005, flip_deg=20.0)
        >>> np.degrees(echo.angle(np.array([0.9, 1.0]))).round(1).ravel()
        array([18., 20.])

        """
        return np.asarray(np.radians(self.flip_deg) * b1[..., None])

    @abstractmethod
    def level(self, rate: FloatArray, angle: FloatArray) -> FloatArray:
        """Return the level at a relaxation rate, 1/s.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.dce import GradientEcho
        >>> echo = GradientEcho(tr=0.005, flip_deg=20.0)
        >>> level, e1 = echo.level(1 / 1.4, np.radians(20.0)), np.exp(-0.005 / 1.4)
        >>> print(level.round(4), round((1 - e1) / (1 - e1 * np.cos(np.radians(20.0))), 4))
        0.056 0.056

        """

    @abstractmethod
    def rate(self, level: FloatArray, angle: FloatArray) -> FloatArray:
        """Return the relaxation rate of a level, 1/s; NaN where none gives it.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.dce import GradientEcho
        >>> echo, angle = GradientEcho(tr=0.005, flip_deg=20.0), np.radians(20.0)
        >>> print(echo.rate(echo.level(2.0, angle), angle).round(6))
        2.0

        """

    @abstractmethod
    def rise(self, rate: FloatArray, angle: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the logarithm of the level, and its derivative by the rate, s.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.dce import GradientEcho
        >>> echo, angle = GradientEcho(tr=0.005, flip_deg=20.0), np.radians(20.0)
        >>> _, slope = echo.rise(2.0, angle)
        >>> step = np.log(echo.level(2.001, angle) / echo.level(1.999, angle)) / 0.002
        >>> print(slope.round(5), step.round(5))
        0.43072 0.43072

        """

    def described(self) -> dict[str, Any]:
        """Return the settings by their sidecar keys.

        Examples
        --------
        >>> from biomarkers.dce import GradientEcho
        >>> GradientEcho(tr=0.005, flip_deg=20.0).described()
        {'RepetitionTime': 0.005, 'FlipAngle': 20.0}

        """
        echo = {"EchoTime": self.te, "ContrastAgentRelaxivityR2star": self.r2s}
        return {"FlipAngle": self.flip_deg, **(echo if self.r2s > 0 else {})}


@dataclass(frozen=True, kw_only=True)
class GradientEcho(PulseSequence):
    """A spoiled gradient echo in its steady state; arguments as in `PulseSequence`.

    Its level is ``(1 - E1) / (1 - E1 cos α)``, written in 1 - cos α and 1 - E1, so that nothing
    cancels where α or TR/T1 is small.

    Examples
    --------
    With the agent's effect on T2*, which `dce.Scan(sequence=...)` undoes:

    >>> from biomarkers.dce import GradientEcho
    >>> echo = GradientEcho(tr=0.005, flip_deg=20.0, te=0.002, r2s=6.0)
    >>> print(f"{echo.decay:.3f} per mM")
    0.012 per mM

    """

    def level(self, rate: FloatArray, angle: FloatArray) -> FloatArray:
        """Return the level at a relaxation rate, 1/s."""
        recovered = -np.expm1(-self.tr * rate)
        return np.asarray(recovered / (recovered + (1.0 - recovered) * _versine(angle)))

    def rate(self, level: FloatArray, angle: FloatArray) -> FloatArray:
        """Return the relaxation rate of a level, 1/s; NaN where none gives it."""
        drop = level * _versine(angle)
        drop /= 1.0 - level + drop
        possible = (level < 1.0) & (drop > 0.0)
        return np.asarray(-np.log1p(-np.where(possible, drop, np.nan)) / self.tr)

    def rise(self, rate: FloatArray, angle: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the logarithm of the level, and its derivative by the rate, s."""
        recovered = -np.expm1(-self.tr * rate)
        kept = (1.0 - recovered) * _versine(angle)
        rest = recovered + kept
        return np.log(recovered / rest), np.asarray(self.tr * kept / (recovered * rest))

    def described(self) -> dict[str, Any]:
        """Return the settings by their sidecar keys."""
        return {"RepetitionTime": self.tr, **super().described()}


@dataclass(frozen=True, kw_only=True)
class TurboFlash(PulseSequence):
    """Saturation-recovery turboFLASH: every image follows its own saturation pulse.

    That pulse has to leave no magnetisation; a train of small pulses then reads it, and contrast
    is that of the pulse at the centre of k-space (Larsson et al., Magn Reson Med 1996;35:716.
    doi:10.1002/mrm.1910350513).

    What is missing from full magnetisation is a sum of decaying exponentials of the rate with
    positive weights while cos α is not negative. Its logarithm is convex, so that Newton's
    method finds the rate from 0 upwards without ever stepping over it.

    Parameters
    ----------
    prep_time
        From saturation to the first pulse of the train, s.
    pulses_to_centre
        Pulses of the train before the one at the centre of k-space: 0 for centric order, half
        of the phase-encoding steps for linear order.
    tr
        From pulse to pulse, s.
    flip_deg
        Nominal flip angle of the train, degrees, up to 90.
    te, r2s
        As in `PulseSequence`.

    Raises
    ------
    InputError
        If a setting is not physical.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.dce import TurboFlash
    >>> train = TurboFlash(prep_time=0.12, tr=0.0025, flip_deg=10.0, pulses_to_centre=32)
    >>> level = train.level(2.0, np.radians(10.0))
    >>> print(train.rate(level, np.radians(10.0)).round(6))
    2.0

    """

    prep_time: float
    pulses_to_centre: int

    kind_of_tr: ClassVar[str] = "train_tr"

    def __post_init__(self) -> None:
        super().__post_init__()
        positive_number("prep_time", self.prep_time, "s")
        check_possible("saturation_delay", self.prep_time, source="prep_time")
        if self.flip_deg > 90.0:
            raise InputError(
                f"flip_deg is {self.flip_deg:g}; expected up to 90 degrees in a pulse train"
            )
        pulses = self.pulses_to_centre
        if not (isinstance(pulses, int | np.integer) and pulses >= 0):
            raise InputError(f"pulses_to_centre is {pulses!r}; expected a whole number, 0 or more")

    def angle(self, b1: FloatArray) -> FloatArray:
        """Return flip angles, rad, (..., 1); NaN where they exceed 90 degrees."""
        angle = super().angle(b1)
        return np.where(angle <= 0.5 * np.pi, angle, np.nan)

    def level(self, rate: FloatArray, angle: FloatArray) -> FloatArray:
        """Return the level at a relaxation rate, 1/s."""
        return np.asarray(1.0 - self._missing(rate, angle)[0])

    def rate(self, level: FloatArray, angle: FloatArray) -> FloatArray:
        """Return the relaxation rate of a level, 1/s; NaN where none gives it."""
        possible = (level > 0.0) & (level < 1.0)
        target = np.log1p(-np.where(possible, level, np.nan))
        rate = np.zeros_like(target)
        for _ in range(MOST_STEPS):
            missing, change = self._missing(rate, angle)
            step = (np.log(missing) - target) * missing / -change
            rate += step
            if not (np.abs(step) > SETTLED * rate).any():
                break
        return np.asarray(rate)

    def rise(self, rate: FloatArray, angle: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the logarithm of the level, and its derivative by the rate, s."""
        missing, change = self._missing(rate, angle)
        return np.log1p(-missing), np.asarray(-change / (1.0 - missing))

    def described(self) -> dict[str, Any]:
        """Return the settings by their sidecar keys."""
        return {
            "SaturationDelay": self.prep_time,
            "RepetitionTimeExcitation": self.tr,
            "PulsesToCenter": int(self.pulses_to_centre),
            **super().described(),
        }

    def _missing(self, rate: FloatArray, angle: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return what is missing from full magnetisation, and its derivative by the rate."""
        kept, tr, n = np.cos(angle), self.tr, int(self.pulses_to_centre)
        decay, train = np.exp(-tr * rate), kept**n * np.exp(-n * tr * rate)
        once = kept * decay
        prepared = train * np.exp(-self.prep_time * rate)
        added = (1.0 - kept) * decay / (1.0 - once)
        missing = prepared + added * (1.0 - train)
        # added' = -TR added / (1 - once): both its numerator and its denominator depend on E1.
        change = -(n * tr + self.prep_time) * prepared
        change = change - tr * added * ((1.0 - train) / (1.0 - once) - n * train)
        return np.asarray(missing), np.asarray(change)


def _versine(angle: FloatArray) -> FloatArray:
    return np.asarray(2.0 * np.sin(0.5 * angle) ** 2)


def as_sequence(
    sequence: PulseSequence | None,
    tr: float | None,
    flip_deg: float | None,
    *,
    te: float = 0.0,
    r2s: float = 0.0,
) -> PulseSequence:
    """Return the sequence given, or the gradient echo of the settings given.

    Raises
    ------
    InputError
        If neither is given, or both.

    """
    if sequence is None and tr is not None and flip_deg is not None:
        return GradientEcho(tr=tr, flip_deg=flip_deg, te=te, r2s=r2s)
    if sequence is None or tr is not None or flip_deg is not None or te or r2s:
        raise InputError(
            "give tr and flip_deg (te and r2s) of a spoiled gradient echo, or, without these, "
            "sequence=GradientEcho(...) or TurboFlash(...); found "
            f"tr={tr}, flip_deg={flip_deg}, te={te:g}, r2s={r2s:g}, sequence={sequence!r}"
        )
    return sequence


def plain_echo(sequence: PulseSequence) -> GradientEcho:
    """Return the spoiled gradient echo that water exchange is worked out for.

    Raises
    ------
    InputError
        If it is another sequence, or its T2* is not taken as unchanged.

    """
    if isinstance(sequence, GradientEcho) and sequence.decay == 0:
        return sequence
    raise InputError(
        f"water_lifetime goes with a spoiled gradient echo without te and r2s; found {sequence!r}"
    )


def checked_decay(te: float, r2s: float) -> float:
    """Return the loss by T2* per concentration, 1/mM; 0 if neither number is given."""
    for name, value in (("te", te), ("r2s", r2s)):
        if np.ndim(value) != 0 or not (np.isfinite(value) and value >= 0):
            raise InputError(f"{name} is {value}; expected one number, 0 or more")
    if (te > 0) != (r2s > 0):
        raise InputError(
            f"te is {te:g} s and r2s {r2s:g} 1/(s mM); give both to undo the decay with T2*, "
            "or neither"
        )
    return te * r2s
