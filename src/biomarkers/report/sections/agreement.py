"""Agreement of replicates: what a change must exceed to be more than repeatability."""

from collections.abc import Mapping
from typing import Any

from biomarkers.report.blocks import Table, joined, table, text
from biomarkers.report.page import Page, SectionMaker
from biomarkers.report.section import Section
from biomarkers.report.view import records
from biomarkers.report.words import decimal, is_number, significant

_MEASURES = {
    "icc": "intraclass correlation",
    "within_sd": "within-subject SD",
    "wcv": "within-subject coefficient of variation (%)",
    "repeatability_coefficient": "repeatability coefficient",
    "bias": "bias",
    "lower_limit": "lower limit of agreement",
    "upper_limit": "upper limit of agreement",
}
_SHARES = ("wcv",)


def agreement_section(page: Page) -> Section | None:
    """Build the section; None where the plan asked for no agreement."""
    view = page.view
    if view.table("agreement") is None:
        return None
    groups = [
        (
            f"{series.label}{f' ({series.unit})' if series.unit else ''}",
            [_cells(row) for row in records(view.rows("agreement", series))],
        )
        for series in view.series
        if len(view.rows("agreement", series))
    ]
    columns = ["Measure", "#Value", f"#{view.confidence} CI or limits", "#n"]
    content = Table("agreement-table", "Agreement of replicate measurements", columns, groups)
    reading = (
        "A change within the repeatability coefficient is what two measurements of an unchanged "
        "subject differ by in 95 of 100 cases; it is shaded in the figures of change."
    )
    return Section("Agreement", "agreement", joined(table(content), text(reading, aside=True)))


def _cells(row: Mapping[str, Any]) -> list[str]:
    factor = 100.0 if row["measure"] in _SHARES else 1.0
    low, high = row["low"], row["high"]
    known = is_number(low) and is_number(high)
    return [
        _MEASURES.get(row["measure"], row["measure"].replace("_", " ")),
        significant(factor * row["value"]),
        f"{significant(factor * low)} to {significant(factor * high)}" if known else "",
        decimal(row["n"], 0),
    ]


SECTION = SectionMaker(54, agreement_section)
