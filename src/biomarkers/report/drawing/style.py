"""The look of every figure: type, colours, sizes; the same on every machine."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.resources import as_file, files
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from biomarkers.report.drawing.fonts import font_families

# Inches. Two figures fill a page of 180 mm, one a column of 85 mm.
WIDTH, HEIGHT = 3.4, 2.7

# The style sheet gives each of these another shade on a dark page (report.css).
INK, MUTED, FAINT, PAPER = "#1b2733", "#5b6875", "#d8dee4", "#ffffff"
POSITIVE, NEGATIVE, ACCENT, WARM = "#0a5ca8", "#b8500c", "#3d3a7c", "#8a5a00"

_STYLE = files("biomarkers.report") / "templates" / "report.mplstyle"


@contextmanager
def house_style() -> Iterator[None]:
    """Draw with the style of the report, whatever the reader's matplotlibrc says."""
    if mpl.rcParams["font.family"] == list(font_families()):
        yield  # in force already
        return
    with mpl.rc_context():
        # Checked once already: 300 settings need not be so again for every figure.
        dict.update(mpl.rcParams, _settings())  # type: ignore[misc]
        yield


@cache
def _settings() -> Mapping[str, Any]:
    with mpl.rc_context():
        mpl.rcdefaults()
        with as_file(_STYLE) as path:
            mpl.rcParams.update(mpl.rc_params_from_file(path, use_default_template=False))
        mpl.rcParams["font.family"] = list(font_families())
        return {name: value for name, value in mpl.rcParams.items() if "backend" not in name}


_USUAL_ABOVE = 0.6  # inches: two names, one above the other, and some air


def new_figure(
    width: float = WIDTH,
    height: float = HEIGHT,
    *,
    left: float = 0.55,
    right: float = 0.12,
    below: float = 0.42,
    above: float = 0.25,
    axis: bool = False,
) -> tuple[Figure, Axes]:
    """Return a figure that no window or global state knows of, and its axes.

    Sizes are in inches. The margins are given and not fitted, so that figures side by side, and
    one below the other, line up; what needs much room above makes the figure higher. Ticks are
    drawn by `drawing.ticks`, or, with `axis`, by matplotlib.
    """
    height += max(0.0, above - _USUAL_ABOVE)
    figure = Figure(figsize=(width, height))
    FigureCanvasSVG(figure)
    box = (left / width, below / height, 1 - (left + right) / width, 1 - (above + below) / height)
    axes = figure.add_axes(box)
    axes.set_autoscale_on(False)
    axes.xaxis.set_visible(axis)
    axes.yaxis.set_visible(axis)
    return figure, axes
