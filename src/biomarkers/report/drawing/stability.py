"""How often bootstrap samples of the subjects choose each visit as the earliest."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from biomarkers.report.drawing.style import ACCENT, FAINT, INK, MUTED, house_style, new_figure
from biomarkers.report.view import Series, View, visit_label

NEVER = "none"


def draw_stability(view: View, series: Sequence[Series]) -> Figure:
    """Draw one row per series and one bar per visit; the visit that was chosen is filled."""
    visits = [*(visit.name for visit in view.plan.follow_ups), ""]
    longest = max((len(each.label) for each in series), default=0)
    left = min(0.15 + 0.06 * longest, 2.4)
    height = 0.5 + 0.32 * len(series)
    with house_style():
        figure, axes = new_figure(7.0, height, left=left, above=0.32, below=0.05, axis=True)
        axes.set(xlim=(-0.05, len(visits)), ylim=(len(series) - 0.35, -0.65))
        for place, each in enumerate(series):
            rows = view.rows("stability", each)
            shares = dict(zip(rows["visit"], rows["share"], strict=True))
            for column, name in enumerate(visits):
                share = float(shares.get(name, 0.0))
                colour = ACCENT if name and name == each.first else MUTED if name else FAINT
                axes.barh(place, 0.72 * share, left=column, height=0.6, color=colour, zorder=2)
                axes.barh(place, 0.72, left=column, height=0.6, color=FAINT, alpha=0.35, zorder=1)
                axes.text(
                    column + 0.74, place, f"{100 * share:.0f} %", va="center", fontsize=6.5,
                    color=INK,
                )  # fmt: skip
        axes.set_yticks(range(len(series)), [_short(each.label) for each in series])
        names = [visit_label(view.visit(name)) if name else NEVER for name in visits]
        axes.set_xticks(range(len(visits)), names)
        for label in axes.get_xticklabels():
            label.set(ha="left")
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
    return figure


def _short(label: str) -> str:
    return label if len(label) <= 38 else f"{label[:37]}…"
