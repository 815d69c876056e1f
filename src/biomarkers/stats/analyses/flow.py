"""How many subjects of each class were measured at each visit, and what became of the others."""

from biomarkers.stats.analyses.analysis import Analysis, Contribution
from biomarkers.stats.analyses.tested import TEST
from biomarkers.stats.planned_analysis.findings import Findings


def run(findings: Findings, settings: None) -> Contribution:
    """Count the statuses of attendance."""
    keys = [*TEST, "positive", "status"]
    attendance = findings.tables["attendance"]
    counts = attendance.groupby(keys, sort=False, as_index=False).agg(subjects=("subject", "size"))
    return Contribution({"flow": counts})


FLOW = Analysis("flow", run)
