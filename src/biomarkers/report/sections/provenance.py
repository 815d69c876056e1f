"""The notes of the analysis, its inputs and settings, and where every number lies."""

import json
from collections.abc import Mapping
from typing import Any

from biomarkers.report.page import Page, SectionMaker
from biomarkers.report.section import Section, render
from biomarkers.results import ABOUT, TABLES, Results

# What each file of the results folder holds.
FILES: Mapping[str, str] = {
    "separation.csv": "every test: AUC, interval, p-values",
    "earliest.json": "the earliest separating visit of each biomarker and region",
    "changes.csv": "every subject's value and change at every visit",
    "class_means.csv": "mean change of each class, with interval",
    "attendance.csv": "who was measured when, and if not, why not",
    "sensitivity.csv": "what the missing could do to each test",
    "unused.csv": "measurements no visit used",
    "reasons.csv": "why measurements have no value, or one in doubt",
    "exclusions.csv": "exclusions and the rows each removed",
    "notes.csv": "the notes of the analysis",
    "analysis.json": "plan, settings, versions, inputs",
    "tables.json": "which tables there are, and what their columns hold",
}

_SHOWN_ELSEWHERE = ("plan", "versions", "inputs", "stability")


def provenance_section(page: Page) -> Section:
    """Build the section; result files that lie in `results` beside the page become links.

    Of the analysis, `versions` is a mapping by name and `inputs` a list of `role, file, sha256`;
    whatever else it records is shown as it is.
    """
    view = page.view
    analysis = view.results.analysis
    notes = view.results.tables["notes"]
    context = {
        "beside": "results/",
        "settings": "Plan",
        "notes": list(zip(notes["topic"], notes["text"], strict=True)),
        "versions": dict(analysis.get("versions", {})),
        "inputs": analysis.get("inputs", []),
        "plan": _json(analysis["plan"]),
        "other": _json({key: analysis[key] for key in analysis if key not in _SHOWN_ELSEWHERE}),
        "files": [
            (name, holds, name in page.linked)
            for name, holds in {**FILES, **_further(view.results)}.items()
        ],
    }
    return Section("Notes and provenance", "provenance", render("provenance.html.j2", context))


def _further(results: Results) -> dict[str, str]:
    """Return the files of further tables, with what they hold."""
    names = [name for name in results.tables if name not in TABLES]
    return {f"{name}.csv": ABOUT.get(name, "a further table") for name in names}


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str) if value else ""


SECTION = SectionMaker(95, provenance_section)
