"""Survival by early response, counted from the visit at which the response is known."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup

from biomarkers.plan import series_label
from biomarkers.report.blocks import Table, joined, table, text
from biomarkers.report.drawing.survival import draw_survival
from biomarkers.report.figure_files import FigureFile
from biomarkers.report.page import Page, SectionMaker
from biomarkers.report.section import Section
from biomarkers.report.sections.accuracy import cut_off_words
from biomarkers.report.view import View, records, visit_label
from biomarkers.report.words import ABSENT, decimal, interval, is_number, p_value

_COMPARISONS = {
    "log_rank": "log-rank test",
    "cox": "Cox model of early response",
    "cox_change": "Cox model of the change itself",
}


def survival_section(page: Page) -> Section | None:
    """Build the section; None where the plan asked for no survival."""
    view = page.view
    curves = view.table("survival_curves")
    if curves is None:
        return None
    tests = view.table("survival_tests")
    landmark = "" if tests is None else str(tests["landmark"].iloc[0])
    where = visit_label(view.visit(landmark)) if landmark else "the landmark"
    caption = (
        f"Survival from {where} on, by early response{_marker(view)}; Kaplan–Meier, bands: "
        f"{view.confidence} intervals, ticks: censored."
    )
    figure = draw_survival(curves, axis=f"Days since {where}")
    return Section(
        "Survival by early response",
        "survival",
        joined(
            page.picture(FigureFile("survival", figure, caption, caption)),
            Markup() if tests is None else _table(view, tests),
            text(_groups(view), aside=True),
            text(
                "Counted from the landmark: whoever had the event before it is left out, for one "
                "must live long enough to be seen responding.",
                aside=True,
            ),
        ),
    )


def _settings(view: View) -> Mapping[str, Any]:
    """Return how the analysis was made, as far as it recorded it."""
    made = view.methods.get("analyses", {}).get("survival", {}).get("settings", {})
    return dict(made)


def _groups(view: View) -> str:
    """Say which change is an early response, whose it is like, and that nobody was censored."""
    made = _settings(view)
    key = made.get("biomarker"), made.get("region")
    series = next((each for each in view.series if (each.biomarker, each.region) == key), None)
    if series is None:
        return ""
    limit = cut_off_words(series, made)
    events = "" if made.get("event") else " Every time was taken as an event: no column tells them."
    return f"Early response: a change {limit}, the side of {view.positive}.{events}"


def _marker(view: View) -> str:
    """Name the biomarker that says who responded early, if the analysis recorded it."""
    made = _settings(view)
    name = made.get("biomarker", "")
    return f" of {series_label(name, made.get('region', ''))}" if name else ""


def _table(view: View, tests: pd.DataFrame) -> Markup:
    columns = [
        "Comparison", "#Statistic", "#df", "#p", "#Hazard ratio", f"#{view.confidence} CI", "#n",
        "#Events",
    ]  # fmt: skip
    rows = [_cells(row) for row in records(tests)]
    return table(Table("survival-tests", "How survival differs", columns, [("", rows)]))


def _cells(row: Mapping[str, Any]) -> list[str]:
    known = is_number(row["hazard_ratio"])
    return [
        _COMPARISONS.get(row["comparison"], row["comparison"]),
        decimal(row["statistic"], 2),
        decimal(row["df"], 0),
        p_value(row["p_value"]),
        decimal(row["hazard_ratio"], 2) if known else "",
        interval(row["low"], row["high"]) if known else "",
        decimal(row["n"], 0),
        decimal(row["events"], 0) if is_number(row["events"]) else ABSENT,
    ]


SECTION = SectionMaker(50, survival_section)
