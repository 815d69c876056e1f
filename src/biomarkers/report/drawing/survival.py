"""Kaplan–Meier curves by early response, with the numbers at risk under them."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from biomarkers.report.drawing.axes import LOOKS, Dash, group_look, name_looks, room_above
from biomarkers.report.drawing.style import INK, house_style, new_figure

_LOOKS = {"early response": LOOKS[True], "no early response": LOOKS[False]}

_WIDTH, _LEFT, _RIGHT = 5.2, 1.35, 0.2


def draw_survival(curves: pd.DataFrame, *, axis: str) -> Figure:
    """Draw one step curve per stratum with its interval; a tick marks who was censored."""
    names = set(curves["stratum"])
    strata = [*(name for name in _LOOKS if name in names), *sorted(names - set(_LOOKS))]
    looks = [(name, _LOOKS.get(name) or group_look(place + 1)) for place, name in enumerate(strata)]
    table_height = 0.2 + 0.16 * len(strata)
    above = room_above(strata)
    height = 2.6 + table_height + above
    with house_style():
        figure, axes = new_figure(
            _WIDTH,
            height,
            left=_LEFT,
            right=_RIGHT,
            below=0.42 + table_height,
            above=above,
            axis=True,
        )
        last = float(curves["time"].max())
        first = float(curves["time"].min())
        room = 0.02 * (last - first or 1.0)
        axes.set(xlim=(first - room, last + room), ylim=(-0.02, 1.04))
        for name, look in looks:
            mine = curves[curves["stratum"] == name].sort_values("time", kind="stable")
            _curve(axes, mine, look.colour, look.line)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.set_xlabel(axis)
        axes.set_ylabel("Survival")
        name_looks(axes, looks)
        _at_risk(figure, axes, curves, [(name, look.colour) for name, look in looks], height)
    return figure


def _curve(axes: Axes, rows: pd.DataFrame, colour: str, line: Dash) -> None:
    time, survival = rows["time"].to_numpy(float), rows["survival"].to_numpy(float)
    axes.step(time, survival, where="post", color=colour, linestyle=line, linewidth=1.6, zorder=4)
    axes.fill_between(
        time, rows["low"].to_numpy(float), rows["high"].to_numpy(float), step="post",
        color=colour, alpha=0.12, linewidth=0, zorder=2,
    )  # fmt: skip
    censored = rows["censored"].to_numpy(float) > 0
    axes.plot(
        time[censored], survival[censored], "|", color=colour, markersize=6, markeredgewidth=1.1,
        zorder=5,
    )  # fmt: skip


def _at_risk(
    figure: Figure,
    axes: Axes,
    curves: pd.DataFrame,
    strata: list[tuple[str, str]],
    height: float,
) -> None:
    """Write under each tick how many of each stratum are still at risk."""
    low, high = axes.get_xlim()
    ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
    bottom = (0.02 + 0.16 * len(strata)) / height
    step = 0.16 / height
    figure.text(0.02, bottom + step * 0.55, "At risk", fontsize=7.5, fontweight="bold", va="center")
    span = axes.get_position()
    for place, (name, colour) in enumerate(strata):
        level = bottom - step * (place + 0.5)
        mine = curves[curves["stratum"] == name].sort_values("time", kind="stable")
        short = name if len(name) <= 22 else f"{name[:21]}…"
        figure.text(0.02, level, short, color=colour, fontsize=7, va="center")
        for tick in ticks:
            across = span.x0 + span.width * (tick - low) / (high - low)
            text = f"{at_risk(mine, float(tick)):.0f}"
            figure.text(across, level, text, ha="center", va="center", fontsize=7, color=INK)


def at_risk(rows: pd.DataFrame, time: float) -> float:
    """Return how many are at risk just before a time; `rows` of one stratum in order of time."""
    later = rows[rows["time"] >= time - 1e-9]
    if len(later):
        return float(later["at_risk"].iloc[0])
    last = rows.iloc[-1]
    return float(np.maximum(last["at_risk"] - last["events"] - last["censored"], 0))
