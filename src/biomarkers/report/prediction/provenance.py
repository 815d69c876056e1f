"""Settings, seeds, digests, versions and files of a prediction study."""

import json
from collections.abc import Mapping
from typing import Any

from biomarkers.report.page import SectionMaker
from biomarkers.report.prediction.view import PredictionPage, PredictionView
from biomarkers.report.section import Section, render

# What each file of the folder holds.
FILES: Mapping[str, str] = {
    "performance.csv": "what each rule is worth, held out",
    "gain.csv": "what the recipe adds to each block alone",
    "roc.csv": "ROC curves with their bands",
    "calibration.csv": "slope, intercept, Brier score",
    "calibration_curve.csv": "groups of like probability",
    "decisions.csv": "sensitivity, specificity and counts",
    "confusion.csv": "how many of each class were called what",
    "net_benefit.csv": "net benefit at each threshold",
    "times.csv": "AUC of the event by quartiles of its times",
    "selection.csv": "how often and in which direction each feature is used",
    "sites.csv": "each site, and without it",
    "learning.csv": "worth by the number of training subjects",
    "cases.csv": "each case while held out",
    "case_mix.csv": "what the cases are like",
    "notes.csv": "the notes",
    "evaluation.json": "all of it, with inputs and versions",
    "rule/rule.json": "what is known of the rule",
    "rule/card.md": "its model card",
}


def files_of(view: PredictionView) -> list[str]:
    """Return the files that this study has, wherever they lie: no table of another one."""
    tables = [name for name, table in view.seen.tables().items() if not table.empty]
    known = {f"{name}.csv" for name in tables} | {"notes.csv", "evaluation.json"}
    if view.cohort is not None:
        known.add("case_mix.csv")
    if view.rule is not None:
        known |= {"rule/rule.json", "rule/card.md"}
    return [name for name in FILES if name in known]


def provenance_section(page: PredictionPage) -> Section:
    """Build the section; files that lie beside the page become links."""
    view = page.view
    context: dict[str, object] = {
        "beside": "",
        "settings": "Recipe and settings",
        "notes": [],
        "versions": view.versions,
        "inputs": view.inputs,
        "plan": _json({"recipe": view.declared, "validation": vars(view.seen.settings)}),
        "other": _json(_digests(view)),
        "files": [(name, holds, True) for name, holds in FILES.items() if name in page.linked],
    }
    return Section("Provenance", "provenance", render("provenance.html.j2", context))


def _digests(view: PredictionView) -> dict[str, Any]:
    card = view.rule.card if view.rule is not None else {}
    cohort = view.seen.cohort_digest or card.get("cohort")
    known = {
        "sha256 of the recipe": view.seen.recipe.digest,
        "sha256 of the cohort": cohort,
        "seed of the rule": card.get("seed"),
    }
    return {name: value for name, value in known.items() if value is not None}


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


PROVENANCE = SectionMaker(90, provenance_section)
