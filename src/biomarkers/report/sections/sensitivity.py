"""What every visit with missing changes would show under what might have been."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from biomarkers.report.section import Section, render
from biomarkers.report.view import Series, View, visit_label
from biomarkers.report.words import decimal, interval, p_value

# In the order of the table; what each takes for granted.
ANALYSES: Mapping[str, str] = {
    "measured": "those measured",
    "gone_worst": "the gone rank as the plan declares",
    "weighted": "those measured, weighted by their chance to stay",
    "imputed": "imputed from class and the change before",
    "worst_case": "every missing value at its worst",
    "best_case": "every missing value at its best",
}


@dataclass(frozen=True)
class WhatIf:
    """A row of the table, in words; `visit` and `missing` only in the first of a visit."""

    visit: str
    missing: str
    analysis: str
    auc: str
    interval: str
    p_adjusted: str
    separates: bool
    shift: str


def sensitivity_section(view: View) -> list[Section]:
    """Build the section; none if nothing is missing."""
    if view.results.tables["sensitivity"].empty:
        return []
    groups = [(series.label, _rows(view, series)) for series in view.series]
    context: dict[str, object] = {
        "groups": [(label, rows) for label, rows in groups if rows],
        "positive": view.positive,
        "negative": view.negative,
        "confidence": view.confidence,
    }
    title = "If the missing had been measured"
    return [Section(title, "sensitivity", render("sensitivity.html.j2", context))]


def _rows(view: View, series: Series) -> list[WhatIf]:
    rows, seen = [], set()
    for _, row in view.rows("sensitivity", series).iterrows():
        first = row["visit"] not in seen
        seen.add(row["visit"])
        lost = f"{row['missing_positive']} and {row['missing_negative']}"
        rows.append(
            WhatIf(
                visit=visit_label(view.visit(row["visit"])) if first else "",
                missing=lost if first else "",
                analysis=ANALYSES.get(row["analysis"], row["analysis"]),
                auc=decimal(row["auc"], 3),
                interval=interval(row["auc_low"], row["auc_high"], 3),
                p_adjusted=p_value(row["p_adjusted"]),
                separates=bool(row["separates"]),
                shift=_shift(float(row["shift"])),
            )
        )
    return rows


def _shift(shift: float) -> str:
    """Say at which shift of the imputed values the conclusion falls."""
    if np.isnan(shift):
        return ""
    return "at none" if np.isinf(shift) else f"at {shift:.1f} SD"
