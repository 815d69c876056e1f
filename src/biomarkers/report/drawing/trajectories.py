"""Every subject's change over days, and the two classes' means with their intervals."""

import math
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from biomarkers.report.drawing.axes import (
    LOOKS,
    change_axes,
    day_axes,
    limits,
    name_looks,
    room_above,
    smallest_gap,
    zero_line,
)
from biomarkers.report.drawing.style import FAINT, MUTED, PAPER, house_style, new_figure
from biomarkers.report.drawing.ticks import room_below
from biomarkers.report.view import Series, View

# How far an interval may stretch the axis beyond the subjects themselves, in their range.
_STRETCH = 0.25


@dataclass(frozen=True, eq=False)
class Drawn:
    """A figure and what its caption must admit."""

    figure: Figure
    beyond: int = 0
    cut: bool = False
    band: bool = False


def draw_trajectories(view: View, series: Series) -> Drawn:
    """Draw the change of every subject and the class means of one series.

    A change that is not finite (a tumour that vanished has a log ratio of −∞) is drawn as a
    triangle at the edge and counted in `beyond`; `cut` says that an interval runs past the axis,
    `band` that the change which repeatability alone explains is shaded.
    """
    changes = view.rows("changes", series).dropna(subset=["change"])
    means = view.rows("class_means", series).dropna(subset=["mean"])
    bounds = _bounds(changes, means)
    names = [f"{view.class_word(positive)} ({view.subjects[positive]})" for positive in LOOKS]
    with house_style():
        figure, axes = new_figure(below=room_below(view.plan.visits), above=room_above(names))
        change_axes(axes, series, bounds)
        day_axes(axes, view.plan.visits)
        band = _repeatability(axes, view.rows("repeatability_band", series))
        zero_line(axes)
        for positive in (False, True):
            _subjects(axes, changes[changes["positive"] == positive], positive)
        for positive in (False, True):
            _means(axes, means[means["positive"] == positive], view, positive)
        name_looks(axes, list(zip(names, LOOKS.values(), strict=True)))
    beyond = int((~np.isfinite(changes["change"].astype(float))).sum())
    reach = means[["low", "high"]].to_numpy(float)
    cut = bool((reach[:, 0] < bounds[0]).any() | (reach[:, 1] > bounds[1]).any())
    return Drawn(figure, beyond, cut=cut, band=band)


def _bounds(changes: pd.DataFrame, means: pd.DataFrame) -> tuple[float, float]:
    """Return limits that show every subject, and of the intervals what leaves room for them."""
    core = limits([0.0, *changes["change"], *means["mean"]])
    slack = _STRETCH * (core[1] - core[0])
    reach = [value for value in [*means["low"], *means["high"]] if math.isfinite(value)]
    padded = limits([*core, *reach], margin=0.0)
    return max(padded[0], core[0] - slack), min(padded[1], core[1] + slack)


def _repeatability(axes: Axes, bands: pd.DataFrame) -> bool:
    """Shade the change that repeatability alone explains; return whether it is known."""
    known = bands.dropna(subset=["low", "high"]) if len(bands) else bands
    for low, high in known[["low", "high"]].to_numpy(float) if len(known) else ():
        axes.axhspan(low, high, color=FAINT, linewidth=0, zorder=0)
        axes.annotate(
            "repeatability", (1, high), xycoords=("axes fraction", "data"), xytext=(-2, -1.5),
            textcoords="offset points", ha="right", va="top", fontsize=6.5, color=MUTED,
            bbox={"facecolor": FAINT, "edgecolor": "none", "alpha": 0.75, "pad": 0.6}, zorder=3,
        )  # fmt: skip
    return len(known) > 0


def _subjects(axes: Axes, changes: pd.DataFrame, positive: bool) -> None:
    look, bounds = LOOKS[positive], axes.get_ylim()
    rows = changes.sort_values(["subject", "day"], kind="stable")
    points = zip(rows["subject"], rows["day"], rows["change"].clip(*bounds), strict=True)
    lines = [
        [(day, change) for _, day, change in mine]
        for _, mine in groupby(points, key=lambda point: point[0])
    ]
    alpha = 0.5 if len(lines) <= 30 else 0.3
    axes.add_collection(
        LineCollection(
            lines, colors=look.colour, linewidths=0.6, linestyles=[look.line], alpha=alpha, zorder=2
        ),
        autolim=False,
    )
    for edge, marker in ((-math.inf, "v"), (math.inf, "^")):
        at = changes.loc[changes["change"] == edge, "day"]
        if len(at):
            axes.plot(
                at, [bounds[0 if edge < 0 else 1]] * len(at), marker, color=look.colour,
                markersize=4.5, markerfacecolor=PAPER, clip_on=False, zorder=6,
            )  # fmt: skip


def _means(axes: Axes, means: pd.DataFrame, view: View, positive: bool) -> None:
    look = LOOKS[positive]
    # The classes stand a little apart so that their intervals can both be read.
    shift = 0.09 * smallest_gap(view.plan.visits) * (1 if positive else -1)
    days = np.array([view.visit(name).target + shift for name in means["visit"]])
    centre = means["mean"].clip(*axes.get_ylim()).to_numpy(float)
    axes.plot(
        days, centre, color=look.colour, linestyle=look.line, linewidth=2.0, marker=look.marker,
        markersize=4.5, markeredgecolor=PAPER, markeredgewidth=0.6, zorder=5,
    )  # fmt: skip
    known = means[["low", "high"]].notna().all(axis=1).to_numpy()
    axes.vlines(
        days[known], means["low"][known], means["high"][known],
        color=look.colour, linewidth=1.3, zorder=4,
    )  # fmt: skip
