"""The test of every visit: AUC, its interval, and p-values that count all the looks taken."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from biomarkers.plan import Plan
from biomarkers.results import TABLES
from biomarkers.stats.auc import area
from biomarkers.stats.intervals import newcombe_interval
from biomarkers.stats.maxt import Studentise, max_t

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# What an earliest visit is reported with.
_FOUND = ("p_adjusted", "auc", "auc_low", "auc_high")


def separation(
    changes: pd.DataFrame,
    positive: "pd.Series[bool]",
    plan: Plan,
    *,
    studentise: Studentise = "delong",
) -> pd.DataFrame:
    """Test each biomarker and region at each follow-up visit.

    Parameters
    ----------
    changes
        Rows with `subject, biomarker, region, visit, change`; NaN changes do not count.
    positive
        Class by subject; the labels that are permuted.
    plan
        Its follow-up visits times the series of `changes` are the family of tests.
    studentise
        See `maxt.max_t`.

    Returns
    -------
    DataFrame
        Columns of `results.TABLES["separation"]`; all NaN at a visit that lacks a class.

    """
    tests = _family(changes, plan)
    values = _subjects_by_tests(changes, positive.index, tests)
    labels = positive.to_numpy(dtype=bool)
    settings = plan.separation
    found = max_t(
        values,
        labels,
        permutations=settings.permutations,
        seed=settings.seed,
        studentise=studentise,
    )
    declared = {marker.name: marker.direction for marker in plan.biomarkers}
    areas = _areas(values, labels, [declared[name] for name in tests["biomarker"]])
    table = tests.join(areas).assign(p_value=found.p_value, p_adjusted=found.p_adjusted)
    table["separates"] = (table["p_adjusted"] <= settings.alpha) & (table["auc"] > 0.5)
    return table[list(TABLES["separation"])]


def _family(changes: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """One row per test: the series in order of appearance, each at every follow-up visit."""
    series = changes[["biomarker", "region"]].drop_duplicates()
    visits = pd.DataFrame({"visit": [visit.name for visit in plan.follow_ups]})
    return series.merge(visits, how="cross")


def _subjects_by_tests(
    changes: pd.DataFrame, subjects: "pd.Index[str]", tests: pd.DataFrame
) -> Floats:
    keys = ["biomarker", "region", "visit"]
    wide = changes.set_index(["subject", *keys])["change"].unstack(keys)  # noqa: PD010
    wide = wide.reindex(index=subjects, columns=pd.MultiIndex.from_frame(tests[keys]))
    return wide.to_numpy(dtype=float)


def _areas(values: Floats, labels: Bools, declared: list[str]) -> pd.DataFrame:
    """AUC of each test, oriented by its declared or else its observed direction."""
    measured = ~np.isnan(values)
    positives = (measured & labels[:, None]).sum(axis=0)
    negatives = (measured & ~labels[:, None]).sum(axis=0)
    areas = np.full(values.shape[1], np.nan)
    for test in np.flatnonzero((positives > 0) & (negatives > 0)):
        column, there = values[:, test], measured[:, test]
        areas[test] = area(column[there & labels], column[there & ~labels])
    higher = [
        way == "higher" or (way == "auto" and not auc < 0.5)
        for way, auc in zip(declared, areas, strict=True)
    ]
    oriented = np.where(higher, areas, 1 - areas)
    low, high = newcombe_interval(oriented, positives, negatives)
    return pd.DataFrame(
        {
            "n_positive": positives,
            "n_negative": negatives,
            "direction": np.where(higher, "higher", "lower"),
            "auc": oriented,
            "auc_low": low,
            "auc_high": high,
        }
    )


def earliest_visits(separation: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the first separating visit of each biomarker and region.

    Parameters
    ----------
    separation
        As in `results.TABLES`, visits in the plan's order.

    Returns
    -------
    list of dict
        `biomarker, region, visit, direction, p_adjusted, auc, auc_low, auc_high`; `visit` is an
        integer where its name is one, and None (as all that follows) where none separates.

    """
    entries = []
    for (biomarker, region), rows in separation.groupby(["biomarker", "region"], sort=False):
        entry: dict[str, Any] = {"biomarker": biomarker, "region": region}
        hits = rows[rows["separates"]]
        if hits.empty:
            entry |= dict.fromkeys(("visit", "direction", *_FOUND))
        else:
            first = hits.iloc[0]
            entry |= {"visit": visit_key(first["visit"]), "direction": first["direction"]}
            entry |= {name: float(first[name]) for name in _FOUND}
        entries.append(entry)
    return entries


def visit_key(name: str) -> int | str:
    """Return a visit as people write it in JSON: the number 7, but the text `week 1`."""
    return int(name) if name.removeprefix("-").isdecimal() else name
