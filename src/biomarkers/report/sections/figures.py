"""A figure per biomarker and region, and a map of all of them when there are several."""

from biomarkers.report.drawing.separation import draw_separation
from biomarkers.report.drawing.trajectories import Drawn, draw_trajectories
from biomarkers.report.section import Section, render
from biomarkers.report.sections.headline import anchor
from biomarkers.report.view import CHANGE_WORDS, Series, View, at_visit, mark, visit_label
from biomarkers.report.words import capitalised, count, decimal, interval

# Up to so many figures all stand open; beyond it those that never separate are folded.
OPEN_FIGURES = 8


def figures_section(view: View) -> Section:
    """Build the section."""
    crowded = len(view.series) > OPEN_FIGURES
    panels = [
        _panel(view, series, name=f"f{place}", folded=crowded and not series.first)
        for place, series in enumerate(view.series)
    ]
    overview = [(series, anchor(series), _map_row(view, series)) for series in view.series]
    context = {
        "overview": overview if len(view.series) > 1 else [],
        "visits": [visit_label(visit) for visit in view.plan.follow_ups],
        "classes": view.classes,
        "reading": _how_to_read(view),
        "panels": sorted(panels, key=lambda panel: bool(panel["folded"])),
        "alpha": view.plan.separation.alpha,
    }
    return Section("Biomarkers over time", "figures", render("figures.html.j2", context))


def _panel(view: View, series: Series, *, name: str, folded: bool) -> dict[str, object]:
    """Return the two pictures of one series, with heading and caption."""
    drawn = draw_trajectories(view, series, name=f"{name}t")
    separates = f"separates {at_visit(view.visit(series.first))}" if series.first else ""
    return {
        "anchor": anchor(series),
        "title": series.label,
        "verdict": separates or "no separation",
        "trajectories": drawn.svg,
        "separation": draw_separation(view, series, name=f"{name}s"),
        "caption": _caption(view, series, drawn),
        "folded": folded,
    }


def _map_row(view: View, series: Series) -> list[dict[str, str] | None]:
    """One cell per follow-up visit; None where there was no test."""
    rows = {row["visit"]: row for _, row in view.rows("separation", series).iterrows()}
    return [
        None
        if row is None
        else {
            "auc": decimal(row["auc"], 2),
            "interval": interval(row["auc_low"], row["auc_high"]),
            "mark": mark(row, series),
        }
        for row in (rows.get(visit.name) for visit in view.plan.follow_ups)
    ]


def _how_to_read(view: View) -> str:
    return (
        "Left: the change from baseline. A thin line is one subject, on the days it was measured "
        f"({view.positive} solid, {view.negative} dashed); thick lines are class means with "
        f"{view.confidence} t intervals. Right: AUC with {view.confidence} intervals. A triangle "
        f"points the way subjects with {view.positive} go, and is filled where adjusted p ≤ "
        f"{view.plan.separation.alpha:g}; the earliest such visit wears a ring; the dotted line "
        "is chance."
    )


def _caption(view: View, series: Series, drawn: Drawn) -> str:
    baseline = visit_label(view.visit(view.plan.baseline))
    sentences = [f"{capitalised(CHANGE_WORDS[series.change])} from {baseline}."]
    if series.change == "percent":
        sentences.append("Class means and intervals are those of the log ratio, turned back.")
    if drawn.beyond:
        sentences.append(
            f"Open triangles at the edge: {count(drawn.beyond, 'measurement')} whose change is "
            "infinite (a value of zero has a log ratio of −∞); the class has no mean there."
        )
    if drawn.cut:
        sentences.append("An interval that runs past the axis is cut there.")
    return " ".join(sentences)
