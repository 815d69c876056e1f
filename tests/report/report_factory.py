"""Results made up for the report: right in form, arbitrary in content."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.plan import make_plan
from biomarkers.results import TABLES, Results

DAYS = {"0": [0], "3": [3], "7": [6, 7], "10": [10], "17": [17, 18]}
UNITS = {"tumor_volume": "mm^3", "body_weight": "g", "ADC": "mm^2/s", "Ktrans": "1/min"}
SCALE = {"tumor_volume": 120.0, "body_weight": 22.0, "ADC": 7e-4, "Ktrans": 0.08}

METHODS = {
    "test": "step-down maxT permutation of the class labels, jointly over subjects",
    "reference": "Westfall & Young 1993, Resampling-based multiple testing",
    "family": "every follow-up visit of every biomarker and region of the plan",
    "statistic": "|AUC - 0.5| / DeLong standard error",
    "standard_error_floor": "0.5 of the standard error under the null",
    "permutations": 9999,
    "seed": 1,
    "p_value": "(b + 1) / (B + 1), two-sided",
    "interval": "Newcombe 2006, score method 5, doi:10.1002/sim.2324",
    "interval_level": 0.95,
    "visit_rule": "nearest to the visit's day, the earlier on a tie",
}


@dataclass(frozen=True)
class Cohort:
    """What to make up.

    `separates` gives, by biomarker, the first visit that separates; `subjects` the number of
    positives and negatives.
    """

    biomarkers: Mapping[str, str]
    separates: Mapping[str, str]
    subjects: tuple[int, int] = (12, 12)
    regions: Sequence[str] = ("whole",)
    visits: Mapping[str, Sequence[float]] = None  # type: ignore[assignment]
    outcome: Mapping[str, Any] = None  # type: ignore[assignment]
    seed: int = 7

    def plan(self):
        """The plan as a study would write it."""
        visits = self.visits or DAYS
        return make_plan(
            {
                **(self.outcome or {"outcome": "responder", "positive": 1, "negative": 0}),
                "baseline": next(iter(visits)),
                "visits": {name: list(days) for name, days in visits.items()},
                "biomarkers": {name: {"change": kind} for name, kind in self.biomarkers.items()},
            }
        )


def make_results(cohort: Cohort) -> Results:
    """Make up results of a cohort, the same ones every time."""
    random = np.random.default_rng(cohort.seed)
    plan = cohort.plan()
    subjects = [
        (f"{name}{number:02d}", group, positive)
        for name, group, positive, many in (
            ("rat", "both", True, cohort.subjects[0]),
            ("mouse", "control", False, cohort.subjects[1]),
        )
        for number in range(1, many + 1)
    ]
    stays = {name: len(plan.visits) - int(random.integers(0, 3) == 0) for name, _, _ in subjects}
    changes, attendance, tests, earliest = [], [], [], []
    for marker in plan.biomarkers:
        first = cohort.separates.get(marker.name)
        for region in cohort.regions:
            key = {"biomarker": marker.name, "region": region}
            separating = False
            entry = dict.fromkeys(
                ("visit", "direction", "p_adjusted", "auc", "auc_low", "auc_high")
            )
            for place, visit in enumerate(plan.visits):
                separating = separating or visit.name == first
                for name, group, positive in subjects:
                    who = {"subject": name, "group": group, "positive": positive}
                    here = place < stays[name]
                    status = "measured" if here else "gone"
                    attendance.append({**who, **key, "visit": visit.name, "status": status})
                    if here:
                        changes.append(
                            {
                                **who, **key, "visit": visit.name,
                                "day": float(random.choice(visit.days)),
                                **_value(random, marker, place, positive and separating),
                                "unit": UNITS.get(marker.name, ""),
                            }
                        )  # fmt: skip
                if place:
                    row = _test(random, visit.name, separating, cohort.subjects)
                    tests.append({**key, **row})
                    if visit.name == first:
                        entry = {name: row[name] for name in entry}
            earliest.append({**key, **entry})
    changes = pd.DataFrame(changes)
    tables = {
        "separation": pd.DataFrame(tests),
        "changes": changes,
        "class_means": _class_means(changes),
        "attendance": pd.DataFrame(attendance),
        **{
            name: empty(name)
            for name in ("unused", "reasons", "exclusions", "notes", "sensitivity")
        },
    }
    analysis = {"plan": plan.to_dict(), "methods": METHODS | {"family_size": len(tests)}}
    return Results({name: tables[name][list(TABLES[name])] for name in TABLES}, earliest, analysis)


def empty(name: str) -> pd.DataFrame:
    """A table of the results without rows."""
    return pd.DataFrame(columns=list(TABLES[name]))


def with_table(results: Results, name: str, rows: Sequence[Mapping[str, Any]]) -> Results:
    """The results with other rows in one table."""
    table = pd.DataFrame(rows, columns=list(TABLES[name]))
    return replace(results, tables={**results.tables, name: table})


def _value(random, marker, place, responds) -> dict[str, float]:
    baseline = SCALE.get(marker.name, 1.0) * math.exp(random.normal(0, 0.15))
    log_ratio = place * (0.25 if not responds else -0.12) + random.normal(0, 0.12) * (place > 0)
    value = baseline * math.exp(log_ratio)
    kinds = {
        "absolute": value - baseline,
        "percent": 100 * (value / baseline - 1),
        "log_ratio": log_ratio,
    }
    return {"value": value, "baseline_value": baseline, "change": kinds[marker.change]}


def _test(random, visit, separating, subjects) -> dict[str, Any]:
    auc = random.uniform(0.78, 0.93) if separating else random.uniform(0.5, 0.64)
    return {
        "visit": visit,
        "n_positive": subjects[0],
        "n_negative": subjects[1],
        "direction": "lower" if separating or random.random() < 0.5 else "higher",
        "auc": auc,
        "auc_low": auc - 0.19,
        "auc_high": min(auc + 0.13, 0.98),
        "p_value": 0.0004 if separating else random.uniform(0.1, 0.8),
        "p_adjusted": 0.0012 if separating else random.uniform(0.2, 0.9),
        "separates": separating,
    }


def _class_means(changes: pd.DataFrame) -> pd.DataFrame:
    keys = ["biomarker", "region", "visit", "positive"]
    rows = []
    for key, group in changes.groupby(keys, sort=False):
        values = group["change"]
        half = 2.2 * values.std() / math.sqrt(len(values)) if len(values) > 1 else math.nan
        rows.append((*key, len(values), values.mean(), values.mean() - half, values.mean() + half))
    return pd.DataFrame(rows, columns=[*keys, "n", "mean", "low", "high"])
