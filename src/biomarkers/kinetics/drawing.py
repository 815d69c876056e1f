"""Fitted curves as a figure."""

import math
from typing import TYPE_CHECKING

import numpy as np

from biomarkers.estimates.drawing import house_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from biomarkers.kinetics.fit import Fit

MOST, _ACROSS = 6, 3  # curves that are drawn, and panels in a row


def draw_curves(fit: "Fit") -> "Figure":
    """Draw every curve as it was measured and as it was fitted, a panel each."""
    from matplotlib.figure import Figure  # noqa: PLC0415  (slow to import)

    measured = np.asarray(fit.curves, dtype=float).reshape(-1, fit.curves.shape[-1])
    fitted = fit.predicted().reshape(measured.shape)
    regions = getattr(fit, "regions", ())
    names = regions if len(regions) == len(measured) else [""] * len(measured)
    across = min(len(measured), _ACROSS)
    down = math.ceil(len(measured) / across)
    with house_style():
        figure = Figure(figsize=(max(3.0 * across, 3.6), 2.5 * down), layout="constrained")
        for place, (curve, line, name) in enumerate(zip(measured, fitted, names, strict=True)):
            axes = figure.add_subplot(down, across, place + 1)
            _panel(axes, fit, curve, line)
            axes.set_title(" ".join(filter(None, (name, _estimates(fit, place)))), fontsize="small")
        figure.axes[0].legend()
    return figure


def _panel(axes: "Axes", fit: "Fit", curve: np.ndarray, line: np.ndarray) -> None:
    time = fit.frames.mid if fit.frames is not None else np.arange(len(curve))
    axes.plot(time, curve, "o", color="0.45", markersize=3, markeredgewidth=0, label="measured")
    axes.plot(time, line, label=f"fitted ({fit.model})")
    axes.set_xlabel("Time (s)" if fit.frames is not None else "Sample")


def _estimates(fit: "Fit", place: int) -> str:
    """Return the first two estimates of a curve in words."""
    values = ((each.name, float(fit[each.name].reshape(-1)[place])) for each in fit.quantities[:2])
    return ", ".join(f"{name} {value:.3g}" for name, value in values if math.isfinite(value))
