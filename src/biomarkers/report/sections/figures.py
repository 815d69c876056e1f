"""The figures of each biomarker and region, and a map of all of them when there are several."""

from markupsafe import Markup

from biomarkers.report.drawing.dots import draw_dots, draw_waterfall
from biomarkers.report.drawing.multiples import MOST_PANELS, draw_multiples
from biomarkers.report.drawing.separation import describe_separation, draw_separation
from biomarkers.report.drawing.trajectories import Drawn, draw_trajectories
from biomarkers.report.figure_files import FigureFile
from biomarkers.report.page import Page, SectionMaker
from biomarkers.report.section import Section, render
from biomarkers.report.sections.headline import anchor
from biomarkers.report.view import (
    CHANGE_WORDS,
    Series,
    View,
    at_visit,
    mark,
    records,
    visit_label,
    visit_of_interest,
)
from biomarkers.report.words import capitalised, count, decimal, interval

# Up to so many series all stand open; beyond it those that never separate are folded.
OPEN_SERIES = 8


def figures_section(page: Page) -> Section:
    """Build the section."""
    view = page.view
    crowded = len(view.shown) > OPEN_SERIES
    panels = [_panel(page, series, folded=crowded and not series.first) for series in view.shown]
    if page.figures.extent == "all":
        for series in view.rest:
            _pictures(page, series)
    shown = set(view.shown)
    context = {
        "overview": [
            (series, anchor(series) if series in shown else "", _map_row(view, series))
            for series in view.series
        ]
        if len(view.series) > 1
        else [],
        "visits": [visit_label(visit) for visit in view.plan.follow_ups],
        "panels": sorted(panels, key=lambda panel: bool(panel["folded"])),
        "multiples": [
            _multiples(page, batch, number)
            for number, batch in enumerate(_batches(view.rest), start=1)
        ],
        "rest": len(view.rest),
        "alpha": view.plan.separation.alpha,
    }
    return Section("Biomarkers over time", "figures", render("figures.html.j2", context))


def _panel(page: Page, series: Series, *, folded: bool) -> dict[str, object]:
    """Return the pictures of one series with its heading."""
    view = page.view
    separates = f"separates {at_visit(view.visit(series.first))}" if series.first else ""
    return {
        "anchor": anchor(series),
        "title": series.label,
        "verdict": separates or "no separation",
        "pictures": _pictures(page, series),
        "folded": folded,
    }


def _pictures(page: Page, series: Series) -> list[Markup]:
    view = page.view
    drawn = draw_trajectories(view, series)
    figures = [
        FigureFile(
            f"{series.slug}-change",
            drawn.figure,
            _caption(view, series, drawn),
            f"{series.label}: change from baseline of every {view.noun} over days, and means of "
            f"{view.positive} and of {view.negative}.",
        ),
        FigureFile(
            f"{series.slug}-auc",
            draw_separation(view, series),
            f"{series.label}: AUC at each visit with {view.confidence} intervals. A triangle "
            f"points the way {view.positive} go, and is filled where adjusted p ≤ "
            f"{view.plan.separation.alpha:g}; the earliest such visit wears a ring.",
            describe_separation(view, series),
        ),
    ]
    visit = visit_of_interest(view, series)
    if visit is not None:
        figures += _at_visit(view, series, visit)
    return [page.picture(figure) for figure in figures]


def _at_visit(view: View, series: Series, visit: str) -> list[FigureFile]:
    when = at_visit(view.visit(visit))
    why = "" if series.first else ", the visit nearest to separating"
    return [
        FigureFile(
            f"{series.slug}-dots",
            draw_dots(view, series, visit),
            f"{series.label}: the change of every {view.noun} {when}{why}, with class means and "
            f"{view.confidence} t intervals.",
            f"{series.label}: changes of {view.positive} and {view.negative} {when}, as dots.",
        ),
        FigureFile(
            f"{series.slug}-waterfall",
            draw_waterfall(view, series, visit),
            f"{series.label}: every {view.noun}'s change {when}, from the largest to the smallest.",
            f"{series.label}: one bar per {view.noun} {when}, in order of the change.",
        ),
    ]


def _batches(series: tuple[Series, ...]) -> list[tuple[Series, ...]]:
    return [series[first : first + MOST_PANELS] for first in range(0, len(series), MOST_PANELS)]


def _multiples(page: Page, series: tuple[Series, ...], number: int) -> Markup:
    view = page.view
    caption = (
        f"Class means of {count(len(series), 'further series')} over the visits, each on its own "
        f"scale; grey: no change. {capitalised(view.positive)} solid, {view.negative} dashed."
    )
    return page.picture(
        FigureFile(f"small-multiples-{number}", draw_multiples(view, series), caption, caption)
    )


def _map_row(view: View, series: Series) -> list[dict[str, str] | None]:
    """One cell per follow-up visit; None where there was no test."""
    rows = {row["visit"]: row for row in records(view.rows("separation", series))}
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


def _caption(view: View, series: Series, drawn: Drawn) -> str:
    baseline = visit_label(view.visit(view.plan.baseline))
    sentences = [
        f"{series.label}: {CHANGE_WORDS[series.change]} from {baseline}. A thin line is one "
        f"{view.noun}, thick lines are class means with {view.confidence} t intervals."
    ]
    if series.change == "percent":
        sentences.append("Class means and intervals are those of the log ratio, turned back.")
    if drawn.band:
        sentences.append("Grey: the change that repeatability alone explains (95 %).")
    if drawn.beyond:
        sentences.append(
            f"Open triangles at the edge: {count(drawn.beyond, 'measurement')} whose change is "
            "infinite (a value of zero has a log ratio of −∞); the class has no mean there."
        )
    if drawn.cut:
        sentences.append("An interval that runs past the axis is cut there.")
    return " ".join(sentences)


SECTION = SectionMaker(12, figures_section)
