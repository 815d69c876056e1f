"""Table 1: who the subjects were at baseline."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup

from biomarkers.report.blocks import Table, joined, table, text
from biomarkers.report.page import Page, SectionMaker
from biomarkers.report.section import Section
from biomarkers.report.view import View, at_visit, records
from biomarkers.report.words import ABSENT, capitalised, decimal, is_number, significant

# Treatment groups that have room side by side.
_MOST_GROUPS = 5

_CLASSES = ("all", "positive", "negative")


def baseline_section(page: Page) -> Section | None:
    """Build the section; None where nothing is known of the subjects."""
    view = page.view
    rows = view.table("table1")
    if rows is None:
        return None
    classes = rows[rows["column"].isin(_CLASSES)]
    legend = (
        "Numbers by mean and standard deviation, median and quartiles; words by count and percent "
        "of those known."
    )
    smd = (
        f" SMD: standardised mean difference of {view.positive} and {view.negative}."
        if classes["smd"].notna().any()
        else ""
    )
    body = joined(
        _table(view, classes, "table1", f"Table 1. The {view.noun}s, by outcome"),
        *_by_group(view, rows[~rows["column"].isin(_CLASSES)].assign(smd=float("nan"))),
        text(legend + smd, aside=True),
    )
    return Section("Table 1", "baseline", body)


def _by_group(view: View, rows: pd.DataFrame) -> Iterator[Markup]:
    """Yield tables of as many treatment groups each as a page has room for."""
    names = list(dict.fromkeys(rows["column"]))
    for first in range(0, len(names), _MOST_GROUPS):
        mine = rows[rows["column"].isin(names[first : first + _MOST_GROUPS])]
        last = min(first + _MOST_GROUPS, len(names))
        numbers = f"{first + 1} to {last}" if last > first + 1 else f"{last}"
        which = f", {numbers} of {len(names)}" if len(names) > _MOST_GROUPS else ""
        yield _table(view, mine, f"table1-groups-{first}", f"By treatment group{which}")


def _table(view: View, rows: pd.DataFrame, name: str, caption: str) -> Markup:
    names = list(dict.fromkeys(rows["column"]))
    differences = bool(rows["smd"].notna().any())
    columns = ["", *(f"#{_column(view, name)}" for name in names)]
    columns += ["#SMD"] if differences else []
    groups = [
        _variable(view, str(variable), mine, names, differences)
        for variable, mine in rows.groupby("variable", sort=False)
    ]
    return table(Table(name, caption, columns, groups), folded=name != "table1")


def _column(view: View, name: str) -> str:
    return "All" if name == "all" else view.group_word(name)


def _label(view: View, variable: str) -> str:
    """Return a variable in words; `ADC, whole, mm^2/s (visit 0)` is the baseline of a series."""
    for series in view.series:
        if variable.startswith(f"{series.biomarker}, {series.region}"):
            baseline = at_visit(view.visit(view.plan.baseline))
            return f"{series.label} {baseline}{f', {series.unit}' if series.unit else ''}"
    return capitalised(variable.replace("_", " "))


def _variable(
    view: View, variable: str, rows: pd.DataFrame, names: list[str], differences: bool
) -> tuple[str, list[list[str]]]:
    """Return the rows of one variable: one for numbers, one per level for words."""
    cells = {(row["level"], row["column"]): row for row in records(rows.fillna({"level": ""}))}
    levels = list(dict.fromkeys(level for level, _ in cells))
    lines = []
    for level in levels:
        mine = [cells.get((level, name)) for name in names]
        smd = next((c["smd"] for c in mine if c is not None and is_number(c["smd"])), None)
        numeric = any(cell is not None and is_number(cell["mean"]) for cell in mine)
        for place, (words, show) in enumerate(_NUMBERS if numeric else ((level, _count),)):
            shown = [ABSENT if cell is None else show(cell) for cell in mine]
            last = [decimal(smd, 2) if place == 0 else ""] if differences else []
            lines.append([words, *shown, *last])
    missing = [cells.get((levels[0], name)) for name in names]
    if any(cell is not None and cell["missing"] for cell in missing):
        counts = [ABSENT if cell is None else decimal(cell["missing"], 0) for cell in missing]
        lines.append(["unknown", *counts, *([""] if differences else [])])
    return _label(view, variable), lines


def _mean(cell: Mapping[str, Any]) -> str:
    return f"{significant(cell['mean'], 3)} ± {significant(cell['sd'], 2)}"


def _median(cell: Mapping[str, Any]) -> str:
    median, q1, q3 = (significant(cell[name], 3) for name in ("median", "q1", "q3"))
    return f"{median} ({q1} to {q3})"


def _count(cell: Mapping[str, Any]) -> str:
    return f"{decimal(cell['count'], 0)} ({decimal(cell['percent'], 0)} %)"


_NUMBERS = (("mean ± SD", _mean), ("median (quartiles)", _median))


SECTION = SectionMaker(20, baseline_section)
