"""Models in which one rate of the reference region is the same for all curves."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.kinetics.fit import Delay, Fit
from biomarkers.kinetics.input import Input
from biomarkers.kinetics.model import Model
from biomarkers.timing import FloatArray, Frames


@dataclass(frozen=True)
class TwoPass(Model):
    """A model whose rate of the reference region is found from all curves, then held.

    `fit` runs the model with that rate free and takes its median over the curves in which every
    parameter could be determined and the rate is positive, then fits the others with it held.
    Standard errors take it as known. To set it, use `given(rate)`.

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

    """

    free: Model = field(kw_only=True)
    rate: str = field(kw_only=True)
    common: Callable[[Fit], FloatArray] = field(kw_only=True)
    held: Callable[[float], Model] = field(kw_only=True)

    def given(self, rate: float) -> Model:
        """Return the model for a known rate of the reference region, 1/min; above 0."""
        return self.held(checked_rate(self.name, self.rate, rate))

    def fit(
        self,
        curves: npt.ArrayLike,
        time: npt.ArrayLike | Frames,
        input: Input,
        *,
        delay: Delay = None,
        weights: npt.ArrayLike | None = None,
        mask: npt.ArrayLike | None = None,
    ) -> Fit:
        """Fit in two passes; the arguments are those of `Model.fit`.

        Raises
        ------
        InputError
            If no curve determines the rate of the reference region, or as in `Model.fit`.

        """
        first = self.free.fit(curves, time, input, delay=delay, weights=weights, mask=mask)
        second = self._second(first)
        return second.fit(curves, time, input, delay=delay, weights=weights, mask=mask)

    def predict(
        self,
        values: Mapping[str, npt.ArrayLike],
        time: npt.ArrayLike | Frames,
        input: Input,
        *,
        delay: npt.ArrayLike | None = None,
    ) -> FloatArray:
        """Compute curves as `Model.predict`; the rate of the reference region is one number."""
        rates = np.unique(np.asarray(values.get(self.rate, np.nan), dtype=float))
        rates = rates[np.isfinite(rates)]
        if rates.size != 1:
            raise InputError(
                f"model {self.name}: {self.rate} is to be one number, 1/min, found {rates.size}"
            )
        return self.given(float(rates[0])).predict(values, time, input, delay=delay)

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
        """Interval as `Model.interval`, with the curve's own rate of the reference region held."""
        second = self._second(self.free.fit(curve, time, input, delay=delay, weights=weights))
        return second.interval(
            curve, time, input, parameter=parameter, level=level, delay=delay, weights=weights
        )

    def _second(self, first: Fit) -> Model:
        rates = self.common(first)
        clear = first.identifiable & ~first.at_bound & (rates > 0)
        return self.given(typical_rate(self.name, self.rate, rates[clear]))


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
