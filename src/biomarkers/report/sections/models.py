"""The model of all visits: its means, and what it says of the differences."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from biomarkers.report.blocks import Table, joined, side_by_side, table
from biomarkers.report.drawing.forest import ForestRow, draw_forest
from biomarkers.report.drawing.groups import draw_group_means
from biomarkers.report.figure_files import FigureFile
from biomarkers.report.page import Page, SectionMaker
from biomarkers.report.section import Section
from biomarkers.report.view import Series, View, records, visit_label
from biomarkers.report.words import capitalised, decimal, p_equals, p_value, significant


def models_section(page: Page) -> Section | None:
    """Build the section; None where the plan asked for no model."""
    view = page.view
    if view.table("model_contrasts") is None:
        return None
    pictures = [picture for series in view.shown for picture in _pictures(page, series)]
    return Section("Model of all visits", "models", joined(side_by_side(pictures), _table(view)))


def _pictures(page: Page, series: Series) -> list[Markup]:
    view = page.view
    means, contrasts = view.rows("model_means", series), view.rows("model_contrasts", series)
    figures = []
    if (means["visit"] != "").any():
        caption = (
            f"{series.label}: means of the model at each visit, with {view.confidence} intervals."
        )
        figure = draw_group_means(view, series, "model_means", mean="estimate")
        figures.append(FigureFile(f"{series.slug}-model-means", figure, caption, caption))
    rows = [_forest_row(view, row) for row in records(contrasts)]
    if rows:
        caption = (
            f"{series.label}: differences between the groups in the model, with "
            f"{view.confidence} intervals; filled where adjusted p ≤ "
            f"{view.plan.separation.alpha:g}."
        )
        figure = draw_forest(rows, axis=f"{series.quantity}: difference")
        figures.append(FigureFile(f"{series.slug}-model-contrasts", figure, caption, caption))
    return [page.picture(figure) for figure in figures]


def _forest_row(view: View, row: Mapping[str, Any]) -> ForestRow:
    return ForestRow(
        label=f"{visit_label(view.visit(row['visit']))}: {row['contrast']}"
        if row["visit"]
        else row["contrast"],
        estimate=row["estimate"],
        low=row["low"],
        high=row["high"],
        beside=f"{significant(row['estimate'])} ({significant(row['low'])} to "
        f"{significant(row['high'])}), p {p_equals(row['p_adjusted'])}",
        filled=row["p_adjusted"] <= view.plan.separation.alpha,
    )


def _table(view: View) -> Markup:
    """Return every contrast of every series."""
    groups: list[tuple[str, list[list[str]]]] = []
    marks: set[tuple[int, int]] = set()
    for series in view.series:
        rows = records(view.rows("model_contrasts", series))
        if not rows:
            continue
        for place, row in enumerate(rows):
            if row["p_adjusted"] <= view.plan.separation.alpha:
                marks.add((len(groups), place))
        groups.append((series.label, [_cells(view, row) for row in rows]))
    columns = [
        "Visit", "Contrast", "#Difference", "#SE", "#df", f"#{view.confidence} CI", "#p",
        "#adjusted p",
    ]  # fmt: skip
    caption = (
        "Differences between the groups in the model, on the scale of the change. A bar marks "
        f"adjusted p ≤ {view.plan.separation.alpha:g}"
    )
    return table(Table("model-contrasts", caption, columns, groups, frozenset(marks)))


def _cells(view: View, row: Mapping[str, Any]) -> list[str]:
    return [
        capitalised(visit_label(view.visit(row["visit"]))) if row["visit"] else "Slope",
        row["contrast"],
        significant(row["estimate"]),
        significant(row["se"]),
        decimal(row["df"], 1),
        f"{significant(row['low'])} to {significant(row['high'])}",
        p_value(row["p_value"]),
        p_value(row["p_adjusted"]),
    ]


SECTION = SectionMaker(40, models_section)
