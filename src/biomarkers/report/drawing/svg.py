"""A matplotlib figure as SVG and PDF: the same bytes every time, text as text."""

import io
import re

from markupsafe import Markup, escape
from matplotlib.figure import Figure

from biomarkers.report.drawing.fonts import font_families

# Where a reader lacks one font, the next; all are as narrow as the one the figure was laid out in.
FONTS = "Arial, Helvetica, 'Liberation Sans', 'DejaVu Sans', sans-serif"

# Points; wider figures get a row of their own on the page.
_WIDE = 300.0

# Of a page, to a point of a figure.
_PIXELS = 1.85

_ROOT = re.compile(r"<svg\b[^>]*>")
_CHATTER = re.compile(
    r"<!--.*?-->|<metadata>.*?</metadata>|<style[^>]*>.*?</style>|\s*<defs>\s*</defs>", re.DOTALL
)
_VIEW_BOX = re.compile(r'viewBox="([^"]+)"')
_COORDINATES = re.compile(r'\bd="[^"]*"|(?:translate|rotate)\([^)]*\)|\s[xy]="[^"]*"')
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_BLANKS = re.compile(r"\s*\n\s*")


def to_svg(figure: Figure, *, description: str, name: str) -> str:
    """Return a figure as an SVG file; call it inside `house_style`.

    Parameters
    ----------
    figure
        What to draw.
    description
        Alternative text: what a screen reader says in place of the picture.
    name
        Unique on a page: ids inside the picture start with it.

    """
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    root = _ROOT.search(text)
    box = _VIEW_BOX.search(root[0]) if root else None
    if root is None or box is None:
        raise RuntimeError("matplotlib wrote an SVG without a viewBox")
    inside = _CHATTER.sub("", text[root.end() :]).replace("xlink:href", "href")
    inside = _COORDINATES.sub(lambda part: _LONG_NUMBER.sub(_shorter, part[0]), inside)
    inside = inside.replace(", ".join(f"'{family}'" for family in font_families()), FONTS)
    for reference in (' id="', ' href="#', "url(#"):
        inside = inside.replace(reference, f"{reference}{name}-")
    _, _, width, height = box[1].split()
    wide = ' data-wide=""' if float(width) > _WIDE else ""
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{width}pt" '
        f'height="{height}pt" viewBox="{box[1]}" aria-label="{escape(description)}" '
        f'stroke-linejoin="round" stroke-linecap="butt"{wide}>'
    )
    return head + _BLANKS.sub("\n", inside).strip() + "\n"


def embedded(svg: str) -> Markup:
    """Return a file of `to_svg` as it stands in a page; matplotlib has escaped every text in it."""
    box = _VIEW_BOX.search(svg)
    # Type is as large in every figure: 7.5 points of it are 14 pixels.
    size = f' style="max-width:{_PIXELS * float(box[1].split()[2]):.0f}px"' if box else ""
    return Markup(
        re.sub(
            r' xmlns="[^"]*" role="img" width="[^"]*" height="[^"]*"',
            f'{size} role="img"',
            svg,
            count=1,
        )
    )


def to_pdf(figure: Figure, *, description: str) -> bytes:
    """Return a figure as PDF, its letters embedded as text; call it inside `house_style`."""
    stream = io.BytesIO()
    metadata = {"Title": description, "CreationDate": None, "Creator": None, "Producer": None}
    figure.savefig(stream, format="pdf", metadata=metadata)
    return stream.getvalue()


def _shorter(number: re.Match[str]) -> str:
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")
