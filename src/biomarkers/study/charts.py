"""Small charts for the quality cards, drawn pixel by pixel.

A plotting library takes a third of a second for what a cohort needs a hundred times.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from PIL import Image as Raster
from PIL import ImageDraw

from biomarkers.arrays import FloatArray
from biomarkers.study.drawing import Scale, font, png, value_range

_FINE = 3  # drawn so many times larger, then reduced: smooth lines
_WIDTH, _HEIGHT = 320, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 46, 42
_SMALL, _PLAIN = 11, 13  # sizes of print
_GREY, _AXIS = (90, 90, 90), (60, 60, 60)


@dataclass(frozen=True, eq=False)
class Mark:
    """Something drawn in a chart.

    Parameters
    ----------
    kind
        `line` or `dots` through (x, y); `bars` from edges x, one more than heights y; `level`, a
        dashed line across at y[0].
    x, y
        Where; what is not finite is left out.
    colour
        For instance `#0072b2`.
    label
        For the legend; empty for none.

    """

    kind: Literal["line", "dots", "bars", "level"]
    x: FloatArray
    y: FloatArray
    colour: str
    label: str = ""


@dataclass(frozen=True, eq=False)
class Chart:
    """A chart: what is drawn, and what its axes mean."""

    title: str
    across: str
    up: str
    marks: Sequence[Mark] = field(default_factory=tuple)
    from_zero: bool = False


def draw_charts(charts: Sequence[Chart]) -> bytes:
    """Draw charts side by side; return a PNG, the same bytes for the same charts."""
    sheet = Raster.new("RGB", (_WIDTH * len(charts), _HEIGHT), "white")
    for place, chart in enumerate(charts):
        sheet.paste(_drawn(chart), (place * _WIDTH, 0))
    return png(sheet)


def _drawn(chart: Chart) -> Raster.Image:
    large = Raster.new("RGB", (_FINE * _WIDTH, _FINE * _HEIGHT), "white")
    pen = ImageDraw.Draw(large)
    across, up = _scales(chart)
    _draw_axes(pen, chart, across, up)
    for mark in chart.marks:
        _draw_mark(pen, mark, across, up)
    _draw_legend(pen, [mark for mark in chart.marks if mark.label])
    return large.resize((_WIDTH, _HEIGHT), Raster.Resampling.BOX)


def _scales(chart: Chart) -> tuple[Scale, Scale]:
    x = [mark.x for mark in chart.marks if mark.kind != "level"]
    y = [mark.y for mark in chart.marks]
    bars = any(mark.kind == "bars" for mark in chart.marks)
    left, right = value_range(x, margin=0.03)
    low, high = value_range(y, margin=0.05)
    if chart.from_zero or bars:
        low = 0.0
    return (
        Scale(left, right, _FINE * _LEFT, _FINE * (_WIDTH - _RIGHT)),
        Scale(low, high if high > low else low + 1.0, _FINE * (_HEIGHT - _BOTTOM), _FINE * _TOP),
    )


def _draw_axes(pen: ImageDraw.ImageDraw, chart: Chart, across: Scale, up: Scale) -> None:
    small, plain = font(_FINE * _SMALL), font(_FINE * _PLAIN)
    pen.text((_FINE * _WIDTH / 2, _FINE * 3), chart.title, fill="black", font=plain, anchor="ma")
    pen.text((_FINE * 6, _FINE * 25), chart.up, fill=_GREY, font=small, anchor="la")
    middle = (across.start + across.end) / 2
    pen.text((middle, _FINE * (_HEIGHT - 4)), chart.across, fill=_GREY, font=small, anchor="mb")
    pen.line([(across.start, up.end), (across.start, up.start)], fill=_AXIS, width=_FINE)
    pen.line([(across.start, up.start), (across.end, up.start)], fill=_AXIS, width=_FINE)
    for tick in across.ticks():
        x = float(across(tick))
        pen.line([(x, up.start), (x, up.start + 3 * _FINE)], fill=_AXIS, width=_FINE)
        pen.text((x, up.start + 5 * _FINE), f"{tick:g}", fill=_AXIS, font=small, anchor="ma")
    for tick in up.ticks():
        y = float(up(tick))
        pen.line([(across.start - 3 * _FINE, y), (across.start, y)], fill=_AXIS, width=_FINE)
        place = (across.start - 5 * _FINE, y)
        pen.text(place, f"{tick:.4g}", fill=_AXIS, font=small, anchor="rm")


def _draw_mark(pen: ImageDraw.ImageDraw, mark: Mark, across: Scale, up: Scale) -> None:
    if mark.kind == "level":
        y = float(up(mark.y[0]))
        for x in np.arange(across.start, across.end, 8.0 * _FINE):
            pen.line([(x, y), (x + 5.0 * _FINE, y)], fill=mark.colour, width=_FINE)
        return
    if mark.kind == "bars":
        edges, tops = across(mark.x), up(mark.y)
        for left, right, top in zip(edges[:-1], edges[1:], tops, strict=True):
            if top < up.start:
                pen.rectangle([(left, top), (right, up.start)], fill=mark.colour)
        return
    known = np.isfinite(mark.x) & np.isfinite(mark.y)
    points = list(zip(across(mark.x[known]), up(mark.y[known]), strict=True))
    if mark.kind == "line":
        pen.line(points, fill=mark.colour, width=int(1.3 * _FINE), joint="curve")
        return
    for x, y in points:
        pen.ellipse([(x - _FINE, y - _FINE), (x + _FINE, y + _FINE)], fill=mark.colour)


def _draw_legend(pen: ImageDraw.ImageDraw, marks: Sequence[Mark]) -> None:
    """List what is labelled, at the lower right: enhancement curves leave that corner free."""
    small, y = font(_FINE * _SMALL), float(_FINE * (_HEIGHT - _BOTTOM - 10))
    for mark in reversed(marks):
        right = float(_FINE * (_WIDTH - _RIGHT))
        pen.text((right, y), mark.label, fill=_AXIS, font=small, anchor="rm")
        start = right - pen.textlength(mark.label, font=small) - 18 * _FINE
        pen.line([(start, y), (start + 12 * _FINE, y)], fill=mark.colour, width=int(1.5 * _FINE))
        y -= 14.0 * _FINE
