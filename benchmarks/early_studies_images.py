"""Errors of measurement in the images of the three simulated studies, against the truth.

Measurements of each seed are kept as a table, so that a run that was interrupted goes on; the truth
comes from the declaration each time, at no cost.
"""

import shutil
import tempfile
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd

from biomarkers import study
from biomarkers.plan import make_plan
from biomarkers.simulate import write_study
from biomarkers.simulate.cohort import draw_cohort
from biomarkers.simulate.declaration import TISSUE
from biomarkers.simulate.writing import Session
from biomarkers.table import write_table

KEPT = ["subject", "day", "biomarker", "value", "se", "low", "high", "qc"]


def plan_of(declaration):
    """Return the plan that a study comes with."""
    return make_plan(tomllib.loads(declaration.plan), source=declaration.name)


def measured(declaration, work, *, subjects, seed, jobs):
    """Return what is measured in the images of one cohort, in the lesion: as kept, or anew."""
    kept = work / f"{declaration.name}-{subjects}-seed{seed}.tsv"
    if not kept.exists():
        folder = work / kept.stem
        table = _measure(declaration, folder, subjects, seed, jobs)
        wanted = (table["region"] == declaration.region) & table["biomarker"].isin(
            declaration.biomarkers
        )
        write_table(table.loc[wanted].reindex(columns=KEPT), kept)
        shutil.rmtree(folder)
    return pd.read_csv(kept, sep="\t", dtype={"subject": str})


def _measure(declaration, folder, subjects, seed, jobs):
    images = folder / "study"
    # Written last: images without it were interrupted.
    if not (images / "dataset_description.json").exists():
        shutil.rmtree(images, ignore_errors=True)
        write_study(declaration, images, subjects=subjects, seed=seed)
    settings = study.MeasureSettings(jobs=jobs, file=images / "plan.toml")
    done = study.measure(images, folder / "out", settings=settings)
    for failure in done.failures:
        print(f"{declaration.name}, seed {seed}: {failure.session}: {failure.reason}", flush=True)
    return done.table


def truth(declaration, *, subjects, seed):
    """Return what the images of one cohort were made of, in the lesion."""
    scans = tuple(name for name in declaration.scans if name not in declaration.optional)
    rows = []
    # A scene may write the regions as drawn.
    with tempfile.TemporaryDirectory() as folder:
        for subject in draw_cohort(declaration, subjects=subjects, seed=seed):
            for state in subject.states:
                session = Session(Path(folder), declaration, subject, state, seed)
                values = declaration.truth(session, declaration.scene(session), scans)
                rows += [(subject.label, state.visit.day, *each) for each in values]
    columns = ["subject", "day", "region", "biomarker", "value_true"]
    table = pd.DataFrame(rows, columns=columns)
    return table[table["region"] == declaration.region].drop(columns="region")


def pairs(declaration, work, *, subjects, seeds, jobs=1):
    """Return usable measurements beside the truth, one row a seed, subject, day and biomarker."""
    parts = []
    for seed in range(1, seeds + 1):
        table = measured(declaration, work, subjects=subjects, seed=seed, jobs=jobs)
        true = truth(declaration, subjects=subjects, seed=seed)
        # Uptake is held against that of the tissue, too.
        again = table.assign(biomarker=table["biomarker"] + TISSUE)
        table = pd.concat([table, again], ignore_index=True)
        parts.append(table.merge(true, on=["subject", "day", "biomarker"]).assign(seed=seed))
        print(f"{declaration.name}: {seed} of {seeds} cohorts measured", flush=True)
    every = pd.concat(parts, ignore_index=True)
    return every[(every["value"] > 0) & (every["qc"] != "fail")]


def error_row(rows, first_day):
    """Return bias, scatter, stated error and coverage of one biomarker.

    Errors are natural logarithms of ratios, stated ones relative; those of `change` are of the
    change since the first day within a subject, and `change_slope` is by how much the measured
    change rises with the true one.
    """
    off = np.log(rows["value"] / rows["value_true"])
    since, true = (
        _changes(rows.assign(log=each), first_day) for each in (off, np.log(rows["value_true"]))
    )
    low = rows["low"].fillna(rows["value"] - 1.96 * rows["se"])
    high = rows["high"].fillna(rows["value"] + 1.96 * rows["se"])
    stated = low.notna()
    inside = rows["value_true"].between(low, high)[stated]
    return {
        "n": len(rows),
        "bias": off.mean(),
        "scatter": off.std(),
        "stated": (rows["se"] / rows["value"]).mean(),
        "coverage": inside.mean(),
        "n_changes": len(since),
        "change_bias": since.mean(),
        "change_scatter": since.std(),
        "change_slope": 1 + np.cov(since, true)[0, 1] / true.var(),
    }


def _changes(rows, first_day):
    """Return `log` less that of the first day, of every seed, subject and later day."""
    log = rows.set_index(["seed", "subject", "day"])["log"]
    first = log.xs(first_day, level="day")
    since = log.sub(first)
    return since[since.index.get_level_values("day") != first_day].dropna()


def error_table(declaration, work, *, seeds, subjects, jobs=1):
    """Return the errors of a study, a row a biomarker with a declared course and an image."""
    every = pairs(declaration, work, subjects=subjects, seeds=seeds, jobs=jobs)
    by = dict(list(every.groupby("biomarker")))
    rows = [
        {"study": declaration.name, "biomarker": each, **error_row(by[each], declaration.days[0])}
        for name in declaration.biomarkers
        for each in (name, name + TISSUE)
        if each in by
    ]
    return pd.DataFrame(rows)


def errors_for_tables(table):
    """Return the error of a single measurement, by biomarker, that gives the error of changes.

    What stays with a subject cancels in its change, and a change has the error of two days. Tables
    are drawn of tissue, so that the blur of uptake counts as error.
    """
    # Rows of tissue follow those of the image.
    return {
        row.biomarker.removesuffix(TISSUE): row.change_scatter / np.sqrt(2)
        for row in table.itertuples()
    }
