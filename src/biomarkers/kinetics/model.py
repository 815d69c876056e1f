"""A kinetic model and what is done with it: fit, predict, and the interval of a parameter."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarkers.checks import as_numbers
from biomarkers.kinetics.declaration import Declaration, Values
from biomarkers.kinetics.engine import fit_model, predict_curves
from biomarkers.kinetics.fit import Data, Delay, Fit, check_curve, check_data, check_delay
from biomarkers.kinetics.input import Input
from biomarkers.kinetics.intervals import checked_level, profile_ends
from biomarkers.kinetics.refutation import Noise
from biomarkers.kinetics.setup import bind
from biomarkers.timing import FloatArray, Frames


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
        given = {name: as_numbers(name, each) for name, each in values.items()}
        bound = self._for_values(given, input)
        frames = time if isinstance(time, Frames) else Frames.instants(time)
        setup = bind(bound, input, frames, np.ones(len(frames)))
        point = bound.determined(given)
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

    def _for_values(self, values: Values, input: Input) -> Declaration:
        """Return what predicts from the parameters."""
        return self.for_input(input)
