"""What the plans of the three simulated studies claim, over many cohorts drawn as tables.

Each cohort is analysed by the plan of its study with the package's own functions, up to the table
of what separates: changes since baseline, labels permuted jointly over visits and biomarkers.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
from benchmarks.early_studies_images import plan_of

from biomarkers.processes import InProcess, Lost, Processes
from biomarkers.simulate import STUDIES, draw_tables
from biomarkers.stats.intervals import proportion_interval
from biomarkers.stats.planned_analysis.analysis import prepare
from biomarkers.stats.separation.claims import separation

CHUNK = 20
ANY, FALSE = "(any of them)", "(any false claim)"


def without_effect(declaration):
    """Return a study in which nothing that is measured has to do with the outcome."""
    courses = {name: replace(course, effect={}) for name, course in declaration.courses.items()}
    outcome = replace(declaration.outcome, luck_in={})
    return replace(declaration, courses=courses, outcome=outcome)


def effects(declaration):
    """Return the change since baseline at a full response, a row a biomarker, a column a day."""
    plan = plan_of(declaration)
    rows = {}
    for marker in plan.biomarkers:
        on = dict(zip(declaration.days, declaration.effect(marker.name), strict=True))
        rows[marker.name] = {
            int(visit.target): on[visit.target] - on[declaration.days[0]]
            for visit in plan.follow_ups
        }
    return pd.DataFrame(rows).T


def declared(name, has_effects):
    """Return a study by name, with or without its effects."""
    return STUDIES[name] if has_effects else without_effect(STUDIES[name])


def claims(declaration, *, seed, errors, permutations, subjects=None):
    """Return whether each biomarker separates on each day of one cohort, (biomarkers, days)."""
    plan = plan_of(declaration)
    names = [marker.name for marker in plan.biomarkers]
    settings = replace(plan.separation, permutations=permutations, seed=seed)
    plan = replace(plan, separation=settings)
    table, people = draw_tables(declaration, subjects=subjects, seed=seed, errors=errors)
    prepared = prepare(table[table["biomarker"].isin(names)], people, plan)
    panel = prepared.panel
    tested = separation(panel, panel.relabelled(plan), alpha=settings.alpha)
    # A row a biomarker and visit, in the order of the plan.
    return tested["separates"].to_numpy().reshape(len(names), len(plan.follow_ups))


def _claims_of_some(item):
    name, has_effects, seeds, settings = item
    declaration = declared(name, has_effects)
    return np.stack([claims(declaration, seed=seed, **settings) for seed in seeds])


def all_claims(name, *, has_effects, cohorts, jobs=1, **settings):
    """Return the claims in many cohorts, (cohorts, biomarkers, days); settings as of `claims`."""
    seeds = range(1, cohorts + 1)
    items = [
        (name, has_effects, list(seeds[start : start + CHUNK]), settings)
        for start in range(0, cohorts, CHUNK)
    ]
    with Processes(jobs) if jobs > 1 else InProcess() as executor:
        parts = dict(executor.results(_claims_of_some, items))
    for part in parts.values():
        if isinstance(part, Lost):
            raise RuntimeError(f"{name}: cohorts could not be analysed: {part.how}")
    return np.concatenate([parts[index] for index in range(len(items))])


def first_days(claimed):
    """Return the place of the first claimed day of each series, one more than the last for none."""
    days = claimed.shape[-1]
    return np.where(claimed.any(axis=-1), claimed.argmax(axis=-1), days)


def rate_table(name, *, has_effects, cohorts, **settings):
    """Return how often each biomarker separates on each day, and how often that day is its first.

    Also of the earliest of all biomarkers, and how often anything is claimed that is not so.
    """
    claimed = all_claims(name, has_effects=has_effects, cohorts=cohorts, **settings)
    effect = effects(declared(name, has_effects))
    series = [(each, effect.loc[each], claimed[:, row]) for row, each in enumerate(effect.index)]
    largest = effect.loc[effect.abs().idxmax()].to_numpy().diagonal()
    series.append((ANY, pd.Series(largest, effect.columns), claimed.any(axis=1)))
    rows = [
        (biomarker, day, effect_on[day], of_one[:, at].sum(), (first_days(of_one) == at).mean())
        for biomarker, effect_on, of_one in series
        for at, day in enumerate(effect.columns)
    ]
    wrong = claimed[:, effect.to_numpy() == 0].any(axis=1).sum()
    rows.append((FALSE, np.nan, 0.0, wrong, np.nan))
    table = pd.DataFrame(rows, columns=["biomarker", "day", "effect", "claimed", "first"])
    low, high = proportion_interval(table["claimed"], cohorts, method="beta")
    table.insert(0, "study", name)
    table.insert(1, "effects", "declared" if has_effects else "none")
    table.insert(5, "cohorts", cohorts)
    table["claimed"] /= cohorts
    return table.assign(low=low, high=high)


def first_claims(table):
    """Return of each biomarker how often its first claimed day is right, too early, too late."""
    rows = []
    for key, of_one in table[table["biomarker"] != FALSE].groupby(
        ["study", "effects", "biomarker"], sort=False
    ):
        first, day = of_one["first"].to_numpy(), of_one["day"].to_numpy()
        there = np.flatnonzero(of_one["effect"])
        true = there[0] if len(there) else len(day)
        rows.append(
            {
                **dict(zip(("study", "effects", "biomarker"), key, strict=True)),
                "true_day": f"{day[true]:.0f}" if len(there) else "never",
                "too_early": first[:true].sum(),
                "right": first[true] if len(there) else 1 - first.sum(),
                "too_late": first[true + 1 :].sum(),
                "never": 1 - first.sum() if len(there) else 0.0,
            }
        )
    return pd.DataFrame(rows)
