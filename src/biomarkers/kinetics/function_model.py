"""Models outside the family: any function of a few parameters, with its Jacobian.

Tissue homogeneity, shutter speed and the like are no sums of exponentials. Such a model is a
plain function over many curves at once; it is fitted by bounded least squares on all curves
together, from every one of the declared starts.
"""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy.special import fdtri

from biomarkers.checks import as_numbers
from biomarkers.errors import InputError
from biomarkers.estimates import in_chunks
from biomarkers.kinetics.declaration import Parameter
from biomarkers.kinetics.fit import (
    TOO_FEW_POINTS,
    Data,
    Fit,
    check_data,
    check_delay,
    concluded,
    fill,
    judged,
    new_fit,
)
from biomarkers.kinetics.input import Input
from biomarkers.kinetics.intervals import check_curve, checked_level, profile_end
from biomarkers.kinetics.least_squares import IntArray, Minimum, covariance, levenberg_marquardt
from biomarkers.kinetics.quality import quality_of, refuted
from biomarkers.kinetics.refutation import Noise, beyond_noise
from biomarkers.kinetics.setup import check_cover
from biomarkers.timing import FloatArray, Frames

Curves = Callable[[FloatArray, Frames, Input], tuple[FloatArray, FloatArray]]

MOST_STEPS = 100
SMALLEST_STEP = 1e-9  # of a parameter
SMALLEST_GAIN = 1e-12  # of the residual sum of squares


@dataclass(frozen=True)
class FunctionModel:
    """A model given as a function.

    Parameters
    ----------
    name
        Name of the model.
    parameters
        What the function takes, in order.
    function
        Maps parameter values (V, P), `Frames` and `Input` to curves (V, T) and their
        derivatives (V, P, T).
    lower, upper
        Bounds of the parameters, shape (P,), finite.
    starts
        Values to start from, shape (S, P); the best of the fits is kept.
    source
        Literature source.

    Raises
    ------
    InputError
        If bounds or starts do not fit the parameters.

    Examples
    --------
    A curve that fills exponentially, whatever the input; the derivatives stand beside it:

    >>> import numpy as np
    >>> from biomarkers.kinetics import FunctionModel, Input, Parameter
    >>> def filling(values, frames, input):
    ...     top, rate = values[:, :1], values[:, 1:]
    ...     gone = np.exp(-rate * frames.mid)
    ...     return top * (1 - gone), np.stack([1 - gone, top * frames.mid * gone], axis=1)
    >>> parameters = Parameter("top", "mM", "plateau"), Parameter("rate", "1/s", "of filling")
    >>> model = FunctionModel("filling", parameters, filling, [0, 0], [9, 1], starts=[[1, 0.1]])
    >>> time, aif = np.arange(0.0, 100.0, 5.0), Input([0.0, 100.0], plasma=[1.0, 1.0])
    >>> fit = model.fit(0.4 * (1 - np.exp(-0.03 * time)), time, aif)
    >>> print(f"{fit['top']:.2f} mM, {fit['rate']:.3f} 1/s")
    0.40 mM, 0.030 1/s

    """

    name: str
    parameters: tuple[Parameter, ...]
    function: Curves
    lower: FloatArray
    upper: FloatArray
    starts: FloatArray
    source: str = ""

    def __post_init__(self) -> None:
        count = len(self.parameters)
        low, high = np.asarray(self.lower, dtype=float), np.asarray(self.upper, dtype=float)
        starts = np.atleast_2d(np.asarray(self.starts, dtype=float))
        if not (low.shape == high.shape == (count,) and starts.shape[1] == count):
            raise InputError(
                f"model {self.name}: {count} parameters, but bounds of shapes {low.shape} and "
                f"{high.shape} and starts of shape {starts.shape}"
            )
        if not (np.isfinite(low).all() and np.isfinite(high).all() and (low < high).all()):
            raise InputError(f"model {self.name}: bounds must be finite, lower below upper")
        for name, value in (("lower", low), ("upper", high), ("starts", starts)):
            object.__setattr__(self, name, value)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(parameter.name for parameter in self.parameters)

    def fit(
        self,
        curves: npt.ArrayLike,
        time: npt.ArrayLike | Frames,
        input: Input,
        *,
        delay: float | None = None,
        weights: npt.ArrayLike | None = None,
        mask: npt.ArrayLike | None = None,
        noise: Noise | npt.ArrayLike | None = None,
    ) -> Fit:
        """Fit one curve or many; arguments as in `Model.fit`.

        A delay can be given, not fitted: make it one of the function's parameters for that.

        Raises
        ------
        InputError
            As `Model.fit`, or if bounds of a delay are given.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.kinetics import FunctionModel, Input, Parameter
        >>> def line(values, frames, input):
        ...     return values * frames.mid, np.tile(frames.mid, (len(values), 1, 1))
        >>> slope = (Parameter("slope", "mM/s", "rise"),)
        >>> model = FunctionModel("line", slope, line, [0], [1], starts=[[0.1]])
        >>> aif = Input([0.0, 60.0], plasma=[1.0, 1.0])
        >>> model.fit([0.0, 1.5, 3.0], [0.0, 30.0, 60.0], aif)["slope"].round(3)
        np.float64(0.05)

        """
        data = check_data(curves, time, weights, mask, noise)
        source, lag = self._delayed(input, delay)
        check_cover(source, data.frames)
        fit = new_fit(
            self.name,
            self.parameters,
            data,
            predict=partial(self._predicted, data.frames, source),
            quality=("rss", "r2", "aicc"),
            coefficients=self.names,
            delay=lag,
            settings={"Delay": lag},
        )
        work = partial(self._fit_chunk, data, source, fit)
        in_chunks(work, len(data.chosen), size=data.chunk)
        return fit

    def predict(
        self,
        values: Mapping[str, npt.ArrayLike],
        time: npt.ArrayLike | Frames,
        input: Input,
        *,
        delay: float | None = None,
    ) -> FloatArray:
        """Compute the curves (..., T) of given parameters, numbers or arrays that broadcast.

        Raises
        ------
        InputError
            If a parameter is missing.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.kinetics import FunctionModel, Input, Parameter
        >>> def line(values, frames, input):
        ...     return values * frames.mid, np.tile(frames.mid, (len(values), 1, 1))
        >>> slope = (Parameter("slope", "mM/s", "rise"),)
        >>> model = FunctionModel("line", slope, line, [0], [1], starts=[[0.1]])
        >>> aif = Input([0.0, 60.0], plasma=[1.0, 1.0])
        >>> model.predict({"slope": 0.05}, [0.0, 30.0, 60.0], aif)
        array([0. , 1.5, 3. ])

        """
        missing = [name for name in self.names if name not in values]
        if missing:
            raise InputError(
                f"model {self.name}: no {', '.join(missing)} to predict from; expected "
                f"{', '.join(self.names)}"
            )
        frames = time if isinstance(time, Frames) else Frames.instants(time)
        given = np.broadcast_arrays(*(as_numbers(name, values[name]) for name in self.names))
        source, _ = self._delayed(input, delay)
        curves = self._curves(np.stack([each.ravel() for each in given], axis=1), frames, source)
        return curves.reshape(*given[0].shape, len(frames))

    def interval(
        self,
        curve: npt.ArrayLike,
        time: npt.ArrayLike | Frames,
        input: Input,
        *,
        parameter: str,
        level: float = 0.95,
        delay: float | None = None,
        weights: npt.ArrayLike | None = None,
    ) -> tuple[float, float]:
        """Interval of one parameter of one curve by profile likelihood; see `Model.interval`.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.kinetics import FunctionModel, Input, Parameter
        >>> def line(values, frames, input):
        ...     return values * frames.mid, np.tile(frames.mid, (len(values), 1, 1))
        >>> slope = (Parameter("slope", "mM/s", "rise"),)
        >>> model = FunctionModel("line", slope, line, [0], [1], starts=[[0.1]])
        >>> curve, aif = [0.0, 1.4, 3.1], Input([0.0, 60.0], plasma=[1.0, 1.0])
        >>> low, high = model.interval(curve, [0.0, 30.0, 60.0], aif, parameter="slope")
        >>> print(f"{low:.3f} to {high:.3f} mM/s")
        0.045 to 0.057 mM/s

        """
        checked_level(level)
        data = check_curve(curve, time, weights)
        fit = self.fit(curve, time, input, delay=delay, weights=weights)
        centre, error = float(fit[parameter]), float(fit.se[parameter])
        freedom = int((data.weights > 0).sum()) - len(self.names)
        if not np.isfinite(error) or freedom < 1 or parameter not in self.names:
            return np.nan, np.nan
        source, _ = self._delayed(input, delay)
        k, rss = self.names.index(parameter), float(fit.rss)
        target = np.where(data.weights > 0, data.curves, 0.0)[None] * np.sqrt(data.weights)

        def rise(value: float, start: FloatArray) -> tuple[float, FloatArray]:
            if not self.lower[k] <= value <= self.upper[k]:
                return np.inf, start
            held = np.arange(len(self.names)) == k
            bounds = np.where(held, value, self.lower), np.where(held, value, self.upper)
            least = self._least(data, source, target, [start[None]], bounds)
            return float(least.rss[0]) / rss - 1.0, least.values[0]

        best = np.array([float(fit.coefficients[name]) for name in self.names])
        limit = float(fdtri(1, freedom, level)) / freedom
        low, high = (profile_end(rise, centre, best, side * error, limit) for side in (-1, 1))
        return low, high

    def _delayed(self, input: Input, delay: float | None) -> tuple[Input, float]:
        lag = check_delay(delay)
        if isinstance(lag, tuple):
            raise InputError(f"model {self.name}: to fit the delay, make it one of its parameters")
        return (input.shifted(lag) if lag else input), lag

    def _evaluate(
        self, values: FloatArray, frames: Frames, source: Input
    ) -> tuple[FloatArray, FloatArray]:
        curves, jacobian = self.function(values, frames, source)
        expected = (len(values), values.shape[1], len(frames))
        if np.shape(curves) != (expected[0], expected[2]) or np.shape(jacobian) != expected:
            raise InputError(
                f"model {self.name}: its function returned shapes {np.shape(curves)} and "
                f"{np.shape(jacobian)}; expected {(expected[0], expected[2])} and {expected}"
            )
        return np.asarray(curves, dtype=float), np.asarray(jacobian, dtype=float)

    def _curves(self, values: FloatArray, frames: Frames, source: Input) -> FloatArray:
        """Curves (V, T); NaN where a value is."""
        known = np.isfinite(values).all(axis=1)
        out = np.full((len(values), len(frames)), np.nan)
        out[known] = self._evaluate(values[known], frames, source)[0]
        return out

    def _predicted(self, frames: Frames, source: Input, fit: Fit) -> FloatArray:
        values = np.stack([np.ravel(fit.coefficients[name]) for name in self.names], axis=1)
        return self._curves(values, frames, source).reshape(*fit.shape, len(frames))

    def _least(
        self,
        data: Data,
        source: Input,
        target: FloatArray,
        starts: list[FloatArray],
        bounds: tuple[FloatArray, FloatArray],
    ) -> Minimum:
        """Fit the weighted curves `target` (V, T)."""
        root = np.sqrt(data.weights)

        def weighted(values: FloatArray, rows: IntArray) -> tuple[FloatArray, FloatArray]:
            curves, jacobian = self._evaluate(values, data.frames, source)
            return curves * root, jacobian * root

        return levenberg_marquardt(
            weighted,
            target,
            starts,
            bounds,
            smallest_step=SMALLEST_STEP,
            smallest_gain=SMALLEST_GAIN,
            most_steps=MOST_STEPS,
        )

    def _fit_chunk(self, data: Data, source: Input, fit: Fit, part: slice) -> None:
        """Fit one chunk; a curve that is not finite, or zero throughout, says nothing."""
        used, root = data.weights > 0, np.sqrt(data.weights)
        curves, points = data.take(part), int(used.sum())
        usable = np.isfinite(curves[:, used]).all(axis=1) & curves[:, used].any(axis=1)
        if not usable.any():
            return
        usable = np.asarray(usable)
        places, count = data.places(part, usable), int(usable.sum())
        if points <= len(self.names):
            fill(fit, places, np.full(count, TOO_FEW_POINTS, dtype=np.uint16))
            return
        target = np.where(used, curves[usable], 0.0) * root
        starts = [np.tile(start, (count, 1)) for start in self.starts]
        least = self._least(data, source, target, starts, (self.lower, self.upper))
        mean = target @ root / (root @ root)
        total = ((target - mean[:, None] * root) ** 2).sum(axis=1)
        lost = refuted(least.rss, total, points)
        flat = lost.copy()
        if lost.any():
            flat[lost] = ~self._curves(least.values[lost], data.frames, source).any(axis=1)
        if flat.any():
            rows = curves[usable][flat][:, used]
            level = data.noise_of(part, usable)
            level = None if level is None else level[:, flat]
            lost[flat] = beyond_noise(rows, data.weights[used], least.rss[flat], level)
        variance = least.rss / (points - len(self.names))
        spread = np.sqrt(np.einsum("vpp->vp", covariance(least.normal)) * variance[:, None])
        values, errors = {}, {}
        for k, each in enumerate(self.parameters):
            values[each.name], errors[each.name] = judged(each, least.values[:, k], spread[:, k])
            values[each.name][np.isnan(errors[each.name])] = np.nan
        close = 1e-9 * (self.upper - self.lower)
        pressed = (least.values <= self.lower + close) | (least.values >= self.upper - close)
        bits = concluded(
            values,
            errors,
            converged=least.converged,
            lost=lost,
            at_bound=np.asarray(pressed.any(axis=1)),
        )
        quality = quality_of(least.rss, total, points, len(self.names))
        own = dict(zip(self.names, least.values.T, strict=True))
        fill(fit, places, bits, values, errors, quality, own)
