"""How often bootstrap samples of the subjects choose each visit as the earliest."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from biomarkers.report.drawing.style import ACCENT, FAINT, INK, MUTED, house_style, new_figure
from biomarkers.report.view import Series, View, is_day, visit_label
from biomarkers.report.words import shortened

NEVER = "none"
_WORDED = 10  # visits that have room for the word `day`


def draw_stability(view: View, series: Sequence[Series]) -> Figure:
    """Draw one row per series and one bar per visit; the visit that was chosen is filled."""
    visits = [*(visit.name for visit in view.plan.follow_ups), ""]
    longest = max((len(each.label) for each in series), default=0)
    left = min(0.15 + 0.06 * longest, 2.4)
    height = 0.42 + 0.36 * len(series)
    with house_style():
        figure, axes = new_figure(7.0, height, left=left, above=0.3, below=0.05, axis=True)
        axes.set(xlim=(-0.05, len(visits)), ylim=(len(series) - 0.45, -0.55))
        for place, each in enumerate(series):
            rows = view.rows("stability", each)
            shares = dict(zip(rows["visit"], rows["share"], strict=True))
            for column, name in enumerate(visits):
                chosen = bool(name) and name == each.first
                _cell(axes, (column, place), float(shares.get(name, 0.0)), chosen=chosen)
        axes.set_yticks(range(len(series)), [_short(each.label) for each in series])
        axes.set_xticks(range(len(visits)), _names(view))
        for label in axes.get_xticklabels():
            label.set(ha="left")
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
    return figure


def _cell(axes: Axes, corner: tuple[int, int], share: float, *, chosen: bool) -> None:
    """Draw a share as a bar, and its number above it, so that a narrow cell holds both."""
    column, place = corner
    axes.barh(place + 0.2, 0.9, left=column, height=0.2, color=FAINT, alpha=0.5, zorder=1)
    axes.barh(
        place + 0.2, 0.9 * share, left=column, height=0.2, color=ACCENT if chosen else MUTED,
        zorder=2,
    )  # fmt: skip
    axes.text(
        column, place - 0.12, f"{100 * share:.0f} %", va="center", fontsize=6.5,
        color=INK if share else MUTED, fontweight="bold" if chosen else "normal",
    )  # fmt: skip


def _names(view: View) -> list[str]:
    """Return what stands over the columns; of many days the number alone, after the first."""
    visits = view.plan.follow_ups
    bare = len(visits) > _WORDED and all(is_day(visit) for visit in visits)
    return [
        visit.name if bare and place else shortened(visit_label(visit))
        for place, visit in enumerate(visits)
    ] + [NEVER]


def _short(label: str) -> str:
    return label if len(label) <= 38 else f"{label[:37]}…"
