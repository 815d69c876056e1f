"""Many series at once: one small panel each, the means of both classes over the visits."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from biomarkers.report.drawing.axes import LOOKS, limits
from biomarkers.report.drawing.style import ACCENT, FAINT, INK, house_style, new_figure
from biomarkers.report.view import Series, View

COLUMNS, ACROSS, DOWN = 6, 1.15, 0.8  # inches
# Panels of one figure: a page of a journal.
MOST_PANELS = 60

_TITLE, _PAD = 0.17, 0.08

_Line = list[tuple[float, float]]


@dataclass
class _Lines:
    """Lines of all panels, by look, so that hundreds of panels are drawn as a few collections."""

    zero: list[_Line] = field(default_factory=list)
    means: dict[bool, list[_Line]] = field(default_factory=lambda: {True: [], False: []})


def draw_multiples(view: View, series: Sequence[Series]) -> Figure:
    """Draw the class means of many series in one grid, each on its own scale."""
    rows = -(-len(series) // COLUMNS)
    width, height = ACROSS * COLUMNS, DOWN * rows
    with house_style():
        figure, axes = new_figure(width, height, left=0, right=0, below=0, above=0)
        axes.set(xlim=(0, width), ylim=(height, 0))
        axes.set_axis_off()
        lines = _Lines()
        for place, each in enumerate(series):
            corner = ACROSS * (place % COLUMNS), DOWN * (place // COLUMNS)
            _panel(axes, view, each, corner, lines)
        axes.add_collection(LineCollection(lines.zero, colors=FAINT, linewidths=0.8), autolim=False)
        for positive, look in LOOKS.items():
            axes.add_collection(
                LineCollection(
                    lines.means[positive], colors=look.colour, linewidths=1.2,
                    linestyles=[look.line],
                ),
                autolim=False,
            )  # fmt: skip
    return figure


def _panel(
    axes: Axes, view: View, each: Series, corner: tuple[float, float], lines: _Lines
) -> None:
    left, top = corner
    means = view.rows("class_means", each).dropna(subset=["mean"])
    low, high = limits([0.0, *means["mean"]], margin=0.1)
    first, last = view.plan.visits[0].target, view.plan.visits[-1].target
    inside = ACROSS - 2 * _PAD, DOWN - _TITLE - _PAD

    def place(day: float, value: float) -> tuple[float, float]:
        right = (day - first) / (last - first or 1.0)
        up = (np.clip(value, low, high) - low) / (high - low)
        return left + _PAD + right * inside[0], top + _TITLE + (1 - up) * inside[1]

    lines.zero.append([place(first, 0.0), place(last, 0.0)])
    for positive, kept in lines.means.items():
        mine = means[means["positive"] == positive]
        points = zip(mine["visit"], mine["mean"], strict=True)
        kept.append([place(view.visit(visit).target, mean) for visit, mean in points])
    axes.text(
        left + _PAD, top + _TITLE - 0.05, _short(each.label), fontsize=6,
        color=ACCENT if each.first else INK, fontweight="bold" if each.first else "normal",
    )  # fmt: skip


def _short(label: str) -> str:
    return label if len(label) <= 22 else f"{label[:21]}…"
