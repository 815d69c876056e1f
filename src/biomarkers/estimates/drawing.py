"""Estimates as a figure."""

from typing import TYPE_CHECKING

import numpy as np

from biomarkers.units import canonical_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from biomarkers.estimates.values import EstimatedValues, FloatArray


def draw(estimates: "EstimatedValues") -> "Figure":
    """Draw every quantity in a panel of its own.

    Maps (x, y) or (x, y, z) are drawn as images, of their middle slice; anything else as values
    with bars of one standard error, flagged ones hollow.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415  (slow to import)

    count = len(estimates.quantities)
    figure = Figure(figsize=(3.2 * count, 3.0), layout="constrained")
    for k, each in enumerate(estimates.quantities, start=1):
        axes = figure.add_subplot(1, count, k)
        unit = canonical_unit(each.unit)
        axes.set_title(f"{each.label} ({unit})" if unit else each.label)
        if len(estimates.shape) in (2, 3):
            _image(axes, np.where(estimates.flags, np.nan, estimates[each.name]))
        else:
            _points(axes, estimates, each.name)
    return figure


def _image(axes: "Axes", values: "FloatArray") -> None:
    flat = values if values.ndim == 2 else values[:, :, values.shape[2] // 2]
    known = flat[np.isfinite(flat)]
    low, high = np.percentile(known, [2, 98]) if known.size else (0.0, 1.0)
    drawn = axes.imshow(flat.T, origin="lower", vmin=low, vmax=high)
    axes.set_axis_off()
    axes.figure.colorbar(drawn, ax=axes)


def _points(axes: "Axes", estimates: "EstimatedValues", name: str) -> None:
    values = estimates[name].reshape(-1)
    at, se = np.arange(values.size), estimates.se.get(name)
    errors = None if se is None else np.nan_to_num(se.reshape(-1))
    flagged = estimates.flags.reshape(-1)
    axes.errorbar(at, values, yerr=errors, fmt="none", color="0.5")
    for where, fill in ((~flagged, "C0"), (flagged, "none")):
        axes.plot(at[where], values[where], "o", color="C0", markerfacecolor=fill)
    axes.set_xticks(at if at.size <= 20 else [])
