"""The cells of the attendance picture: a shape of its own for every status.

Colours stand in the picture and not in the style sheet, so that it survives being copied out of
the page. All cells of a status are one path, so that a cohort of thousands stays light.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

WIDTH = 30.0

_SLATE, _QUIET, _RED, _DARK = "#4c7a8f", "#8593a1", "#b3261e", "#3b3f46"


@dataclass(frozen=True)
class Cell:
    """Where a status stands: its upper left corner and height, in picture units."""

    status: str
    left: float
    top: float
    height: float


@dataclass(frozen=True)
class Stroke:
    """A path to draw: attributes of SVG and its outline."""

    fill: str
    stroke: str
    width: float
    dash: str
    outline: str


@dataclass(frozen=True)
class _Ink:
    shape: Callable[[Cell], str]
    fill: str = "none"
    stroke: str = "none"
    width: float = 1.0
    dash: str = "none"


def strokes(cells: Iterable[Cell]) -> list[Stroke]:
    """Return the paths that draw `cells`, in the order of the legend."""
    cells = list(cells)
    drawn = []
    for status, inks in _INKS.items():
        mine = [cell for cell in cells if cell.status == status]
        drawn += [
            Stroke(ink.fill, ink.stroke, ink.width, ink.dash, "".join(map(ink.shape, mine)))
            for ink in inks
            if mine
        ]
    return drawn


def _box(cell: Cell, inset: float) -> str:
    across, down = WIDTH - 2 * inset, 0.84 * cell.height - 2 * (inset - 1)
    top = cell.top + 0.08 * cell.height + inset - 1
    return f"M{cell.left + inset:g} {top:.2f}h{across:g}v{down:.2f}h{-across:g}z"


def _body(cell: Cell) -> str:
    return _box(cell, 1.0)


def _frame(cell: Cell) -> str:
    """Return a box whose line of width 1 ends where a filled one would."""
    return _box(cell, 1.5)


def _thread(cell: Cell) -> str:
    return f"M{cell.left + 1:g} {cell.top + cell.height / 2:.2f}h{WIDTH - 2:g}"


def _bar(cell: Cell) -> str:
    return f"M{cell.left + 9:g} {cell.top + cell.height / 2:.2f}h{WIDTH - 18:g}"


def _diagonal(cell: Cell) -> str:
    rise = 0.7 * cell.height
    foot = cell.top + (cell.height + rise) / 2
    return f"M{cell.left + 1.5:g} {foot:.2f}l{WIDTH - 3:g} {-rise:.2f}"


def _cross(cell: Cell) -> str:
    middle, arm = cell.left + WIDTH / 2, 0.26 * cell.height
    top = cell.top + cell.height / 2 - arm
    return f"M{middle - 5:g} {top:.2f}l10 {2 * arm:.2f}M{middle + 5:g} {top:.2f}l-10 {2 * arm:.2f}"


_INKS: Mapping[str, tuple[_Ink, ...]] = {
    "measured": (_Ink(_body, fill=_SLATE),),
    "missing": (_Ink(_frame, fill="#fff", stroke=_QUIET, dash="3 2"),),
    "gone": (_Ink(_thread, stroke="#c3ccd4", width=1.5),),
    "no_baseline": (_Ink(_frame, fill="#dbe7ec", stroke=_SLATE), _Ink(_diagonal, stroke=_SLATE)),
    "no_change": (_Ink(_frame, fill="#dbe7ec", stroke=_SLATE), _Ink(_bar, stroke=_SLATE)),
    "failed_qc": (_Ink(_frame, fill="#fbe3e1", stroke=_RED), _Ink(_cross, stroke=_RED, width=1.6)),
    "excluded": (_Ink(_body, fill=_DARK), _Ink(_bar, stroke="#fff", width=2.0)),
}
