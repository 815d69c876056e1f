"""Models in which one rate of the reference region is the same for all curves."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from biomarkers.errors import InputError
from biomarkers.kinetics.declaration import Declaration, Values
from biomarkers.kinetics.engine import fit_model
from biomarkers.kinetics.fit import Data, Fit
from biomarkers.kinetics.input import Input
from biomarkers.kinetics.model import Model
from biomarkers.timing import FloatArray


@dataclass(frozen=True)
class TwoPass(Model):
    """A model whose rate of the reference region is found from all curves, then held.

    `fit` runs the model with that rate free and takes its median over the curves in which every
    parameter could be determined and the rate is positive, then fits the others with it held; if
    no curve determines it, that is an `InputError`. Standard errors take it as known. To set it,
    use `given(rate)`. `predict` needs it among the values, as one number.

    Parameters
    ----------
    free
        The model in which every curve has a rate of its own.
    rate
        Name of that rate.
    common
        Its value, 1/min, for every curve of a fit of `free`.
    held
        Builds the model for a known rate, 1/min.

    Examples
    --------
    Two tissues against one reference, whose rate k2' is found from both:

    >>> import numpy as np
    >>> from biomarkers.kinetics import MODELS, Input
    >>> time = np.arange(0.0, 5400.0, 60.0)
    >>> cerebellum = Input.reference_region(time, 20 * (time / 900) * np.exp(1 - time / 900))
    >>> truth = {"R1": [0.9, 1.1], "k2": [0.09, 0.11], "BPND": [2.0, 0.5]}  # k2' = k2 / R1
    >>> curves = MODELS["srtm"].predict(truth, time, cerebellum)
    >>> fit = MODELS["srtm2"].fit(curves, time, cerebellum)
    >>> print(fit["BPND"].round(3), fit["k2_reference"].round(3))
    [2.  0.5] [0.1 0.1]

    """

    free: Model = field(kw_only=True)
    rate: str = field(kw_only=True)
    common: Callable[[Fit], FloatArray] = field(kw_only=True)
    held: Callable[[float], Model] = field(kw_only=True)

    def given(self, rate: float) -> Model:
        """Return the model for a known rate of the reference region, 1/min; above 0.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.kinetics import MODELS, Input
        >>> time = np.arange(0.0, 5400.0, 60.0)
        >>> cerebellum = Input.reference_region(time, 20 * (time / 900) * np.exp(1 - time / 900))
        >>> truth = {"R1": 0.9, "k2": 0.09, "BPND": 2.0}  # k2' = k2 / R1 = 0.1/min
        >>> curve = MODELS["srtm"].predict(truth, time, cerebellum)
        >>> fit = MODELS["srtm2"].given(0.1).fit(curve, time, cerebellum)
        >>> print(f"BPND {fit['BPND']:.3f}")
        BPND 2.000

        """
        return self.held(checked_rate(self.name, self.rate, rate))

    def _for_curves(
        self, data: Data, input: Input, delay: float | tuple[float, float]
    ) -> Declaration:
        if not input.whole:  # nothing will be fitted
            return self.given(1.0).for_input(input)
        first = fit_model(self.free.for_input(input), data, input, delay)
        rates = self.common(first)
        clear = first.identifiable & ~first.at_bound & (rates > 0)
        return self.given(typical_rate(self.name, self.rate, rates[clear])).for_input(input)

    def _for_values(self, values: Values, input: Input) -> Model:
        rates = np.unique(values.get(self.rate, np.nan))
        rates = rates[np.isfinite(rates)]
        if rates.size != 1:
            raise InputError(
                f"model {self.name}: {self.rate} is to be one number, 1/min, found {rates.size}"
            )
        return self.given(float(rates[0])).for_input(input)


def typical_rate(model: str, rate: str, rates: FloatArray) -> float:
    """Return the median rate of the reference region; `InputError` if nothing determines it."""
    if rates.size == 0:
        raise InputError(
            f"{model}: no curve determines {rate}, of the reference region; give it: "
            f"given({rate}).fit(...) of the model in MODELS, or {rate}= of a linear method"
        )
    return float(np.median(rates))


def checked_rate(model: str, rate: str, value: float) -> float:
    """Return a rate of the reference region, 1/min; `InputError` unless it is above 0."""
    if not (np.isfinite(value) and value > 0):
        raise InputError(f"{model}: {rate} {value:g} 1/min; expected above 0")
    return value
