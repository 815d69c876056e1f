"""Treatment groups: whether there are any, and who is in which."""

import pandas as pd

from biomarkers.stats.longitudinal.design import levels_of
from biomarkers.stats.planned_analysis.findings import Prepared


def treatment_groups(prepared: Prepared) -> "pd.Series[str]":
    """Return the group of each subject that has one; empty unless there are two or more."""
    group = prepared.outcome.group
    known = group[group != ""]
    return known if len(set(known)) > 1 else known.iloc[:0]


def group_names(prepared: Prepared) -> list[str]:
    """Return the names of the treatment groups, in order; none unless there are two or more."""
    groups = treatment_groups(prepared)
    return [str(name) for name in levels_of(groups)] if len(groups) else []
