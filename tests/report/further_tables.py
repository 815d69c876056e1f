"""Tables of further analyses, made up for the report: right in form, arbitrary in content."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd
from report_factory import Cohort, make_results

from biomarkers.results import FURTHER, Results

SERIES = {"biomarker": "tumor_volume", "region": "whole"}
LABELS = ("responders", "progressors")


def labelled(**tables: Sequence[Mapping[str, Any]]) -> Results:
    """Results of one biomarker that separates on day 7, with labels, and these tables."""
    results = make_results(Cohort({"tumor_volume": "log_ratio"}, {"tumor_volume": "7"}, (6, 6)))
    plan = {**results.analysis["plan"], "labels": list(LABELS), "title": "Rats & glioma"}
    analysis = {**results.analysis, "plan": plan, "labels": list(LABELS)}
    return with_further(replace(results, analysis=analysis), **tables)


def with_further(results: Results, **tables: Sequence[Mapping[str, Any]]) -> Results:
    """The results with further tables; columns that a row leaves out are empty."""
    made = {name: pd.DataFrame(rows, columns=list(FURTHER[name])) for name, rows in tables.items()}
    return replace(results, tables={**results.tables, **made})


def with_methods(results: Results, **analyses: Mapping[str, Any]) -> Results:
    """The results with a record of how further analyses were made."""
    methods = {**results.analysis["methods"], "analyses": analyses}
    return replace(results, analysis={**results.analysis, "methods": methods})


FLOW = [
    {**SERIES, "visit": visit, "positive": positive, "status": status, "subjects": number}
    for visit, positive, status, number in (
        ("0", True, "measured", 6), ("0", False, "measured", 6),
        ("7", True, "measured", 5), ("7", True, "failed_qc", 1),
        ("7", False, "measured", 4), ("7", False, "gone", 2),
    )
]  # fmt: skip

TABLE1 = [
    {
        "variable": "weight", "level": "", "column": column, "n": 6, "missing": 1, "mean": mean,
        "sd": 1.25, "median": 22.0, "q1": 21.0, "q3": 23.0, "smd": 0.44,
    }
    for column, mean in (("all", 22.5), ("positive", 23.0), ("negative", 22.0), ("vehicle", 22.1),
                         ("drug", 22.9))
] + [
    {
        "variable": "sex", "level": level, "column": column, "n": 6, "missing": 0,
        "count": 3, "percent": 50.0,
    }
    for level in ("f", "m")
    for column in ("all", "positive", "negative", "vehicle", "drug")
]  # fmt: skip

GROUP_MEANS = [
    {
        **SERIES, "visit": visit, "group": group, "n": 4, "mean": mean, "low": mean - 0.2,
        "high": mean + 0.2,
    }
    for group, slope in (("vehicle", 0.1), ("drug", -0.1))
    for visit, mean in (("3", 3 * slope), ("7", 7 * slope), ("10", slope))
]  # fmt: skip

BAND = [{**SERIES, "low": -0.2, "high": 0.2, "source": "plan"}]

ROC = [
    {
        **SERIES, "visit": visit, "direction": "lower", "threshold": threshold,
        "sensitivity": sensitivity, "specificity": specificity,
    }
    for visit in ("3", "7", "10")
    for threshold, sensitivity, specificity in (
        (float("inf"), 1.0, 0.0), (0.1, 0.9, 0.6), (-0.3, 0.5, 1.0), (-float("inf"), 0.0, 1.0),
    )
]  # fmt: skip

CUTOFFS = [
    {
        **SERIES, "visit": visit, "rule": "youden", "threshold": 0.0953, "direction": "lower",
        "sensitivity": 0.9, "sensitivity_low": 0.6, "sensitivity_high": 0.99,
        "specificity": 0.62, "specificity_low": 0.4, "specificity_high": 0.8, "youden": 0.52,
        "sensitivity_corrected": 0.81, "specificity_corrected": 0.57, "auc": 0.83,
        "auc_corrected": 0.79, "n_positive": 6, "n_negative": 6,
    }
    for visit in ("3", "7")
]  # fmt: skip

STABILITY = [
    {**SERIES, "visit": visit, "share": share}
    for visit, share in (("3", 0.1), ("7", 0.62), ("10", 0.2), ("17", 0.03), ("", 0.05))
]

MODEL_MEANS = [
    {
        **SERIES, "visit": visit, "group": group, "estimate": estimate, "se": 0.1,
        "low": estimate - 0.2, "high": estimate + 0.2,
    }
    for visit in ("3", "7")
    for group, estimate in (("positive", -0.4), ("negative", 0.3))
]  # fmt: skip

CONTRASTS = [
    {
        **SERIES, "visit": visit, "contrast": "positive - negative", "estimate": estimate,
        "se": 0.15, "df": 9.7, "low": estimate - 0.3, "high": estimate + 0.3, "p_value": p,
        "p_adjusted": p,
    }
    for visit, estimate, p in (("3", -0.1234, 0.41), ("7", -0.7654, 0.0021))
]  # fmt: skip

SURVIVAL = [
    {
        "stratum": stratum, "time": time, "at_risk": at_risk, "events": events,
        "censored": censored, "survival": survival, "low": survival - 0.1, "high": 1.0,
    }
    for stratum, shift in (("early response", 5), ("no early response", 0))
    for time, at_risk, events, censored, survival in (
        (0.0, 6, 0, 0, 1.0), (10.0 + shift, 6, 1, 0, 0.83), (20.0 + shift, 5, 0, 1, 0.83),
        (30.0 + shift, 4, 2, 0, 0.42),
    )
]  # fmt: skip

SURVIVAL_TESTS = [
    {"comparison": "log_rank", "statistic": 4.32, "df": 1, "p_value": 0.0377, "n": 12,
     "events": 7, "landmark": "7"},
    {"comparison": "cox", "statistic": 4.1, "df": 1, "p_value": 0.043, "hazard_ratio": 0.37,
     "low": 0.14, "high": 0.97, "n": 12, "events": 7, "landmark": "7"},
]  # fmt: skip

COMBINATION = [
    {"visit": "7", "rule": rule, "n_positive": 6, "n_negative": 6, "auc": auc, "auc_low": 0.5,
     "auc_high": 0.95, "p_value": 0.005, "auc_apparent": 0.93, "gain": 0.04, "p_gain": 0.21,
     "permutations": 199, "calibration_slope": 0.9}
    for rule, auc in (("combination", 0.81), ("best single", 0.77))
]  # fmt: skip

TERMS = [
    {"visit": "7", "term": f"{name} (whole)", "coefficient": value, "coefficient_low": value - 0.4,
     "coefficient_high": value + 0.4, "same_sign": 1.0, "auc": 0.71, "direction": "lower",
     "chosen": 0.5, "gain": 0.1, "p_gain": 0.2, "missing": 0}
    for name, value in (("tumor_volume", -0.52), ("ADC", 0.13))
]  # fmt: skip

AGREEMENT = [
    {
        **SERIES,
        "measure": measure,
        "value": value,
        "low": value - 0.02,
        "high": value + 0.02,
        "n": 8,
    }
    for measure, value in (("icc", 0.91), ("wcv", 0.074), ("repeatability_coefficient", 0.21))
]

DETECTABLE = [
    {**SERIES, "visit": visit, "n_positive": 6, "n_negative": 6, "auc_detectable": 0.88,
     "power": 0.8, "alpha": 0.05}
    for visit in ("3", "7")
]  # fmt: skip

LIMITATIONS = [{"topic": "few", "text": "Fewer than 20 subjects: 12."}]

EVERYTHING: dict[str, Sequence[Mapping[str, Any]]] = {
    "flow": FLOW,
    "table1": TABLE1,
    "group_means": GROUP_MEANS,
    "repeatability_band": BAND,
    "roc_points": ROC,
    "cutoffs": CUTOFFS,
    "stability": STABILITY,
    "model_means": MODEL_MEANS,
    "model_contrasts": CONTRASTS,
    "survival_curves": SURVIVAL,
    "survival_tests": SURVIVAL_TESTS,
    "combination": COMBINATION,
    "combination_terms": TERMS,
    "agreement": AGREEMENT,
    "detectable": DETECTABLE,
    "limitations": LIMITATIONS,
    "shown": [{**SERIES, "reason": "separates"}],
}
