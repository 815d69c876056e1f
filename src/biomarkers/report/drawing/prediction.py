"""Figures of a prediction study: ROC, calibration, net benefit, features, learning curve."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from biomarkers.report.drawing.axes import LOOKS, Look, group_look, limits, name_looks, room_above
from biomarkers.report.drawing.style import (
    ACCENT,
    FAINT,
    INK,
    MUTED,
    WIDTH,
    house_style,
    new_figure,
)
from biomarkers.report.drawing.ticks import draw_below, draw_left, even_ticks
from biomarkers.report.words import shortened

_CLASSES = (("positive", LOOKS[True]), ("negative", LOOKS[False]))
_REFERENCES = ("treat all", "treat none")


def draw_held_out_roc(curves: pd.DataFrame, point: Mapping[str, Any] | None = None) -> Figure:
    """Draw the ROC curve of each rule, the first with its band and its operating point.

    Parameters
    ----------
    curves
        `rule, false_positive_rate, sensitivity, sensitivity_low, sensitivity_high`.
    point
        `sensitivity` and `specificity` at the threshold, each with its limits.

    """
    first, *others = dict.fromkeys(curves["rule"])
    looks = [(first, Look(ACCENT, "", "-"))]
    looks += [(name, group_look(place)) for place, name in enumerate(others, 1)]
    with house_style():
        figure, axes = new_figure(
            height=3.0, left=0.5, right=0.15,
            above=room_above([name for name, _ in looks]) if others else 0.1,
        )  # fmt: skip
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        axes.plot([0, 1], [0, 1], color=FAINT, linewidth=0.9, zorder=1)
        band = curves[curves["rule"] == first]
        axes.fill_between(
            band["false_positive_rate"], band["sensitivity_low"], band["sensitivity_high"],
            color=ACCENT, alpha=0.15, linewidth=0, zorder=1,
        )  # fmt: skip
        for name, look in looks:
            mine, is_first = curves[curves["rule"] == name], name == first
            axes.plot(
                mine["false_positive_rate"], mine["sensitivity"], color=look.colour,
                linestyle=look.line, marker=look.marker, markersize=3.5, markevery=(0.1, 0.2),
                linewidth=1.8 if is_first else 0.9, zorder=3 if is_first else 2,
            )  # fmt: skip
        if point is not None:
            _operating_point(axes, point)
        if others:
            name_looks(axes, looks)
        draw_below(axes, even_ticks(0, 1, "1 − specificity"))
        draw_left(axes, even_ticks(0, 1, "Sensitivity"))
    return figure


def _operating_point(axes: Axes, point: Mapping[str, Any]) -> None:
    """Mark sensitivity and specificity at the threshold, each with its interval."""
    across, up = 1 - point["specificity"], point["sensitivity"]
    axes.vlines(across, point["sensitivity_low"], point["sensitivity_high"], color=INK,
                linewidth=0.9, zorder=4)  # fmt: skip
    axes.hlines(up, 1 - point["specificity_high"], 1 - point["specificity_low"], color=INK,
                linewidth=0.9, zorder=4)  # fmt: skip
    axes.plot(across, up, "o", markersize=5.5, color=INK, zorder=5)


def draw_calibration(curve: pd.DataFrame, cases: pd.DataFrame | None = None) -> Figure:
    """Draw observed shares over predicted ones, with the line of perfect agreement.

    Parameters
    ----------
    curve
        `predicted, observed, observed_low, observed_high`.
    cases
        `probability, positive` of each case, drawn as ticks: positives on top, negatives below.

    """
    looks = _CLASSES if cases is not None else ()
    with house_style():
        figure, axes = new_figure(
            height=3.0, left=0.5, right=0.15, above=room_above([name for name, _ in looks])
        )
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.07, 1.07))
        axes.plot([0, 1], [0, 1], color=FAINT, linewidth=0.9, zorder=1)
        axes.vlines(
            curve["predicted"], curve["observed_low"], curve["observed_high"], color=ACCENT,
            linewidth=1.0, zorder=2,
        )  # fmt: skip
        axes.plot(curve["predicted"], curve["observed"], "o", color=ACCENT, markersize=4, zorder=3)
        if cases is not None:
            _ticks(axes, cases)
            name_looks(axes, list(looks))
        draw_below(axes, even_ticks(0, 1, "Predicted probability"))
        draw_left(axes, even_ticks(0, 1, "Share of positives"))
    return figure


def _ticks(axes: Axes, cases: pd.DataFrame) -> None:
    for (_, look), truth, height in zip(_CLASSES, (True, False), (1.045, -0.045), strict=True):
        mine = cases.loc[cases["positive"] == truth, "probability"].to_numpy(float)
        axes.plot(
            mine, np.full(len(mine), height), "|", color=look.colour, markersize=5, alpha=0.6,
            markeredgewidth=0.8, zorder=2,
        )  # fmt: skip


def draw_net_benefit(table: pd.DataFrame) -> Figure:
    """Draw the net benefit of each rule over the threshold; treating all and none lie behind."""
    names = list(dict.fromkeys(table["rule"]))
    looks = [(name, group_look(place)) for place, name in enumerate(_last(names))]
    highest = float(table["net_benefit"].max())
    with house_style():
        figure, axes = new_figure(
            height=2.75, left=0.55, right=0.15, above=room_above([name for name, _ in looks])
        )
        bottom = -0.12 * highest - 0.02
        axes.set(xlim=(0, 1), ylim=(bottom, 1.08 * highest))
        for place, (name, look) in enumerate(looks):
            mine = table[table["rule"] == name]
            axes.plot(
                mine["threshold"], mine["net_benefit"], color=look.colour, linestyle=look.line,
                marker=look.marker, markersize=3.5, markevery=(place % 4, 4),
                linewidth=1.8 if name == names[0] else 1.0, zorder=4 if name == names[0] else 2,
            )  # fmt: skip
        draw_below(axes, even_ticks(0, 1, "Threshold of probability"))
        draw_left(axes, even_ticks(bottom, 1.08 * highest, "Net benefit"))
        name_looks(axes, looks)
    return figure


def _last(names: list[str]) -> list[str]:
    """Return names with those that every study has at the end."""
    return sorted(names, key=lambda name: name in _REFERENCES)


def draw_features(selection: pd.DataFrame) -> Figure:
    """Draw the share of training sets in which each feature reaches the model, and its sign."""
    names = [shortened(str(name), 34) for name in selection["feature"]]
    left = min(0.2 + 0.058 * max(map(len, names)), 2.3)
    with house_style():
        figure, axes = new_figure(
            2 * WIDTH, 0.5 + 0.185 * len(names), left=left, right=1.5, above=0.05, axis=True
        )
        axes.set(xlim=(0, 1), ylim=(len(names) - 0.4, -0.6))
        places = np.arange(len(names))
        signs = selection["sign"].to_numpy(float)
        for truth, look in LOOKS.items():
            mine = signs >= 0 if truth else signs < 0
            axes.barh(places[mine], selection["chosen"][mine], height=0.55, color=look.colour,
                      alpha=0.8, linewidth=0)  # fmt: skip
        axes.set_yticks(places, names)
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("Share of training sets in which it reaches the model")
        for place, row in enumerate(selection.to_dict("records")):
            sign = {1: "+", -1: "−"}.get(int(row["sign"]), " ")
            lost = f"{row['importance']:z.3f}".replace("-", "−")
            for words, across in ((sign, 8), (f"importance {lost}", 22)):
                axes.annotate(
                    words, (1, place), xycoords=("axes fraction", "data"), xytext=(across, 0),
                    textcoords="offset points", va="center", fontsize=7.5, annotation_clip=False,
                )  # fmt: skip
    return figure


def draw_learning(learning: pd.DataFrame, *, axis: str) -> Figure:
    """Draw the worth of the recipe over the number of training subjects; a line marks chance.

    `worth_low` and `worth_high` are drawn where they are told.
    """
    ends = [name for name in ("worth_low", "worth_high") if name in learning]
    low, high = limits([0.5, *learning[["worth", *ends]].to_numpy(float).ravel()])
    right = 1.08 * float(learning["subjects"].max())
    with house_style():
        figure, axes = new_figure(left=0.5, right=0.15, above=0.08)
        axes.set(xlim=(0, right), ylim=(low, high))
        axes.axhline(0.5, color=MUTED, linewidth=0.7, zorder=1)
        axes.plot(learning["subjects"], learning["worth"], "-o", color=ACCENT, markersize=4)
        if ends:
            axes.vlines(
                learning["subjects"], learning["worth_low"], learning["worth_high"], color=ACCENT,
                linewidth=1.0, zorder=2,
            )  # fmt: skip
        draw_below(axes, even_ticks(0, right, "Training subjects"))
        draw_left(axes, even_ticks(low, high, axis))
    return figure
