"""What the figures share: the look of classes and groups, the axes of days and of changes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedFormatter, FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from biomarkers.plan import Visit
from biomarkers.report.drawing.style import MUTED, NEGATIVE, PAPER, POSITIVE
from biomarkers.report.view import Series, is_day
from biomarkers.report.words import power_of_ten

Dash = Literal["-"] | tuple[float, tuple[float, ...]]


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

# Factors to label a log-ratio axis with, coarsest first; the first with enough ticks is taken.
_FACTORS: tuple[Sequence[float], ...] = (
    tuple(10.0**power for power in range(-12, 13)),
    tuple(2.0**power for power in range(-20, 21)),
    tuple(base * 10.0**power for power in range(-4, 5) for base in (1, 1.5, 2, 3, 5, 7)),
    tuple(np.arange(1, 60) / 10),
    tuple(np.arange(1, 120) / 20),
    tuple(np.arange(1, 200) / 50),
    tuple(np.arange(1, 400) / 100),
    tuple(np.arange(900, 1101) / 1000),
)


def group_look(place: int) -> Look:
    """Return the look of the treatment group in this place; after the sixth they come again."""
    return GROUP_LOOKS[place % len(GROUP_LOOKS)]


def day_axis(axes: Axes, visits: Sequence[Visit]) -> None:
    """Scale the horizontal axis in days and label it with the visits that have room."""
    reach = [day for visit in visits for day in (visit.target, visit.opens, visit.closes)]
    width = max(reach) - min(reach) or 1.0
    axes.set_xlim(min(reach) - 0.05 * width, max(reach) + 0.05 * width)
    named = not all(is_day(visit) for visit in visits)
    labelled = _with_room(visits, width, named=named)
    axes.xaxis.set_major_locator(FixedLocator([visit.target for visit in labelled]))
    axes.xaxis.set_major_formatter(FixedFormatter([_shortened(visit.name) for visit in labelled]))
    if len(labelled) < len(visits):
        axes.xaxis.set_minor_locator(FixedLocator([visit.target for visit in visits]))
        axes.tick_params(axis="x", which="minor", length=2)
    if named:
        # Names are longer than numbers: they hang from their tick.
        axes.tick_params(axis="x", labelrotation=30)
        for label in axes.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")
    else:
        axes.set_xlabel("Day")


def room_below(visits: Sequence[Visit]) -> float:
    """Return the inches `day_axis` needs under the axes."""
    if all(is_day(visit) for visit in visits):
        return 0.42
    return 0.28 + 0.04 * max(len(_shortened(visit.name)) for visit in visits)


def _shortened(name: str, most: int = 18) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"


def _with_room(visits: Sequence[Visit], width: float, *, named: bool) -> list[Visit]:
    """Leave out visits whose labels would run into another; the axis holds 40 characters."""
    kept: list[Visit] = []
    for visit in visits:
        if kept:
            letters = 2.0 if named else (len(kept[-1].name) + len(visit.name)) / 2 + 0.8
            if visit.target - kept[-1].target < letters / 40 * width:
                continue
        kept.append(visit)
    return kept


def factor_ticks(low: float, high: float) -> list[float]:
    """Return three to eight round factors between exp(low) and exp(high)."""
    inside: list[float] = []
    for factors in _FACTORS:
        inside = [float(factor) for factor in factors if low <= math.log(factor) <= high]
        # Three decades are an empty axis; three of anything finer are enough.
        if len(inside) >= (4 if factors is _FACTORS[0] else 3):
            break
    while len(inside) > 8:
        inside = inside[::2] if 1.0 in inside[::2] else inside[1::2]
    return inside


def change_axis(axes: Axes, series: Series) -> None:
    """Label the vertical axis with what changed, how, and in which unit; call it last.

    A log ratio is read as a multiple of the baseline, on a logarithmic scale.
    """
    axis, (low, high) = axes.yaxis, axes.get_ylim()
    if series.change == "log_ratio":
        factors = factor_ticks(low, high)
        axis.set_major_locator(FixedLocator([math.log(factor) for factor in factors]))
        axis.set_major_formatter(FixedFormatter([f"{factor:g}" for factor in factors]))
        axis.set_minor_locator(NullLocator())
        label = "times baseline"
    else:
        power = 0 if series.change == "percent" else _power(max(abs(low), abs(high)))
        axis.set_major_locator(MaxNLocator(5))
        # Labels go through :g, for 0.30000000000000004 is 0.3 to a reader.
        axis.set_major_formatter(
            FuncFormatter(lambda value, _: f"{value / 10.0**power:g}".replace("-", "−"))
        )
        scale = power_of_ten(power) if power else ""
        unit = "%" if series.change == "percent" else f"{scale} {series.unit}".strip()
        label = "change" + (f" ({unit})" if unit else "")
    axis.set_label_text(f"{_shortened(series.quantity, 26)}: {label}")


def _power(largest: float) -> int:
    """Return the power of ten in which very small and very large values are counted."""
    if largest == 0 or 0.01 <= largest < 1e5:
        return 0
    return 3 * math.floor(math.log10(largest) / 3)


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


def name_looks(axes: Axes, looks: Sequence[tuple[str, Look]]) -> None:
    """Name the classes or groups above the axes, each in its colour."""
    handles = [
        Line2D(
            [], [], color=look.colour, linestyle=look.line, marker=look.marker, markersize=4.5,
            markeredgecolor=PAPER, markeredgewidth=0.6, label=_shortened(name, 34),
        )
        for name, look in looks
    ]  # fmt: skip
    columns = 2 if len(looks) <= 2 and sum(min(len(name), 34) for name, _ in looks) < 44 else 1
    legend = axes.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=columns,
        borderaxespad=0.1, borderpad=0.1, handlelength=2.4, columnspacing=1.2, labelspacing=0.2,
    )  # fmt: skip
    for text, (_, look) in zip(legend.get_texts(), looks, strict=True):
        text.set_color(look.colour)


def room_above(names: Sequence[str]) -> float:
    """Return the inches that `name_looks` needs above the axes."""
    if len(names) <= 2 and sum(min(len(name), 34) for name in names) < 44:
        return 0.25
    return 0.08 + 0.145 * len(names)
