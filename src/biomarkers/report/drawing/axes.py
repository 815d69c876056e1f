"""What the figures share: the look of the two classes, the day axis, the × baseline axis."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from biomarkers.plan import Visit
from biomarkers.report.drawing.svg import plain
from biomarkers.report.view import Series, is_day
from biomarkers.report.words import power_of_ten


@dataclass(frozen=True)
class Look:
    """How a class is drawn: never by colour alone."""

    colour: str
    marker: str
    line: Literal["-"] | tuple[float, tuple[float, float]]


# Blue and orange of Okabe and Ito, darkened until they read as text on white (4.5 : 1).
LOOKS = {
    True: Look(colour="#0a5ca8", marker="o", line="-"),
    False: Look(colour="#b8500c", marker="s", line=(0, (4, 2))),
}

# Factors to label a log-ratio axis with, coarsest first; the first with enough ticks is taken.
_FACTORS: tuple[Sequence[float], ...] = (
    tuple(10.0**power for power in range(-12, 13)),
    tuple(2.0**power for power in range(-20, 21)),
    tuple(base * 10.0**power for power in range(-4, 5) for base in (1, 1.5, 2, 3, 5, 7)),
    tuple(np.arange(1, 60) / 10),
    tuple(np.arange(1, 120) / 20),
    tuple(np.arange(1, 200) / 50),
    tuple(np.arange(1, 400) / 100),
)


def day_axis(axes: Axes, visits: Sequence[Visit]) -> None:
    """Scale the horizontal axis in days and label it with the visits that have room."""
    reach = [day for visit in visits for day in (visit.target, visit.opens, visit.closes)]
    width = max(reach) - min(reach) or 1.0
    axes.set_xlim(min(reach) - 0.05 * width, max(reach) + 0.05 * width)
    named = not all(is_day(visit) for visit in visits)
    labelled = _with_room(visits, width, named=named)
    axes.xaxis.set_major_locator(FixedLocator([visit.target for visit in labelled]))
    axes.xaxis.set_minor_locator(FixedLocator([visit.target for visit in visits]))
    axes.set_xticklabels([plain(_shortened(visit.name)) for visit in labelled])
    axes.tick_params(axis="x", which="minor", length=2)
    if named:
        # Names are longer than numbers: they hang from their tick.
        for label in axes.get_xticklabels():
            label.set(rotation=30, ha="right", rotation_mode="anchor")
    else:
        axes.set_xlabel("Day")


def room_below(visits: Sequence[Visit]) -> float:
    """Return the inches `day_axis` needs under the axes."""
    if all(is_day(visit) for visit in visits):
        return 0.48
    return 0.3 + 0.045 * max(len(_shortened(visit.name)) for visit in visits)


def _shortened(name: str) -> str:
    return name if len(name) <= 18 else f"{name[:17]}…"


def _with_room(visits: Sequence[Visit], width: float, *, named: bool) -> list[Visit]:
    """Leave out visits whose labels would run into another; the axis holds 45 characters."""
    kept: list[Visit] = []
    for visit in visits:
        if kept:
            letters = 2.0 if named else (len(kept[-1].name) + len(visit.name)) / 2 + 0.8
            if visit.target - kept[-1].target < letters / 45 * width:
                continue
        kept.append(visit)
    return kept


def factor_axis(axes: Axes) -> None:
    """Add a right-hand axis that reads a log ratio as a multiple of the baseline."""
    low, high = axes.get_ylim()
    factors = factor_ticks(low, high)
    right = axes.twinx()
    right.set_ylim(low, high)
    right.grid(visible=False)
    right.spines["right"].set_visible(True)
    right.yaxis.set_major_locator(FixedLocator([math.log(factor) for factor in factors]))
    right.yaxis.set_minor_locator(NullLocator())
    right.set_yticklabels([f"×{factor:g}" for factor in factors])
    right.set_ylabel("times baseline")


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
    """Label the vertical axis with what changed, how, and in which unit; call it last."""
    name = plain(series.quantity)
    if series.change == "log_ratio":
        axes.set_ylabel(f"{name}: ln(ratio to baseline)")
        factor_axis(axes)
    elif series.change == "percent":
        axes.set_ylabel(f"{name}: change (%)")
    else:
        unit = " ".join(filter(None, (_scale(axes), plain(series.unit))))
        axes.set_ylabel(f"{name}: change" + (f" ({unit})" if unit else ""))


def _scale(axes: Axes) -> str:
    """Count very small and very large values in a power of ten; return it, like `10⁻³`."""
    largest = max(abs(limit) for limit in axes.get_ylim())
    if largest == 0 or 0.01 <= largest < 1e5:
        return ""
    power = 3 * math.floor(math.log10(largest) / 3)
    # Labels go through :g, for 0.30000000000000004 is 0.3 to a reader.
    axes.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: f"{value / 10.0**power:g}".replace("-", "−"))
    )
    return power_of_ten(power)


def limits(values: Sequence[float], *, margin: float = 0.07) -> tuple[float, float]:
    """Return axis limits around the finite ones of `values`."""
    finite = [value for value in values if math.isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (-1.0, 1.0)
    room = margin * (high - low) or max(abs(high) * 0.1, 1e-12) if finite else 0.0
    return low - room, high + room


def smallest_gap(visits: Sequence[Visit]) -> float:
    """Return the days between the closest two visits."""
    return min((after.target - before.target for before, after in pairwise(visits)), default=1.0)
