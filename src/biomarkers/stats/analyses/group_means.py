"""The mean change of each treatment group, for the series that are shown."""

import pandas as pd

from biomarkers.results import FURTHER
from biomarkers.stats.analyses.analysis import Analysis, Contribution
from biomarkers.stats.analyses.groups import treatment_groups
from biomarkers.stats.analyses.tested import SERIES
from biomarkers.stats.changes import class_means
from biomarkers.stats.planned_analysis.findings import Findings


def run(findings: Findings, settings: None) -> Contribution:
    """Average as for the outcome classes; nothing without treatment groups."""
    groups = treatment_groups(findings)
    if groups.empty:
        return Contribution()
    changes = findings.tables["changes"]
    shown = pd.MultiIndex.from_frame(changes[SERIES]).isin(list(findings.shown))
    rows = changes[shown & changes["subject"].isin(groups.index)]
    kinds = {marker.name: marker.change for marker in findings.plan.biomarkers}
    means = class_means(rows, kinds, of="group")
    return Contribution({"group_means": means[list(FURTHER["group_means"])]})


GROUP_MEANS = Analysis("group_means", run)
