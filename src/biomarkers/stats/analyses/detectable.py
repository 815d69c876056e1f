"""The smallest AUC that as many subjects as there were would have shown."""

from functools import cache

from biomarkers.results import FURTHER
from biomarkers.stats.analyses.analysis import Analysis, Contribution
from biomarkers.stats.analyses.tested import TEST
from biomarkers.stats.planned_analysis.findings import Findings
from biomarkers.stats.roc_analysis.power import detectable_auc

POWER = 0.8


def run(findings: Findings, settings: None) -> Contribution:
    """Give the detectable AUC of every test, by itself and at the error rate of the plan."""
    alpha = findings.plan.separation.alpha

    @cache
    def smallest(positives: int, negatives: int) -> float:
        if min(positives, negatives) < 1:
            return float("nan")
        return detectable_auc(n_positive=positives, n_negative=negatives, power=POWER, alpha=alpha)

    table = findings.tables["separation"][[*TEST, "n_positive", "n_negative"]]
    counts = zip(table["n_positive"], table["n_negative"], strict=True)
    table = table.assign(
        auc_detectable=[smallest(int(m), int(n)) for m, n in counts], power=POWER, alpha=alpha
    )
    methods = {
        "call": "stats.detectable_auc(n_positive=..., n_negative=..., power=..., alpha=...)",
        "settings": {"power": POWER, "alpha": alpha, "tests": "one visit by itself"},
        "references": ["Obuchowski & McClish 1997"],
    }
    return Contribution({"detectable": table[list(FURTHER["detectable"])]}, methods=methods)


DETECTABLE = Analysis("detectable", run)
