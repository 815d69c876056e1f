"""A judgement of several classes, its figures and notes made of the pieces that were done."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from biomarkers.predict.classes.evaluation import ClassEvaluation
from biomarkers.predict.classes.performance import ClassesGathered, class_figures
from biomarkers.predict.cohort import Cohort
from biomarkers.predict.labelling import subjects_by_class
from biomarkers.predict.nested import reached
from biomarkers.predict.traps import (
    events_notes,
    identity_notes,
    interval_notes,
    left_out_notes,
    network_notes,
    told_site_notes,
    undone_notes,
    unexplained_notes,
    unjudged_notes,
    unseen_notes,
)
from biomarkers.stats.words import listed

_ALPHA = 0.05
_LEFT_OUT = (
    "Of several classes there is no paired gain over a baseline, Brier score, calibration, "
    "threshold, sensitivity, specificity, net benefit or precision–recall curve."
)


def class_evaluation(
    cohort: Cohort, gathered: ClassesGathered, told: float, *, lacking: Sequence[str]
) -> ClassEvaluation:
    """Make a judgement of its pieces; `told` is how well features tell the sites."""
    judged = gathered.judged
    made = class_figures(gathered)
    notes = (
        *_notes(cohort, gathered, made, told),
        *(f"No block {name}: no baseline of it alone." for name in lacking),
        _LEFT_OUT,
    )
    return ClassEvaluation(
        recipe=judged.recipes[0], settings=judged.settings, site_auc=told, notes=notes,
        cohort_digest=cohort.digest, **made,
    )  # fmt: skip


def _notes(
    cohort: Cohort, gathered: ClassesGathered, made: dict[str, Any], site_auc: float
) -> list[str]:
    cases, recipe = gathered.judged.cases, gathered.judged.recipes[0]
    candidates = len(reached(recipe, cases).names)
    return [
        *cohort.notes,
        *identity_notes(cases),
        *_several(cohort),
        *(told_site_notes(site_auc) if cases.has_sites else []),
        *_site_shares(cohort),
        *(left_out_notes(made["sites"]) if cases.has_sites else []),
        *unseen_notes(gathered.pieces),
        *undone_notes([*gathered.pieces["site"], *gathered.pieces["curve"]]),
        *unjudged_notes(gathered.judged),
        *network_notes(
            recipe, cases, made["performance"].groupby("rule")["auc"].mean(), shown=None
        ),
        *events_notes(min(subjects_by_class(cases)), candidates),
        *interval_notes(gathered.chance),
        *unexplained_notes(made["selection"], recipe),
    ]


def _several(cohort: Cohort) -> list[str]:
    """Say how subjects with cases of several classes were counted and permuted."""
    kinds = pd.Series(cohort.labels).groupby(cohort.subject).nunique()
    several = int((kinds > 1).sum())
    if not several:
        return []
    return [
        f"{several} of {len(kinds)} subjects have cases of several classes: they are called once "
        "for each class, and classes were permuted within such subjects too."
    ]


def _site_shares(cohort: Cohort) -> list[str]:
    """Say whether the classes are spread unevenly over sites: the site then tells the class."""
    if len(np.unique(cohort.site)) < 2:
        return []
    table = pd.DataFrame({"s": cohort.subject, "site": cohort.site, "y": cohort.labels})
    table = table.drop_duplicates()
    counts = pd.crosstab(table["site"], table["y"])
    p_value = float(stats.chi2_contingency(counts.to_numpy(), correction=False).pvalue)
    if p_value > _ALPHA:
        return []
    return [
        f"The shares of the classes differ by site (p = {p_value:.2g}): look at the AUC within "
        f"{listed(list(counts.index))}. Classes were permuted within sites."
    ]
