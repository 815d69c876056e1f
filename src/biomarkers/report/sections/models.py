"""The model of all visits: its means, and what it says of the differences."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from biomarkers.report.blocks import Table, joined, side_by_side, table
from biomarkers.report.drawing.forest import ForestRow, draw_forest
from biomarkers.report.figure_files import FigureFile
from biomarkers.report.page import Page, SectionMaker
from biomarkers.report.section import Section
from biomarkers.report.sections.group_pictures import group_picture
from biomarkers.report.view import Series, View, records, visit_label, visit_of_interest
from biomarkers.report.words import capitalised, decimal, p_equals, p_value, significant


def models_section(page: Page) -> Section | None:
    """Build the section; None where the plan asked for no model."""
    view = page.view
    if view.table("model_contrasts") is None:
        return None
    pictures = [picture for series in view.shown for picture in _pictures(page, series)]
    return Section("Model of all visits", "models", joined(side_by_side(pictures), _table(view)))


def _pictures(page: Page, series: Series) -> Iterator[Markup]:
    view = page.view
    if (view.rows("model_means", series)["visit"] != "").any():
        yield group_picture(
            page, series, "model_means", mean="estimate", name="model-means",
            what=f"{series.label}: means of the model at each visit",
        )  # fmt: skip
    rows = _drawn(view, series)
    if rows:
        forest, between = _forest(view, rows)
        caption = (
            f"{series.label}: differences in the model ({between}), with {view.confidence} "
            "intervals, on the scale of the change; filled where adjusted p ≤ "
            f"{view.plan.separation.alpha:g}."
        )
        figure = draw_forest(forest, axis=f"Difference ({_SCALES[series.change].format(series)})")
        yield page.picture(FigureFile(f"{series.slug}-model-contrasts", figure, caption, caption))


# What differences are counted in, by the kind of change.
_SCALES = {"log_ratio": "ln ratio", "percent": "%", "absolute": "{0.unit}"}


def _drawn(view: View, series: Series) -> list[dict[str, Any]]:
    """Return the contrasts to draw: of two groups at every visit, of more at that of the answer."""
    rows = view.rows("model_contrasts", series)
    wanted = visit_of_interest(view, series)
    if rows["contrast"].nunique() <= 1 or wanted is None or not (rows["visit"] != "").any():
        return records(rows)
    answer = view.visit(wanted).target
    nearest = min(
        dict.fromkeys(rows["visit"]), key=lambda name: abs(view.visit(name).target - answer)
    )
    return records(rows[rows["visit"] == nearest])


def _forest(view: View, rows: Sequence[Mapping[str, Any]]) -> tuple[list[ForestRow], str]:
    """Return a line for each contrast, and what all of them have in common."""
    contrasts = {row["contrast"] for row in rows}
    if len(contrasts) == 1:
        return [_forest_row(view, row, _when(view, row)) for row in rows], _contrast(view, rows[0])
    references = {name for contrast in contrasts for name in contrast.split(" - ")[1:]}
    when = _when(view, rows[0])
    if len(references) == 1 and all(contrast.count(" - ") == 1 for contrast in contrasts):
        names = [view.group_word(row["contrast"].split(" - ")[0]) for row in rows]
        common = f"{when}, each less {view.group_word(references.pop())}"
    else:
        names, common = [_contrast(view, row) for row in rows], when
    lines = [_forest_row(view, row, name) for row, name in zip(rows, names, strict=True)]
    return lines, common[:1].lower() + common[1:]


def _forest_row(view: View, row: Mapping[str, Any], label: str) -> ForestRow:
    return ForestRow(
        label=label,
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
