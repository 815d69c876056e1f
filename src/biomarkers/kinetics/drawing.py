"""Fitted curves as a figure."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from biomarkers.estimates.drawing import house_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST, _ACROSS = 6, 3  # curves that are drawn, and panels in a row


def draw_curves(
    measured: npt.ArrayLike,
    fitted: npt.ArrayLike,
    time: npt.ArrayLike | None,
    *,
    titles: Sequence[str],
    model: str,
) -> "Figure":
    """Draw every curve as it was measured and as it was fitted, a panel each.

    Parameters
    ----------
    measured, fitted
        (..., T).
    time
        (T,), s; None if not known.
    titles
        Of the panels.
    model
        What was fitted.

    """
    from matplotlib.figure import Figure  # noqa: PLC0415  (slow to import)

    curves, lines = np.asarray(measured, dtype=float), np.asarray(fitted, dtype=float)
    points = curves.shape[-1]
    across = min(len(titles), _ACROSS)
    down = math.ceil(len(titles) / across)
    with house_style():
        figure = Figure(figsize=(max(3.0 * across, 3.6), 2.5 * down), layout="constrained")
        for place, title in enumerate(titles):
            axes = figure.add_subplot(down, across, place + 1)
            at = np.arange(points) if time is None else np.asarray(time)
            curve, line = (each.reshape(-1, points)[place] for each in (curves, lines))
            axes.plot(at, curve, "o", color="0.45", markersize=3, markeredgewidth=0,
                      label="measured")  # fmt: skip
            axes.plot(at, line, label=f"fitted ({model})")
            axes.set_xlabel("Sample" if time is None else "Time (s)")
            axes.set_title(title, fontsize="small")
        figure.axes[0].legend()
    return figure
