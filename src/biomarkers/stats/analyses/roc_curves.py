"""The empirical ROC curve of every test of the shown series."""

import pandas as pd

from biomarkers.results import FURTHER
from biomarkers.stats.analyses.analysis import Analysis, Contribution
from biomarkers.stats.analyses.tested import shown_tests
from biomarkers.stats.planned_analysis.findings import Findings
from biomarkers.stats.roc_analysis.roc import roc


def run(findings: Findings, settings: None) -> Contribution:
    """Give the points of each curve, from calling everyone positive to calling no one."""
    curves = [
        roc(one.changes, one.positive, direction=one.direction).curve.assign(
            **one.key, direction=one.direction
        )
        for one in shown_tests(findings)
    ]
    columns = list(FURTHER["roc_points"])
    points = pd.concat(curves, ignore_index=True) if curves else pd.DataFrame(columns=columns)
    methods = {
        "call": "stats.roc(change, outcome, direction=...)",
        "settings": {"ci": "newcombe"},
        "references": ["Newcombe 2006"],
    }
    return Contribution({"roc_points": points[columns]}, methods=methods)


ROC_CURVES = Analysis("roc", run)
