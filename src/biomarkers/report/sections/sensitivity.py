"""Sensitivity analyses of every visit with missing changes."""

from collections.abc import Mapping

import numpy as np

from biomarkers.report.blocks import OPEN_ROWS
from biomarkers.report.page import Page, SectionMaker
from biomarkers.report.section import Section, render
from biomarkers.report.view import Series, View, records, visit_label
from biomarkers.report.words import decimal, interval, p_value

# In the order of the table; what each takes for granted.
ANALYSES: Mapping[str, str] = {
    "measured": "those measured",
    "gone_worst": "subjects who left rank as the plan declares",
    "weighted": "those measured, weighted by their chance to stay",
    "imputed": "imputed from class and the change before",
    "worst_case": "every missing value at its worst",
    "best_case": "every missing value at its best",
}


def sensitivity_section(page: Page) -> Section | None:
    """Build the section; None if nothing is missing."""
    view = page.view
    if view.results.tables["sensitivity"].empty:
        return None
    groups = [(series.label, _rows(view, series)) for series in view.series]
    number = sum(len(rows) for _, rows in groups)
    context: dict[str, object] = {
        "groups": [(label, rows) for label, rows in groups if rows],
        "rows": number,
        "folded": number > OPEN_ROWS,
        "positive": view.positive,
        "negative": view.negative,
        "confidence": view.confidence,
    }
    title = "Sensitivity to missing measurements"
    return Section(title, "sensitivity", render("sensitivity.html.j2", context))


def _rows(view: View, series: Series) -> list[dict[str, object]]:
    """Return the rows of the table, in words; only the first of a visit says which and how many."""
    table = view.rows("sensitivity", series)
    repeated = table["visit"].duplicated()
    return [
        {
            "visit": "" if again else visit_label(view.visit(row["visit"])),
            "missing": "" if again else f"{row['missing_positive']} and {row['missing_negative']}",
            "analysis": ANALYSES.get(row["analysis"], row["analysis"]),
            "auc": decimal(row["auc"], 3),
            "interval": interval(row["auc_low"], row["auc_high"], 3),
            "p_adjusted": p_value(row["p_adjusted"], view.plan.separation.permutations),
            "separates": row["separates"],
            "shift": _shift(float(row["shift"])),
        }
        for again, row in zip(repeated, records(table), strict=True)
    ]


def _shift(shift: float) -> str:
    """Return the tipping point: the shift of the imputed values at which the finding is lost."""
    if np.isnan(shift):
        return ""
    return "at none" if np.isinf(shift) else f"at {shift:.1f} SD"


SECTION = SectionMaker(62, sensitivity_section)
