"""Which series get the full set of figures, and the analyses of one series at a time."""

import pandas as pd

from biomarkers.stats.analyses.analysis import Analysis, Contribution
from biomarkers.stats.planned_analysis.findings import Findings


def run(findings: Findings, settings: None) -> Contribution:
    """Name the series and why."""
    rows = [(*series, reason) for series, reason in findings.shown.items()]
    return Contribution({"shown": pd.DataFrame(rows, columns=["biomarker", "region", "reason"])})


SHOWN = Analysis("shown", run)
