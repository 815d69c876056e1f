"""One curve, forward: its course and derivatives at any amplitudes, rates and delay.

What the compiled engine does for a million curves, spelt out for one; it serves the intervals
and lmfit.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from biomarkers.kinetics._convolve import DIRECT
from biomarkers.kinetics.convolution import read_moving, respond
from biomarkers.kinetics.declaration import PER_MINUTE, Decay, Declaration, Relative, Term
from biomarkers.kinetics.engine import slopes_by
from biomarkers.kinetics.input import Input
from biomarkers.timing import FloatArray, Frames


@dataclass(frozen=True, eq=False)
class Forward:
    """A model bound to an input and a timing; amplitudes and rates in 1/min, delay in s."""

    model: Declaration
    input: Input
    frames: Frames

    @property
    def names(self) -> tuple[str, ...]:
        """Amplitudes, rates, and the delay: the order of `jacobian`'s rows."""
        return (*self.model.coefficients, "delay")

    def curve(self, point: Mapping[str, float]) -> FloatArray:
        """Concentration (T,)."""
        return self.jacobian(point)[0]

    def jacobian(self, point: Mapping[str, float]) -> tuple[FloatArray, FloatArray]:
        """Concentration (T,) and its derivatives (n, T) in the order of `names`."""
        rows = {name: np.zeros(len(self.frames)) for name in self.names}
        whole = np.zeros(len(self.frames))
        for term in self.model.terms:
            levels = getattr(self.input, term.source)
            theta = point[term.rate] / PER_MINUTE if isinstance(term, Decay) else 0.0
            value, by_rate, by_delay = self._column(term, levels, theta, point["delay"])
            amplitude = point[term.name] / term.per_minute
            rows[term.name] = value / term.per_minute
            rows["delay"] = rows["delay"] + amplitude * by_delay
            if isinstance(term, Decay):
                rows[term.rate] = rows[term.rate] + amplitude * by_rate / PER_MINUTE
            whole = whole + amplitude * value
        return whole, np.array([rows[name] for name in self.names])

    def _column(
        self, term: Term, levels: FloatArray, theta: float, delay: float
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Value, and derivatives by the rate (1/s) and by the delay, of one term."""
        value, by_delay = read_moving(self.input.time, levels, self.frames, delay=delay)
        if term.kind == DIRECT:
            return value, np.zeros_like(value), by_delay
        spread = respond(theta, self.input.time, levels, self.frames, delay=delay)
        if not isinstance(term, Relative):
            return spread.value, spread.by_rate, spread.by_delay
        gap = term.k2_reference / PER_MINUTE - theta
        return (
            value + gap * spread.value,
            gap * spread.by_rate - spread.value,
            by_delay + gap * spread.by_delay,
        )

    def parameter(self, name: str, point: Mapping[str, float]) -> tuple[float, FloatArray]:
        """Value of a physiological parameter and its gradient in the order of `names`."""
        gradient = np.zeros(len(self.names))
        if name == "delay":
            gradient[-1] = 1.0
            return point["delay"], gradient
        real = {key: np.array(float(value)) for key, value in point.items()}
        for k, key in enumerate(self.names[:-1]):
            gradient[k] = slopes_by(self.model, real, key)[name]
        return float(self.model.physiology(real)[name]), gradient
