"""The cut-off of the change in every test of the shown series, and what it is worth."""

from collections import defaultdict
from typing import Any

import pandas as pd

from biomarkers.errors import InputError
from biomarkers.plan import Cutoff
from biomarkers.results import FURTHER
from biomarkers.stats.analyses.analysis import Analysis, Contribution, not_done
from biomarkers.stats.analyses.tested import Tested, shown_tests
from biomarkers.stats.planned_analysis.findings import Findings
from biomarkers.stats.roc_analysis.accuracy import accuracy
from biomarkers.stats.roc_analysis.chosen_direction import corrected_area
from biomarkers.stats.roc_analysis.cutoff import (
    Rule,
    at_sensitivity,
    at_specificity,
    cutoff,
    least_cost,
)
from biomarkers.stats.roc_analysis.roc import roc

_RULES = {"sensitivity": at_sensitivity, "specificity": at_specificity}


def run(findings: Findings, settings: Cutoff) -> Contribution:
    """Choose a cut-off in each test by the rule of the plan."""
    rows, reasons = list[dict[str, Any]](), defaultdict[str, list[tuple[str, str]]](list)
    for one in shown_tests(findings):
        try:
            rows.append(_row(one, settings, findings.plan.separation.seed))
        except InputError as error:
            reasons[str(error)].append((one.biomarker, f"{one.region} at visit {one.visit}"))
    methods = {
        "call": "stats.cutoff(change, outcome, rule=..., direction=...); stats.accuracy for the "
        "intervals of sensitivity and specificity",
        "settings": {
            "rule": settings.rule, "least": settings.least, "cost_ratio": settings.cost_ratio,
            "prevalence": settings.prevalence, "draws": settings.draws,
            "seed": findings.plan.separation.seed, "convention": "midpoint", "interval": "wilson",
            "correction": "leave-one-out bootstrap of the chosen cut-off; the AUC is corrected for "
            "a direction taken from the data",
        },
        "references": [
            "Youden 1950", "Efron & Tibshirani 1997", "Wilson 1927", "Harrell, Lee & Mark 1996",
        ],
    }  # fmt: skip
    table = pd.DataFrame(rows, columns=list(FURTHER["cutoffs"]))
    return Contribution({"cutoffs": table}, list(not_done("cutoff", reasons)), methods)


def rule_of(settings: Cutoff, one: Tested) -> str | Rule:
    """Return the rule as the library takes it."""
    if settings.rule == "youden":
        return settings.rule
    if settings.rule == "cost":
        prevalence = settings.prevalence or float(one.positive[one.known].mean())
        return least_cost(miss=settings.cost_ratio, prevalence=prevalence)
    return _RULES[settings.rule](settings.least)


def _row(one: Tested, settings: Cutoff, seed: int) -> dict[str, Any]:
    resampling: dict[str, Any] = {"draws": settings.draws, "seed": seed}
    given = (one.changes, one.positive)
    chosen = cutoff(*given, direction=one.direction, rule=rule_of(settings, one), **resampling)
    worth = accuracy(*given, threshold=chosen.threshold, direction=one.direction)
    shares = worth.measures.set_index("measure")
    expected = chosen.measures.set_index("measure")["corrected"]
    area = roc(*given, direction=one.direction)
    row: dict[str, Any] = {
        **one.key,
        "rule": settings.rule,
        "threshold": chosen.threshold,
        "direction": chosen.direction,
        "youden": chosen.measures.set_index("measure").loc["youden", "apparent"],
        "auc": area.auc,
        "auc_corrected": corrected_area(*given, direction=one.declared, **resampling),
        "n_positive": area.n_positive,
        "n_negative": area.n_negative,
    }
    for name in ("sensitivity", "specificity"):
        estimate, low, high = shares.loc[name, ["estimate", "low", "high"]]
        row |= {name: estimate, f"{name}_low": low, f"{name}_high": high}
        row[f"{name}_corrected"] = expected[name]
    return row


CUTOFFS = Analysis("cutoff", run, settings=Cutoff)
