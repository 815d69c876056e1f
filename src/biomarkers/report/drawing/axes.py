"""What the figures share: the look of classes and groups, the axes of days and of changes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from matplotlib.axes import Axes

from biomarkers.plan import Visit
from biomarkers.report.drawing.style import MUTED, NEGATIVE, PAPER, POSITIVE
from biomarkers.report.drawing.ticks import (
    change_ticks,
    day_limits,
    day_ticks,
    draw_below,
    draw_left,
)
from biomarkers.report.view import Series
from biomarkers.report.words import shortened

Dash = Literal["-", ""] | tuple[float, tuple[float, ...]]


@dataclass(frozen=True)
class Look:
    """How a class or group is drawn: never by colour alone."""

    colour: str
    marker: str
    line: Dash


# Blue and orange of Okabe and Ito, darkened until they read as text on white (4.5 : 1).
LOOKS = {
    True: Look(colour=POSITIVE, marker="o", line="-"),
    False: Look(colour=NEGATIVE, marker="s", line=(0, (4, 2))),
}

# The same for treatment groups: told apart by marker and line, too.
GROUP_LOOKS = (
    Look("#4d4d4d", "o", "-"),
    Look("#0a5ca8", "s", (0, (4, 2))),
    Look("#b8500c", "^", (0, (1, 1.5))),
    Look("#1d6b3a", "D", (0, (5, 1.5, 1, 1.5))),
    Look("#8e3a77", "v", (0, (3, 1))),
    Look("#8a5a00", "P", (0, (6, 2))),
)


def group_look(place: int) -> Look:
    """Return the look of the treatment group in this place; after the sixth they come again."""
    return GROUP_LOOKS[place % len(GROUP_LOOKS)]


def change_axes(axes: Axes, series: Series, bounds: tuple[float, float]) -> None:
    """Scale the vertical axis of a change, and label it."""
    axes.set_ylim(*bounds)
    draw_left(axes, change_ticks(series, *bounds))


def day_axes(axes: Axes, visits: Sequence[Visit]) -> None:
    """Scale the horizontal axis in days, and label it with the visits that have room."""
    axes.set_xlim(*day_limits(visits))
    draw_below(axes, day_ticks(visits))


def limits(values: Sequence[float], *, margin: float = 0.07) -> tuple[float, float]:
    """Return axis limits around the finite ones of `values`."""
    finite = [value for value in values if math.isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (-1.0, 1.0)
    room = margin * (high - low) or max(abs(high) * 0.1, 1e-12) if finite else 0.0
    return low - room, high + room


def smallest_gap(visits: Sequence[Visit]) -> float:
    """Return the days between the closest two visits."""
    return min((after.target - before.target for before, after in pairwise(visits)), default=1.0)


def zero_line(axes: Axes, *, at: float = 0.0) -> None:
    """Draw the line of no change, or of no difference."""
    axes.axhline(at, color=MUTED, linewidth=0.7, zorder=1)


@dataclass(frozen=True)
class Key:
    """An entry of a legend: its words, and how what they name is drawn."""

    words: str
    look: Look
    filled: bool = True


def draw_keys(axes: Axes, keys: Sequence[Key]) -> None:
    """Draw a legend above the axes, each entry in its colour: two side by side, or a column."""
    together = _fit_together([key.words for key in keys])
    box, figure = axes.get_position(), axes.get_figure(root=True)
    width, height = figure.get_size_inches()  # type: ignore[union-attr]
    left, top = box.x0 * width, box.y1 * height
    inches: dict[str, Any] = {"transform": figure.dpi_scale_trans, "clip_on": False}  # type: ignore[union-attr]
    for place, key in enumerate(keys):
        x = left + (0.5 * box.width * width * place if together else 0)
        y = top + 0.12 + (0 if together else _ROW * (len(keys) - 1 - place))
        colour, line = key.look.colour, key.look.line
        if line:
            axes.plot([x, x + 0.28], [y, y], linestyle=line, color=colour, **inches)
        axes.plot(
            x + 0.14, y, key.look.marker, markersize=4.5, color=colour, markeredgewidth=0.8,
            markerfacecolor=colour if key.filled else PAPER, **inches,
        )  # fmt: skip
        axes.text(
            x + 0.35, y, shortened(key.words, 34), va="center", fontsize=7.5, color=colour,
            **inches,
        )  # fmt: skip


def name_looks(axes: Axes, looks: Sequence[tuple[str, Look]]) -> None:
    """Name the classes or groups above the axes."""
    draw_keys(axes, [Key(name, look) for name, look in looks])


def room_above(names: Sequence[str]) -> float:
    """Return the inches that `name_looks` needs above the axes."""
    return 0.25 if _fit_together(names) else 0.1 + _ROW * len(names)


_ROW = 0.145


def _fit_together(names: Sequence[str]) -> bool:
    """Whether two names have room side by side in a figure of one column."""
    return len(names) <= 2 and all(len(name) <= 18 for name in names)
