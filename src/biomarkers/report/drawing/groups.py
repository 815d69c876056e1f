"""Means over the visits, one line per treatment group or class, with intervals."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from biomarkers.report.drawing.axes import (
    GROUP_LOOKS,
    LOOKS,
    Look,
    change_axes,
    day_axes,
    group_look,
    limits,
    name_looks,
    room_above,
    smallest_gap,
    zero_line,
)
from biomarkers.report.drawing.multiples import Scale, draw_group_panels
from biomarkers.report.drawing.style import PAPER, house_style, new_figure
from biomarkers.report.drawing.ticks import room_below
from biomarkers.report.view import Series, View


def draw_groups(
    view: View, series: Series, table: str, *, mean: str = "mean"
) -> tuple[Figure, Scale | None]:
    """Draw the means of groups in one pair of axes; of many, a panel each on the scale given."""
    if view.rows(table, series)["group"].nunique() > len(GROUP_LOOKS):
        return draw_group_panels(view, series, table, mean=mean)
    return draw_group_means(view, series, table, mean=mean), None


def draw_group_means(view: View, series: Series, table: str, *, mean: str = "mean") -> Figure:
    """Draw the column `mean` of a table by visit and group, with its `low` and `high`."""
    rows = view.rows(table, series).dropna(subset=[mean])
    rows = rows[rows["visit"] != ""]
    rows = rows.assign(group=[view.group_word(name) for name in rows["group"]])
    groups = looks_of(view, list(dict.fromkeys(rows["group"])))
    low, high = limits([0.0, *rows[mean], *rows["low"], *rows["high"]])
    with house_style():
        figure, axes = new_figure(
            below=room_below(view.plan.visits), above=room_above([name for name, _ in groups])
        )
        change_axes(axes, series, (low, high))
        day_axes(axes, view.plan.visits)
        zero_line(axes)
        gap = smallest_gap(view.plan.visits)
        for place, (name, look) in enumerate(groups):
            shift = 0.1 * gap * (place - (len(groups) - 1) / 2)
            mine = rows[rows["group"] == name]
            days = np.array([view.visit(visit).target + shift for visit in mine["visit"]])
            axes.vlines(days, mine["low"], mine["high"], color=look.colour, linewidth=1.2, zorder=3)
            axes.plot(
                days, mine[mean], color=look.colour, linestyle=look.line, marker=look.marker,
                markersize=4.5, markeredgecolor=PAPER, markeredgewidth=0.6, linewidth=1.6, zorder=4,
            )  # fmt: skip
        name_looks(axes, groups)
    return figure


def looks_of(view: View, names: Sequence[str]) -> list[tuple[str, Look]]:
    """Give each group its look; the classes of the plan keep theirs."""
    classes = {view.class_word(positive): look for positive, look in LOOKS.items()}
    if set(names) <= set(classes):
        return [(name, classes[name]) for name in classes if name in names]
    return [(name, group_look(place)) for place, name in enumerate(names)]
