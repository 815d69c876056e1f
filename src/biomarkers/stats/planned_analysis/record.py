"""What a methods paragraph, and a reader in ten years, need to know of an analysis."""

import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from biomarkers import __version__
from biomarkers.plan import Plan, class_words
from biomarkers.stats.intervals import LEVEL
from biomarkers.stats.missingness.imputation import IMPUTATIONS
from biomarkers.stats.missingness.sensitivity import DRAWS
from biomarkers.stats.missingness.weighting import RIDGE
from biomarkers.stats.planned_analysis.findings import Findings
from biomarkers.stats.roc_analysis.auc import FLOOR

_LIBRARIES = ("numpy", "scipy", "pandas", "statsmodels", "matplotlib")


def record(findings: Findings, further: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return plan, words, counts, methods, stability and versions as plain values.

    Parameters
    ----------
    findings
        What was found.
    further
        How each further analysis was made, by name.

    """
    outcome, positives = findings.outcome, int(findings.outcome.positive.sum())
    tested = int(findings.tables["separation"]["p_value"].notna().sum())
    return {
        "plan": findings.plan.to_dict(),
        "labels": list(class_words(findings.plan, list(outcome.value[~outcome.positive]))),
        "left_out": list(findings.left_out),
        "counts": {
            "subjects": len(outcome.positive),
            "positives": positives,
            "negatives": len(outcome.positive) - positives,
            "unknown": len(outcome.unknown),
            "unlisted": len(outcome.unlisted),
            "ignored": len(outcome.ignored),
            "unmeasured": len(outcome.unmeasured),
        },
        "alpha": findings.plan.separation.alpha,
        "methods": {
            **_methods(findings.plan, tested),
            "analyses": {name: dict(methods) for name, methods in further.items() if methods},
        },
        "stability": findings.stability.to_dict(),
        "sequence": findings.sequence,
        "sensitivity": {"imputations": IMPUTATIONS, "bootstrap_draws": DRAWS, "ridge": RIDGE},
        "versions": {
            "biomarkers": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in _LIBRARIES},
        },
    }


def _methods(plan: Plan, family_size: int) -> dict[str, Any]:
    settings = plan.separation
    whole = f"whole {settings.cluster}s" if settings.cluster else "subjects"
    counted = ", class sizes over the design effect (Obuchowski 1997)" if settings.cluster else ""
    within = f", within each {settings.blocks}" if settings.blocks else ""
    return {
        "test": f"step-down maxT permutation of the class labels, jointly over {whole}{within}",
        "reference": "Westfall & Young 1993, Resampling-based multiple testing",
        "family": "every follow-up visit of every biomarker and region of the plan",
        "family_size": family_size,
        "statistic": "|AUC - 0.5| / DeLong standard error",
        "standard_error_floor": f"{FLOOR:g} of the standard error under the null",
        "permutations": settings.permutations,
        "seed": settings.seed,
        "p_value": "(b + 1) / (B + 1), two-sided",
        "interval": "Newcombe 2006, score method 5, doi:10.1002/sim.2324" + counted,
        "interval_level": LEVEL,
        "visit_rule": "nearest to the visit's day, the earlier on a tie",
    }
