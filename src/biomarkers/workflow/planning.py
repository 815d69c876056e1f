"""The power of a whole plan, by simulation: how many subjects, which days, which biomarker."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from biomarkers.errors import InputError
from biomarkers.plan import Plan, Visit, make_plan
from biomarkers.simulate import Declaration, draw_tables
from biomarkers.stats.arrays import Bools, Floats
from biomarkers.stats.changes import express
from biomarkers.stats.intervals import proportion_interval
from biomarkers.stats.outcome import classify
from biomarkers.stats.separation.claims import claimed
from biomarkers.stats.separation.panel import Panel, units_of
from biomarkers.workflow.planned_power import ANY, Power

PERMUTATIONS = 999


def power(
    declaration: Declaration,
    *,
    subjects: Sequence[int] = (16, 24, 32, 48),
    repeats: int = 200,
    seed: int = 1,
    errors: Mapping[str, float] | None = None,
    plan: Plan | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Power:
    """Simulate a study many times, test each by the plan, and count what separates.

    Every study is drawn as a table (`simulate.draw_tables`), who responds and who dies included,
    and goes through the test of `stats.analyse`: changes from baseline, joint permutations,
    step-down maxT over all biomarkers and visits. For the rate of false claims without any effect
    hand in `simulate.with_effects(declaration, 0)`.

    Parameters
    ----------
    declaration
        What is true: one of `simulate.STUDIES`, or your own.
    subjects
        Numbers of subjects to try.
    repeats
        Studies for each number: with 200 a power of 0.8 is known to about 0.06, with 1000 to 0.03.
    seed
        The same seed gives the same studies.
    errors
        Errors of measurement, as for `simulate.draw_tables`.
    plan
        The plan; else responders against the others on the declared days, with the biomarkers and
        directions of the declaration's own plan, and 999 permutations.
    progress
        Called after each study with the number done, the number there are and what it was.

    Raises
    ------
    InputError
        If a number is not positive, or the plan has biomarkers or visits that are not declared.
    PlanError
        If the plan's outcome is no column of the participants, or does not give two classes.

    Examples
    --------
    >>> from biomarkers import simulate, workflow
    >>> rats = simulate.STUDIES["rat-glioma"]
    >>> simulated = workflow.power(rats, subjects=[10, 48], repeats=5)
    >>> rows = simulated.table.query("biomarker == 'CBV' and visit == '10'")
    >>> by_day_10 = rows.set_index("subjects")["by_visit"]
    >>> bool(by_day_10[48] > by_day_10[10])
    True

    """
    if repeats < 1 or not len(subjects):
        raise InputError(f"found {repeats} repeats of {len(subjects)} numbers; expected 1 or more")
    plan = _plan_of(declaration) if plan is None else plan
    _check_days(declaration, plan)
    effect = _effects(declaration, plan)
    shares, false = [], []
    for place, number in enumerate(subjects):
        claims, positives = [], 0
        for repeat in range(repeats):
            drawn = draw_tables(declaration, subjects=number, seed=seed + repeat, errors=errors)
            panel, claim = _tested(*drawn, _seeded(plan, repeat))
            claims.append(claim)
            positives += int(panel.positive.sum())
            if progress:
                done = place * repeats + repeat + 1
                progress(done, len(subjects) * repeats, f"{number} subjects")
        counts = {"subjects": number, "responders": positives / repeats}
        made = np.array(claims).reshape(repeats, *effect.shape)
        shares.append(_shares(made, effect, plan).assign(**counts))
        false.append({**counts, **_false_claims(made, effect)})
    first = ["subjects", "responders", "biomarker", "visit", "has_effect"]
    table = pd.concat(shares, ignore_index=True)
    return Power(
        table[[*first, "claimed", "by_visit", "low", "high"]],
        pd.DataFrame(false),
        repeats,
        plan.separation.alpha,
    )


def _plan_of(declaration: Declaration) -> Plan:
    """Return the plan of a declaration, held to the days and biomarkers that it has."""
    own = tomllib.loads(declaration.plan).get("biomarkers", {})
    markers = {name: entry for name, entry in own.items() if name in declaration.biomarkers}
    return make_plan(
        {
            "outcome": "responder",
            "positive": 1,
            "baseline": declaration.days[0],
            "visits": {str(day): [day] for day in declaration.days},
            "biomarkers": markers or {name: {} for name in declaration.biomarkers},
            "separation": {"permutations": PERMUTATIONS},
        },
        source=declaration.name,
    )


def _check_days(declaration: Declaration, plan: Plan) -> None:
    """Refuse a visit on which nobody of the declared study is examined."""
    for visit in plan.visits:
        if not any(map(visit.claims, declaration.days)):
            raise InputError(
                f"visit {visit.name} of the plan (day {visit.text}) is no visit of "
                f"{declaration.name}, which has the days {', '.join(map(str, declaration.days))}"
            )


def _seeded(plan: Plan, repeat: int) -> Plan:
    """Return the plan with relabellings of its own for one study."""
    settings = plan.separation
    return replace(plan, separation=replace(settings, seed=settings.seed + repeat))


def _tested(table: pd.DataFrame, participants: pd.DataFrame, plan: Plan) -> tuple[Panel, Bools]:
    """Return the panel of a study and which of its tests separate, (tests,)."""
    panel = _panel(table, participants, plan)
    return panel, claimed(panel, panel.relabelled(plan), alpha=plan.separation.alpha)


def _panel(table: pd.DataFrame, participants: pd.DataFrame, plan: Plan) -> Panel:
    """Arrange the changes of a drawn study, whose tables need no check, as subjects by tests."""
    positive = classify(table, participants, plan).positive.sort_index()
    (region,) = table["region"].unique()
    measured = _by_day(table, positive.index)
    baseline = next(visit for visit in plan.visits if visit.name == plan.baseline)
    columns, tests = [], []
    for marker in plan.biomarkers:
        values = measured[marker.name]
        first = _at(values, baseline)
        for visit in plan.follow_ups:
            columns.append(express(_at(values, visit), first, marker.change))
            tests.append((marker.name, region, visit.name, marker.direction))
    return Panel(
        tests=pd.DataFrame(tests, columns=["biomarker", "region", "visit", "direction"]),
        values=np.stack(columns, axis=1),
        positive=positive.to_numpy(dtype=bool),
        units=units_of(positive, participants, plan),
        subjects=positive.index,
    )


def _by_day(table: pd.DataFrame, subjects: pd.Index) -> dict[str, dict[float, Floats]]:
    """Return the values by biomarker and day, (subjects,) each, NaN where not measured."""
    marker, names = pd.factorize(table["biomarker"])
    days, day = np.unique(table["day"], return_inverse=True)
    values = np.full((len(names), len(days), len(subjects)), np.nan)
    values[marker, day, subjects.get_indexer(pd.Index(table["subject"]))] = table["value"]
    return {
        name: dict(zip(days.tolist(), of_marker, strict=True))
        for name, of_marker in zip(names, values, strict=True)
    }


def _at(values: Mapping[float, Floats], visit: Visit) -> Floats:
    """Return what stands for a visit: of its days the nearest to its target, then the earlier."""
    days = sorted(filter(visit.claims, values), key=lambda day: (abs(day - visit.target), day))
    if not days:
        return np.full(len(next(iter(values.values()))), np.nan)
    chosen = values[days[0]]
    for day in days[1:]:
        chosen = np.where(np.isnan(chosen), values[day], chosen)
    return chosen


def _effects(declaration: Declaration, plan: Plan) -> Bools:
    """Say where responders truly change otherwise than the others, (biomarkers, follow-ups)."""
    return np.array(
        [
            [_has_effect(declaration, marker.name, visit, plan) for visit in plan.follow_ups]
            for marker in plan.biomarkers
        ]
    )


def _has_effect(declaration: Declaration, biomarker: str, visit: Visit, plan: Plan) -> bool:
    baseline = next(each for each in plan.visits if each.name == plan.baseline)
    sizes = dict(zip(declaration.days, declaration.effect(biomarker), strict=True))
    first = {size for day, size in sizes.items() if baseline.claims(day)}
    made_of = declaration.ratios.get(biomarker, (biomarker,))
    luck = any(declaration.outcome.luck_in.get(name) for name in made_of)
    return any(
        sizes[day] not in first or (luck and day == declaration.days[-1])
        for day in sizes
        if visit.claims(day)
    )


def _shares(claims: Bools, effect: Bools, plan: Plan) -> pd.DataFrame:
    """Count what separates, (studies, biomarkers, follow-ups), for each and for any biomarker."""
    with_any = np.concatenate([claims, claims.any(axis=1, keepdims=True)], axis=1)
    effects = np.concatenate([effect, effect.any(axis=0, keepdims=True)])
    names = [*(marker.name for marker in plan.biomarkers), ANY]
    visits = [visit.name for visit in plan.follow_ups]
    hits = np.logical_or.accumulate(with_any, axis=2).sum(axis=0)
    low, high = proportion_interval(hits, len(claims), method="beta")
    return pd.DataFrame(
        {
            "biomarker": np.repeat(names, len(visits)),
            "visit": np.tile(visits, len(names)),
            "has_effect": effects.ravel(),
            "claimed": with_any.mean(axis=0).ravel(),
            "by_visit": (hits / len(claims)).ravel(),
            "low": low.ravel(),
            "high": high.ravel(),
        }
    )


def _false_claims(claims: Bools, effect: Bools) -> dict[str, float]:
    """Count the studies with a claim where there is no effect."""
    wrong = int((claims & ~effect).any(axis=(1, 2)).sum())
    low, high = proportion_interval(wrong, len(claims), method="beta")
    return {"claimed": wrong / len(claims), "low": float(low), "high": float(high)}
