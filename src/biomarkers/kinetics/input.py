"""What the tissue is fed with: the concentration in blood, in plasma, or in a reference region."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_numbers
from biomarkers.errors import InputError
from biomarkers.kinetics.convolution import respond
from biomarkers.ranges import check_possible
from biomarkers.timing import FloatArray, Frames

if TYPE_CHECKING:
    from scipy.interpolate import PchipInterpolator

# Straight lines may leave the curve by this share of its peak.
_ERROR = 2e-4
_PRESENT = 0.05  # share of the peak from which on there is tracer
OTHER_UNIT = 30.0  # times as long as the scan, or as short: another unit of time
LATE = 0.02  # share of a scan by which it may begin late: what is missed is about that share
_MOST = 8  # pieces a step between samples is cut into


@dataclass(frozen=True, eq=False)
class Input:
    """An input function, piecewise linear between its own samples.

    It is never resampled on the image's grid: give it as finely as it was measured. It is zero
    before its first sample and holds its last value after the last one.

    Parameters
    ----------
    time
        Sample times, shape (K,), s; strictly increasing, not necessarily uniform.
    blood
        Whole-blood concentration, shape (K,), mM or kBq/mL.
    plasma
        Plasma concentration (parent compound, where metabolites form), same shape and unit.
    hct
        Haematocrit, a fraction; where only one of `blood` and `plasma` is given, it provides
        the other one, ``blood = (1 - hct) * plasma``: right for an extracellular agent that
        stays out of red cells.
    whole
        Whether it is known from its beginning; fits of one that is not are NaN, with that reason.
    errors
        What is uncertain of `plasma`, (directions, K), in its unit: independent moves of the whole
        curve, each by one standard error, so that ``errors.T @ errors`` is the covariance of its
        samples. None if that is not known.

    Raises
    ------
    InputError
        If there is no curve, shapes differ, a value is not finite, times do not increase, the
        haematocrit is outside [0, 1), or a curve is zero throughout.

    Examples
    --------
    >>> from biomarkers.kinetics import Input
    >>> aif = Input([0.0, 10.0, 20.0], blood=[0.0, 3.0, 1.0], hct=0.4)
    >>> aif.plasma
    array([0.        , 5.        , 1.66666667])

    """

    time: FloatArray
    blood: FloatArray | None = field(default=None, kw_only=True)
    plasma: FloatArray | None = field(default=None, kw_only=True)
    hct: float | None = field(default=None, kw_only=True)
    whole: bool = field(default=True, kw_only=True)
    errors: FloatArray | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        time = _clean("time", self.time)
        if (np.diff(time) <= 0).any():
            row = int(np.argmax(np.diff(time) <= 0)) + 1
            raise InputError(
                f"input: time {time[row]:g} s (sample {row}) does not come after "
                f"{time[row - 1]:g} s; sort the samples and drop repeats"
            )
        if self.blood is None and self.plasma is None:
            raise InputError("input: give the concentration in blood, in plasma, or in both")
        if self.hct:  # 0 is plasma alone
            check_possible("haematocrit", self.hct, source="hct")
        if self.hct is not None and not 0 <= self.hct < 1:
            raise InputError(f"input: haematocrit {self.hct:g}; expected a fraction in [0, 1)")
        blood = None if self.blood is None else _curve("blood", self.blood, time)
        plasma = None if self.plasma is None else _curve("plasma", self.plasma, time)
        if self.hct is not None and plasma is None and blood is not None:
            plasma = blood / (1.0 - self.hct)
        if self.hct is not None and blood is None and plasma is not None:
            blood = plasma * (1.0 - self.hct)
        errors = None if self.errors is None else _moves(self.errors, time)
        given = (("time", time), ("blood", blood), ("plasma", plasma), ("errors", errors))
        for name, value in given:
            if value is not None:
                value.setflags(write=False)
            object.__setattr__(self, name, value)

    @classmethod
    def reference_region(cls, time: npt.ArrayLike | Frames, curve: npt.ArrayLike) -> Self:
        """Input of the reference-tissue models: a region without specific uptake.

        Parameters
        ----------
        time
            `Frames`, or instants (T,), s, of the region's curve. Frame values are placed at
            mid-frame, and the concentration starts from zero at the first frame's start. Time 0
            is when the tracer came, or before: a curve that carries it in the first frame, later
            than that by more than 2 % of the scan, is not known from its beginning (`whole`).
        curve
            Mean concentration in the region, shape (T,).

        Returns
        -------
        Input
            The region's curve takes the plasma's place.

        Examples
        --------
        >>> from biomarkers import sample_data
        >>> from biomarkers.kinetics import Input
        >>> from biomarkers.timing import Frames
        >>> curves = sample_data.pet_curves()
        >>> frames = Frames(curves.start, curves.duration)
        >>> muscle = Input.reference_region(frames, curves.muscle)
        >>> print(f"{muscle.plasma[-1]:.2f} kBq/mL at {muscle.time[-1]:.0f} s")
        0.65 kBq/mL at 3450 s

        """
        frames = time if isinstance(time, Frames) else Frames.instants(time)
        knots, values = frames.mid, as_numbers("curve", curve)
        if frames.duration[0] > 0 and values.shape == knots.shape:
            knots = np.concatenate([frames.start[:1], knots])
            values = np.concatenate([[0.0], values])
        late = float(frames.start[0]) > LATE * float(frames.end[-1] - frames.start[0])
        carries = late and bool(values[knots > frames.start[0]][0] > _PRESENT * values.max())
        return cls(knots, plasma=values, whole=not carries)

    @property
    def arrival(self) -> float:
        """Last sample before the plasma, else the blood, is a twentieth of its peak, s.

        Examples
        --------
        >>> from biomarkers import sample_data
        >>> from biomarkers.kinetics import Input
        >>> curve = sample_data.dce_curve()
        >>> Input(curve.time, plasma=curve.plasma).arrival
        20.0

        """
        curve = self.blood if self.plasma is None else self.plasma
        first = int(np.argmax(np.asarray(curve) > _PRESENT * np.max(np.asarray(curve))))
        return float(self.time[max(first - 1, 0)])

    def shifted(self, delay: float) -> Self:
        """Return the same input arriving `delay` seconds later.

        Examples
        --------
        >>> from biomarkers.kinetics import Input
        >>> aif = Input([0.0, 10.0, 20.0], blood=[0.0, 3.0, 1.0], hct=0.4)
        >>> aif.shifted(4.0).time
        array([ 4., 14., 24.])

        """
        return replace(self, time=self.time + delay, hct=None)

    def dispersed(self, tau: float) -> Self:
        """Return the input after dispersion, ``c ⊗ exp(-t/tau)/tau``, at the same samples.

        Parameters
        ----------
        tau
            Time constant, s; above 0 (Iida et al., J Cereb Blood Flow Metab 1986;6:536).

        Examples
        --------
        The area stays, the peak falls:

        >>> from biomarkers import sample_data
        >>> from biomarkers.kinetics import Input
        >>> curve = sample_data.dce_curve()
        >>> aif = Input(curve.time, plasma=curve.plasma)
        >>> print(f"{aif.plasma.max():.2f} mM, dispersed {aif.dispersed(5.0).plasma.max():.2f} mM")
        6.45 mM, dispersed 5.46 mM

        """
        if not tau > 0:
            raise InputError(f"input: dispersion time constant {tau:g} s; expected above 0")
        frames = Frames.instants(self.time)
        curves = {
            name: respond(1.0 / tau, self.time, values, frames).value / tau
            for name, values in (("blood", self.blood), ("plasma", self.plasma))
            if values is not None
        }
        moves = (respond(1.0 / tau, self.time, each, frames) for each in self._moves)
        errors = None if self.errors is None else np.array([each.value / tau for each in moves])
        blood, plasma = curves.get("blood"), curves.get("plasma")
        return replace(self, blood=blood, plasma=plasma, errors=errors, hct=None)

    @property
    def _moves(self) -> FloatArray:
        """Errors as rows, none where they are not known."""
        return np.empty((0, self.time.size)) if self.errors is None else self.errors


def off_the_clock(input: Input, end: float) -> str:
    """Return what is unusual about an input that goes on long after the end of a scan, s."""
    if input.time[-1] <= OTHER_UNIT * end or end <= 0:
        return ""
    return f"input ends at {input.time[-1]:g} s, the scan at {end:g} s; are both times in s?"


def _clean(name: str, values: npt.ArrayLike) -> FloatArray:
    vector = np.array(as_numbers(name, values))
    if vector.ndim != 1 or vector.size < 2:
        raise InputError(
            f"input: {name} must be a vector of at least two samples, found shape {vector.shape}"
        )
    if not np.isfinite(vector).all():
        row = int(np.argmin(np.isfinite(vector)))
        raise InputError(f"input: {name} is {vector[row]} at sample {row}; expected finite values")
    return vector


def _curve(name: str, values: npt.ArrayLike, time: FloatArray) -> FloatArray:
    vector = _clean(name, values)
    if vector.shape != time.shape:
        raise InputError(
            f"input: {name} has {vector.size} samples but time has {time.size}; expected one each"
        )
    if not vector.any():
        raise InputError(f"input: {name} is zero throughout; nothing feeds the tissue")
    return vector


def _moves(errors: npt.ArrayLike, time: FloatArray) -> FloatArray:
    moves = np.array(errors, dtype=float)
    if moves.ndim != 2 or moves.shape[1] != time.size or not np.isfinite(moves).all():
        raise InputError(
            f"input: errors of shape {moves.shape} for {time.size} samples; expected finite values "
            "of shape (directions, samples)"
        )
    return moves


def smooth_between_samples(input: Input, time: npt.ArrayLike) -> Input:
    """Return the input with more knots, on a curve through its samples that does not overshoot.

    Kinetics take an input as straight lines between its samples. One measured in the images
    themselves is no finer than they are: lines cut off its peak, and tissue reached half a sample
    later than the artery sees another input than was measured. A monotone cubic comes much closer
    (Fritsch & Carlson, SIAM J Numer Anal 1980;17:238. doi:10.1137/0717021). An input finer than
    the series is returned as it is.

    Parameters
    ----------
    input
        As measured.
    time
        Instants of the series, (T,), s.

    Examples
    --------
    A bolus sampled every 10 s, and its samples joined by a curve:

    >>> import numpy as np
    >>> from biomarkers.dce import smooth_between_samples
    >>> from biomarkers.kinetics import Input
    >>> time = np.arange(0.0, 60.0, 10.0)
    >>> measured = Input(time, blood=[0.0, 0.0, 6.0, 2.0, 1.0, 0.9])
    >>> smooth = smooth_between_samples(measured, time)
    >>> print(len(measured.time), len(smooth.time), np.interp(time, smooth.time, smooth.blood))
    6 31 [0.  0.  6.  2.  1.  0.9]

    """
    from scipy.interpolate import PchipInterpolator  # noqa: PLC0415  (slow to import)

    instants = np.asarray(time, dtype=float)
    if instants.ndim != 1 or instants.size < 3 or input.time.size < 3:
        return input
    # Compared where the input moves most, at the median step of each.
    if np.median(np.diff(input.time)) < 0.9 * np.median(np.diff(instants)):
        return input
    blood, plasma = (
        None if values is None else PchipInterpolator(input.time, values)
        for values in (input.blood, input.plasma)
    )
    knots = _knots(input.time, [curve for curve in (blood, plasma) if curve is not None])
    return replace(
        input,
        time=knots,
        hct=None,
        blood=None if blood is None else np.asarray(blood(knots), dtype=float),
        plasma=None if plasma is None else np.asarray(plasma(knots), dtype=float),
        errors=moved_at(input, knots),
    )


def moved_at(input: Input, knots: FloatArray) -> FloatArray | None:
    """Return the errors of an input at other times, (directions, knots)."""
    if input.errors is None:
        return None
    return np.array([np.interp(knots, input.time, each) for each in input.errors])


def _knots(time: FloatArray, curves: "list[PchipInterpolator]") -> FloatArray:
    """Cut every step into as many pieces as straight lines need to follow the curves."""
    bow = np.zeros(time.size - 1)
    for curve in curves:
        values = curve(time)
        for share in (0.25, 0.5, 0.75):
            line = values[:-1] + share * np.diff(values)
            away = np.abs(curve(time[:-1] + share * np.diff(time)) - line)
            bow = np.maximum(bow, away / np.abs(values).max())
    # The bow of a parabola shrinks with the square of the number of pieces.
    pieces = np.clip(np.ceil(np.sqrt(bow / _ERROR)), 1, _MOST).astype(int)
    steps = [
        np.linspace(start, end, count, endpoint=False)
        for start, end, count in zip(time[:-1], time[1:], pieces, strict=True)
    ]
    return np.concatenate([*steps, time[-1:]])
