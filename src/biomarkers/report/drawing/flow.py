"""The flow of subjects through the visits, after the diagrams of STARD and CONSORT."""

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from biomarkers.report.drawing.axes import LOOKS
from biomarkers.report.drawing.style import INK, MUTED, PAPER, house_style, new_figure

_WIDTH, _BOX, _TALL, _STEP = 7.0, 1.7, 0.26, 0.42
_CENTRES = {True: 2.45, False: 4.55}


@dataclass(frozen=True)
class FlowStep:
    """One visit of one class: how many were measured, and why the others were not."""

    visit: str
    positive: bool
    measured: int
    lost: str


@dataclass(frozen=True)
class Flow:
    """What a flow diagram shows.

    Parameters
    ----------
    everyone
        What stands in the box on top.
    left_out
        What stands beside the first arrow; empty where nobody was.
    classes
        Name and number of positives and negatives.
    steps
        In order of the visits.

    """

    everyone: str
    left_out: str
    classes: dict[bool, str]
    steps: Sequence[FlowStep]


def draw_flow(flow: Flow) -> Figure:
    """Draw one box per class and visit, with those who were not measured beside it."""
    visits = list(dict.fromkeys(step.visit for step in flow.steps))
    height = 0.1 + _STEP * (2 + len(visits))
    middle = sum(_CENTRES.values()) / 2
    with house_style():
        figure, axes = new_figure(_WIDTH, height, left=0, right=0, below=0, above=0)
        axes.set(xlim=(0, _WIDTH), ylim=(height, 0))
        axes.set_axis_off()
        _box(axes, middle, 0.05, flow.everyone, INK, wide=2.4)
        if flow.left_out:
            axes.text(middle + 1.35, 0.05 + _TALL / 2, flow.left_out, va="center", fontsize=7)
        for positive, text in flow.classes.items():
            x, look = _CENTRES[positive], LOOKS[positive]
            _arrow(axes, (x, 0.05 + _TALL), (x, 0.05 + _STEP))
            _box(axes, x, 0.05 + _STEP, text, look.colour, bold=True)
        for step in flow.steps:
            top = 0.05 + _STEP * (2 + visits.index(step.visit))
            x, look = _CENTRES[step.positive], LOOKS[step.positive]
            _arrow(axes, (x, top - _STEP + _TALL), (x, top))
            _box(axes, x, top, f"{step.visit}: {step.measured} measured", look.colour)
            if step.lost:
                side = -1 if step.positive else 1
                axes.text(
                    x + side * (_BOX / 2 + 0.08), top + _TALL / 2, step.lost, color=MUTED,
                    fontsize=6.5, ha="right" if step.positive else "left", va="center",
                )  # fmt: skip
    return figure


def _box(
    axes: Axes, x: float, top: float, text: str, colour: str, *, wide: float = _BOX,
    bold: bool = False,
) -> None:  # fmt: skip
    axes.add_patch(
        Rectangle((x - wide / 2, top), wide, _TALL, facecolor=PAPER, edgecolor=colour, linewidth=1)
    )
    axes.text(
        x, top + _TALL / 2, text, ha="center", va="center", fontsize=7.5, color=INK,
        fontweight="bold" if bold else "normal",
    )  # fmt: skip


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.plot(*zip(start, end, strict=True), color=MUTED, linewidth=0.8, zorder=0)
    axes.plot(end[0], end[1] - 0.03, "v", color=MUTED, markersize=3.5, markeredgewidth=0)
