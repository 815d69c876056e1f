"""The tables of an analysis: their columns, in order, and what those hold.

`TABLES` are made by every analysis; `FURTHER` by the parts of a plan that ask for them, or where
the data allow it: a table that was not made is absent. Any other table may stand beside them:
what its columns hold is then read off the table.
"""

from collections.abc import Mapping
from typing import Literal

import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype

Kind = Literal["text", "number", "truth"]

TABLES: Mapping[str, tuple[str, ...]] = {
    # One row per biomarker, region and follow-up visit: the test.
    "separation": (
        "biomarker", "region", "visit", "n_positive", "n_negative", "direction",
        "auc", "auc_low", "auc_high", "p_value", "p_adjusted", "separates",
    ),
    # One row per subject, visit, biomarker and region that was measured.
    "changes": (
        "subject", "group", "positive", "biomarker", "region", "visit", "day",
        "value", "baseline_value", "change", "unit",
    ),
    # Mean change per outcome class and visit, with a t interval (percent: of the log ratio).
    "class_means": (
        "biomarker", "region", "visit", "positive", "n", "mean", "low", "high",
    ),
    # One row per subject, visit, biomarker and region: was it measured, and if not, why not.
    # status: measured | missing | gone | no_baseline | no_change | failed_qc | excluded
    "attendance": (
        "subject", "group", "positive", "biomarker", "region", "visit", "status",
    ),
    # One row per test with missing changes and analysis: what if they had been measured?
    # analysis: measured | gone_worst | weighted | imputed | worst_case | best_case
    "sensitivity": (
        "biomarker", "region", "visit", "missing_positive", "missing_negative", "analysis",
        "auc", "auc_low", "auc_high", "p_adjusted", "separates", "shift",
    ),
    # Measurements the plan's visits left out: reason: unclaimed_day | nearer_measurement
    "unused": ("subject", "day", "biomarker", "region", "value", "reason"),
    # Why measurements have no value, or one in doubt, as the table says: how many, and whose.
    "reasons": ("biomarker", "region", "reason", "measurements", "without_value", "subjects"),
    # Exclusions, with the number of rows each one removed.
    "exclusions": ("subject", "day", "region", "biomarker", "reason", "by", "rows"),
    # Notes of the analysis: topic is a slug, text a sentence.
    "notes": ("topic", "text"),
}  # fmt: skip

FURTHER: Mapping[str, tuple[str, ...]] = {
    # Series that get the full set of figures. reason: separates | next
    "shown": ("biomarker", "region", "reason"),
    # What limits the conclusions, by rules: topic is a slug, text a sentence.
    "limitations": ("topic", "text"),
    # Subjects by series, visit, class and status of attendance.
    "flow": ("biomarker", "region", "visit", "positive", "status", "subjects"),
    # Who the subjects were. column: all | positive | negative | the name of a treatment group;
    # a variable of numbers has one row per column, of words one per level; smd: positives against
    # negatives, in pooled standard deviations.
    "table1": (
        "variable", "level", "column", "n", "missing", "mean", "sd", "median", "q1", "q3",
        "count", "percent", "smd",
    ),
    # Mean change per treatment group and visit, with a t interval, as `class_means`.
    "group_means": ("biomarker", "region", "visit", "group", "n", "mean", "low", "high"),
    # Between what limits repeatability alone moves a change, on its own scale.
    "repeatability_band": ("biomarker", "region", "low", "high", "source"),
    # The empirical ROC curve of each test of the shown series; a positive test is a change of
    # `threshold` or more in the test's direction.
    "roc_points": (
        "biomarker", "region", "visit", "direction", "threshold", "sensitivity", "specificity",
    ),
    # The cut-off of each test of the shown series. rule: youden | sensitivity | specificity | cost
    "cutoffs": (
        "biomarker", "region", "visit", "rule", "threshold", "direction",
        "sensitivity", "sensitivity_low", "sensitivity_high",
        "specificity", "specificity_low", "specificity_high", "youden",
        "sensitivity_corrected", "specificity_corrected", "auc", "auc_corrected",
        "n_positive", "n_negative",
    ),
    # How often a bootstrap sample of the subjects chose the visit as the earliest; empty: none.
    "stability": ("biomarker", "region", "visit", "share"),
    # Least-squares means of the change, by the model of the plan.
    "model_means": ("biomarker", "region", "visit", "group", "estimate", "se", "low", "high"),
    # Differences of them; p_adjusted counts the contrasts of one series.
    "model_contrasts": (
        "biomarker", "region", "visit", "contrast", "estimate", "se", "df", "low", "high",
        "p_value", "p_adjusted",
    ),
    # Kaplan–Meier by early response: one row per stratum and time, the first at the landmark.
    "survival_curves": (
        "stratum", "time", "at_risk", "events", "censored", "survival", "low", "high",
    ),
    # How the strata differ. comparison: log_rank | cox | cox_change
    "survival_tests": (
        "comparison", "statistic", "df", "p_value", "hazard_ratio", "low", "high", "n", "events",
        "landmark",
    ),
    # Markers combined at a visit: in subjects held out, and apparent. rule: combination |
    # best single; gain: of the first over the second.
    "combination": (
        "visit", "rule", "n_positive", "n_negative", "auc", "auc_low", "auc_high", "p_value",
        "auc_apparent", "gain", "p_gain", "permutations", "calibration_slope",
    ),
    # What the rule is made of: coefficients of standardised changes, and each marker alone.
    "combination_terms": (
        "visit", "term", "coefficient", "coefficient_low", "coefficient_high", "same_sign",
        "auc", "direction", "chosen", "gain", "p_gain", "missing",
    ),
    # Agreement of replicates. measure: icc | within_sd | wcv | repeatability_coefficient | bias |
    # lower_limit | upper_limit; of logarithms where the change is a ratio
    "agreement": ("biomarker", "region", "measure", "value", "low", "high", "n"),
    # The smallest AUC that a test of one visit by itself would find with so many subjects.
    "detectable": (
        "biomarker", "region", "visit", "n_positive", "n_negative", "auc_detectable", "power",
        "alpha",
    ),
}  # fmt: skip

# What the further tables hold, in a line.
ABOUT: Mapping[str, str] = {
    "shown": "the series that are looked at closely, and why",
    "limitations": "what limits the conclusions",
    "flow": "subjects by visit and by what became of their measurement",
    "table1": "the characteristics of the subjects",
    "group_means": "mean change of each treatment group, with interval",
    "repeatability_band": "the change that repeatability alone explains",
    "roc_points": "every point of the ROC curves",
    "cutoffs": "cut-offs with sensitivity and specificity, as found and corrected",
    "stability": "how often each visit was the earliest in bootstrap samples",
    "model_means": "means of the model of the changes, with interval",
    "model_contrasts": "differences of these means, with interval and adjusted p",
    "survival_curves": "Kaplan–Meier curves by early response, with numbers at risk",
    "survival_tests": "log-rank test and hazard ratio of early response",
    "combination": "the combined markers, judged by cross-validation",
    "combination_terms": "what the combined rule is made of",
    "agreement": "agreement and repeatability of replicates",
    "detectable": "the AUC that so many subjects could show",
}

_TEXT = frozenset({
    "biomarker", "region", "visit", "direction", "subject", "group", "unit", "status", "reason",
    "by", "topic", "text", "analysis", "variable", "level", "column", "source", "rule", "contrast",
    "stratum", "comparison", "landmark", "term", "measure",
})  # fmt: skip
_TRUTH = frozenset({"separates", "positive"})
_DECLARED = {**TABLES, **FURTHER}


def columns_of(name: str, table: pd.DataFrame) -> list[str]:
    """Return the columns of a table: those declared for its name, or else all it has."""
    return list(_DECLARED.get(name, table.columns))


def column_kinds(name: str, table: pd.DataFrame | None = None) -> dict[str, Kind]:
    """Return what the columns of a table hold, by column, in order.

    Parameters
    ----------
    name
        Of the table.
    table
        Needed where the name is not declared.

    Examples
    --------
    >>> from biomarkers.results import column_kinds
    >>> column_kinds("limitations")
    {'topic': 'text', 'text': 'text'}
    >>> column_kinds("separation")["separates"]
    'truth'

    """
    if name in _DECLARED:
        return {column: _declared_kind(column) for column in _DECLARED[name]}
    table = pd.DataFrame() if table is None else table
    return {str(column): _seen_kind(table[column]) for column in table}


def _declared_kind(column: str) -> Kind:
    return "text" if column in _TEXT else "truth" if column in _TRUTH else "number"


def _seen_kind(values: pd.Series) -> Kind:
    return "truth" if is_bool_dtype(values) else "number" if is_numeric_dtype(values) else "text"
