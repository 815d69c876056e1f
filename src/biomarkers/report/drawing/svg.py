"""From a matplotlib figure to SVG that can stand inside a page: deterministic, light, described.

Text is drawn as outlines of the font matplotlib ships, so a figure looks the same on every
machine and needs nothing from outside the file.
"""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files

import matplotlib as mpl
from markupsafe import Markup, escape
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

INK = "#1b2733"
MUTED = "#5b6875"

_STYLE = files("biomarkers.report") / "templates" / "report.mplstyle"

_ROOT = re.compile(r"<svg\b[^>]*>")
_CHATTER = re.compile(
    r"<!--.*?-->|<metadata>.*?</metadata>|<style[^>]*>.*?</style>|\s*<defs>\s*</defs>", re.DOTALL
)
_VIEW_BOX = re.compile(r'viewBox="([^"]+)"')
_COORDINATES = re.compile(r'\bd="[^"]*"|translate\([^)]*\)|\s[xy]="[^"]*"')
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_BLANKS = re.compile(r"\s*\n\s*")


@contextmanager
def house_style() -> Iterator[None]:
    """Draw with the style of the report, whatever the reader's matplotlibrc says."""
    with mpl.rc_context():
        mpl.rcdefaults()
        with as_file(_STYLE) as path:
            mpl.rcParams.update(mpl.rc_params_from_file(path, use_default_template=False))
        yield


def new_figure(
    width: float, height: float, *, left: float, right: float, below: float
) -> tuple[Figure, Axes]:
    """Return a figure that no window or global state knows of, and its axes.

    Sizes are in inches. The margins are given and not fitted, so that figures side by side, and
    one below the other, line up.
    """
    figure = Figure(figsize=(width, height))
    FigureCanvasSVG(figure)
    top = 0.3
    box = (left / width, below / height, 1 - (left + right) / width, 1 - (top + below) / height)
    return figure, figure.add_axes(box)


def to_svg(figure: Figure, *, description: str, name: str) -> Markup:
    """Return a figure as an `<svg>` element; call it inside `house_style`.

    Parameters
    ----------
    figure
        What to draw.
    description
        Alternative text: what a screen reader says in place of the picture.
    name
        Unique on the page: ids inside the picture start with it.

    """
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    text = _CHATTER.sub("", stream.getvalue())
    root = _ROOT.search(text)
    box = _VIEW_BOX.search(root[0]) if root else None
    if root is None or box is None:
        raise RuntimeError("matplotlib wrote an SVG without a viewBox")
    inside = text[root.end() :].replace("xlink:href", "href")
    inside = _COORDINATES.sub(lambda part: _LONG_NUMBER.sub(_shorter, part[0]), inside)
    for reference in (' id="', ' href="#', "url(#"):
        inside = inside.replace(reference, f"{reference}{name}-")
    head = f'<svg role="img" viewBox="{box[1]}" aria-label="{escape(description)}">'
    # Every text of the figure is an outline by now: nothing a user wrote is left in it.
    return Markup(head + _BLANKS.sub("\n", inside).strip())


def plain(text: str) -> str:
    """Return a text in which matplotlib will not read a dollar sign as mathematics."""
    return text.replace("$", r"\$")


def _shorter(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")
