"""From a measurement table to what separates: classes, changes, and the test of every visit."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.errors import PlanError
from biomarkers.plan import Plan
from biomarkers.results import TABLES
from biomarkers.stats.changes import checked, class_means, express, with_baseline
from biomarkers.stats.missingness.attendance import attendance
from biomarkers.stats.missingness.sensitivity import sensitivity
from biomarkers.stats.outcome import Outcome, classify
from biomarkers.stats.planned_analysis.circularity import reproductions
from biomarkers.stats.planned_analysis.findings import Findings, Prepared
from biomarkers.stats.planned_analysis.shown_series import shown_series
from biomarkers.stats.response import MADE_OF
from biomarkers.stats.separation.claims import earliest_visits, separation, sequence
from biomarkers.stats.separation.panel import make_panel
from biomarkers.stats.separation.stability import stability
from biomarkers.stats.visits import at_visits
from biomarkers.table import KEY, apply_exclusions, check_participants

# Of more series than this, only those that are shown are weighted and imputed for the missing.
MOST_MODELLED = 50
# Where a table that was averaged over replicates keeps what it was made of (`attrs`).
REPLICATES = "replicates"


def prepare(
    table: pd.DataFrame,
    participants: pd.DataFrame,
    plan: Plan,
    *,
    exclusions: pd.DataFrame | None = None,
) -> Prepared:
    """Return classes and changes from baseline; parameters and errors as for `stats.analyse`."""
    replicates = table.attrs.get(REPLICATES, pd.DataFrame(columns=[*KEY, "value", "replicate"]))
    table = checked(table).reset_index(drop=True)
    table.attrs = {}  # pandas compares and copies them with every step
    derived = participants.attrs.get(MADE_OF, {}).get(plan.outcome)
    made_of = tuple(dict.fromkeys([*([derived] if derived else []), *plan.made_of]))
    participants = check_participants(participants)
    outcome = classify(table, participants, plan)
    _check_names(table, plan)
    kept, applied = apply_exclusions(table, _listed(exclusions))
    everything = _selected(table, plan, outcome)
    usable = everything[_usable(everything, kept)]
    at_visit, unused = at_visits(usable, plan)
    _check_baseline(at_visit, plan)
    classes = pd.DataFrame({"group": outcome.group, "positive": outcome.positive})
    classes = classes.rename_axis("subject").reset_index()
    changes = _changes(at_visit, classes, plan)
    _check_default_change(changes, plan)
    tables = {
        "changes": changes,
        "class_means": class_means(changes, {m.name: m.change for m in plan.biomarkers}),
        "attendance": attendance(
            classes,
            changes=changes,
            everything=everything,
            excluded=everything[~everything.index.isin(kept.index)],
            plan=plan,
        ),
        "unused": unused,
        "reasons": _reasons(everything),
        "exclusions": applied,
    }
    panel = make_panel(tables, outcome.positive, participants, plan)
    left_out = table.loc[~table["biomarker"].isin(_markers(plan)), "biomarker"].unique()
    classed = table[table["subject"].isin(outcome.positive.index)]
    return Prepared(
        plan=plan,
        outcome=outcome,
        tables=tables,
        panel=panel,
        left_out=tuple(left_out),
        made_of=made_of,
        reproduced_by=reproductions(classed, changes, outcome.positive),
        participants=participants,
        measured=usable,
        replicates=_selected(replicates, plan, outcome) if len(replicates) else replicates,
    )


def find(prepared: Prepared) -> Findings:
    """Relabel once, and take every test from it."""
    panel, tables, plan = prepared.panel, prepared.tables, prepared.plan
    statistics = panel.relabelled(plan)
    tested = separation(panel, statistics, alpha=plan.separation.alpha)
    earliest = earliest_visits(tested)
    shown = shown_series(tested, earliest, [visit.name for visit in plan.visits])
    scenarios = sensitivity(
        panel,
        statistics,
        tested=tested,
        attendance=tables["attendance"],
        plan=plan,
        modelled=shown if len(earliest) > MOST_MODELLED else _keys(earliest),
    )
    made = {**tables, "separation": tested, "sensitivity": scenarios}
    return Findings(
        **(vars(prepared) | {"tables": made}),
        earliest=earliest,
        shown=shown,
        stability=stability(panel, statistics, plan, earliest),
        sequence=sequence(tested, statistics, plan) if plan.separation.sustained else [],
    )


def _keys(earliest: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    return [(entry["biomarker"], entry["region"]) for entry in earliest]


def _markers(plan: Plan) -> list[str]:
    return [marker.name for marker in plan.biomarkers]


def _listed(exclusions: pd.DataFrame | None) -> pd.DataFrame:
    if exclusions is not None:
        return exclusions
    return pd.DataFrame(columns=[name for name in TABLES["exclusions"] if name != "rows"])


def _check_names(table: pd.DataFrame, plan: Plan) -> None:
    """Refuse a plan that names what is not in the table."""
    problems = [
        f"{key}: {name!r} is not in the measurements; found {', '.join(sorted(measured))}"
        for key, wanted, measured in (
            ("biomarkers", _markers(plan), set(table["biomarker"])),
            ("made_of", plan.made_of, set(table["biomarker"])),
            ("regions", plan.regions, set(table["region"])),
        )
        for name in wanted
        if name not in measured
    ]
    if not problems and plan.regions:
        there = set(table.loc[table["region"].isin(plan.regions), "biomarker"])
        problems = [
            f"biomarkers: {name!r} was not measured in {', '.join(plan.regions)}"
            for name in _markers(plan)
            if name not in there
        ]
    if problems:
        raise PlanError(problems, "plan")


def _selected(table: pd.DataFrame, plan: Plan, outcome: Outcome) -> pd.DataFrame:
    """Return the rows the plan is about, biomarkers and regions in the plan's order."""
    regions = list(plan.regions) or list(table["region"].unique())
    rows = table[
        table["biomarker"].isin(_markers(plan))
        & table["region"].isin(regions)
        & table["subject"].isin(outcome.positive.index)
    ]
    order = {"biomarker": _markers(plan), "region": regions}
    return rows.sort_values(
        list(order), key=lambda names: names.map(order[str(names.name)].index), kind="stable"
    )


def _reasons(rows: pd.DataFrame) -> pd.DataFrame:
    """Count the measurements of each series without a value, or in doubt, by the reason."""
    given = rows[rows["reason"] != ""] if "reason" in rows else rows.iloc[:0].assign(reason="")
    if "qc" in given:  # what is sound may have a reason for having no error
        given = given[given["value"].isna() | (given["qc"] != "ok")]
    return (
        given.assign(without_value=given["value"].isna())
        .groupby(["biomarker", "region", "reason"], sort=False, as_index=False)
        .agg(
            measurements=("subject", "size"),
            without_value=("without_value", "sum"),
            subjects=("subject", "nunique"),
        )
    )


def _usable(rows: pd.DataFrame, kept: pd.DataFrame) -> "pd.Series[bool]":
    """Say which rows have a value, passed quality control and are not excluded."""
    usable = rows["value"].notna() & rows.index.isin(kept.index)
    return usable & (rows["qc"] != "fail") if "qc" in rows else usable


def _check_baseline(at_visit: pd.DataFrame, plan: Plan) -> None:
    there = set(at_visit.loc[at_visit["visit"] == plan.baseline, "biomarker"])
    days = next(visit.text for visit in plan.visits if visit.name == plan.baseline)
    problems = [
        f"baseline: nobody has a usable {name} at visit {plan.baseline} (day {days})"
        for name in _markers(plan)
        if name not in there
    ]
    if problems:
        raise PlanError(problems, "plan")


def _check_default_change(changes: pd.DataFrame, plan: Plan) -> None:
    """Refuse to leave out a biomarker because a default, which nobody chose, does not suit it."""
    known = set(changes.loc[changes["change"].notna(), "biomarker"])
    problems = [
        f"biomarkers.{marker.name}.change: found nothing, and the default, {marker.change}, cannot "
        'be taken of values of 0 or below; expected change = "absolute"'
        for marker in plan.biomarkers
        if not marker.change_declared and marker.name not in known
    ]
    if problems:
        raise PlanError(problems, "plan")


def _changes(at_visit: pd.DataFrame, classes: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Return one row per measurement that stands for a visit, with its change from baseline."""
    rows = with_baseline(at_visit, at_visit[at_visit["visit"] == plan.baseline])
    values, first = (rows[name].to_numpy() for name in ("value", "baseline_value"))
    kinds = {marker.name: marker.change for marker in plan.biomarkers}
    changes = np.full(len(rows), np.nan)
    for biomarker, mine in rows.groupby("biomarker", sort=False).indices.items():
        changes[mine] = express(values[mine], first[mine], kinds[str(biomarker)])
    rows["change"] = changes
    rows = rows.drop(columns="group", errors="ignore").merge(classes, on="subject", how="left")
    return rows[list(TABLES["changes"])]
