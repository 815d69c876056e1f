"""Many small panels in one figure: of series, or of treatment groups."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from biomarkers.report.drawing.axes import LOOKS, Look, limits
from biomarkers.report.drawing.style import ACCENT, FAINT, INK, house_style, new_figure
from biomarkers.report.view import Series, View

COLUMNS, ACROSS, DOWN = 6, 1.15, 0.8  # inches
# Panels of one figure: a page of a journal.
MOST_PANELS = 60

_TITLE, _PAD = 0.17, 0.08

_Line = list[tuple[float, float]]


@dataclass(frozen=True)
class Panel:
    """One panel: its title, its lines as days and values, its vertical limits."""

    title: str
    lines: Sequence[tuple[Look, _Line]]
    limits: tuple[float, float]
    strong: bool = False


@dataclass(frozen=True)
class Scale:
    """What panels without axes reach from and to: changes upwards, days across."""

    limits: tuple[float, float]
    days: tuple[float, float]


def draw_panels(panels: Sequence[Panel], days: tuple[float, float]) -> Figure:
    """Draw panels in a grid, all into one pair of axes: hundreds cost no more than a few."""
    rows = -(-len(panels) // COLUMNS)
    width, height = ACROSS * COLUMNS, DOWN * rows
    zero: list[_Line] = []
    by_look: dict[Look, list[_Line]] = {}
    with house_style():
        figure, axes = new_figure(width, height, left=0, right=0, below=0, above=0)
        axes.set(xlim=(0, width), ylim=(height, 0))
        axes.set_axis_off()
        for number, panel in enumerate(panels):
            corner = ACROSS * (number % COLUMNS), DOWN * (number // COLUMNS)
            zero.append(_placed([(days[0], 0.0), (days[1], 0.0)], panel, corner, days))
            for look, line in panel.lines:
                by_look.setdefault(look, []).append(_placed(line, panel, corner, days))
            _title(axes, panel, corner)
        axes.add_collection(LineCollection(zero, colors=FAINT, linewidths=0.8), autolim=False)
        for look, lines in by_look.items():
            axes.add_collection(
                LineCollection(lines, colors=look.colour, linewidths=1.2, linestyles=[look.line]),
                autolim=False,
            )
    return figure


def _placed(
    line: _Line, panel: Panel, corner: tuple[float, float], days: tuple[float, float]
) -> _Line:
    """Bring days and values to where they lie in the figure."""
    low, high = panel.limits
    points = np.array(line, dtype=float).reshape(-1, 2)
    right = (points[:, 0] - days[0]) / (days[1] - days[0] or 1.0)
    up = (np.clip(points[:, 1], low, high) - low) / (high - low)
    x = corner[0] + _PAD + right * (ACROSS - 2 * _PAD)
    y = corner[1] + _TITLE + (1 - up) * (DOWN - _TITLE - _PAD)
    return list(zip(x.tolist(), y.tolist(), strict=True))


def _title(axes: Axes, panel: Panel, corner: tuple[float, float]) -> None:
    title = panel.title if len(panel.title) <= 22 else f"{panel.title[:21]}…"
    axes.text(
        corner[0] + _PAD, corner[1] + _TITLE - 0.05, title, fontsize=6,
        color=ACCENT if panel.strong else INK, fontweight="bold" if panel.strong else "normal",
    )  # fmt: skip


def draw_multiples(view: View, series: Sequence[Series]) -> Figure:
    """Draw the class means of many series, each on its own scale."""
    return draw_panels([_of_series(view, each) for each in series], _days(view))


def draw_group_panels(
    view: View, series: Series, table: str, *, mean: str = "mean"
) -> tuple[Figure, Scale]:
    """Draw the mean of each treatment group of one series, all on the same scale."""
    rows = view.rows(table, series).dropna(subset=[mean])
    rows = rows[rows["visit"] != ""]
    bounds = limits([0.0, *rows[mean]], margin=0.1)
    panels = [
        Panel(str(group), [(LOOKS[True], _line(view, mine, mean))], bounds)
        for group, mine in rows.groupby("group")
    ]
    return draw_panels(panels, _days(view)), Scale(bounds, _days(view))


def _of_series(view: View, each: Series) -> Panel:
    means = view.rows("class_means", each).dropna(subset=["mean"])
    lines = [
        (look, _line(view, means[means["positive"] == positive]))
        for positive, look in LOOKS.items()
    ]
    return Panel(
        each.label, lines, limits([0.0, *means["mean"]], margin=0.1), strong=bool(each.first)
    )


def _line(view: View, means: pd.DataFrame, mean: str = "mean") -> _Line:
    points = zip(means["visit"], means[mean], strict=True)
    return [(view.visit(visit).target, float(mean)) for visit, mean in points]


def _days(view: View) -> tuple[float, float]:
    return view.plan.visits[0].target, view.plan.visits[-1].target
