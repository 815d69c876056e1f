"""Several biomarkers as one rule, against the best one alone."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from biomarkers.report.blocks import Table, joined, table
from biomarkers.report.drawing.forest import ForestRow, draw_forest
from biomarkers.report.figure_files import FigureFile
from biomarkers.report.page import Page, SectionMaker
from biomarkers.report.section import Section
from biomarkers.report.view import View, biomarker_label, records, visit_label
from biomarkers.report.words import capitalised, decimal, interval, is_number


def combination_section(page: Page) -> Section | None:
    """Build the section; None where the plan asked for no combination."""
    view = page.view
    if view.table("combination") is None:
        return None
    body = joined(_table(view), _terms(page))
    return Section("Biomarkers combined", "combination", body)


def _table(view: View) -> Markup:
    columns = [
        "Visit", "Rule", "#n", "#AUC, cross-validated", f"#{view.confidence} CI", "#apparent",
        "#less optimism", "Best alone", "#its AUC",
    ]  # fmt: skip
    rows = [_cells(view, row) for row in records(view.results.tables["combination"])]
    caption = (
        f"How well several biomarkers together tell {view.positive} from {view.negative}: judged "
        "on subjects that the rule was not made from (cross-validated), and on its own (apparent)"
    )
    return table(Table("combination-rules", caption, columns, [("", rows)]))


def _cells(view: View, row: Mapping[str, Any]) -> list[str]:
    return [
        capitalised(visit_label(view.visit(row["visit"]))),
        row["rule"],
        f"{decimal(row['n_positive'], 0)} and {decimal(row['n_negative'], 0)}",
        decimal(row["auc"], 2),
        interval(row["auc_low"], row["auc_high"]),
        decimal(row["auc_apparent"], 2),
        decimal(row["auc_corrected"], 2),
        biomarker_label(row["best_single"]),
        decimal(row["best_single_auc"], 2),
    ]


def _terms(page: Page) -> Markup:
    terms = page.view.table("combination_terms")
    if terms is None:
        return Markup()
    rows = [
        ForestRow(
            biomarker_label(row["term"]),
            row["coefficient"],
            row["low"],
            row["high"],
            decimal(row["coefficient"], 2)
            + (f", in {100 * row['selected']:.0f} %" if is_number(row["selected"]) else ""),
            filled=is_number(row["low"]) and (row["low"] > 0 or row["high"] < 0),
        )
        for row in records(terms)
        if is_number(row["coefficient"])
    ]
    caption = (
        "What the combined rule is made of: coefficients of the standardised changes, with "
        f"{page.view.confidence} intervals."
    )
    figure = draw_forest(rows, axis="Coefficient per SD of the change")
    return page.picture(FigureFile("combination-terms", figure, caption, caption))


SECTION = SectionMaker(52, combination_section)
