"""Straight-line methods run on every curve: t*, regression, errors, and the check of the line."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from biomarkers.checks import as_numbers
from biomarkers.errors import InputError
from biomarkers.estimates import Chosen, FitFlag, in_chunks
from biomarkers.kinetics._lines import fit_lines
from biomarkers.kinetics._plots import fit_plots
from biomarkers.kinetics.convolution import read, respond
from biomarkers.kinetics.declaration import COMPLEX_STEP, PER_MINUTE, Parameter, Values
from biomarkers.kinetics.fit import BoolArray, Data, Fit, check_data, fill, judged, new_fit
from biomarkers.kinetics.input import LATE, Input
from biomarkers.kinetics.intervals import check_curve, checked_level
from biomarkers.kinetics.quality import explained, refuted
from biomarkers.kinetics.refutation import Noise, beyond_noise
from biomarkers.kinetics.setup import check_cover
from biomarkers.kinetics.two_pass import checked_rate
from biomarkers.timing import FloatArray, Frames

MOST_DEVIATION = 0.1
FEWEST_POINTS = 5

Coefficients = Sequence[npt.NDArray[Any]]


class Rule(Enum):
    """What is fitted: a plot of what is divided by the input or the tissue, or C itself."""

    OVER_INPUT = auto()
    OVER_TISSUE = auto()
    MULTILINEAR = auto()


@dataclass(frozen=True)
class StraightLine:
    """A graphical or multilinear method; called, it fits.

    Parameters
    ----------
    name
        Name of the method.
    rule
        What is plotted, or regressed.
    size
        How many coefficients there are.
    parameters
        What the fit reports, in order.
    meaning
        Maps the coefficients (s) and the rate of the reference region (1/s; NaN without one) to
        parameters by name.
    source
        Literature source.
    inverse
        The way back for `predict`, from parameters by name; None where they do not determine the
        curve.
    settles
        Whether the method holds only after t*.
    linear
        Whether `meaning` is linear in the coefficients.
    rate
        Whether the method takes, or needs, the rate of the reference region.
    example
        How it is called, for its own help text.

    Examples
    --------
    An irreversible tracer, after Patlak; the slope is Ki of the tissue in the voxel:

    >>> from biomarkers import kinetics, sample_data
    >>> from biomarkers.timing import Frames
    >>> curves, arterial = sample_data.pet_curves(), sample_data.pet_input()
    >>> frames = Frames(curves.start, curves.duration)
    >>> plasma = kinetics.Input(arterial.time, plasma=arterial.plasma)
    >>> fit = kinetics.patlak(curves.tumor, frames, plasma)
    >>> print(f"Ki {fit['Ki']:.4f} mL/min/mL from {fit.t_star:.0f} s on, straight: {fit.linear}")
    Ki 0.0240 mL/min/mL from 450 s on, straight: True
    >>> print(f"true, less 5 % of blood: {0.95 * sample_data.PET_TRUTH['Ki']:.4f}")
    true, less 5 % of blood: 0.0238

    """

    name: str
    rule: Rule
    size: int
    parameters: tuple[Parameter, ...]
    meaning: Callable[[Coefficients, float], Values]
    source: str
    inverse: Callable[[Values], Coefficients] | None = None
    settles: bool = True
    linear: bool = False
    rate: str = "none"
    example: str = ""

    def __post_init__(self) -> None:
        text = f"{self.source}\n\nSee `StraightLine`.\n\nExamples\n--------\n{self.example}"
        object.__setattr__(self, "__doc__", text)

    def __call__(
        self,
        curves: npt.ArrayLike,
        time: npt.ArrayLike | Frames,
        input: Input,
        *,
        t_star: float | None = None,
        k2_reference: float | None = None,
        weights: npt.ArrayLike | None = None,
        mask: npt.ArrayLike | None = None,
        noise: Noise | npt.ArrayLike | None = None,
    ) -> Fit:
        """Fit one curve or a million.

        Parameters
        ----------
        curves
            Concentrations, shape (..., T).
        time
            `Frames`, or instants (T,), s.
        input
            Input with plasma, or `Input.reference_region`.
        t_star
            Use points from this time on (mid-frame), s. None: the earliest time from which no point
            of the mean curve's plot is more than 10 % off the line, with at least five points; the
            last five points where there is none. Methods that hold from the start begin there.
        k2_reference
            Washout rate k2' of the reference region, 1/min, for the methods that take it.
        weights
            Weights of the squared deviations of the ordinate, shape (T,).
        mask
            Which curves to fit, of the curves' leading shape.
        noise
            As in `Model.fit`.

        Returns
        -------
        Fit
            The parameters; `t_star`, `points` and `deviation` say where the line was laid and how
            straight it is. Sums of squares are those of the ordinate. Nothing is identifiable where
            a curve is zero throughout, or, for plots against C, where a point of it is not above
            zero; nor of a scan that begins after the tracer came (by more than 2 % of it), where
            the method needs the integral of the tissue since then (`FitFlag.BEGUN_LATE`).

        Raises
        ------
        InputError
            If shapes disagree, the input lacks plasma or ends early, or a given `t_star` leaves
            fewer points than one more than the coefficients. A scan with so few points determines
            nothing: the result is NaN.

        Examples
        --------
        >>> from biomarkers import kinetics, sample_data
        >>> from biomarkers.timing import Frames
        >>> curves, arterial = sample_data.pet_curves(), sample_data.pet_input()
        >>> frames = Frames(curves.start, curves.duration)
        >>> plasma = kinetics.Input(arterial.time, plasma=arterial.plasma)
        >>> fit = kinetics.logan(curves.muscle, frames, plasma, t_star=1200.0)  # VT 0.5
        >>> print(f"VT {fit['VT']:.3f} mL/mL from {fit.points} frames")
        VT 0.500 mL/mL from 8 frames

        """
        data = check_data(curves, time, weights, mask, noise)
        rate = self._checked_rate(k2_reference)
        check_cover(input, data.frames)
        shared = self._shared(data.frames, input, rate)
        first = self._first(data, shared, t_star)
        points = int((np.flatnonzero(data.weights > 0) >= first).sum())
        if points <= self.size and t_star is not None:
            raise InputError(
                f"{self.name}: {points} points from t* on, but {self.size} coefficients; expected "
                f"at least {self.size + 1} points: give an earlier t_star"
            )
        fit = new_fit(
            self.name,
            self.parameters,
            data,
            predict=partial(self._predicted, data.frames, input, k2_reference),
            quality=("rss", "r2", "deviation"),
            settings={"TStar": float(data.frames.mid[first]), "Points": points},
        )
        if not input.whole or self._late(data.frames, input):
            fit.reasons.bits[fit.inside] = FitFlag.BEGUN_LATE
        elif points > self.size:
            work = partial(self._fit_chunk, data, shared, (first, points), rate, fit)
            in_chunks(work, len(data.chosen), size=data.chunk)
        return fit

    fit = __call__

    def predict(
        self,
        values: Mapping[str, npt.ArrayLike],
        time: npt.ArrayLike | Frames,
        input: Input,
        *,
        k2_reference: float | None = None,
    ) -> FloatArray:
        """Compute the curves (..., T) of given parameters, numbers or arrays that broadcast.

        Raises
        ------
        InputError
            If parameters are missing, or the method's line does not determine the curve.

        Examples
        --------
        Plasma of 2 kBq/mL for an hour, of which Ki = 0.02 mL/min/mL is kept:

        >>> from biomarkers.kinetics import Input, patlak
        >>> steady = Input([0.0, 3600.0], plasma=[2.0, 2.0])
        >>> patlak.predict({"Ki": 0.02, "V0": 0.1}, [1800.0, 3600.0], steady).round(2)
        array([1.4, 2.6])

        """
        if self.inverse is None:
            raise InputError(f"{self.name}: its line does not determine the curve; use a model")
        frames = time if isinstance(time, Frames) else Frames.instants(time)
        given = {name: as_numbers(name, each) for name, each in values.items()}
        try:
            slopes = np.broadcast_arrays(*self.inverse(given))
        except KeyError as error:
            raise InputError(
                f"{self.name}: no {error.args[0]} to predict from; found {', '.join(values)}"
            ) from error
        shared = self._shared(frames, input, self._checked_rate(k2_reference))
        before, own = _steps(frames)
        out = np.zeros((*slopes[0].shape, len(frames)))
        integral = last = np.zeros(slopes[0].shape)
        for i in range(len(frames)):
            integral = integral + before[i] * last
            level = sum(slope * x for slope, x in zip(slopes, shared[:, i], strict=False))
            if self.rule is Rule.MULTILINEAR:  # the last regressor is the curve's own integral
                level = (level + slopes[-1] * integral) / (1.0 - slopes[-1] * own[i])
            out[..., i] = last = level
            integral = integral + own[i] * last
        return out

    def interval(
        self,
        curve: npt.ArrayLike,
        time: npt.ArrayLike | Frames,
        input: Input,
        *,
        parameter: str,
        level: float = 0.95,
        t_star: float | None = None,
        k2_reference: float | None = None,
        weights: npt.ArrayLike | None = None,
    ) -> tuple[float, float]:
        """Interval of one parameter of one curve, by Student's t and the standard error.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers import kinetics, sample_data
        >>> from biomarkers.timing import Frames
        >>> curves, arterial = sample_data.pet_curves(), sample_data.pet_input()
        >>> frames = Frames(curves.start, curves.duration)
        >>> plasma = kinetics.Input(arterial.time, plasma=arterial.plasma)
        >>> noisy = curves.tumor + 0.05 * np.random.default_rng(1).standard_normal(len(curves))
        >>> low, high = kinetics.patlak.interval(noisy, frames, plasma, parameter="Ki")
        >>> print(f"{low:.4f} to {high:.4f} mL/min/mL")
        0.0237 to 0.0243 mL/min/mL

        """
        checked_level(level)
        check_curve(curve, time, weights)
        fit = self.fit(
            curve, time, input, t_star=t_star, k2_reference=k2_reference, weights=weights
        )
        reach = float(stdtrit(max(fit.points - self.size, 1), 0.5 + 0.5 * level))
        centre, half = float(fit[parameter]), reach * float(fit.se[parameter])
        return centre - half, centre + half

    def _checked_rate(self, k2_reference: float | None) -> float:
        if k2_reference is None and self.rate == "needed":
            raise InputError(f"{self.name} needs k2_reference (1/min), for instance from mrtm1")
        if k2_reference is None:
            return np.nan
        if self.rate == "none":
            raise InputError(f"{self.name} has no k2_reference")
        return checked_rate(self.name, "k2_reference", k2_reference) / PER_MINUTE

    def _shared(self, frames: Frames, input: Input, rate: float) -> FloatArray:
        """Series all curves share: the input's integral, and where needed the input, (k, T)."""
        if input.plasma is None:
            raise InputError(f"{self.name} needs the concentration in plasma, Input(plasma=...)")
        middle = Frames.instants(frames.mid)
        level = read(input.time, input.plasma, frames)
        integral = respond(0.0, input.time, input.plasma, middle).value
        if np.isfinite(rate):
            integral = integral + level / rate
        both = self.rule is Rule.OVER_INPUT or self.size > 2
        return np.array([integral, level] if both else [integral])

    def _late(self, frames: Frames, input: Input) -> bool:
        """Whether the tissue's integral is needed and misses what came before the scan."""
        missed = float(frames.start[0]) - input.arrival
        span = float(frames.end[-1] - frames.start[0])
        return self.rule is not Rule.OVER_INPUT and missed > LATE * span

    def _first(self, data: Data, shared: FloatArray, t_star: float | None) -> int:
        """Return the first point used."""
        if t_star is not None:
            return int(np.searchsorted(data.frames.mid, t_star - 1e-6))
        return self._settled(data, shared) if self.settles else int((data.weights > 0).argmax())

    def _settled(self, data: Data, shared: FloatArray) -> int:
        """Earliest point from which the mean curve's plot is straight; see `fit`."""
        total, count = np.zeros(len(data.frames)), 0
        for i in range(0, len(data.chosen), data.chunk):
            block = data.take(slice(i, i + data.chunk))
            whole = block[np.isfinite(block).all(axis=1)]
            total, count = total + whole.sum(axis=0), count + len(whole)
        latest = len(data.frames) - FEWEST_POINTS
        if latest <= 0 or count == 0:
            return 0
        mean = Data(total / count, data.frames, data.weights, Chosen.of(None, ()))
        for first in range(latest + 1):
            deviation = self._regress(mean, shared, first, slice(0, 1))[2][2, 0]
            if deviation <= MOST_DEVIATION:
                return first
        return latest

    def _regress(
        self, data: Data, shared: FloatArray, first: int, part: slice
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Fit the lines of some curves from point `first` on.

        Returns coefficients (p, V), their covariance (p, p, V) for unit variance, and quality
        (3, V) or (5, V); see `fit_lines`, `fit_plots`.
        """
        curves = data.take(part)
        count, size = len(curves), self.size
        kinds = 5 if self.rule is Rule.OVER_INPUT else 3
        arrays = np.empty((size, count)), np.empty((size, size, count)), np.empty((kinds, count))
        steps, weights = _steps(data.frames), data.weights[first:]
        if self.rule is Rule.MULTILINEAR:
            fit_lines(curves, shared, steps, weights, *arrays)
        else:
            over_tissue = self.rule is Rule.OVER_TISSUE
            fit_plots(curves, shared, over_tissue, steps, weights, *arrays)
        return arrays

    def _fit_chunk(
        self,
        data: Data,
        shared: FloatArray,
        used: tuple[int, int],
        rate: float,
        fit: Fit,
        part: slice,
    ) -> None:
        """Fit and judge one chunk; `used` are the first point and their number."""
        first, points = used
        columns, covariance, judged_by = self._regress(data, shared, first, part)
        rss, total, deviation = judged_by[:3]
        noise = rss / (points - self.size)
        values, errors = {}, {}
        of_curves = judged_by[3:] if self.rule is Rule.OVER_INPUT else judged_by[:2]
        lost = self._lost(data, first, part, deviation, of_curves)
        which = np.flatnonzero(lost)
        sound = np.isfinite(rss) & ~lost
        bits = np.uint16(FitFlag.NO_SIGNAL) * ~np.isfinite(rss)
        bits |= np.uint16(FitFlag.WORSE_THAN_CONSTANT) * lost
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            meant = self.meaning(list(columns), rate)
            slopes = [self._slopes(list(columns), rate, k) for k in range(self.size)]
            for each in self.parameters:
                slope = [some[each.name] for some in slopes]
                spread = np.sqrt(_variance(slope, covariance) * noise)
                values[each.name], errors[each.name] = judged(each, meant[each.name], spread)
                values[each.name][which] = errors[each.name][which] = np.nan
                sound &= np.isfinite(values[each.name])
        bits |= np.uint16(FitFlag.NOT_IDENTIFIABLE) * ~sound
        bits |= np.uint16(FitFlag.NOT_LINEAR) * ~(deviation <= MOST_DEVIATION)
        quality = {"rss": rss, "r2": explained(rss, total), "deviation": deviation}
        fill(fit, data.places(part), bits, values, errors, quality)

    def _lost(
        self, data: Data, first: int, part: slice, deviation: FloatArray, of_curves: FloatArray
    ) -> BoolArray:
        """Curves that a constant describes better, by more than noise.

        `of_curves` are their sums of squares about the line and about the mean, (2, V).
        """
        used = np.flatnonzero(data.weights > 0)
        used = used[used >= first]
        if self.rule is Rule.OVER_TISSUE:
            return np.zeros(len(deviation), dtype=bool)
        rss, total = of_curves
        lost = refuted(rss, total, len(used))
        lost &= deviation > MOST_DEVIATION
        which = np.flatnonzero(lost)
        if which.size:
            curves = data.take(part)[which][:, used]
            levels = None if data.noise is None else data.noise[:, part][:, which]
            lost[which] = beyond_noise(curves, data.weights[used], rss[which], levels)
        return lost

    def _slopes(self, columns: list[FloatArray], rate: float, k: int) -> Values:
        """Differentiate every parameter by coefficient k, by complex step.

        Where parameters are linear in the coefficients it is the same at every curve.
        """
        at = [np.ones(1)] * len(columns) if self.linear else columns
        moved: list[npt.NDArray[Any]] = list(at)
        moved[k] = at[k] + 1j * COMPLEX_STEP
        meant = self.meaning(moved, rate)
        return {name: np.imag(value) / COMPLEX_STEP for name, value in meant.items()}

    def _predicted(
        self, frames: Frames, input: Input, k2_reference: float | None, fit: Fit
    ) -> FloatArray:
        return self.predict(fit.values, frames, input, k2_reference=k2_reference)


def _steps(frames: Frames) -> FloatArray:
    """How a curve's integral to mid-frame grows from point to point; see `fit_lines`."""
    width = frames.duration
    gap = np.maximum(frames.start[1:] - frames.end[:-1], 0.0)
    before = np.concatenate([[0.0], 0.5 * (width[:-1] + gap)])
    return np.array([before, 0.5 * (width + np.concatenate([[0.0], gap]))])


def _variance(slopes: list[npt.NDArray[Any]], covariance: FloatArray) -> FloatArray:
    """Variance of a parameter by the delta method, (V,)."""
    variance = np.zeros(covariance.shape[-1])
    felt = [k for k, slope in enumerate(slopes) if np.any(slope)]
    for i in felt:
        for j in felt:
            variance += slopes[i] * slopes[j] * covariance[i, j]
    return np.maximum(variance, 0.0)  # what rounding leaves of a variance of none
