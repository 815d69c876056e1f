"""Every subject's change over days, and the two classes' means with their intervals."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from biomarkers.report.drawing.axes import (
    LOOKS,
    change_axis,
    day_axis,
    limits,
    room_below,
    smallest_gap,
)
from biomarkers.report.drawing.svg import MUTED, house_style, new_figure, plain, to_svg
from biomarkers.report.view import Series, View

# How far an interval may stretch the axis beyond the subjects themselves, in their range.
_STRETCH = 0.25


@dataclass(frozen=True)
class Drawn:
    """A picture and what its caption must admit."""

    svg: Markup
    beyond: int = 0
    cut: bool = False


def draw_trajectories(view: View, series: Series, *, name: str) -> Drawn:
    """Draw the change of every subject and the class means of one series.

    A change that is not finite (a tumour that vanished has a log ratio of −∞) is drawn as a
    triangle at the edge and counted in `beyond`; `cut` says that an interval runs past the axis.
    """
    changes = view.rows("changes", series).dropna(subset=["change"])
    means = view.rows("class_means", series).dropna(subset=["mean"])
    bounds = _bounds(changes, means)
    with house_style():
        figure, axes = new_figure(
            5.7,
            3.5,
            left=0.75,
            right=0.8 if series.change == "log_ratio" else 0.1,
            below=room_below(view.plan.visits),
        )
        axes.set_ylim(*bounds)
        day_axis(axes, view.plan.visits)
        axes.axhline(0, color=MUTED, linewidth=0.8, zorder=1)
        for positive in (False, True):
            _subjects(axes, changes[changes["positive"] == positive], positive)
        for positive in (False, True):
            _means(axes, means[means["positive"] == positive], view, positive)
        change_axis(axes, series)
        _legend(axes, view)
        svg = to_svg(figure, description=_description(view, series), name=name)
    beyond = int((~np.isfinite(changes["change"].astype(float))).sum())
    reach = means[["low", "high"]].to_numpy(float)
    return Drawn(
        svg, beyond, cut=bool((reach[:, 0] < bounds[0]).any() | (reach[:, 1] > bounds[1]).any())
    )


def _bounds(changes: pd.DataFrame, means: pd.DataFrame) -> tuple[float, float]:
    """Return limits that show every subject, and of the intervals what leaves room for them."""
    core = limits([0.0, *changes["change"], *means["mean"]])
    slack = _STRETCH * (core[1] - core[0])
    reach = [value for value in [*means["low"], *means["high"]] if math.isfinite(value)]
    padded = limits([*core, *reach], margin=0.0)
    return max(padded[0], core[0] - slack), min(padded[1], core[1] + slack)


def _subjects(axes: Axes, changes: pd.DataFrame, positive: bool) -> None:
    look = LOOKS[positive]
    lines = list(_paths(changes, axes.get_ylim()))
    alpha = 0.5 if len(lines) <= 30 else 0.3
    axes.add_collection(
        LineCollection(
            lines, colors=look.colour, linewidths=0.8, linestyles=[look.line], alpha=alpha, zorder=2
        ),
        autolim=False,
    )
    for edge, marker in ((-math.inf, "v"), (math.inf, "^")):
        at = changes.loc[changes["change"] == edge, "day"]
        height = axes.get_ylim()[0 if edge < 0 else 1]
        axes.plot(
            at, [height] * len(at), marker, color=look.colour, markersize=6,
            markerfacecolor="white", clip_on=False, zorder=6,
        )  # fmt: skip


def _paths(changes: pd.DataFrame, bounds: tuple[float, float]) -> Iterator[np.ndarray]:
    for _, rows in changes.sort_values("day", kind="stable").groupby("subject", sort=True):
        yield np.column_stack([rows["day"], rows["change"].clip(*bounds)]).astype(float)


def _means(axes: Axes, means: pd.DataFrame, view: View, positive: bool) -> None:
    look = LOOKS[positive]
    # The classes stand a little apart so that their intervals can both be read.
    shift = 0.09 * smallest_gap(view.plan.visits) * (1 if positive else -1)
    days = np.array([view.visit(name).target + shift for name in means["visit"]])
    centre = means["mean"].clip(*axes.get_ylim()).to_numpy(float)
    axes.plot(
        days, centre, color=look.colour, linestyle=look.line, linewidth=2.4, marker=look.marker,
        markersize=5.5, markeredgecolor="white", markeredgewidth=0.8, zorder=5,
    )  # fmt: skip
    known = means[["low", "high"]].notna().all(axis=1).to_numpy()
    axes.vlines(
        days[known], means["low"][known], means["high"][known],
        color=look.colour, linewidth=1.6, zorder=4,
    )  # fmt: skip


def _legend(axes: Axes, view: View) -> None:
    handles = [
        Line2D(
            [], [], color=look.colour, linestyle=look.line, linewidth=2.2, marker=look.marker,
            markersize=5.5, markeredgecolor="white",
            label=plain(f"{view.class_word(positive)} ({view.subjects[positive]})"),
        )
        for positive, look in LOOKS.items()
    ]  # fmt: skip
    axes.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, borderaxespad=0.2,
        borderpad=0.2, handlelength=3.2, columnspacing=1.6,
    )  # fmt: skip


def _description(view: View, series: Series) -> str:
    return (
        f"{series.label}: change from baseline of every subject over days, "
        f"and means of {view.positive} and of {view.negative}."
    )
