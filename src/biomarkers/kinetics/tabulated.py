"""Tofts kinetics at any parameters, fast: for profiles, and fits that the engine does not do."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.kinetics.convolution import read, respond
from biomarkers.kinetics.input import Input
from biomarkers.timing import Frames

FloatArray = npt.NDArray[np.float64]

FASTEST = 2.0  # 1/s, of kep; as the models in concentration space
_NODES = 200


@dataclass(frozen=True, eq=False)
class TabulatedTofts:
    """(Extended) Tofts kinetics with one input, tabulated over the rate; rates in 1/s.

    Parameters
    ----------
    plasma
        Concentration of the input at the samples, (T,).
    nodes
        Rates tabulated, as log(1 + rate * span), (n,), evenly spaced.
    table, slopes
        The input convolved with the exponential, and its derivative by the node coordinate,
        (n, T).
    span
        Duration of the scan, s.
    vascular
        Whether plasma counts: extended Tofts.

    """

    plasma: FloatArray
    nodes: FloatArray
    table: FloatArray
    slopes: FloatArray
    span: float
    vascular: bool

    @classmethod
    def tabulate(cls, input: Input, frames: Frames, *, vascular: bool) -> "TabulatedTofts":
        """Convolve exactly at nodes dense enough for a cubic in between.

        Raises
        ------
        InputError
            If the input has no concentration in plasma.

        """
        span = float(frames.end[-1] - input.time[0])
        nodes = np.linspace(0.0, np.log1p(FASTEST * span), _NODES)
        rates = np.expm1(nodes) / span
        levels = input.plasma
        if levels is None:
            raise InputError("the input has no concentration in plasma; give Input(hct=...)")
        spread = [respond(rate, input.time, levels, frames) for rate in rates]
        slopes = np.array([each.by_rate for each in spread]) * (np.exp(nodes) / span)[:, None]
        plasma = read(input.time, levels, frames)
        return cls(plasma, nodes, np.array([each.value for each in spread]), slopes, span, vascular)

    def convolved(self, rate: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return the convolution and its derivative by the rate, (V, T), by cubic Hermite."""
        u = np.log1p(rate * self.span)
        width = self.nodes[1]
        cell = np.clip((u / width).astype(int), 0, _NODES - 2)
        x = (u / width - cell)[:, None]
        low, high = self.table[cell], self.table[cell + 1]
        rise, end = width * self.slopes[cell], width * self.slopes[cell + 1]
        bend, twist = 3 * (high - low) - 2 * rise - end, 2 * (low - high) + rise + end
        value = low + x * (rise + x * (bend + x * twist))
        slope = (rise + x * (2 * bend + x * 3 * twist)) / width
        return value, slope * (self.span / (1.0 + rate * self.span))[:, None]

    def concentration(self, values: FloatArray) -> tuple[FloatArray, list[FloatArray]]:
        """Return concentrations (V, T) and their derivatives by Ktrans (1/s), ve and vp.

        `values` holds these three (or two), (V, 3).
        """
        ktrans, ve = values[:, 0], values[:, 1]
        rate = np.minimum(ktrans / ve, FASTEST)
        moving = (ktrans / ve < FASTEST)[:, None]
        spread, by_rate = self.convolved(rate)
        by_rate = np.where(moving, by_rate * ktrans[:, None], 0.0)
        curve = ktrans[:, None] * spread
        slopes = [spread + by_rate / ve[:, None], -by_rate * (rate / ve)[:, None]]
        if self.vascular:
            curve = curve + values[:, 2:3] * self.plasma
            slopes.append(np.broadcast_to(self.plasma, curve.shape))
        return curve, slopes
