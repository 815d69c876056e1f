"""From days to visits: which measurement stands for which planned visit."""

from typing import Any

import numpy as np
import pandas as pd

from biomarkers.errors import InputError
from biomarkers.plan import Plan, Visit
from biomarkers.stats.arrays import Floats
from biomarkers.stats.ranks import merge_ties, rounding

UNUSED = ("subject", "day", "biomarker", "region", "value", "reason")
_SUBJECT_VISIT = ["subject", "biomarker", "region", "visit"]


def at_visits(table: pd.DataFrame, plan: Plan) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Keep one measurement per subject, biomarker, region and visit.

    Of two measurements in one window the nearest to the visit's target day stands; on a tie the
    earlier.

    Parameters
    ----------
    table
        Measurements with a value.
    plan
        Its visits claim days; a day claims no more than one visit.

    Returns
    -------
    kept : DataFrame
        The rows that stand for a visit, with its name in `visit`.
    unused : DataFrame
        The others, with `reason`: `unclaimed_day` or `nearer_measurement`.

    """
    visits = {day: visit for day in table["day"].unique() if (visit := plan.visit_of(day))}
    claimed = table["day"].isin(visits)
    rows = table[claimed]
    rows = rows.assign(
        visit=rows["day"].map({day: visit.name for day, visit in visits.items()}).astype(str),
        distance=_distances(rows["day"], {day: visit.target for day, visit in visits.items()}),
    ).sort_values(["distance", "day"], kind="stable")
    second = rows.duplicated(_SUBJECT_VISIT)
    unused = pd.concat(
        [
            table[~claimed].assign(reason="unclaimed_day"),
            rows[second].assign(reason="nearer_measurement"),
        ]
    )
    kept = rows[~second].drop(columns="distance")
    return _as_in(table, kept), _as_in(table, unused[list(UNUSED)])


def _distances(days: "pd.Series[float]", targets: dict[float, float]) -> Floats:
    """Return how far each day lies from its target; equal but for rounding is equal."""
    target = days.map(targets)
    return merge_ties(np.abs(days - target), rounding(days, target))


def window(visit: float | Visit, *, within: float = 0) -> tuple[float, float]:
    """Return the first and the last day that count as a visit: a plan's, or a day alone."""
    if within < 0:
        raise InputError(f"within: found {within:g}, expected 0 or more")
    return (visit.opens, visit.closes) if isinstance(visit, Visit) else (visit - within, visit)


def visits_by_day(table: pd.DataFrame) -> dict[str, Any]:
    """Return the plan's `baseline` and `visits` where every measured day is a visit.

    The baseline is the last day up to 0, or else the first day.
    """
    days = np.unique(table.loc[table["value"].notna(), "day"])
    before = days[days <= 0]
    baseline = before[-1] if len(before) else days[0]
    names = {f"{day:g}": [float(day)] for day in days[days >= baseline]}
    return {"baseline": f"{baseline:g}", "visits": names}


def _as_in(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return some rows of a table in its order, which is the plan's."""
    return rows.loc[table.index[table.index.isin(rows.index)]]
