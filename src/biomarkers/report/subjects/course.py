"""A subject's changes over days, beside those of the two classes.

Axes and classes are the same for all subjects, so they are drawn once: a figure takes a fifth of a
second. The subject itself is a line in it, and the axes of two subjects can be compared.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from biomarkers.report.drawing.axes import LOOKS, limits
from biomarkers.report.drawing.style import INK, house_style
from biomarkers.report.drawing.svg import embedded, to_svg
from biomarkers.report.view import CHANGE_WORDS, Series, View

_MOST, _ACROSS = 6, 3  # panels
_WIDTH, _HEIGHT = 3.0, 2.3  # of a panel, inches
_LEFT, _RIGHT, _ABOVE, _BELOW = 0.22, 0.04, 0.1, 0.81  # edges of its axes, shares of the panel
_POINTS = 72  # to an inch, the unit of an SVG


@dataclass(frozen=True)
class Courses:
    """The classes' means, drawn, and where a subject's changes lie on them.

    Parameters
    ----------
    svg
        The figure without any subject.
    places
        By subject, the points of its line in each panel, (n, 2), in the units of the SVG.
    caption
        What the figure shows.

    """

    svg: Markup
    places: Mapping[str, Sequence[npt.NDArray[np.float64]]]
    caption: str

    def of(self, subject: str) -> Markup:
        """Return the figure with a subject's line in it; empty if nothing of it is known."""
        lines = [line for line in self.places.get(subject, ()) if len(line)]
        if not lines:
            return Markup()
        drawn = Markup("").join(map(_line, lines))
        return Markup(self.svg.strip().removesuffix("</svg>")) + drawn + Markup("</svg>")


def draw_courses(view: View) -> Courses | None:
    """Draw a panel for each series the answer is about, six at most; None if there is none."""
    series = shown_series(view)[:_MOST]
    if not series:
        return None
    across = min(len(series), _ACROSS)
    down = math.ceil(len(series) / across)
    places: dict[str, list[npt.NDArray[np.float64]]] = {}
    with house_style():
        figure = Figure(figsize=(_WIDTH * across, _HEIGHT * down))
        FigureCanvasSVG(figure)
        for place, each in enumerate(series):
            row, column = divmod(place, across)
            axes = figure.add_axes(
                (
                    (column + _LEFT) / across, 1 - (row + _BELOW) / down,
                    (1 - _LEFT - _RIGHT) / across, (_BELOW - _ABOVE) / down,
                )
            )  # fmt: skip
            changes = view.rows("changes", each).dropna(subset=["change"])
            _panel(axes, view, each, changes)
            for subject, points in _points(axes, changes, height=_HEIGHT * down).items():
                places.setdefault(subject, []).append(points)
        names = ", ".join(each.label for each in series)
        svg = to_svg(figure, description=f"Changes over days: {names}.", name="course")
    return Courses(embedded(svg), places, _caption(view, series))


def shown_series(view: View) -> list[Series]:
    """Return the series with a full set of figures, those that separate first."""
    shown = view.results.tables.get("shown")
    if shown is not None:
        names = set(shown[["biomarker", "region"]].itertuples(index=False, name=None))
        return [each for each in view.series if (each.biomarker, each.region) in names]
    return sorted(view.series, key=lambda each: each.first is None)


def _panel(axes: Axes, view: View, series: Series, changes: pd.DataFrame) -> None:
    means = view.rows("class_means", series)
    for positive in (True, False):
        rows = means[means["positive"] == positive].dropna(subset=["mean"])
        days = [view.visit(name).target for name in rows["visit"]]
        look = LOOKS[positive]
        axes.plot(days, rows["mean"], color=look.colour, linestyle=look.line, linewidth=1.4)
        axes.fill_between(
            days, rows["low"], rows["high"], color=look.colour, alpha=0.15, linewidth=0
        )
    visits = [visit.target for visit in view.plan.visits]
    axes.set_xlim(*limits([*visits, *changes["day"]], margin=0.05))
    axes.set_ylim(*limits([0.0, *changes["change"], *means["mean"]]))
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.set_title(series.label)
    axes.set_ylabel(_axis(series))
    axes.set_xlabel("Day")


def _points(
    axes: Axes, changes: pd.DataFrame, *, height: float
) -> dict[str, npt.NDArray[np.float64]]:
    """Return where each subject's changes lie, counted from the top left."""
    scale = _POINTS / axes.figure.dpi
    known = changes[changes["change"].map(math.isfinite)].sort_values("day", kind="stable")
    return {
        str(subject): np.array([0.0, height * _POINTS])
        + axes.transData.transform(rows[["day", "change"]].to_numpy(float)) * [scale, -scale]
        for subject, rows in known.groupby("subject")
    }


def _line(points: npt.NDArray[np.float64]) -> Markup:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.4"/>' for x, y in points)
    # As matplotlib writes it: by these words the page finds ink to lighten where it is dark.
    return Markup(
        f'<g style="fill: {INK}"><polyline points="{path}" style="fill: none; stroke: {INK}; '
        f'stroke-width: 1.5"/>{dots}</g>'
    )


def _axis(series: Series) -> str:
    if series.change == "absolute":
        return f"change ({series.unit})" if series.unit else "change"
    return {"percent": "change (%)", "log_ratio": "ln(ratio to baseline)"}[series.change]


def _caption(view: View, series: Sequence[Series]) -> str:
    kinds = ", ".join(sorted({CHANGE_WORDS[each.change] for each in series}))
    level = view.confidence.replace(" ", "\u00a0")
    return (
        f"{kinds.capitalize()} from baseline. With dots: this subject; solid: mean of "
        f"{view.positive}; dashed: mean of {view.negative}; bands: {level} intervals of the means."
    )
