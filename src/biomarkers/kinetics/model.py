"""A kinetic model and what is done with it: fit, predict, and the interval of a parameter."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_numbers, as_numbers_alike
from biomarkers.errors import InputError
from biomarkers.kinetics.declaration import Declaration, Values
from biomarkers.kinetics.engine import fit_model, predict_curves
from biomarkers.kinetics.fit import Data, Delay, Fit, check_data, check_delay
from biomarkers.kinetics.input import Input
from biomarkers.kinetics.intervals import check_curve, checked_level, profile_ends
from biomarkers.kinetics.refutation import Noise
from biomarkers.kinetics.setup import bind
from biomarkers.timing import FloatArray, Frames

CONTRADICTION = 1e-6  # share of a value by which another may differ and still be the same


@dataclass(frozen=True)
class Model(Declaration):
    """A declared kinetic model.

    Parameters
    ----------
    name
        Name in `MODELS`.
    terms
        What the curve is a sum of.
    parameters
        What the fit reports, in order.
    physiology
        Maps amplitudes and rates by name (arrays; 1/min) to parameters by name.
    source
        Literature source.
    inverse
        The way back, for `predict` from physiological parameters and for `to_lmfit`.
    zeros
        Parameters of other models that this one holds at zero: where curves choose among models,
        they are 0 there.

    Examples
    --------
    A model of one's own, two parallel compartments fed by plasma:

    >>> from biomarkers.kinetics import Decay, Model, Parameter
    >>> model = Model(
    ...     "parallel",
    ...     terms=(Decay("a", rate="fast"), Decay("b", rate="slow")),
    ...     parameters=(Parameter("K1", "mL/min/mL", "total delivery"),),
    ...     physiology=lambda x: {"K1": x["a"] + x["b"]},
    ... )

    """

    def for_input(self, input: Input) -> Self:
        """Return the model without the optional terms that `input` cannot feed.

        A parameter named like a term that was left out is left out, too.

        Raises
        ------
        InputError
            If a needed concentration is missing.

        Examples
        --------
        Without a blood curve there is no term of blood:

        >>> from biomarkers.kinetics import MODELS, Input
        >>> plasma_only = Input([0.0, 10.0, 60.0], plasma=[0.0, 5.0, 1.0])
        >>> MODELS["1tcm"].for_input(plasma_only).names
        ('K1', 'k2', 'VT')

        """
        absent = [term for term in self.terms if getattr(input, term.source) is None]
        for term in absent:
            if not term.optional:
                raise InputError(
                    f"model {self.name}: term {term.name} needs the concentration in "
                    f"{term.source}; give Input({term.source}=...) or the haematocrit (hct=...)"
                )
        if not absent:
            return self
        gone = {term.name for term in absent}
        return replace(
            self,
            terms=tuple(term for term in self.terms if term not in absent),
            parameters=tuple(each for each in self.parameters if each.name not in gone),
            physiology=_with_zeros(self.physiology, gone),
        )

    def fit(
        self,
        curves: npt.ArrayLike,
        time: npt.ArrayLike | Frames,
        input: Input,
        *,
        delay: Delay = None,
        weights: npt.ArrayLike | None = None,
        mask: npt.ArrayLike | None = None,
        noise: Noise | npt.ArrayLike | None = None,
    ) -> Fit:
        """Fit one curve or a million.

        Parameters
        ----------
        curves
            Concentrations, shape (..., T), in the input's unit.
        time
            Instants, shape (T,), s, or `Frames`.
        input
            The input function.
        delay
            How much later than in the input the tissue is reached, s: None for none, a number
            to apply, or (low, high) to fit it per curve.
        weights
            Weights of the squared residuals, shape (T,), 0 or more; None for equal ones.
        mask
            Which curves to fit, of the curves' leading shape; the others are NaN.
        noise
            `Noise`, or the standard deviation of a sample, in the curves' unit, a number or of
            their leading shape; None: as the curves' second differences tell it. Where residuals
            exceed it and a constant is better than the model, nothing is identifiable; a curve
            that is flat within it keeps amplitudes of zero.

        Returns
        -------
        Fit
            Estimates, standard errors and reasons, each of the curves' leading shape.

        Raises
        ------
        InputError
            If shapes disagree, the input ends before the scan, lacks a concentration the model
            needs, or weights, mask or delay make no sense.

        Examples
        --------
        >>> from biomarkers import kinetics, sample_data
        >>> curve = sample_data.dce_curve()  # Ktrans 0.12/min, ve 0.3, vp 0.03
        >>> aif = kinetics.Input(curve.time, plasma=curve.plasma)
        >>> fit = kinetics.MODELS["extended_tofts"].fit(curve.tissue, curve.time, aif)
        >>> print(", ".join(f"{name} {fit[name]:.3f}" for name in ("Ktrans", "ve", "vp")))
        Ktrans 0.120, ve 0.300, vp 0.030
        >>> tofts = kinetics.MODELS["tofts"]
        >>> late = tofts.predict({"Ktrans": 0.1, "ve": 0.3}, curve.time, aif, delay=4.0)
        >>> fit = tofts.fit(late, curve.time, aif, delay=(0.0, 10.0))
        >>> print(f"Ktrans {fit['Ktrans']:.3f} 1/min, delay {fit['delay']:.1f} s")
        Ktrans 0.100 1/min, delay 4.0 s

        """
        data, lag = check_data(curves, time, weights, mask, noise), check_delay(delay)
        return fit_model(self._for_curves(data, input, lag), data, input, lag)

    def predict(
        self,
        values: Mapping[str, npt.ArrayLike],
        time: npt.ArrayLike | Frames,
        input: Input,
        *,
        delay: npt.ArrayLike | None = None,
    ) -> FloatArray:
        """Compute the curves of given parameters, by exact convolution.

        Parameters
        ----------
        values
            Parameters by name, numbers or arrays that broadcast, in the units of `parameters`: any
            that together determine the curve, or all of the model's amplitudes and rates (1/min).
        time, input
            As in `fit`.
        delay
            How much later than in the input the tissue is reached, s; None: the "delay" among the
            values, else none.

        Returns
        -------
        ndarray
            Concentrations (..., T), in the input's unit; NaN where a value is.

        Raises
        ------
        InputError
            If parameters are missing, unknown or contradict each other, or as in `fit`.

        Examples
        --------
        >>> from biomarkers.kinetics import MODELS, Input
        >>> aif = Input([0.0, 10.0, 60.0], plasma=[0.0, 5.0, 1.0])
        >>> MODELS["tofts"].predict({"Ktrans": 0.1, "ve": [0.2, 0.3]}, [0.0, 30.0], aif).shape
        (2, 2)

        """
        given = dict(zip(values, as_numbers_alike(**values), strict=True))
        bound = self._for_values(given, input)
        frames = time if isinstance(time, Frames) else Frames.instants(time)
        setup = bind(bound, input, frames, np.ones(len(frames)))
        point = bound._determined(given)
        late = given.get("delay", 0.0) if delay is None else as_numbers("delay", delay)
        *inside, lag = np.broadcast_arrays(*(point[name] for name in setup.coefficients), late)
        named = dict(zip(setup.coefficients, inside, strict=True))
        return predict_curves(setup, frames, named, lag).reshape(*lag.shape, len(frames))

    def interval(
        self,
        curve: npt.ArrayLike,
        time: npt.ArrayLike | Frames,
        input: Input,
        *,
        parameter: str,
        level: float = 0.95,
        delay: Delay = None,
        weights: npt.ArrayLike | None = None,
    ) -> tuple[float, float]:
        """Interval of one parameter of one curve by profile likelihood.

        The ends are where the residual sum of squares, minimised over everything else, exceeds its
        minimum by the factor 1 + F(level; 1, n - k) / (n - k) (Bates & Watts, Nonlinear Regression
        Analysis, 1988, section 6.1).

        Parameters
        ----------
        curve, time, input, delay, weights
            As in `fit`; one curve (T,).
        parameter
            Name of an estimate, derived ones and a fitted "delay" included.
        level
            Coverage.

        Returns
        -------
        tuple of float
            Lower and upper end; infinite where the data set no limit, NaN where the parameter is
            not identifiable at all.

        Raises
        ------
        InputError
            If there is more than one curve, the parameter is unknown, or the level is not between
            0 and 1.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers import kinetics, sample_data
        >>> curve = sample_data.dce_curve()  # Ktrans 0.12/min
        >>> aif = kinetics.Input(curve.time, plasma=curve.plasma)
        >>> noisy = curve.tissue + 0.03 * np.random.default_rng(1).standard_normal(len(curve))
        >>> model = kinetics.MODELS["extended_tofts"]
        >>> low, high = model.interval(noisy, curve.time, aif, parameter="Ktrans")
        >>> print(f"{low:.3f} to {high:.3f} 1/min")
        0.114 to 0.125 1/min

        """
        checked_level(level)
        data, lag = check_curve(curve, time, weights), check_delay(delay)
        bound = self._for_curves(data, input, lag)
        fit = fit_model(bound, data, input, lag)
        return profile_ends(bound, fit, data, input, [parameter], delay=lag, level=level)[parameter]

    def _for_curves(
        self, data: Data, input: Input, delay: float | tuple[float, float]
    ) -> Declaration:
        """Return what is fitted to the curves."""
        return self.for_input(input)

    def _for_values(self, values: Values, input: Input) -> "Model":
        """Return what predicts from the parameters."""
        return self.for_input(input)

    def _determined(self, values: Values) -> Values:
        """Return amplitudes and rates, 1/min, from parameters that determine them; all by name.

        Raises
        ------
        InputError
            If parameters are missing, unknown, or contradict each other.

        """
        point = values
        if not all(name in values for name in self.coefficients):
            point = self._inverted(values)
        with np.errstate(divide="ignore", invalid="ignore"):
            implied = self.physiology({name: np.asarray(point[name]) for name in self.coefficients})
        for name in (name for name in values if name in implied):
            gap = np.abs(implied[name] - values[name])
            if (gap > CONTRADICTION * np.abs(values[name])).any():
                raise InputError(
                    f"model {self.name}: {name} is {np.ravel(values[name])[0]:g}, but the other "
                    f"parameters make it {np.ravel(implied[name])[0]:g}; leave one out"
                )
        return point

    def _inverted(self, values: Values) -> Values:
        names = self.names if self.inverse else tuple(self.coefficients)
        free = self.inverse.free if self.inverse else names
        # A parameter whose term the input cannot feed is zero.
        full = {name: np.zeros(()) for name in free if name not in names} | dict(values)
        strange = [name for name in values if name not in names and name != "delay"]
        if self.inverse and not strange:
            for _ in self.inverse.solutions:
                for each in self.inverse.solutions:
                    if each.name not in full and all(need in full for need in each.needs):
                        full[each.name] = each.formula(full)
        missing = [name for name in free if name not in full]
        if strange or missing or not self.inverse:
            ways = self.inverse.solutions if self.inverse else ()
            more = [f"{each.name} from {' and '.join(each.needs)}" for each in ways]
            what = f"no parameter {', '.join(strange)}" if strange else f"no {', '.join(missing)}"
            raise InputError(
                f"model {self.name}: {what} to predict from; expected {', '.join(free)}"
                + (f" (or {'; '.join(more)})" if more else "")
            )
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.inverse.coefficients(full)


def _with_zeros(
    physiology: Callable[[Values], Values], gone: set[str]
) -> Callable[[Values], Values]:
    """Feed zeros for amplitudes that were left out."""

    def reduced(values: Values) -> Values:
        some = next(iter(values.values()))
        full = {**values, **{name: np.zeros_like(some) for name in gone}}
        return physiology(full)

    return reduced
