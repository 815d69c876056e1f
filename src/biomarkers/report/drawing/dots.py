"""The change of every subject at one visit: dots per class, and bars from large to small."""

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from biomarkers.report.drawing.axes import LOOKS, change_axes, limits, name_looks, room_above
from biomarkers.report.drawing.style import INK, MUTED, PAPER, house_style, new_figure
from biomarkers.report.drawing.ticks import Ticks, draw_below
from biomarkers.report.view import Series, View, records
from biomarkers.report.words import decimal, p_equals


def draw_dots(view: View, series: Series, visit: str) -> Figure:
    """Draw the changes of both classes side by side, each with its mean and interval.

    Above them stand the AUC and the adjusted p of the test at that visit. An infinite change
    stands at the edge as an open triangle.
    """
    rows, means = _at(view, "changes", series, visit), _at(view, "class_means", series, visit)
    low, high = limits([0.0, *rows["change"], *means["low"], *means["high"]])
    with house_style():
        figure, axes = new_figure(below=0.36, above=0.32)
        change_axes(axes, series, (low, high))
        axes.set_xlim(-0.6, 1.6)
        axes.axhline(0, color=MUTED, linewidth=0.7, zorder=1)
        for place, (positive, look) in enumerate(LOOKS.items()):
            mine = rows.loc[rows["positive"] == positive, "change"].to_numpy(float)
            height = np.clip(mine, low, high)
            across = place + _spread(height, high - low)
            axes.plot(
                across, height, look.marker, color=look.colour, markersize=3.6, alpha=0.75,
                markeredgewidth=0, zorder=3, clip_on=False,
            )  # fmt: skip
            _edges(axes, across, mine)
            _mean(axes, means[means["positive"] == positive], place)
        names = [_named(view, rows, positive) for positive in LOOKS]
        draw_below(axes, Ticks([0, 1], names), mark=False, colour=INK)
        axes.set_title(_finding(view, series, visit), fontweight="normal")
    return figure


def draw_waterfall(view: View, series: Series, visit: str) -> Figure:
    """Draw one bar per subject at a visit, from the largest change to the smallest."""
    rows = _at(view, "changes", series, visit).sort_values(
        ["change", "subject"], ascending=[False, True], kind="stable"
    )
    low, high = limits([0.0, *rows["change"]])
    names = [view.class_word(positive) for positive in LOOKS]
    crowded = len(rows) > 40
    letters = 0 if crowded else max((len(str(name)) for name in rows["subject"]), default=0)
    with house_style():
        figure, axes = new_figure(
            below=0.25 if crowded else min(0.2 + 0.058 * letters, 0.75), above=room_above(names)
        )
        change_axes(axes, series, (low, high))
        axes.set_xlim(-0.7, max(len(rows), 1) - 0.3)
        places = np.arange(len(rows))
        for positive, look in LOOKS.items():
            mine = (rows["positive"] == positive).to_numpy()
            heights = rows["change"].to_numpy(float)[mine].clip(low, high)
            axes.vlines(
                places[mine], 0, heights, color=look.colour,
                linewidth=min(150 / max(len(rows), 1), 9), alpha=1.0 if positive else 0.75,
            )  # fmt: skip
            axes.plot(
                places[mine], heights, look.marker, color=look.colour, markersize=2.5,
                markeredgewidth=0,
            )  # fmt: skip
        axes.axhline(0, color=INK, linewidth=0.7)
        axes.spines["bottom"].set_visible(False)
        for place, subject in enumerate(() if crowded else rows["subject"]):
            axes.text(
                place, -0.02, subject, transform=axes.get_xaxis_transform(), rotation=90,
                ha="center", va="top", fontsize=6, color=MUTED,
            )  # fmt: skip
        name_looks(axes, list(zip(names, LOOKS.values(), strict=True)))
    return figure


def _at(view: View, table: str, series: Series, visit: str) -> pd.DataFrame:
    rows = view.rows(table, series)
    value = "mean" if table == "class_means" else "change"
    return rows[rows["visit"] == visit].dropna(subset=[value])


def _spread(values: np.ndarray, span: float) -> np.ndarray:
    """Move dots that would hide each other apart, always the same way."""
    across = np.zeros(len(values))
    order = np.argsort(values, kind="stable")
    for place, index in enumerate(order):
        near = [other for other in order[:place] if values[index] - values[other] < 0.035 * span]
        taken = {round(across[other] / 0.07) for other in near}
        step = next(step for step in _steps() if step not in taken)
        across[index] = 0.07 * step
    return np.clip(across, -0.45, 0.45)


def _steps() -> Iterator[int]:
    """Yield 0, 1, −1, 2, −2 and so on."""
    number = 0
    while True:
        yield number
        number = -number if number > 0 else 1 - number


def _edges(axes: Axes, across: np.ndarray, changes: np.ndarray) -> None:
    for edge, marker in ((-math.inf, "v"), (math.inf, "^")):
        at = across[changes == edge]
        if len(at):
            height = axes.get_ylim()[0 if edge < 0 else 1]
            axes.plot(
                at, [height] * len(at), marker, color=INK, markersize=4.5, markerfacecolor=PAPER,
                clip_on=False, zorder=6,
            )  # fmt: skip


def _mean(axes: Axes, means: pd.DataFrame, place: int) -> None:
    for mean, low, high in means[["mean", "low", "high"]].to_numpy(float):
        axes.hlines(mean, place - 0.28, place + 0.28, color=INK, linewidth=1.6, zorder=4)
        if math.isfinite(low) and math.isfinite(high):
            axes.vlines(place, low, high, color=INK, linewidth=1.0, zorder=4)
            axes.hlines([low, high], place - 0.09, place + 0.09, color=INK, linewidth=1.0, zorder=4)


def _named(view: View, rows: pd.DataFrame, positive: bool) -> str:
    return f"{view.class_word(positive)}\n(n = {(rows['positive'] == positive).sum()})"


def _finding(view: View, series: Series, visit: str) -> str:
    tests = view.rows("separation", series)
    for row in records(tests[tests["visit"] == visit].dropna(subset=["auc"])):
        p = p_equals(row["p_adjusted"], view.plan.separation.permutations)
        return f"AUC {decimal(row['auc'], 2)}, adjusted p {p}"
    return "not tested"
