"""The curves to fit, checked, and the record of a fit: estimates with their errors and reasons."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_numbers
from biomarkers.errors import InputError
from biomarkers.estimates import REMARKS, Chosen, Estimates, FitFlag, Reasons
from biomarkers.images.scaled import ScaledArray, Series
from biomarkers.kinetics.declaration import Parameter
from biomarkers.kinetics.refutation import Noise
from biomarkers.quantities import QUANTITIES
from biomarkers.timing import FloatArray, Frames

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]
Delay = float | tuple[float, float] | None

TOO_FEW_POINTS = FitFlag.NOT_IDENTIFIABLE | FitFlag.NOT_CONVERGED
NOTHING_FITTED = FitFlag.NO_SIGNAL | FitFlag.BEGUN_LATE
CHUNK_BYTES = 2**21  # of curves: what is made of them on the way stays in the processor's cache


@dataclass(frozen=True, eq=False)
class Data:
    """Curves to fit, checked; nothing is copied until a chunk of them is needed.

    Parameters
    ----------
    curves
        (..., T), of any type of number.
    frames
        When they were measured.
    weights
        Of the squared residuals, (T,).
    chosen
        Which curves are to be fitted.
    mask
        What was asked for, (...); None for all of them.
    noise
        Of the chosen curves, (2, V), see `Noise`; None if not known.

    """

    curves: Series
    frames: Frames
    weights: FloatArray
    chosen: Chosen
    mask: BoolArray | None = None
    noise: FloatArray | None = None

    @property
    def chunk(self) -> int:
        """How many curves to work on at a time."""
        return max(1, CHUNK_BYTES // (8 * len(self.frames)))

    def take(self, part: slice) -> FloatArray:
        """Give some of the chosen curves, (V, T) in float64, one after the other in memory."""
        if self.curves.flags.c_contiguous and self.chosen.all:
            rows = self.curves.reshape(-1, self.curves.shape[-1])[part]
            return np.asarray(rows, dtype=float)
        curves = self.curves
        if self.chosen.shape:
            curves = curves[np.unravel_index(self.chosen.index[part], self.chosen.shape)]
        return np.ascontiguousarray(np.atleast_2d(curves)[: len(self.chosen)], dtype=float)

    def noise_of(self, part: slice, rows: BoolArray) -> FloatArray | None:
        """Give the noise of some of the curves of a chunk, (2, v); None if it is not known."""
        return None if self.noise is None else self.noise[:, part][:, rows]

    def places(self, part: slice, usable: BoolArray | None = None) -> slice | IntArray:
        """Give the places of some of the chosen curves among all of them."""
        every = usable is None or bool(usable.all())
        if self.chosen.all and every:
            return part
        index = self.chosen.index[part]
        return index if every else index[usable]


def check_data(
    curves: npt.ArrayLike | Series,
    time: npt.ArrayLike | Frames,
    weights: npt.ArrayLike | None,
    mask: npt.ArrayLike | None,
    noise: Noise | npt.ArrayLike | None = None,
) -> Data:
    """Check the arguments of a fit against each other.

    Raises
    ------
    InputError
        If the shapes disagree, the mask is none, or weights are negative, not finite or all zero.

    """
    frames = time if isinstance(time, Frames) else Frames.instants(time)
    array: Series = (
        curves if isinstance(curves, np.ndarray | ScaledArray) else as_numbers("curves", curves)
    )
    count = len(frames)
    if array.ndim == 0 or array.shape[-1] != count:
        raise InputError(
            f"curves have shape {array.shape} but there are {count} time points; the last axis "
            "of the curves must be time"
        )
    if not np.issubdtype(array.dtype, np.number) or array.dtype.kind == "c":
        raise InputError(f"curves are of type {array.dtype}; expected real numbers")
    chosen = Chosen.of(mask, array.shape[:-1])
    inside = None if mask is None else chosen.mask
    known = noise if noise is None or isinstance(noise, Noise) else Noise(noise)
    levels = None if known is None else known.of(chosen)
    return Data(array, frames, _check_weights(weights, count), chosen, inside, levels)


def _check_weights(weights: npt.ArrayLike | None, count: int) -> FloatArray:
    if weights is None:
        return np.ones(count)
    vector = as_numbers("weights", weights)
    if vector.shape != (count,):
        raise InputError(
            f"weights have shape {vector.shape}; expected ({count},), one per time point"
        )
    if not (np.isfinite(vector).all() and (vector >= 0).all() and vector.any()):
        raise InputError("weights must be finite, 0 or more, and not all 0")
    return vector


def check_delay(delay: Delay) -> float | tuple[float, float]:
    """Return a delay to apply (s), or the (low, high) bounds of one to fit.

    Raises
    ------
    InputError
        If a value is not finite or the bounds are not in order.

    """
    if delay is None:
        return 0.0
    values = np.atleast_1d(np.asarray(delay, dtype=float))
    if values.ndim != 1 or values.size > 2 or not np.isfinite(values).all():
        raise InputError(f"delay {delay!r}; expected None, seconds, or (low, high) in seconds")
    if values.size == 1:
        return float(values[0])
    if not values[0] < values[1]:
        raise InputError(f"delay bounds {delay!r}; expected low < high")
    return float(values[0]), float(values[1])


@dataclass(frozen=True, eq=False, repr=False)
class Fit(Estimates):
    """Estimates of one model for every curve; arrays have the curves' leading shape.

    Beside what `Estimates` says: of a compartment model "delay" (s) is among the values, with a
    standard error if it was fitted, else as given, with standard error 0. Nothing is identifiable
    where a constant describes the curve better than the model does. Where the fit ended at a bound
    (an amplitude held at zero, a rate or the delay at an end, a fraction above 1), standard errors
    are only indicative.

    Parameters
    ----------
    coefficients
        The model's own amplitudes and rates by name, 1/min (or a fraction).
    zeros
        Parameters of other models that this one holds at zero.
    arrival
        The delay with which each curve was fitted, s, whether or not it could be determined; None
        without one.
    curves
        What was fitted, (..., T).
    frames
        When it was measured, s.

    Examples
    --------
    >>> from biomarkers import kinetics, sample_data
    >>> curve = sample_data.dce_curve()
    >>> aif = kinetics.Input(curve.time, plasma=curve.plasma)
    >>> fit = kinetics.MODELS["extended_tofts"].fit(curve.tissue, curve.time, aif)
    >>> print(f"Ktrans {fit['Ktrans']:.3f} 1/min, R2 {fit.r2:.3f}, converged: {fit.converged}")
    Ktrans 0.120 1/min, R2 1.000, converged: True

    """

    coefficients: Mapping[str, FloatArray] = field(default_factory=dict, kw_only=True)
    zeros: tuple[str, ...] = field(default=(), kw_only=True)
    arrival: FloatArray | None = field(default=None, kw_only=True)
    curves: Series = field(kw_only=True)
    frames: Frames | None = field(default=None, kw_only=True)
    _predict: Callable[["Fit"], FloatArray] = field(kw_only=True)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Parameters of the model, in order, without the delay."""
        return tuple(each for each in self.quantities if isinstance(each, Parameter))

    @property
    def rss(self) -> FloatArray:
        """Weighted residual sum of squares; of the ordinate of a plot."""
        return self.quality["rss"]

    @property
    def r2(self) -> FloatArray:
        """Share of the weighted variance explained."""
        return self.quality["r2"]

    @property
    def aicc(self) -> FloatArray:
        """Akaike's criterion corrected for small samples; see `akaike`."""
        return self.quality["aicc"]

    @property
    def converged(self) -> BoolArray:
        """Whether the iteration converged."""
        return self._without(NOTHING_FITTED | FitFlag.NOT_CONVERGED)

    @property
    def at_bound(self) -> BoolArray:
        """Whether a parameter ended at a bound; standard errors are then only indicative."""
        return self.reasons.has(FitFlag.AT_BOUND)

    @property
    def identifiable(self) -> BoolArray:
        """Whether every parameter and its standard error could be determined."""
        return self._without(NOTHING_FITTED | FitFlag.NOT_IDENTIFIABLE)

    @property
    def t_star(self) -> float:
        """Time from which a straight-line method used points (mid-frame), s; NaN for models."""
        return float(self.settings.get("TStar", np.nan))

    @property
    def points(self) -> int:
        """How many points were used."""
        return int(self.settings["Points"])

    @property
    def deviation(self) -> FloatArray:
        """Largest distance of a point from the line, relative to the line."""
        return self.quality["deviation"]

    @property
    def linear(self) -> BoolArray:
        """Whether no point is more than 10 % off the line.

        Where not, t* is too early, the curve too noisy, or the method's assumption does not hold.
        """
        return self._without(NOTHING_FITTED | FitFlag.NOT_LINEAR)

    def predicted(self) -> FloatArray:
        """Fitted curves (..., T), by exact convolution; NaN where nothing was fitted.

        Examples
        --------
        >>> from biomarkers import kinetics, sample_data
        >>> curve = sample_data.dce_curve()
        >>> aif = kinetics.Input(curve.time, plasma=curve.plasma)
        >>> fit = kinetics.MODELS["extended_tofts"].fit(curve.tissue, curve.time, aif)
        >>> print(f"{fit.predicted().max():.3f} mM, measured {curve.tissue.max():.3f} mM")
        0.351 mM, measured 0.351 mM

        """
        return self._predict(self)

    def residuals(self) -> FloatArray:
        """Measured minus fitted curves (..., T), unweighted.

        Examples
        --------
        What a model without plasma leaves over is the first pass:

        >>> from biomarkers import kinetics, sample_data
        >>> curve = sample_data.dce_curve()
        >>> aif = kinetics.Input(curve.time, plasma=curve.plasma)
        >>> left = kinetics.MODELS["tofts"].fit(curve.tissue, curve.time, aif).residuals()
        >>> print(f"{left.max():.2f} mM at {curve.time[left.argmax()]:.0f} s")
        0.18 mM at 26 s

        """
        return np.asarray(self.curves, dtype=float) - self.predicted()

    def plot(self) -> "Figure":
        """Draw measured and fitted curves where they are few and known; else every quantity."""
        from biomarkers.kinetics.drawing import MOST, draw_curves  # noqa: PLC0415  (seldom needed)

        if math.prod(self.shape) > MOST:
            return super().plot()
        try:
            fitted = self.predicted()
        except InputError:  # a line that does not determine the curve
            return super().plot()
        time = None if self.frames is None else self.frames.mid
        return draw_curves(self.curves, fitted, time, titles=self._titles(), model=self.model)

    def _titles(self) -> list[str]:
        """Return the region of each curve, where it has a name, and its first two estimates."""
        count, regions = math.prod(self.shape), getattr(self, "regions", ())
        names = regions if len(regions) == count else [""] * count
        values = [(each.name, self[each.name].reshape(-1)) for each in self.quantities[:2]]
        return [
            " ".join([name, *(f"{key} {value[k]:.3g}" for key, value in values)]).strip()
            for k, name in enumerate(names)
        ]

    def _without(self, kinds: FitFlag) -> BoolArray:
        clear = self.reasons.bits & np.uint16(kinds) == 0
        return np.asarray(clear if self.mask is None else clear & self.mask)


def new_fit(
    model: str,
    parameters: Sequence[Parameter],
    data: Data,
    *,
    predict: Callable[[Fit], FloatArray],
    quality: Sequence[str],
    coefficients: Sequence[str] = (),
    delay: float | tuple[float, float] | None = None,
    settings: Mapping[str, Any],
) -> Fit:
    """Lay out the record of a fit, for `fill` to write into; NaN, and without signal, until then.

    Its arrays are one piece of memory: the system hands large pieces out faster.

    Parameters
    ----------
    model, parameters
        Name of the model, and what it estimates.
    predict
        Computes the curves (..., T) of the record.
    quality, coefficients
        Names of the columns.
    delay
        Bounds of one that is fitted, or the one that was given, s; None for methods without.

    """
    fitted = isinstance(delay, tuple)
    quantities = (*parameters, QUANTITIES["delay"]) if fitted else tuple(parameters)
    names, shape = [each.name for each in quantities], data.chosen.shape
    count = 2 * len(names) + len(quality) + len(coefficients) + fitted
    columns = np.full((count, *shape), np.nan)
    each = (columns[k, ...] for k in range(count))
    values, se, kept, own = (
        dict(zip(some, each, strict=False)) for some in (names, names, quality, coefficients)
    )
    arrival = next(each, None)
    if isinstance(delay, float) and "delay" not in values:
        arrival = values["delay"] = np.full(shape, delay)
        se["delay"] = np.zeros(shape)
    bits = np.zeros(shape, dtype=np.uint16)
    bits[... if data.mask is None else data.mask] = FitFlag.NO_SIGNAL
    return Fit(
        model,
        quantities,
        values,
        se,
        Reasons(bits, FitFlag, REMARKS),
        data.mask,
        settings,
        kept,
        coefficients=own,
        arrival=arrival,
        curves=data.curves,
        frames=data.frames,
        _predict=predict,
    )


def fill(
    fit: Fit,
    places: slice | IntArray,
    bits: npt.NDArray[np.uint16],
    *tables: Mapping[str, FloatArray],
) -> None:
    """Write the reasons of some curves, and their values, errors, quality and coefficients."""
    fit.reasons.bits.reshape(-1)[places] = bits
    whole = fit.values, fit.se, fit.quality, fit.coefficients
    for columns, table in zip(whole, tables, strict=False):
        for name, row in table.items():
            columns[name].reshape(-1)[places] = row


def concluded(
    values: Mapping[str, FloatArray],
    errors: Mapping[str, FloatArray],
    *,
    converged: BoolArray,
    lost: BoolArray,
    at_bound: BoolArray,
) -> npt.NDArray[np.uint16]:
    """Return the reasons of some curves, whose values are taken away where they are `lost`."""
    unknown = lost.copy()
    for name, value in values.items():
        value[lost] = errors[name][lost] = np.nan
        unknown |= ~(np.isfinite(value) & np.isfinite(errors[name]))
    bits = np.uint16(FitFlag.NOT_CONVERGED) * ~converged
    bits |= np.uint16(FitFlag.WORSE_THAN_CONSTANT) * lost
    bits |= np.uint16(FitFlag.NOT_IDENTIFIABLE) * unknown
    bits |= np.uint16(FitFlag.AT_BOUND) * at_bound
    return bits


def judged(
    parameter: Parameter, value: FloatArray, error: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Report NaN where the data cannot determine the parameter; see `Parameter`."""
    if parameter.origin is None:
        lost = error > np.maximum(np.abs(value), parameter.resolution)
    else:
        lost = ~(error <= value - parameter.origin)
    lost |= ~np.isfinite(value)
    return np.where(lost, np.nan, value), np.where(lost, np.nan, error)
