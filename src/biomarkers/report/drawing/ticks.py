"""Ticks and their labels as data, and the drawing of them.

matplotlib makes seven objects for every tick, each time a figure is made: half the cost of a
small figure. These are drawn as one line of marks and one text each.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.markers import TICKDOWN, TICKLEFT
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import offset_copy

from biomarkers.plan import Visit
from biomarkers.report.drawing.style import INK, MUTED
from biomarkers.report.view import Series, is_day
from biomarkers.report.words import power_of_ten, shortened

_SIZE = 7.5


@dataclass(frozen=True)
class Ticks:
    """Ticks of an axis.

    Parameters
    ----------
    places, labels
        Of the ticks.
    title
        Of the axis.
    bare
        Places of ticks without a label.
    slanted
        Whether the labels are too long to stand level.
    """

    places: Sequence[float]
    labels: Sequence[str]
    title: str = ""
    bare: Sequence[float] = ()
    slanted: bool = False


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


def day_ticks(visits: Sequence[Visit]) -> Ticks:
    """Return a tick for each visit, labelled where there is room."""
    first, last = day_limits(visits)
    named = not all(is_day(visit) for visit in visits)
    labelled = _with_room(visits, last - first, named=named)
    return Ticks(
        places=[visit.target for visit in labelled],
        labels=[shortened(visit.name) for visit in labelled],
        title="" if named else "Day",
        bare=[visit.target for visit in visits if visit not in labelled],
        slanted=named,
    )


def day_limits(visits: Sequence[Visit]) -> tuple[float, float]:
    """Return limits that hold every day of every visit."""
    reach = [day for visit in visits for day in (visit.target, visit.opens, visit.closes)]
    room = 0.05 * (max(reach) - min(reach) or 1.0)
    return min(reach) - room, max(reach) + room


def change_ticks(series: Series, low: float, high: float) -> Ticks:
    """Return ticks of what changed, how, and in which unit.

    A log ratio is read as a multiple of the baseline, on a logarithmic scale.
    """
    name = shortened(series.quantity, 26)
    if series.change == "log_ratio":
        factors = factor_ticks(low, high)
        places = [math.log(factor) for factor in factors]
        return Ticks(places, [f"{factor:g}" for factor in factors], f"{name}: times baseline")
    power = 0 if series.change == "percent" else _power(max(abs(low), abs(high)))
    scale = power_of_ten(power) if power else ""
    unit = "%" if series.change == "percent" else f"{scale} {series.unit}".strip()
    return even_ticks(low, high, f"{name}: change" + (f" ({unit})" if unit else ""), power=power)


def even_ticks(low: float, high: float, title: str, *, power: int = 0) -> Ticks:
    """Return some five round numbers, counted in a power of ten."""
    values = MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    places = [float(value) for value in values if low <= value <= high]
    # Labels go through :g, for 0.30000000000000004 is 0.3 to a reader.
    labels = [f"{round(value / 10.0**power, 10):g}".replace("-", "−") for value in places]
    return Ticks(places, labels, title)


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


def room_below(visits: Sequence[Visit]) -> float:
    """Return the inches that the ticks of the visits need under the axes."""
    if all(is_day(visit) for visit in visits):
        return 0.42
    return 0.28 + 0.04 * max(len(shortened(visit.name)) for visit in visits)


def draw_below(axes: Axes, ticks: Ticks, *, mark: bool = True, colour: str = MUTED) -> None:
    """Draw the ticks under the axes."""
    along = axes.get_xaxis_transform()
    if mark:
        _marks(axes, [*ticks.places, *ticks.bare], TICKDOWN)
    lower = offset_copy(along, axes.figure, y=-5, units="points")  # type: ignore[arg-type]
    for place, label in zip(ticks.places, ticks.labels, strict=True):
        axes.text(
            place, 0, label, transform=lower, ha="right" if ticks.slanted else "center", va="top",
            fontsize=_SIZE, color=colour, rotation=30 if ticks.slanted else 0,
            rotation_mode="anchor",
        )  # fmt: skip
    if ticks.title:
        lowest = offset_copy(axes.transAxes, axes.figure, y=-17, units="points")  # type: ignore[arg-type]
        axes.text(0.5, 0, ticks.title, transform=lowest, ha="center", va="top")


def draw_left(axes: Axes, ticks: Ticks) -> None:
    """Draw the ticks left of the axes, and the title at the left edge of the figure."""
    _marks(axes, ticks.places, TICKLEFT)
    beside = offset_copy(axes.get_yaxis_transform(), axes.figure, x=-5, units="points")  # type: ignore[arg-type]
    for place, label in zip(ticks.places, ticks.labels, strict=True):
        axes.text(
            0, place, label, transform=beside, ha="right", va="center", fontsize=_SIZE, color=MUTED
        )
    box = axes.get_position()
    if ticks.title:
        figure = axes.get_figure(root=True)
        middle = (box.y0 + box.y1) / 2
        axes.text(
            0.012, middle, ticks.title, transform=figure.transFigure, rotation=90, ha="left",  # type: ignore[union-attr]
            va="center", color=INK,
        )  # fmt: skip


def _marks(axes: Axes, places: Sequence[float], marker: int) -> None:
    down = marker == TICKDOWN
    zeros = [0.0] * len(places)
    axes.plot(
        places if down else zeros, zeros if down else places, linestyle="", marker=marker,
        markersize=3, markeredgewidth=0.7, color=MUTED, clip_on=False,
        transform=axes.get_xaxis_transform() if down else axes.get_yaxis_transform(),
    )  # fmt: skip


def _power(largest: float) -> int:
    """Return the power of ten in which very small and very large values are counted."""
    if largest == 0 or 0.01 <= largest < 1e5:
        return 0
    return 3 * math.floor(math.log10(largest) / 3)


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
