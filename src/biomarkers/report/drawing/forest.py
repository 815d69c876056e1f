"""Estimates with their intervals, one below the other, and their numbers beside them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from biomarkers.report.drawing.axes import limits
from biomarkers.report.drawing.style import (
    ACCENT,
    INK,
    MUTED,
    PAPER,
    WIDTH,
    house_style,
    new_figure,
)


@dataclass(frozen=True)
class ForestRow:
    """One line: what it is, its estimate and interval, what to write beside it, how firm it is."""

    label: str
    estimate: float
    low: float
    high: float
    beside: str
    filled: bool


def draw_forest(rows: Sequence[ForestRow], *, axis: str, none: float = 0.0) -> Figure:
    """Draw estimates from the first on top to the last; a line marks the value of no effect."""
    longest = max((len(row.label) for row in rows), default=0)
    beside = max((len(row.beside) for row in rows), default=0)
    left, right = min(0.15 + 0.058 * longest, 2.6), 0.2 + 0.055 * beside
    width = WIDTH if left + right < 0.6 * WIDTH else 2 * WIDTH
    height = 0.55 + 0.2 * max(len(rows), 1)
    low, high = limits([none, *(value for row in rows for value in (row.low, row.high))])
    with house_style():
        figure, axes = new_figure(
            width, height, left=left, right=right, above=0.08, below=0.42, axis=True
        )
        axes.set(xlim=(low, high), ylim=(len(rows) - 0.4, -0.6))
        axes.axvline(none, color=MUTED, linewidth=0.7, zorder=1)
        _intervals(axes, rows)
        axes.set_yticks(range(len(rows)), [_short(row.label) for row in rows])
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel(axis)
        for place, row in enumerate(rows):
            axes.annotate(
                row.beside, (1, place), xycoords=("axes fraction", "data"), xytext=(8, 0),
                textcoords="offset points", va="center", fontsize=7.5, annotation_clip=False,
            )  # fmt: skip
    return figure


def _intervals(axes: Axes, rows: Sequence[ForestRow]) -> None:
    places = np.arange(len(rows))
    axes.hlines(
        places, [row.low for row in rows], [row.high for row in rows], color=ACCENT, linewidth=1.2
    )
    for filled, face in ((True, ACCENT), (False, PAPER)):
        mine = [place for place, row in enumerate(rows) if row.filled == filled]
        axes.plot(
            [rows[place].estimate for place in mine], mine, "s", markersize=5, color=ACCENT,
            markerfacecolor=face, markeredgewidth=1.0, zorder=3,
        )  # fmt: skip


def _short(label: str) -> str:
    return label if len(label) <= 42 else f"{label[:41]}…"
