"""Several biomarkers as one rule, against the best one alone."""

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from biomarkers.plan import series_label
from biomarkers.report.blocks import Table, joined, table
from biomarkers.report.drawing.forest import ForestRow, draw_forest
from biomarkers.report.figure_files import FigureFile
from biomarkers.report.page import Page, SectionMaker
from biomarkers.report.section import Section
from biomarkers.report.view import View, records, visit_label
from biomarkers.report.words import capitalised, decimal, interval, is_number, p_value


def combination_section(page: Page) -> Section | None:
    """Build the section; None where the plan asked for no combination."""
    view = page.view
    if view.table("combination") is None:
        return None
    body = joined(_table(view), _terms(page))
    return Section("Biomarkers combined", "combination", body)


def _table(view: View) -> Markup:
    columns = [
        "Visit", "Rule", "#n", "#AUC, cross-validated", f"#{view.confidence} CI", "#p",
        "#AUC, apparent", "#Gain", "#p of the gain",
    ]  # fmt: skip
    rows = [_cells(view, row) for row in records(view.results.tables["combination"])]
    caption = (
        f"How well several biomarkers together tell {view.positive} from {view.negative}: judged "
        "on subjects that the rule was not made from (cross-validated), and on its own (apparent)"
    )
    return table(Table("combination-rules", caption, columns, [("", rows)]))


def _cells(view: View, row: Mapping[str, Any]) -> list[str]:
    permutations = int(row["permutations"])
    combined = row["rule"] == "combination"
    return [
        capitalised(visit_label(view.visit(row["visit"]))),
        "all together" if combined else row["rule"],
        f"{decimal(row['n_positive'], 0)} and {decimal(row['n_negative'], 0)}",
        decimal(row["auc"], 2),
        interval(row["auc_low"], row["auc_high"]),
        p_value(row["p_value"], permutations),
        decimal(row["auc_apparent"], 2),
        decimal(row["gain"], 2) if combined else "",
        p_value(row["p_gain"], permutations) if combined else "",
    ]


def _terms(page: Page) -> Markup:
    terms = page.view.table("combination_terms")
    if terms is None:
        return Markup()
    rows = [
        ForestRow(
            _term(row["term"]),
            row["coefficient"],
            row["coefficient_low"],
            row["coefficient_high"],
            f"{decimal(row['coefficient'], 2)}; alone AUC {decimal(row['auc'], 2)}",
            filled=row["coefficient_low"] > 0 or row["coefficient_high"] < 0,
        )
        for row in records(terms)
        if is_number(row["coefficient"])
    ]
    caption = (
        "What the combined rule is made of: coefficients of the standardised changes, with "
        f"{page.view.confidence} intervals; filled where the interval leaves out zero. Beside "
        "them the AUC of each biomarker alone."
    )
    figure = draw_forest(rows, axis="Coefficient per SD of the change")
    return page.picture(FigureFile("combination-terms", figure, caption, caption))


def _term(name: str) -> str:
    biomarker, _, region = name.removesuffix(")").partition(" (")
    return series_label(biomarker, region)


SECTION = SectionMaker(52, combination_section)
