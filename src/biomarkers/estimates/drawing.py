"""Estimates as a figure."""

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import numpy as np

from biomarkers.arrays import BoolArray, FloatArray
from biomarkers.estimates.colours import colours_of
from biomarkers.units import canonical_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from biomarkers.estimates.values import EstimatedValues

_NOTHING = "0.92"  # behind voxels without a value


def house_style() -> AbstractContextManager[None]:
    """Return a context in which figures have the look of this package."""
    from matplotlib import style  # noqa: PLC0415  (slow to import)

    return style.context("biomarkers.figures")


def draw(estimates: "EstimatedValues") -> "Figure":
    """Draw every quantity in a panel of its own.

    Maps (x, y) or (x, y, z) are drawn as images, of the slice with most values, flagged voxels
    hatched; anything else as values with bars of one standard error, flagged ones hollow.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415  (slow to import)

    count = len(estimates.quantities)
    with house_style():
        figure = Figure(figsize=(2.9 * count, 2.7), layout="constrained")
        for k, each in enumerate(estimates.quantities, start=1):
            axes = figure.add_subplot(1, count, k)
            unit = canonical_unit(each.unit)
            axes.set_title(f"{each.label} ({unit})" if unit else each.label)
            if len(estimates.shape) in (2, 3):
                _image(axes, each.name, estimates[each.name], estimates.flags)
            else:
                _points(axes, estimates, each.name)
    return figure


def _image(axes: "Axes", name: str, values: "FloatArray", flags: "BoolArray") -> None:
    known = np.where(flags, np.nan, values)
    if values.ndim == 3:
        z = int(np.isfinite(known).sum(axis=(0, 1)).argmax())
        known, flags = known[:, :, z], flags[:, :, z]
        axes.set_xlabel(f"slice {z}")
    colours = colours_of(name, known)
    axes.set_facecolor(_NOTHING)
    drawn = axes.imshow(
        known.T, origin="lower", cmap=colours.name, vmin=colours.low, vmax=colours.high,
        interpolation="nearest",
    )  # fmt: skip
    if flags.any():
        edges = [np.arange(count + 1) - 0.5 for count in flags.shape]
        hidden = np.ma.masked_where(~flags.T, np.ones(flags.T.shape))
        axes.pcolor(*edges, hidden, hatch="////", alpha=0.0)
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    axes.figure.colorbar(drawn, ax=axes, shrink=0.8)


def _points(axes: "Axes", estimates: "EstimatedValues", name: str) -> None:
    values = estimates[name].reshape(-1)
    at, se = np.arange(values.size), estimates.se.get(name)
    errors = None if se is None else np.nan_to_num(se.reshape(-1))
    flagged = estimates.flags.reshape(-1)
    axes.errorbar(at, values, yerr=errors, fmt="none", color="0.5")
    for where, fill in ((~flagged, "C0"), (flagged, "white")):
        axes.plot(at[where], values[where], "o", color="C0", markerfacecolor=fill)
    regions = getattr(estimates, "regions", ())
    if len(regions) == at.size:
        axes.set_xticks(at, regions, rotation=30, ha="right")
    else:
        axes.set_xticks(at if 1 < at.size <= 20 else [])
    axes.set_xlim(-0.6, at.size - 0.4)
