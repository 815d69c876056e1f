"""Notes on the missing: who was gone, and whether the conclusion depends on them."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from biomarkers.plan import biomarker_label, class_nouns, series_label
from biomarkers.stats.planned_analysis.findings import Findings, Note
from biomarkers.stats.words import listed, of_class

_ANALYSES = {
    "gone_worst": "with the gone ranked as the plan declares",
    "weighted": "weighted by the chance to stay",
    "imputed": "imputed from class and earlier change",
    "worst_case": "at the worst the missing could be",
}


def drop_out(findings: Findings) -> Iterator[Note]:
    """Say who was gone at which visit."""
    table = findings.tables["attendance"]
    gone = table[table["status"] == "gone"].drop_duplicates(["subject", "biomarker", "visit"])
    positives = int(findings.outcome.positive.sum())
    negatives = len(findings.outcome.positive) - positives
    alike: dict[str, list[str]] = {}
    nouns = class_nouns(findings.plan)
    for biomarker, mine in gone.groupby("biomarker", sort=False):
        counts = [
            f"{visit.name} ({int(rows.sum())} and {int((~rows).sum())})"
            for visit in findings.plan.visits
            if len(rows := mine.loc[mine["visit"] == visit.name, "positive"])
        ]
        alike.setdefault(listed(counts), []).append(biomarker_label(str(biomarker)))
    for counts_text, names in alike.items():
        yield (
            "drop_out",
            f"{listed(names)}: of {of_class(positives, nouns[0])} and "
            f"{of_class(negatives, nouns[1])}, some were already gone at visit {counts_text}. "
            "A visit compares those still measured.",
        )


def what_if(findings: Findings) -> Iterator[Note]:
    """Say whether the earliest visit would stand had the missing been measured."""
    table = findings.tables["sensitivity"]
    for entry in findings.earliest:
        mine = table[
            (table["biomarker"] == entry["biomarker"])
            & (table["region"] == entry["region"])
            & (table["visit"] == str(entry["visit"]))
        ]
        if len(mine):
            rows = {row["analysis"]: row for row in mine.to_dict("records")}
            yield "what_if", _verdict(rows, class_nouns(findings.plan))


def _verdict(rows: dict[str, dict[str, Any]], nouns: tuple[str, str]) -> str:
    first = rows["measured"]
    holds = [text for name, text in _ANALYSES.items() if name in rows and rows[name]["separates"]]
    fails = [
        text for name, text in _ANALYSES.items() if name in rows and not rows[name]["separates"]
    ]
    series = series_label(first["biomarker"], first["region"])
    return (
        f"{series} at visit {first['visit']}, the earliest: "
        f"{of_class(first['missing_positive'], nouns[0])} and "
        f"{of_class(first['missing_negative'], nouns[1])} have no change; whatever theirs were, "
        f"the AUC of everyone lies between {rows['worst_case']['auc']:.2f} and "
        f"{rows['best_case']['auc']:.2f}."
        f"{f' It still separates {listed(holds)}.' if holds else ''}"
        f"{f' It no longer does {listed(fails)}.' if fails else ''}"
        f"{_tipping(rows.get('imputed', {}).get('shift', np.nan))}"
    )


def _tipping(shift: float) -> str:
    if not np.isfinite(shift) or shift == 0:
        return ""
    return (
        f" The missing would have to differ from what was imputed by {shift:.1f} standard "
        "deviations, against the finding, to undo it."
    )
