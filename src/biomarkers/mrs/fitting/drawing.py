"""Curves of a fitted spectrum, and their figure."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from biomarkers.arrays import BoolArray, ComplexArray, FloatArray
from biomarkers.estimates.drawing import house_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Curves:
    """The spectrum and what it was fitted with; arrays over the window, (N,).

    Parameters
    ----------
    ppm
        Chemical shifts, rising.
    data, baseline
        Spectrum and baseline, without the phase that was fitted.
    signals
        Of each metabolite and band, (M, N).
    names
        Of the signals, (M).
    broad
        Which of them are macromolecules and lipids, (M,).

    """

    ppm: FloatArray
    data: ComplexArray
    baseline: ComplexArray
    signals: ComplexArray
    names: tuple[str, ...]
    broad: BoolArray

    @property
    def fit(self) -> ComplexArray:
        """All signals and the baseline."""
        return np.asarray(self.signals.sum(axis=0) + self.baseline)

    @property
    def residual(self) -> ComplexArray:
        """What is left unexplained."""
        return np.asarray(self.data - self.fit)

    def draw(self, title: str) -> "Figure":
        """Draw spectrum, fit, baseline and residual; below them each metabolite that is there."""
        from matplotlib.figure import Figure  # noqa: PLC0415  (slow to import)

        with house_style():
            figure = Figure(figsize=(7.0, 7.0), layout="constrained")
            above, below = figure.subplots(2, sharex=True, height_ratios=(2, 3))
            above.set_title(title, fontsize="small", wrap=True)
            self._draw_spectrum(above)
            self._draw_signals(below)
            for axes in (above, below):
                axes.set_yticks([])
                axes.spines["left"].set_visible(False)
            below.set_xlabel("Chemical shift (ppm)")
            below.set_xlim(self.ppm[-1], self.ppm[0])
        return figure

    def _draw_spectrum(self, axes: "Axes") -> None:
        axes.plot(self.ppm, self.data.real, color="0.3", linewidth=0.7, label="spectrum")
        axes.plot(self.ppm, self.fit.real, color="C1", linewidth=1.0, label="fit")
        axes.plot(self.ppm, self.baseline.real, color="C0", linewidth=1.0, label="baseline")
        residual = self.residual.real
        below = min(self.data.real.min(), self.baseline.real.min()) - 1.2 * residual.max()
        axes.plot(self.ppm, residual + below, color="C2", linewidth=0.7, label="residual")
        axes.legend(loc="upper right", fontsize="small")

    def _draw_signals(self, axes: "Axes") -> None:
        step = 0.3 * np.abs(self.signals.real).max()
        broad = self.signals[self.broad].real.sum(axis=0)
        there = ~self.broad & self.signals.any(axis=1)
        rows = [("MM, lipids", broad), *zip(self.names, self.signals.real, strict=True)]
        shown = [True, *there]
        kept = [row for row, show in zip(rows, shown, strict=True) if show]
        for place, (name, curve) in enumerate(kept):
            axes.plot(self.ppm, curve - step * place, color="k", linewidth=0.7)
            at = (self.ppm[0], curve[0] - step * place)
            axes.annotate(
                name, at, (3, 0), textcoords="offset points", va="center", fontsize="x-small"
            )
