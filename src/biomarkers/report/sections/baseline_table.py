"""Table 1: who the subjects were at baseline."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from biomarkers.report.blocks import Table, joined, table, text
from biomarkers.report.page import Page, SectionMaker
from biomarkers.report.section import Section
from biomarkers.report.view import View, biomarker_label, records
from biomarkers.report.words import capitalised, decimal, is_number, significant


def baseline_section(page: Page) -> Section | None:
    """Build the section; None where nothing is known of the subjects."""
    view = page.view
    rows = view.table("table1")
    if rows is None:
        return None
    names = list(dict.fromkeys(rows["column"]))
    differences = rows["smd"].notna().any()
    columns = ["", *(f"#{_column(view, name)}" for name in names)]
    columns += ["#SMD"] if differences else []
    groups = [
        _variable(view, str(variable), mine, names, bool(differences))
        for variable, mine in rows.groupby("variable", sort=False)
    ]
    content = Table("table1", "Table 1. The subjects at baseline", columns, groups)
    legend = (
        "Numbers: mean ± SD, then median (first to third quartile). Words: number (percent of "
        "those known)."
    )
    smd = (
        f" SMD: standardised mean difference of {view.positive} and {view.negative}."
        if differences
        else ""
    )
    return Section("Table 1", "baseline", joined(table(content), text(legend + smd, aside=True)))


def _column(view: View, name: str) -> str:
    return {"all": "All", "positive": view.positive, "negative": view.negative}.get(name, name)


def _variable(
    view: View, variable: str, rows: pd.DataFrame, names: list[str], differences: bool
) -> tuple[str, list[list[str]]]:
    """Return the rows of one variable: one for numbers, one per level for words."""
    cells = {(row["level"], row["column"]): row for row in records(rows.fillna({"level": ""}))}
    levels = list(dict.fromkeys(level for level, _ in cells))
    lines = []
    for level in levels:
        mine = [cells.get((level, name)) for name in names]
        line = [level or "value", *(_cell(cell) for cell in mine)]
        smd = next((c["smd"] for c in mine if c is not None and is_number(c["smd"])), None)
        lines.append([*line, decimal(smd, 2)] if differences else line)
    missing = [cells.get((levels[0], name)) for name in names]
    if any(cell is not None and cell["missing"] for cell in missing):
        counts = ["0" if cell is None else decimal(cell["missing"], 0) for cell in missing]
        lines.append(["unknown", *counts, ""] if differences else ["unknown", *counts])
    return capitalised(biomarker_label(variable)), lines


def _cell(cell: Mapping[str, Any] | None) -> str:
    if cell is None:
        return "–"
    if is_number(cell["mean"]):
        mean, sd, median, q1, q3 = (
            significant(cell[name]) for name in ("mean", "sd", "median", "q1", "q3")
        )
        return f"{mean} ± {sd}; {median} ({q1} to {q3})"
    return f"{decimal(cell['count'], 0)} ({decimal(cell['percent'], 0)} %)"


SECTION = SectionMaker(20, baseline_section)
