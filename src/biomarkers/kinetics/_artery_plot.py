"""The picture of a found artery: where it is, how it runs, and why not elsewhere."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

if TYPE_CHECKING:
    from biomarkers.kinetics.artery import Artery

# Okabe and Ito's colours, which remain apart for the colour-blind.
_MARK, _CURVE, _NOTE = "#d55e00", "#0072b2", "#666666"


def draw(artery: "Artery") -> Figure:
    """Draw three panels: peak concentration with the voxels taken, the curve, the reasons."""
    figure = Figure(figsize=(11.0, 3.4), layout="constrained")
    place, curve, reasons = figure.subplots(1, 3, width_ratios=(1.0, 1.3, 1.0))
    _draw_place(place, artery)
    _draw_curve(curve, artery)
    _draw_reasons(reasons, artery)
    return figure


def _draw_place(axes: Axes, artery: "Artery") -> None:
    axes.set_axis_off()
    if artery.mask.ndim not in (2, 3):
        axes.text(0.5, 0.5, f"{int(artery.mask.sum())} of {artery.mask.size} curves", ha="center")
        return
    mask, peaks, title = artery.mask, artery.peaks, f"peak, {artery.unit}"
    if mask.ndim == 3:
        z = int(mask.sum(axis=(0, 1)).argmax())
        mask, peaks, title = mask[:, :, z], peaks[:, :, z], f"peak, {artery.unit}; slice {z}"
    picture = axes.imshow(peaks.T, cmap="gray", vmin=0.0, vmax=artery.features["peak"])
    axes.figure.colorbar(picture, ax=axes, shrink=0.8)
    x, y = np.nonzero(mask)
    axes.scatter(x, y, s=14, marker="s", facecolors="none", edgecolors=_MARK, linewidths=0.8)
    axes.set_title(title, fontsize=9)


def _draw_curve(axes: Axes, artery: "Artery") -> None:
    low, high = artery.curve - artery.spread, artery.curve + artery.spread
    axes.fill_between(artery.time, low, high, color=_CURVE, alpha=0.25, linewidth=0)
    axes.plot(artery.time, artery.curve, color=_CURVE)
    features = artery.features
    axes.axvline(features["arrival"], color=_NOTE, linewidth=0.8, linestyle="--")
    axes.set_xlabel("time, s")
    axes.set_ylabel(f"in blood, {artery.unit}")
    axes.set_title(
        f"peak {features['peak']:.2f} {artery.unit}, arrival {features['arrival']:.1f} s, "
        f"width {features['width']:.1f} s",
        fontsize=9,
    )


def _draw_reasons(axes: Axes, artery: "Artery") -> None:
    counts = artery.counts()
    axes.barh(range(len(counts)), list(counts.values()), color=_NOTE)
    axes.set_yticks(range(len(counts)), [words.split(" (")[0] for words in counts], fontsize=7)
    for row, count in enumerate(counts.values()):
        axes.text(count, row, f" {count}", va="center", fontsize=7)
    axes.set_xlim(0.5, 5.0 * max(counts.values()))
    axes.set_xscale("log")
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.invert_yaxis()
    axes.set_xlabel("voxels")
