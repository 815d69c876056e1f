"""What limits the conclusions, by rules that look at the data and the plan."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from biomarkers.plan import biomarker_label, class_nouns, series_label, subject_noun
from biomarkers.results import FURTHER
from biomarkers.stats.analyses.analysis import Analysis, Contribution
from biomarkers.stats.analyses.tested import shown_tests
from biomarkers.stats.labels import relabellings
from biomarkers.stats.planned_analysis.findings import Findings, Note
from biomarkers.stats.words import listed, verb
from biomarkers.table.columns import CLUSTER

FEW_SUBJECTS = 20
FEW_OF_A_CLASS = 5
MUCH_MISSING = 0.2  # of a class at a visit
UNEQUAL_SPREAD = 2.0  # ratio of standard deviations
_ROUNDING = 1e-9


def run(findings: Findings, settings: None) -> Contribution:
    """Give every limitation whose rule holds."""
    rules = (
        _few,
        _perfect,
        _spread,
        _missing,
        _smallest_p,
        _direction,
        _chosen,
        _clustered,
        _made_of,
    )
    found = [note for rule in rules for note in rule(findings)]
    return Contribution({"limitations": pd.DataFrame(found, columns=list(FURTHER["limitations"]))})


def _few(findings: Findings) -> Iterator[Note]:
    positive = findings.outcome.positive
    sizes = int(positive.sum()), int((~positive).sum())
    names = class_nouns(findings.plan)
    if sum(sizes) < FEW_SUBJECTS:
        yield (
            "few_subjects",
            f"Only {sum(sizes)} subjects were compared ({sizes[0]} {names[0]} and {sizes[1]} "
            f"{names[1]}): with fewer than {FEW_SUBJECTS} the intervals are wide, and what was "
            "not found may well be there.",
        )
    elif min(sizes) < FEW_OF_A_CLASS:
        yield (
            "few_of_a_class",
            f"Only {min(sizes)} of the subjects are {names[sizes.index(min(sizes))]}: an AUC "
            f"rests on the smaller class.",
        )


def _perfect(findings: Findings) -> Iterator[Note]:
    table = findings.tables["separation"]
    where = _where(findings, table[table["auc"] == 1.0])
    if where:
        yield (
            "perfect_auc",
            f"An AUC of 1 was found for {where}. In a sample no subject was misplaced; in new "
            "subjects some will be, and the lower limit of the interval says how many it may be.",
        )


def _spread(findings: Findings) -> Iterator[Note]:
    """Name tests whose classes differ in spread, where ranks test more than a shift."""
    places = []
    for one in shown_tests(findings):
        groups = [one.changes[one.known & side] for side in (one.positive, ~one.positive)]
        if min(map(len, groups)) < FEW_OF_A_CLASS or not np.isfinite(np.concatenate(groups)).all():
            continue
        low, high = sorted(float(values.std(ddof=1)) for values in groups)
        if high > UNEQUAL_SPREAD * low:
            places.append(one.key)
    where = _where(findings, pd.DataFrame(places))
    if where:
        yield (
            "unequal_spread",
            f"The classes differ in spread by more than a factor of {UNEQUAL_SPREAD:g} for "
            f"{where}. The permutation test then answers to a difference in spread as well as in "
            "the AUC.",
        )


def _missing(findings: Findings) -> Iterator[Note]:
    attendance = findings.tables["attendance"]
    later = [visit.name for visit in findings.plan.follow_ups]
    rows = attendance[attendance["visit"].isin(later)]
    keys = ["biomarker", "region", "visit", "positive"]
    lost = (rows["status"] != "measured").groupby([rows[key] for key in keys], sort=False).mean()
    much = lost[lost > MUCH_MISSING].reset_index().drop_duplicates(keys[:3])
    where = _where(findings, much)
    if where:
        yield (
            "much_missing",
            f"More than {MUCH_MISSING:.0%} of a class have no change for {where}. Those who stayed "
            "need not be like those who left; see what the missing could do.",
        )


def _smallest_p(findings: Findings) -> Iterator[Note]:
    table = findings.tables["separation"]
    least = 1 / (findings.plan.separation.permutations + 1)
    attainable = 2 / relabellings(findings.panel.positive, findings.panel.units)
    smallest = max(least, attainable)
    at_least = table["p_value"] <= smallest * (1 + _ROUNDING)
    if at_least.any():
        why = (
            f"{findings.plan.separation.permutations} relabellings"
            if least >= attainable
            else "so few subjects"
        )
        yield (
            "smallest_p",
            f"The p-value of {_where(findings, table[at_least])} is the smallest that {why} can "
            f"give, {smallest:.2g}: it may be smaller, and such tests cannot be told apart by it.",
        )


def _direction(findings: Findings) -> Iterator[Note]:
    auto = [biomarker_label(name) for name in findings.plan.undirected]
    if auto:
        yield (
            "direction_from_data",
            f"The direction of {listed(auto)} was taken from the data at each visit, so their AUC "
            "is 0.5 or more by construction, and flattering where it is near that.",
        )


def _chosen(findings: Findings) -> Iterator[Note]:
    if "cutoff" in findings.plan.sections:
        yield (
            "cutoff_from_data",
            "Cut-offs were chosen in the subjects they are judged in; the corrected figures are "
            "what to expect of others, and another cohort has to show it.",
        )


def _clustered(findings: Findings) -> Iterator[Note]:
    cluster = findings.plan.separation.cluster
    if cluster:
        whole, parts = ["the tests", "the AUC with its interval"], ["means", "cut-offs", "models"]
        (whole if cluster == CLUSTER else parts).append("survival")
        yield (
            "clusters_elsewhere",
            f"Of all that is computed, {listed(whole)} count each {cluster} as one; "
            f"{listed(parts)} take all of its {subject_noun(cluster)}s as independent, and their "
            "intervals may be too narrow.",
        )


def _made_of(findings: Findings) -> Iterator[Note]:
    if findings.made_of:
        yield (
            "circular_outcome",
            f"The outcome {findings.plan.outcome} is made of {listed(findings.made_of)}; what is "
            "related to it predicts it in part by definition.",
        )


def _where(findings: Findings, rows: pd.DataFrame) -> str:
    """Return which tests, visits of a series together and in order; empty for none."""
    if rows.empty:
        return ""
    order = [visit.name for visit in findings.plan.visits]
    alike: dict[tuple[str, str], list[str]] = {}
    for row in rows.to_dict("records"):
        alike.setdefault((row["biomarker"], row["region"]), []).append(row["visit"])
    places = [
        f"{series_label(biomarker, region)} at {verb(len(visits), 'visit', 'visits')} "
        f"{listed([name for name in order if name in visits])}"
        for (biomarker, region), visits in alike.items()
    ]
    return listed(places, "; ")


LIMITATIONS = Analysis("limitations", run)
