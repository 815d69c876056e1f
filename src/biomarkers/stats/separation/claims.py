"""The test of every visit: AUC, its interval, and p-values that count all the looks taken."""

from typing import Any

import numpy as np
import pandas as pd

from biomarkers.plan import Plan
from biomarkers.results import TABLES
from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.intervals import newcombe_interval
from biomarkers.stats.roc_analysis.auc import area, design_effect, structural_components
from biomarkers.stats.separation.maxt import backward_sequence, step_down
from biomarkers.stats.separation.panel import Panel

# What an earliest visit is reported with.
_FIGURES = ("p_adjusted", "auc", "auc_low", "auc_high")


def separation(panel: Panel, statistics: Floats, *, alpha: float) -> pd.DataFrame:
    """Test each biomarker and region at each follow-up visit.

    Parameters
    ----------
    panel
        The changes; its tests are the family.
    statistics
        As from `Panel.relabelled`.
    alpha
        Family-wise error rate.

    Returns
    -------
    DataFrame
        Columns of `results.TABLES["separation"]`; at a visit that lacks a class all is NaN, and
        a direction that would have been taken from the data is empty.

    """
    tested = step_down(statistics, statistics[:, 0])
    table = panel.tests.drop(columns="direction").join(_areas(panel))
    table = table.assign(p_value=tested.p_value, p_adjusted=tested.p_adjusted)
    table["separates"] = (table["p_adjusted"] <= alpha) & (table["auc"] > 0.5)
    return table[list(TABLES["separation"])]


def claimed(panel: Panel, statistics: Floats, *, alpha: float) -> Bools:
    """Say which tests separate, as `separation` does, without areas and intervals."""
    claims: Bools = step_down(statistics, statistics[:, 0]).p_adjusted <= alpha
    directions = panel.tests["direction"].to_numpy()
    for test in np.flatnonzero(claims & (directions != "auto")):
        column = panel.values[:, test]  # noqa: PD011
        there = ~np.isnan(column)
        higher = area(column[there & panel.positive], column[there & ~panel.positive]) > 0.5
        claims[test] = higher == (directions[test] == "higher")
    return claims


def _areas(panel: Panel) -> pd.DataFrame:
    """Return the AUC of each test, oriented by its declared or else its observed direction.

    Its interval counts clusters by their design effect.
    """
    changes, labels = panel.values, panel.positive  # noqa: PD011
    measured = ~np.isnan(changes)
    positives = (measured & labels[:, None]).sum(axis=0)
    negatives = (measured & ~labels[:, None]).sum(axis=0)
    areas, effects = np.full(len(panel.tests), np.nan), np.ones(len(panel.tests))
    for test in np.flatnonzero((positives > 0) & (negatives > 0)):
        column, there = changes[:, test], measured[:, test]
        x, y = there & labels, there & ~labels
        areas[test] = area(column[x], column[y])
        if panel.units.are_clusters:
            of = panel.units.member
            parts = structural_components(column[x], column[y])
            effects[test] = design_effect(parts, (of[x], of[y]))
    declared = panel.tests["direction"].to_numpy()
    auto = declared == "auto"
    higher = np.where(auto, areas >= 0.5, declared == "higher")
    oriented = np.where(higher, areas, 1 - areas)
    low, high = newcombe_interval(oriented, positives / effects, negatives / effects)
    return pd.DataFrame(
        {
            "n_positive": positives,
            "n_negative": negatives,
            "direction": np.where(np.isnan(areas) & auto, "", np.where(higher, "higher", "lower")),
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
            entry |= dict.fromkeys(("visit", "direction", *_FIGURES))
        else:
            first = hits.iloc[0]
            entry |= {"visit": visit_key(first["visit"]), "direction": first["direction"]}
            entry |= {name: float(first[name]) for name in _FIGURES}
        entries.append(entry)
    return entries


def visit_key(name: str) -> int | str:
    """Return a visit as people write it in JSON: the number 7, but the text `week 1`."""
    return int(name) if name.removeprefix("-").isdecimal() else name


def sequence(tested: pd.DataFrame, statistics: Floats, plan: Plan) -> list[dict[str, Any]]:
    """Test the visits backward from the last, for an effect declared to stay.

    Parameters
    ----------
    tested
        As from `separation`; a test that goes against its declared direction does not count.
    statistics
        Of the same tests, as from `Panel.relabelled`.
    plan
        Gives the visits and the error rate.

    Returns
    -------
    list of dict
        `visit, p_value, p_adjusted, separates`, in the plan's order. The claim is that the
        classes differ at the visit by some biomarker, not by which.

    """
    names = [visit.name for visit in plan.follow_ups]
    place = tested["visit"].map({name: number for number, name in enumerate(names)})
    p_values = backward_sequence(
        statistics,
        np.where(tested["auc"] > 0.5, statistics[:, 0], 0.0),
        np.asarray(place, dtype=np.intp),
    )
    return [
        {
            "visit": visit_key(name),
            "p_value": float(raw),
            "p_adjusted": float(adjusted),
            "separates": bool(adjusted <= plan.separation.alpha),
        }
        for name, raw, adjusted in zip(names, *p_values, strict=True)
    ]
