"""Who was measured when, and if not, why not."""

import numpy as np
import pandas as pd

from biomarkers.plan import Plan

_KEY = ["subject", "biomarker", "region", "visit"]


def attendance(
    classes: pd.DataFrame,
    *,
    changes: pd.DataFrame,
    everything: pd.DataFrame,
    excluded: pd.DataFrame,
    plan: Plan,
) -> pd.DataFrame:
    """Return the status of every subject, biomarker, region and visit.

    Parameters
    ----------
    classes
        The subjects: `subject, group, positive`.
    changes
        Measurements that stand for a visit: `results.TABLES["changes"]`.
    everything
        Every row of the plan's biomarkers and regions, before anything was left out.
    excluded
        The rows of `everything` that an exclusion names.
    plan
        Gives the visits.

    Returns
    -------
    DataFrame
        `subject, group, positive, biomarker, region, visit, status`, where status is

        - `measured`: it was, and so was the baseline;
        - `no_baseline`: it was, but without a baseline there is no change;
        - `no_change`: both were, but they have no ratio: one is below 0, or the baseline is 0;
        - `excluded`, `failed_qc`: it was, and was set aside;
        - `gone`: the subject's last measurement of this biomarker lies before the visit;
        - `missing`: it was not, though the subject was measured on a later day.

    """
    series = everything[["biomarker", "region"]].drop_duplicates()
    visits = pd.DataFrame(
        {
            "visit": [visit.name for visit in plan.visits],
            "opens": [visit.opens for visit in plan.visits],
        }
    )
    whole = classes.merge(series, how="cross").merge(visits, how="cross")
    key = _keys(whole)
    valued = everything[everything["value"].notna()]
    last = valued.groupby(["subject", "biomarker"])["day"].max().rename("last")
    last_day = whole.join(last, on=["subject", "biomarker"])["last"]
    compared = changes["baseline_value"].notna()
    changed = changes["change"].notna()
    failed = valued[valued["qc"] == "fail"] if "qc" in valued else valued.iloc[:0]
    status = np.select(
        [
            key.isin(_keys(changes[changed])),
            key.isin(_keys(changes[compared])),
            key.isin(_keys(changes)),
            key.isin(_visit_keys(excluded[excluded["value"].notna()], plan)),
            key.isin(_visit_keys(failed, plan)),
            (last_day < whole["opens"]).to_numpy(),
        ],
        ["measured", "no_change", "no_baseline", "excluded", "failed_qc", "gone"],
        default="missing",
    )
    return whole.assign(status=status).drop(columns="opens")


def _keys(rows: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(rows[_KEY])


def _visit_keys(rows: pd.DataFrame, plan: Plan) -> pd.MultiIndex:
    """Return the subject, biomarker, region and visit of rows on a day that a visit claims."""
    visits = [plan.visit_of(day) for day in rows["day"]]
    named = rows.assign(visit=[visit.name if visit else "" for visit in visits])
    return _keys(named[named["visit"] != ""])
