"""Survival after the landmark, by the response that was known there."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.errors import InputError
from biomarkers.plan import Survival
from biomarkers.results import FURTHER
from biomarkers.stats.analyses.analysis import Analysis, Contribution
from biomarkers.stats.analyses.naming import (
    unknown_column,
    unknown_series,
    unknown_visit,
    visit_name,
)
from biomarkers.stats.analyses.tested import Tested, find_test
from biomarkers.stats.arrays import Floats
from biomarkers.stats.inputs import event_flags, time_values
from biomarkers.stats.planned_analysis.findings import Findings, Note, Prepared
from biomarkers.stats.ranks import reaches
from biomarkers.stats.roc_analysis.cutoff import cutoff
from biomarkers.stats.survival.cox import cox
from biomarkers.stats.survival.kaplan_meier import KaplanMeier
from biomarkers.stats.survival.landmark_analysis import LandmarkAnalysis, landmark_analysis
from biomarkers.stats.survival.log_rank import log_rank
from biomarkers.table.columns import CLUSTER

FEW_EVENTS = 10  # below, a hazard ratio says little

_STRATA = {"response": "early response", "no response": "no early response"}


def check(prepared: Prepared, settings: Survival) -> Iterator[str]:
    """Give what is wrong with the columns, the landmark and the series."""
    missing = [
        *unknown_column("survival.time", settings.time, prepared),
        *unknown_column("survival.event", settings.event, prepared),
    ]
    yield from missing
    yield from unknown_visit("survival.landmark", settings.landmark, prepared)
    yield from unknown_series("survival", settings.biomarker, settings.region, prepared)
    if not missing:
        yield from _unreadable(prepared.participants, settings)


def _unreadable(participants: pd.DataFrame, settings: Survival) -> Iterator[str]:
    try:
        time_values(participants, settings.time)
    except InputError as error:
        yield f"survival.time: {error}"
    try:
        event_flags(participants, settings.event or None)
    except InputError as error:
        yield f"survival.event: {error}"


def run(findings: Findings, settings: Survival) -> Contribution:
    """Compare early responders with the others from the landmark on."""
    one, people = _one_row_each(findings, _series(findings, settings))
    day = _day_of(findings, one.visit)
    threshold = _threshold(one, settings, findings.plan.separation.seed)
    sign = 1 if one.direction == "higher" else -1
    responded = pd.Series(
        np.where(one.known, reaches(sign * one.changes, sign * threshold), np.nan),
        index=people.index,
        dtype=float,
    )
    data = _followed(people, settings, responded, pd.Series(one.changes, responded.index))
    event = "event" if settings.event else None
    found = landmark_analysis(data, {day: "response"}, time="time", event=event)
    tests, notes = _tests(found, data, day, event)
    methods = {
        "call": "stats.landmark_analysis(participants, {day: response}, time=..., event=...), "
        "which holds stats.kaplan_meier, stats.log_rank and stats.cox",
        "settings": {
            "time": settings.time, "event": settings.event, "biomarker": one.biomarker,
            "region": one.region, "landmark": one.visit, "day": day, "split": settings.split,
            "threshold": threshold, "direction": one.direction,
        },
        "references": [
            "Anderson, Cain & Gelber 1983", "Kaplan & Meier 1958", "Mantel 1966", "Cox 1972",
        ],
    }  # fmt: skip
    notes += _remarks(findings, settings)
    if settings.split == "cutoff":
        notes.append(
            (
                "survival_cutoff",
                "The cut-off of early response was chosen on the outcome; where the outcome is "
                "made of survival, the curves flatter it.",
            )
        )
    tables = {"survival_tests": tests.assign(landmark=one.visit)[list(FURTHER["survival_tests"])]}
    if day in found.curves:
        tables["survival_curves"] = _curves(found.curves[day])
    return Contribution(tables, notes, methods)


def _series(findings: Findings, settings: Survival) -> Tested:
    """Return the series at the landmark: the one that was named, or the first that is shown."""
    first = next(
        (
            key
            for key in findings.shown
            if settings.biomarker in ("", key[0]) and settings.region in ("", key[1])
        ),
        None,
    )
    if first is None:  # named, and not among those that are shown
        tests = findings.panel.tests
        mine = tests[tests["biomarker"] == settings.biomarker] if settings.biomarker else tests
        mine = mine[mine["region"] == settings.region] if settings.region else mine
        if mine.empty:
            raise InputError(f"{settings.biomarker} was not measured in {settings.region}")
        first = str(mine["biomarker"].iloc[0]), str(mine["region"].iloc[0])
    visit = visit_name(settings.landmark) or _earliest(findings, first)
    one = find_test(findings, *first, visit)
    if one is None:
        raise InputError(
            f"{first[0]} in {first[1]} has no change in both classes at visit {visit}, so nobody "
            "can be called an early responder"
        )
    return one


def _one_row_each(findings: Findings, one: Tested) -> tuple[Tested, pd.DataFrame]:
    """Return the test and the participants by who can die: several lesions die as one.

    The change of a subject is the mean of those of its lesions.
    """
    table = findings.participants.set_index("subject").reindex(findings.panel.subjects)
    if findings.plan.separation.cluster != CLUSTER:
        return one, table
    first = ~table[CLUSTER].duplicated().to_numpy()
    changes = pd.Series(one.changes).groupby(table[CLUSTER].to_numpy(), sort=False).mean()
    means: Floats = np.asarray(changes, dtype=float)
    whole = replace(one, changes=means, positive=one.positive[first])
    return whole, table[first].set_index(CLUSTER)


def _remarks(findings: Findings, settings: Survival) -> Iterator[Note]:
    if not settings.event:
        yield (
            "survival_event",
            "No column says who had the event, so every time was taken as one: whoever was still "
            "alive at the end counts as dead. If some were, name the column as event.",
        )
    if findings.plan.separation.cluster == CLUSTER:
        yield (
            "survival_lesions",
            "A subject with several lesions is one in the survival, with the mean of the changes "
            "of its lesions.",
        )


def _earliest(findings: Findings, series: tuple[str, str]) -> str:
    visits = [
        str(entry["visit"])
        for entry in findings.earliest
        if (entry["biomarker"], entry["region"]) == series and entry["visit"] is not None
    ]
    return visits[0] if visits else findings.plan.follow_ups[0].name


def _day_of(findings: Findings, visit: str) -> float:
    """Return the last day of a visit: by then everybody's response is known."""
    return next(one.closes for one in findings.plan.visits if one.name == visit)


def _threshold(one: Tested, settings: Survival, seed: int) -> float:
    if settings.threshold is not None:
        return settings.threshold
    if settings.split == "cutoff":
        return cutoff(one.changes, one.positive, direction=one.direction, seed=seed).threshold
    return float(np.median(one.changes[one.known]))


def _followed(
    people: pd.DataFrame,
    settings: Survival,
    responded: "pd.Series[float]",
    changes: "pd.Series[float]",
) -> pd.DataFrame:
    """Return `subject, time, event, response, change` of participants by their index."""
    columns = {"time": settings.time} | ({"event": settings.event} if settings.event else {})
    data = pd.DataFrame({name: people[column] for name, column in columns.items()})
    return data.assign(response=responded, change=changes).rename_axis("subject").reset_index()


def _tests(
    found: LandmarkAnalysis, data: pd.DataFrame, day: float, event: str | None
) -> tuple[pd.DataFrame, list[Note]]:
    row = found.table.iloc[0]
    counts = {
        "n": int(row["response"] + row["no_response"]),
        "events": int(row["events_response"] + row["events_no_response"]),
    }
    notes = [("survival", found.headline)]
    if counts["events"] < FEW_EVENTS:
        notes.append(
            (
                "few_events",
                f"Only {counts['events']} of {counts['n']} subjects had the event after the "
                "landmark; a hazard ratio says little.",
            )
        )
    if row["reason"]:
        return pd.DataFrame([{"comparison": "log_rank", **counts}], columns=_COLUMNS), notes
    since = _since(data, day)
    test = log_rank(since, time="time", event=event, group="response")
    rows: list[dict[str, Any]] = [
        {"comparison": "log_rank", "statistic": test.statistic, "df": test.df,
         "p_value": test.p_value},
        {"comparison": "cox"} | {name: row[name] for name in ("hazard_ratio", "low", "high")}
        | _likelihood_ratio(since, "response", event),
        {"comparison": "cox_change"} | _per_deviation(since, event),
    ]  # fmt: skip
    return pd.DataFrame([one | counts for one in rows], columns=_COLUMNS), notes


_COLUMNS = list(FURTHER["survival_tests"])


def _since(data: pd.DataFrame, day: float) -> pd.DataFrame:
    """Return those followed beyond the landmark, with a known response; time counts from it."""
    time = time_values(data, "time")
    kept = time.notna() & ~reaches(day, time) & data["response"].notna()
    if "event" in data:
        kept &= event_flags(data, "event").notna()
    since = data[kept].assign(time=time[kept] - day)
    return since.assign(change=(since["change"] - since["change"].mean()) / since["change"].std())


def _likelihood_ratio(since: pd.DataFrame, term: str, event: str | None) -> dict[str, Any]:
    tests = cox(since, term, time="time", event=event).tests.set_index("test")
    ratio = tests.loc["likelihood_ratio"]
    return {name: ratio[name] for name in ("statistic", "df", "p_value")}


def _per_deviation(since: pd.DataFrame, event: str | None) -> dict[str, Any]:
    """Return the hazard ratio per standard deviation of the change, which needs no cut."""
    try:
        limits = cox(since, "change", time="time", event=event).profile_intervals().iloc[0]
        rest = _likelihood_ratio(since, "change", event)
    except InputError:  # a change of −∞, or one that orders the events perfectly
        return {}
    return rest | {name: float(limits[name]) for name in ("hazard_ratio", "low", "high")}


def _curves(curves: KaplanMeier) -> pd.DataFrame:
    """Return every step, from everybody at risk at the landmark."""
    steps = curves.curve.rename(columns={"group": "stratum"})
    start = steps.drop_duplicates("stratum").assign(
        time=0.0, events=0, censored=0, survival=1.0, low=np.nan, high=np.nan
    )
    table = pd.concat([start, steps]).sort_values(["stratum", "time"], kind="stable")
    table["stratum"] = table["stratum"].map(_STRATA)
    return table[list(FURTHER["survival_curves"])].reset_index(drop=True)


SURVIVAL = Analysis("survival", run, settings=Survival, check=check)
