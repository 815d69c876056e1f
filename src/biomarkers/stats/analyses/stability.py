"""How often a bootstrap sample of the subjects chose each visit as the earliest."""

from biomarkers.stats.analyses.analysis import Analysis, Contribution
from biomarkers.stats.planned_analysis.findings import Findings


def run(findings: Findings, settings: None) -> Contribution:
    """Give the shares of every series."""
    methods = {
        "call": "stats.earliest(...).stability",
        "settings": {"draws": findings.stability.draws, "seed": findings.plan.separation.seed},
        "references": ["Harrell, Lee & Mark 1996"],
    }
    return Contribution({"stability": findings.stability.shares}, methods=methods)


STABILITY = Analysis("stability", run)
