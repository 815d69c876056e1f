"""ROC curves, and the cut-offs with what they are worth, as chosen and corrected for it."""

import math
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from biomarkers.report.blocks import Table, joined, side_by_side, table
from biomarkers.report.drawing.roc import draw_roc
from biomarkers.report.figure_files import FigureFile
from biomarkers.report.page import Page, SectionMaker
from biomarkers.report.section import Section
from biomarkers.report.view import Series, View, at_visit, records, visit_label, visit_of_interest
from biomarkers.report.words import ABSENT, capitalised, decimal, interval, is_number, significant

_RULES = {
    "youden": "largest sum of sensitivity and specificity (Youden)",
    "sensitivity": "best specificity at the sensitivity asked for",
    "specificity": "best sensitivity at the specificity asked for",
    "cost": "least expected cost",
}


def accuracy_section(page: Page) -> Section | None:
    """Build the section; None where the results hold no ROC curves."""
    view = page.view
    if view.table("roc_points") is None:
        return None
    pictures = [
        _picture(page, series, visit)
        for series in view.shown
        if len(view.rows("roc_points", series)) and (visit := visit_of_interest(view, series))
    ]
    return Section("Diagnostic accuracy", "accuracy", joined(side_by_side(pictures), _table(view)))


def _picture(page: Page, series: Series, visit: str) -> Markup:
    view = page.view
    chosen = [row for row in records(view.rows("cutoffs", series)) if row["visit"] == visit]
    caption = (
        f"{series.label}: empirical ROC curve {at_visit(view.visit(visit))} (thick), and those of "
        f"other visits.{' ' + _at_cutoff(view, series, chosen[0]) if chosen else ''}"
    )
    figure = draw_roc(view, series, visit)
    return page.picture(FigureFile(f"{series.slug}-roc", figure, caption, caption))


def _at_cutoff(view: View, series: Series, row: Mapping[str, Any]) -> str:
    corrected = is_number(row["sensitivity_corrected"])
    return (
        f"Dot: the cut-off {cut_off_words(series, row)} ({_RULES.get(row['rule'], row['rule'])}) "
        f"has sensitivity {decimal(row['sensitivity'], 2)} ({view.confidence} CI "
        f"{interval(row['sensitivity_low'], row['sensitivity_high'])}) and specificity "
        f"{decimal(row['specificity'], 2)} ({view.confidence} CI "
        f"{interval(row['specificity_low'], row['specificity_high'])})"
        + (
            f"; circle: {decimal(row['sensitivity_corrected'], 2)} and "
            f"{decimal(row['specificity_corrected'], 2)} once corrected for the choice."
            if corrected
            else "."
        )
    )


def _table(view: View) -> Markup:
    groups = [
        (series.label, [_cells(view, series, row) for row in records(view.rows("cutoffs", series))])
        for series in view.series
        if len(view.rows("cutoffs", series))
    ]
    if not groups:
        return Markup()
    rules = view.results.tables["cutoffs"]["rule"]
    columns = [
        "Visit", "Cut-off", f"#Sensitivity ({view.confidence} CI)", "#corrected",
        f"#Specificity ({view.confidence} CI)", "#corrected", "#AUC", "#corrected",
    ]  # fmt: skip
    caption = (
        f"Cut-offs of the change that tell {view.positive} from {view.negative}, by the "
        f"{' and the '.join(sorted({_RULES.get(rule, rule) for rule in rules}))}: as found in "
        f"these {view.noun}s, and corrected for having been chosen in them"
    )
    return table(Table("cutoffs", caption, columns, groups))


def _cells(view: View, series: Series, row: Mapping[str, Any]) -> list[str]:
    return [
        capitalised(visit_label(view.visit(row["visit"]))),
        cut_off_words(series, row),
        _share(row, "sensitivity"),
        decimal(row["sensitivity_corrected"], 2),
        _share(row, "specificity"),
        decimal(row["specificity_corrected"], 2),
        decimal(row["auc"], 2),
        decimal(row["auc_corrected"], 2),
    ]


def _share(row: Mapping[str, Any], name: str) -> str:
    return f"{decimal(row[name], 2)} ({interval(row[f'{name}_low'], row[f'{name}_high'])})"


def cut_off_words(series: Series, row: Mapping[str, Any]) -> str:
    """Return a cut-off on the scale of the change, unbroken: `≤ 0.81 times baseline`."""
    value = row["threshold"]
    if not is_number(value):
        return ABSENT
    sign = {"higher": "≥", "lower": "≤"}.get(row["direction"], "")
    if series.change == "log_ratio":
        words = f"{sign} {significant(math.exp(value), 3)} times baseline"
    else:
        unit = "%" if series.change == "percent" else series.unit
        words = f"{sign} {significant(value, 3)} {unit}"
    return words.strip().replace(" ", "\u00a0")


SECTION = SectionMaker(45, accuracy_section)
