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
    alone = contrasts["contrast"].nunique() == 1 if len(contrasts) else False
    rows = [_forest_row(view, row, alone=alone) for row in records(contrasts)]
    if rows:
        between = _contrast(view, records(contrasts)[0]) if alone else "the groups"
        caption = (
            f"{series.label}: differences in the model ({between}), with {view.confidence} "
            "intervals, on the scale of the change; filled where adjusted p ≤ "
            f"{view.plan.separation.alpha:g}."
        )
        figure = draw_forest(rows, axis=f"Difference ({_SCALES[series.change].format(series)})")
        figures.append(FigureFile(f"{series.slug}-model-contrasts", figure, caption, caption))
    return [page.picture(figure) for figure in figures]


# What differences are counted in, by the kind of change.
_SCALES = {"log_ratio": "ln ratio", "percent": "%", "absolute": "{0.unit}"}


def _forest_row(view: View, row: Mapping[str, Any], *, alone: bool) -> ForestRow:
    return ForestRow(
        label=_when(view, row) if alone else f"{_when(view, row)}: {_contrast(view, row)}",
        estimate=row["estimate"],
        low=row["low"],
        high=row["high"],
        beside=f"{significant(row['estimate'], 3)}, p {p_equals(row['p_adjusted'])}",
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
        "Visit", "Contrast", "#Difference", f"#{view.confidence} CI", "#df", "#p", "#adjusted p",
    ]  # fmt: skip
    caption = (
        "Differences between the groups in the model, on the scale of the change. A bar marks "
        f"adjusted p ≤ {view.plan.separation.alpha:g}"
    )
    return table(Table("model-contrasts", caption, columns, groups, frozenset(marks)))


def _cells(view: View, row: Mapping[str, Any]) -> list[str]:
    return [
        _when(view, row),
        _contrast(view, row),
        significant(row["estimate"], 3),
        f"{significant(row['low'], 3)} to {significant(row['high'], 3)}",
        decimal(row["df"], 1),
        p_value(row["p_value"]),
        p_value(row["p_adjusted"]),
    ]


def _when(view: View, row: Mapping[str, Any]) -> str:
    return capitalised(visit_label(view.visit(row["visit"]))) if row["visit"] else "Change per day"


def _contrast(view: View, row: Mapping[str, Any]) -> str:
    return " − ".join(view.group_word(name) for name in row["contrast"].split(" - "))


SECTION = SectionMaker(40, models_section)
