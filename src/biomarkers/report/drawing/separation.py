"""The area under the ROC curve against the day, with its intervals."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from biomarkers.report.drawing.axes import Key, Look, day_axes, draw_keys
from biomarkers.report.drawing.style import ACCENT, INK, MUTED, PAPER, house_style, new_figure
from biomarkers.report.drawing.ticks import draw_left, even_ticks, room_below
from biomarkers.report.view import Series, View, visit_label

_TRIANGLE = {"higher": "^", "lower": "v"}


def draw_separation(view: View, series: Series) -> Figure:
    """Draw AUC against day for one series.

    A triangle points the way positives go; it is filled where the visit separates, and the
    earliest such visit wears a ring and its name.
    """
    rows = view.rows("separation", series).dropna(subset=["auc"])
    with house_style():
        figure, axes = new_figure(below=room_below(view.plan.visits))
        bounds = (min(0.25, *rows["auc_low"].dropna() - 0.03, 1.0), 1.03)
        axes.set_ylim(*bounds)
        draw_left(axes, even_ticks(*bounds, "AUC"))
        day_axes(axes, view.plan.visits)
        axes.axhline(0.5, color=MUTED, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
        axes.annotate(
            "chance", (0, 0.5), xycoords=("axes fraction", "data"), xytext=(3, -2),
            textcoords="offset points", ha="left", va="top", color=MUTED, fontsize=7,
        )  # fmt: skip
        _points(axes, rows, view)
        _highlight_earliest(axes, rows, view, series)
        _legend(axes)
    return figure


def _points(axes: Axes, rows: pd.DataFrame, view: View) -> None:
    days = [view.visit(visit).target for visit in rows["visit"]]
    axes.vlines(days, rows["auc_low"], rows["auc_high"], color=ACCENT, linewidth=1.2, zorder=3)
    axes.plot(days, rows["auc"], color=ACCENT, linewidth=0.7, alpha=0.45, zorder=2)
    points = zip(days, rows["auc"], rows["direction"], rows["separates"], strict=True)
    for day, auc, direction, separates in points:
        axes.plot(
            day, auc, _TRIANGLE.get(direction, "o"), markersize=6, color=ACCENT,
            markerfacecolor=ACCENT if separates else PAPER, markeredgewidth=1.0, zorder=4,
        )  # fmt: skip


def _highlight_earliest(axes: Axes, rows: pd.DataFrame, view: View, series: Series) -> None:
    row = rows[rows["visit"] == series.first]
    if row.empty:
        return
    visit = view.visit(row["visit"].iloc[0])
    at, low = row[["auc", "auc_low"]].iloc[0]
    axes.plot(
        visit.target, at, "o", markersize=12, markerfacecolor="none",
        markeredgecolor=INK, markeredgewidth=1.0, zorder=5,
    )  # fmt: skip
    # Under its interval, but never past the frame.
    left, right = axes.get_xlim()
    across = (visit.target - left) / (right - left)
    align = "right" if across > 0.8 else "left" if across < 0.2 else "center"
    axes.annotate(
        f"first: {visit_label(visit)}", (visit.target, low), xytext=(0, -3),
        textcoords="offset points", ha=align, va="top", fontsize=7.5,
    )  # fmt: skip


def _legend(axes: Axes) -> None:
    look = Look(ACCENT, "^", "")
    draw_keys(axes, [Key("separates", look), Key("does not", look, filled=False)])


def describe_separation(view: View, series: Series) -> str:
    """Return the values of the figure, for those who do not see it."""
    rows = view.rows("separation", series).dropna(subset=["auc"])
    values = "; ".join(
        f"{visit_label(view.visit(visit))}: {auc:.2f}{' (separates)' if separates else ''}"
        for visit, auc, separates in zip(rows["visit"], rows["auc"], rows["separates"], strict=True)
    )
    return f"{series.label}: area under the ROC curve by visit. {values or 'None could be tested'}."
