"""Several markers as one rule at one visit, judged on subjects it has not seen."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.plan import Combine
from biomarkers.results import FURTHER
from biomarkers.stats.analyses.analysis import Analysis, Contribution
from biomarkers.stats.analyses.naming import unknown, unknown_series, unknown_visit, visit_name
from biomarkers.stats.combination.combine import combine_markers
from biomarkers.stats.combination.nested import CrossValidation
from biomarkers.stats.outcome import of_subjects
from biomarkers.stats.planned_analysis.findings import Findings, Prepared


def check(prepared: Prepared, settings: Combine) -> Iterator[str]:
    """Give what is wrong with the markers and the visit."""
    known = [marker.name for marker in prepared.plan.biomarkers]
    for name in settings.biomarkers:
        yield from unknown("combine.biomarkers", name, known, "biomarker of the plan")
    yield from unknown_series("combine", "", settings.region, prepared)
    yield from unknown_visit("combine.visit", settings.visit, prepared)


def run(findings: Findings, settings: Combine) -> Contribution:
    """Combine the markers at the visit of the plan."""
    visit = visit_name(settings.visit) or _earliest(findings)
    markers = marker_changes(findings, settings, visit)
    plan = findings.plan.separation
    tied = {
        key: of_subjects(findings.participants, name, key=f"separation.{key}").reindex(
            findings.panel.subjects
        )
        for key, name in (("cluster", plan.cluster), ("blocks", plan.blocks))
        if name
    }
    chosen = CrossValidation(
        folds=settings.folds, permutations=settings.permutations, seed=plan.seed
    )
    found = combine_markers(
        markers, findings.panel.positive, model=settings.model, settings=chosen, **tied
    )
    of_all: dict[str, Any] = {
        "visit": visit, "n_positive": found.n_positive, "n_negative": found.n_negative,
        "gain": found.gain, "p_gain": found.p_gain, "permutations": found.permutations,
        "calibration_slope": found.calibration_slope,
    }  # fmt: skip
    tables = {
        "combination": found.performance.assign(**of_all),
        "combination_terms": found.table.rename(columns={"marker": "term"}).assign(visit=visit),
    }
    methods = {
        "call": "stats.combine_markers(changes, outcome, model=..., settings=CrossValidation(...))",
        "settings": {
            "visit": visit, "markers": list(markers), "model": settings.model,
            "folds": settings.folds, "repeats": chosen.repeats_for(len(findings.panel.positive)),
            "permutations": settings.permutations, "seed": plan.seed,
            "left_out": found.n_left_out,
        },
        "references": ["Varma & Simon 2006"],
    }  # fmt: skip
    return Contribution(
        {name: table[list(FURTHER[name])] for name, table in tables.items()},
        [("combination", found.headline), *(("combination", note) for note in found.notes)],
        methods,
    )


def _earliest(findings: Findings) -> str:
    """Return the first visit that separates, or else the last."""
    visits = [visit.name for visit in findings.plan.follow_ups]
    hits = {str(entry["visit"]) for entry in findings.earliest if entry["visit"] is not None}
    return next((name for name in visits if name in hits), visits[-1])


def marker_changes(findings: Findings, settings: Combine, visit: str) -> pd.DataFrame:
    """Return the changes at a visit, a column per marker; of many series, those shown."""
    tests = findings.panel.tests
    keys = pd.MultiIndex.from_frame(tests[["biomarker", "region"]])
    mine = (tests["visit"] == visit) & (
        tests["biomarker"].isin(settings.biomarkers)
        if settings.biomarkers
        else keys.isin(list(findings.shown))
    )
    if settings.region:
        mine &= tests["region"] == settings.region
    places = np.flatnonzero(mine)
    names = [
        f"{row['biomarker']} ({row['region']})" for row in tests.iloc[places].to_dict("records")
    ]
    changes = findings.panel.values[:, places]  # noqa: PD011
    return pd.DataFrame(changes, index=findings.panel.subjects, columns=names)


COMBINATION = Analysis("combine", run, settings=Combine, check=check)
