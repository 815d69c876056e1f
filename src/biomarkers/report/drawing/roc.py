"""Empirical ROC curves of one series, with the cut-off where one was chosen."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from biomarkers.report.drawing.axes import group_look
from biomarkers.report.drawing.style import FAINT, INK, MUTED, PAPER, house_style, new_figure
from biomarkers.report.drawing.ticks import draw_below, draw_left, even_ticks
from biomarkers.report.view import Series, View, records, visit_label
from biomarkers.report.words import decimal

# Curves that can still be told apart; the visit of interest is always among them.
MOST_CURVES = 4


def draw_roc(view: View, series: Series, visit: str) -> Figure:
    """Draw the curve of a visit in full, and those of further visits faintly behind it."""
    points, tests = view.rows("roc_points", series), view.rows("separation", series)
    auc = dict(zip(tests["visit"], tests["auc"], strict=True))
    others = [name for name in points["visit"].unique() if name != visit]
    with house_style():
        figure, axes = new_figure(left=0.5, right=0.2, above=0.12)
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        axes.plot([0, 1], [0, 1], color=FAINT, linewidth=0.9, zorder=1)
        curves = [visit, *others[: MOST_CURVES - 1]]
        for place, name in enumerate(curves):
            look = group_look(place - 1)
            mine = points[points["visit"] == name]
            main = name == visit
            axes.plot(
                1 - mine["specificity"], mine["sensitivity"],
                color=INK if main else look.colour, linewidth=1.8 if main else 0.9,
                linestyle="-" if main else look.line, alpha=1.0 if main else 0.75,
                label=f"{visit_label(view.visit(name))}: AUC {decimal(auc.get(name), 2)}",
                zorder=4 if main else 2,
            )  # fmt: skip
        _cut_off(axes, view.rows("cutoffs", series), visit)
        draw_below(axes, even_ticks(0, 1, "1 − specificity"))
        draw_left(axes, even_ticks(0, 1, "Sensitivity"))
        axes.legend(loc="lower right", borderaxespad=0.2, handlelength=2.2)
    return figure


def _cut_off(axes: Axes, cutoffs: pd.DataFrame, visit: str) -> None:
    """Mark the chosen cut-off, and where it lies once the optimism of choosing it is taken off."""
    if cutoffs.empty:
        return
    for row in records(cutoffs[cutoffs["visit"] == visit].dropna(subset=["threshold"])):
        across, up = 1 - row["specificity"], row["sensitivity"]
        axes.plot(across, up, "o", markersize=6.5, color=INK, zorder=6)
        corrected = 1 - row["specificity_corrected"], row["sensitivity_corrected"]
        axes.plot(
            *corrected, "o", markersize=6.5, markerfacecolor=PAPER, markeredgecolor=INK,
            markeredgewidth=1.1, zorder=5,
        )  # fmt: skip
        axes.plot([across, corrected[0]], [up, corrected[1]], color=MUTED, linewidth=0.8, zorder=3)
